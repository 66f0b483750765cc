"""Load balancing policies at work on real servers: who gets the calls, and who no longer."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from echo import EchoStub
from fleet import QUICK, Changing, Fleet, Named, ready_count, until, who

from minirpc.aio import (
    Channel,
    ChannelState,
    Context,
    Endpoint,
    FailurePercentage,
    LeastRequest,
    OutlierDetection,
    PickFirst,
    PolicyChoice,
    Resolution,
    RingHash,
    RoundRobin,
    Server,
    StaticResolver,
    Subset,
    SuccessRate,
    TcpAddress,
    Weighted,
)
from minirpc.aio.policy_registry import find_balancer, policy_of
from minirpc.aio.ring_hash import Ring
from minirpc.errors import ConfigError, RpcError, StatusCode
from minirpc.rpc.service_config import LoadBalancingConfig
from minirpc.rpc.service_config_json import parse_service_config
from minirpc.services.health import Health, ServingStatus


class Member(Named):
    """Answers with its name, fails, or waits until it may answer."""

    def __init__(self, name: bytes) -> None:
        super().__init__(name)
        self.code = StatusCode.OK
        self.going = asyncio.Event()
        self.going.set()
        self.running = 0

    async def unary(self, request: bytes, context: Context) -> bytes:
        self.running += 1
        await self.going.wait()
        self.running -= 1
        if self.code is not StatusCode.OK:
            raise RpcError(self.code, "as told")
        return self.name


class Group(Fleet):
    """Members, on the addresses 127.0.0.1, 127.0.0.2, …"""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.members = [Member(b"%d" % number) for number in range(size)]
        self.health = [Health() for _ in range(size)]

    async def __aenter__(self) -> Group:
        for number, member in enumerate(self.members):
            server = await self.stack.enter_async_context(Server([member, self.health[number]]))
            host, _, port = (await server.start(f"127.0.0.{number + 1}:0")).rpartition(":")
            self.servers.append(server)
            self.addresses.append(TcpAddress(host, int(port)))
        return self

    def channel(self, policy: PolicyChoice, **options: Any) -> Channel:
        resolver = StaticResolver(self.addresses)
        return Channel("group", resolver=resolver, load_balancing=policy, backoff=QUICK, **options)

    def resolution(self, *versions: str, weights: tuple[int, ...] = ()) -> Resolution:
        return Resolution(
            tuple(
                Endpoint((address,), attributes={"version": version}, weight=weight)
                for address, version, weight in zip(
                    self.addresses, versions, weights or (1,) * len(versions), strict=False
                )
            )
        )


async def outcomes(channel: Channel, calls: int, **options: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    for _ in range(calls):
        status = await EchoStub(channel).unary(b"", timeout=10, **options).status()
        found[status.code.name] += 1
    return found


# -- least_request


async def test_a_server_that_hangs_gets_few_calls() -> None:
    random.seed(1)
    async with Group(4) as group, group.channel("least_request") as channel:
        await channel.connect()
        await until(lambda: ready_count(channel) == 4)
        group.members[0].going.clear()
        calls = []
        for _ in range(80):
            calls.append(asyncio.ensure_future(EchoStub(channel).unary(b"", timeout=30).status()))
            await until(lambda: sum(not call.done() for call in calls) <= group.members[0].running)
        assert 1 <= group.members[0].running <= 14  # about 6, where its equal share were 20
        group.members[0].going.set()
        assert all(status.code is StatusCode.OK for status in await asyncio.gather(*calls))


# -- round_robin with weights


async def test_weights_of_endpoints_are_shares() -> None:
    resolver = Changing()
    async with Group(3) as group, Channel("g", resolver=resolver, load_balancing=RoundRobin()) as channel:
        resolver.found.put_nowait(group.resolution("", "", "", weights=(1, 2, 5)))
        await channel.connect()
        await until(lambda: ready_count(channel) == 3)
        await who(channel, 8)
        assert await who(channel, 80) == {b"0": 10, b"1": 20, b"2": 50}
        resolver.found.put_nowait(group.resolution("", "", "", weights=(2, 2, 4)))
        await until(resolver.found.empty)
        await asyncio.sleep(0.01)
        await who(channel, 8)
        assert await who(channel, 80) == {b"0": 20, b"1": 20, b"2": 40}
        await group.servers[2].stop(5)
        await until(lambda: ready_count(channel) == 2)
        assert await who(channel, 40) == {b"0": 20, b"1": 20}


# -- weighted groups


async def test_canary_gets_its_share_and_that_can_change_while_calls_run() -> None:
    random.seed(7)
    resolver = Changing()
    policy = Weighted({"v1": 90, "v2": 10})
    async with Group(4) as group, Channel("g", resolver=resolver, load_balancing=policy, backoff=QUICK) as channel:
        resolver.found.put_nowait(group.resolution("v1", "v1", "v1", "v2"))
        await channel.connect()
        await until(lambda: ready_count(channel) == 4)
        found = await who(channel, 300)
        assert 10 <= found[b"3"] <= 50  # 30 and 4 standard deviations
        assert all(83 <= found[b"%d" % number] <= 97 for number in range(3))
        policy.set_weights({"v1": 0, "v2": 1})
        assert await who(channel, 20) == {b"3": 20}
        policy.set_weights({"v1": 1, "v2": 0})
        assert (await who(channel, 30))[b"3"] == 0
        # a group without any server leaves its calls to the others
        policy.set_weights({"v1": 1, "v2": 99})
        await group.servers[3].stop(5)
        await until(lambda: ready_count(channel) == 3)
        assert await outcomes(channel, 20) == {"OK": 20}
        policy.set_weights({"v3": 1})
        with pytest.raises(RpcError, match="no endpoint is in a group with a weight: there are 'v1', 'v2', not 'v3'"):
            await EchoStub(channel).unary(b"")


async def test_sticky_calls_stay_in_their_group_and_few_move() -> None:
    resolver = Changing()
    policy = Weighted({"v1": 80, "v2": 20}, sticky="User")
    async with Group(2) as group, Channel("g", resolver=resolver, load_balancing=policy) as channel:
        resolver.found.put_nowait(group.resolution("v1", "v2"))
        await channel.connect()
        await until(lambda: ready_count(channel) == 2)

        async def groups() -> list[bytes]:
            stub = EchoStub(channel)
            return [await stub.unary(b"", metadata={"user": str(user)}, timeout=10) for user in range(100)]

        before = await groups()
        assert 4 <= before.count(b"1") <= 36  # 20 and 4 standard deviations
        assert await groups() == before
        policy.set_weights({"v1": 70, "v2": 30})
        after = await groups()
        moves = Counter(zip(before, after, strict=False))
        assert moves[b"1", b"0"] == 0  # nobody leaves the group that grows
        assert 1 <= moves[b"0", b"1"] <= 25


# -- ring_hash


async def test_calls_with_the_same_header_share_a_server_connected_to_when_needed() -> None:
    async with Group(4) as group, group.channel(RingHash("user")) as channel:
        stub = EchoStub(channel)

        async def homes() -> list[bytes]:
            return [await stub.unary(b"", metadata={"user": str(user)}, timeout=10) for user in range(100)]

        await stub.unary(b"", metadata={"user": "1"}, timeout=10)
        assert ready_count(channel) == 1
        before = await homes()
        assert all(8 <= before.count(b"%d" % number) <= 45 for number in range(4))
        assert await homes() == before
        await group.servers[2].stop(5)
        after = await homes()
        assert b"2" not in after
        assert all(one == other for one, other in zip(before, after, strict=False) if one != b"2")
        assert len(set(await who(channel, 60))) == 3  # without the header


async def test_many_calls_at_once_over_a_ring_that_nobody_has_used() -> None:
    async with Group(4) as group, group.channel(RingHash("user")) as channel:
        calls = [EchoStub(channel).unary(b"", metadata={"user": str(user)}, timeout=20) for user in range(100)]
        assert {await call for call in calls} == {b"0", b"1", b"2", b"3"}


async def test_ring_without_any_server_fails_calls() -> None:
    channel = Channel("static:127.0.0.1:1,127.0.0.2:1,127.0.0.3:1", load_balancing=RingHash("user"), backoff=QUICK)
    async with channel:
        with pytest.raises(RpcError, match="Connect call failed"):
            await EchoStub(channel).unary(b"", timeout=10)


def ring_of(count: int) -> dict[tuple[TcpAddress], int]:
    return {(TcpAddress(f"10.0.{number >> 8}.{number & 255}", 80),): 1 for number in range(count)}


@pytest.mark.parametrize("count", [2, 10, 300, 3000])
def test_ring_moves_little_and_is_bounded(count: int) -> None:
    """A share that grows moves calls to it; besides, only the bounds of the ring move any."""
    ring = Ring(1024, 1 << 14)
    endpoints = ring_of(count + 1)
    *most, last = endpoints
    ring.update(dict.fromkeys(most, 1))
    assert 1024 <= len(ring) <= (1 << 14) + count
    chance = random.Random(3)
    numbers = [chance.getrandbits(64) for _ in range(4000)]
    before = [ring.find(number) for number in numbers]
    ring.update(endpoints)
    after = [ring.find(number) for number in numbers]
    moved = sum(one != other for one, other in zip(before, after, strict=False))
    assert moved <= 4000 * 3 / (count + 1) + 40
    ring.update(dict.fromkeys(most, 1))
    assert [ring.find(number) for number in numbers] == before
    fresh = Ring(1024, 1 << 14)
    fresh.update(dict.fromkeys(reversed(most), 1))
    assert [fresh.find(number) for number in numbers] == before
    ring.update({last: 3, most[0]: 1})
    share = sum(ring.find(number) == last for number in numbers)
    assert 2700 <= share <= 3300


# -- outlier_detection


async def test_consecutive_failures_eject_no_more_than_allowed() -> None:
    policy = OutlierDetection(consecutive_failures=3, base_ejection_time=600)
    async with Group(3) as group, group.channel(policy) as channel:
        await channel.connect()
        await until(lambda: ready_count(channel) == 3)
        # faults of the request say nothing about the server
        group.members[1].code = StatusCode.NOT_FOUND
        assert (await outcomes(channel, 30))["NOT_FOUND"] == 10
        assert ready_count(channel) == 3
        group.members[1].code = StatusCode.INTERNAL
        assert (await outcomes(channel, 9))["INTERNAL"] == 3
        await until(lambda: ready_count(channel) == 2)
        assert await outcomes(channel, 12) == {"OK": 12}
        # no more than 10 %, but one
        group.members[0].code = StatusCode.UNAVAILABLE
        assert (await outcomes(channel, 20))["UNAVAILABLE"] == 10


async def test_ejections_end_and_grow_longer() -> None:
    policy = OutlierDetection(consecutive_failures=1, interval=0.15, base_ejection_time=0.2, max_ejection_time=10)
    async with Group(2) as group, group.channel(policy) as channel:
        await channel.connect()
        await until(lambda: ready_count(channel) == 2)
        loop = asyncio.get_running_loop()
        lengths = []
        for _ in range(3):
            group.members[0].code = StatusCode.UNAVAILABLE
            while ready_count(channel) == 2:
                await outcomes(channel, 1)
            group.members[0].code = StatusCode.OK
            began = loop.time()
            await until(lambda: ready_count(channel) == 2)
            lengths.append(loop.time() - began)
        assert lengths[0] >= 0.19
        assert lengths[1] >= 0.38
        assert lengths[2] >= 0.57
        assert len(await who(channel, 4)) == 2


@pytest.mark.parametrize(
    "policy",
    [
        OutlierDetection(
            consecutive_failures=None, interval=0.2, success_rate=SuccessRate(minimum_hosts=5, request_volume=5)
        ),
        OutlierDetection(
            consecutive_failures=None,
            interval=0.2,
            failure_percentage=FailurePercentage(threshold=40, minimum_hosts=5, request_volume=5),
        ),
    ],
    ids=["success_rate", "failure_percentage"],
)
async def test_rates_eject_whom_the_others_outdo(policy: OutlierDetection) -> None:
    async with Group(5) as group, group.channel(policy) as channel:
        await channel.connect()
        await until(lambda: ready_count(channel) == 5)
        group.members[4].code = StatusCode.UNAVAILABLE
        while ready_count(channel) == 5:
            await outcomes(channel, 10)
        found = await who(channel, 20)
        assert b"4" not in found
        assert len(found) == 4


# -- health


@pytest.mark.parametrize("policy", ["round_robin", RingHash("user")], ids=["round_robin", "ring_hash"])
async def test_servers_that_say_they_do_not_serve_get_no_calls(policy: PolicyChoice) -> None:
    async with Group(2) as group, group.channel(policy, health_check="") as channel:
        group.health[0].set("", ServingStatus.NOT_SERVING)
        assert await who(channel, 20) == {b"1": 20}
        group.health[1].set("", ServingStatus.NOT_SERVING)
        with pytest.raises(RpcError, match="says of its health: NOT_SERVING") as caught:
            async with asyncio.timeout(10):
                while True:
                    await EchoStub(channel).unary(b"", timeout=10)
        assert caught.value.code is StatusCode.UNAVAILABLE
        waiting = asyncio.ensure_future(EchoStub(channel).unary(b"", timeout=10, wait_for_ready=True).status())
        group.health[0].set("", ServingStatus.SERVING)
        assert (await waiting).code is StatusCode.OK
        await until(lambda: ready_count(channel) == 1)
        assert await who(channel, 10) == {b"0": 10}


async def test_servers_without_a_health_service_are_healthy_and_unknown_services_are_not() -> None:
    async with Fleet() as fleet:
        address = await fleet.add()
        resolver = StaticResolver([address])
        async with Channel("g", resolver=resolver, load_balancing="round_robin", health_check="a.B") as channel:
            assert await who(channel, 3) == {b"0": 3}
    async with Group(1) as group:
        async with group.channel("round_robin", health_check="a.B") as channel:
            with pytest.raises(RpcError, match="SERVICE_UNKNOWN"):
                await EchoStub(channel).unary(b"", timeout=10)
        async with group.channel(PickFirst(), health_check="a.B") as channel:  # gRFC A17
            assert await who(channel, 1) == {b"0": 1}


async def test_watching_health_does_not_hold_a_server_that_drains() -> None:
    async with Group(2) as group, group.channel("round_robin", health_check="") as channel:
        await channel.connect()
        await until(lambda: ready_count(channel) == 2)
        await group.servers[0].stop(30)  # ends at once, as nothing runs there: the test has no 30 seconds
        assert await who(channel, 6) == {b"1": 6}


# -- subsets


async def test_each_client_uses_some_and_all_are_used() -> None:
    async with Group(6) as group:
        used: list[set[bytes]] = []
        for client in ("a", "b", "c", "d", "e", "f", "a"):
            async with group.channel(Subset(2, client=client)) as channel:
                await channel.connect()
                await until(lambda channel=channel: ready_count(channel) == 2)
                assert len(channel.routing.subchannels) == 2
                used.append(set(await who(channel, 6)))
        assert used[0] == used[-1]
        assert len(set.union(*used)) >= 4


# -- choosing


async def test_policies_hold_one_another() -> None:
    resolver = Changing()
    policy = Weighted({"v1": 1, "v2": 1}, child=OutlierDetection(LeastRequest(), consecutive_failures=2, interval=60))
    async with Group(4) as group, Channel("g", resolver=resolver, load_balancing=policy, backoff=QUICK) as channel:
        resolver.found.put_nowait(group.resolution("v1", "v1", "v2", "v2"))
        await channel.connect()
        await until(lambda: ready_count(channel) == 4)
        group.members[1].code = group.members[2].code = StatusCode.UNAVAILABLE
        while ready_count(channel) > 2:
            await outcomes(channel, 1)
        assert set(await who(channel, 40)) == {b"0", b"3"}
        resolver.found.put_nowait(group.resolution("v3", "v1"))
        await until(lambda: len(channel.routing.subchannels) == 2)
        policy.set_weights({"v3": 1})
        assert await who(channel, 4) == {b"0": 4}
        assert channel.state is ChannelState.READY


CONFIGS = [
    ("pick_first", {"shuffleAddressList": True}, PickFirst(shuffle=True)),
    ("round_robin", {}, RoundRobin()),
    ("least_request_experimental", {"choiceCount": 3}, LeastRequest(3)),
    ("ring_hash", {"requestHashHeader": "user", "minRingSize": 10, "maxRingSize": 20}, RingHash("user", 10, 20)),
    ("subset", {"subsetSize": 3, "childPolicy": [{"nope": {}}, {"round_robin": {}}]}, Subset(3)),
    (
        "outlier_detection_experimental",
        {
            "interval": "1s",
            "maxEjectionPercent": 50,
            "successRateEjection": {"stdevFactor": 1000},
            "failurePercentageEjection": {},
            "childPolicy": [{"least_request": {}}],
        },
        OutlierDetection(
            LeastRequest(),
            None,
            SuccessRate(stdev_factor=1000),
            FailurePercentage(),
            interval=1,
            max_ejection_percent=50,
        ),
    ),
]


@pytest.mark.parametrize(("name", "config", "policy"), CONFIGS, ids=[each[0] for each in CONFIGS])
def test_service_configs_choose_policies(name: str, config: dict[str, Any], policy: object) -> None:
    read = policy_of(parse_service_config({"loadBalancingConfig": [{"unheard_of": {}}, {name: config}]}))
    assert read == policy
    assert find_balancer(LoadBalancingConfig(name, config)) == policy


MISTAKES = [
    ({"round_robin": {"x": 1}}, r"\[0\].round_robin.x: there is no such field"),
    ({"least_request": {"choiceCount": 1}}, r"\[0\].least_request.choiceCount: must be at least 2, not 1"),
    ({"ring_hash": {}}, r"\[0\].ring_hash.requestHashHeader: is missing"),
    ({"ring_hash": {"requestHashHeader": "a b"}}, r"requestHashHeader: 'a b' is no metadata key"),
    ({"ring_hash": {"requestHashHeader": "a", "maxRingSize": 1 << 30}}, "ring_hash.maxRingSize: must be 1 to"),
    ({"weighted": {"weights": {"v1": -1}}}, r"weighted.weights.v1: must be at least 0, not -1"),
    ({"weighted": {"weights": {}}}, r"weighted.weights: one group must have a weight"),
    ({"subset": {"subsetSize": 0}}, "subset.subsetSize: must be at least 1"),
    ({"subset": {"subsetSize": 1, "childPolicy": [{"x": {}}]}}, "subset.childPolicy: none of x is known"),
    (
        {"subset": {"subsetSize": 1, "childPolicy": [{"x": {}}, {"least_request": {"choiceCount": "?"}}]}},
        r"subset.childPolicy\[1\].least_request.choiceCount: must be a number",
    ),
    ({"outlier_detection": {}}, "outlier_detection.childPolicy: is missing"),
    (
        {"outlier_detection": {"childPolicy": [{"round_robin": {}}], "successRateEjection": {"requestVolume": -1}}},
        "outlier_detection.successRateEjection.requestVolume: must be 0 to",
    ),
]


@pytest.mark.parametrize(("config", "message"), MISTAKES, ids=[str(each[1]) for each in MISTAKES])
def test_mistakes_name_the_place(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        policy_of(parse_service_config({"loadBalancingConfig": [config]}))


def test_mistakes_in_objects_are_told_where_they_are_made() -> None:
    for make in (
        lambda: LeastRequest(1),
        lambda: RingHash(""),
        lambda: Subset(0),
        lambda: Subset(1, child="best"),
        lambda: Weighted({"a": float("nan")}),
        lambda: OutlierDetection(interval=0),
        lambda: OutlierDetection(max_ejection_percent=101),
        lambda: FailurePercentage(threshold=101),
    ):
        with pytest.raises(ValueError):
            make()
