"""The client's channel: one name to call, and the connection that is behind it now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from minirpc import __version__
from minirpc.aio.client_stream import ClientStream
from minirpc.aio.connection import Connection
from minirpc.aio.connector import Connector, connect_socket
from minirpc.aio.context import inherited_deadline
from minirpc.aio.credentials import AuthContext, CallCredentials
from minirpc.aio.interceptors import ClientInterceptor
from minirpc.aio.lifetime import LoopBound
from minirpc.aio.target import TcpAddress, UnixAddress, parse_target
from minirpc.aio.tls import ClientTls, ContextSource
from minirpc.aio.tls_layer import TlsLayer
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import Header, Http2Options, StreamHandler
from minirpc.rpc.compression import Encoding, get_encoding
from minirpc.rpc.framing import DEFAULT_MAX_RECEIVE_MESSAGE_SIZE
from minirpc.rpc.metadata import DEFAULT_MAX_RECEIVE_METADATA_SIZE

__all__ = ["Channel"]

_log = logging.getLogger("minirpc.channel")

_USER_AGENT = f"grpc-python-minirpc/{__version__}".encode()
_PLAINTEXT_HINT = "does the server expect TLS?"
_TLS_HINT = "does the server demand a client's certificate, or another one?"
_CANCEL_TIMEOUT = 5.0  # seconds for cancelled interceptors to clean up
_CLOSE_TIMEOUT = 1.0  # seconds for the peer to take what is still to be sent


class Channel(LoopBound):
    """A channel to a server. Calls are made through stubs, which take a channel.

    The connection is made when the first call needs it, and made again by the next call after it was lost. One
    connection carries all calls; calls beyond the server's limit of concurrent streams wait for their turn.

    A channel belongs to the event loop on which it is first used. It is safe to use from many tasks, not from threads.
    One that was in use when the process was forked is the parent's; one that was not may be used by the child.
    """

    def __init__(
        self,
        target: str,
        *,
        max_receive_message_size: int = DEFAULT_MAX_RECEIVE_MESSAGE_SIZE,
        max_send_message_size: int | None = None,
        max_receive_metadata_size: int = DEFAULT_MAX_RECEIVE_METADATA_SIZE,
        connect_timeout: float = 20.0,
        compression: str | None = None,
        inherit_deadline: bool = True,
        interceptors: Sequence[ClientInterceptor] = (),
        authority: str | None = None,
        http2_options: Http2Options | None = None,
        tls: ClientTls | None = None,
        credentials: CallCredentials | None = None,
        connector: Connector = connect_socket,
    ) -> None:
        """Prepares a channel; nothing is connected yet.

        Args:
            target: ``host:port``, ``dns:///host:port``, ``ipv4:…``, ``ipv6:…`` or ``unix:/path``.
            max_receive_message_size: the largest response message to accept, in bytes; a larger one fails its call with
                RESOURCE_EXHAUSTED.
            max_send_message_size: the largest request message to send, in bytes; None for no limit.
            max_receive_metadata_size: the largest initial or trailing metadata to accept, the status included, in bytes
                (32 for each pair besides its key and value); larger ones fail their call with RESOURCE_EXHAUSTED.
            connect_timeout: seconds for one address to connect and to speak HTTP/2.
            compression: how requests are compressed: ``identity`` (or None), ``deflate``, ``gzip`` or, with
                ``minirpc[zstd]``, ``zstd``. A call may choose otherwise. Responses are taken in all of them.
            inherit_deadline: whether calls made by a handler end, at the latest, with the call that it serves. A call
                may choose otherwise.
            interceptors: what runs around each call, the first one outermost.
            authority: the ``:authority`` of requests; by default the target's host and port.
            http2_options: windows and limits of the connection.
            tls: speak TLS; None for plaintext. The server's certificate must have the name ``tls.server_name``, by
                default the host of ``authority`` or of the target.
            credentials: what adds metadata to each call that say who calls; those of a call itself follow.
            connector: how to reach an address, in place of a socket.

        Raises:
            OSError: a file that ``tls`` names cannot be read.
            TypeError: ``credentials`` are none of minirpc's.
            ValueError: the target cannot be read, there is no such compression, ``tls`` has what is no certificate or
                key, or ``credentials`` would be sent in plaintext without having allowed it.
        """
        super().__init__()
        self.interceptors = tuple(interceptors)
        self._target = target
        self._encoding = get_encoding(compression)
        self._inherit_deadline = inherit_deadline
        self._addresses = parse_target(target)
        self._connect_timeout = connect_timeout
        self._max_receive_message_size = max_receive_message_size
        self._max_send_message_size = max_send_message_size
        self._max_receive_metadata_size = max_receive_metadata_size
        options = http2_options or Http2Options()
        header_list_size = max(options.max_header_list_size, max_receive_metadata_size)
        self._http2_options = replace(options, max_header_list_size=header_list_size)
        first = self._addresses[0]
        default_authority = "localhost" if isinstance(first, UnixAddress) else str(first)
        self._tls = None if tls is None else ContextSource(tls)
        # The name that the certificate must have; None for that of the address.
        self._server_name = (tls and tls.server_name) or (authority and _host_of(authority)) or None
        self._scheme = b"http" if tls is None else b"https"
        self._authority = (authority or (tls and tls.server_name) or default_authority).encode()
        self._connector = connector
        self._local = connector is connect_socket and all(isinstance(a, UnixAddress) for a in self._addresses)
        self._credentials = credentials
        if credentials is not None:
            self.check_credentials(credentials)
        self._connection: Connection | None = None
        self._connections: set[Connection] = set()  # the current one and those that drain
        self._connecting: asyncio.Task[None] | None = None
        self._streams: set[ClientStream] = set()
        self._chains: set[asyncio.Task[None]] = set()  # interceptors that run
        self._queue: dict[ClientStream, None] = {}  # streams without a connection, in order
        self._dispatch_scheduled = False
        self._idle: asyncio.Event | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<Channel {self._target}{' closed' if self._closed else ''}>"

    async def __aenter__(self) -> Self:
        self._bind_loop()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    if not TYPE_CHECKING:  # type checkers are to say that these do not exist

        def __enter__(self) -> NoReturn:
            raise TypeError(
                "a minirpc.aio.Channel is entered with 'async with'; minirpc.sync.Channel is the blocking one"
            )

        def __exit__(self, *args: object) -> None: ...

    async def close(self, grace: float | None = None) -> None:
        """Closes the channel. New calls raise ``RuntimeError`` from now on. Without effect in a forked child.

        Args:
            grace: seconds for running calls to end; then, or at once without it, they end with CANCELLED.
        """
        if self.inherited:
            return
        self._bind_loop()
        self._closed = True
        if grace and self._streams:
            self._idle = asyncio.Event()
            try:
                async with asyncio.timeout(grace):
                    await self._idle.wait()
            except TimeoutError:
                _log.info("%r: calls still running after %s s of grace are cancelled", self, grace)
            finally:  # also where this is cancelled
                self._end_everything()
        else:
            self._end_everything()
        if self._chains:
            _, stuck = await asyncio.wait(self._chains, timeout=_CANCEL_TIMEOUT)
            for task in stuck:
                _log.warning("%s do not end although they were cancelled", task.get_name())
        if self._connecting is not None:
            await asyncio.wait([self._connecting])
        closing = [connection.closed for connection in self._connections]
        if closing:
            await asyncio.wait(closing)

    def _end_everything(self) -> None:
        for stream in list(self._streams):
            stream.fail(StatusCode.CANCELLED, "the channel was closed")
        if self._connecting is not None:
            self._connecting.cancel()
        for connection in list(self._connections):
            connection.go_away(_CLOSE_TIMEOUT)

    # -- starting calls; for minirpc.aio.call

    def start_call(
        self,
        path: str,
        metadata: Sequence[Header],
        timeout: float | None,
        request: bytes | None,
        *,
        single_response: bool,
        encoding: Encoding | None = None,
        inherit_deadline: bool | None = None,
        credentials: CallCredentials | None = None,
    ) -> ClientStream:
        """Starts a call and returns its stream.

        Args:
            path: the method's path.
            metadata: encoded metadata.
            timeout: seconds until the deadline, or None.
            request: the only request message, or None for a stream of them.
            single_response: whether exactly one response message is due.
            encoding: how requests are compressed; None for the channel's choice.
            inherit_deadline: whether the deadline of the call that a handler serves bounds this one; None for the
                channel's choice.
            credentials: what adds metadata after the channel's own; they have passed :meth:`check_credentials`.

        Raises:
            RuntimeError: the channel is closed, or belongs to another event loop.
            RpcError: RESOURCE_EXHAUSTED, the request is larger than ``max_send_message_size``.
        """
        loop = self.bind_loop()
        if request is not None:
            self.check_send_size(request)
        stream = ClientStream(
            self,
            loop,
            [
                (b":method", b"POST"),
                (b":scheme", self._scheme),
                (b":path", path.encode()),
                (b":authority", self._authority),
                (b"te", b"trailers"),
                (b"content-type", b"application/grpc"),
                (b"user-agent", _USER_AGENT),
                *metadata,
            ],
            request=request,
            single_response=single_response,
            deadline=self.deadline(timeout, inherit_deadline),
            max_receive_message_size=self._max_receive_message_size,
            max_receive_metadata_size=self._max_receive_metadata_size,
            encoding=encoding or self._encoding,
        )
        if self._credentials is None and credentials is None:
            self.submit(stream)
        else:
            self._streams.add(stream)
            authorizing = loop.create_task(
                self._authorize(stream, path, self._credentials, credentials), name=f"credentials of {path}"
            )
            stream.add_done_callback(authorizing.cancel)
        return stream

    async def _authorize(self, stream: ClientStream, path: str, *credentials: CallCredentials | None) -> None:
        """Starts a call when all its credentials are there; they are asked in order, until one fails."""
        host = self._authority.decode().removesuffix(":443")
        url = f"{self._scheme.decode()}://{host}{path.rpartition('/')[0]}"
        context = AuthContext(url, path)
        headers: list[Header] = []
        try:
            for each in credentials:
                if each is not None:
                    headers += await each.headers(context)
        except RpcError as error:
            stream.fail(error.code, error.message, error.__cause__)
        except asyncio.CancelledError:
            # The end of the call cancels this task; without that, it was the user's function.
            stream.fail(StatusCode.UNAUTHENTICATED, "call credentials: cancelled")
            raise
        else:
            if not stream.over:
                stream.add_headers(headers)
                self.submit(stream)

    def start_chain(self, stream: ClientStream, task: asyncio.Task[None]) -> None:
        """Counts a call that interceptors are around, and the task in which they run, as this channel's."""
        self._streams.add(stream)
        self._chains.add(task)
        task.add_done_callback(self._chains.discard)

    def bind_loop(self) -> asyncio.AbstractEventLoop:
        """Returns the running event loop, to which the channel belongs from now on.

        Raises:
            RuntimeError: the channel is closed, or belongs to another event loop.
        """
        loop = self._bind_loop()
        if self._closed:
            raise RuntimeError(f"channel to {self._target} is closed")
        return loop

    def deadline(self, timeout: float | None, inherit: bool | None) -> float | None:
        """Returns when a call that starts now must have ended, in the loop's time; None for never.

        Args:
            timeout: seconds until the deadline, or None.
            inherit: whether the deadline of the call that a handler serves bounds this one; None for the channel's
                choice.
        """
        loop = self._bind_loop()
        inherits = self._inherit_deadline if inherit is None else inherit
        deadline = inherited_deadline(loop) if inherits else None
        if timeout is not None:
            own = loop.time() + timeout
            deadline = own if deadline is None else min(own, deadline)
        return deadline

    def check_send_size(self, message: bytes) -> None:
        """Raises ``RpcError`` (RESOURCE_EXHAUSTED) if the message is larger than ``max_send_message_size``."""
        limit = self._max_send_message_size
        if limit is not None and len(message) > limit:
            raise RpcError(
                StatusCode.RESOURCE_EXHAUSTED,
                f"message of {len(message)} bytes is larger than max_send_message_size ({limit} bytes)",
            )

    def check_credentials(self, credentials: CallCredentials) -> None:
        """Looks whether calls of this channel may send these credentials.

        Raises:
            TypeError: they are none of minirpc's.
            ValueError: they would be sent in plaintext, without having allowed it.
        """
        if not isinstance(credentials, CallCredentials):
            raise TypeError(
                f"credentials must be minirpc.aio.CallCredentials, not "
                f"{type(credentials).__module__}.{type(credentials).__qualname__}"
            )
        if self._tls is None and not self._local and not credentials.allow_plaintext:
            raise ValueError(
                "call credentials would be sent in plaintext: give the channel tls=ClientTls(), "
                "or the credentials allow_plaintext=True"
            )

    def compresses(self, request: object) -> bool:  # noqa: ARG002
        """Any request may be compressed."""
        return True

    # -- lifetime.LoopBound

    def _unclosed(self) -> bool:
        return bool(self._connections)

    # -- client_stream.StreamSource

    def submit(self, stream: ClientStream) -> None:
        """Attaches a stream to the connection, or queues it and sees to a connection."""
        self._streams.add(stream)
        connection = self._connection
        if connection is not None and not self._queue and connection.engine.can_open_stream and connection.is_open:
            stream.attach(connection)
            return
        self._queue[stream] = None
        if connection is None:
            self._connect()

    def stream_over(self, stream: ClientStream) -> None:
        """Forgets a stream. Its place on the connection may be the one that a queued stream waits for."""
        self._streams.discard(stream)
        self._queue.pop(stream, None)
        if self._idle is not None and not self._streams:
            self._idle.set()
        if self._queue and not self._dispatch_scheduled and self._loop is not None:
            # Not at once: the engine counts the stream until the frame that ended it is done.
            self._dispatch_scheduled = True
            self._loop.call_soon(self._dispatch)

    def _dispatch(self) -> None:
        """Attaches queued streams, first come first served, as far as the connection takes them."""
        self._dispatch_scheduled = False
        connection = self._connection
        while self._queue and connection is not None and connection.engine.can_open_stream and connection.is_open:
            stream = next(iter(self._queue))
            del self._queue[stream]
            stream.attach(connection)

    # -- connecting

    def _connect(self) -> None:
        if self._connecting is None and self._loop is not None:
            self._connecting = self._loop.create_task(self._connect_to_any(self._loop))

    async def _connect_to(self, address: TcpAddress | UnixAddress, loop: asyncio.AbstractEventLoop) -> None:
        connection = Connection(self, self._http2_options, loop, client_side=True)
        await self._connector(address, connection if self._tls is None else self._secure(connection, address, loop))
        try:
            # Before the peer's SETTINGS its limits are unknown, and whether it speaks HTTP/2 at all.
            await connection.wait_until_ready(_PLAINTEXT_HINT if self._tls is None else _TLS_HINT)
        except BaseException:
            connection.abort()
            raise
        _log.debug("%r: connected to %s", self, connection.peer)
        self._connection = connection
        self._dispatch()

    def _secure(
        self, connection: Connection, address: TcpAddress | UnixAddress, loop: asyncio.AbstractEventLoop
    ) -> TlsLayer:
        assert self._tls is not None
        name = self._server_name or ("localhost" if isinstance(address, UnixAddress) else address.host)
        return TlsLayer(connection, self._tls, loop, server_name=name.removesuffix("."))

    async def _connect_to_any(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connects to the first address that answers with SETTINGS, or fails the calls that wait."""
        reason = ""
        failure: Exception | None = None
        try:
            for address in self._addresses:
                try:
                    async with asyncio.timeout(self._connect_timeout):
                        await self._connect_to(address, loop)
                    return
                except TimeoutError as error:
                    failure = error
                    reason = f"cannot connect to {address} within {self._connect_timeout} s"
                except Exception as error:  # noqa: BLE001  # a connector may be the user's
                    failure = error
                    reason = f"cannot connect to {address}: {getattr(error, 'strerror', None) or error}"
                _log.info("%r: %s", self, reason)
        finally:
            self._connecting = None
        for stream in list(self._queue):
            stream.fail(StatusCode.UNAVAILABLE, reason, failure)

    # -- connection.ConnectionOwner

    def connection_made(self, connection: Connection) -> None:
        """Remembers the connection, to close it in the end."""
        self._connections.add(connection)

    def connection_ready(self, connection: Connection) -> None:
        """The server's limits are known, or have changed."""
        if connection is self._connection:
            self._dispatch()

    def connection_draining(self, connection: Connection) -> None:
        """Calls that wait, and new ones, go to another connection."""
        if connection is self._connection:
            self._connection = None
            if self._queue:
                self._connect()

    def connection_lost(self, connection: Connection) -> None:
        """Forgets the connection; the next call makes a new one."""
        self._connections.discard(connection)
        # One that was never in use is reported by who waited for it.
        level = logging.INFO if connection.failed and not self._closed and self._connecting is None else logging.DEBUG
        _log.log(level, "%r: connection to %s ended: %s", self, connection.peer, connection.failure)
        self.connection_draining(connection)

    def stream_opened(
        self,
        connection: Connection,  # noqa: ARG002
        stream_id: int,  # noqa: ARG002
        headers: Sequence[Header],  # noqa: ARG002
        end_stream: bool,  # noqa: ARG002
    ) -> StreamHandler | None:
        """Servers open no streams: push is off, and the engine lets none through."""
        return None


def _host_of(authority: str) -> str:
    """The host of an authority ``host``, ``host:port`` or ``[::1]:port``."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]
