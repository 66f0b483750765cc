"""A service of raw bytes for transport tests, and a server for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from minirpc.aio import Channel, Context, Server, Servicer, Stub
from minirpc.aio.service import StreamStream, StreamUnary, UnaryStream, UnaryUnary
from minirpc.errors import StatusCode
from minirpc.rpc.method import RAW

SERVICE = "test.Echo"

# a service config of quick retries
RETRYING: dict[str, Any] = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.01s",
                "maxBackoff": "0.01s",
                "backoffMultiplier": 1,
                "retryableStatusCodes": ["UNAVAILABLE", "ABORTED"],
            },
        }
    ]
}


class EchoStub(Stub):
    unary = UnaryUnary(f"/{SERVICE}/Unary", RAW, RAW)
    in_thread = UnaryUnary(f"/{SERVICE}/InThread", RAW, RAW)
    down = UnaryStream(f"/{SERVICE}/Down", RAW, RAW)
    up = StreamUnary(f"/{SERVICE}/Up", RAW, RAW)
    bidi = StreamStream(f"/{SERVICE}/Bidi", RAW, RAW)
    fail = UnaryUnary(f"/{SERVICE}/Fail", RAW, RAW)
    sleep = UnaryUnary(f"/{SERVICE}/Sleep", RAW, RAW)


class Echo(Servicer):
    """Echoes. Sends its invocation metadata ``x-…`` back: as initial metadata, and in the trailers.

    Attributes:
        events: what happened to handlers that can be interrupted: ``started``, ``cancelled``.
    """

    methods = EchoStub

    def __init__(self) -> None:
        self.events: asyncio.Queue[str] = asyncio.Queue()

    @staticmethod
    async def _echo_metadata(context: Context) -> None:
        echoed = [(key, value) for key, value in context.metadata if key.startswith("x-")]
        await context.send_initial_metadata(echoed)
        context.set_trailing_metadata(echoed)

    async def unary(self, request: bytes, context: Context) -> bytes:
        await self._echo_metadata(context)
        return request

    def in_thread(self, request: bytes, context: Context) -> bytes:
        return request

    async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        """Sends as many numbers as the request says."""
        await self._echo_metadata(context)
        for number in range(int(request)):
            yield b"%d" % number

    async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
        """Replies with the number of requests and their length altogether."""
        count = size = 0
        async for request in requests:
            count += 1
            size += len(request)
        return b"%d %d" % (count, size)

    async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        await self._echo_metadata(context)
        async for request in requests:
            yield request

    async def fail(self, request: bytes, context: Context) -> bytes:
        """Fails with the code, message and details of a request ``code|message|details``."""
        code, message, details = request.split(b"|")
        context.set_trailing_metadata([("x-reason", "asked for")])
        context.abort(StatusCode(int(code)), message.decode(), details=details or None)

    async def sleep(self, request: bytes, context: Context) -> bytes:
        """Sleeps until it is cancelled."""
        self.events.put_nowait("started")
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.events.put_nowait("cancelled")
        return request


@asynccontextmanager
async def echo_pair(
    service: Servicer | None = None, *, server_options: dict[str, Any] | None = None, **channel_options: Any
) -> AsyncIterator[EchoStub]:
    """Runs a server and a channel to it over a real socket."""
    async with (
        Server([service or Echo()], **(server_options or {})) as server,
        Channel(await server.start("127.0.0.1:0"), **channel_options) as channel,
    ):
        yield EchoStub(channel)
