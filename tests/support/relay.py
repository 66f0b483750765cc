"""A TCP relay between a client and a server that can fall silent, as a router that has lost its power."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Relay:
    """Attributes:
    address: where it listens.
    silent: whether bytes are dropped, in both directions. No end of a connection passes either.
    connections: how many there have been.
    """

    def __init__(self) -> None:
        self.address = ""
        self.silent = False
        self.connections = 0

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if not self.silent:
                    writer.write(data)
                    await writer.drain()
            if not self.silent:
                writer.write_eof()
        except OSError:
            if not self.silent:
                writer.transport.abort()


@asynccontextmanager
async def relay_to(address: str) -> AsyncIterator[Relay]:
    """Runs a relay to ``host:port``."""
    relay = Relay()
    host, _, port = address.rpartition(":")
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.connections += 1
        to_server = await asyncio.open_connection(host, int(port))
        writers.extend((writer, to_server[1]))
        await asyncio.gather(relay.forward(reader, to_server[1]), relay.forward(to_server[0], writer))

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.get_running_loop().create_task(serve(reader, writer)))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    relay.address = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield relay
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await listener.wait_closed()
