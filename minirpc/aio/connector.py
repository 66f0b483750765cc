"""How a channel reaches an address. Sockets are one way; tests and tunnels have others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from minirpc.aio.connection import Connection, ConnectionOwner
from minirpc.aio.keepalive import Keepalive
from minirpc.aio.target import Address, UnixAddress
from minirpc.aio.tls import ContextSource
from minirpc.http2 import ErrorCode, Http2Options
from minirpc.lazy import lazy

if TYPE_CHECKING:
    from minirpc.aio import tls_layer
else:
    tls_layer = lazy("minirpc.aio.tls_layer")

__all__ = ["ConnectError", "Connector", "Dialer", "connect_socket"]

_PLAINTEXT_HINT = "does the server expect TLS?"
_TLS_HINT = "does the server demand a client's certificate, or another one?"


class Connector(Protocol):
    """Makes a transport to an address. TLS, where it is asked for, is put on top of it."""

    async def __call__(self, address: Address, protocol: asyncio.BufferedProtocol) -> object:
        """Connects, and calls ``protocol.connection_made`` with the transport.

        Raises:
            OSError: the address cannot be reached.
        """


async def connect_socket(address: Address, protocol: asyncio.BufferedProtocol) -> object:
    """Connects a socket."""
    loop = asyncio.get_running_loop()
    if isinstance(address, UnixAddress):
        return await loop.create_unix_connection(lambda: protocol, address.path)
    return await loop.create_connection(lambda: protocol, address.host, address.port)


class ConnectError(Exception):
    """An address cannot be connected to. The message names it and says why; what was raised there is the cause.

    Attributes:
        departing: whether there is a server, which said in good order that it goes away.
    """

    def __init__(self, message: str, departing: bool = False) -> None:
        super().__init__(message)
        self.departing = departing


class Dialer:
    """Makes the connections of a channel, up to the point where calls can be made.

    Attributes:
        connector: how to reach an address.
        http2_options: windows and limits of the connections.
        tls: makes the TLS contexts; None for plaintext.
        server_name: the name that the server's certificate must have; None for the host of each address.
        timeout: seconds for one address to connect and to speak HTTP/2.
        keepalive: how connections find out that the server is gone; None leaves that to TCP.
        name: what the addresses were resolved from, for messages; empty if they were not.
    """

    __slots__ = ("connector", "http2_options", "keepalive", "name", "server_name", "timeout", "tls")

    def __init__(
        self,
        connector: Connector,
        http2_options: Http2Options,
        tls: ContextSource | None,
        server_name: str | None,
        timeout: float,
        keepalive: Keepalive | None,
        name: str = "",
    ) -> None:
        self.connector = connector
        self.http2_options = http2_options
        self.tls = tls
        self.server_name = server_name
        self.timeout = timeout
        self.keepalive = keepalive
        self.name = name

    async def dial(self, owner: ConnectionOwner, address: Address, begun: Callable[[Connection], object]) -> Connection:
        """Connects to an address, and waits for the server's SETTINGS.

        Before them its limits are unknown, and whether it speaks HTTP/2 at all.

        Args:
            owner: whose connection it will be.
            address: where to.
            begun: called with the connection before there is a transport.

        Raises:
            ConnectError: that was not possible.
        """
        loop = asyncio.get_running_loop()
        connection = Connection(owner, self.http2_options, loop, client_side=True, keepalive=self.keepalive)
        begun(connection)
        timeout = asyncio.timeout(self.timeout)
        try:
            async with timeout:
                await self.connector(address, self._protocol(connection, address, loop))
                await connection.wait_until_ready(_PLAINTEXT_HINT if self.tls is None else _TLS_HINT)
        except Exception as error:  # a connector may be the user's
            connection.abort()
            where = f"{self.name} ({address})" if self.name else str(address)
            if timeout.expired():
                raise ConnectError(f"cannot connect to {where} within {self.timeout} s") from error
            reason = getattr(error, "strerror", None) or error
            departing = connection.goaway_code == ErrorCode.NO_ERROR
            raise ConnectError(f"cannot connect to {where}: {reason}", departing) from error
        except BaseException:
            connection.abort()
            raise
        return connection

    def _protocol(
        self, connection: Connection, address: Address, loop: asyncio.AbstractEventLoop
    ) -> asyncio.BufferedProtocol:
        if self.tls is None:
            return connection
        name = self.server_name or ("localhost" if isinstance(address, UnixAddress) else address.host)
        return tls_layer.TlsLayer(connection, self.tls, loop, server_name=name.removesuffix("."))
