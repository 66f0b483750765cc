"""The server's side of a stream: it runs the handler of one call and sends what the handler says."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from minirpc.aio.context import Context, inherit_deadline
from minirpc.aio.deadlines import Deadlines, DeadlineSlot
from minirpc.aio.eager import EagerRunner
from minirpc.aio.inspection import CallCounter
from minirpc.aio.interceptors import (
    CallScope,
    Respond,
    ServerCall,
    ServerInterceptor,
    SingleRequest,
    only_request,
    run_server_chain,
)
from minirpc.aio.observing import StreamRecord
from minirpc.aio.stream import Stream, StreamConnection
from minirpc.errors import RpcError, StatusCode
from minirpc.frozen import frozen
from minirpc.http2 import ErrorCode, FixedHeaders, Header
from minirpc.rpc.compression import ACCEPT_ENCODING, IDENTITY, Encoding
from minirpc.rpc.metadata import Metadata, encode_binary
from minirpc.rpc.method import Codec, Method
from minirpc.rpc.status import OK, Status, encode_message

__all__ = ["Handler", "RequestStream", "ServerStream", "trailers_only"]

_log = logging.getLogger("minirpc.server")

_TRAILERS_ONLY: tuple[Header, ...] = ((b":status", b"200"), (b"content-type", b"application/grpc"))
_RESPONSE_HEADERS = FixedHeaders((*_TRAILERS_ONLY, (b"grpc-accept-encoding", ACCEPT_ENCODING)))
_OK_TRAILERS = FixedHeaders([(b"grpc-status", b"0")])


@frozen
class Handler:
    """A method and the function that serves it.

    Attributes:
        method: the method.
        function: takes the request, or the stream of requests, and the :class:`Context`; returns an awaitable of the
            response, or an async iterator of the responses.
        generic: whether it is the server's fallback, which serves any method.
        essential: whether the server takes its calls whatever else it has to do.
    """

    method: Method[Any, Any]
    function: Callable[[Any, Context], Any]
    generic: bool = False
    essential: bool = False


def trailers_only(status: Status) -> list[Header]:
    """Returns the one header block of a response that has nothing but a status."""
    return [*_TRAILERS_ONLY, *_status_headers(status)]


def _status_headers(status: Status) -> list[Header]:
    headers = [(b"grpc-status", b"%d" % status.code)]
    if status.message:
        headers.append((b"grpc-message", encode_message(status.message)))
    if status.details is not None:
        headers.append((b"grpc-status-details-bin", encode_binary(status.details)))
    return headers


def _send_nothing(headers: Sequence[Header]) -> None:
    """Initial metadata of a call that is over."""


class RequestStream(AsyncIterator[Any]):
    """The requests of a call, as its handler iterates over them. Ends when the client has sent its last one."""

    def __init__(self, stream: ServerStream, codec: Codec[Any]) -> None:
        self._stream = stream
        self._codec = codec

    def __aiter__(self) -> RequestStream:
        return self

    async def __anext__(self) -> Any:
        """Waits for the next request.

        Raises:
            RpcError: INTERNAL, the bytes are no valid message; CANCELLED, the call is over, so that whoever sends the
                requests on does not take this for their end.
        """
        data = self._stream.poll()
        if data is None:
            data = await self._stream.read()
        if data is None:
            if self._stream.over:
                raise RpcError(StatusCode.CANCELLED, "the call ended before its requests")
            raise StopAsyncIteration
        return self._stream.decode(data, self._codec)


class ServerStream(Stream):
    """One call of a server.

    A handler that takes one request starts when that request is complete; one that takes a stream starts at once.
    """

    __slots__ = (
        "_calls",
        "_context",
        "_deadline",
        "_finished",
        "_handler",
        "_headers_sent",
        "_interceptors",
        "_on_task",
        "_path",
        "_runner",
        "_scope",
        "_slots",
        "_succeeded",
        "_task",
        "deadline_slot",
    )

    def __init__(
        self,
        connection: StreamConnection,
        stream_id: int,
        loop: asyncio.AbstractEventLoop,
        handler: Handler,
        *,
        metadata: Metadata,
        timeout: float | None,
        deadlines: Deadlines,
        request_encoding: Encoding,
        response_encoding: Encoding,
        accepted_compressions: frozenset[str],
        max_receive_message_size: int,
        runner: EagerRunner,
        on_task: Callable[[asyncio.Task[None]], None],
        calls: CallCounter,
        interceptors: Sequence[ServerInterceptor] = (),
    ) -> None:
        super().__init__(loop, max_receive_message_size)
        self.connection = connection
        self.stream_id = stream_id
        self._slots = connection.handler_slots
        self._handler = handler
        self._path = handler.method.path
        self._runner = runner
        self._on_task = on_task
        self._calls = calls
        self._succeeded = False  # whether the call has ended with OK, as far as this side knows
        self._interceptors = interceptors
        if interceptors:
            self.observer = StreamRecord(self._path)
        self._scope: CallScope | None = None  # what interceptors know of the call's end
        self._task: asyncio.Task[None] | None = None
        self._collecting = not handler.method.client_streaming
        self._headers_sent = False
        self._finished = False
        self._deadline: float | None = None
        self.deadline_slot: DeadlineSlot | None = None
        if timeout is not None:
            self._deadline = loop.time() + timeout
            deadlines.add(self, self._deadline, loop)
        if request_encoding is not IDENTITY:
            self.expect_encoding(request_encoding)
        self._context = Context(
            self._path,
            connection.peer,
            metadata,
            self._deadline,
            loop,
            self._send_headers,
            connection.identity,
            accepted_compressions=accepted_compressions,
            request_compression=request_encoding.name,
            encoding=response_encoding,
        )
        connection.add_stream(self)
        calls.start()

    def start(self, end_stream: bool) -> None:
        """Starts the call; ``end_stream`` says that nothing follows the request's headers."""
        if self._handler.method.client_streaming:
            self._run_handler()
        if end_stream:
            self._end_input()

    def decode(self, data: bytes, codec: Codec[Any]) -> Any:
        """Decodes a request as it arrived.

        Raises:
            RpcError: INTERNAL, the bytes are no valid message, or cannot be inflated; RESOURCE_EXHAUSTED, not within
                the limit.
        """
        data = self.open_message(data)
        self._context._request_compressed = self.message_compressed
        try:
            return codec.decode(data)
        except Exception as error:
            raise RpcError(StatusCode.INTERNAL, f"cannot decode request of {self._path}: {error}") from error

    # -- what the client does

    def data_received(self, data: bytes | memoryview, credit: int, end_stream: bool) -> None:
        """As any stream; of no use, and held back by the window, once the call has its status."""
        if not self._finished:
            super().data_received(data, credit, end_stream)

    def headers_received(self, headers: Sequence[Header], end_stream: bool) -> None:  # noqa: ARG002
        """Trailers of a request say nothing in gRPC, but they end it."""
        if not self.over:
            self._end_input()

    def _messages_received(self) -> None:
        if self._collecting and len(self.inbox) > 1:
            self._refuse_cardinality()
        elif self._reader is not None:
            self._wake_reader()

    def _input_ended(self) -> None:
        if not self._collecting or self._finished:
            return
        if len(self.inbox) == 1:
            self._run_handler()
        else:
            self._refuse_cardinality()

    def _refuse_cardinality(self) -> None:
        # "Status codes and their use in gRPC": a request cardinality violation is UNIMPLEMENTED.
        what = "more than one request message" if self.inbox else "no request message"
        self.fail(StatusCode.UNIMPLEMENTED, f"{what} for {self._path}, which takes exactly one")

    def reset(self, error_code: int, by_peer: bool) -> None:  # noqa: ARG002
        """Cancels the handler: the client does not want the reply any more."""
        self._abandon()

    def connection_lost(self, reason: str, error: Exception | None) -> None:  # noqa: ARG002
        """Cancels the handler: there is nobody to reply to."""
        self._abandon()

    def unprocessed(self) -> None:
        """Clients refuse only streams that servers open, and there are none."""

    def _abandon(self) -> None:
        if not self.over:
            _log.debug("call of %s from %s ended: the client is gone or wants no reply", self._path, self._context.peer)
            if self._scope is not None:
                late = self._deadline is not None and self._loop.time() >= self._deadline
                code = StatusCode.DEADLINE_EXCEEDED if late else StatusCode.CANCELLED
                self._scope.over(Status(code, "the client is gone"))
            self._succeeded = False
            self._end_call()
            self._cancel_handler()

    # -- the handler

    def _run_handler(self) -> None:
        assert self.connection is not None
        self._slots.take(self, self.connection.after_read, self._start_handler)

    def _start_handler(self) -> None:
        if self._finished or self.over:  # meanwhile
            self._slots.release()
            return
        task = self._runner.run(self._serve(), f"handler of {self._path}", self._loop)
        if task is None:
            self._slots.release()
            return
        self._on_task(task)
        task.add_done_callback(self._handler_ended)
        if self._context._cancelled:
            task.cancel()
        else:
            self._task = task

    def _handler_ended(self, _task: asyncio.Task[None]) -> None:
        thread, self._context._thread = self._context._thread, None
        if thread is None or thread.done():
            self._slots.release()
        else:  # the task was cancelled, which a thread is not
            thread.add_done_callback(self._thread_ended)

    def _thread_ended(self, _thread: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed, and with it the connection
            self._loop.call_soon_threadsafe(self._slots.release)

    async def _serve(self) -> None:
        """Runs the handler and turns every way in which it can end into a status."""
        inherit_deadline(self._deadline, self._loop)
        try:
            handler = self._handler
            method = handler.method
            if self._interceptors or method.client_streaming or method.server_streaming:
                await self._call_handler()
            else:
                result = handler.function(self._take_request(), self._context)
                if inspect.isawaitable(result):
                    result = await result
                self._write_response(self._encode(result))
        except RpcError as error:
            self._finish(self._status_of(error))
        except asyncio.CancelledError:
            # Whoever cancels a handler from here finishes the call first; without that, the handler did it itself.
            self._finish(Status(StatusCode.CANCELLED, "the handler was cancelled"))
        except GeneratorExit:
            raise  # the loop is gone, and with it everybody who could be told
        except BaseException as error:  # handlers raise what they like
            # The client learns nothing of the server's inside.
            _log.exception("handler of %s, called from %s, failed", self._path, self._context.peer)
            self._finish(Status(StatusCode.UNKNOWN, "the handler raised an exception"))
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
        else:
            self._finish(OK)

    def _status_of(self, error: RpcError) -> Status:
        """Returns the status that a handler asks for, or INTERNAL where that is no failure or cannot be sent."""
        code, message, details = error.code, error.message, error.details
        sendable = isinstance(code, StatusCode) and isinstance(message, str) and isinstance(details, bytes | None)
        if sendable and code is not StatusCode.OK:
            return Status(code, message, details)
        _log.error(
            "handler of %s, called from %s, raised %r, which is no status for a failed call",
            self._path,
            self._context.peer,
            error,
            exc_info=error,
        )
        return Status(StatusCode.INTERNAL, "the handler raised an RpcError that is no status for a failed call")

    async def _call_handler(self) -> None:
        method = self._handler.method
        if self._interceptors:
            await self._call_intercepted()
        elif method.client_streaming:
            await self._call_function(RequestStream(self, method.request), None)
        else:
            await self._call_function(self._take_request(), None)

    def _take_request(self) -> Any:
        return self.decode(self.inbox.popleft(), self._handler.method.request)

    async def _call_function(self, request: Any, respond: Respond | None) -> None:
        """Runs the handler's function, and hands its responses to ``respond``, or else sends them."""
        result = self._handler.function(request, self._context)
        if inspect.isawaitable(result):
            result = await result
        if not self._handler.method.server_streaming:
            if respond is None:
                self._write_response(self._encode(result))
            else:
                await respond(result)
            return
        try:
            if respond is None:
                async for response in result:
                    self._write_response(self._encode(response))
                    if self.congested:
                        await self.wait_for_room()
            else:
                async for response in result:
                    await respond(response)
        finally:
            if inspect.isasyncgen(result):
                await result.aclose()

    async def _call_intercepted(self) -> None:
        method = self._handler.method
        requests: Any = (
            RequestStream(self, method.request) if method.client_streaming else SingleRequest(self._take_request)
        )
        self._scope = CallScope(self._path)
        responses: list[bytes] = []

        async def hold(response: Any) -> None:
            # Until the interceptors are done: what they raise can then still take its place.
            if responses:
                raise RpcError(StatusCode.INTERNAL, f"more than one response of {self._path}, which has exactly one")
            responses.append(self._encode(response))

        async def serve(call: ServerCall) -> None:
            if not method.client_streaming:
                await self._call_function(await only_request(call.requests, self._path), call.respond)
                return
            given = aiter(call.requests)
            try:
                await self._call_function(given, call.respond)
            finally:
                # One that another task of the handler still waits in ends with the call, and cannot be closed before.
                if inspect.isasyncgen(given) and not given.ag_running:
                    await given.aclose()

        respond = self._send_response if method.server_streaming else hold
        assert isinstance(self.observer, StreamRecord)
        generic = self._handler.generic
        call = ServerCall(self._scope, method, self._context, requests, respond, generic, self.observer)
        await run_server_chain(self._interceptors, call, serve)
        if not method.server_streaming:
            if not responses:
                raise RpcError(StatusCode.INTERNAL, f"an interceptor ended {self._path} without a response")
            self._write_response(responses[0])

    async def _send_response(self, response: Any) -> None:
        self._write_response(self._encode(response))
        if self.congested:
            await self.wait_for_room()

    def _write_response(self, encoded: bytes) -> None:
        if not self._headers_sent:
            self._send_headers(())
        self.write(encoded, self._context.compress)

    def _encode(self, response: Any) -> bytes:
        try:
            return self._handler.method.response.encode(response)
        except Exception as error:
            _log.exception(
                "handler of %s, called from %s, returned what cannot be encoded", self._path, self._context.peer
            )
            raise RpcError(StatusCode.INTERNAL, f"cannot encode response of {self._path}: {error}") from error

    def _cancel_handler(self) -> None:
        self._context._cancelled = True
        self._slots.withdraw(self)
        if self._task is not None:
            self._task.cancel()
            self._task = None  # a cancelled task holds its exception, whose traceback holds this stream

    def expire(self) -> None:
        """The deadline has passed."""
        if not self._finished:
            self.fail(StatusCode.DEADLINE_EXCEEDED, "the deadline passed")
        elif not self.over and self.connection is not None:
            self._succeeded = False
            # The reply was ready, but the client has not taken it in time.
            self.connection.engine.reset_stream(self.stream_id, ErrorCode.CANCEL)
            self.connection.output_added()
            self._end_call()

    # -- replying

    def _send_headers(self, metadata: Sequence[Header]) -> None:
        if self._headers_sent or self._finished or self.over or self.connection is None:
            return
        self._headers_sent = self._context._headers_sent = True
        headers: Sequence[Header] = _RESPONSE_HEADERS
        added = self._context._added_initial
        if added or metadata:
            headers = (*_RESPONSE_HEADERS, *added, *metadata)
        self.send_encoding = self._context._encoding
        if self.send_encoding is not IDENTITY:
            headers = (*headers, (b"grpc-encoding", self.send_encoding.name.encode()))
        self.connection.engine.send_headers(self.stream_id, headers, False)
        self.connection.output_added()

    def fail(self, code: StatusCode, message: str, cause: BaseException | None = None) -> None:
        """Ends the call with a status and cancels the handler."""
        if not self._finished:
            self._finish(Status(code, message, cause=cause))
            self._cancel_handler()

    def _finish(self, status: Status) -> None:
        """Sends the status after what is queued; the first call counts."""
        if self._finished or self.over:
            return
        self._finished = True
        self._succeeded = status.code is StatusCode.OK
        if self._scope is not None:
            self._scope.over(status)
        if status.code is not StatusCode.OK and _log.isEnabledFor(logging.DEBUG):
            peer = self._context.peer
            _log.debug("call of %s from %s ended with %s: %r", self._path, peer, status.code.name, status.message)
        trailers: Sequence[Header] = _OK_TRAILERS if status is OK else _status_headers(status)
        context = self._context
        if context._trailing or context._added_trailing:
            trailers = (*trailers, *context._trailing, *context._added_trailing)
        if self._headers_sent:
            if status.code is not StatusCode.OK:
                # A failure does not wait for messages that the client may never take.
                self._outbox.clear()
            self.end_output(trailers)
        else:
            self._headers_sent = True
            self.end_output([*_TRAILERS_ONLY, *trailers])

    def _output_ended(self) -> None:
        self.completed = True
        connection = self.connection
        if not self.input_over and connection is not None:
            # RFC 9113 section 8.1: a server that has sent a complete response may ask the client to stop the request.
            connection.engine.reset_stream(self.stream_id, ErrorCode.NO_ERROR)
        self._end_call()

    def _end_call(self) -> None:
        if not self.over:
            self._calls.end(self._succeeded)
        self._slots.withdraw(self)
        if self.deadline_slot is not None:
            Deadlines.remove(self)
        self.input_over = True
        self.inbox.clear()
        self._context._send_headers = _send_nothing  # breaks the cycle, so that no garbage waits for the collector
        self._end()
