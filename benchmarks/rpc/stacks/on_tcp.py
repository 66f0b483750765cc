"""No library: bytes there and back over a TCP connection, which is what the event loop and the system cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_SIZE = 64  # about what a small call takes with its frames, once HPACK's table is warm


class _Peer(asyncio.BufferedProtocol):
    """Reads as fast as the loop can: into one buffer of its own."""

    def __init__(self) -> None:
        self._buffer = memoryview(bytearray(1 << 16))
        self._missing = _SIZE
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._missing -= nbytes
        if self._missing == 0:
            self._missing = _SIZE
            self.received()

    def received(self) -> None:
        self.transport.write(bytes(_SIZE))


class _Client(_Peer):
    waiter: asyncio.Future[None]

    def unary(self, payload: bytes) -> asyncio.Future[None]:
        self.waiter = asyncio.get_running_loop().create_future()
        self.transport.write(bytes(_SIZE))
        return self.waiter

    def received(self) -> None:
        self.waiter.set_result(None)


@asynccontextmanager
async def serve() -> AsyncIterator[int]:
    """Runs the server."""
    server = await asyncio.get_running_loop().create_server(_Peer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[_Client]:
    """Connects the client."""
    transport, client = await asyncio.get_running_loop().create_connection(_Client, "127.0.0.1", port)
    try:
        yield client
    finally:
        transport.close()
