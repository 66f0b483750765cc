"""Which endpoint takes which call, and where the endpoints come from."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from echo import EchoStub
from fleet import QUICK, Changing, Fleet, Named, ready_count, until, who
from h2.events import Event, RequestReceived
from raw_server import Peer, raw_server

from minirpc.aio import (
    Backoff,
    Balancer,
    BalancerHost,
    Channel,
    ChannelState,
    DnsResolver,
    Endpoint,
    Failure,
    OutlierDetection,
    Pick,
    PickedCall,
    PolicyChoice,
    Resolution,
    Resolver,
    RingHash,
    Server,
    StaticResolver,
    Subchannel,
    Target,
    TcpAddress,
    WaitingPicker,
    register_balancer,
    register_resolver,
)
from minirpc.errors import RpcError, StatusCode

# -- round_robin


async def test_calls_go_round() -> None:
    async with Fleet() as fleet:
        for _ in range(3):
            await fleet.add()
        async with Channel(f"static:{','.join(map(str, fleet.addresses))}", load_balancing="round_robin") as channel:
            await channel.connect()
            await until(lambda: ready_count(channel) == 3)
            assert await who(channel, 30) == {b"0": 10, b"1": 10, b"2": 10}


async def test_server_that_leaves_costs_no_call_and_comes_back() -> None:
    async with Fleet() as fleet:
        for _ in range(2):
            await fleet.add()
        resolver = StaticResolver(fleet.addresses)
        async with Channel("fleet", resolver=resolver, load_balancing="round_robin", backoff=QUICK) as channel:
            await channel.connect()
            await until(lambda: ready_count(channel) == 2)
            await fleet.servers[0].stop(5)
            assert await who(channel, 10) == {b"1": 10}
            assert channel.state is ChannelState.READY
            async with Server([Named(b"again")]) as server:
                await server.start(str(fleet.addresses[0]))
                await until(lambda: ready_count(channel) == 2)
                assert await who(channel, 10) == {b"1": 5, b"again": 5}


async def test_without_any_server_calls_fail_with_the_reason() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # and does not listen
        port = sock.getsockname()[1]
        async with Channel(f"127.0.0.1:{port}", load_balancing="round_robin") as channel:
            with pytest.raises(RpcError, match=f"cannot connect to 127.0.0.1:{port}: Connect call failed") as caught:
                await EchoStub(channel).unary(b"")
            assert caught.value.code is StatusCode.UNAVAILABLE
            assert channel.state is ChannelState.TRANSIENT_FAILURE


def test_unknown_policy_is_told() -> None:
    with pytest.raises(ValueError, match="no load balancing 'best'; there are least_request, outlier"):
        Channel("a:1", load_balancing="best")


# -- policies of one's own


class ByUser(Balancer):
    """The user whom a call's metadata name always has the same server."""

    def __init__(self, host: BalancerHost) -> None:
        super().__init__(host)
        self.subchannels: list[Subchannel] = []

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        self.subchannels = [self.host.create_subchannel(endpoint.addresses) for endpoint in endpoints]
        for subchannel in self.subchannels:
            subchannel.connect()

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        ready = all(each.state is ChannelState.READY for each in self.subchannels)
        self.host.update(ChannelState.READY if ready else ChannelState.CONNECTING, self if ready else WaitingPicker())

    def pick(self, call: PickedCall) -> Pick:
        user = dict(call.request_headers)[b"user"]
        if call.path != "/test.Echo/Unary":
            return Failure("only unary calls", code=StatusCode.UNIMPLEMENTED)
        return self.subchannels[int(user) % len(self.subchannels)]

    def connect(self) -> None: ...

    def close(self) -> None:
        for subchannel in self.subchannels:
            subchannel.shut_down()


async def test_policy_that_looks_at_the_call(caplog: pytest.LogCaptureFixture) -> None:
    register_balancer("by_user", ByUser)
    async with Fleet() as fleet:
        for _ in range(3):
            await fleet.add()
        resolver = StaticResolver(fleet.addresses)
        async with Channel("fleet", resolver=resolver, load_balancing="by_user") as channel:
            stub = EchoStub(channel)
            for user in (0, 1, 2, 5):
                for _ in range(2):
                    assert await stub.unary(b"", metadata={"user": str(user)}) == b"%d" % (user % 3)
            with pytest.raises(RpcError, match="only unary calls") as caught:
                await stub.down(b"1", metadata={"user": "1"}).receive()
            assert caught.value.code is StatusCode.UNIMPLEMENTED
            assert not caplog.records
            with pytest.raises(RpcError, match="load balancing raised KeyError: b'user'") as caught:
                await stub.unary(b"")
            assert caught.value.code is StatusCode.INTERNAL
            assert "load balancing failed" in caplog.text


# -- endpoints that change


@pytest.mark.parametrize("policy", ["pick_first", "round_robin"])
async def test_calls_follow_the_endpoints(policy: str) -> None:
    resolver = Changing()
    async with Fleet() as fleet, Channel("fleet", resolver=resolver, load_balancing=policy) as channel:
        first, second = await fleet.add(), await fleet.add()
        resolver.put(first)
        async with EchoStub(channel).bidi() as call:
            await call.send(b"before")
            assert await call.receive() == b"before"
            resolver.put(second)
            await until(lambda: ready_count(channel) == 1 and len(channel.routing.connections) == 2)
            assert await who(channel, 5) == {b"1": 5}
            await call.send(b"a call that runs goes on")
            assert await call.receive() == b"a call that runs goes on"
        resolver.put(second, first)
        if policy == "pick_first":
            await asyncio.sleep(0.02)
            assert await who(channel, 5) == {b"1": 5}  # a connection that is there stays
        else:
            await until(lambda: ready_count(channel) == 2)
            assert await who(channel, 6) == {b"0": 3, b"1": 3}


async def test_failing_resolver_leaves_what_is_known() -> None:
    resolver = Changing()
    async with Fleet() as fleet, Channel("fleet", resolver=resolver, backoff=QUICK) as channel:
        resolver.put(await fleet.add())
        assert await who(channel, 1) == {b"0": 1}
        resolver.found.put_nowait(OSError("the registry is away"))
        await until(lambda: resolver.watches == 2)
        assert await who(channel, 1) == {b"0": 1}
        second = await fleet.add()
        resolver.put(second)
        await until(lambda: ready_count(channel) == 1 and channel.state is ChannelState.READY)
        await until(lambda: any(each.peer == f"ipv4:{second}" for each in channel.routing.connections))
        assert await who(channel, 1) == {b"1": 1}


async def test_resolver_that_knows_nothing_fails_calls_until_it_does() -> None:
    resolver = Changing()
    async with Fleet() as fleet, Channel("fleet", resolver=resolver, backoff=QUICK) as channel:
        resolver.found.put_nowait(OSError("the registry is away"))
        with pytest.raises(RpcError, match="cannot connect to fleet: the registry is away") as caught:
            await EchoStub(channel).unary(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE
        resolver.put()
        with pytest.raises(RpcError, match="found no endpoints"):
            while True:  # until the channel has taken it up
                with pytest.raises(RpcError, match="cannot connect to fleet") as caught:
                    await EchoStub(channel).unary(b"", timeout=10)
                if "away" not in caught.value.message:
                    raise caught.value
                await asyncio.sleep(0.005)
        waiting = asyncio.ensure_future(EchoStub(channel).unary(b"", timeout=10, wait_for_ready=True).status())
        resolver.put(await fleet.add())
        assert (await waiting).code is StatusCode.OK


async def test_deadline_while_the_name_is_looked_up() -> None:
    async with Channel("fleet", resolver=Changing()) as channel:
        with pytest.raises(RpcError, match=r"before a connection was ready, while resolving fleet$"):
            await EchoStub(channel).unary(b"", timeout=0.02)


@pytest.mark.parametrize("interval", [0.01, 100])
async def test_lost_servers_are_a_hint_but_not_too_often(interval: float) -> None:
    resolver = Changing()
    async with (
        Fleet() as fleet,
        Channel("fleet", resolver=resolver, resolve_interval=interval, backoff=Backoff(initial=100)) as channel,
    ):
        resolver.put(await fleet.add())
        assert await who(channel, 1) == {b"0": 1}
        await fleet.servers[0].stop()
        with pytest.raises(RpcError):
            await EchoStub(channel).unary(b"")
        if interval < 1:
            await until(lambda: resolver.hints > 0)
        else:
            await asyncio.sleep(0.02)
            assert resolver.hints == 0


async def test_schemes_of_ones_own() -> None:
    asked: list[Target] = []
    async with Fleet() as fleet:
        address = await fleet.add()

        def make(target: Target) -> Resolver:
            asked.append(target)
            return StaticResolver([Endpoint((address,), weight=3, zone="a", attributes={"version": "1"})])

        register_resolver("fleet", make)
        async with Channel("fleet://registry/my-service:http") as channel:
            assert await who(channel, 1) == {b"0": 1}
    assert asked == [Target("fleet", "registry", "my-service:http", "fleet://registry/my-service:http")]

    authorities: list[Any] = []

    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, RequestReceived) and event.headers is not None and event.stream_id is not None:
            authorities.extend(value for name, value in event.headers if name == b":authority")
            peer.reply(event.stream_id, b"")

    async with raw_server(on_event) as server:
        host, _, port = server.address.rpartition(":")
        address = TcpAddress(host, int(port))
        async with Channel("fleet:///my-service:http?zone=a") as channel:
            await EchoStub(channel).unary(b"", timeout=10)
    assert asked[-1].path == "my-service:http?zone=a"
    assert authorities == [b"my-service:http"], "what a resolver is told besides is no part of the name"
    with pytest.raises(ValueError, match="is no scheme"):
        register_resolver("No Scheme", make)
    with pytest.raises(ValueError, match="at least one address"):
        Endpoint(())
    with pytest.raises(ValueError, match="weight"):
        Endpoint((address,), weight=0)


# -- DNS


async def test_host_name_stands_for_all_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver is replaced: what it would say of a name with several addresses is not ours to decide."""
    async with Fleet() as fleet:
        address = await fleet.add()
        answers = [["127.0.0.1"], ["127.0.0.2", "127.0.0.1", "127.0.0.1"]]
        lookups: list[Any] = []

        async def getaddrinfo(host: str, port: int, **options: Any) -> list[Any]:
            lookups.append(host)
            found = answers[min(len(lookups), len(answers)) - 1]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in found]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        resolver = DnsResolver("many.test", address.port, refresh=0.05)
        watching = resolver.watch()
        assert await anext(watching) == Resolution((Endpoint((TcpAddress("127.0.0.1", address.port),)),))
        expected = tuple(Endpoint((TcpAddress(f"127.0.0.{number}", address.port),)) for number in (2, 1))
        assert (await anext(watching)).endpoints == expected
        resolver.resolve_now()
        await anext(watching)
        assert lookups == ["many.test"] * 3


async def test_what_joins_a_name_gets_calls_without_a_reason_to_look_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minirpc.aio.resolver.REFRESH", 0.05)
    found: list[str] = ["127.0.0.1"]
    lookups: list[str] = []
    async with Server([Named(b"0")]) as first, Server([Named(b"1")]) as second:
        port = int((await first.start("127.0.0.1:0")).rpartition(":")[2])
        await second.start(f"127.0.0.2:{port}")

        async def getaddrinfo(host: str, port: int, **options: Any) -> list[Any]:
            lookups.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in found]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        async with (
            Channel(f"one.test:{port}") as one,
            Channel(f"dns:///many.test:{port}", load_balancing="round_robin") as many,
        ):
            assert await who(one, 2) == await who(many, 2) == {b"0": 2}
            found.insert(0, "127.0.0.2")
            await until(lambda: ready_count(many) == 2)
            assert await who(many, 10) == {b"0": 5, b"1": 5}
            assert await who(one, 2) == {b"0": 2}
    assert lookups.count("one.test") == 1, "pick_first stays where it is"


async def test_localhost_by_the_systems_resolver() -> None:
    async with Fleet() as fleet:
        address = await fleet.add()
        async with Channel(f"localhost:{address.port}") as channel:
            assert await who(channel, 1) == {b"0": 1}
    await asyncio.get_running_loop().shutdown_default_executor()


# -- many endpoints


@pytest.mark.parametrize(
    "policy", ["round_robin", "least_request", RingHash("user")], ids=["round_robin", "least_request", "ring_hash"]
)
async def test_of_two_endpoints_with_one_address_one_may_go(policy: PolicyChoice) -> None:
    resolver = Changing()
    async with Fleet() as fleet, Channel("fleet", resolver=resolver, load_balancing=policy) as channel:
        address, other = await fleet.add(), await fleet.add()
        twins = [Endpoint((address,)), Endpoint((address,))]
        rest = Endpoint((other,))
        resolver.found.put_nowait(Resolution((*twins, rest)))
        assert set(await who(channel, 40)) == {b"0", b"1"}
        assert len(fleet.servers[0].connections) == 1
        number = fleet.servers[0].connections[0].number
        for endpoints in ((twins[1], rest), (*twins, rest), (twins[0], rest), (Endpoint((address,)), rest)):
            resolver.found.put_nowait(Resolution(endpoints))
            await until(resolver.found.empty)
            assert set(await who(channel, 40)) == {b"0", b"1"}
        assert [each.number for each in fleet.servers[0].connections] == [number], "it stayed all the time"
        resolver.found.put_nowait(Resolution((rest,)))
        await until(lambda: not fleet.servers[0].connections)
        assert await who(channel, 10) == {b"1": 10}


@pytest.mark.parametrize("policy", ["least_request", OutlierDetection()], ids=["least_request", "outlier_detection"])
async def test_of_many_endpoints_those_are_connected_to_that_calls_need(policy: PolicyChoice) -> None:
    async with Server([Named(b"one")]) as server:
        addresses = [str(await server.start("127.0.0.1:0")) for _ in range(120)]
        async with Channel(f"static:{','.join(addresses)}", load_balancing=policy) as channel:
            await channel.connect()
            await until(lambda: ready_count(channel) == 100)
            assert len(channel.routing.subchannels) == len(server.connections) == 100
            for count in range(101, 106):
                await who(channel, 1)
                await until(lambda count=count: ready_count(channel) == count)
                assert len(server.connections) == count
            await who(channel, 30)
            await until(lambda: ready_count(channel) == 120)
            assert len({each.addresses[0] for each in channel.routing.subchannels}) == 120


async def test_endpoints_that_wait_come_and_go_with_the_list() -> None:
    resolver = Changing()
    async with (
        Server([Named(b"one")]) as server,
        Channel("many", resolver=resolver, load_balancing="round_robin", backoff=QUICK) as channel,
    ):
        endpoints = [
            Endpoint((TcpAddress("127.0.0.1", int((await server.start("127.0.0.1:0")).rpartition(":")[2])),))
            for _ in range(120)
        ]
        resolver.found.put_nowait(Resolution(tuple(endpoints)))
        await channel.connect()
        await until(lambda: ready_count(channel) == 100)
        waiting = [each for each in endpoints if not _is_known(channel, each)]
        assert len(waiting) == 20
        resolver.found.put_nowait(Resolution(tuple(waiting[:15])))  # none of those that are connected
        await until(lambda: {each.addresses[0] for each in channel.routing.subchannels} == _addresses(waiting[:15]))
        await until(lambda: len(server.connections) == 15)
        resolver.found.put_nowait(Resolution(tuple(endpoints)))
        await until(lambda: ready_count(channel) == 100)
        assert await who(channel, 30) == {b"one": 30}
        await until(lambda: ready_count(channel) == 120)


def _is_known(channel: Channel, endpoint: Endpoint) -> bool:
    return any(each.addresses == list(endpoint.addresses) for each in channel.routing.subchannels)


def _addresses(endpoints: Sequence[Endpoint]) -> set[object]:
    return {each.addresses[0] for each in endpoints}


async def test_a_few_that_live_are_found_among_many_that_do_not() -> None:
    async with Server([Named(b"one")]) as server:
        living = [await server.start("127.0.0.1:0") for _ in range(2)]
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))  # and does not listen
            dead = [f"127.0.0.{number}:{sock.getsockname()[1]}" for number in range(1, 150)]
            target = f"static:{','.join([*dead, *living])}"
            async with Channel(target, load_balancing="round_robin", backoff=Backoff(initial=60)) as channel:
                assert (await EchoStub(channel).unary(b"", timeout=20)) == b"one"
                await until(lambda: ready_count(channel) == 2)
