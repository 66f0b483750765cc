"""The client's channel: what calls have in common, and the connections behind it (which :mod:`routing` looks after)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from minirpc import __version__
from minirpc.aio.authorizing import Authorizing
from minirpc.aio.backoff import Backoff
from minirpc.aio.client_stream import ClientStream
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.connector import Connector, Dialer, connect_socket
from minirpc.aio.context import inherited_deadline
from minirpc.aio.credentials import CallCredentials
from minirpc.aio.inspection import forget
from minirpc.aio.interceptors import ClientInterceptor
from minirpc.aio.keepalive import Keepalive
from minirpc.aio.lifetime import LoopBound
from minirpc.aio.observing import AttemptListener
from minirpc.aio.policies import PickFirst
from minirpc.aio.policy_registry import PolicyChoice
from minirpc.aio.resolver import DnsResolver, Resolver, StaticResolver, create_resolver, parse_target
from minirpc.aio.retry_buffer import DEFAULT_RETRY_BUFFER_SIZE, DEFAULT_RETRY_BUFFER_TOTAL, RetryBuffer
from minirpc.aio.routing import Routing
from minirpc.aio.service_configs import ServiceConfigs
from minirpc.aio.shipped_policies import find_balancer
from minirpc.aio.subchannel import Failure
from minirpc.aio.target import Address, UnixAddress, host_of
from minirpc.aio.tls import ClientTls, ContextSource
from minirpc.aio.waiting_calls import DEFAULT_MAX_WAITING_CALLS, CallQueue
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import FixedHeaders, Header, Http2Options
from minirpc.lazy import lazy
from minirpc.rpc.compression import ACCEPT_ENCODING, Encoding, get_encoding
from minirpc.rpc.framing import DEFAULT_MAX_RECEIVE_MESSAGE_SIZE
from minirpc.rpc.metadata import DEFAULT_MAX_RECEIVE_METADATA_SIZE
from minirpc.rpc.service_config import MethodConfig, ServiceConfig

if TYPE_CHECKING:
    from minirpc.aio import retrying
else:
    retrying = lazy("minirpc.aio.retrying")

__all__ = ["Channel"]

_log = logging.getLogger("minirpc.channel")

_USER_AGENT = f"grpc-python-minirpc/{__version__}".encode()
_CANCEL_TIMEOUT = 5.0  # seconds for what is cancelled (interceptors, functions of credentials, …) to clean up
_MAX_PATHS = 256  # methods whose headers are kept
_CLOSE_TIMEOUT = 1.0  # seconds for the peer to take what is still to be sent

_OPTIONS: Final = Http2Options()
_BACKOFF: Final = Backoff()


class Channel(LoopBound):
    """A channel to the servers behind a name. Calls are made through stubs, which take a channel.

    It connects when the first call needs it, and again when a later call does after a connection was lost. One
    connection to a server carries all calls to it; calls beyond the server's limit of concurrent streams wait for their
    turn.

    A channel belongs to the event loop on which it is first used. It is safe to use from many tasks, not from threads.
    One that was in use when the process was forked is the parent's; one that was not may be used by the child.

    Attributes:
        interceptors: what runs around each call.
        routing: what places the calls.
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
        wait_for_ready: bool = False,
        interceptors: Sequence[ClientInterceptor] = (),
        authority: str | None = None,
        http2_options: Http2Options | None = None,
        tls: ClientTls | None = None,
        credentials: CallCredentials | None = None,
        connector: Connector = connect_socket,
        load_balancing: PolicyChoice = "pick_first",
        health_check: str | None = None,
        resolver: Resolver | None = None,
        resolve_interval: float = 30.0,
        backoff: Backoff | None = None,
        idle_timeout: float | None = 1800.0,
        keepalive: Keepalive | None = None,
        retry_buffer_size: int = DEFAULT_RETRY_BUFFER_SIZE,
        retry_buffer_total: int = DEFAULT_RETRY_BUFFER_TOTAL,
        service_config: ServiceConfig | str | Mapping[str, Any] | None = None,
        enable_retries: bool = True,
        max_waiting_calls: int | None = DEFAULT_MAX_WAITING_CALLS,
    ) -> None:
        """Prepares a channel; nothing is connected yet.

        Args:
            target: ``host:port``, ``dns:///host:port``, ``ipv4:…``, ``ipv6:…``, ``unix:/path``, ``static:`` with a list
                of addresses, or a name with a scheme of :func:`minirpc.aio.register_resolver`.
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
            wait_for_ready: whether calls wait, within their deadlines, while no server can be connected to; by default
                they fail with UNAVAILABLE. A call may choose otherwise.
            interceptors: what runs around each call, the first one outermost.
            authority: the ``:authority`` of requests; by default the target's host and port.
            http2_options: windows and limits of the connections.
            tls: speak TLS; None for plaintext. The server's certificate must have the name ``tls.server_name``, by
                default the host of ``authority`` or of the target.
            credentials: what adds metadata to each call that say who calls; those of a call itself follow.
            connector: how to reach an address, in place of a socket. It gets host names as the target has them.
            load_balancing: which endpoint takes which call: the name of a policy, or one that is set up, such as
                ``LeastRequest(choices=3)``. ``pick_first``: all calls go to the first address that could be connected
                to; ``round_robin``: they go in turn to all endpoints that are connected.
            health_check: the service that servers are asked for, whether they serve (``""`` for all of the server), by
                their health service; one that does not gets no calls, under any policy but ``pick_first``. None to ask
                nothing.
            resolver: finds the endpoints, in place of the one that belongs to the target.
            resolve_interval: seconds from one resolution to the next that a failure or a departing server gives reason
                for, at least.
            backoff: the waits after failures to connect or to resolve the target.
            idle_timeout: seconds without a call after which connections are closed, to be made again by the next call;
                None for never.
            keepalive: how to find out that a server is gone without a word; None leaves that to TCP, which may take a
                quarter of an hour.
            retry_buffer_size: bytes of a stream of requests that are kept, until the server answers, for another
                attempt. The one request of other calls is kept whatever its size.
            retry_buffer_total: bytes that all calls together keep for another attempt, those of calls with one request
                and a policy of retries or hedging included. A call without room has no other attempt by its policy.
            service_config: timeouts, retries and so on of methods, and the load balancing, which counts in place of
                ``load_balancing``: a :class:`minirpc.rpc.service_config.ServiceConfig`, JSON, or what ``json.loads``
                makes of it. It counts where the resolver delivers none.
            enable_retries: False not to follow the service config's policies of retries and hedging. What no server has
                seen is tried again all the same.
            max_waiting_calls: calls that may wait at once for a connection, or for the server to allow another stream;
                further ones fail with RESOURCE_EXHAUSTED. None for no limit.

        Raises:
            ConfigError: ``service_config`` means nothing; with the path.
            OSError: a file that ``tls`` names cannot be read.
            TypeError: ``credentials`` are none of minirpc's, or ``service_config`` is none.
            ValueError: the target cannot be read, there is no such compression or load balancing, ``tls`` has what is
                no certificate or key, a number is out of its range, or ``credentials`` would be sent in plaintext
                without having allowed it.
        """
        super().__init__()
        _check_positive("connect_timeout", connect_timeout)
        if idle_timeout is not None:
            _check_positive("idle_timeout", idle_timeout)
        self.interceptors = tuple(interceptors)
        self._target = target
        self._encoding = get_encoding(compression)
        self._inherit_deadline = inherit_deadline
        self._wait_for_ready = wait_for_ready
        self._max_receive_message_size = max_receive_message_size
        self._max_send_message_size = max_send_message_size
        self._max_receive_metadata_size = max_receive_metadata_size
        self._retry_buffer = RetryBuffer(retry_buffer_size, retry_buffer_total)
        named: list[Address] | None = None  # the addresses that the target itself says
        by_target = resolver is None
        if resolver is None:
            parsed = parse_target(target)
            resolver, named = create_resolver(parsed)
            if named is not None and connector is not connect_socket:
                resolver = StaticResolver(named)  # what a host name means, the connector knows
            name = parsed.path if named is not None else parsed.path.partition("?")[0]  # options are no name
        else:
            name = target.rpartition("/")[2]
        if named is not None:
            name = "localhost" if isinstance(named[0], UnixAddress) else str(named[0])
        options = http2_options or _OPTIONS
        if options.max_header_list_size < max_receive_metadata_size:
            options = replace(options, max_header_list_size=max_receive_metadata_size)
        # The name that the certificate must have; None for the host of each address, where the target lists them.
        server_name = (tls and tls.server_name) or (authority and host_of(authority)) or None
        if server_name is None and not isinstance(resolver, StaticResolver):
            server_name = host_of(name)
        dialer = Dialer(
            connector,
            options,
            None if tls is None else ContextSource(tls),
            server_name,
            connect_timeout,
            keepalive,
            "" if isinstance(resolver, StaticResolver) else name,
        )
        self._configs = ServiceConfigs(
            service_config,
            find_balancer(load_balancing),
            pending=resolver.delivers_service_config,
            enable_retries=enable_retries,
        )
        if (
            by_target
            and isinstance(resolver, DnsResolver)
            and not isinstance(self._configs.balancing.factory, PickFirst)
        ):
            # With pick_first nothing is to be gained, and names whose answers differ each time would cost connections.
            resolver.keep_fresh()
        self.routing = Routing(
            target,
            resolver,
            self._configs,
            dialer,
            backoff=backoff or _BACKOFF,
            resolve_interval=resolve_interval,
            idle_timeout=idle_timeout,
            max_waiting_calls=max_waiting_calls,
        )
        self._unsettled = CallQueue(self.routing.waiting)  # those that wait for the resolver's service config
        self._scheme = b"http" if tls is None else b"https"
        self._authority = (authority or (tls and tls.server_name) or name).encode()
        self.routing.health_headers = (
            (b":method", b"POST"),
            (b":scheme", self._scheme),
            (b":authority", self._authority),
        )
        self.check_health(health_check)
        private = tls is not None or (
            connector is connect_socket and named is not None and all(isinstance(a, UnixAddress) for a in named)
        )
        self._headers: dict[str, FixedHeaders] = {}  # by method
        self._authorizing = Authorizing(
            credentials, self.routing, scheme=self._scheme, authority=self._authority, private=private
        )
        self._user_tasks: set[asyncio.Task[None]] = set()  # interceptors and functions of credentials that run
        self._closed = False

    def __repr__(self) -> str:
        return repr(self.routing)

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
        if grace and self.routing.streams:
            self.routing.drained = asyncio.Event()
            try:
                async with asyncio.timeout(grace):
                    await self.routing.drained.wait()
            except TimeoutError:
                _log.info("%r: calls still running after %s s of grace are cancelled", self, grace)
            finally:  # also where this is cancelled
                self._end_everything()
        else:
            self._end_everything()
        tasks = self._user_tasks | self.routing.tasks
        if tasks:
            _, stuck = await asyncio.wait(tasks, timeout=_CANCEL_TIMEOUT)
            for task in stuck:
                _log.warning("%s do not end although they were cancelled", task.get_name())
        closing = [connection.closed for connection in self.routing.connections]
        if closing:
            await asyncio.wait(closing)

    def _end_everything(self) -> None:
        for stream in list(self.routing.streams):
            stream.fail(StatusCode.CANCELLED, "the channel was closed")
        self.routing.stop(ChannelState.SHUTDOWN)
        for task in self.routing.tasks:
            task.cancel()
        for connection in list(self.routing.connections):
            connection.go_away(_CLOSE_TIMEOUT)

    # -- connectivity

    @property
    def state(self) -> ChannelState:
        """How the channel stands to its servers now."""
        return self.routing.watch.state

    def states(self) -> AsyncIterator[ChannelState]:
        """Iterates over the channel's state and those that follow, until SHUTDOWN.

        Who is slow sees the last of several changes.
        """
        self._bind_loop()
        return self.routing.watch.states()

    async def wait_for_state(self, *states: ChannelState) -> ChannelState:
        """Waits until the channel is in one of these states, if only for a moment, and returns it.

        Raises:
            RuntimeError: the channel is closed, so that it will never be.
        """
        self._bind_loop()
        state = await self.routing.watch.reached({*states, ChannelState.SHUTDOWN})
        if state not in states:
            raise RuntimeError(f"channel to {self._target} is closed")
        return state

    async def connect(self, *, wait_for_ready: bool | None = None) -> None:
        """Connects without a call, and waits until the channel is READY.

        Args:
            wait_for_ready: whether to wait on, after a failure, until it works; None for the channel's choice.

        Raises:
            RpcError: UNAVAILABLE, no server could be connected to, as a call would say.
            RuntimeError: the channel is closed, or belongs to another event loop.
        """
        self.bind_loop()
        waits = self._wait_for_ready if wait_for_ready is None else wait_for_ready
        ends = {ChannelState.READY, ChannelState.IDLE, ChannelState.SHUTDOWN}
        if not waits:
            ends.add(ChannelState.TRANSIENT_FAILURE)
        watch = self.routing.watch
        while True:
            if watch.state is ChannelState.IDLE:
                self.routing.leave_idle()
            # READY for a moment is enough: a server may end every connection as soon as it is there.
            state = await watch.reached(ends - {watch.state} if watch.state is ChannelState.IDLE else ends)
            if state is ChannelState.READY:
                return
            self.bind_loop()
            if state is ChannelState.TRANSIENT_FAILURE:
                failure = self.routing.failure or Failure(f"cannot connect to {self._target}")
                raise RpcError(failure.code, failure.message) from failure.cause

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
        wait_for_ready: bool | None = None,
        listeners: Sequence[AttemptListener] = (),
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
            wait_for_ready: whether to wait while no server can be connected to; None for the channel's choice.
            listeners: who is told of each attempt.

        Raises:
            RuntimeError: the channel is closed, or belongs to another event loop.
            RpcError: RESOURCE_EXHAUSTED, the request is larger than ``max_send_message_size``.
        """
        loop = self.bind_loop()
        if request is not None:
            self.check_send_size(request, path)
        headers: tuple[Header, ...] = self._headers.get(path) or self._add_headers(path)
        if metadata:
            headers = (*headers, *metadata)
        if self._configs.active:
            return self._start_by_config(
                path,
                headers,
                request,
                self._deadline(loop, timeout, inherit_deadline),
                wait_for_ready,
                credentials,
                listeners,
                single_response=single_response,
                encoding=encoding or self._encoding,
            )
        stream = ClientStream(
            self.routing,
            loop,
            headers,
            request=request,
            single_response=single_response,
            deadline=self._deadline(loop, timeout, inherit_deadline),
            max_receive_message_size=self._max_receive_message_size,
            max_receive_metadata_size=self._max_receive_metadata_size,
            encoding=encoding or self._encoding,
            wait_for_ready=self._wait_for_ready if wait_for_ready is None else wait_for_ready,
            retry_buffer=self._retry_buffer,
        )
        self.routing.calls.start()
        self._begin(path, credentials, stream, listeners)
        return stream

    def _add_headers(self, path: str) -> FixedHeaders:
        """Makes what the calls of a method begin with."""
        if len(self._headers) >= _MAX_PATHS:
            self._headers.clear()
        self._headers[path] = headers = FixedHeaders(
            (
                (b":method", b"POST"),
                (b":scheme", self._scheme),
                (b":path", path.encode()),
                (b":authority", self._authority),
                (b"te", b"trailers"),
                (b"content-type", b"application/grpc"),
                (b"user-agent", _USER_AGENT),
                (b"grpc-accept-encoding", ACCEPT_ENCODING),
            )
        )
        return headers

    def _start_by_config(
        self,
        path: str,
        headers: Sequence[Header],
        request: bytes | None,
        own_deadline: float | None,
        own_wait: bool | None,
        credentials: CallCredentials | None,
        listeners: Sequence[AttemptListener],
        **options: Any,
    ) -> ClientStream:
        """Starts a call as the service config says, now or when the resolver has delivered it."""
        configs, routing, loop = self._configs, self.routing, self.routing.loop
        started = loop.time()

        def settings(config: MethodConfig | None) -> dict[str, Any]:
            deadline, waits, max_size = own_deadline, own_wait, self._max_receive_message_size
            if config is not None:
                if config.timeout is not None:
                    bound = started + config.timeout
                    deadline = bound if deadline is None else min(bound, deadline)
                waits = config.wait_for_ready if waits is None else waits
                if config.max_response_message_bytes is not None:
                    max_size = min(max_size, config.max_response_message_bytes)
            return {
                "deadline": deadline,
                "wait_for_ready": self._wait_for_ready if waits is None else waits,
                "max_receive_message_size": max_size,
            }

        config = None if configs.pending else configs.for_method(path)
        options |= settings(config)
        options |= {
            "request": request,
            "max_receive_metadata_size": self._max_receive_metadata_size,
            "retry_buffer": self._retry_buffer,
        }
        rules = configs.rules(config)
        routing.calls.start()
        if rules is None and not configs.pending:
            plain = ClientStream(routing, loop, headers, **options)
            throttle = configs.throttle
            if throttle is not None:  # "Every outgoing RPC (regardless of service or method)" that succeeds counts
                plain.add_done_callback(lambda: None if plain.failed else throttle.succeeded())
            self._begin(path, credentials, plain, listeners)
            return plain
        stream = retrying.RetryingStream(
            routing, loop, headers, begin=partial(self._begin, path, credentials), **options
        )
        routing.streams.add(stream)
        stream.listeners = listeners
        if not configs.pending:
            stream.start(rules)
            return stream

        def settled(failure: Failure | None) -> None:
            if failure is not None:
                stream.resolution_failed(failure)
                return
            self._unsettled.discard(stream)
            config = configs.for_method(path)
            stream.waited_for_name = True
            stream.adapt(**settings(config))
            try:
                if request is not None:
                    self.check_send_size(request, path)
            except RpcError as error:
                stream.fail(error.code, error.message)
            else:
                stream.start(configs.rules(config))

        def forget() -> None:
            self._unsettled.discard(stream)
            configs.forget(settled)

        configs.wait(settled)
        self._unsettled.add(stream)
        stream.add_done_callback(forget)
        routing.leave_idle()
        routing.waiting.admit(stream)
        if configs.pending and routing.failure is not None:
            settled(routing.failure)
        return stream

    def _begin(
        self,
        path: str,
        credentials: CallCredentials | None,
        stream: ClientStream,
        listeners: Sequence[AttemptListener] = (),
    ) -> None:
        """Sends a call, or an attempt of one, on its way, with its credentials; listeners are those of a plain call."""
        if listeners:
            stream.listeners = listeners
            stream.begin_attempt()
        if self._authorizing.own is None and credentials is None:
            self.routing.start(stream)
        else:
            self._count(self._authorizing.start(stream, path, credentials))

    def start_chain(self, stream: ClientStream, task: asyncio.Task[None]) -> None:
        """Counts a call that interceptors are around, and the task in which they run, as this channel's."""
        self.routing.streams.add(stream)
        self._count(task)

    def _count(self, task: asyncio.Task[None]) -> None:
        """Has :meth:`close` wait for a task that runs code of the user."""
        self._user_tasks.add(task)
        task.add_done_callback(self._user_tasks.discard)

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
        return self._deadline(self._bind_loop(), timeout, inherit)

    def _deadline(self, loop: asyncio.AbstractEventLoop, timeout: float | None, inherit: bool | None) -> float | None:
        inherits = self._inherit_deadline if inherit is None else inherit
        deadline = inherited_deadline(loop) if inherits else None
        if timeout is not None:
            own = loop.time() + timeout
            deadline = own if deadline is None else min(own, deadline)
        return deadline

    def check_send_size(self, message: bytes, path: str) -> None:
        """Raises ``RpcError`` (RESOURCE_EXHAUSTED) if the message is larger than may be sent to this method.

        That is ``max_send_message_size``, and ``maxRequestMessageBytes`` of the service config.
        """
        limit, name = self._max_send_message_size, "max_send_message_size"
        if self._configs.active and (config := self._configs.for_method(path)) is not None:
            size = config.max_request_message_bytes
            if size is not None and (limit is None or size < limit):
                limit, name = size, "maxRequestMessageBytes of the service config"
        if limit is not None and len(message) > limit:
            raise RpcError(
                StatusCode.RESOURCE_EXHAUSTED,
                f"message of {len(message)} bytes is larger than {name} ({limit} bytes)",
            )

    def check_credentials(self, credentials: CallCredentials) -> None:
        """Looks whether calls of this channel may send these credentials.

        Raises:
            TypeError: they are none of minirpc's.
            ValueError: they would be sent in plaintext, without having allowed it.
        """
        self._authorizing.check(credentials)

    def check_health(self, service: str | None) -> None:
        """Has servers be asked for this service's health on new connections; None to ask nothing.

        A service config that speaks of health checks counts in place of it.
        """
        self.routing.health_service = service

    def compresses(self, request: object) -> bool:  # noqa: ARG002
        """Any request may be compressed."""
        return True

    # -- lifetime.LoopBound

    def _bind_loop(self) -> asyncio.AbstractEventLoop:
        self.routing.loop = loop = super()._bind_loop()
        return loop

    def _unclosed(self) -> bool:
        return bool(self.routing.connections)

    def _forget_inherited(self) -> None:
        forget(self.routing.number)


def _check_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} must be more than 0 seconds, not {value}")
