"""The blocking face of calls: what a stub's methods are on a blocking channel, :class:`minirpc.sync.Channel`.

Each call is one of :mod:`minirpc.aio.call` that runs on an event loop in another thread; the methods here hand work to
that loop and wait. They may be used from any thread, and several threads may share a call as several tasks may.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypedDict, TypeVar, Unpack

from minirpc.aio.call import BidiCall, Call, ClientStreamCall, UnaryCall, send_request
from minirpc.aio.channel import Channel
from minirpc.aio.client_stream import ClientStream
from minirpc.aio.credentials import CallCredentials
from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.metadata import Metadata, MetadataInput
from minirpc.rpc.status import Status

__all__ = [
    "BlockingBidiCall",
    "BlockingCall",
    "BlockingChannel",
    "BlockingClientStreamCall",
    "BlockingServerStreamCall",
    "BlockingStreamStream",
    "BlockingStreamUnary",
    "BlockingUnaryCall",
    "BlockingUnaryStream",
    "BlockingUnaryUnary",
    "CallOptions",
]

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
T = TypeVar("T")

_BATCH_SIZE = 64  # responses that change threads at once, when so many have arrived


class CallOptions(TypedDict, total=False):
    """What may be said of each call.

    Attributes:
        timeout: seconds until the call fails with DEADLINE_EXCEEDED; None for no limit.
        metadata: sent with the call: ``str`` values, ``bytes`` for keys that end in ``-bin``.
        compression: how requests are compressed, see :class:`minirpc.aio.Channel`; None for the channel's choice.
        inherit_deadline: whether, inside a handler, the deadline of the call that it serves bounds this one too; None
            for the channel's choice.
        credentials: add metadata to this call, after what those of the channel add.
        wait_for_ready: whether the call waits, until its deadline, while no server can be connected to, in place of
            failing with UNAVAILABLE; None for the channel's choice.
    """

    timeout: float | None
    metadata: MetadataInput
    compression: str | None
    inherit_deadline: bool | None
    credentials: CallCredentials | None
    wait_for_ready: bool | None


class BlockingChannel:
    """What a blocking call needs of its channel; :class:`minirpc.sync.Channel` is one."""

    @property
    def aio_channel(self) -> Channel:
        """The channel on the event loop."""
        raise NotImplementedError

    def run(self, function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
        """Runs a coroutine on the event loop and waits for its result. Whoever is interrupted here cancels it.

        Raises:
            RuntimeError: the channel is closed, was inherited over a fork, or is used from its own event loop.
        """
        raise NotImplementedError

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """Calls a function on the event loop, without waiting; without effect when the channel is closed."""
        raise NotImplementedError


def _refuse_async(call: object) -> NoReturn:
    raise TypeError(
        f"{type(call).__name__} blocks, and is used without await and async: its stub was made with a "
        "minirpc.sync.Channel. In async code make it with a minirpc.aio.Channel"
    )


async def _enter(make: Callable[..., Call[Any, Any]], args: tuple[Any, ...], options: CallOptions) -> Any:
    return await make(*args, **options).__aenter__()


async def _await(make: Callable[..., UnaryCall[Any, T]], request: Any, options: CallOptions) -> T:
    return await make(request, **options)


async def _receive(call: Call[Any, Any]) -> tuple[list[tuple[Any, bool]], RpcError | None]:
    """Waits for a response and returns it with those behind it; and the failure that comes after them.

    With each response comes whether it had come compressed: of the call, that is known for the last one alone.
    """
    batch: list[tuple[Any, bool]] = []
    try:
        while not batch or (call._started().inbox and len(batch) < _BATCH_SIZE):
            response = await call._receive()
            if response is None:
                break
            batch.append((response, call.response_compressed))
    except RpcError as error:
        if not batch:
            raise
        return batch, error
    return batch, None


class BlockingCall(Generic[RequestT, ResponseT]):
    """What all blocking calls have in common. A call runs from the moment when it is there.

    ``with`` cancels it at the end of the block, if it is not over.
    """

    def __init__(self, channel: BlockingChannel, call: Call[RequestT, ResponseT]) -> None:
        self._channel = channel
        self._call = call
        self._responses: deque[tuple[ResponseT, bool]] = deque()  # and whether they had come compressed
        self._failure: RpcError | None = None
        self._response_compressed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._call!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancels the call, if it is not over, and forgets what was received. Safe from any thread."""
        self.cancel()

    def cancel(self) -> None:
        """Cancels the call, if it is not over. Whoever waits for it gets :class:`RpcError` with CANCELLED."""
        if not self._call.done():
            self._responses.clear()
            self._failure = None
            self._channel.post(self._call.cancel)

    def done(self) -> bool:
        """Returns whether the call is over."""
        return self._call.done()

    def initial_metadata(self) -> Metadata:
        """Waits for what the server sends before its first message; empty if the call fails without."""
        return self._channel.run(self._call.initial_metadata)

    def trailing_metadata(self) -> Metadata:
        """Waits for the end of the call and returns what the server sent with the status."""
        return self._channel.run(self._call.trailing_metadata)

    def status(self) -> Status:
        """Waits for the end of the call and returns its status. Does not raise for a status other than OK."""
        return self._channel.run(self._call.status)

    def peer(self) -> str:
        """Returns the server's address, or ``""`` while there is no connection."""
        return self._call.peer()

    @property
    def response_compressed(self) -> bool:
        """Whether the response that was received last had come compressed."""
        return self._call.response_compressed

    def _next_response(self) -> ResponseT | None:
        try:
            response, self._response_compressed = self._responses.popleft()
            return response
        except IndexError:
            pass
        if self._failure is not None:
            failure, self._failure = self._failure, None
            try:
                raise failure
            finally:
                del failure  # or it would be in a cycle with its own traceback
        responses: list[tuple[ResponseT, bool]]
        responses, self._failure = self._channel.run(_receive, self._call)
        if not responses:
            return None
        (response, self._response_compressed), *rest = responses
        self._responses.extend(rest)
        return response

    if not TYPE_CHECKING:  # type checkers are to say that these do not exist

        def __await__(self) -> NoReturn:
            _refuse_async(self)

        def __aiter__(self) -> NoReturn:
            _refuse_async(self)

        async def __aenter__(self) -> NoReturn:
            _refuse_async(self)

        async def __aexit__(self, *args: object) -> None: ...


class BlockingUnaryCall(BlockingCall[RequestT, ResponseT]):
    """A call with one request and one response, which runs while you do other things."""

    _call: UnaryCall[RequestT, ResponseT]

    def result(self) -> ResponseT:
        """Waits for the response.

        Raises:
            RpcError: the call ended with a status other than OK.
        """
        return self._channel.run(self._call._single_response)


class _Responses(BlockingCall[RequestT, ResponseT], Iterator[ResponseT]):
    @property
    def response_compressed(self) -> bool:
        """Whether the response that was received last had come compressed."""
        return self._response_compressed

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ResponseT:
        """Waits for the next response. Raises :class:`RpcError` if the call ends with a status other than OK."""
        response = self._next_response()
        if response is None:
            raise StopIteration
        return response

    def receive(self) -> ResponseT | None:
        """Waits for the next response; None when the server has sent its last one and the status is OK.

        Raises:
            RpcError: the call ended with a status other than OK.
        """
        return self._next_response()


class BlockingServerStreamCall(_Responses[RequestT, ResponseT]):
    """A call with one request and a stream of responses: ``for reply in call``."""


class BlockingClientStreamCall(BlockingCall[RequestT, ResponseT]):
    """A call with a stream of requests and one response, sent one by one::

    with stub.method.start() as call:
        call.send(request)
        reply = call.finish()
    """

    _call: ClientStreamCall[RequestT, ResponseT]

    def send(self, request: RequestT, *, compress: bool = True) -> None:
        """Sends a request, waiting while the server does not take more.

        A server may end the call with OK before it has read everything; what is sent after that is dropped.

        Args:
            request: the request message.
            compress: False to send this one uncompressed although the call, or its channel, has a compression.

        Raises:
            RpcError: the call has ended with a status other than OK; or the request has no encoding or is larger than
                ``max_send_message_size``, and nothing was sent.
        """
        self._channel.run(partial(self._call.send, compress=compress), request)

    def finish(self) -> ResponseT:
        """Ends the stream of requests and waits for the response.

        Raises:
            RpcError: the call ended with a status other than OK.
        """
        return self._channel.run(self._call.finish)


class BlockingBidiCall(_Responses[RequestT, ResponseT]):
    """A call with a stream of requests and a stream of responses.

    ::

        with stub.method() as call:
            call.send(request)
            reply = call.receive()  # None at the end of the stream
            call.done_writing()
            for reply in call: ...

    Or with the requests given: ``for reply in stub.method(requests)``.
    """

    _call: BidiCall[RequestT, ResponseT]
    _sends_itself = False

    def send(self, request: RequestT, *, compress: bool = True) -> None:
        """Sends a request; see :meth:`BlockingClientStreamCall.send`."""
        self._check_sender()
        self._channel.run(partial(self._call.send, compress=compress), request)

    def done_writing(self) -> None:
        """Ends the stream of requests. The server's responses go on."""
        self._check_sender()
        self._channel.run(self._call.done_writing)

    def _check_sender(self) -> None:
        if self._sends_itself:
            raise RuntimeError("this call sends the requests that it was given; it takes no others")

    def _start_sending(self, requests: Iterable[RequestT]) -> None:
        """Iterates over the requests in a thread, since that may block. The thread keeps no reference to the call."""
        self._sends_itself = True
        threading.Thread(
            target=_send_all,
            args=(self._channel, self._call._channel, self._call._started(), self._call._method, requests),
            name="minirpc-requests",
            daemon=True,
        ).start()


def _send_all(
    channel: BlockingChannel, source: Any, stream: ClientStream, method: Any, requests: Iterable[Any]
) -> None:
    iterator: Iterator[Any] = iter(())
    try:
        iterator = iter(requests)
        for request in iterator:
            if stream.over:
                return
            channel.run(send_request, source, stream, method, request)
    except RpcError as error:
        channel.post(stream.fail, error.code, error.message, error)
    except BaseException as error:  # noqa: BLE001  # an iterator raises what it likes: it reaches the caller as the cause
        message = f"the stream of requests raised {type(error).__name__}: {error}"
        channel.post(stream.fail, StatusCode.CANCELLED, message, error)
    else:
        channel.post(stream.end_requests)
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()


def _check_iterable(requests: object) -> None:
    if isinstance(requests, AsyncIterable) or not isinstance(requests, Iterable):
        raise TypeError(f"requests of a blocking call must be an iterable, not {type(requests).__name__}")


class _BlockingMethod(Generic[RequestT, ResponseT]):
    """A method on a blocking channel, ready to be called."""

    __slots__ = ("_channel", "_make")

    def __init__(self, channel: BlockingChannel, make: Callable[..., Any]) -> None:
        self._channel = channel
        self._make = make

    def __repr__(self) -> str:
        return f"<blocking {self._make!r}>"

    def _start(self, *args: Any, **options: Unpack[CallOptions]) -> Any:
        return self._channel.run(_enter, self._make, args, options)


class BlockingUnaryUnary(_BlockingMethod[RequestT, ResponseT]):
    """``stub.method`` of a method with one request and one response, on a blocking channel."""

    __slots__ = ()

    def __call__(self, request: RequestT, **options: Unpack[CallOptions]) -> ResponseT:
        """Makes a call and waits for the response.

        Args:
            request: the request message.
            options: see :class:`CallOptions`.

        Raises:
            RpcError: the call ended with a status other than OK.
            TypeError, ValueError: an option has a value that it cannot have.
        """
        response: ResponseT = self._channel.run(_await, self._make, request, options)
        return response

    def start(self, request: RequestT, **options: Unpack[CallOptions]) -> BlockingUnaryCall[RequestT, ResponseT]:
        """Starts a call and returns it, to see its metadata or cancel it, or to run several at once."""
        return BlockingUnaryCall(self._channel, self._start(request, **options))


class BlockingUnaryStream(_BlockingMethod[RequestT, ResponseT]):
    """``stub.method`` of a method with one request and a stream of responses, on a blocking channel."""

    __slots__ = ()

    def __call__(
        self, request: RequestT, **options: Unpack[CallOptions]
    ) -> BlockingServerStreamCall[RequestT, ResponseT]:
        """Starts a call; ``for`` gives the responses.

        Args:
            request: the request message.
            options: see :class:`CallOptions`.

        Raises:
            TypeError, ValueError: an option has a value that it cannot have.
        """
        return BlockingServerStreamCall(self._channel, self._start(request, **options))


class BlockingStreamUnary(_BlockingMethod[RequestT, ResponseT]):
    """``stub.method`` of a method with a stream of requests and one response, on a blocking channel."""

    __slots__ = ()

    def __call__(self, requests: Iterable[RequestT], **options: Unpack[CallOptions]) -> ResponseT:
        """Makes a call and waits for the response.

        Args:
            requests: the request messages. What the iteration raises cancels the call and is raised here.
            options: see :class:`CallOptions`.

        Raises:
            RpcError: the call ended with a status other than OK.
            TypeError, ValueError: an option has a value that it cannot have.
        """
        _check_iterable(requests)
        with self.start(**options) as call:
            for request in requests:
                if call.done():
                    break
                call.send(request)
            return call.finish()

    def start(self, **options: Unpack[CallOptions]) -> BlockingClientStreamCall[RequestT, ResponseT]:
        """Starts a call whose requests are sent one by one."""
        return BlockingClientStreamCall(self._channel, self._start(**options))


class BlockingStreamStream(_BlockingMethod[RequestT, ResponseT]):
    """``stub.method`` of a method with a stream of requests and a stream of responses, on a blocking channel."""

    __slots__ = ()

    def __call__(
        self, requests: Iterable[RequestT] | None = None, **options: Unpack[CallOptions]
    ) -> BlockingBidiCall[RequestT, ResponseT]:
        """Starts a call; ``for`` gives the responses.

        Args:
            requests: the request messages, which a thread of its own iterates over; None to send them one by one.
            options: see :class:`CallOptions`.

        Raises:
            TypeError, ValueError: an option has a value that it cannot have.
        """
        if requests is not None:
            _check_iterable(requests)
        call: BlockingBidiCall[RequestT, ResponseT] = BlockingBidiCall(self._channel, self._start(**options))
        if requests is not None:
            call._start_sending(requests)
        return call
