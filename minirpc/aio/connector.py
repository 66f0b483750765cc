"""How a channel reaches an address. Sockets are one way; tests and tunnels have others."""

from __future__ import annotations

import asyncio
from typing import Protocol

from minirpc.aio.target import TcpAddress, UnixAddress

__all__ = ["Connector", "connect_socket"]


class Connector(Protocol):
    """Makes a transport to an address. TLS, where it is asked for, is put on top of it."""

    async def __call__(self, address: TcpAddress | UnixAddress, protocol: asyncio.BufferedProtocol) -> object:
        """Connects, and calls ``protocol.connection_made`` with the transport.

        Raises:
            OSError: the address cannot be reached.
        """


async def connect_socket(address: TcpAddress | UnixAddress, protocol: asyncio.BufferedProtocol) -> object:
    """Connects a socket."""
    loop = asyncio.get_running_loop()
    if isinstance(address, UnixAddress):
        return await loop.create_unix_connection(lambda: protocol, address.path)
    return await loop.create_connection(lambda: protocol, address.host, address.port)
