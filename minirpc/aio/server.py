"""The server: it listens, finds the handler of each call, and drains."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias

from minirpc.aio.connection import Connection, ConnectionOwner
from minirpc.aio.connection_guard import ConnectionGuard
from minirpc.aio.connection_limits import ConnectionLimits, Lifespan
from minirpc.aio.context import Context
from minirpc.aio.deadlines import Deadlines
from minirpc.aio.eager import EagerRunner
from minirpc.aio.inspection import CallCounter, History, forget, register
from minirpc.aio.interceptors import ServerInterceptor
from minirpc.aio.keepalive import Keepalive
from minirpc.aio.lifetime import LoopBound
from minirpc.aio.listener import Listener, bind
from minirpc.aio.overload import CallLimit, ConnectionLimit
from minirpc.aio.probes import HEALTH_PATH, ProbeOwner
from minirpc.aio.refusals import describe_refusal, find_refusal, unknown_encoding, unknown_method
from minirpc.aio.server_stream import Handler, ServerStream, trailers_only
from minirpc.aio.service import Servicer, methods_of
from minirpc.aio.target import TcpAddress, UnixAddress, parse_listen_address
from minirpc.aio.thread_handlers import adapt_handler
from minirpc.aio.tls import ContextSource, ServerTls
from minirpc.aio.tls_layer import TlsLayer
from minirpc.errors import StatusCode
from minirpc.http2 import ErrorCode, Header, Http2Options, StreamHandler
from minirpc.lazy import lazy
from minirpc.rpc.compression import Encoding, find_encoding, get_encoding, parse_accept_encoding
from minirpc.rpc.framing import DEFAULT_MAX_RECEIVE_MESSAGE_SIZE
from minirpc.rpc.metadata import (
    DEFAULT_MAX_RECEIVE_METADATA_SIZE,
    Metadata,
    decode_metadata,
    describe_oversize,
    metadata_size,
)
from minirpc.rpc.method import RAW, Method
from minirpc.rpc.status import Status
from minirpc.rpc.timeout import decode_timeout

if TYPE_CHECKING:
    import pathlib
else:
    pathlib = lazy("pathlib")

if TYPE_CHECKING:
    from minirpc.aio import http_response
else:
    http_response = lazy("minirpc.aio.http_response")

__all__ = ["FallbackHandler", "Server"]

FallbackHandler: TypeAlias = Callable[[AsyncIterator[bytes], Context], AsyncIterator[bytes]]
"""An async generator function that serves any method, named by ``context.method``, with messages as bytes."""

_log = logging.getLogger("minirpc.server")

_DRAIN_PING = b"minirpc\0"
_CLOSE_TIMEOUT = 1.0  # seconds for a peer to take what is still to be sent, once no call runs
_CANCEL_TIMEOUT = 5.0  # seconds for cancelled handlers to clean up
_DEFAULT_KEEPALIVE = Keepalive(time=7200.0, timeout=20.0, without_calls=True)
_DEFAULT_MAX_CONNECTIONS = 10_000
_DEFAULT_THREADS = min(32, (os.cpu_count() or 1) + 4)  # as the standard library's thread pools


class _Request(NamedTuple):
    """What the headers of a call say."""

    handler: Handler
    metadata: Metadata
    timeout: float | None
    encoding: Encoding
    accepted_compressions: frozenset[str]


class Server(LoopBound):
    """A gRPC server.

    ::

        server = Server([Library()])
        await server.serve("0.0.0.0:50051")

    Handlers are the methods of the services: ``async def`` for one response; async generators, or any function that
    returns an async iterator, for a stream of them. A plain ``def`` for one response, and a plain generator for a
    stream of them, run in a thread; a stream of requests is then a plain iterator.
    A handler ends its call with a status other than OK by raising ``RpcError``; any other exception is logged and
    becomes UNKNOWN.

    Attributes:
        number: what this server is found by, see :func:`minirpc.aio.inspection.register`.
        calls: counts the calls, without those of ``service_calls``.
        service_calls: counts the calls of health, reflection and channelz, which no limit of load concerns.
        history: the latest events.
    """

    def __init__(
        self,
        services: Iterable[Servicer],
        *,
        max_receive_message_size: int = DEFAULT_MAX_RECEIVE_MESSAGE_SIZE,
        max_receive_metadata_size: int = DEFAULT_MAX_RECEIVE_METADATA_SIZE,
        max_concurrent_streams: int | None = None,
        compression: str | None = None,
        handler_threads: int = _DEFAULT_THREADS,
        interceptors: Sequence[ServerInterceptor] = (),
        fallback: FallbackHandler | None = None,
        http2_options: Http2Options | None = None,
        keepalive: Keepalive | None = _DEFAULT_KEEPALIVE,
        max_concurrent_calls: int | None = None,
        max_connections: int = _DEFAULT_MAX_CONNECTIONS,
        max_connection_idle: float | None = None,
        max_connection_age: float | None = None,
        max_connection_age_grace: float | None = None,
        connection_limits: ConnectionLimits | None = None,
    ) -> None:
        """Prepares a server; it listens after :meth:`start`.

        Args:
            services: the services.
            max_receive_message_size: the largest request message to accept, in bytes; a larger one fails its call with
                RESOURCE_EXHAUSTED.
            max_receive_metadata_size: the largest metadata to accept, in bytes (32 for each pair besides its key and
                value); larger ones fail their call with RESOURCE_EXHAUSTED.
            max_concurrent_streams: calls that one connection may have open; clients queue further ones. By default that
                of ``http2_options``.
            compression: how responses are compressed for clients that read it: ``identity`` (or None), ``deflate``,
                ``gzip`` or, with ``minirpc[zstd]``, ``zstd``. A handler may choose otherwise. Requests are taken in
                all of them.
            handler_threads: threads for plain ``def`` handlers. Each call holds one until its handler ends.
            interceptors: what runs around each handler, the first one outermost.
            fallback: serves the calls of all methods that no service has, with messages as bytes; for proxies.
            http2_options: windows and limits of each connection.
            keepalive: how to find out that a client is gone, by default by a PING after two hours of silence; None for
                no PINGs.
            max_concurrent_calls: calls to serve at once, over all connections; further ones end at once with
                RESOURCE_EXHAUSTED. Those of health, reflection and channelz neither count nor are refused. None for no
                limit.
            max_connections: connections to have at once. Further ones are closed at once, by a GOAWAY that says so.
            max_connection_idle: seconds without a call after which a connection is drained; None for never.
            max_connection_age: seconds after which a connection is drained, more or less by a tenth, at random, so
                that clients look for servers again; None for never.
            max_connection_age_grace: seconds for calls to end after ``max_connection_age``; then they end with
                UNAVAILABLE. None for any time.
            connection_limits: how much time clients have, and how often they may send PINGs.

        Raises:
            ValueError: two services have a method of the same path, there is no such compression, a time is no
                number of seconds, or ``max_concurrent_calls`` is not more than 0.
            AttributeError: a service lacks one of its methods.
            TypeError: what is given for a service is none.
        """
        super().__init__()
        self._stopping = False
        self._forced = asyncio.Event()  # whether whatever still waits for calls to end is to wait no longer
        self.calls = CallCounter()
        self.service_calls = CallCounter()
        self.history = History()
        self._limited = max_concurrent_calls is not None
        self._call_limit = CallLimit(max_concurrent_calls, self.calls, self.history)
        self._connection_limit = ConnectionLimit(max_connections)
        self.number = register(self)
        self._executor = concurrent.futures.ThreadPoolExecutor(handler_threads, thread_name_prefix="minirpc-handler")
        self._encoding = get_encoding(compression)
        self._handlers: dict[bytes, Handler] = {}
        self._services = list(services)
        for service in self._services:
            self._add_service(service)
        self._interceptors = tuple(interceptors)
        self._fallback = fallback
        self._max_receive_message_size = max_receive_message_size
        options = http2_options or Http2Options()
        if max_concurrent_streams is not None:
            options = replace(options, max_concurrent_streams=max_concurrent_streams)
        self._max_receive_metadata_size = max_receive_metadata_size
        if options.max_header_list_size < max_receive_metadata_size:
            options = replace(options, max_header_list_size=max_receive_metadata_size)
        self._http2_options = options
        self._keepalive = keepalive
        self._lifespan = Lifespan(
            max_idle=max_connection_idle, max_age=max_connection_age, max_age_grace=max_connection_age_grace
        )
        self._connection_limits = connection_limits or ConnectionLimits()
        self._listeners: list[Listener] = []
        self._socket_paths: list[pathlib.Path] = []
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()  # of handlers that wait for something
        self._runner = EagerRunner()
        self._deadlines = Deadlines()
        self._handled_signals: Sequence[signal.Signals] = ()

    def _add_service(self, service: Servicer) -> None:
        if not isinstance(service, Servicer):
            raise TypeError(f"a service is an instance of a generated servicer, not {service!r}")
        for name, method in methods_of(service.methods).items():
            path = method.path.encode()
            if path in self._handlers:
                raise ValueError(f"two services have the method {method.path}")
            function = adapt_handler(getattr(service, name), method, self._executor)
            self._handlers[path] = Handler(method, function, essential=service._essential)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    # -- listening

    async def start(self, address: str, *, tls: ServerTls | None = None) -> str:
        """Listens on an address and returns; may be called several times.

        Args:
            address: ``host:port``, where port 0 takes any free port, or ``unix:/path``. ``[::]:port`` takes clients by
                IPv6 and by IPv4.
            tls: speak TLS on this address; None for plaintext.

        Returns:
            The address that was bound, with its real port, as a channel takes it for a target.

        Raises:
            OSError: the address cannot be bound, or a file that ``tls`` names cannot be read.
            RuntimeError: the server has been stopped, or belongs to another event loop.
            ValueError: the address cannot be read, or ``tls`` has what is no certificate or key.
        """
        return await self._listen(address, tls, None)

    async def _listen(self, address: str, tls: ServerTls | None, owner: ConnectionOwner | None) -> str:
        self._bind_loop()
        contexts = None if tls is None else ContextSource(tls)
        where = parse_listen_address(address)
        sockets = await bind(where)
        try:
            self._bind_loop()
        except RuntimeError:  # it has been stopped meanwhile
            for sock in sockets:
                sock.close()
            raise
        if isinstance(where, UnixAddress):
            self._socket_paths.append(pathlib.Path(where.path))
            bound = str(where)
        else:
            bound = str(TcpAddress(where.host, sockets[0].getsockname()[1]))
        for sock in sockets:
            self._accept_on(sock, tls, contexts, owner)
        self.history.add(f"listens on {bound}")
        return bound

    def listen_on(
        self,
        sock: socket.socket,
        *,
        tls: ServerTls | None = None,
        probes: bool = False,
        accepts_in_turn: int | None = None,
    ) -> None:
        """Listens on a socket of the caller's, which the server closes from now on.

        Args:
            sock: a socket that listens. Other processes may listen on it too.
            tls: speak TLS on it; None for plaintext.
            probes: whether to serve nothing but the health service on it.
            accepts_in_turn: connections to accept at most in one turn of the event loop; with 1, processes that listen
                on the same socket share its connections best.

        Raises:
            OSError: a file that ``tls`` names cannot be read.
            RuntimeError: the server has been stopped, or belongs to another event loop.
            ValueError: ``tls`` has what is no certificate or key.
        """
        self._bind_loop()
        contexts = None if tls is None else ContextSource(tls)
        sock.setblocking(False)
        listener = self._accept_on(sock, tls, contexts, ProbeOwner(self) if probes else None, accepts_in_turn)
        self.history.add(f"listens on {listener.name}")

    def _accept_on(
        self,
        sock: socket.socket,
        tls: ServerTls | None,
        contexts: ContextSource | None,
        owner: ConnectionOwner | None,
        accepts_in_turn: int | None = None,
    ) -> Listener:
        loop = self._bind_loop()

        def accept() -> asyncio.BufferedProtocol:
            connection = self.new_connection(owner)
            if tls is None or contexts is None:
                return connection
            return TlsLayer(connection, contexts, loop, handshake_timeout=tls.handshake_timeout)

        listener = Listener(sock, loop, accept, accepts_in_turn)
        self._listeners.append(listener)
        return listener

    def new_connection(self, owner: ConnectionOwner | None = None) -> Connection:
        """Returns the protocol for a connection that was accepted elsewhere: on a socket of the caller's, or in memory.

        Args:
            owner: hears what the connection tells in place of the server, and passes it on.

        Raises:
            RuntimeError: the server has been stopped, or belongs to another event loop.
        """
        loop = self._bind_loop()
        return Connection(
            owner or self,
            self._http2_options,
            loop,
            client_side=False,
            keepalive=self._keepalive,
            guard=ConnectionGuard(self._connection_limits, self._lifespan, loop.time),
        )

    def __repr__(self) -> str:
        names = ", ".join(sorted({handler.method.path.split("/")[1] for handler in self._handlers.values()}))
        return f"<Server of {names or 'nothing'}{' stopped' if self._stopping else ''}>"

    def _bind_loop(self) -> asyncio.AbstractEventLoop:
        if self._stopping:
            raise RuntimeError("the server has been stopped")
        return super()._bind_loop()

    # -- lifetime.LoopBound

    def _unclosed(self) -> bool:
        return bool(self._listeners or self._connections)

    def _forget_inherited(self) -> None:
        forget(self.number)
        self._socket_paths.clear()  # where the parent listens
        if self._handled_signals:
            # Else a signal to this process would reach the parent's event loop, by the pipe that both have, and would
            # stop the server there.
            signal.set_wakeup_fd(-1)
            for number in self._handled_signals:
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    async def serve(
        self,
        *addresses: str,
        tls: ServerTls | None = None,
        grace: float = 30.0,
        delay: float = 0.0,
        health_address: str | None = None,
        on_listening: Callable[[Sequence[str]], object] | None = None,
    ) -> None:
        """Listens, serves until SIGTERM or SIGINT arrives, drains, and returns.

        A second signal cuts the delay and the grace short: calls that still run end with UNAVAILABLE. A third does what
        it does to any Python program. A signal that arrives before everything listens ends it as well.

        Args:
            addresses: see :meth:`start`.
            tls: speak TLS on all these addresses; for others beside them, call :meth:`start` before.
            grace: seconds for running calls to end after the signal and the delay.
            delay: see :meth:`stop`.
            health_address: a further address, in plaintext, where nothing but the health service is served: for probes
                that have no certificate.
            on_listening: called once with the bound addresses, in the order of ``addresses`` and ``health_address``
                behind them, when all of them are bound and signals are handled.

        Raises:
            ValueError: there is a ``health_address``, but no health service among the services.
        """
        if health_address is not None and not any(path.startswith(HEALTH_PATH) for path in self._handlers):
            raise ValueError("health_address: the server has no health service; add minirpc.services.health.Health()")
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        signals = (signal.SIGTERM, signal.SIGINT)

        def restore() -> None:
            for number in self._handled_signals:
                loop.remove_signal_handler(number)
            self._handled_signals = ()

        def told_to_stop(number: signal.Signals) -> None:
            if not stop.is_set():
                _log.info("%s: stopping", number.name)
                self.history.add(f"stops after {number.name}")
                stop.set()
            else:
                _log.warning("%s again: calls that still run are ended", number.name)
                self.hurry()
                restore()

        for number in signals:
            loop.add_signal_handler(number, told_to_stop, number)
        self._handled_signals = signals
        listening = False
        try:
            bound: list[str] = []
            for address in addresses:
                if stop.is_set():
                    break
                bound.append(await self.start(address, tls=tls))
            if health_address is not None and not stop.is_set():
                bound.append(await self._listen(health_address, None, ProbeOwner(self)))
            listening = not stop.is_set()
            if listening:
                _log.info("listening on %s", ", ".join(bound))
                if on_listening is not None:
                    on_listening(bound)
                await stop.wait()
        finally:
            try:
                await self.stop(grace, delay if listening else 0.0)
            finally:
                restore()

    def hurry(self) -> None:
        """Cuts the delay and the grace of a :meth:`stop` that is under way, or will be, short."""
        self._forced.set()

    async def stop(self, grace: float | None = None, delay: float = 0.0) -> None:
        """Stops listening, lets running calls end, and closes all connections. May be called again; without effect in
        a forked child, whose parent goes on.

        Clients are told first not to send new calls here (GOAWAY), in a way that loses none. A call without grace and
        delay cuts one short that is under way.

        Args:
            grace: seconds for running calls to end; then, or at once without it, they end with UNAVAILABLE and their
                handlers are cancelled.
            delay: seconds to go on as before, for whoever watches the server's health to notice that it stops.
        """
        if self.inherited:
            return
        if not grace and delay <= 0:
            self._forced.set()
        if not self._stopping:
            for service in self._services:
                service._server_stopping()
            if delay > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._forced.wait(), delay)
        self._stopping = True
        for service in self._services:
            service._server_draining()
        # Before anything takes time: a new server may take the same address meanwhile, and a path is then its own.
        for path in self._socket_paths:
            path.unlink(missing_ok=True)
        self._socket_paths.clear()
        for listener in self._listeners:
            listener.close()
        for listener in self._listeners:
            await listener.wait_closed()
        self._listeners.clear()
        for connection in list(self._connections):
            connection.drain(_DRAIN_PING)
        if grace and self._connections and not self._forced.is_set():
            forced = asyncio.ensure_future(self._forced.wait())
            drained = asyncio.ensure_future(self._wait_for_connections(None))
            try:
                await asyncio.wait((forced, drained), timeout=grace, return_when=asyncio.FIRST_COMPLETED)
            finally:
                forced.cancel()
                drained.cancel()
        for connection in list(self._connections):
            connection.fail_streams(StatusCode.UNAVAILABLE, "the server is shutting down")
        if self._tasks:
            _, stuck = await asyncio.wait(self._tasks, timeout=_CANCEL_TIMEOUT)
            for task in stuck:
                _log.warning("%s does not end although it was cancelled", task.get_name())
        for connection in list(self._connections):
            connection.go_away()
        await self._wait_for_connections(_CLOSE_TIMEOUT)
        for connection in list(self._connections):
            connection.abort()
        await self._wait_for_connections(None)
        self._runner.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    @property
    def connections(self) -> list[Connection]:
        """The connections that are open."""
        return list(self._connections)

    @property
    def listeners(self) -> list[Listener]:
        """What listens."""
        return list(self._listeners)

    async def _wait_for_connections(self, seconds: float | None) -> None:
        if self._connections:
            await asyncio.wait([connection.closed for connection in self._connections], timeout=seconds)

    # -- connection.ConnectionOwner

    def connection_made(self, connection: Connection) -> None:
        """A client has connected."""
        self._connections.add(connection)
        _log.debug("connection from %s", connection.peer)
        if self._stopping:
            connection.go_away()
        else:
            self._connection_limit.added(connection, len(self._connections))

    def connection_ready(self, connection: Connection) -> None:
        """The client's limits concern the engine alone: servers open no streams."""

    def connection_draining(self, connection: Connection) -> None:
        """The connection ends by itself after its last call."""

    def connection_lost(self, connection: Connection) -> None:
        """Forgets the connection."""
        self._connections.discard(connection)
        self._connection_limit.removed(len(self._connections))
        level = logging.INFO if connection.failed else logging.DEBUG
        _log.log(level, "connection from %s ended: %s", connection.peer, connection.failure)

    def stream_opened(
        self, connection: Connection, stream_id: int, headers: Sequence[Header], end_stream: bool
    ) -> StreamHandler | None:
        """Starts the handler of a new call, or answers why there is none."""
        request: _Request | None = connection.header_memo.get(headers)
        if request is None or (self._limited and not request.handler.essential):
            read = self._read_request(connection, stream_id, headers, end_stream)
            if not isinstance(read, _Request):
                return read
            request = read
            connection.header_memo.put(headers, metadata_size(headers), request)
        handler = request.handler
        stream = ServerStream(
            connection,
            stream_id,
            connection.loop,
            handler,
            metadata=request.metadata,
            timeout=request.timeout,
            deadlines=self._deadlines,
            request_encoding=request.encoding,
            response_encoding=self._encoding,
            accepted_compressions=request.accepted_compressions,
            max_receive_message_size=self._max_receive_message_size,
            runner=self._runner,
            on_task=self._task_started,
            calls=self.service_calls if handler.essential else self.calls,
            interceptors=self._interceptors,
        )
        stream.start(end_stream)
        return stream

    def _read_request(
        self, connection: Connection, stream_id: int, headers: Sequence[Header], end_stream: bool
    ) -> _Request | StreamHandler | None:
        """Returns what a request says; or answers why it is not served, and returns who sends that."""
        fields = dict(headers)
        handler = self._handlers.get(fields[b":path"]) or self._fallback_handler(fields[b":path"])
        encoding = find_encoding(fields.get(b"grpc-encoding", b"identity"))
        http_refusal = find_refusal(fields)
        refusal = http_refusal or (unknown_encoding(fields) if encoding is None else None)
        if refusal is not None or handler is None or encoding is None:
            path = fields[b":path"].decode("utf-8", "replace")
            _log.debug("call of %r from %s refused: %s", path, connection.peer, describe_refusal(refusal))
            if http_refusal is not None:
                return http_response.HttpResponse(
                    connection,
                    stream_id,
                    connection.loop,
                    http_refusal,
                    end_stream=end_stream,
                    with_body=fields[b":method"] != b"HEAD",
                )
            self._refuse(connection, stream_id, refusal or unknown_method(fields), end_stream)
            return None
        if not handler.essential and self._call_limit.reached:
            self._refuse(connection, stream_id, trailers_only(self._call_limit.refuse()), end_stream)
            return None
        size = metadata_size(headers)
        if size > self._max_receive_metadata_size:
            status = Status(StatusCode.RESOURCE_EXHAUSTED, describe_oversize(size, self._max_receive_metadata_size))
            self._refuse(connection, stream_id, trailers_only(status), end_stream)
            return None
        try:
            timeout = decode_timeout(fields[b"grpc-timeout"]) if b"grpc-timeout" in fields else None
            metadata = decode_metadata(headers)
        except ValueError as error:
            _log.debug("call of %s from %s refused: %s", handler.method.path, connection.peer, error)
            status = Status(StatusCode.INTERNAL, str(error))
            self._refuse(connection, stream_id, trailers_only(status), end_stream)
            return None
        if not handler.essential:
            self._call_limit.taken()
        accepted = parse_accept_encoding(fields.get(b"grpc-accept-encoding"))
        return _Request(handler, metadata, timeout, encoding, accepted)

    def _fallback_handler(self, path: bytes) -> Handler | None:
        """Returns the fallback as the handler of a method of any kind: all are cases of the one with two streams."""
        if self._fallback is None:
            return None
        try:
            method = Method(path.decode("ascii"), RAW, RAW, client_streaming=True, server_streaming=True)
        except ValueError:
            return None
        return Handler(method, self._fallback, generic=True)

    @staticmethod
    def _refuse(connection: Connection, stream_id: int, response: Sequence[Header], end_stream: bool) -> None:
        connection.engine.send_headers(stream_id, response, True)
        if not end_stream:
            connection.engine.reset_stream(stream_id, ErrorCode.NO_ERROR)

    def _task_started(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
