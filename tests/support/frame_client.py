"""A client of bare HTTP/2 frames, with the expectations that the tool h2spec has of a server's answers."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from echo import Echo
from hpack import Decoder, Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
)

from minirpc.aio import Server
from minirpc.http2 import ErrorCode

__all__ = ["PREFACE", "FrameClient", "connect", "hold_cases", "raw_frame"]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_TIMEOUT = 20.0  # seconds without the expected answer
_PING = b"in order"


def raw_frame(type_: int, flags: int, stream_id: int, payload: bytes = b"") -> bytes:
    """A frame as it is told, right or wrong."""
    return struct.pack(">HBBBL", len(payload) >> 8, len(payload) & 255, type_, flags, stream_id) + payload


class FrameClient:
    """One connection.

    Attributes:
        common: the fields of a request that says no more than it must, and is not gRPC.
        address: this side's address, as the server writes it.
        settings: what the server announced.
        seen: the frames that were received, in order.
        closed: whether the server has closed the connection.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str = "POST") -> None:
        self.common = [(":method", method), (":scheme", "http"), (":path", "/"), (":authority", "127.0.0.1")]
        self.address = "ipv4:{}:{}".format(*writer.get_extra_info("sockname"))
        self.settings: dict[int, int] = {}
        self.seen: list[Frame] = []
        self.closed = False
        self.encoder = Encoder()
        self._decoder = Decoder()
        self._reader = reader
        self._writer = writer
        self._position = 0  # in `seen`: what was looked at by an expectation

    # -- sending

    def write(self, *parts: Frame | bytes) -> None:
        """Sends frames, and bytes as they are."""
        data = b"".join(part if isinstance(part, bytes) else part.serialize() for part in parts)
        if not self._writer.is_closing():
            self._writer.write(data)

    def headers(
        self,
        stream_id: int = 1,
        fields: Sequence[tuple[str, str]] | None = None,
        *,
        end_stream: bool = True,
        end_headers: bool = True,
    ) -> HeadersFrame:
        """A HEADERS frame. To be made in the order in which it is sent, as the table of HPACK wants it."""
        frame = HeadersFrame(stream_id, self.encoder.encode(self.common if fields is None else fields))
        frame.flags |= {name for name, wanted in (("END_STREAM", end_stream), ("END_HEADERS", end_headers)) if wanted}
        return frame

    async def send(self, data: bytes) -> None:
        """Sends bytes, and waits while the socket is full."""
        if not self._writer.is_closing():
            self._writer.write(data)
            with suppress(ConnectionError):
                await self._writer.drain()
        await asyncio.sleep(0)

    async def handshake(self) -> None:
        """Sends the preface and SETTINGS, and waits for those of the server and its acknowledgement."""
        self.write(PREFACE, SettingsFrame(0))
        while not any(isinstance(frame, SettingsFrame) and "ACK" in frame.flags for frame in self.seen):
            assert await self._receive(), "no acknowledgement of SETTINGS"
        self._position = len(self.seen)

    # -- receiving

    async def _receive(self) -> bool:
        """Adds a frame to ``seen``. Returns False when there will be no more."""
        if self.closed:
            return False
        try:
            head = await self._reader.readexactly(9)
            frame, length = Frame.parse_frame_header(memoryview(head))
            frame.parse_body(memoryview(await self._reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed = True
            return False
        if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self.settings.update(frame.settings)
            self.write(SettingsFrame(0, flags=["ACK"]))
        self.seen.append(frame)
        return True

    async def _frames(self) -> AsyncIterator[Frame]:
        """What was received and not looked at, and what follows until the server closes the connection."""
        try:
            async with asyncio.timeout(_TIMEOUT):
                while self._position < len(self.seen) or await self._receive():
                    self._position += 1
                    yield self.seen[self._position - 1]
        except TimeoutError:
            raise AssertionError(f"not what was expected: {self.seen[-100:]}") from None

    def fields(self, frame: HeadersFrame) -> dict[str, str]:
        """The fields of a response; each block once, in order."""
        return dict(self._decoder.decode(frame.data))  # type: ignore[arg-type]

    # -- expectations

    async def expect_headers(self, stream_id: int = 1) -> HeadersFrame:
        """The server answers on a stream."""
        async for frame in self._frames():
            if isinstance(frame, HeadersFrame) and frame.stream_id == stream_id:
                return frame
        raise AssertionError(f"no HEADERS: {self.seen}")

    async def expect_data(self, stream_id: int = 1) -> DataFrame:
        """The server sends data on a stream."""
        async for frame in self._frames():
            if isinstance(frame, DataFrame) and frame.stream_id == stream_id:
                return frame
        raise AssertionError(f"no DATA: {self.seen}")

    async def expect_end(self, stream_id: int = 1) -> None:
        """The server ends a stream well."""
        async for frame in self._frames():
            if frame.stream_id == stream_id and "END_STREAM" in frame.flags:
                return
        raise AssertionError(f"no end of the stream: {self.seen}")

    async def expect_pong(self, data: bytes = _PING, *, send: bool = True) -> None:
        """The connection lives: the server answers a PING."""
        if send:
            self.write(PingFrame(0, data))
        async for frame in self._frames():
            if isinstance(frame, PingFrame) and "ACK" in frame.flags and frame.opaque_data == data:
                return
        raise AssertionError(f"no answer to PING: {self.seen}")

    async def expect_settings_ack(self) -> None:
        """The server acknowledges SETTINGS."""
        async for frame in self._frames():
            if isinstance(frame, SettingsFrame) and "ACK" in frame.flags:
                return
        raise AssertionError(f"no acknowledgement of SETTINGS: {self.seen}")

    async def expect_goaway(self) -> GoAwayFrame:
        """The server says that it ends the connection."""
        async for frame in self._frames():
            if isinstance(frame, GoAwayFrame):
                return frame
        raise AssertionError(f"no GOAWAY: {self.seen[-100:]}")

    async def expect_close(self) -> None:
        """The server closes the connection."""
        async for _ in self._frames():
            """to the end"""

    async def expect_connection_error(self, *codes: ErrorCode) -> None:
        """The server sends GOAWAY with one of the codes, and then closes the connection."""
        goaway = await self.expect_goaway()
        assert goaway.error_code in codes, f"{goaway}, not {codes}"
        await self.expect_close()

    async def expect_stream_error(self, *codes: ErrorCode, stream_id: int = 1) -> None:
        """The server resets the stream with one of the codes, or ends the connection with one."""
        async for frame in self._frames():
            if isinstance(frame, RstStreamFrame) and frame.stream_id == stream_id and frame.error_code in codes:
                return
            if isinstance(frame, GoAwayFrame):
                assert frame.error_code in codes, f"{frame}, not {codes}"
                return
        raise AssertionError(f"no RST_STREAM: {self.seen}")


@asynccontextmanager
async def connect(address: str, *, method: str = "POST", handshake: bool = True) -> AsyncIterator[FrameClient]:
    """Connects to a server at ``host:port``."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    client = FrameClient(reader, writer, method)
    try:
        if handshake:
            await client.handshake()
        yield client
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def hold_cases(case: Callable[[FrameClient], Awaitable[None]], *, handshake: bool = True) -> None:
    """Runs a case against a server that takes 10 streams, as h2spec does: with requests that are not gRPC."""
    async with Server([Echo()], max_concurrent_streams=10) as server:
        address = await server.start("127.0.0.1:0")
        for method in ("POST", "GET"):
            async with connect(address, method=method, handshake=handshake) as client:
                await case(client)
