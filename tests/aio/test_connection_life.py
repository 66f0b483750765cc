"""The life of a channel's connections: back-off, waiting for servers, states, restarts, retries, idleness."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from typing import Any

import grpc.aio
import h2.events
import h2.settings
import pytest
from echo import SERVICE, Echo, EchoStub
from grpcio_echo import AioEcho, add_echo
from h2.events import Event
from raw_server import Peer, raw_server
from relay import relay_to

from minirpc.aio import (
    Address,
    AuthContext,
    Backoff,
    CallCredentials,
    Channel,
    ChannelState,
    ClientCall,
    ClientProceed,
    ErrorCode,
    GenericStub,
    Keepalive,
    Server,
    TcpAddress,
    UnixAddress,
)
from minirpc.aio.client_stream import ClientStream
from minirpc.aio.connection import Connection
from minirpc.aio.connector import connect_socket
from minirpc.aio.happy_eyeballs import interleave
from minirpc.errors import RpcError, StatusCode

IDLE, CONNECTING, READY, FAILURE, SHUTDOWN = ChannelState
QUICK = Backoff(initial=0.02, maximum=0.02)
NEVER = Backoff(initial=100)
LARGE = bytes(271_828)
OK_HEADERS = [(":status", "200"), ("content-type", "application/grpc")]


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


# -- back-off


def test_waits_grow_as_the_protocol_says() -> None:
    backoff = Backoff()
    assert backoff.delay(1) == 1.0
    for failures, middle in ((2, 1.6), (3, 2.56), (12, 120.0), (100_000, 120.0)):
        delays = [backoff.delay(failures) for _ in range(200)]
        assert middle * 0.8 <= min(delays) < middle < max(delays) <= middle * 1.2
    assert Backoff(multiplier=1e300, jitter=0).delay(50) == 120.0


@pytest.mark.parametrize(
    "options", [{"initial": 0}, {"initial": 121.0}, {"multiplier": 0.5}, {"jitter": 1.5}, {"maximum": float("inf")}]
)
def test_waits_that_make_no_sense(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Backoff(**options)


async def test_calls_fail_at_once_during_the_back_off() -> None:
    attempts = 0

    async def refuse(address: Address, protocol: asyncio.BufferedProtocol) -> None:
        nonlocal attempts
        attempts += 1
        raise OSError("no route to the moon")

    async with Channel("moon:1", connector=refuse, backoff=NEVER) as channel:
        for _ in range(3):
            with pytest.raises(RpcError, match="cannot connect to moon:1: no route to the moon") as caught:
                await EchoStub(channel).unary(b"")
            assert caught.value.code is StatusCode.UNAVAILABLE
            assert isinstance(caught.value.__cause__, OSError)
        assert channel.state is FAILURE
        assert attempts == 1


async def test_a_server_that_answers_ends_the_back_off() -> None:
    """The third attempt succeeds, without a call that asks for it; and the next loss begins again with a short wait."""
    port = free_port()
    attempts = 0
    delays: list[int] = []

    class Noted(Backoff):
        def delay(self, failures: int) -> float:
            delays.append(failures)
            return 0.02

    async def connect(address: Address, protocol: asyncio.BufferedProtocol) -> object:
        nonlocal attempts
        attempts += 1
        if attempts in (1, 2, 4):
            raise ConnectionRefusedError("refused")
        return await connect_socket(address, protocol)

    async with (
        Server([Echo()]) as server,
        Channel(await server.start(f"127.0.0.1:{port}"), connector=connect, backoff=Noted()) as channel,
    ):
        with pytest.raises(RpcError):
            await EchoStub(channel).unary(b"")
        assert await channel.wait_for_state(READY) is READY
        assert await EchoStub(channel).unary(b"x") == b"x"
        assert delays[:2] == [1, 2]
        delays.clear()
        (connection,) = channel.routing.connections
        connection.abort()
        await channel.wait_for_state(IDLE)
        await channel.connect(wait_for_ready=True)
        assert attempts == 5
        assert max(delays) == 1


# -- wait_for_ready


@pytest.mark.parametrize("kind", ["channel", "call", "generic", "interceptor", "streams"])
async def test_calls_wait_for_a_server_that_is_not_there_yet(kind: str) -> None:
    port = free_port()

    async def passed_on(call: ClientCall, proceed: ClientProceed) -> None:
        await proceed()

    options: dict[str, Any] = {"interceptors": [passed_on]} if kind == "interceptor" else {}
    async with Channel(f"127.0.0.1:{port}", wait_for_ready=kind == "channel", backoff=QUICK, **options) as channel:
        stub = EchoStub(channel)
        call: Any
        if kind == "channel":
            with pytest.raises(RpcError, match="cannot connect"):
                await stub.unary(b"", wait_for_ready=False)
            call = stub.unary(b"x", timeout=10)
        elif kind == "generic":
            call = GenericStub(channel).unary_unary(f"/{SERVICE}/Unary")(b"x", timeout=10, wait_for_ready=True)
        elif kind == "streams":
            call = stub.up([b"x", b"yz"], timeout=10, wait_for_ready=True)
        else:
            call = stub.unary(b"x", timeout=10, wait_for_ready=True)
        running = asyncio.ensure_future(call)
        await channel.wait_for_state(FAILURE)
        assert not running.done()
        async with Server([Echo()]) as server:
            await server.start(f"127.0.0.1:{port}")
            assert await running == (b"2 3" if kind == "streams" else b"x")


async def test_deadline_says_what_the_call_waited_for() -> None:
    port = free_port()
    async with Channel(f"127.0.0.1:{port}", backoff=NEVER) as channel:
        with pytest.raises(RpcError, match="cannot connect"):
            await channel.connect()
        with pytest.raises(
            RpcError,
            match=f"the deadline passed before a connection was ready, while connecting to 127.0.0.1:{port}; "
            f"last error: cannot connect to 127.0.0.1:{port}: Connect call failed",
        ) as caught:
            await EchoStub(channel).unary(b"", timeout=0.05, wait_for_ready=True)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED


async def test_deadline_of_a_call_for_which_the_server_has_no_room() -> None:
    service = Echo()
    async with (
        Server([service], max_concurrent_streams=1) as server,
        Channel(await server.start("127.0.0.1:0")) as channel,
        EchoStub(channel).sleep(b""),
    ):
        assert await service.events.get() == "started"
        with pytest.raises(RpcError, match="while the server had as many streams open as it allows"):
            await EchoStub(channel).unary(b"", timeout=0.03)


# -- states


async def test_states_from_the_first_call_to_the_end() -> None:
    seen: list[ChannelState] = []

    async def watch(channel: Channel) -> None:
        seen.extend([state async for state in channel.states()])

    async with Server([Echo()]) as server:
        channel = Channel(await server.start("127.0.0.1:0"))
        assert channel.state is IDLE
        watcher = asyncio.ensure_future(watch(channel))
        await asyncio.sleep(0)
        await EchoStub(channel).unary(b"")
        assert channel.state is READY
        await server.stop()
        await channel.wait_for_state(IDLE, FAILURE)
        with pytest.raises(RpcError):
            await EchoStub(channel).unary(b"")
        await channel.close()
        await watcher
    assert seen == [IDLE, CONNECTING, READY, IDLE, CONNECTING, FAILURE, SHUTDOWN]
    with pytest.raises(RuntimeError, match="is closed"):
        await channel.wait_for_state(READY)


async def test_connecting_without_a_call() -> None:
    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        await channel.connect()
        assert channel.state is READY
        await channel.connect()
    port = free_port()
    async with Channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(RpcError, match=f"cannot connect to 127.0.0.1:{port}") as caught:
            await channel.connect()
        assert caught.value.code is StatusCode.UNAVAILABLE
        waiting = asyncio.ensure_future(channel.connect(wait_for_ready=True))
        await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="is closed"):
        await waiting


async def test_waiting_for_a_state_can_be_cancelled() -> None:
    async with Channel("127.0.0.1:1") as channel:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await channel.wait_for_state(READY)
        assert channel.state is IDLE


# -- several addresses


def test_families_take_turns() -> None:
    four = [TcpAddress(f"10.0.0.{number}", 1) for number in range(3)]
    six = [TcpAddress(f"::{number}", 1) for number in range(2)]
    assert interleave([*six, *four]) == [six[0], four[0], six[1], four[1], four[2]]
    assert interleave([*four, *six, four[0]]) == [four[0], six[0], four[1], six[1], four[2]]
    assert interleave([UnixAddress("/a"), *six]) == [UnixAddress("/a"), *six]


async def test_an_address_that_swallows_everything_holds_nobody_up() -> None:
    """The second address is tried while the first one, which accepts and says nothing, still may take its 20 s."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with Server([Echo()]) as server:
            address = await server.start("127.0.0.1:0")
            target = f"ipv4:127.0.0.1:{silent.getsockname()[1]},{address}"
            async with Channel(target) as channel, asyncio.timeout(5):
                assert await EchoStub(channel).unary(b"x") == b"x"
                (connection,) = channel.routing.connections
                assert connection.peer == f"ipv4:{address}"


async def test_all_addresses_are_told_when_none_answers() -> None:
    ports = [free_port() for _ in range(5)]
    async with Channel("ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)) as channel:
        with pytest.raises(RpcError, match=r"cannot connect to .*; cannot connect to .*; and 2 other addresses"):
            await EchoStub(channel).unary(b"")


# -- restarts


async def test_restart_under_load_costs_no_call() -> None:
    """The server drains, is away for a moment, and comes back on its port; twice."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    finished = False
    done = 0

    async def work(stub: EchoStub) -> None:
        nonlocal done
        while not finished:
            assert await stub.unary(b"x", timeout=20) == b"x"
            done += 1

    async with Channel(address, wait_for_ready=True, backoff=QUICK) as channel:
        workers = [asyncio.ensure_future(work(EchoStub(channel))) for _ in range(10)]
        for _ in range(2):
            async with Server([Echo()]) as server:
                await server.start(address)
                goal = done + 50
                while done < goal:
                    await asyncio.sleep(0.005)
                    assert not any(worker.done() for worker in workers), await asyncio.gather(*workers)
                await server.stop(5)
        async with Server([Echo()]) as server:
            await server.start(address)
            finished = True
            await asyncio.gather(*workers)


async def test_grpcio_server_that_limits_the_age_of_connections_loses_no_call() -> None:
    options = [
        ("grpc.max_connection_age_ms", 150),
        ("grpc.max_connection_age_grace_ms", 5000),
        ("grpc.so_reuseport", 0),
    ]
    server = grpc.aio.server(options=options)
    add_echo(server, AioEcho())
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    connections: set[object] = set()
    until = asyncio.get_running_loop().time() + 1.0

    async def work(stub: EchoStub, number: int) -> None:
        while asyncio.get_running_loop().time() < until:
            if number % 3:
                assert await stub.unary(b"x", timeout=10) == b"x"
            else:
                assert await stub.up([b"a"] * 3, timeout=10) == b"3 3"
            connections.update(stub._channel.routing.connections)

    async with Channel(f"127.0.0.1:{port}") as channel:
        await asyncio.gather(*(work(EchoStub(channel), number) for number in range(10)))
    await server.stop(None)
    assert len(connections) > 2


# -- transparent retries


def refusing(first: int) -> Any:
    """Refuses the first streams, and then answers with the size of the request."""
    refused: set[tuple[int, int]] = set()
    sizes: dict[tuple[int, int], int] = {}

    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, h2.events.DataReceived):
            key = peer.number, event.stream_id
            sizes[key] = sizes.get(key, 0) + len(event.data)
            if event.flow_controlled_length:
                peer.http2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if len(refused) < first and key not in refused:
                refused.add(key)
                peer.http2.reset_stream(event.stream_id, ErrorCode.REFUSED_STREAM)
        elif isinstance(event, h2.events.StreamEnded) and (peer.number, event.stream_id) not in refused:
            peer.reply(event.stream_id, b"%d" % sizes[peer.number, event.stream_id])

    return on_event


async def test_stream_of_requests_is_sent_again_after_a_refusal() -> None:
    async with raw_server(refusing(1)) as server, Channel(server.address) as channel:
        async with EchoStub(channel).up(timeout=10) as call:
            await call.send(b"12345")
            await asyncio.sleep(0.05)  # for the refusal to arrive
            await call.send(b"678")
            assert await call.finish() == b"18"  # two prefixes of 5 bytes, and both messages
        assert server.connections == 1


async def test_compressed_stream_of_requests_is_sent_again_whole() -> None:
    requests = [bytes(5_000), b"x", bytes(7_000)]
    async with (
        Server([Echo()]) as server,
        Channel(await server.start("127.0.0.1:0"), compression="gzip") as channel,
        EchoStub(channel).up(timeout=10) as call,
    ):
        await call.send(requests[0])
        call._started().reset(ErrorCode.REFUSED_STREAM, True)  # as if the server had refused it
        for request in requests[1:]:
            await call.send(request)
        assert await call.finish() == b"3 12001"


async def test_second_refusal_ends_the_call() -> None:
    async with raw_server(refusing(2)) as server, Channel(server.address) as channel:
        with pytest.raises(RpcError, match="REFUSED_STREAM") as caught:
            await EchoStub(channel).up([b"12345"], timeout=10)
        assert caught.value.code is StatusCode.UNAVAILABLE


async def test_stream_of_requests_beyond_the_buffer_is_not_sent_again() -> None:
    async with raw_server(refusing(1)) as server, Channel(server.address, retry_buffer_size=100) as channel:
        with pytest.raises(RpcError, match="REFUSED_STREAM"):
            await EchoStub(channel).up([bytes(101)], timeout=10)
        assert await EchoStub(channel).unary(LARGE, timeout=10) == b"%d" % (len(LARGE) + 5)


@pytest.mark.parametrize("kind", ["unary", "up"])
async def test_what_never_left_is_tried_again_any_number_of_times(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection breaks after the call was made and before anything of it was written; five times."""
    attach = ClientStream.attach
    breaks = 5

    def attach_and_break(stream: ClientStream, connection: Connection) -> None:
        nonlocal breaks
        attach(stream, connection)
        if breaks:
            breaks -= 1
            # In the step in which the stream came to its connection: nothing has been written yet.
            assert connection.bytes_written == stream._written_before
            connection.abort()

    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        await stub.unary(b"")
        monkeypatch.setattr(ClientStream, "attach", attach_and_break)
        call = stub.bidi(timeout=10) if kind == "up" else stub.down(b"1", timeout=10)
        async with call:
            if kind == "up":
                await call.send(b"0")  # type: ignore[union-attr]
            assert await call.receive() == b"0"
            assert call._started()._retries == 0
        assert not breaks


# -- idleness


async def test_channel_without_calls_becomes_idle() -> None:
    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0"), idle_timeout=0.1) as channel:
        stub = EchoStub(channel)
        async with stub.bidi() as call:
            await call.send(b"x")
            assert await call.receive() == b"x"
            await asyncio.sleep(0.25)
            assert channel.state is READY  # a call that runs counts, even if nothing is said in it
        await channel.wait_for_state(IDLE)
        for connection in list(channel.routing.connections):
            await connection.closed
        assert await stub.unary(b"y") == b"y"


# -- keepalive


async def test_half_open_connection_is_noticed() -> None:
    keepalive = Keepalive(time=0.05, timeout=0.05, allow_short_time=True)
    service = Echo()
    async with (
        Server([service]) as server,
        relay_to(await server.start("127.0.0.1:0")) as relay,
        Channel(relay.address, keepalive=keepalive) as channel,
    ):
        call = asyncio.ensure_future(EchoStub(channel).sleep(b""))
        assert await service.events.get() == "started"
        relay.silent = True
        with pytest.raises(RpcError, match="keepalive: no answer to a PING") as caught:
            await call
        assert caught.value.code is StatusCode.UNAVAILABLE
        relay.silent = False
        assert await EchoStub(channel).unary(b"x") == b"x"


async def test_server_that_is_annoyed_by_pings_gets_fewer(caplog: pytest.LogCaptureFixture) -> None:
    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, h2.events.StreamEnded):
            peer.reply(event.stream_id, b"")
            peer.http2.close_connection(11, b"too_many_pings", last_stream_id=event.stream_id)

    async with raw_server(on_event) as server, Channel(server.address, keepalive=Keepalive(time=15)) as channel:
        with caplog.at_level(logging.WARNING, "minirpc"):
            for _ in range(2):
                await EchoStub(channel).unary(b"")
                await channel.wait_for_state(IDLE)
        first, second = (record.getMessage() for record in caplog.records)
        assert "too many keepalive PINGs; the keepalive time of new connections is 30" in first
        assert "Keepalive(time=...)" in first
        assert "is 60" in second


# -- closing


async def test_close_waits_for_functions_of_credentials() -> None:
    events: list[str] = []

    asked = asyncio.Event()

    async def hang(context: AuthContext) -> Sequence[tuple[str, str]]:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.02)
            events.append("cleaned up")
        return ()

    async with Channel("127.0.0.1:1", credentials=CallCredentials(hang, allow_plaintext=True)) as channel:
        call = asyncio.ensure_future(EchoStub(channel).unary(b"").status())
        await asked.wait()
    assert events == ["cleaned up"]
    assert (await call).code is StatusCode.CANCELLED


async def test_server_that_only_accepts_connections_gets_few_of_them() -> None:
    """It takes a connection, says SETTINGS and ends it; nobody calls, but round_robin wants to be connected."""

    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, h2.events.SettingsAcknowledged):
            peer.writer.close()

    async with raw_server(on_event) as server:
        async with Channel(server.address, load_balancing="round_robin", backoff=Backoff(initial=0.1)) as channel:
            await channel.connect()
            await asyncio.sleep(0.25)
        assert 2 <= server.connections <= 4
