"""One HTTP/2 stream as two sequences of messages: what the client's and the server's side of a call share.

Sending: a message is queued whole and leaves as the windows and the socket allow; the sender waits until it has left.
A sender that is cancelled meanwhile therefore never leaves half a message behind.

Receiving: while somebody waits for a message, the bytes that arrive are acknowledged at once, or a message larger than
the window would never be complete. While nobody waits, their credit is kept: the peer stops at the window's end.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from minirpc.aio.handler_slots import HandlerSlots
from minirpc.aio.inbox import Inbox
from minirpc.aio.observing import StreamObserver
from minirpc.aio.tls import PeerIdentity
from minirpc.aio.waiter import Waiter
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import Engine, Header, HeaderMemo
from minirpc.rpc.compression import IDENTITY, Encoding
from minirpc.rpc.framing import PREFIX_SIZE, CompressedMessage, Deframer, encode_prefix

__all__ = ["CROWDED_READS", "Stream", "StreamConnection"]

CROWDED_READS = 128  # messages read without waiting, after which a reader lets others run
_LARGE = 1 << 11  # bytes of a message, inflated if it is compressed, that count for another one of these
_LEAST_CREDIT = 1 << 12  # bytes of credit that are worth a call of the engine; far less than the smallest window
_JOIN_SIZE = 1 << 14  # smaller messages are joined with their prefix, larger ones are not copied
_FIRST_SIZE = (1 << 14) - PREFIX_SIZE  # what is, of larger ones: a DATA frame that every peer takes, with the prefix


class StreamConnection(Protocol):
    """What a stream needs of its connection."""

    @property
    def engine(self) -> Engine:
        """The HTTP/2 engine."""
        ...

    @property
    def peer(self) -> str:
        """The other side's address."""
        ...

    @property
    def identity(self) -> PeerIdentity | None:
        """Who the other side is by its TLS certificate."""
        ...

    @property
    def write_paused(self) -> bool:
        """Whether the socket's buffer is full."""
        ...

    @property
    def crowded(self) -> bool:
        """Whether much was sent in this turn of the loop."""
        ...

    @property
    def header_memo(self) -> HeaderMemo[Any]:
        """What was made of header lists."""
        ...

    @property
    def handler_slots(self) -> HandlerSlots:
        """How many handlers the other side keeps busy."""
        ...

    @property
    def bytes_written(self) -> int:
        """How many bytes have left the engine."""
        ...

    def add_stream(self, stream: Stream) -> None:
        """Registers a stream."""

    def remove_stream(self, stream: Stream) -> None:
        """Forgets a stream that is over."""

    def wait_to_send(self, stream: Stream) -> None:
        """Has ``stream.pump()`` called when there is room."""

    def output_added(self, size: int = 0) -> None:
        """Says that the engine has output: a frame, with so many bytes of DATA."""

    def after_read(self, start: Callable[[], object]) -> None:
        """Calls ``start`` when all that was read has been taken up."""

    def wake(self, waiter: Waiter) -> None:
        """Has a task go on that waits."""


class Stream(ABC):
    """Messages out and in over one stream.

    Attributes:
        connection: the connection, or None while the stream waits for one.
        stream_id: the stream's identifier; 0 without a connection.
        over: whether the call has ended on this side; nothing is sent or received any more.
        input_over: whether the last message has arrived.
        inbox: messages that nobody has read, as they arrived: flow control bounds their size, which would not hold for
            inflated ones.
        send_encoding: how messages to the peer are compressed.
        receive_encoding: how messages of the peer with the Compressed-Flag are compressed.
        message_compressed: whether the last message that was opened had come compressed.
        messages_sent: messages that were queued to be sent.
        messages_received: messages that have arrived.
        completed: whether the server ended the stream in order, with its last frame.
        observer: hears of the messages; None where nobody does.
    """

    __slots__ = (
        "__dict__",
        "_collecting",
        "_deframer",
        "_ending",
        "_loop",
        "_max_receive_message_size",
        "_outbox",
        "_output_over",
        "_output_started",
        "_owed_credit",
        "_read_in_a_row",
        "_reader",
        "_unread_credit",
        "_writers",
        "completed",
        "connection",
        "inbox",
        "input_over",
        "message_compressed",
        "messages_received",
        "messages_sent",
        "over",
        "receive_encoding",
        "send_encoding",
        "stream_id",
    )

    observer: StreamObserver | None = None

    def __init__(self, loop: asyncio.AbstractEventLoop, max_receive_message_size: int) -> None:
        self.connection: StreamConnection | None = None
        self.stream_id = 0
        self.over = False
        self.input_over = False
        self.inbox = Inbox()
        self.send_encoding = IDENTITY
        self.receive_encoding = IDENTITY
        self.message_compressed = False
        self.messages_sent = 0
        self.messages_received = 0
        self.completed = False
        self._max_receive_message_size = max_receive_message_size
        self._loop = loop
        self._deframer = Deframer(max_receive_message_size)
        self._collecting = False
        self._unread_credit = 0  # of what nobody has read
        self._owed_credit = 0  # of what has been read
        self._reader: Waiter | None = None
        self._read_in_a_row = 0  # messages that were read without waiting; a large one counts for many
        self._outbox: deque[bytes | memoryview] = deque()
        self._ending: Sequence[Header] | None = None  # what follows the last message: trailers, or () for none
        self._output_started = False
        self._output_over = False
        self._writers: list[Waiter] | None = None

    @property
    def holds_output(self) -> bool:
        """Whether messages wait for windows or the socket."""
        return bool(self._outbox)

    # -- what the two sides do differently

    @abstractmethod
    def headers_received(self, headers: Sequence[Header], end_stream: bool) -> None:
        """A header block arrived (see :class:`minirpc.http2.StreamHandler`)."""

    @abstractmethod
    def reset(self, error_code: int, by_peer: bool) -> None:
        """The stream was reset (see :class:`minirpc.http2.StreamHandler`)."""

    @abstractmethod
    def connection_lost(self, reason: str, error: Exception | None) -> None:
        """The connection ended under the stream."""

    @abstractmethod
    def unprocessed(self) -> None:
        """The peer has said that it did not and will not process the stream."""

    @abstractmethod
    def fail(self, code: StatusCode, message: str, cause: BaseException | None = None) -> None:
        """Ends the call with a status that this side has decided on."""

    @abstractmethod
    def _input_ended(self) -> None:
        """END_STREAM arrived with data, after the last message."""

    # -- receiving

    def data_received(self, data: bytes | memoryview, credit: int, end_stream: bool) -> None:
        """Cuts the bytes of a DATA frame into messages."""
        if self.over:
            return
        try:
            messages = self._deframer.feed(data)
        except RpcError as error:
            self.fail(error.code, error.message)
            return
        if messages:
            self.inbox.extend(messages)
            self.messages_received += len(messages)
            if self.observer is not None:
                for message in messages:
                    self.observer.message_received(len(message), isinstance(message, CompressedMessage))
        if end_stream:
            self._end_input()  # and the credit is of no use to the peer
            return
        self._unread_credit += credit
        if self._collecting or (self._reader is not None and not self._reader.done()):
            self._return_credit(self._unread_credit)
        if messages:
            self._messages_received()

    def _messages_received(self) -> None:
        self._wake_reader()

    def _end_input(self) -> None:
        self.input_over = True
        if self._deframer.in_message:
            self.fail(StatusCode.INTERNAL, "stream ended in the middle of a message")
        else:
            self._input_ended()
        self._wake_reader()

    def expect_encoding(self, encoding: Encoding) -> None:
        """Takes note of how the peer compresses messages, before the first one arrives."""
        self.receive_encoding = encoding
        self._deframer.compression_agreed = encoding is not IDENTITY

    def open_message(self, message: bytes) -> bytes:
        """Returns what a message from the inbox holds.

        Raises:
            RpcError: it cannot be inflated, or not within the limit (see :meth:`Encoding.decompress`).
        """
        self.message_compressed = isinstance(message, CompressedMessage)
        if self.message_compressed:
            opened = self.receive_encoding.decompress(message, self._max_receive_message_size)
            self._read_in_a_row += len(opened) // _LARGE
            if self.observer is not None:
                self.observer.message_inflated(len(opened))
            return opened
        return message

    def poll(self) -> bytes | None:
        """Returns the next message, as it arrived, if it is there; None where :meth:`read` has to be asked."""
        return self._take() if self.inbox and self._read_in_a_row < CROWDED_READS else None

    def _take(self) -> bytes:
        message = self.inbox.popleft()
        self._read_in_a_row += 1 + len(message) // _LARGE
        if self._unread_credit:
            self._return_credit(min(self._unread_credit, PREFIX_SIZE + len(message)))
        return message

    async def read(self) -> bytes | None:
        """Waits for the next message, as it arrived; None when no more will come.

        Raises:
            RuntimeError: another task is reading already.
        """
        if self._read_in_a_row >= CROWDED_READS:
            await self._give_way()
        while not self.inbox:
            if self.input_over or self.over:
                return None
            if self._reader is not None:
                raise RuntimeError("another task is already receiving from this call")
            self._return_credit(self._unread_credit)
            self._reader = Waiter(self._loop)
            try:
                await self._reader
            finally:
                self._reader = None
            self._read_in_a_row = 0
        return self._take()

    async def _give_way(self) -> None:
        """Lets others run. A reader that never has to wait would not, whatever a peer has sent before: many messages,
        or some that inflate to a thousand times what they were.
        """
        self._read_in_a_row = 0
        await asyncio.sleep(0)

    def _wake_reader(self) -> None:
        if self._reader is not None:
            self._wake(self._reader)

    def _wake(self, waiter: Waiter) -> None:
        """Has a task go on that waits."""
        if self.connection is not None:
            self.connection.wake(waiter)
        else:
            waiter.set()
            waiter.go_on_soon()

    def _return_credit(self, size: int) -> None:
        self._unread_credit -= size
        self._owed_credit += size
        if self._owed_credit >= _LEAST_CREDIT and self.connection is not None:
            size, self._owed_credit = self._owed_credit, 0
            if self.connection.engine.acknowledge_data(self.stream_id, size):
                self.connection.output_added()

    # -- sending

    def write(self, message: bytes, compress: bool = True) -> None:
        """Queues a message and sends what can be sent; without effect when the call is over.

        Args:
            message: the message.
            compress: whether to use the stream's encoding, if it has one. A message that compression would not make
                smaller is sent as it is.
        """
        if self.over:
            return
        compressed, size = False, len(message)
        if compress and self.send_encoding is not IDENTITY:
            packed = self.send_encoding.compress(message)
            compressed = len(packed) < len(message)
            if compressed:
                message = packed
        self.messages_sent += 1
        if self.observer is not None:
            self.observer.message_sent(size, len(message) if compressed else None)
        prefix = encode_prefix(len(message), compressed)
        if len(message) < _JOIN_SIZE:
            if not (self._outbox or self._ending) and self._send_small(prefix + message):
                return
            self._outbox.append(prefix + message)
        else:
            # The first frame is copied together with the prefix, which has none of its own, and the rest not at all.
            self._outbox.append(prefix + message[:_FIRST_SIZE])
            if len(message) > _FIRST_SIZE:
                self._outbox.append(memoryview(message)[_FIRST_SIZE:])
        self.pump()

    def _send_small(self, data: bytes) -> bool:
        """Sends a message in one frame, where nothing holds it. Returns whether it has left."""
        connection = self.connection
        if connection is None or connection.write_paused or self._output_over:
            return False
        engine = connection.engine
        size = len(data)
        if engine.send_capacity(self.stream_id) < size:
            return False
        self._output_started = True
        self._output_over = self._ending is not None
        engine.send_data(self.stream_id, data, self._output_over)
        connection.output_added(size)
        if self._output_over:
            self._output_ended()
        return True

    def end_output(self, trailers: Sequence[Header] = ()) -> None:
        """Ends this side's half of the stream after what is queued, with trailers or without."""
        self._ending = trailers
        self.pump()

    async def send(self, message: bytes, compress: bool = True) -> None:
        """Queues a message and waits until it has left, or the call is over."""
        self.write(message, compress)
        if self.congested:
            await self.wait_for_room()

    @property
    def congested(self) -> bool:
        """Whether a sender has to :meth:`wait_for_room` now."""
        return bool(self._outbox) or (self.connection is not None and self.connection.crowded)

    async def wait_for_room(self) -> None:
        """Waits until what was queued has left, or the call is over, and lets others run."""
        if self._outbox and not self.over:
            writer = Waiter(self._loop)
            if self._writers is None:
                self._writers = []
            self._writers.append(writer)
            await writer
        elif self.connection is not None and self.connection.crowded:
            # A sender that never has to wait would keep everybody else from running.
            await asyncio.sleep(0)

    def send_window_opened(self) -> None:
        """The stream's own window has room again."""
        if self._outbox:
            self.pump()

    def pump(self) -> None:
        """Sends what is queued, as far as windows and socket allow."""
        connection = self.connection
        if connection is None or self._output_over or self.over:
            return
        engine = connection.engine
        outbox = self._outbox
        while outbox:
            capacity = 0 if connection.write_paused else engine.send_capacity(self.stream_id)
            if capacity == 0:
                connection.wait_to_send(self)
                return
            self._output_started = True
            chunk = outbox[0]
            if len(chunk) > capacity:
                view = memoryview(chunk)
                outbox[0] = view[capacity:]
                engine.send_data(self.stream_id, view[:capacity], False)
                connection.output_added(capacity)
            else:
                outbox.popleft()
                self._output_over = self._ending == () and not outbox
                engine.send_data(self.stream_id, chunk, self._output_over)
                connection.output_added(len(chunk))
        if self._ending is not None and not self._output_over:
            if connection.write_paused:
                # Until its status has left, the stream counts as open: that bounds the statuses that nobody reads.
                connection.wait_to_send(self)
                return
            self._output_started = self._output_over = True
            if self._ending:
                engine.send_headers(self.stream_id, self._ending, True)
            else:
                engine.send_data(self.stream_id, b"", True)
            connection.output_added()
        self._wake_writers()
        if self._output_over:
            self._output_ended()

    @abstractmethod
    def _output_ended(self) -> None:
        """Everything has been handed to the engine, the end of the stream included."""

    def _wake_writers(self) -> None:
        if self._writers:
            for writer in self._writers:
                self._wake(writer)
            self._writers.clear()

    # -- ending

    def _end(self) -> None:
        """Drops what was not sent and wakes everybody who waits."""
        self.over = True
        self._outbox.clear()
        self._wake_writers()
        if self._reader is not None:
            self._wake_reader()
        if self.connection is not None:
            self.connection.remove_stream(self)
