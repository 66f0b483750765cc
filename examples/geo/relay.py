"""A relay that stands between a client and a server, hands everything on, and remembers it."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from types import TracebackType
from typing import Self

__all__ = ["Relay", "Sender"]

_CHUNK = 1 << 16
_CLOSE_TIMEOUT = 5.0  # seconds for both sides to close, once the client is done


class Sender(enum.Enum):
    """Who sent some bytes."""

    CLIENT = "client"
    SERVER = "server"


class Relay:
    """Carries the bytes of TCP connections both ways, unchanged.

    ::

        async with Relay("127.0.0.1", 50051) as relay:
            ...  # connect to relay.address
        for sender, data in relay.recorded: ...

    Attributes:
        address: where the relay listens, ``127.0.0.1:port``.
        recorded: who sent what, in order of arrival.
    """

    def __init__(self, host: str, port: int) -> None:
        """Prepares a relay to a server."""
        self.address = ""
        self.recorded: list[tuple[Sender, bytes]] = []
        self._server_host = host
        self._server_port = port
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._listener.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.close()
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            await asyncio.gather(*self._connections)
            await self._listener.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(asyncio.create_task(self._carry(reader, writer)))

    async def _carry(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        async with contextlib.AsyncExitStack() as writers:
            writers.push_async_callback(_close, to_client)
            from_server, to_server = await asyncio.open_connection(self._server_host, self._server_port)
            writers.push_async_callback(_close, to_server)
            async with asyncio.TaskGroup() as directions:
                directions.create_task(self._pump(Sender.CLIENT, from_client, to_server))
                directions.create_task(self._pump(Sender.SERVER, from_server, to_client))

    async def _pump(self, sender: Sender, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):  # a connection that is reset has ended as well
            while data := await source.read(_CHUNK):
                self.recorded.append((sender, data))
                sink.write(data)
                await sink.drain()
        sink.close()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
