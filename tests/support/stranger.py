"""A client of bare frames, for what no HTTP/2 library would send."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from echo import SERVICE
from hpack import Encoder
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, SettingsFrame, WindowUpdateFrame

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HELLO = PREFACE + SettingsFrame(0).serialize()
_WIDE = SettingsFrame(0)
_WIDE.settings = {SettingsFrame.INITIAL_WINDOW_SIZE: 2**31 - 1}
HELLO_WITH_WINDOWS = PREFACE + _WIDE.serialize() + WindowUpdateFrame(0, 2**30).serialize()
PING = PingFrame(0, b"12345678").serialize()
MESSAGE = b"\0\0\0\0\1x"


class Stranger:
    """A client that writes what it likes, and reads frames.

    Attributes:
        writer: to write with.
        frames: what has been read.
        reset: whether the connection ended by a reset.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.frames: list[Frame] = []
        self.reset = False
        self._reader = reader
        self._encoder = Encoder()
        self._rest = b""

    def call(self, stream_id: int, method: str, body: bytes | None = MESSAGE) -> bytes:
        fields = [(":method", "POST"), (":scheme", "http"), (":path", f"/{SERVICE}/{method}"), (":authority", "x")]
        fields += [("content-type", "application/grpc"), ("te", "trailers")]
        head = HeadersFrame(stream_id, self._encoder.encode(fields), flags=["END_HEADERS"]).serialize()
        return head + (b"" if body is None else DataFrame(stream_id, body, flags=["END_STREAM"]).serialize())

    @staticmethod
    def end(stream_id: int) -> bytes:
        return DataFrame(stream_id, flags=["END_STREAM"]).serialize()

    async def until(self, condition: Callable[[Frame], bool]) -> Frame | None:
        """Reads until a frame is one that is looked for; None if the connection ends before."""
        while True:
            frame = await self._read()
            if frame is None or condition(frame):
                return frame

    async def _read(self) -> Frame | None:
        try:
            head = await self._reader.readexactly(9)
            frame, length = Frame.parse_frame_header(memoryview(head))
            frame.parse_body(memoryview(await self._reader.readexactly(length)))
        except asyncio.IncompleteReadError:
            return None
        except ConnectionError:
            self.reset = True
            return None
        self.frames.append(frame)
        return frame

    async def answer(self, stream_id: int) -> None:
        """Reads until the end of a response."""
        await self.until(lambda frame: frame.stream_id == stream_id and "END_STREAM" in frame.flags)

    async def farewell(self) -> tuple[int, bytes] | None:
        """Reads to the end of the connection, and returns the code and the debug data of the last GOAWAY."""
        await self.until(lambda frame: False)
        goaways = [frame for frame in self.frames if isinstance(frame, GoAwayFrame)]
        return (goaways[-1].error_code, goaways[-1].additional_data) if goaways else None


@asynccontextmanager
async def stranger(
    address: str, hello: bytes = HELLO, *, context: ssl.SSLContext | None = None, receive_buffer: int | None = None
) -> AsyncIterator[Stranger]:
    """Connects, over TLS if there is a context, and says hello.

    Args:
        address: ``host:port``.
        hello: the first bytes.
        context: for TLS.
        receive_buffer: bytes that the kernel holds for whoever does not read.
    """
    host, _, port = address.rpartition(":")
    sock = socket.socket()
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=sock, ssl=context, server_hostname=context and "localhost")
    try:
        writer.write(hello)
        async with asyncio.timeout(10):
            yield Stranger(reader, writer)
    finally:
        writer.transport.abort()
