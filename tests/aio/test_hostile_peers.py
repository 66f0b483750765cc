"""Peers that ask for more than they take, or go away halfway: memory stays bounded, and no call waits for ever."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from echo import SERVICE, Echo, EchoStub
from hpack import Encoder
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, SettingsFrame

from minirpc.aio import Channel, ConnectionLimits, Context, Server, Servicer
from minirpc.errors import StatusCode
from minirpc.http2 import FloodLimits, Http2Options, Rate

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TURNS = 200  # of the loop, without progress, after which a peer counts as held
FLOOD = 4 << 20  # bytes of answers: several times what the kernel's buffers and ours take between them
ANSWER = 3000  # bytes


# -- a client that sends and never reads


async def made_for(service: Servicer, folder: Path, make_chunk: Callable[[], bytes], answer_size: int) -> int:
    """Asks a server for ``FLOOD`` bytes of answers, or until it takes no more, and only then reads.

    Args:
        service: the service.
        folder: for the socket: one that has buffers of a fixed, small size.
        make_chunk: makes the next chunk of what is sent.
        answer_size: the least that there is to say to one chunk, in bytes.

    Returns:
        How many bytes of answers the server had made or makes now.
    """
    loop = asyncio.get_running_loop()
    without_limit = Http2Options(flood_limits=FloodLimits(pings=Rate(math.inf, 0)))
    limits = ConnectionLimits(ping_strikes=FLOOD)
    async with Server(
        [service], max_concurrent_streams=20, http2_options=without_limit, connection_limits=limits
    ) as server:
        path = (await server.start(f"unix:{folder}/socket")).removeprefix("unix:")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, path)
            await loop.sock_sendall(sock, PREFACE + SettingsFrame(0).serialize())
            for _ in range(FLOOD // answer_size):
                data = memoryview(make_chunk())
                while count := await progress(lambda data=data: sock.send(data)):  # type: ignore[misc]
                    data = data[count:]
                if data:
                    break
            received = 0
            while count := await progress(lambda: len(sock.recv(65_536))):
                received += count
    return received


async def progress(step: Callable[[], int]) -> int:
    """Tries a step on a socket until it succeeds, or the server, on this same loop, has had many turns in vain."""
    for _ in range(TURNS):
        try:
            return step()
        except BlockingIOError:
            await asyncio.sleep(0.001)
    return 0


def ping_frames() -> bytes:
    ping = PingFrame(0)
    ping.opaque_data = b"12345678"
    return ping.serialize() * 1000


class Requests:
    """Complete requests on ever new streams, 10 at a time, each about as large as its answer."""

    def __init__(self, path: str) -> None:
        self._encoder = Encoder()
        self._stream_id = -1
        self._headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]

    def __call__(self) -> bytes:
        frames: list[Frame] = []
        for _ in range(10):
            self._stream_id += 2
            head = HeadersFrame(self._stream_id, flags=["END_HEADERS"])
            head.data = self._encoder.encode(self._headers)
            body = DataFrame(self._stream_id, flags=["END_STREAM"])
            body.data = b"\0" + ANSWER.to_bytes(4, "big") + bytes(ANSWER)
            frames += [head, body]
        return b"".join(frame.serialize() for frame in frames)


class Wordy(Echo):
    async def fail(self, request: bytes, context: Context) -> bytes:
        context.abort(StatusCode.NOT_FOUND, "x" * ANSWER)


async def test_client_that_does_not_read_its_pongs_is_held(tmp_path: Path) -> None:
    assert await made_for(Echo(), tmp_path, ping_frames, 17 * 1000) < FLOOD / 2


@pytest.mark.parametrize("method", ["Fail", "N" * ANSWER], ids=["failed", "refused"])
async def test_client_that_does_not_read_its_statuses_is_held(method: str, tmp_path: Path) -> None:
    assert await made_for(Wordy(), tmp_path, Requests(f"/{SERVICE}/{method}"), ANSWER * 10) < FLOOD / 2


# -- connections that end while their sockets are full


@pytest.mark.parametrize("farewell", [b"\xff" * 64, b""], ids=["protocol error", "end of file"])
async def test_server_that_leaves_without_reading_fails_the_calls(farewell: bytes) -> None:
    """The client's socket is full when the server ends the connection: nobody will ever take what it holds."""
    windows = SettingsFrame(0)
    windows.settings = {SettingsFrame.INITIAL_WINDOW_SIZE: 2**31 - 1}
    leave = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert isinstance(reader, asyncio.StreamReader)
        writer.transport.pause_reading()
        # a connection's window, too, as wide as it gets
        writer.write(windows.serialize() + b"\0\0\4\x08\0\0\0\0\0\x7f\0\0\0")
        await leave.wait()
        if farewell:
            writer.write(farewell)
        else:
            writer.write_eof()
        await gone.wait()
        writer.transport.abort()

    gone = asyncio.Event()
    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with listener, Channel(address) as channel:
        call = asyncio.ensure_future(EchoStub(channel).unary(bytes(32 << 20)).status())
        await asyncio.sleep(0.2)
        leave.set()
        try:
            assert (await call).code is StatusCode.UNAVAILABLE
        finally:
            gone.set()


async def test_call_after_the_end_of_a_drained_connection_is_not_run() -> None:
    """The server has said which calls it took: the client repeats others elsewhere, so this one must not run too."""
    calls = []

    class Counting(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            calls.append(request)
            return request

    encoder = Encoder()

    def call(stream_id: int) -> bytes:
        fields = [(":method", "POST"), (":scheme", "http"), (":path", f"/{SERVICE}/Unary"), (":authority", "x")]
        fields += [("content-type", "application/grpc"), ("te", "trailers")]
        headers = HeadersFrame(stream_id, encoder.encode(fields), flags=["END_HEADERS"])
        return headers.serialize() + DataFrame(stream_id, bytes(5), flags=["END_STREAM"]).serialize()

    async with Server([Counting()]) as server:
        host, _, port = (await server.start("127.0.0.1:0")).rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(PREFACE + SettingsFrame(0).serialize() + call(1))
            while len(calls) < 1:
                await reader.read(65_536)
            writer.write(GoAwayFrame(0).serialize())
            while await reader.read(65_536):  # to the end of what the server says
                pass
            writer.write(call(3))
            await writer.drain()
            await asyncio.sleep(0.1)  # on the same loop, a call that ran would have begun by now
        finally:
            writer.close()
            await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])
    assert len(calls) == 1
