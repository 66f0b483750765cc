"""Our server against clients that break gRPC's rules or HTTP/2's.

Each gets the status, the reset or the GOAWAY that the specifications ask for, and nobody else loses anything.

What HTTP/2 alone asks for is tested frame by frame in ``tests/http2``.

Two choices where peers differ. A request without ``te: trailers`` is served, as grpc-go does it; grpc-core refuses it.
PROTOCOL-HTTP2 says that the field is there to find proxies that are in the way, and HTTP/2 carries trailers with it or
without. A request of another method or content-type is answered by an HTTP status, 405 or 415, as PROTOCOL-HTTP2 asks
for the latter.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import struct
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from echo import Echo, EchoStub
from frames import PREFACE, REQUEST, FramePeer, data, eventually, frame_client, message, ping, rst, settings
from hpack import Encoder
from hyperframe.frame import ContinuationFrame, HeadersFrame

from minirpc.aio import Channel, ConnectionLimits, Server

BODY = message(b"x")
UP = {":path": "/test.Echo/Up"}
BIDI = {":path": "/test.Echo/Bidi"}


def fields(changes: dict[str, str | None] | None = None) -> list[tuple[str, str]]:
    merged: dict[str, str | None] = {**dict(REQUEST), **(changes or {})}
    return [(name, value) for name, value in merged.items() if value is not None]


@pytest.fixture(autouse=True)
def no_errors_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a client does is no fault of ours: neither the loop nor the library may complain."""
    yield
    loud = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert loud == []


@asynccontextmanager
async def serving(service: Echo | None = None, **options: object) -> AsyncIterator[tuple[str, EchoStub, Server]]:
    """A server, and a good client that must keep its service."""
    limits = ConnectionLimits(ping_strikes=1_000)  # PINGs here only ask whether everything before them is done
    async with Server([service or Echo()], connection_limits=limits, **options) as server:  # type: ignore[arg-type]
        address = await server.start("127.0.0.1:0")
        async with Channel(address) as channel:
            stub = EchoStub(channel)
            good = stub.bidi()
            await good.send(b"before")
            assert await good.receive() == b"before"
            yield address, stub, server
            await good.send(b"after")
            assert await good.receive() == b"after"
            await good.done_writing()
            assert await good.receive() is None
            assert await stub.unary(b"good", timeout=20) == b"good"


# -- one stream is broken, the connection lives


@dataclass(frozen=True)
class Broken:
    """A call that is not as it should be.

    Attributes:
        send: makes the frames of stream 1.
        end: how its response ends.
        fields: fields of its response.
        says: a part of the status message.
    """

    send: Callable[[FramePeer], Sequence[bytes]]
    end: str = "end"
    fields: dict[str, str] = field(default_factory=dict)
    says: str = ""


def call(
    changes: dict[str, str | None] | None = None, body: bytes = BODY, *more: bytes
) -> Callable[[FramePeer], list[bytes]]:
    """A call with changed fields, with its body in one frame; and what follows."""
    return lambda peer: [peer.headers(1, fields(changes)), data(1, body, end=not more), *more]


def status(code: int, says: str = "") -> dict[str, object]:
    return {"fields": {":status": "200", "grpc-status": str(code)}, "says": says}


GZIP: dict[str, str | None] = {"grpc-encoding": "gzip"}
BROKEN = {
    "no content-type": Broken(call({"content-type": None}), fields={":status": "415"}),
    "a wrong content-type": Broken(call({"content-type": "application/json"}), fields={":status": "415"}),
    "a content-type that begins right": Broken(call({"content-type": "application/grpcx"}), fields={":status": "415"}),
    "another method": Broken(call({":method": "PUT"}), fields={":status": "405", "allow": "POST"}),
    "no te": Broken(call({"te": None}), fields={":status": "200", "grpc-status": "0"}),
    "another te": Broken(call({"te": "gzip"}), "reset 1"),
    "no path": Broken(call({":path": None}), "reset 1"),
    "no method": Broken(call({":method": None}), "reset 1"),
    "no scheme": Broken(call({":scheme": None}), "reset 1"),
    "an unknown pseudo-header": Broken(
        lambda peer: [peer.headers(1, [*fields()[:4], (":protocol", "x"), *fields()[4:]], end=True)], "reset 1"
    ),
    "a pseudo-header behind fields": Broken(lambda peer: [peer.headers(1, fields()[::-1], end=True)], "reset 1"),
    "a field with an upper-case name": Broken(call({"X-Upper": "1"}), "reset 1"),
    "a field with a line break": Broken(call({"x-split": "a\r\nb: c"}), "reset 1"),
    "an unknown method": Broken(call({":path": "/test.Echo/None"}), **status(12, "no method /test.Echo/None")),
    "a path with bytes of no text": Broken(call({":path": "/é\x7f%"}), **status(12)),
    "an unknown encoding": Broken(call({"grpc-encoding": "br"}), **status(12, "'br' is not supported")),
    "a bad timeout": Broken(call({"grpc-timeout": "-1S"}), **status(13, "grpc-timeout")),
    "metadata that are no base64": Broken(call({"x-bin": "*"}), **status(13, "base64")),
    "a compressed message without an encoding": Broken(call({}, message(b"x", 1)), **status(13, "compressed flag 1")),
    "flags that are none": Broken(call(GZIP, message(b"x", 2)), **status(13, "compressed flag 2")),
    "a compressed message that is not": Broken(call(GZIP, message(b"not gzip", 1)), **status(13)),
    "no message": Broken(call({}, b""), **status(12, "no request message")),
    "no message and no DATA": Broken(lambda peer: [peer.headers(1, fields(), end=True)], **status(12, "no request")),
    "two messages where one is due": Broken(call({}, BODY * 2), **status(12, "more than one request message")),
    "a prefix cut in the middle": Broken(call({}, BODY[:3]), **status(13, "middle of a message")),
    "a message cut in the middle": Broken(call({}, message(b"long")[:-1]), **status(13, "middle of a message")),
    "a streamed message cut in the middle": Broken(call(UP, BODY + BODY[:5]), **status(13, "middle of a message")),
    "trailers in the middle of a message": Broken(
        lambda peer: [peer.headers(1, fields()), data(1, BODY[:5]), peer.headers(1, [("x-t", "1")], end=True)],
        **status(13, "middle of a message"),
    ),
    "a length over the limit": Broken(
        call({}, struct.pack(">BL", 0, 4_194_305), b""),
        **status(8, "4194305 bytes is larger than max_receive_message_size (4194304 bytes)"),
    ),
    "a length of 4 GiB": Broken(call(UP, struct.pack(">BL", 0, 2**32 - 1), b""), **status(8, "4294967295 bytes")),
    "trailers": Broken(
        lambda peer: [peer.headers(1, fields()), data(1, BODY), peer.headers(1, [("x-trailer", "1")], end=True)],
        **status(0),
    ),
    "headers after headers": Broken(
        lambda peer: [peer.headers(1, fields()), peer.headers(1, fields()), data(1, BODY, end=True)], "reset 1"
    ),
    "headers after trailers": Broken(
        lambda peer: [
            peer.headers(1, fields()),
            data(1, BODY),
            peer.headers(1, [("x-trailer", "1")], end=True),
            peer.headers(1, [("x-more", "1")], end=True),
        ],
        "reset 5",
    ),
    "DATA after trailers": Broken(
        lambda peer: [
            peer.headers(1, fields()),
            data(1, BODY),
            peer.headers(1, [("x-trailer", "1")], end=True),
            data(1, BODY, end=True),
        ],
        "reset 5",
    ),
    "more DATA than content-length": Broken(call({"content-length": "3"}), "reset 1"),
    "less DATA than content-length": Broken(call({"content-length": "300"}), "reset 1"),
    "metadata over the limit": Broken(call({"x-much": "a" * 17_000}), **status(8, "max_receive_metadata_size")),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_broken_call(name: str) -> None:
    broken = BROKEN[name]
    async with serving() as (address, _, _), frame_client(address) as peer:
        peer.send(*broken.send(peer))
        found, _, end = await peer.response(1)
        assert end == broken.end
        assert broken.fields.items() <= found.items(), found
        assert broken.says in found.get("grpc-message", ""), found
        # Whatever still comes on the stream has no effect, and the next call is served.
        peer.send(rst(1, 8), peer.headers(3, fields()), data(3, BODY, end=True))
        found, body, end = await peer.response(3)
        assert (found["grpc-status"], body, end) == ("0", BODY, "end")


# -- the connection is broken, the others live

HEAD = Encoder().encode(fields())
CONNECTION = {
    "an HTTP/1.1 request": (b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", 1),
    "an HTTP/1.1 POST": (b"POST /test.Echo/Unary HTTP/1.1\r\ncontent-type: application/grpc\r\n\r\n", 1),
    "a TLS hello": (bytes.fromhex("160301020001") + b"\0" * 300, 1),
    "an SSH hello": (b"SSH-2.0-OpenSSH_9.6\r\n", 1),
    "a preface with one wrong byte": (PREFACE[:-1] + b"x" + settings(), 1),
    "the preface of HTTP/2 twice": (PREFACE * 2, 1),
    "no SETTINGS": (PREFACE + ping(), 1),
    "zeros": (bytes(1000), 1),
    "DATA on an idle stream": (PREFACE + settings() + data(5, BODY), 1),
    "RST_STREAM of an idle stream": (PREFACE + settings() + rst(5, 8), 1),
    "DATA on stream 0": (PREFACE + settings() + data(1, b"x").replace(b"\0\0\0\1x", b"\0\0\0\0x"), 1),
    "an even stream": (PREFACE + settings() + HeadersFrame(2, HEAD, flags=["END_HEADERS"]).serialize(), 1),
    "a frame of 16 MiB": (PREFACE + settings() + b"\xff\xff\xff\0\0\0\0\0\1", 6),
    "a PING of 7 bytes": (PREFACE + settings() + b"\0\0\7\6\0\0\0\0\0" + bytes(7), 6),
    "an HPACK index that is none": (PREFACE + settings() + b"\0\0\2\1\5\0\0\0\1\xff\x7f", 9),
    "CONTINUATION without HEADERS": (PREFACE + settings() + ContinuationFrame(1, b"").serialize(), 1),
    "a frame inside a header block": (PREFACE + settings() + HeadersFrame(1, b"").serialize() + ping(), 1),
}


@pytest.mark.parametrize("name", CONNECTION)
async def test_broken_connection(name: str) -> None:
    sent, code = CONNECTION[name]
    async with serving() as (address, _, _), frame_client(address, preface=sent) as peer:
        assert (await peer.response(0))[2] == f"goaway {code}"
        assert (await peer.response(0))[2] == "closed"


async def test_random_bytes() -> None:
    """Behind each part of a good beginning. Whatever they are, the server closes, waits for more or goes on."""
    source = random.Random(7)
    async with serving() as (address, _, _):
        for beginning in (b"", PREFACE, PREFACE + settings(), PREFACE[:10]):
            for _ in range(10):
                async with frame_client(address, preface=beginning + source.randbytes(300)) as peer:
                    peer.end()
                    assert (await peer.response(0))[2] != "end"


# -- resets and ends at every point


def recording() -> list[bytes]:
    """A good exchange of all kinds of calls, cut into frames."""
    parts: list[bytes] = []
    source = FramePeer(None, None)  # type: ignore[arg-type]  # for its encoder
    parts += [PREFACE, settings({4: 70_000}), settings(ack=True)]
    for stream_id, changes in ((1, {}), (3, UP), (5, BIDI), (7, {":path": "/test.Echo/Down"})):
        parts.append(source.headers(stream_id, fields({**changes, "x-meta": f"{stream_id}"})))
        if stream_id == 7:
            parts.append(data(7, message(b"5"), end=True))
        elif stream_id == 1:
            parts.append(data(1, BODY, end=True))
        else:
            parts += [data(stream_id, BODY), data(stream_id, BODY[:3]), data(stream_id, BODY[3:], end=True)]
    return [*parts, ping()]


class Watching(Echo):
    """Counts the handlers that run."""

    def __init__(self) -> None:
        super().__init__()
        self.running = 0
        self.started = 0

    async def up(self, requests: AsyncIterator[bytes], context: object) -> bytes:
        self.running += 1
        self.started += 1
        try:
            return await super().up(requests, context)  # type: ignore[arg-type]
        finally:
            self.running -= 1

    async def bidi(self, requests: AsyncIterator[bytes], context: object) -> AsyncIterator[bytes]:
        self.running += 1
        self.started += 1
        try:
            async for response in super().bidi(requests, context):  # type: ignore[arg-type]
                yield response
        finally:
            self.running -= 1


@pytest.mark.parametrize("ending", ["reset", "half-close"])
async def test_connection_ends_after_every_byte(ending: str) -> None:
    """A TCP reset or a FIN, after each byte of a recorded exchange (of each third one, for time)."""
    whole = b"".join(recording())
    service = Watching()
    async with serving(service) as (address, _, server):
        mine = service.running
        for cut in range(0, len(whole), 3):
            async with frame_client(address, preface=whole[:cut]) as peer:
                if ending == "half-close":
                    peer.end()
                    while (await peer.response(0))[2] != "closed":
                        pass
                elif cut % 2:
                    await asyncio.sleep(0)
        await eventually(lambda: service.running == mine)
        await eventually(lambda: len(server._connections) == 1)  # the good client's
        assert service.started > 10, "the exchange is one that reaches handlers"


async def test_stream_is_reset_after_every_frame() -> None:
    service = Watching()
    async with serving(service) as (address, _, _):
        mine = service.running
        async with frame_client(address) as peer:
            stream_id = -1
            for path in ("/test.Echo/Unary", "/test.Echo/Up", "/test.Echo/Bidi", "/test.Echo/Sleep", "/test.Echo/None"):
                for count in range(4):
                    stream_id += 2
                    parts = [
                        peer.headers(stream_id, fields({":path": path})),
                        data(stream_id, BODY[:4]),
                        data(stream_id, BODY[4:]),
                        data(stream_id, b"", end=True),
                    ]
                    peer.send(*parts[: count + 1], rst(stream_id, 8))
                    if count % 2:
                        await peer.pong()
            await peer.pong()
            await eventually(lambda: service.running == mine)
            peer.send(peer.headers(stream_id + 2, fields()), data(stream_id + 2, BODY, end=True))
            assert (await peer.response(stream_id + 2))[2] == "end"


@pytest.mark.parametrize("path", ["Unary", "Up", "Bidi", "Down", "Fail"])
async def test_half_close_at_every_point(path: str) -> None:
    """END_STREAM with the headers, after any number of bytes of two messages, in DATA or by trailers."""
    body = message(b"1|a|" if path == "Fail" else b"0003") * 2
    good = {0, 9, 18} if path in ("Up", "Bidi") else {9}
    async with serving() as (address, _, _), frame_client(address) as peer:
        stream_id = -1
        for cut in range(len(body) + 1):
            for trailers in (False, True):
                stream_id += 2
                peer.send(
                    peer.headers(stream_id, fields({":path": f"/test.Echo/{path}"}), end=not cut and not trailers)
                )
                if cut:
                    peer.send(data(stream_id, body[:cut], end=not trailers))
                if trailers:
                    peer.send(peer.headers(stream_id, [("x-end", "1")], end=True))
                found, _, end = await peer.response(stream_id)
                assert end == "end"
                whole = cut % 9 == 0
                if cut in good:
                    assert found["grpc-status"] == ("1" if path == "Fail" else "0")
                elif not whole and not (path in ("Unary", "Down", "Fail") and cut > 9):
                    assert found["grpc-status"] == "13", (cut, found)
                else:
                    assert found["grpc-status"] in ("2", "12", "13"), (cut, found)


# -- what is held in memory


async def test_length_over_the_limit_is_refused_before_its_bytes() -> None:
    """The status comes with the prefix, and what still comes is dropped."""
    async with serving() as (address, _, _), frame_client(address) as peer:
        tracemalloc.start()
        try:
            for stream_id in range(1, 101, 2):
                peer.send(peer.headers(stream_id, fields(UP)), data(stream_id, struct.pack(">BL", 0, 1 << 30)))
                peer.send(*(data(stream_id, bytes(16_000)) for _ in range(4)))
                found, _, _ = await peer.response(stream_id)
                assert found["grpc-status"] == "8"
            await peer.pong()
            held, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held < 2_000_000
        assert most < 8_000_000


async def test_client_that_reads_nothing_of_a_stream_holds_one_window() -> None:
    """A response waits for the window; the handler waits with it, and others are served."""
    sent = 0

    class Endless(Echo):
        async def down(self, request: bytes, context: object) -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 10_000
                yield bytes(10_000)

    async with serving(Endless()) as (address, _, _), frame_client(address) as peer:
        peer.refill = False
        peer.send(peer.headers(1, fields({":path": "/test.Echo/Down"})), data(1, BODY, end=True))
        await eventually(lambda: sent >= 60_000)
        for _ in range(3):
            await peer.pong()
        assert sent <= 80_000
        peer.send(rst(1, 8))
        await peer.pong()


async def test_connections_that_are_gone_hold_no_buffers() -> None:
    """Also before the garbage collector comes: else many short connections would hold much."""
    async with serving() as (address, _, server):
        gc.disable()
        tracemalloc.start()
        try:
            for _ in range(20):
                async with frame_client(address) as peer:
                    await peer.pong()
                await eventually(lambda: len(server._connections) == 1)
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            gc.enable()
        assert held < 20 * 50_000
