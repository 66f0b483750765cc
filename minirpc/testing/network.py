"""The network between channels and servers of one process, with the faults that a test asks for."""

from __future__ import annotations

import asyncio
import errno
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from minirpc.aio import Channel, Connector, ErrorCode, Server, ServerTls, Servicer
from minirpc.aio.connection import Connection
from minirpc.aio.target import TcpAddress, UnixAddress
from minirpc.aio.tls import ContextSource
from minirpc.aio.tls_layer import TlsLayer
from minirpc.testing.memory import Link, Quality

__all__ = ["Network", "channel_to"]

TARGET = "in-memory:1"


class Network(Quality):
    """A network in memory. Its attributes may be changed at any time.

    Attributes:
        fragment: the largest piece in which bytes arrive: each read gives a random number of bytes up to this. None
            gives all at once.
        latency: seconds that bytes take in each direction; or a pair of the least and the most, of which each write
            takes a random one. Bytes never overtake each other.
        refusing: whether new connections are refused.
        stalled: whether nothing arrives any more, without a connection being lost, as behind a dead router. See
            :meth:`stall`.
        seed: what the random choices begin with: the same seed makes the same choices.
        connections: how many connections have been made.
    """

    def __init__(
        self,
        *,
        fragment: int | None = None,
        latency: float | tuple[float, float] = 0.0,
        seed: int | None = None,
    ) -> None:
        """Makes a network without faults.

        Args:
            fragment: see the attribute.
            latency: see the attribute.
            seed: see the attribute; None chooses one.
        """
        self.fragment = fragment
        self.latency = latency
        self.refusing = False
        self.seed = random.SystemRandom().randrange(2**32) if seed is None else seed
        self.connections = 0
        self._random = random.Random(self.seed)  # noqa: S311  # no secrets here
        self._links: dict[Link, Connection] = {}
        self._resets: list[_Reset] = []

    def __repr__(self) -> str:
        return f"<Network fragment={self.fragment} latency={self.latency} seed={self.seed}>"

    def connector(self, server: Server, *, tls: ServerTls | None = None) -> Connector:
        """Returns the way from a channel to a server over this network: ``Channel(…, connector=…)``.

        Args:
            server: the server; it need not listen anywhere.
            tls: what the server speaks TLS with; None for plaintext.
        """
        contexts = None if tls is None else ContextSource(tls)

        async def connect(address: TcpAddress | UnixAddress, protocol: asyncio.BufferedProtocol) -> object:  # noqa: ARG001
            await asyncio.sleep(self.delay())
            if self.refusing:
                raise ConnectionRefusedError(errno.ECONNREFUSED, "the network refuses connections")
            loop = asyncio.get_running_loop()
            try:
                connection = server.new_connection(_Gate(server, self._resets))
            except RuntimeError as error:
                raise ConnectionRefusedError(errno.ECONNREFUSED, str(error)) from error
            self.connections += 1
            names = (f"in-memory:client-{self.connections}", f"in-memory:server-{self.connections}")
            link = Link(loop, self, names, self._link_lost)
            self._links[link] = connection
            above: asyncio.BufferedProtocol = connection
            if contexts is not None:
                above = TlsLayer(connection, contexts, loop)
            link.connect(protocol, above)
            return link.client

        return connect

    def _link_lost(self, link: Link) -> None:
        self._links.pop(link, None)

    # -- Quality

    def piece_size(self, available: int) -> int:
        """Cuts what arrives into pieces (see :attr:`fragment`)."""
        return available if self.fragment is None else self._random.randint(1, min(available, self.fragment))

    def delay(self) -> float:
        """Takes time (see :attr:`latency`)."""
        return self.latency if isinstance(self.latency, int | float) else self._random.uniform(*self.latency)

    # -- faults

    def cut(self) -> None:
        """Breaks all connections at once, with what is under way; new ones can be made."""
        for link in list(self._links):
            link.cut()

    def cut_after(self, size: int, *, towards_server: bool = False) -> None:
        """Breaks each connection of now after ``size`` more bytes (1 or more) have arrived at one end.

        Args:
            size: bytes that still arrive.
            towards_server: whether the bytes that the server receives are counted, or those that the client receives.
        """
        if size < 1:
            raise ValueError(f"size must be 1 or more, not {size}")
        for link in self._links:
            link.budget[link.server if towards_server else link.client] = size

    def stall(self) -> None:
        """Lets nothing arrive any more, in either direction, until :meth:`resume`. Connections are not lost."""
        self.stalled = True

    def resume(self) -> None:
        """Ends a stall; what was sent meanwhile arrives."""
        self.stalled = False
        for link in list(self._links):
            link.resume()

    def reset_calls(self, error_code: ErrorCode = ErrorCode.INTERNAL_ERROR) -> None:
        """Ends all running calls by RST_STREAM from the server; their handlers are cancelled."""
        for connection in list(self._links.values()):
            connection.reset_streams(error_code)

    def reset_next(
        self, error_code: ErrorCode = ErrorCode.REFUSED_STREAM, *, method: str | None = None, times: int = 1
    ) -> None:
        """Has the server answer the next calls by RST_STREAM, before a handler sees them.

        Args:
            error_code: REFUSED_STREAM tells the client that the call was not processed, and may be made again.
            method: the path of the method, ``/package.Service/Method``; None for any.
            times: how many calls.
        """
        self._resets += [_Reset(error_code, method)] * times

    def go_away(self, *, processed: bool = True) -> None:
        """Sends GOAWAY on all connections of now: new calls go to new ones.

        Args:
            processed: whether the calls that run are carried on. If not, GOAWAY says that the server has looked at
                none of them, as if they had crossed with it, and the client may make them again.
        """
        for connection in list(self._links.values()):
            if processed:
                connection.drain(b"go away\0")
            else:
                connection.engine.send_goaway(0, ErrorCode.NO_ERROR)
                connection.schedule_flush()


class _Reset:
    """A call that is to be reset."""

    def __init__(self, error_code: ErrorCode, method: str | None) -> None:
        self.error_code = error_code
        self.path = None if method is None else method.encode()


class _Gate:
    """Stands between a connection and its server. Implements ``minirpc.aio.connection.ConnectionOwner``."""

    def __init__(self, server: Server, resets: list[_Reset]) -> None:
        self._resets = resets
        self._server = server
        self.connection_made = server.connection_made
        self.connection_ready = server.connection_ready
        self.connection_draining = server.connection_draining
        self.connection_lost = server.connection_lost

    def stream_opened(
        self, connection: Connection, stream_id: int, headers: Sequence[tuple[bytes, bytes]], end_stream: bool
    ) -> Any:
        """Resets the call, or passes it on to the server."""
        path = dict(headers)[b":path"]
        for reset in self._resets:
            if reset.path in (None, path):
                self._resets.remove(reset)
                connection.engine.reset_stream(stream_id, reset.error_code)
                return None
        return self._server.stream_opened(connection, stream_id, headers, end_stream)


@asynccontextmanager
async def channel_to(
    server: Server | Servicer, *services: Servicer, network: Network | None = None, **channel_options: Any
) -> AsyncIterator[Channel]:
    """Gives a channel to a server in this process, and closes it in the end.

    ::

        async with channel_to(Library()) as channel:
            book = await LibraryStub(channel).get_book(request)

    Args:
        server: a server, which goes on when the channel is closed; or a service, for which a server is made, and
            stopped in the end.
        services: further services of that server.
        network: what is between them; by default a network without faults.
        channel_options: as for :class:`minirpc.aio.Channel`.
    """
    async with AsyncExitStack() as stack:
        if isinstance(server, Server):
            if services:
                raise TypeError("services can be added to a server only where it is made")
            running = server
        else:
            running = await stack.enter_async_context(Server([server, *services]))
        connector = (network or Network()).connector(running)
        yield await stack.enter_async_context(Channel(TARGET, connector=connector, **channel_options))
