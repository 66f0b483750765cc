"""Peers of raw HTTP/2 frames, which do what no library would let them do.

A :class:`FramePeer` is one end of one connection, played from top to bottom like a script. It needs nothing but
``hyperframe`` and ``hpack``.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from hpack import Decoder, Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

__all__ = ["OK_TRAILERS", "PREFACE", "REQUEST", "RESPONSE", "FramePeer", "FrameServer", "frame_client", "frame_server"]
__all__ += ["data", "eventually", "goaway", "message", "ping", "rst", "settings", "window"]

Fields = Sequence[tuple[str, str]]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST: Fields = (
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/test.Echo/Unary"),
    (":authority", "test"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
)
RESPONSE: Fields = ((":status", "200"), ("content-type", "application/grpc"))
OK_TRAILERS: Fields = (("grpc-status", "0"),)


def message(payload: bytes, flag: int = 0) -> bytes:
    """A gRPC message with its prefix."""
    return bytes([flag]) + len(payload).to_bytes(4, "big") + payload


def data(stream_id: int, payload: bytes, *, end: bool = False, padding: int | None = None) -> bytes:
    frame = DataFrame(stream_id, payload, pad_length=padding or 0)
    if end:
        frame.flags.add("END_STREAM")
    if padding is not None:
        frame.flags.add("PADDED")
    return frame.serialize()


def rst(stream_id: int, error_code: int) -> bytes:
    return RstStreamFrame(stream_id, error_code).serialize()


def goaway(last_stream_id: int, error_code: int = 0, debug_data: bytes = b"") -> bytes:
    return GoAwayFrame(0, last_stream_id, error_code, debug_data).serialize()


def ping(payload: bytes = b"12345678", *, ack: bool = False) -> bytes:
    return PingFrame(0, payload, flags=["ACK"] if ack else []).serialize()


def settings(values: dict[int, int] | None = None, *, ack: bool = False) -> bytes:
    return SettingsFrame(0, values or {}, flags=["ACK"] if ack else []).serialize()


def window(stream_id: int, increment: int) -> bytes:
    return WindowUpdateFrame(stream_id, increment).serialize()


class FramePeer:
    """One end of a connection.

    Attributes:
        number: which of a server's connections this is, from 1.
        frames: all frames that have arrived, in order.
        open: identifiers of calls that have begun, and that :meth:`close` has not ended.
        most_open: how many there were at the same time, at most.
        refill: whether :meth:`next_call` gives the windows of what it reads back.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int = 1) -> None:
        self.number = number
        self.writer = writer
        self.frames: list[Frame] = []
        self.open: set[int] = set()
        self.most_open = 0
        self.refill = True
        self._room: dict[int, int] = {0: 65_535}  # bytes that may be sent on each stream and on the connection
        self._first_room = 65_535
        self._heads: deque[int] = deque()
        self._calls: deque[tuple[int, bytes]] = deque()
        self._ended = False
        self._reader = reader
        self._encoder = Encoder()
        self._decoder = Decoder()
        self._fields: dict[int, dict[str, str]] = {}
        self._bodies: dict[int, bytearray] = {}

    def send(self, *parts: bytes) -> None:
        """Sends, until :meth:`end` was called."""
        if not self._ended:
            self.writer.write(b"".join(parts))

    def end(self) -> None:
        """Ends this direction of the connection."""
        self._ended = True
        self.writer.write_eof()

    def headers(self, stream_id: int, fields: Fields, *, end: bool = False) -> bytes:
        """A frame with a header block. To be sent in the order in which they were made."""
        frame = HeadersFrame(stream_id, self._encoder.encode(fields), flags=["END_HEADERS"])
        if end:
            frame.flags.add("END_STREAM")
        return frame.serialize()

    async def receive(self) -> Frame:
        """The next frame.

        Raises:
            EOFError: the other end has closed the connection.
            OSError: it has reset it.
        """
        head = await self._reader.readexactly(9)
        frame, length = Frame.parse_frame_header(memoryview(head))
        frame.parse_body(memoryview(await self._reader.readexactly(length)))
        self.frames.append(frame)
        if isinstance(frame, HeadersFrame):
            decoded = self._decoder.decode(frame.data)
            self._fields[id(frame)] = {str(name): str(value) for name, value in decoded}  # type: ignore[misc]
        self._note(frame)
        return frame

    def _note(self, frame: Frame) -> None:
        stream_id = frame.stream_id
        if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self._first_room = frame.settings.get(SettingsFrame.INITIAL_WINDOW_SIZE, self._first_room)
            self.send(settings(ack=True))
        elif isinstance(frame, WindowUpdateFrame):
            self._room[stream_id] = self._room.get(stream_id, self._first_room) + frame.window_increment
        elif isinstance(frame, HeadersFrame) and stream_id not in self._bodies:
            self._heads.append(stream_id)
            self._bodies[stream_id] = bytearray()
            self.open.add(stream_id)
            self.most_open = max(self.most_open, len(self.open))
        elif isinstance(frame, RstStreamFrame):
            self._bodies.pop(stream_id, None)
            self.open.discard(stream_id)
        elif isinstance(frame, DataFrame) and stream_id in self._bodies:
            self._bodies[stream_id] += frame.data
            size = frame.flow_controlled_length
            if size and self.refill:
                self.send(window(0, size), window(stream_id, size))
        if isinstance(frame, DataFrame | HeadersFrame) and "END_STREAM" in frame.flags and stream_id in self._bodies:
            self._calls.append((stream_id, bytes(self._bodies.pop(stream_id))[5:]))

    async def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The next frame that is wanted."""
        while True:
            frame = await self.receive()
            if wanted(frame):
                return frame

    async def pong(self, payload: bytes = b"12345678") -> None:
        """Sends a PING and waits for its answer: then everything before it has been worked off."""
        self.send(ping(payload))
        await self.until(lambda f: isinstance(f, PingFrame) and "ACK" in f.flags and f.opaque_data == payload)

    # -- for servers

    async def next_headers(self) -> int:
        """Waits for the headers of a call, and returns its identifier."""
        while not self._heads:
            await self.receive()
        return self._heads.popleft()

    async def next_call(self) -> tuple[int, bytes]:
        """Waits for a complete request; returns its identifier, and its message without the prefix."""
        while not self._calls:
            await self.receive()
        return self._calls.popleft()

    async def reply(self, stream_id: int, payload: bytes) -> None:
        """Sends a whole response."""
        self.send(self.headers(stream_id, RESPONSE))
        await self.send_body(stream_id, payload)
        self.close(stream_id)

    async def send_body(self, stream_id: int, payload: bytes, size: int = 16_384, padding: int | None = None) -> None:
        """Sends one message, as the client's windows allow.

        Args:
            stream_id: the call.
            payload: the message, without its prefix.
            size: bytes of it in one frame.
            padding: bytes behind them; None for frames that are not padded.
        """
        whole = message(payload)
        for at in range(0, len(whole), size):
            part = whole[at : at + size]
            takes = len(part) + (0 if padding is None else padding + 1)
            while min(self._room[0], self._room.get(stream_id, self._first_room)) < takes:
                await self.receive()
            self._room[0] -= takes
            self._room[stream_id] = self._room.get(stream_id, self._first_room) - takes
            self.send(data(stream_id, part, padding=padding))

    def close(self, stream_id: int, trailers: Fields = OK_TRAILERS) -> None:
        """Ends a call with its trailers."""
        self.open.discard(stream_id)
        self.send(self.headers(stream_id, trailers, end=True))

    # -- for clients

    async def response(self, stream_id: int) -> tuple[dict[str, str], bytes, str]:
        """The fields, the data and the end of a response: ``end``, ``reset 8``, ``goaway 1`` or ``closed``."""
        fields: dict[str, str] = {}
        body = b""
        while True:
            try:
                frame = await self.receive()
            except (EOFError, OSError):
                return fields, body, "closed"
            if isinstance(frame, GoAwayFrame):
                return fields, body, f"goaway {frame.error_code}"
            if frame.stream_id != stream_id:
                continue
            if isinstance(frame, HeadersFrame):
                fields |= self._fields[id(frame)]
            elif isinstance(frame, DataFrame):
                body += frame.data
            elif isinstance(frame, RstStreamFrame):
                return fields, body, f"reset {frame.error_code}"
            if isinstance(frame, HeadersFrame | DataFrame) and "END_STREAM" in frame.flags:
                return fields, body, "end"


async def eventually(condition: Callable[[], bool]) -> None:
    """Waits until something holds that other tasks of this loop bring about."""
    while not condition():  # noqa: ASYNC110  # there is no event
        await asyncio.sleep(0.001)


class FrameServer:
    """Attributes:
    address: where it listens.
    peers: its connections, in order.
    """

    def __init__(self) -> None:
        self.address = ""
        self.peers: list[FramePeer] = []


@asynccontextmanager
async def frame_server(
    behave: Callable[[FramePeer], Awaitable[None]],
    *,
    initial: dict[int, int] | None = None,
    tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> AsyncIterator[FrameServer]:
    """Listens, begins HTTP/2 on each connection, and plays ``behave``; then waits for the client to close.

    Args:
        behave: the script; it may end by the end of the connection.
        initial: the first SETTINGS.
        tls: speak TLS.
        port: where to listen, on the loopback interface.
    """
    server = FrameServer()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = FramePeer(reader, writer, len(server.peers) + 1)
        server.peers.append(peer)
        try:
            peer.send(settings(initial))
            assert await reader.readexactly(len(PREFACE)) == PREFACE
            await behave(peer)
            while True:
                await peer.receive()
        except (EOFError, OSError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.get_running_loop().create_task(serve(reader, writer)))

    listener = await asyncio.start_server(accept, "127.0.0.1", port, ssl=tls)
    server.address = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome


@asynccontextmanager
async def frame_client(address: str, *, preface: bytes = PREFACE + settings()) -> AsyncIterator[FramePeer]:
    """Connects, and sends a client's first bytes."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    peer = FramePeer(reader, writer)
    peer.send(preface)
    try:
        yield peer
    finally:
        writer.transport.abort()
