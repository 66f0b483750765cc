"""Interceptors: code around calls, of one shape for both sides and for the four kinds.

An interceptor is a coroutine function, or an object with an ``async def __call__``::

    async def timed(call: InterceptedCall, proceed: Proceed) -> None:
        started = time.perf_counter()
        try:
            await proceed()
        finally:
            print(call.method.path, time.perf_counter() - started)

``await proceed()`` runs what is further in: the other interceptors and then the handler, or, on a client, the call over
the network. It returns when that is over, and raises what it raised. What an interceptor raises in turn ends the call,
``RpcError`` with its status; returning ends it with OK.

Every call is a stream of requests, ``call.requests``, and a stream of responses, which are handed outwards one by one
by ``call.respond``; a kind that is not a stream has exactly one. Either is replaced by giving ``proceed`` another one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from minirpc.aio.context import Context
from minirpc.aio.observing import AttemptListener, StreamObserver, StreamRecord
from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.metadata import Metadata, MetadataInput, metadata_pairs
from minirpc.rpc.method import Method
from minirpc.rpc.status import Status

__all__ = [
    "CallScope",
    "ClientCall",
    "ClientInterceptor",
    "ClientProceed",
    "InterceptedCall",
    "Proceed",
    "Respond",
    "ServerCall",
    "ServerInterceptor",
    "SingleRequest",
    "only_request",
    "run_client_chain",
    "run_server_chain",
]

_log = logging.getLogger("minirpc.interceptors")

T = TypeVar("T")

DoneCallback: TypeAlias = Callable[[Status, float], object]
Respond: TypeAlias = Callable[[Any], Awaitable[None]]
Requests: TypeAlias = AsyncIterable[Any] | Iterable[Any]


class SingleRequest(AsyncIterable[T], Generic[T]):
    """The requests of a call that has one. It can be iterated again, so that a call can be tried again.

    Args:
        load: returns the request, or raises ``RpcError`` where the bytes are none; called once, when it is needed.
    """

    def __init__(self, load: Callable[[], T]) -> None:
        self._load: Callable[[], T] | None = load
        self._request: T

    async def __aiter__(self) -> AsyncIterator[T]:
        """Yields the request."""
        if self._load is not None:
            self._request = self._load()
            self._load = None
        yield self._request


class _Given(AsyncIterable[Any]):
    """An iterable that an interceptor gave, as often as it can be iterated itself."""

    def __init__(self, requests: Iterable[Any]) -> None:
        self._requests = requests

    async def __aiter__(self) -> AsyncIterator[Any]:
        for request in self._requests:
            yield request


class _Kept(AsyncIterable[Any]):
    """The one request that an interceptor gave as a stream, which may be an async generator: kept, to be read again."""

    def __init__(self, requests: AsyncIterable[Any]) -> None:
        self._requests: AsyncIterable[Any] | None = requests
        self._found: list[Any] = []

    async def __aiter__(self) -> AsyncIterator[Any]:
        if self._requests is not None:
            self._found = [request async for request in self._requests]
            self._requests = None
        for request in self._found:
            yield request


async def only_request(requests: AsyncIterable[T], path: str) -> T:
    """Returns the one request that a method takes.

    Raises:
        RpcError: INTERNAL, an interceptor passed none on, or more than one.
    """
    found = [request async for request in requests]
    if len(found) != 1:
        raise RpcError(
            StatusCode.INTERNAL, f"an interceptor passed {len(found)} requests on to {path}, which takes exactly one"
        )
    return found[0]


class CallScope:
    """What all interceptors of a call share: when it began, and who wants to know how it ended."""

    __slots__ = ("_callbacks", "_duration", "_path", "_started", "_status", "attempt_listeners", "shared")

    def __init__(self, path: str) -> None:
        self._path = path
        self._started = time.perf_counter()
        self._duration = 0.0
        self._status: Status | None = None
        self._callbacks: list[DoneCallback] = []
        self.shared: dict[Any, Any] = {}
        self.attempt_listeners: list[AttemptListener] = []

    def add_done_callback(self, callback: DoneCallback) -> None:
        """Calls ``callback`` when the call is over, at once if it is."""
        if self._status is None:
            self._callbacks.append(callback)
        else:
            self._run(callback, self._status)

    def over(self, status: Status) -> None:
        """Tells everybody how the call ended; the first call counts."""
        if self._status is not None:
            return
        self._status = status
        self._duration = time.perf_counter() - self._started
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            self._run(callback, status)

    def _run(self, callback: DoneCallback, status: Status) -> None:
        try:
            callback(status, self._duration)
        except Exception:  # noqa: BLE001  # callbacks raise what they like
            # The call is over: nobody is left who could be told by a status.
            _log.exception("a done callback of %s failed", self._path)


class InterceptedCall:
    """A call as one interceptor sees it.

    Attributes:
        method: the method: its path, and which sides are streams.
        requests: the requests, to be iterated over once; of a call that has only one, as often as you like.
        metadata: what the client sends with the call.
    """

    def __init__(
        self,
        scope: CallScope,
        method: Method[Any, Any],
        metadata: Metadata,
        requests: AsyncIterable[Any],
        respond: Respond,
    ) -> None:
        self.method = method
        self.metadata = metadata
        self.requests = requests
        self._scope = scope
        self._respond = respond

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method.path}>"

    @property
    def peer(self) -> str:
        """The other side's address; ``""`` on a client that has no connection yet."""
        raise NotImplementedError

    def time_remaining(self) -> float | None:
        """Returns the seconds until the call's deadline (0 if it has passed), or None if it has none."""
        raise NotImplementedError

    @property
    def shared(self) -> dict[Any, Any]:
        """What the interceptors of this call note for each other, or one of them for the call's next attempt.

        It is one dict for the whole call. An interceptor's own object is a good key.
        """
        return self._scope.shared

    async def request(self) -> Any:
        """Returns the request of a call that has exactly one.

        Raises:
            RpcError: INTERNAL, the request cannot be decoded; let it pass.
            TypeError: the method takes a stream of requests.
        """
        if self.method.client_streaming:
            raise TypeError(f"{self.method.path} takes a stream of requests: iterate over requests")
        return await only_request(self.requests, self.method.path)

    async def respond(self, response: Any) -> None:
        """Hands a response outwards: to the next outer interceptor, in the end to whoever made the call.

        Waits while the other side does not take more. Without effect when the call is over.

        Raises:
            RpcError: INTERNAL, the response cannot be encoded, or is one too many; let it pass.
        """
        await self._respond(response)

    def add_done_callback(self, callback: DoneCallback) -> None:
        """Has ``callback(status, duration)`` called exactly once, when the call is over.

        The status is the final one: after all interceptors, and also if nobody waits any more because the client
        cancelled, the deadline passed or the connection was lost. On a server it is what the server decided, or
        CANCELLED if the client was gone before that. The duration is in seconds.

        Args:
            callback: a plain function; called at once if the call is over already. What it raises is logged.
        """
        self._scope.add_done_callback(callback)


class Proceed(Protocol):
    """Runs the rest of the call."""

    async def __call__(self, *, requests: Requests | None = None, respond: Respond | None = None) -> None:
        """Runs what is further in, to its end; raises what it raised.

        Args:
            requests: what it sees as the requests, in place of ``call.requests``.
            respond: takes each of its responses, in place of ``call.respond``.
        """


class ServerCall(InterceptedCall):
    """A call that is served.

    Attributes:
        context: what the handler gets as well. To add metadata: ``add_initial_metadata``, ``add_trailing_metadata``.
        generic: whether the server's fallback serves it: the path is then whatever the client chose, and messages are
            bytes.
    """

    def __init__(
        self,
        scope: CallScope,
        method: Method[Any, Any],
        context: Context,
        requests: AsyncIterable[Any],
        respond: Respond,
        generic: bool,
        record: StreamRecord,
    ) -> None:
        super().__init__(scope, method, context.metadata, requests, respond)
        self.context = context
        self.generic = generic
        self._record = record

    @property
    def peer(self) -> str:
        """The client's address."""
        return self.context.peer

    def time_remaining(self) -> float | None:
        """Returns the seconds until the call's deadline (0 if it has passed), or None if it has none."""
        return self.context.time_remaining()

    def observe(self, observer: StreamObserver) -> None:
        """Has an observer hear of the call's messages as they are on the wire, those that have arrived included."""
        self._record.observe(observer)


ServerInterceptor: TypeAlias = Callable[[ServerCall, Proceed], Awaitable[None]]
"""An interceptor of a server: ``async def interceptor(call: ServerCall, proceed: Proceed) -> None``."""


class ClientProceed(Protocol):
    """Makes the call."""

    async def __call__(
        self,
        *,
        requests: Requests | None = None,
        respond: Respond | None = None,
        metadata: MetadataInput | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # it travels as grpc-timeout
    ) -> None:
        """Makes the call, to its end; may be called again.

        Args:
            requests: the requests to send, in place of ``call.requests``.
            respond: takes each response, in place of ``call.respond``.
            metadata: what to send, in place of ``call.metadata``.
            timeout: seconds for this attempt, within what remains of the call's deadline.

        Raises:
            RpcError: the call ended with a status other than OK.
            TypeError, ValueError: the metadata cannot be sent, or the timeout is not finite.
        """


class ReceivedMetadata(Protocol):
    """What is known of the last attempt."""

    peer: str
    initial_metadata: Metadata | None
    trailing_metadata: Metadata

    def time_remaining(self) -> float | None:
        """Returns the seconds until the deadline, or None."""


class ClientCall(InterceptedCall):
    """A call that is made.

    Attributes:
        timeout: seconds that the interceptors outside gave this part of the call; None for no limit of its own.
    """

    def __init__(
        self,
        scope: CallScope,
        method: Method[Any, Any],
        metadata: Metadata,
        requests: AsyncIterable[Any],
        respond: Respond,
        received: ReceivedMetadata,
        timeout: float | None = None,  # it travels as grpc-timeout
    ) -> None:
        super().__init__(scope, method, metadata, requests, respond)
        self.timeout = timeout
        self._received = received

    @property
    def peer(self) -> str:
        """The server's address; ``""`` while there is no connection."""
        return self._received.peer

    def time_remaining(self) -> float | None:
        """Returns the seconds until the call's deadline (0 if it has passed), or None if it has none."""
        return self._received.time_remaining()

    def observe_attempts(self, listener: AttemptListener) -> None:
        """Has a listener be told of each attempt from now on, also of those that the channel makes by itself.

        It is added to the whole call: once is enough, however often the interceptor is passed.
        """
        self._scope.attempt_listeners.append(listener)

    @property
    def initial_metadata(self) -> Metadata:
        """What the server sent before its first message, in the last attempt; empty until it is known."""
        return self._received.initial_metadata or ()

    @property
    def trailing_metadata(self) -> Metadata:
        """What the server sent with the status, in the last attempt; empty until it is known."""
        return self._received.trailing_metadata


ClientInterceptor: TypeAlias = Callable[[ClientCall, ClientProceed], Awaitable[None]]
"""An interceptor of a channel: ``async def interceptor(call: ClientCall, proceed: ClientProceed) -> None``."""


def _inner_requests(call: InterceptedCall, requests: Requests | None) -> AsyncIterable[Any]:
    if requests is None:
        return call.requests
    if not isinstance(requests, AsyncIterable):
        requests = _Given(requests)
    return requests if call.method.client_streaming else _Kept(requests)


async def run_server_chain(
    interceptors: Sequence[ServerInterceptor], call: ServerCall, last: Callable[[ServerCall], Awaitable[None]]
) -> None:
    """Runs interceptors, the first one outermost, around ``last``."""
    if not interceptors:
        await last(call)
        return

    async def proceed(*, requests: Requests | None = None, respond: Respond | None = None) -> None:
        inner = ServerCall(
            call._scope,
            call.method,
            call.context,
            _inner_requests(call, requests),
            respond or call._respond,
            call.generic,
            call._record,
        )
        await run_server_chain(interceptors[1:], inner, last)

    await interceptors[0](call, proceed)


async def run_client_chain(
    interceptors: Sequence[ClientInterceptor], call: ClientCall, last: Callable[[ClientCall], Awaitable[None]]
) -> None:
    """Runs interceptors, the first one outermost, around ``last``."""
    if not interceptors:
        await last(call)
        return

    async def proceed(
        *,
        requests: Requests | None = None,
        respond: Respond | None = None,
        metadata: MetadataInput | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # it travels as grpc-timeout
    ) -> None:
        inner = ClientCall(
            call._scope,
            call.method,
            call.metadata if metadata is None else metadata_pairs(metadata),
            _inner_requests(call, requests),
            respond or call._respond,
            call._received,
            call.timeout if timeout is None else timeout if call.timeout is None else min(timeout, call.timeout),
        )
        await run_client_chain(interceptors[1:], inner, last)

    await interceptors[0](call, proceed)
