"""A call with interceptors around it, as the caller's call object sees it: a stream like any other.

Its messages are message objects, not bytes: the codecs belong to the calls that the innermost interceptor makes. The
interceptors run in a task of their own, which begins with the call and is cancelled with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

from minirpc.aio.call import Call
from minirpc.aio.channel import Channel
from minirpc.aio.client_stream import ClientStream
from minirpc.aio.credentials import CallCredentials
from minirpc.aio.interceptors import CallScope, ClientCall, SingleRequest, only_request, run_client_chain
from minirpc.aio.waiter import Waiter
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import Header
from minirpc.rpc.metadata import decode_metadata
from minirpc.rpc.method import Codec, Method
from minirpc.rpc.status import OK, Status

__all__ = ["InterceptedSource", "without_codecs"]


def _same(message: Any) -> Any:
    return message


_OBJECTS: Codec[Any] = Codec(_same, _same)


def without_codecs(method: Method[Any, Any]) -> Method[Any, Any]:
    """Returns the method with messages that stay what they are."""
    return Method(
        method.path,
        _OBJECTS,
        _OBJECTS,
        client_streaming=method.client_streaming,
        server_streaming=method.server_streaming,
    )


class InterceptedSource:
    """What starts the calls of one method through the interceptors of a channel (see ``call.CallSource``)."""

    def __init__(self, channel: Channel, method: Method[Any, Any]) -> None:
        self._channel = channel
        self._method = method

    def __repr__(self) -> str:
        return repr(self._channel)

    def start_call(
        self,
        path: str,  # noqa: ARG002  # the method's
        metadata: Sequence[Header],
        timeout: float | None,
        request: Any,
        **options: Any,
    ) -> ClientStream:
        """Starts the interceptors."""
        return InterceptedStream(self._channel, self._method, metadata, timeout, request, options)

    def check_send_size(self, message: Any, path: str) -> None:
        """The calls that the interceptors make check what they send."""

    def check_credentials(self, credentials: CallCredentials) -> None:
        self._channel.check_credentials(credentials)

    def compresses(self, request: Any) -> bool:  # noqa: ARG002
        """Any request may be compressed."""
        return True


class _AttemptSource:
    """What starts a call of the innermost interceptor: the channel, with the options of the caller's call."""

    def __init__(self, outer: InterceptedStream, channel: Channel, options: dict[str, Any]) -> None:
        self._outer = outer
        self._channel = channel
        self._options = options

    def start_call(
        self,
        path: str,
        metadata: Sequence[Header],
        timeout: float | None,
        request: Any,
        **_: Any,
    ) -> ClientStream:
        listeners = self._outer.scope.attempt_listeners
        stream = self._channel.start_call(path, metadata, timeout, request, listeners=listeners, **self._options)
        self._outer.follow(stream)
        return stream

    def check_send_size(self, message: Any, path: str) -> None:
        self._channel.check_send_size(message, path)

    def check_credentials(self, credentials: CallCredentials) -> None:
        """Those of the caller's call were checked; attempts have no others."""

    def compresses(self, request: Any) -> bool:
        return self._outer.compresses(request)


class InterceptedStream(ClientStream):
    """A call with interceptors around it. It never has a connection: they make calls that do.

    Attributes:
        scope: what the interceptors share.
    """

    counts = False

    def __init__(
        self,
        channel: Channel,
        method: Method[Any, Any],
        metadata: Sequence[Header],
        timeout: float | None,
        request: Any,
        options: dict[str, Any],
    ) -> None:
        loop = channel.bind_loop()
        super().__init__(
            channel.routing,
            loop,
            ((b":path", method.path.encode()),),  # what the log names it by; nothing of it is sent
            request=None,
            single_response=not method.server_streaming,
            deadline=channel.deadline(timeout, options.get("inherit_deadline")),
            max_receive_message_size=0,
            max_receive_metadata_size=0,
        )
        self._method = method
        self._channel = channel
        self._options = options
        self.scope = CallScope(method.path)
        self._requests: deque[tuple[Any, bool]] = deque()  # and whether they may be compressed
        self._last_taken: tuple[Any, bool] = (None, True)
        self._last_arrived: tuple[Any, bool] = (None, False)  # a response, and whether it had come compressed
        self._takers: list[asyncio.Future[None]] = []  # those who wait for a request, and those who wait to give one
        self._given = self._taken = 0  # requests
        self._received = 0  # responses
        given: Any = _RequestQueue(self) if method.client_streaming else SingleRequest(lambda: request)
        call = ClientCall(self.scope, method, decode_metadata(metadata), given, self._respond, self)
        task = loop.create_task(self._run(call), name=f"interceptors of {method.path}")
        self.add_done_callback(lambda: self._over(task))
        channel.start_chain(self, task)

    # -- the interceptors

    async def _run(self, call: ClientCall) -> None:
        path = self._method.path
        try:
            await run_client_chain(self._channel.interceptors, call, self._attempt)
            if self._single_response and not self._received:
                raise RpcError(StatusCode.INTERNAL, f"an interceptor ended {path} without a response")
        except RpcError as error:
            # Whoever raised it, it is what the caller sees, with all that it knows of the server.
            self.initial_metadata = tuple(error.initial_metadata) or self.initial_metadata
            self.trailing_metadata = tuple(error.trailing_metadata)
            self._end_with(Status(error.code, error.message, error.details, cause=error.__cause__))
        except asyncio.CancelledError:
            self._end_with(Status(StatusCode.CANCELLED, "an interceptor was cancelled"))
            raise
        except BaseException as error:
            self._end_with(
                Status(StatusCode.INTERNAL, f"an interceptor raised {type(error).__name__}: {error}", cause=error)
            )
            if not isinstance(error, Exception):
                raise
        else:
            self._end_with(OK)

    async def _attempt(self, call: ClientCall) -> None:
        """Makes a call over the network: what the innermost interceptor proceeds to."""
        method = self._method
        timeout = call.timeout
        remaining = self.time_remaining()
        if remaining is not None:
            timeout = remaining if timeout is None else min(timeout, remaining)
        options: dict[str, Any] = (
            {"requests": call.requests}
            if method.client_streaming
            else {"request": await only_request(call.requests, method.path)}
        )
        source = _AttemptSource(self, self._channel, self._options)
        attempt: Call[Any, Any] = Call(source, method, timeout=timeout, metadata=call.metadata, **options)
        attempt._started()
        try:
            if method.server_streaming:
                while (response := await attempt._receive()) is not None:
                    self._last_arrived = response, attempt.response_compressed
                    await call.respond(response)
            else:
                response = await attempt._single_response()
                self._last_arrived = response, attempt.response_compressed
                await call.respond(response)
        finally:
            # Both are without effect on a call that is over.
            attempt.cancel()
            await attempt._sender_ended()

    def follow(self, attempt: ClientStream) -> None:
        """Takes over what is learnt of the server in an attempt."""
        self.initial_metadata = None
        self.trailing_metadata = ()

        def headers() -> None:
            if not self.over:
                self.peer = attempt.peer
                self.initial_metadata = attempt.initial_metadata
                self._wake_watchers()

        def ended() -> None:
            if not self.over:
                self.peer = attempt.peer
                self.trailing_metadata = attempt.trailing_metadata

        attempt.on_headers = headers
        attempt.add_done_callback(ended)

    def time_remaining(self) -> float | None:
        """Returns the seconds until the deadline, or None."""
        return None if self._deadline is None else max(0.0, self._deadline - self._loop.time())

    def expire(self) -> None:
        """The deadline has passed."""
        # Whether there was a connection is known to the attempts alone.
        self.fail(StatusCode.DEADLINE_EXCEEDED, "the deadline passed")

    def _end_with(self, status: Status) -> None:
        if not self.over:
            self._finish(status)

    def _over(self, task: asyncio.Task[None]) -> None:
        if asyncio.current_task(self._loop) is not task:
            task.cancel()
        self._wake_takers()
        assert self.status is not None
        self.scope.over(self.status)

    # -- responses

    async def _respond(self, response: Any) -> None:
        if self.over:
            return
        self._received += 1
        if self._single_response and self._received > 1:
            raise RpcError(StatusCode.INTERNAL, f"more than one response of {self._method.path}, which has exactly one")
        arrived, compressed = self._last_arrived
        received: Any = response, compressed and response is arrived
        self.inbox.extend((received,))
        if self._single_response:
            return
        self._wake_reader()
        while self.inbox and not self.over:
            await self._wait_for_taker()

    def poll(self) -> Any:
        """Leaves it to :meth:`read`, which tells the interceptors that there is room."""
        return None

    async def read(self) -> Any:
        """Waits for the next response; None when no more will come.

        Raises:
            RuntimeError: another task is reading already.
        """
        while not self.inbox:
            if self.over:
                return None
            if self._reader is not None:
                raise RuntimeError("another task is already receiving from this call")
            self._reader = Waiter(self._loop)
            try:
                await self._reader
            finally:
                self._reader = None
        response = self.inbox.popleft()
        self._wake_takers()
        return response

    def open_message(self, message: Any) -> Any:
        """Returns the response, which an attempt has opened."""
        response, self.message_compressed = message
        return response

    # -- requests

    def begin_sending(self, message: Any, compress: bool = True) -> Coroutine[Any, Any, None]:
        """Hands one of a stream of requests to the interceptors; see :meth:`compresses` for what ``compress`` does."""
        return self.send_request(message, compress)

    async def send(self, message: Any, compress: bool = True) -> None:
        """Hands a request to the interceptors, and waits until they take it or the call is over."""
        if self.over:
            return
        self._requests.append((message, compress))
        self._given += 1
        turn = self._given
        self._wake_takers()
        while self._taken < turn and not self.over:
            await self._wait_for_taker()

    def end_output(self, trailers: Sequence[Header] = ()) -> None:
        """Ends the stream of requests after those that are waiting."""
        self._ending = trailers
        self._wake_takers()

    async def next_request(self) -> Any:
        """Waits for a request.

        Raises:
            RpcError: CANCELLED, the call is over, which is not to be taken for the end of the requests.
            StopAsyncIteration: no more will come.
        """
        while not self._requests:
            if self.over:
                raise RpcError(StatusCode.CANCELLED, "the call ended before its requests")
            if self._ending is not None:
                raise StopAsyncIteration
            await self._wait_for_taker()
        self._last_taken = self._requests.popleft()
        self._taken += 1
        self._wake_takers()
        return self._last_taken[0]

    def compresses(self, request: Any) -> bool:
        """Returns whether an attempt may compress a request.

        That is what the caller said when it sent this very message, if the interceptors pass it on before they take the
        next one. Whatever else they send is theirs. To know more would be to keep every message while the call runs.
        """
        taken, compress = self._last_taken
        return compress or request is not taken

    async def _wait_for_taker(self) -> None:
        taker = self._loop.create_future()
        self._takers.append(taker)
        await taker

    def _wake_takers(self) -> None:
        takers, self._takers = self._takers, []
        for taker in takers:
            if not taker.done():
                taker.set_result(None)


class _RequestQueue(AsyncIterator[Any]):
    """The stream of requests, as the outermost interceptor iterates over it."""

    def __init__(self, stream: InterceptedStream) -> None:
        self._stream = stream

    async def __anext__(self) -> Any:
        return await self._stream.next_request()
