"""The calls of a client: what a stub's method returns.

A call starts when it is first awaited, iterated, entered or written to, like a coroutine. Inside ``async with`` the
call's life is the block's: leaving it early cancels the call, and cancelling one ``send`` or ``receive`` (a timeout
around it, say) leaves the call alive. Outside, cancelling the task that waits for the call cancels the call.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import warnings
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Coroutine, Generator, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, Self, TypeAlias, TypeVar

from minirpc.aio.client_stream import ClientStream
from minirpc.aio.credentials import CallCredentials
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import Header
from minirpc.rpc.compression import Encoding, get_encoding
from minirpc.rpc.metadata import Metadata, MetadataInput, encode_metadata
from minirpc.rpc.method import Method
from minirpc.rpc.status import Status

__all__ = [
    "BidiCall",
    "Call",
    "CallSource",
    "ClientStreamCall",
    "Requests",
    "ServerStreamCall",
    "UnaryCall",
    "send_request",
]

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
T = TypeVar("T")

Requests: TypeAlias = AsyncIterable[RequestT] | Iterable[RequestT]
"""A stream of request messages."""


_NOT_BLOCKING = "This call does not block (calls of a minirpc.sync.Channel do)"


class CallSource(Protocol):
    """What a call needs of its channel; :class:`minirpc.aio.channel.Channel` is one."""

    def start_call(
        self,
        path: str,
        metadata: Sequence[Header],
        timeout: float | None,
        request: Any,
        *,
        single_response: bool,
        encoding: Encoding | None = None,
        inherit_deadline: bool | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
    ) -> ClientStream:
        """Starts a call (see :meth:`minirpc.aio.channel.Channel.start_call`)."""
        ...

    def check_send_size(self, message: Any, path: str) -> None:
        """Raises ``RpcError`` if the message is larger than may be sent to this method."""

    def check_credentials(self, credentials: CallCredentials) -> None:
        """Raises ``TypeError`` or ``ValueError`` if a call cannot send them."""

    def compresses(self, request: Any) -> bool:
        """Returns whether a request, of those that are given as a stream, may be compressed."""
        ...


class Call(Generic[RequestT, ResponseT]):
    """What all calls have in common."""

    def __init__(
        self,
        channel: CallSource,
        method: Method[RequestT, ResponseT],
        *,
        request: RequestT | None = None,
        requests: Requests[RequestT] | None = None,
        timeout: float | None,
        metadata: MetadataInput,
        compression: str | None = None,
        inherit_deadline: bool | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
    ) -> None:
        self._stream: ClientStream | None = None
        self._sender: asyncio.Task[None] | None = None
        self._scoped = False
        self._unused = False  # until nothing below can raise any more: __del__ warns of calls, not of failed attempts
        self._channel = channel
        self._method = method
        self._request = request
        self._requests = requests
        self._timeout = timeout
        self._encoding = None if compression is None else get_encoding(compression)
        self._inherit_deadline = inherit_deadline
        self._credentials = credentials
        self._wait_for_ready = wait_for_ready
        self._metadata = encode_metadata(metadata) if metadata else ()
        if timeout is not None and not math.isfinite(timeout):
            raise ValueError(f"timeout must be a finite number of seconds or None, not {timeout}")
        if credentials is not None:
            channel.check_credentials(credentials)
        self._unused = True

    def __repr__(self) -> str:
        stream = self._stream
        if stream is None:
            state = "not started"
        elif stream.status is None:
            state = "running"
        else:
            state = stream.status.code.name
        return f"<{type(self).__name__} {self._method.path} {state}>"

    def __del__(self) -> None:
        if self._stream is not None:
            self._stream.abandon()
        elif self._unused:
            warnings.warn(f"call of {self._method.path} was never awaited", RuntimeWarning, stacklevel=2)

    async def __aenter__(self) -> Self:
        self._started()
        self._scoped = True
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cancel()
        await self._sender_ended()

    if not TYPE_CHECKING:  # type checkers are to say that these do not exist

        def __iter__(self) -> NoReturn:
            raise TypeError(f"{_NOT_BLOCKING}: iterate with 'async for'")

        def __enter__(self) -> NoReturn:
            raise TypeError(f"{_NOT_BLOCKING}: enter it with 'async with'")

        def __exit__(self, *args: object) -> None: ...

        def __getattr__(self, name: str) -> NoReturn:
            kind = type(self).__name__
            hint = "" if name.startswith("_") else f": it is a call, not its response. {_NOT_BLOCKING}: await it"
            raise AttributeError(f"{kind!r} object has no attribute {name!r}{hint}", name=name, obj=self)

    # -- what every caller may ask

    def cancel(self) -> None:
        """Cancels the call, if it is not over. Whoever waits for it gets :class:`RpcError` with CANCELLED."""
        self._started().cancel()

    async def initial_metadata(self) -> Metadata:
        """Waits for what the server sends before its first message; empty if the call fails without."""
        stream = self._started()
        await self._wait(stream, stream.wait_for_headers())
        return stream.initial_metadata or ()

    async def trailing_metadata(self) -> Metadata:
        """Waits for the end of the call and returns what the server sent with the status."""
        stream = self._started()
        await self._wait(stream, stream.wait_until_over())
        return stream.trailing_metadata

    async def status(self) -> Status:
        """Waits for the end of the call and returns its status. Does not raise for a status other than OK."""
        stream = self._started()
        await self._wait(stream, stream.wait_until_over())
        assert stream.status is not None
        return stream.status

    def peer(self) -> str:
        """Returns the server's address, or ``""`` while there is no connection."""
        return "" if self._stream is None else self._stream.peer

    def done(self) -> bool:
        """Returns whether the call is over."""
        return self._stream is not None and self._stream.over

    @property
    def response_compressed(self) -> bool:
        """Whether the response that was received last had come compressed."""
        return self._stream is not None and self._stream.message_compressed

    # -- for the four kinds

    def _started(self) -> ClientStream:
        if self._stream is None:
            self._unused = False
            method = self._method
            encoded = None if method.client_streaming else self._encode(self._request)  # type: ignore[arg-type]
            self._stream = self._channel.start_call(
                method.path,
                self._metadata,
                self._timeout,
                encoded,
                single_response=not method.server_streaming,
                encoding=self._encoding,
                inherit_deadline=self._inherit_deadline,
                credentials=self._credentials,
                wait_for_ready=self._wait_for_ready,
            )
            self._request = None
            if self._requests is not None:
                self._sender = asyncio.create_task(
                    _send_all(self._channel, self._stream, method, self._requests),
                    name=f"requests of {method.path}",
                )
                self._stream.add_done_callback(self._sender.cancel)
        return self._stream

    def _encode(self, request: RequestT) -> bytes:
        return _encode_request(self._method, request)

    def _decode(self, stream: ClientStream, data: bytes) -> ResponseT:
        try:
            return self._method.response.decode(stream.open_message(data))
        except RpcError as error:
            stream.reject(Status(error.code, error.message, cause=error))
            raise stream.error() from error
        except Exception as error:
            message = f"cannot decode response of {self._method.path}: {error}"
            stream.reject(Status(StatusCode.INTERNAL, message, cause=error))
            raise stream.error() from error

    async def _single_response(self) -> ResponseT:
        stream = self._started()
        await self._wait(stream, stream.wait_until_over())
        await self._sender_ended()
        return self._take_response(stream)

    def _take_response(self, stream: ClientStream) -> ResponseT:
        if not stream.failed and not stream.inbox:
            stream.reject(Status(StatusCode.UNIMPLEMENTED, "the server sent no message where one is due"))
        if stream.failed:
            raise stream.error()
        return self._decode(stream, stream.inbox.first)

    async def _receive(self) -> ResponseT | None:
        stream = self._started()
        data = stream.poll()
        if data is None:
            data = await self._wait(stream, stream.read())
        if data is not None:
            return self._decode(stream, data)
        await self._sender_ended()
        if stream.failed:
            raise stream.error()
        return None

    def _begin_sending(self, request: RequestT, compress: bool) -> Coroutine[Any, Any, None] | None:
        if self._requests is not None:
            raise RuntimeError("this call sends the requests that it was given; it takes no others")
        encoded = self._encode(request)
        self._channel.check_send_size(encoded, self._method.path)
        stream = self._started()
        step = stream.begin_sending(encoded, compress)
        return None if step is None else self._wait(stream, step)

    async def _wait(self, stream: ClientStream, step: Awaitable[T]) -> T:
        """Waits for one step of the call. Outside of ``async with``, whoever is cancelled here cancels the call."""
        try:
            return await step
        except asyncio.CancelledError:
            if not self._scoped:
                stream.cancel()
            raise

    async def _sender_ended(self) -> None:
        if self._sender is not None and not self._sender.done():
            await asyncio.wait([self._sender])


def _encode_request(method: Method[RequestT, ResponseT], request: RequestT) -> bytes:
    try:
        return method.request.encode(request)
    except Exception as error:
        raise RpcError(StatusCode.INTERNAL, f"cannot encode request of {method.path}: {error}") from error


async def _send_all(
    channel: CallSource, stream: ClientStream, method: Method[RequestT, ResponseT], requests: Requests[RequestT]
) -> None:
    """Sends a stream of requests, until it ends or the call is over. Holds no reference to the call object."""
    try:
        if isinstance(requests, AsyncIterable):
            try:
                async for request in requests:
                    await send_request(channel, stream, method, request)
            finally:
                if inspect.isasyncgen(requests):
                    await requests.aclose()
        else:
            for request in requests:
                await send_request(channel, stream, method, request)
    except RpcError as error:
        stream.fail(error.code, error.message, error)
    except BaseException as error:
        # Whatever the caller's iterator raises reaches the caller as the cause; where the call is over already, this
        # has no effect.
        stream.fail(StatusCode.CANCELLED, f"the stream of requests raised {type(error).__name__}: {error}", error)
        if not isinstance(error, Exception):
            raise
    else:
        stream.end_requests()


async def send_request(
    channel: CallSource, stream: ClientStream, method: Method[RequestT, ResponseT], request: RequestT
) -> None:
    """Sends one of a stream of requests, without a look at how the call stands."""
    encoded = _encode_request(method, request)
    channel.check_send_size(encoded, method.path)
    await stream.send(encoded, channel.compresses(request))


class UnaryCall(Call[RequestT, ResponseT], Awaitable[ResponseT]):
    """A call with one request and one response: ``reply = await call``."""

    def __await__(self) -> Generator[object, None, ResponseT]:
        """Waits for the response.

        Raises:
            RpcError: the call ended with a status other than OK.
        """
        stream = self._started()
        while not stream.over:
            try:
                yield from stream.watch()
            except asyncio.CancelledError:
                if not self._scoped:
                    stream.cancel()
                raise
        return self._take_response(stream)


class ServerStreamCall(Call[RequestT, ResponseT], AsyncIterator[ResponseT]):
    """A call with one request and a stream of responses: ``async for reply in call``."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ResponseT:
        """Waits for the next response. Raises :class:`RpcError` if the call ends with a status other than OK."""
        stream = self._stream
        data = None if stream is None else stream.poll()
        if stream is not None and data is not None:
            return self._decode(stream, data)
        response = await self._receive()
        if response is None:
            raise StopAsyncIteration
        return response

    async def receive(self) -> ResponseT | None:
        """Waits for the next response; None when the server has sent its last one and the status is OK.

        Raises:
            RpcError: the call ended with a status other than OK.
        """
        return await self._receive()


class ClientStreamCall(Call[RequestT, ResponseT], Awaitable[ResponseT]):
    """A call with a stream of requests and one response.

    Either the requests are given: ``reply = await stub.method(requests)``. Or they are sent one by one::

        async with stub.method() as call:
            await call.send(request)
            reply = await call.finish()
    """

    def __await__(self) -> Generator[object, None, ResponseT]:
        """As :meth:`finish`."""
        return self.finish().__await__()

    async def send(self, request: RequestT, *, compress: bool = True) -> None:
        """Sends a request, waiting while the server does not take more. Safe from several tasks.

        A server may end the call with OK before it has read everything; what is sent after that is dropped.

        Args:
            request: the request message.
            compress: False to send this one uncompressed although the call, or its channel, has a compression.

        Raises:
            RpcError: the call has ended with a status other than OK; or the request has no encoding or is larger than
                ``max_send_message_size``, and nothing was sent.
        """
        step = self._begin_sending(request, compress)
        if step is not None:
            await step

    async def finish(self) -> ResponseT:
        """Ends the stream of requests and waits for the response.

        Raises:
            RpcError: the call ended with a status other than OK.
        """
        if self._requests is None:
            self._started().end_requests()
        return await self._single_response()


class BidiCall(Call[RequestT, ResponseT], AsyncIterator[ResponseT]):
    """A call with a stream of requests and a stream of responses.

    ::

        async with stub.method() as call:
            await call.send(request)
            reply = await call.receive()  # None at the end of the stream
            await call.done_writing()
            async for reply in call: ...

    Or with the requests given: ``async for reply in stub.method(requests)``.
    """

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ResponseT:
        """Waits for the next response. Raises :class:`RpcError` if the call ends with a status other than OK."""
        stream = self._stream
        data = None if stream is None else stream.poll()
        if stream is not None and data is not None:
            return self._decode(stream, data)
        response = await self._receive()
        if response is None:
            raise StopAsyncIteration
        return response

    async def send(self, request: RequestT, *, compress: bool = True) -> None:
        """Sends a request, waiting while the server does not take more. Safe from several tasks.

        A server may end the call with OK before it has read everything; what is sent after that is dropped.

        Args:
            request: the request message.
            compress: False to send this one uncompressed although the call, or its channel, has a compression.

        Raises:
            RpcError: the call has ended with a status other than OK; or the request has no encoding or is larger than
                ``max_send_message_size``, and nothing was sent.
        """
        step = self._begin_sending(request, compress)
        if step is not None:
            await step

    async def done_writing(self) -> None:
        """Ends the stream of requests. The server's responses go on."""
        self._started().end_requests()

    async def receive(self) -> ResponseT | None:
        """Waits for the next response; None when the server has sent its last one and the status is OK.

        Raises:
            RpcError: the call ended with a status other than OK.
        """
        return await self._receive()
