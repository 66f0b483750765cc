"""How much time a server gives to its clients, and how long their connections live."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import resource
import socket
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from certificates import authority_pem, server_pair
from echo import Echo, EchoStub
from grpcio_echo import Callables
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from stranger import HELLO, HELLO_WITH_WINDOWS, MESSAGE, PING, PREFACE, Stranger, stranger

from minirpc.aio import Channel, ClientTls, ConnectionLimits, Context, ErrorCode, Server, ServerTls
from minirpc.errors import RpcError, StatusCode


@asynccontextmanager
async def serving(
    service: Echo, *, hello: bytes = HELLO, tls: ServerTls | None = None, **options: Any
) -> AsyncIterator[Stranger]:
    """Runs a server and a stranger to it."""
    server = Server([service], **options)
    async with server, stranger(await server.start("127.0.0.1:0", tls=tls), hello) as client:
        yield client


CALM = ErrorCode.ENHANCE_YOUR_CALM


# -- options


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="frame_timeout must be a positive number of seconds, or None, not 0"):
        ConnectionLimits(frame_timeout=0)
    with pytest.raises(ValueError, match="ping_min_time must be a number of seconds, not -1"):
        ConnectionLimits(ping_min_time=-1)
    with pytest.raises(ValueError, match="ping_strikes must be 0 or more, not -1"):
        ConnectionLimits(ping_strikes=-1)
    for name in ("max_connection_idle", "max_connection_age", "max_connection_age_grace"):
        with pytest.raises(ValueError, match=name):
            Server([Echo()], **{name: -1.0})  # type: ignore[arg-type]


# -- PINGs


async def test_fourth_ping_in_a_row_is_one_too_many() -> None:
    async with serving(Echo()) as client:
        client.writer.write(PING * 3)
        await client.until(lambda frame: isinstance(frame, PingFrame))
        await client.until(lambda frame: isinstance(frame, PingFrame))
        await client.until(lambda frame: isinstance(frame, PingFrame))
        client.writer.write(PING)
        assert await client.farewell() == (CALM, b"too_many_pings")


async def test_pings_between_messages_do_not_count() -> None:
    async with serving(Echo()) as client:
        for stream_id in range(1, 21, 2):
            client.writer.write(PING * 2 + client.call(stream_id, "Unary"))
            await client.answer(stream_id)
        assert not [frame for frame in client.frames if isinstance(frame, GoAwayFrame)]


@pytest.mark.parametrize("calls", [False, True])
async def test_pings_without_calls_need_leave(calls: bool) -> None:
    service = Echo()
    limits = ConnectionLimits(ping_min_time=0.001)
    async with serving(service, connection_limits=limits) as client:
        if calls:
            client.writer.write(client.call(1, "Sleep"))
            await service.events.get()
        for _ in range(6):
            client.writer.write(PING)
            await asyncio.sleep(0.01)
        if calls:
            client.writer.write(client.call(3, "Unary"))
            await client.answer(3)
            assert not [frame for frame in client.frames if isinstance(frame, GoAwayFrame)]
        else:
            assert await client.farewell() == (CALM, b"too_many_pings")


async def test_grpcio_with_too_short_a_keepalive_is_told() -> None:
    options = [
        ("grpc.keepalive_time_ms", 20),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.enable_retries", 0),
    ]
    async with Server([Echo()], connection_limits=ConnectionLimits(ping_strikes=0)) as server:
        address = await server.start("127.0.0.1:0")
        async with grpc.aio.insecure_channel(address, options=options) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await Callables(channel).sleep(b"", timeout=10)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            assert "too_many_pings" in caught.value.details()


# -- strangers that do not go on


@pytest.mark.parametrize("hello", [b"", PREFACE[:10], PREFACE, HELLO[:-1]], ids=["silence", "half", "preface", "cut"])
async def test_connection_that_does_not_begin(hello: bytes, caplog: pytest.LogCaptureFixture) -> None:
    limits = ConnectionLimits(preface_timeout=0.1)
    with caplog.at_level(logging.INFO, "minirpc.server"):
        async with serving(Echo(), connection_limits=limits, hello=hello) as client:
            farewell = await client.farewell()
    assert farewell is not None
    assert farewell[0] == CALM
    assert b"within 0.1 s (preface_timeout)" in farewell[1]
    assert len([record for record in caplog.records if "preface_timeout" in record.message]) == 1


async def test_tls_handshake_that_does_not_go_on() -> None:
    pair = server_pair()
    tls = ServerTls(certificate=pair.certificate, key=pair.key, handshake_timeout=0.1)
    async with serving(Echo(), tls=tls, hello=b"\x16\x03\x01\x02") as client:
        assert await client.farewell() is None


def slow_headers(stranger: Stranger) -> list[bytes]:
    """A header block that never ends, as a byte now and then."""
    block = stranger.call(1, "Unary", None)[9:]
    parts = [HeadersFrame(1, block[:1]).serialize()]
    return parts + [ContinuationFrame(1, block[i : i + 1]).serialize() for i in range(1, 30)]


def slow_frame(stranger: Stranger) -> list[bytes]:
    data = DataFrame(1, bytes(30)).serialize()
    return [stranger.call(1, "Up", None) + data[:12], *(data[i : i + 1] for i in range(12, 38))]


@pytest.mark.parametrize("make_parts", [slow_headers, slow_frame])
async def test_frames_that_trickle_in(make_parts: Callable[[Stranger], list[bytes]]) -> None:
    limits = ConnectionLimits(frame_timeout=0.15)
    async with serving(Echo(), connection_limits=limits) as client:

        async def trickle() -> None:
            for part in make_parts(client):
                client.writer.write(part)
                await asyncio.sleep(0.03)

        trickling = asyncio.create_task(trickle())
        farewell = await client.farewell()
        trickling.cancel()
        assert farewell == (CALM, b"a frame or header block was not complete within 0.15 s (frame_timeout)")


async def test_pauses_between_frames_and_long_messages_are_no_fault() -> None:
    limits = ConnectionLimits(frame_timeout=0.05)
    async with serving(Echo(), connection_limits=limits) as client:
        client.writer.write(client.call(1, "Unary", None))
        for byte in MESSAGE:
            client.writer.write(DataFrame(1, bytes([byte])).serialize()[:9])
            await asyncio.sleep(0.01)
            client.writer.write(bytes([byte]))
            await asyncio.sleep(0.06)
        client.writer.write(DataFrame(1, b"", flags=["END_STREAM"]).serialize())
        await client.answer(1)
        assert "END_STREAM" in client.frames[-1].flags


class Generous(Echo):
    """Answers every call with much."""

    async def unary(self, request: bytes, context: Context) -> bytes:
        return bytes(1 << 20)

    async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(1 << 20)
        finally:
            self.events.put_nowait("ended")


async def test_client_that_does_not_read_its_socket(caplog: pytest.LogCaptureFixture) -> None:
    service = Generous()
    limits = ConnectionLimits(stall_timeout=0.2)
    async with Server([service], connection_limits=limits) as server:
        address = await server.start("127.0.0.1:0")
        with caplog.at_level(logging.INFO, "minirpc.server"):
            async with stranger(address, HELLO_WITH_WINDOWS) as client:
                client.writer.transport.pause_reading()  # type: ignore[attr-defined]
                client.writer.write(client.call(1, "Down"))
                assert await service.events.get() == "ended"
        assert "stalled: the client took no byte within 0.2 s (stall_timeout)" in caplog.text


async def test_client_that_reads_slowly_is_served() -> None:
    """Each time before the limit it takes something."""
    limits = ConnectionLimits(stall_timeout=0.3)
    async with Server([Generous()], connection_limits=limits) as server:
        host, _, port = (await server.start("127.0.0.1:0")).rpartition(":")
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            sock.setblocking(False)
            await loop.sock_connect(sock, (host, int(port)))
            call = Stranger(None, None).call(1, "Down")  # type: ignore[arg-type]
            await loop.sock_sendall(sock, HELLO_WITH_WINDOWS + call)
            for _ in range(12):
                await asyncio.sleep(0.1)
                for _ in range(8):
                    assert len(await loop.sock_recv(sock, 1 << 18)) > 0


async def test_client_that_opens_no_window() -> None:
    service = Generous()
    limits = ConnectionLimits(window_stall_timeout=0.2)
    async with serving(service, connection_limits=limits) as client:
        client.writer.write(client.call(1, "Down"))
        farewell = await client.farewell()
        assert farewell == (CALM, b"stalled: the client opened no window within 0.2 s (window_stall_timeout)")
        assert await service.events.get() == "ended"


async def test_client_that_opens_its_window_a_little_is_served() -> None:
    limits = ConnectionLimits(window_stall_timeout=0.2)
    async with serving(Generous(), connection_limits=limits) as client:
        client.writer.write(client.call(1, "Down"))
        for _ in range(10):
            await asyncio.sleep(0.05)
            client.writer.write(WindowUpdateFrame(0, 10).serialize() + WindowUpdateFrame(1, 10).serialize())
        client.writer.write(client.call(3, "Nothing"))
        await client.answer(3)
        assert client.frames[-1].stream_id == 3


# -- connections in all


async def test_one_connection_too_many(caplog: pytest.LogCaptureFixture) -> None:
    async with Server([Echo()], max_connections=1) as server:
        address = await server.start("127.0.0.1:0")
        async with Channel(address) as channel:
            stub = EchoStub(channel)
            assert await stub.unary(b"1") == b"1"
            for _ in range(2):
                async with stranger(address) as second:
                    farewell = await second.farewell()
                    assert farewell is not None
                    assert farewell[0] == CALM
                    assert b"max_connections=1" in farewell[1]
            async with Channel(address) as other:
                with pytest.raises(RpcError) as caught:
                    await EchoStub(other).unary(b"")
                assert caught.value.code is StatusCode.UNAVAILABLE
            assert await stub.unary(b"2") == b"2"
        async with Channel(address) as channel:
            assert await EchoStub(channel).unary(b"3") == b"3"
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


async def test_one_connection_too_many_over_tls() -> None:
    pair = server_pair()
    tls = ServerTls(certificate=pair.certificate, key=pair.key)
    async with Server([Echo()], max_connections=0) as server:
        address = await server.start("127.0.0.1:0", tls=tls)
        async with Channel(address, tls=ClientTls(ca=authority_pem()), connect_timeout=2) as channel:
            with pytest.raises(RpcError, match="handshake") as caught:
                await EchoStub(channel).unary(b"")
            assert caught.value.code is StatusCode.UNAVAILABLE


async def test_server_without_descriptors_left_lives_on(caplog: pytest.LogCaptureFixture) -> None:
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0")
        host, _, port = address.rpartition(":")
        async with Channel(address) as channel:
            stub = EchoStub(channel)
            await stub.unary(b"")
            waiting = socket.socket()
            waiting.setblocking(False)
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            highest = os.dup(0)
            os.close(highest)
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
            try:
                with pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
                    os.dup(0)
                waiting.connect_ex((host, int(port)))
                for _ in range(20):
                    assert await stub.unary(b"x") == b"x"
                    await asyncio.sleep(0.03)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
            assert len(warnings) == 1
            assert f"cannot accept connections on {address} for now" in warnings[0]
            # The connection that had to wait is taken up.
            assert await asyncio.get_running_loop().sock_recv(waiting, 100)
            waiting.close()


# -- idle and age


async def test_idle_connection_is_drained() -> None:
    service = Echo()
    async with serving(service, max_connection_idle=0.1) as client:
        client.writer.write(client.call(1, "Sleep"))
        assert await service.events.get() == "started"
        await asyncio.sleep(0.25)
        client.writer.write(client.call(3, "Unary"))
        await client.answer(3)  # the call that runs has kept the connection
        client.writer.write(RstStreamFrame(1, error_code=8).serialize())
        goaway = await client.until(lambda frame: isinstance(frame, GoAwayFrame))
        assert isinstance(goaway, GoAwayFrame)
        assert (goaway.error_code, goaway.additional_data) == (0, b"max_idle")


async def test_clients_of_idle_and_aged_connections_lose_no_call() -> None:
    options: dict[str, Any] = {"max_connection_idle": 0.05, "max_connection_age": 0.1, "max_connection_age_grace": 5.0}
    async with Server([Echo()], **options) as server:
        address = await server.start("127.0.0.1:0")
        async with Channel(address) as channel, grpc.aio.insecure_channel(address) as theirs:
            stub, callables = EchoStub(channel), Callables(theirs)
            for pause in [0.0] * 20 + [0.07] * 2 + [0.02] * 10:
                assert await asyncio.gather(stub.unary(b"x"), callables.unary(b"x")) == [b"x", b"x"]
                await asyncio.sleep(pause)


async def test_under_load_connections_age_without_losing_a_call() -> None:
    """Calls of all lengths, of our client and of grpcio's, while every connection is replaced again and again."""
    loop = asyncio.get_running_loop()
    seen: set[str] = set()

    class Noting(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            seen.add(context.peer)
            return request

    async with Server([Noting()], max_connection_age=0.1, max_connection_age_grace=20.0) as server:
        address = await server.start("127.0.0.1:0")
        async with Channel(address) as channel, grpc.aio.insecure_channel(address) as theirs:
            stub, callables = EchoStub(channel), Callables(theirs)
            until = loop.time() + 1.5
            ended = {"ours": 0, "theirs": 0}

            async def ask() -> None:
                while loop.time() < until:
                    assert await stub.unary(b"x", timeout=30) == b"x"
                    ended["ours"] += 1

            async def ask_by_grpcio() -> None:
                while loop.time() < until:
                    assert await callables.unary(b"x", timeout=30) == b"x"
                    ended["theirs"] += 1

            async def talk() -> None:
                while loop.time() < until:
                    async with stub.bidi() as call:  # outlives the connection's age
                        for _ in range(10):
                            await call.send(b"x")
                            assert await call.receive() == b"x"
                            await asyncio.sleep(0.02)
                        await call.done_writing()
                        assert await call.receive() is None

            async with asyncio.TaskGroup() as workers:
                for _ in range(5):
                    workers.create_task(ask())
                    workers.create_task(ask_by_grpcio())
                    workers.create_task(talk())
    assert min(ended.values()) > 0
    assert len(seen) > 4, "two clients had more than two connections each"


async def test_calls_of_aged_connection_have_grace() -> None:
    service = Echo()
    options = {"max_connection_age": 0.1, "max_connection_age_grace": 0.2}
    async with Server([service], **options) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        async with stub.bidi() as call:
            await asyncio.sleep(0.15)
            await call.send(b"x")
            assert await call.receive() == b"x"
            await call.done_writing()
        with pytest.raises(RpcError, match="max_connection_age_grace") as caught:
            await stub.sleep(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE
        assert await stub.unary(b"y") == b"y"


# -- listening


def dual_stack() -> bool:
    try:
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True):
            return True
    except (OSError, ValueError):
        return False


@pytest.mark.skipif(not dual_stack(), reason="no IPv6 here, or no dual stack")
async def test_all_addresses_are_those_of_both_stacks() -> None:
    class Names(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            return context.peer.encode()

    async with Server([Names()]) as server:
        port = (await server.start("[::]:0")).rpartition(":")[2]
        for host, peer in (("127.0.0.1", b"ipv4:127.0.0.1:"), ("[::1]", b"ipv6:[::1]:")):
            async with Channel(f"{host}:{port}") as channel:
                assert (await EchoStub(channel).unary(b"")).startswith(peer)


# -- memory


async def test_idle_connections_hold_no_buffers() -> None:
    """The connection's buffer to read into and that of TLS would be 64 KiB each."""
    count = 10
    pair = server_pair()
    tls = ServerTls(certificate=pair.certificate, key=pair.key)
    context = ssl.create_default_context(cadata=authority_pem().decode())
    context.set_alpn_protocols(["h2"])
    async with Server([Echo()]) as server, AsyncExitStack() as stack:
        address = await server.start("127.0.0.1:0", tls=tls)

        async def connect() -> None:
            client = await stack.enter_async_context(stranger(address, context=context))
            await client.until(lambda frame: isinstance(frame, SettingsFrame) and "ACK" in frame.flags)

        await connect()
        tracemalloc.start()
        try:
            for _ in range(count):
                await connect()
            ours = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/minirpc/aio/*")])
        finally:
            tracemalloc.stop()
    assert len([trace for trace in ours.traces if trace.size >= 1 << 16]) < count / 2
