"""The client's side of a stream: it waits for a connection, carries one call, and ends with a status.

A stream exists before its connection does. A subchannel attaches it when its connection has room for it. What provably
no server has looked at is tried again on another connection, unseen by the caller (gRFC A6, "Transparent Retries"): any
number of times if it has not left this process, once if it has. Deadline and cancellation act in every state.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple, Protocol

from minirpc.aio.deadlines import Deadlines, DeadlineSlot
from minirpc.aio.observing import AttemptListener, AttemptObservers, AttemptStart
from minirpc.aio.retry_buffer import RetryBuffer
from minirpc.aio.stream import Stream, StreamConnection
from minirpc.aio.waiter import Waiter
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import ErrorCode, Header, error_name
from minirpc.rpc.compression import IDENTITY, Encoding, find_encoding
from minirpc.rpc.metadata import (
    DEFAULT_MAX_RECEIVE_METADATA_SIZE,
    Metadata,
    decode_binary,
    decode_metadata,
    describe_oversize,
    is_grpc_content_type,
    metadata_size,
)
from minirpc.rpc.status import (
    Status,
    code_from_http_status,
    code_from_rst_stream,
    decode_message,
    parse_code,
)
from minirpc.rpc.timeout import encode_timeout

__all__ = ["ClientStream", "StreamCarrier", "StreamSource"]

_log = logging.getLogger("minirpc.channel")

_MAX_TRANSPARENT_RETRIES = 1  # of what has left this process


class StreamSource(Protocol):
    """What a stream needs of its channel."""

    @property
    def deadlines(self) -> Deadlines:
        """Those of the channel's calls."""
        ...

    def submit(self, stream: ClientStream) -> None:
        """Attaches the stream to a connection, now or when there is room."""

    def stream_over(self, stream: ClientStream) -> None:
        """The stream has ended, or has left its connection."""

    def waiting_for(self, stream: ClientStream) -> str:
        """Says what a stream without a connection waits for, as in "while connecting to …"."""
        ...


class StreamCarrier(Protocol):
    """What a stream knows of its subchannel."""

    def stream_over(self, stream: ClientStream) -> None:
        """The stream has ended, or has left its connection."""


class ClientStream(Stream):
    """One call of a client.

    Attributes:
        initial_metadata: what the server sent before its first message; None until it is known.
        trailing_metadata: what the server sent with the status.
        status: how the call ended; None while it runs.
        peer: the server's address, once there is a connection.
        on_headers: called when the initial metadata are known.
        wait_for_ready: whether the call waits while the channel cannot connect.
        carrier: the subchannel that has taken the stream; None while the channel keeps it.
        counts: whether it is a call of the channel: neither an attempt of one nor a frame for some.
        takes_room: whether what it keeps counts among what the channel's calls may keep.
        listeners: who is told of the attempts; for a stream that is one, before it begins.
        attempt: who watches the attempt; None where nobody does.
        avoided: the subchannels of earlier attempts of the same call, which are not the best ones for it.
    """

    __slots__ = (
        "_deadline",
        "_done_callbacks",
        "_header_watchers",
        "_headers",
        "_held",
        "_held_room",
        "_held_size",
        "_max_receive_metadata_size",
        "_request",
        "_retries",
        "_retry_buffer",
        "_single_response",
        "_source",
        "_watchers",
        "_written_before",
        "carrier",
        "deadline_slot",
        "initial_metadata",
        "on_headers",
        "peer",
        "status",
        "trailing_metadata",
        "wait_for_ready",
    )

    counts = True
    takes_room = True
    listeners: Sequence[AttemptListener] = ()
    attempt: AttemptObservers | None = None
    avoided: Sequence[StreamCarrier] = ()

    def __init__(
        self,
        source: StreamSource,
        loop: asyncio.AbstractEventLoop,
        headers: Sequence[Header],
        *,
        request: bytes | None,
        single_response: bool,
        deadline: float | None,
        max_receive_message_size: int,
        max_receive_metadata_size: int = DEFAULT_MAX_RECEIVE_METADATA_SIZE,
        encoding: Encoding = IDENTITY,
        wait_for_ready: bool = False,
        retry_buffer: RetryBuffer | None = None,
    ) -> None:
        """Prepares a call; ``source.submit`` starts it.

        Args:
            source: the channel.
            loop: the event loop.
            headers: the request's headers, without those of timeout and of how requests are compressed.
            request: the one message of a call that has only one; it is kept for a transparent retry, whatever its size.
            single_response: whether exactly one message is due; a second one fails the call.
            deadline: when the call must have ended, in the loop's time; None for never.
            max_receive_message_size: the largest message to accept, in bytes.
            max_receive_metadata_size: the largest header block to accept (see :func:`describe_oversize`).
            encoding: how requests are compressed.
            wait_for_ready: whether the call waits while the channel cannot connect.
            retry_buffer: how much of a stream of requests to keep for a transparent retry; None for nothing.
        """
        super().__init__(loop, max_receive_message_size)
        self.send_encoding = encoding
        self.initial_metadata: Metadata | None = None
        self.trailing_metadata: Metadata = ()
        self.status: Status | None = None
        self.peer = ""
        self.on_headers: Callable[[], object] | None = None
        self.wait_for_ready = wait_for_ready
        self.carrier: StreamCarrier | None = None
        self._max_receive_metadata_size = max_receive_metadata_size
        self._source = source
        self._headers = headers
        self._request = request
        self._collecting = single_response
        self._single_response = single_response
        self._deadline = deadline
        self._retries = 0
        # What was sent of a stream of requests, and how; None when it is too much, or no longer needed.
        self._held: list[tuple[bytes, bool]] | None = None if request is not None else []
        self._held_size = 0
        self._held_room = 0  # what was taken of the channel's room
        self._retry_buffer = retry_buffer
        self._written_before = 0  # bytes that had left the connection when the stream was attached to it
        self._watchers: list[Waiter] | None = None  # who waits for the end
        self._header_watchers: list[Waiter] | None = None
        self._done_callbacks: list[Callable[[], object]] | None = None
        self.deadline_slot: DeadlineSlot | None = None
        if deadline is not None:
            source.deadlines.add(self, deadline, loop)

    # -- starting

    @property
    def path(self) -> str:
        """The method's path."""
        return dict(self._headers)[b":path"].decode()

    @property
    def request_headers(self) -> Sequence[Header]:
        """The headers that the call begins with, without those of timeout and of how requests are compressed."""
        return self._headers

    def add_headers(self, headers: Sequence[Header]) -> None:
        """Adds to the request's headers, before the stream is attached."""
        self._headers = [*self._headers, *headers]

    def begin_attempt(self, *, waited_for_name: bool = False) -> None:
        """Tells :attr:`listeners` that this is an attempt, which begins."""
        self.observer = self.attempt = AttemptObservers(self.listeners, AttemptStart(self.path, False, waited_for_name))

    def attach(self, connection: StreamConnection) -> None:
        """Opens the stream on a connection that has room for it."""
        headers = self._headers
        if self.send_encoding is not IDENTITY:
            headers = (*headers, (b"grpc-encoding", self.send_encoding.name.encode()))
        if self._deadline is not None:
            headers = (*headers, (b"grpc-timeout", encode_timeout(self._deadline - self._loop.time())))
        if self.attempt is not None:
            headers = (*headers, *self.attempt.opened(connection.peer))
        self.connection = connection
        self.peer = connection.peer
        self._written_before = connection.bytes_written
        self.stream_id = connection.engine.open_stream(self, headers, False)
        connection.add_stream(self)
        connection.output_added()
        if self._request is not None:
            self._ending = ()
            super().write(self._request)
        else:
            self.pump()

    def _retry(self) -> bool:
        """Tries again, once, what has left this process but was not looked at; if what was sent is still there."""
        if self._retries >= _MAX_TRANSPARENT_RETRIES or not self._replayable:
            return False
        self._retries += 1
        self._start_again()
        return True

    @property
    def _replayable(self) -> bool:
        has_requests = self._request is not None or self._held is not None or not self._output_started
        return has_requests and self.initial_metadata is None

    def _start_again(self) -> None:
        """Leaves the connection and goes back to the channel."""
        if self.attempt is not None:
            self.observer = self.attempt = self.attempt.again(self.peer)
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.engine.reset_stream(self.stream_id, ErrorCode.CANCEL)
            connection.remove_stream(self)
        self.stream_id = 0
        if self._request is not None:
            self._outbox.clear()  # attach() queues it
            self._output_started = self._output_over = False
        elif self._output_started:
            self._outbox.clear()
            self._output_started = self._output_over = False
            for message, compress in self._held or ():
                super().write(message, compress)
        self._source.stream_over(self)
        self.carrier = None
        self._source.submit(self)

    # -- sending a stream of requests

    def write(self, message: bytes, compress: bool = True) -> None:
        """Queues a message, and keeps it for a transparent retry while that is possible."""
        if self._held is not None and not self.over:
            if self._has_room(len(message)):
                self._held.append((message, compress))
            else:
                self._drop_held()
        super().write(message, compress)

    def _has_room(self, size: int) -> bool:
        """Takes room to keep so many bytes more; False if that is too much for the call, or for all of the channel."""
        buffer = self._retry_buffer
        self._held_size += size
        if buffer is None or self._held_size > buffer.per_call:
            return False
        if self.takes_room:
            if not buffer.take(size):
                return False
            self._held_room += size
        return True

    def _drop_held(self) -> None:
        """Keeps nothing of what was sent any more."""
        self._held = None
        if self._held_room and self._retry_buffer is not None:
            self._retry_buffer.give_back(self._held_room)
            self._held_room = 0

    async def send_request(self, message: bytes, compress: bool = True) -> None:
        """Sends one of a stream of requests.

        Raises:
            RpcError: the call has ended with a status other than OK.
            RuntimeError: the stream of requests was ended before.
        """
        if self._ending is not None:
            raise RuntimeError("the stream of requests has been ended")
        await self.send(message, compress)
        if self.failed:
            raise self.error()

    def begin_sending(self, message: bytes, compress: bool = True) -> Coroutine[Any, Any, None] | None:
        """As :meth:`send_request`. Returns what is to be awaited; None where there is nothing to wait for."""
        if self._ending is not None:
            raise RuntimeError("the stream of requests has been ended")
        self.write(message, compress)
        if self.congested:
            return self._end_sending()
        if self.failed:
            raise self.error()
        return None

    async def _end_sending(self) -> None:
        await self.wait_for_room()
        if self.failed:
            raise self.error()

    def end_requests(self) -> None:
        """Ends the stream of requests; without effect if it is ended or the call is over."""
        if self._ending is None and not self.over:
            self.end_output()

    # -- receiving

    def headers_received(self, headers: Sequence[Header], end_stream: bool) -> None:
        """Takes the response's headers, or the trailers with the status."""
        if self.over:
            return
        if end_stream:
            self.completed = True
            self._trailers_received(headers)
            return
        known = None if self.connection is None else self.connection.header_memo.get(headers)
        if isinstance(known, _Response) and known.size <= self._max_receive_metadata_size:
            response = known
        else:
            read = self._read_headers(headers)
            if read is None:
                return
            response = read
        self.receive_encoding = response.encoding
        if response.encoding is not IDENTITY:
            self.expect_encoding(response.encoding)
        self.initial_metadata = response.metadata
        self._request = None  # the server has it
        self._drop_held()
        if self._header_watchers:
            self._wake_all(self._header_watchers)
        if self.on_headers is not None:
            self.on_headers()

    def _read_headers(self, headers: Sequence[Header]) -> _Response | None:
        """Returns what a response's headers say; or fails the call because of them, and returns None."""
        size = metadata_size(headers)
        if size > self._max_receive_metadata_size:
            self.fail(StatusCode.RESOURCE_EXHAUSTED, describe_oversize(size, self._max_receive_metadata_size))
            return None
        fields = dict(headers)
        if not _is_grpc(fields):
            self.fail(*_not_grpc(fields))
            return None
        encoding = find_encoding(fields.get(b"grpc-encoding", b"identity"))
        if encoding is None:
            # "Compression": a response in an encoding that the client did not offer is INTERNAL.
            name = fields[b"grpc-encoding"].decode("latin-1")
            self.fail(StatusCode.INTERNAL, f"the server compresses with {name!r}, which was not offered")
            return None
        try:
            response = _Response(size, encoding, decode_metadata(headers))
        except ValueError as error:
            self.fail(StatusCode.INTERNAL, f"initial metadata: {error}", error)
            return None
        if self.connection is not None:
            self.connection.header_memo.put(headers, size, response)
        return response

    def _trailers_received(self, headers: Sequence[Header]) -> None:
        memo = None if self.connection is None else self.connection.header_memo
        known = None if memo is None else memo.get(headers)
        if isinstance(known, _End) and known.size <= self._max_receive_metadata_size:
            self.trailing_metadata = known.metadata
            self._server_ended(known.status)
            return
        fields = dict(headers)
        code = fields.get(b"grpc-status")
        if code is None:
            if self.initial_metadata is None and not _is_grpc(fields):
                self._finish(Status(*_not_grpc(fields)))
            else:
                self._finish(Status(StatusCode.UNKNOWN, "the server sent no grpc-status"))
            return
        size = metadata_size(headers)
        if size > self._max_receive_metadata_size:
            oversize = describe_oversize(size, self._max_receive_metadata_size)
            self._finish(Status(StatusCode.RESOURCE_EXHAUSTED, f"{oversize}; they held {parse_code(code).name}"))
            return
        try:
            self.trailing_metadata = decode_metadata(headers)
            details = fields.get(b"grpc-status-details-bin")
            status = Status(
                parse_code(code),
                decode_message(fields.get(b"grpc-message", b"")),
                None if details is None else decode_binary(details),
            )
        except ValueError as error:
            status = Status(StatusCode.INTERNAL, f"trailing metadata: {error}", cause=error)
        else:
            if memo is not None:
                memo.put(headers, size, _End(size, self.trailing_metadata, status))
        self._server_ended(status)

    def _server_ended(self, status: Status) -> None:
        """The server has said how the call ended."""
        if self._deframer.in_message and status.code is StatusCode.OK:
            status = Status(StatusCode.INTERNAL, "stream ended in the middle of a message")
        self._finish(status)

    def _messages_received(self) -> None:
        if self._single_response and len(self.inbox) > 1:
            self.fail(StatusCode.UNIMPLEMENTED, "the server sent more than one message where one is due")
        elif self._reader is not None:
            self._wake_reader()

    def _output_ended(self) -> None:
        """The response is still to come."""

    def _input_ended(self) -> None:
        self._finish(Status(StatusCode.INTERNAL, "the server ended the stream without a status"))

    def reset(self, error_code: int, by_peer: bool) -> None:
        """Ends the call with what the error code means, or tries again where the server did not look at it."""
        if self.over:
            return
        if by_peer and error_code == ErrorCode.REFUSED_STREAM and self._retry():
            return
        name = error_name(error_code)
        if not by_peer and error_code == ErrorCode.ENHANCE_YOUR_CALM:
            what = "the server sent a header list that is larger than max_header_list_size"
            self._finish(Status(StatusCode.RESOURCE_EXHAUSTED, what))
            return
        if not by_peer:
            self._finish(Status(StatusCode.INTERNAL, f"the server broke HTTP/2 on this stream: {name}"))
            return
        code = code_from_rst_stream(error_code)
        if code is StatusCode.CANCELLED and self._deadline is not None and self._loop.time() >= self._deadline:
            # The server's timer for the same deadline was faster.
            code = StatusCode.DEADLINE_EXCEEDED
        self._finish(Status(code, f"the server reset the stream: {name}"))

    def connection_lost(self, reason: str, error: Exception | None) -> None:
        """Ends the call, which the server may have processed; tries again elsewhere if nothing of it has left."""
        connection = self.connection
        unsent = connection is not None and connection.bytes_written == self._written_before
        if not self.over and unsent and self._replayable:
            self._start_again()
            return
        self.fail(StatusCode.UNAVAILABLE, reason, error)

    def unprocessed(self) -> None:
        """Tries again elsewhere."""
        if not self.over and not self._retry():
            self.fail(StatusCode.UNAVAILABLE, "the server shut the connection down before it took the call")

    # -- ending

    def fail(self, code: StatusCode, message: str, cause: BaseException | None = None) -> None:
        """Ends the call on this side; the server is told by RST_STREAM(CANCEL)."""
        if self.over:
            return
        self.inbox.clear()
        self._finish(Status(code, message, cause=cause), ErrorCode.CANCEL)

    def reject(self, status: Status) -> None:
        """Ends the call with what a look at its messages has found, even if the server has ended it with OK."""
        if self.over:
            self.status = status
        else:
            self._finish(status, ErrorCode.CANCEL)
        self.inbox.clear()

    def cancel(self) -> None:
        """Ends the call because the caller no longer wants it."""
        self.fail(StatusCode.CANCELLED, "cancelled by the caller")

    def abandon(self) -> None:
        """Cancels from any thread; for finalizers."""
        if not self.over and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.cancel)

    def expire(self) -> None:
        """The deadline has passed."""
        waiting = "" if self.connection else f" before a connection was ready, {self._source.waiting_for(self)}"
        self.fail(StatusCode.DEADLINE_EXCEEDED, f"the deadline passed{waiting}")

    def _finish(self, status: Status, reset_code: ErrorCode = ErrorCode.NO_ERROR) -> None:
        self.status = status
        self.input_over = True
        self._drop_held()
        if self.deadline_slot is not None:
            Deadlines.remove(self)
        connection = self.connection
        if connection is not None and not (self.completed and self._output_over):
            # The status has ended the call; if the stream is still open, the rest of the request is of no use.
            connection.engine.reset_stream(self.stream_id, reset_code)
            connection.output_added()
        if status.code is not StatusCode.OK and _log.isEnabledFor(logging.DEBUG):
            where = self.peer or "no server"
            _log.debug("call of %s at %s ended with %s: %r", self.path, where, status.code.name, status.message)
        self._end()
        if self.attempt is not None:
            late_by = None if self._deadline is None else self._loop.time() - self._deadline
            self.attempt.ended(status, self.peer, late_by)
        self._wake_watchers()
        if self._done_callbacks:
            for callback in self._done_callbacks:
                callback()
            self._done_callbacks.clear()
        self._source.stream_over(self)

    def add_done_callback(self, callback: Callable[[], object]) -> None:
        """Calls ``callback`` when the call ends; at once if it has ended."""
        if self.over:
            callback()
        elif self._done_callbacks is None:
            self._done_callbacks = [callback]
        else:
            self._done_callbacks.append(callback)

    # -- waiting

    async def wait_for_headers(self) -> None:
        """Waits until the initial metadata are known or the call is over."""
        while self.initial_metadata is None and not self.over:
            if self._header_watchers is None:
                self._header_watchers = []
            await self._waiter_among(self._header_watchers)

    async def wait_until_over(self) -> None:
        """Waits until the call is over."""
        while not self.over:
            await self.watch()

    def watch(self) -> Waiter:
        """Returns what one task may await until the call is over, for a call that is not."""
        if self._watchers is None:
            self._watchers = []
        return self._waiter_among(self._watchers)

    def _waiter_among(self, waiting: list[Waiter]) -> Waiter:
        """Adds a waiter to others, and forgets those that were cancelled: somebody may ask again and again."""
        if waiting:
            waiting[:] = [other for other in waiting if not other.done()]
        waiter = Waiter(self._loop)
        waiting.append(waiter)
        return waiter

    def _wake_watchers(self) -> None:
        if self._watchers:
            self._wake_all(self._watchers)
        if self._header_watchers:
            self._wake_all(self._header_watchers)

    def _wake_all(self, waiting: list[Waiter]) -> None:
        for waiter in waiting:
            self._wake(waiter)
        waiting.clear()

    @property
    def failed(self) -> bool:
        """Whether the call has ended with a status other than OK."""
        return self.status is not None and self.status.code is not StatusCode.OK

    def error(self) -> RpcError:
        """Returns a new exception that tells the caller how the call ended; for calls that have :attr:`failed`.

        To be raised where it is made: a variable that holds it would be in a cycle with its own traceback.
        """
        status = self.status
        assert status is not None
        error = RpcError(
            status.code,
            status.message,
            details=status.details,
            initial_metadata=self.initial_metadata or (),
            trailing_metadata=self.trailing_metadata,
            peer=self.peer,
        )
        error.__cause__ = status.cause
        return error


class _Response(NamedTuple):
    """What a response's headers say, and their size."""

    size: int
    encoding: Encoding
    metadata: Metadata


class _End(NamedTuple):
    """What trailers say, and their size."""

    size: int
    metadata: Metadata
    status: Status


def _is_grpc(fields: dict[bytes, bytes]) -> bool:
    return fields.get(b":status") == b"200" and is_grpc_content_type(fields.get(b"content-type", b""))


def _not_grpc(fields: dict[bytes, bytes]) -> tuple[StatusCode, str]:
    """The status for a response that does not come from a gRPC server ("HTTP to gRPC Status Code Mapping")."""
    http_status = fields.get(b":status", b"").decode("latin-1")
    content_type = fields.get(b"content-type")
    if http_status == "200":
        what = "no content-type" if content_type is None else f"content-type {content_type.decode('latin-1')!r}"
        return StatusCode.UNKNOWN, f"not a gRPC response: HTTP status 200 with {what}"
    return code_from_http_status(http_status), f"not a gRPC response: HTTP status {http_status}"
