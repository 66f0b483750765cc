"""Floods: the attacker's connection is closed with ENHANCE_YOUR_CALM, nothing grows, and others keep their service."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import logging
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from certificates import authority_pem, server_pair
from echo import SERVICE, Echo, EchoStub
from frame_client import FrameClient, connect, raw_frame
from frames import REQUEST, data, eventually, frame_client, message
from hpack import Encoder
from hyperframe.frame import (
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from stranger import stranger

from minirpc.aio import Channel, ConnectionLimits, Context, Server, ServerTls
from minirpc.errors import StatusCode
from minirpc.http2 import ErrorCode

PAGE = os.sysconf("SC_PAGE_SIZE")
MAX_GROWTH = 16 << 20  # bytes of the server's memory for an attack: several times what one costs
MAX_SENT = 32 << 20  # bytes after which an attack has not been stopped
MESSAGE = b"\0\0\0\0\1x"


# -- against a server


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, int]]:
    """A server process: its address, and its number."""
    program = Path(__file__).parent.parent / "support" / "attacked_server.py"
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def memory_of(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE


def plain(fields: dict[str, str]) -> bytes:
    """A header block that is the same whenever it is sent (RFC 7541 section 6.2.2)."""
    block = bytearray()
    for name, value in fields.items():
        block += bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
    return bytes(block)


def request(method: str) -> dict[str, str]:
    return {
        ":method": "POST",
        ":scheme": "http",
        ":path": f"/{SERVICE}/{method}",
        "content-type": "application/grpc",
        "te": "trailers",
    }


BLOCKS = {method: plain(request(method)) for method in ("Bidi", "Sleep", "Unary")}
TRAILERS = plain({":path": "/"})
CONNECTION_SPECIFIC = plain({**request("Bidi"), "connection": "close"})
LARGE_LIST = BLOCKS["Bidi"] + Encoder().encode([("x", "x" * 3500)], huffman=False) + b"\xbe" * 40  # 140 KB when decoded
WRONG_LENGTH = plain({**request("Bidi"), "content-length": "1"})
HEADERS, END_HEADERS, END_STREAM = 1, 4, 1


def call(stream_id: int, method: str, *, end: bool = True) -> bytes:
    """A gRPC request."""
    headers = raw_frame(HEADERS, END_HEADERS, stream_id, BLOCKS[method])
    return headers + (raw_frame(0, END_STREAM, stream_id, MESSAGE) if end else b"")


def reset(stream_id: int) -> bytes:
    return raw_frame(3, 0, stream_id, b"\0\0\0\x08")


Attack = Callable[[], Iterator[bytes]]


def after(first: bytes, *frames: bytes) -> Attack:
    """The same bytes again and again, after some others."""

    def attack() -> Iterator[bytes]:
        yield first
        yield from itertools.repeat(b"".join(frames) * 100)

    return attack


def repeated(*frames: bytes) -> Attack:
    """The same bytes again and again, on a connection with one call in progress."""
    return after(call(1, "Bidi", end=False), *frames)


def on_new_streams(*frames: Callable[[int], bytes]) -> Attack:
    """On each of ever new streams, the same frames."""

    def attack() -> Iterator[bytes]:
        for first in itertools.count(1, 40):
            yield b"".join(frame(stream_id) for stream_id in range(first, first + 40, 2) for frame in frames)

    return attack


def begin(stream_id: int) -> bytes:
    return call(stream_id, "Bidi", end=False)


def ask(stream_id: int) -> bytes:
    return call(stream_id, "Sleep")


def hpack_bomb() -> Iterator[bytes]:
    """A large field in the table, and then one byte for each time that it is repeated."""
    block = BLOCKS["Bidi"] + Encoder().encode([("x", "x" * 4000)], huffman=False)
    yield raw_frame(HEADERS, END_HEADERS, 1, block + b"\xbe" * 10_000)


OPEN_BLOCK = raw_frame(HEADERS, 0, 1, BLOCKS["Bidi"])
LONG_FIELD = raw_frame(9, 0, 1, b"\0\1x\x7f\xff\xff\xff\x7f" + bytes(16_000))  # it never ends

SERVER_ATTACKS: dict[str, tuple[Attack, str]] = {
    "rapid reset": (on_new_streams(ask, reset), "stream_resets"),
    "rapid reset of open requests": (on_new_streams(begin, reset), "stream_resets"),
    "made you reset: window overflow": (
        on_new_streams(begin, lambda n: WindowUpdateFrame(n, 2**31 - 1).serialize()),
        "stream_errors",
    ),
    "made you reset: increment of 0": (on_new_streams(begin, lambda n: raw_frame(8, 0, n, bytes(4))), "stream_errors"),
    "made you reset: DATA after END_STREAM": (on_new_streams(ask, lambda n: raw_frame(0, 0, n, b"x")), "stream_errors"),
    "made you reset: HEADERS that depend on themselves": (
        on_new_streams(
            lambda n: raw_frame(HEADERS, END_HEADERS | 0x20, n, n.to_bytes(4, "big") + b"\0" + BLOCKS["Bidi"])
        ),
        "stream_errors",
    ),
    "made you reset: PRIORITY of a wrong size": (
        on_new_streams(begin, lambda n: raw_frame(2, 0, n, b"x")),
        "priorities",
    ),
    "made you reset: malformed trailers": (
        on_new_streams(begin, lambda n: raw_frame(HEADERS, END_HEADERS | END_STREAM, n, TRAILERS)),
        "stream_errors",
    ),
    "made you reset: malformed requests": (
        on_new_streams(lambda n: raw_frame(HEADERS, END_HEADERS, n, CONNECTION_SPECIFIC)),
        "stream_errors",
    ),
    "made you reset: header lists over the limit": (
        on_new_streams(lambda n: raw_frame(HEADERS, END_HEADERS, n, LARGE_LIST)),
        "stream_errors",
    ),
    "made you reset: wrong content-length": (
        on_new_streams(lambda n: raw_frame(HEADERS, END_HEADERS, n, WRONG_LENGTH), lambda n: raw_frame(0, 1, n, b"no")),
        "stream_errors",
    ),
    "made you reset: streams beyond the limit": (on_new_streams(begin), "stream_errors"),
    "PING": (repeated(PingFrame(0, b"12345678").serialize()), "pings"),
    "acknowledgements of PING": (repeated(PingFrame(0, b"12345678", flags=["ACK"]).serialize()), "ignored_frames"),
    "SETTINGS": (repeated(SettingsFrame(0, {SettingsFrame.INITIAL_WINDOW_SIZE: 70_000}).serialize()), "settings"),
    "empty SETTINGS": (repeated(SettingsFrame(0).serialize()), "settings"),
    "acknowledgements of SETTINGS": (repeated(SettingsFrame(0, flags=["ACK"]).serialize()), "settings"),
    "empty DATA": (repeated(raw_frame(0, 0, 1)), "empty_data"),
    "padding alone": (repeated(raw_frame(0, 8, 1, b"\x05" + bytes(5))), "empty_data"),
    "PRIORITY": (repeated(PriorityFrame(1, depends_on=3).serialize()), "priorities"),
    "PRIORITY of idle streams": (repeated(PriorityFrame(1001, depends_on=3).serialize()), "priorities"),
    "WINDOW_UPDATE": (repeated(WindowUpdateFrame(0, 1).serialize()), "window_updates"),
    "WINDOW_UPDATE of a stream": (repeated(WindowUpdateFrame(1, 1).serialize()), "window_updates"),
    "unknown frames": (repeated(raw_frame(0xFE, 0xFF, 1, b"x" * 100)), "ignored_frames"),
    "GOAWAY": (repeated(GoAwayFrame(0, last_stream_id=2**31 - 1).serialize()), "ignored_frames"),
    "RST_STREAM of a closed stream": (after(ask(1), reset(1)), "ignored_frames"),
    "empty CONTINUATION": (after(OPEN_BLOCK, raw_frame(9, 0, 1)), "CONTINUATION"),
    "long CONTINUATION": (after(OPEN_BLOCK + LONG_FIELD, raw_frame(9, 0, 1, bytes(16_384))), "header block"),
    "HPACK bomb": (hpack_bomb, ""),
}


async def serve_well(address: str, stop: asyncio.Event) -> int:
    """Makes calls on a connection of its own until it is told to stop. Returns how many."""
    async with Channel(address) as channel:
        stub = EchoStub(channel)
        for count in itertools.count(1):
            assert await stub.unary(b"x", timeout=20) == b"x"
            if stop.is_set():
                return count
            await asyncio.sleep(0.01)
    raise AssertionError("unreachable")


async def carry_out(attack: Iterator[bytes], client: FrameClient) -> GoAwayFrame:
    """Sends until the server ends the connection. Returns its GOAWAY."""

    async def send() -> None:
        sent = 0
        for part in attack:
            await client.send(part)
            sent += len(part)
            if client.closed or sent > MAX_SENT:
                return

    sender = asyncio.ensure_future(send())
    try:
        goaway = await client.expect_goaway()
        await client.expect_close()
    finally:
        sender.cancel()
        await asyncio.wait([sender])
    return goaway


@pytest.mark.parametrize(("attack", "limit"), SERVER_ATTACKS.values(), ids=SERVER_ATTACKS)
async def test_attack_on_a_server(attack: Attack, limit: str, server: tuple[str, int]) -> None:
    address, process = server
    stop = asyncio.Event()
    neighbour = asyncio.ensure_future(serve_well(address, stop))
    try:
        before = memory_of(process)
        async with connect(address) as client:
            goaway = await carry_out(attack(), client)
        assert goaway.error_code == ErrorCode.ENHANCE_YOUR_CALM
        assert limit in goaway.additional_data.decode()
        assert memory_of(process) - before < MAX_GROWTH
    finally:
        stop.set()
        assert await neighbour > 0


async def test_attack_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "minirpc")
    async with Server([Echo()]) as server:
        async with connect(await server.start("127.0.0.1:0")) as client:
            await carry_out(repeated(SettingsFrame(0).serialize())(), client)
        await server.stop()
    (line,) = caplog.messages
    assert client.address in line
    assert "ENHANCE_YOUR_CALM: too many settings" in line


async def test_handlers_of_reset_streams_count_until_they_have_ended() -> None:
    """Resetting a stream makes room for another one, but not for another handler while the first one cleans up."""
    running: set[int] = set()
    most = 0
    clean_up = asyncio.Event()

    class Slow(Echo):
        async def sleep(self, request: bytes, context: Context) -> bytes:
            nonlocal most
            running.add(id(context))
            most = max(most, len(running))
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                await clean_up.wait()
                running.remove(id(context))
            return b""

    async with (
        Server([Slow()], max_concurrent_streams=10, connection_limits=ConnectionLimits(ping_strikes=1000)) as server,
        connect(await server.start("127.0.0.1:0")) as client,
    ):
        for stream_id in range(1, 81, 2):
            client.write(ask(stream_id), SettingsFrame(0))
            await client.expect_settings_ack()
            client.write(reset(stream_id))
        client.write(call(81, "Unary"), SettingsFrame(0))
        await client.expect_settings_ack()
        assert (len(running), most) == (10, 10)
        assert not [frame for frame in client.seen if frame.stream_id], "there is no room for this call yet"
        clean_up.set()
        await client.expect_end(81)
        assert most == 10


@pytest.mark.parametrize("tls", [False, True], ids=["plaintext", "tls"])
async def test_many_small_frames_take_turns_with_other_connections(tls: bool) -> None:
    """Frames that no limit forbids, thousands in each read: others do not wait for all of them."""

    class Counting(Echo):
        messages = 0
        begun = asyncio.Event()

        async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
            async for _ in requests:
                self.messages += 1
                self.begun.set()
            return b""

    service = Counting()
    message = b"".join(raw_frame(0, 0, 1, MESSAGE[n : n + 1]) for n in range(len(MESSAGE)))
    pair = server_pair()
    secure = ServerTls(certificate=pair.certificate, key=pair.key) if tls else None
    context = None
    if tls:
        context = ssl.create_default_context(cadata=authority_pem().decode())
        context.set_alpn_protocols(["h2"])
    async with (
        Server([service]) as server,
        Channel(await server.start("127.0.0.1:0")) as channel,
        stranger(await server.start("127.0.0.1:0", tls=secure), context=context) as attacker,
    ):
        stub = EchoStub(channel)
        assert await stub.unary(b"x") == b"x"
        attacker.writer.write(attacker.call(1, "Up", None) + message * 20_000)
        await service.begun.wait()
        for _ in range(20):
            assert await stub.unary(b"x", timeout=20) == b"x"
        assert service.messages < 20_000
        attacker.writer.transport.abort()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["small", "inflated"])
async def test_many_messages_in_a_row_take_turns_with_other_connections(kind: str) -> None:
    """What a handler reads without having to wait is not worked off at once: neither thousands of messages, nor such as
    inflate to a thousand times what they were.
    """

    class Counting(Echo):
        messages = 0
        begun = asyncio.Event()

        async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
            async for _ in requests:
                self.messages += 1
                self.begun.set()
            return b""

    service = Counting()
    inflated = message(gzip.compress(bytes(1 << 20)), 1)
    body = message(b"ab") * 9_000 if kind == "small" else inflated * (60_000 // len(inflated))
    total = 9_000 if kind == "small" else 60_000 // len(inflated)
    async with (
        Server([service]) as server,
        Channel(await server.start("127.0.0.1:0")) as channel,
        frame_client(await server.start("127.0.0.1:0")) as attacker,
    ):
        stub = EchoStub(channel)
        assert await stub.unary(b"x") == b"x"
        fields = {**dict(REQUEST), ":path": f"/{SERVICE}/Up", "grpc-encoding": "gzip"}
        parts = [data(1, body[at : at + 16_384]) for at in range(0, len(body), 16_384)]
        attacker.send(attacker.headers(1, list(fields.items())), *parts)
        await service.begun.wait()
        for _ in range(3):
            assert await stub.unary(b"x", timeout=20) == b"x"
        assert service.messages < total
        await eventually(lambda: service.messages == total)


async def test_cancelled_calls_in_a_burst_are_no_attack() -> None:
    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        calls = [asyncio.ensure_future(stub.sleep(b"").status()) for _ in range(200)]
        assert await stub.unary(b"x") == b"x"
        for each in calls:
            each.cancel()
        await asyncio.wait(calls)
        assert await stub.unary(b"y") == b"y"


# -- against a client


def response_headers(encoder: Encoder, *fields: tuple[str, str], flags: tuple[str, ...] = ("END_HEADERS",)) -> bytes:
    frame = HeadersFrame(1, encoder.encode([(":status", "200"), ("content-type", "application/grpc"), *fields]))
    frame.flags |= set(flags)
    return frame.serialize()


def flood(*frames: bytes) -> Callable[[Encoder], Iterator[bytes]]:
    def attack(encoder: Encoder) -> Iterator[bytes]:
        yield response_headers(encoder)
        yield from itertools.repeat(b"".join(frames) * 100)

    return attack


def informational(encoder: Encoder) -> Iterator[bytes]:
    frame = HeadersFrame(1, encoder.encode([(":status", "103")]), flags=["END_HEADERS"])
    yield from itertools.repeat(frame.serialize() * 100)


def client_continuations(encoder: Encoder) -> Iterator[bytes]:
    yield response_headers(encoder, flags=())
    yield from itertools.repeat(raw_frame(9, 0, 1))


def client_bomb(encoder: Encoder) -> Iterator[bytes]:
    block = encoder.encode([(":status", "200"), ("x", "x" * 4000)])
    yield HeadersFrame(1, block + b"\xbe" * 10_000, flags=["END_HEADERS"]).serialize()


CLIENT_ATTACKS: dict[str, tuple[Callable[[Encoder], Iterator[bytes]], str]] = {
    "PING": (flood(PingFrame(0, b"12345678").serialize()), "pings"),
    "SETTINGS": (flood(SettingsFrame(0).serialize()), "settings"),
    "empty DATA": (flood(DataFrame(1).serialize()), "empty_data"),
    "WINDOW_UPDATE": (flood(WindowUpdateFrame(0, 1).serialize()), "window_updates"),
    "unknown frames": (flood(raw_frame(0xFE, 0, 0)), "ignored_frames"),
    "1xx responses": (informational, "informational"),
    "CONTINUATION": (client_continuations, "CONTINUATION"),
    "HPACK bomb": (client_bomb, ""),
}


@pytest.mark.parametrize(("attack", "limit"), CLIENT_ATTACKS.values(), ids=CLIENT_ATTACKS)
async def test_attack_on_a_client(attack: Callable[[Encoder], Iterator[bytes]], limit: str) -> None:
    async with attacking_server(attack) as address, Channel(address) as channel:
        status = await EchoStub(channel).unary(b"x", timeout=30).status()
        assert status.code is StatusCode.UNAVAILABLE
        assert "ENHANCE_YOUR_CALM" in status.message
        assert limit in status.message


@contextlib.asynccontextmanager
async def attacking_server(attack: Callable[[Encoder], Iterator[bytes]]) -> AsyncIterator[str]:
    """Floods the connections on which a call begins."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(SettingsFrame(0).serialize())
            received = b""
            while MESSAGE not in received:
                data = await reader.read(65_536)
                if not data:
                    return
                received += data
            for part in attack(Encoder()):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.get_running_loop().create_task(serve(reader, writer)))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()
