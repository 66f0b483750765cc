"""One HTTP/2 connection on asyncio: the shell around the engine.

Everything runs on the event loop's thread. Output collects in the engine and leaves in one ``transport.write`` per turn
of the loop, or earlier when much has come together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, cast

from minirpc.aio.connection_guard import ConnectionGuard
from minirpc.aio.drain import Drain
from minirpc.aio.handler_slots import HandlerSlots
from minirpc.aio.inspection import CallCounter, register
from minirpc.aio.intake import Intake
from minirpc.aio.keepalive import Keepalive, KeepaliveWatch, set_user_timeout
from minirpc.aio.lifetime import hold
from minirpc.aio.parting import LINGER, LINGER_AFTER_FAILURE, Parting
from minirpc.aio.stream import Stream
from minirpc.aio.tls import PeerIdentity
from minirpc.aio.transports import peer_name, send_without_delay, write_pieces
from minirpc.aio.waiter import Waiter
from minirpc.aio.watch import WatchTimer
from minirpc.errors import StatusCode
from minirpc.http2 import (
    MAX_STREAM_ID,
    ErrorCode,
    Header,
    HeaderMemo,
    Http2Options,
    StreamHandler,
    create_engine,
    error_name,
    trace_enabled,
    traced,
)

__all__ = ["Connection", "ConnectionOwner"]

_FLUSH_SIZE = 1 << 17  # output of this size does not wait for the end of the turn
_CROWDED_SENDS = 128  # after so many frames in one turn of the loop, senders let others run
_CLOSED = "connection closed"
_CLOSED_BY_PEER = "connection closed by the peer"
_HIGH_WATER = 1 << 18  # bytes in the socket's buffer above which senders wait
_MAX_DEBUG_DATA = 1 << 10  # bytes of a GOAWAY's debug data that are kept


class ConnectionOwner(Protocol):
    """What a connection tells the channel or server that it belongs to."""

    def connection_made(self, connection: Connection) -> None:
        """The transport is there; HTTP/2 begins."""

    def connection_ready(self, connection: Connection) -> None:
        """The peer's SETTINGS arrived (again): streams can be opened, as far as they allow."""

    def connection_draining(self, connection: Connection) -> None:
        """The connection takes no new streams."""

    def connection_lost(self, connection: Connection) -> None:
        """The connection has ended, its streams have been told."""

    def stream_opened(
        self, connection: Connection, stream_id: int, headers: Sequence[Header], end_stream: bool
    ) -> StreamHandler | None:
        """The peer opened a stream (servers only)."""
        ...


class Connection(asyncio.BufferedProtocol):
    """A connection: an engine, a transport, and the streams that are open on it.

    Attributes:
        engine: the HTTP/2 engine.
        handler_slots: how many handlers the peer keeps busy (servers only).
        peer: the other side's address as gRPC writes it: ``ipv4:10.0.0.1:50051``, ``ipv6:[::1]:50051``, ``unix:/path``.
        draining: whether no new streams may be opened.
        write_paused: whether the socket's buffer is full.
        failure: why the connection ended or will end, for people; empty while all is well.
        identity: who the peer is by its TLS certificate, or None without one.
        last_write: the loop's time at which bytes were last sent.
        client_side: whether this side opened the connection.
        number: what this connection is found by, see :func:`minirpc.aio.inspection.register`.
        stream_counter: counts its streams. Those that the server ended in order have succeeded.
        goaway_code: the error code of the peer's last GOAWAY; None without one.
        goaway_debug_data: the beginning of that GOAWAY's debug data.
        header_memo: what the owner has made of header lists.
        ready: whether the peer's SETTINGS have arrived.
    """

    __slots__ = (  # more than what instances share the keys of their dictionaries for
        "__weakref__",
        "_beginning",
        "_closed",
        "_drain",
        "_error",
        "_flush_scheduled",
        "_guard",
        "_intake",
        "_keepalive",
        "_keepalive_options",
        "_lost",
        "_messages_received",
        "_messages_sent",
        "_owner",
        "_parting",
        "_refusing",
        "_running_started",
        "_sends_in_turn",
        "_started",
        "_streams",
        "_transport",
        "_unflushed",
        "_waiting",
        "_watches",
        "_written",
        "client_side",
        "draining",
        "engine",
        "failure",
        "goaway_code",
        "goaway_debug_data",
        "handler_slots",
        "header_memo",
        "identity",
        "last_write",
        "loop",
        "number",
        "peer",
        "ready",
        "stream_counter",
        "write_paused",
    )

    def __init__(
        self,
        owner: ConnectionOwner,
        options: Http2Options,
        loop: asyncio.AbstractEventLoop,
        *,
        client_side: bool,
        keepalive: Keepalive | None = None,
        guard: ConnectionGuard | None = None,
    ) -> None:
        """Prepares a connection; it begins with :meth:`connection_made`.

        Args:
            owner: the channel or server that it belongs to.
            options: windows and limits.
            loop: the event loop.
            client_side: whether this side opens it.
            keepalive: how to find out that the peer is gone; None leaves that to TCP.
            guard: holds the peer to limits of time.
        """
        self.engine = create_engine(self, options, client_side=client_side)
        if trace_enabled():
            self.engine = traced(
                self.engine, lambda: self.peer, client_side=client_side, max_frame_size=options.max_frame_size
            )
        self.loop = loop
        self.handler_slots = HandlerSlots(options.max_concurrent_streams)
        self.peer = ""
        self.draining = False
        self.write_paused = False
        self.failure = ""
        self.identity: PeerIdentity | None = None
        self.last_write = loop.time()
        self.client_side = client_side
        self.stream_counter = CallCounter()
        self.number = register(self)
        self._messages_sent = self._messages_received = 0  # of the streams that have ended
        self.goaway_code: int | None = None
        self.goaway_debug_data = b""
        self.header_memo: HeaderMemo[Any] = HeaderMemo()
        self.ready = False
        self._lost = False  # whether the transport is gone
        self._beginning: asyncio.Future[None] | None = None  # of who waits for the peer's SETTINGS
        self._closed: asyncio.Future[None] | None = None  # of those who wait for the end
        self._error: Exception | None = None
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._intake = Intake(self)
        self._streams: dict[Stream, None] = {}
        self._waiting: dict[Stream, None] = {}
        self._started: list[Callable[[], object]] = []  # what waits for the end of a read
        self._running_started = False
        self._flush_scheduled = False
        self._sends_in_turn = 0
        self._unflushed = 0  # bytes of DATA that were made since the last flush
        self._written = 0  # bytes handed to the transport so far
        self._parting = Parting(loop)
        self._drain: Drain | None = None
        self._refusing = False  # whether the peer's new streams are turned away
        self._watches = WatchTimer(loop)
        self._keepalive_options = keepalive
        self._keepalive: KeepaliveWatch | None = None
        self._guard = guard
        hold(self)

    @property
    def is_open(self) -> bool:
        """Whether bytes can still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def closed(self) -> asyncio.Future[None]:
        """Done when the transport is gone."""
        if self._closed is None:
            self._closed = self.loop.create_future()
            if self._lost:
                self._closed.set_result(None)
        return self._closed

    @property
    def is_reading(self) -> bool:
        """Whether what arrives is taken up: not while the peer asks for much and reads nothing."""
        return self._intake.is_open

    @property
    def last_read(self) -> float:
        """The loop's time at which bytes last arrived."""
        return self._intake.last_read

    @property
    def descriptor(self) -> int:
        """The number of the socket's file, or -1 where there is none."""
        sock = None if self._transport is None else self._transport.get_extra_info("socket")
        return -1 if sock is None else int(sock.fileno())

    @property
    def failed(self) -> bool:
        """Whether the connection ended, or will end, by a fault of either side or of the network."""
        return self.failure not in ("", _CLOSED, _CLOSED_BY_PEER)

    @property
    def crowded(self) -> bool:
        """Whether much output was made in this turn of the loop: senders then let others run."""
        return self._sends_in_turn >= _CROWDED_SENDS

    async def wait_until_ready(self, hint: str) -> None:
        """Waits for the peer's SETTINGS; for one task.

        Args:
            hint: what may be the matter if the peer closes the connection without a word.

        Raises:
            ConnectionError: the connection ended before, or the peer sent GOAWAY at once.
        """
        if not self.ready and not self._lost:
            self._beginning = self.loop.create_future()
            await self._beginning
        if not self.ready or not self.is_open or self.draining:
            if not self.ready and self.failure.startswith("connection "):
                self.failure = f"{self.failure} before HTTP/2 began ({hint})"
            raise ConnectionError(self.failure or "the peer takes no calls on this connection") from self._error

    # -- asyncio.BufferedProtocol

    def handshake_started(self, transport: asyncio.Transport) -> None:
        """There is a transport, and a TLS handshake before :meth:`connection_made`: the owner can close it already."""
        self._transport = transport
        self._parting.begin(transport)
        self.peer = peer_name(transport)
        self._owner.connection_made(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Starts HTTP/2 on a transport."""
        transport = cast(asyncio.Transport, transport)  # uvloop's has the methods, but not the class
        owner_knows = self._transport is not None
        self._transport = transport
        self._parting.begin(transport)
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        send_without_delay(transport)
        self.peer = peer_name(transport)
        self._intake.begin(transport)
        if self._guard is not None:
            self._guard.begin(self, self._watches)
        self.engine.start()
        if self.client_side:
            self.flush()
        else:
            # The client's preface is mostly under way: what answers it joins this side's SETTINGS in one write.
            self._flush_scheduled = True
            self.loop.call_soon(self.loop.call_soon, self._end_of_turn)
        if not owner_knows:
            self._owner.connection_made(self)
        if self._keepalive_options is not None:
            set_user_timeout(transport, self._keepalive_options.timeout)
            self._keepalive = KeepaliveWatch(self, self._keepalive_options, client_side=self.client_side)
            self._watches.add(self._keepalive)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Gives the transport the buffer to read into."""
        return self._intake.buffer.get()

    def release_buffer(self) -> None:
        """Takes back a buffer that nothing was read into."""
        self._intake.buffer.release()

    def buffer_updated(self, nbytes: int) -> None:
        """Hands what was read to the engine."""
        self._intake.take(nbytes)

    def bytes_taken(self, *, backlog: bool) -> None:
        """The engine has had some of what arrived: what that starts or wakes runs now; its output leaves at once."""
        if self._started:
            due = self._flush_scheduled
            started: Iterator[Callable[[], object]] = iter(())
            self._flush_scheduled = self._running_started = True  # nothing needs a turn of the loop for output now
            try:
                while self._started:
                    started, self._started = iter(self._started), []
                    for start in started:
                        start()
            except BaseException:  # something like KeyboardInterrupt
                self._started[:0] = started
                self.taking_failed()
                raise
            finally:
                self._flush_scheduled, self._running_started = due, False
        if backlog:
            self.schedule_flush()
        else:
            self._sends_in_turn = 0
            self.flush()
        if self._guard is not None:
            self._guard.bytes_read()

    def taking_failed(self) -> None:
        """Something has raised: whom the engine has woken goes on, or would wait for ever, past cancellation too."""
        started, self._started = self._started, []
        for start in started:
            self.loop.call_soon(start)

    def after_read(self, start: Callable[[], object]) -> None:
        """Calls ``start`` when all that was read has been taken up: what is to be started may be reset by then."""
        if self._intake.receiving or self._running_started:
            self._started.append(start)
        else:
            self.loop.call_soon(start)

    def wake(self, waiter: Waiter) -> None:
        """Has a task go on: where the engine has had what was read, or in the next turn of the loop."""
        if not waiter.done():
            waiter.set()
            if self._intake.receiving:
                self._started.append(waiter.go_on)
            else:
                waiter.go_on_soon()

    def eof_received(self) -> bool:
        """Lets the transport close: an HTTP/2 connection has no half-closed state."""
        self.failure = self.failure or _CLOSED_BY_PEER
        self._start_draining()
        self.close(LINGER_AFTER_FAILURE)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells every stream that its connection is gone."""
        self._transport = None
        self._error = exc
        self.draining = True
        self._watches.stop()
        self._guard = self._keepalive = None  # which hold this connection
        self._parting.end()
        if self._drain is not None:
            self._drain.cancel()
            self._drain = None
        self.failure = self.failure or (f"connection lost: {exc}" if exc else _CLOSED)
        self._end_streams(exc)
        self._intake.end()
        self._lost = True
        self._end_beginning()
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)
        self._owner.connection_lost(self)

    def _end_beginning(self) -> None:
        beginning, self._beginning = self._beginning, None
        if beginning is not None and not beginning.done():
            beginning.set_result(None)

    def pause_writing(self) -> None:
        """The socket's buffer is full."""
        self.write_paused = True
        self._intake.socket_is_full()

    def resume_writing(self) -> None:
        """The socket's buffer has room again."""
        self.write_paused = False
        self._intake.socket_has_room()
        self.send_window_opened()

    # -- output

    def schedule_flush(self) -> None:
        """Sees to it that the engine's output leaves at the end of this turn of the loop."""
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self.loop.call_soon(self._end_of_turn)

    def _end_of_turn(self) -> None:
        self._flush_scheduled = False
        self._sends_in_turn = 0
        self._intake.new_turn()
        self.flush()

    def output_added(self, size: int = 0) -> None:
        """Called after a frame was made: flushes what there is if it is much.

        Args:
            size: bytes of DATA in the frame.
        """
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self.loop.call_soon(self._end_of_turn)
        self._sends_in_turn += 1
        self._unflushed += size
        if self._unflushed >= _FLUSH_SIZE:
            self._sends_in_turn += _CROWDED_SENDS
            self.flush()

    def flush(self) -> None:
        """Writes the engine's output to the transport."""
        transport = self._transport
        self._unflushed = 0
        size = self.engine.output_size
        if transport is not None and size and not transport.is_closing():
            output = self.engine.take_pieces()
            if self._parting.said:
                return  # nothing follows the end: what the peer's frames still ask for must not pile up
            self._written += size
            self.last_write = self.loop.time()
            unsent = transport.get_write_buffer_size()
            write_pieces(transport, output)
            if not unsent and transport.is_closing():
                self._written -= size  # the socket was broken, and has taken nothing of it
            if self._guard is not None and transport.get_write_buffer_size():
                self._guard.bytes_held()

    @property
    def bytes_written(self) -> int:
        """How many bytes were handed to the transport, without those that a broken socket has refused."""
        return self._written

    @property
    def unsent(self) -> int:
        """Bytes that wait in the socket's buffer."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    @property
    def sent(self) -> int:
        """Bytes that the socket has taken so far (with TLS, something that grows with them)."""
        return self._written - self.unsent

    # -- streams

    @property
    def stream_count(self) -> int:
        """Streams that are open on this connection."""
        return len(self._streams)

    def add_stream(self, stream: Stream) -> None:
        """Registers a stream, which then hears of the connection's end."""
        self._streams[stream] = None
        self.stream_counter.start()
        if self._keepalive is not None and self._keepalive.dormant:
            self._watches.wake(self.loop.time())
        if stream.stream_id == MAX_STREAM_ID:
            # RFC 9113 section 5.1.1: identifiers are not used again; for more streams there must be a new connection.
            self._start_draining()

    def remove_stream(self, stream: Stream) -> None:
        """Forgets a stream that is over. A draining connection closes after its last one."""
        if self._streams.pop(stream, self) is None:  # it was there
            self.stream_counter.end(stream.completed)
            self._messages_sent += stream.messages_sent
            self._messages_received += stream.messages_received
        self._waiting.pop(stream, None)
        if self._guard is not None and not self._streams:
            self._guard.became_idle()
        self._close_if_drained()

    @property
    def messages_sent(self) -> int:
        """Messages that were queued to be sent on this connection."""
        return self._messages_sent + sum(stream.messages_sent for stream in list(self._streams))

    @property
    def messages_received(self) -> int:
        """Messages that have arrived on this connection."""
        return self._messages_received + sum(stream.messages_received for stream in list(self._streams))

    @property
    def keepalives_sent(self) -> int:
        """PINGs that looked whether the peer is there."""
        return 0 if self._keepalive is None else self._keepalive.pings

    def transport_info(self, name: str) -> Any:
        """What the transport says (``asyncio.BaseTransport.get_extra_info``); None where it is gone."""
        return None if self._transport is None else self._transport.get_extra_info(name)

    @property
    def holds_output(self) -> bool:
        """Whether a stream has messages that wait for windows or the socket."""
        return any(stream.holds_output for stream in self._streams)

    def _end_streams(self, error: Exception | None) -> None:
        """Tells every stream that its connection is gone."""
        self._waiting.clear()
        for stream in list(self._streams):
            stream.connection_lost(self.failure, error)
        self._streams.clear()

    def fail_streams(self, code: StatusCode, message: str) -> None:
        """Ends every call on this connection with a status, and takes no more."""
        self._refusing = True
        for stream in list(self._streams):
            stream.fail(code, message)

    def reset_streams(self, error_code: ErrorCode) -> None:
        """Ends every stream on this connection by RST_STREAM."""
        for stream in list(self._streams):
            self.engine.reset_stream(stream.stream_id, error_code)
            stream.reset(error_code, False)
        self.schedule_flush()

    def wait_to_send(self, stream: Stream) -> None:
        """Has ``stream.pump()`` called when the connection's window or the socket has room, if it waits for these.

        For room in its own window a stream hears from the engine.
        """
        if not self._can_send:
            self._waiting[stream] = None
        if self._guard is not None:
            self._guard.output_held()

    # -- http2.ConnectionHandler

    def stream_opened(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> StreamHandler | None:
        """Asks the owner to take the peer's new stream."""
        if self._refusing:
            # RFC 9113 section 6.8: the peer may repeat elsewhere what came after the last stream that GOAWAY named.
            self.engine.reset_stream(stream_id, ErrorCode.REFUSED_STREAM)
            return None
        return self._owner.stream_opened(self, stream_id, headers, end_stream)

    def settings_received(self) -> None:
        """The peer's limits are known, or have changed."""
        self.ready = True
        self._end_beginning()
        # RFC 9113 section 6.9.2: a new initial window size changes the window of every stream.
        for stream in list(self._streams):
            stream.send_window_opened()
        self._owner.connection_ready(self)

    def send_window_opened(self) -> None:
        """Lets the waiting streams send, those that have waited longest first, until there is no more room.

        The others are not looked at: with many streams and a peer that opens its window bit by bit, that would cost
        more than everything else.
        """
        while self._waiting and self._can_send:
            stream = next(iter(self._waiting))
            del self._waiting[stream]
            stream.pump()

    @property
    def _can_send(self) -> bool:
        """Whether the connection's window and the socket have room."""
        return not self.write_paused and self.engine.send_capacity(0) > 0

    def ping_received(self) -> None:
        """The peer looks whether this side is there."""
        if self._guard is not None:
            self._guard.ping_received()

    def ping_acknowledged(self, data: bytes) -> None:
        """The PING between the two GOAWAYs of a drain came back."""
        if self._drain is not None:
            self._drain.ping_acknowledged(data)

    def goaway_received(self, last_stream_id: int, error_code: int, debug_data: bytes) -> None:
        """Drains: streams above the last identifier were not processed, the others go on."""
        self.goaway_code = error_code
        self.goaway_debug_data = debug_data = debug_data[:_MAX_DEBUG_DATA]
        if error_code != ErrorCode.NO_ERROR:
            debug_text = debug_data.decode("utf-8", "replace")
            self.failure = f"GOAWAY from the peer: {error_name(error_code)} {debug_text}".rstrip()
        self._start_draining()
        for stream in list(self._streams):
            if stream.stream_id > last_stream_id:
                stream.unprocessed()
        self._close_if_drained()

    def connection_failed(self, error_code: int, reason: str) -> None:
        """Ends the connection after a protocol error of the peer, and its calls at once."""
        self.failure = f"HTTP/2 {error_name(error_code)}: {reason}"
        self._start_draining()
        self._part()

    # -- ending

    def drain(self, ping: bytes, debug_data: bytes = b"") -> None:
        """Ends the connection without losing a stream, and closes it after its last one (see :class:`Drain`).

        Args:
            ping: 8 bytes that no other PING of this side has.
            debug_data: why, for people who read the GOAWAYs.
        """
        if not self.ready:
            # Clients may send calls before they have read anything: a GOAWAY says that none was taken.
            self.go_away()
        elif not self.draining:
            self._start_draining()
            self._drain = Drain(self, ping, debug_data)

    def drained(self) -> None:
        """The peer knows of the drain: what it still sends of new streams has crossed with the last GOAWAY."""
        self._refusing = True
        self.schedule_flush()
        self._close_if_drained()

    def _start_draining(self) -> None:
        if not self.draining:
            self.draining = True
            self._owner.connection_draining(self)

    def retire(self) -> None:
        """Takes no new streams, and closes after the last one; for clients."""
        self._start_draining()
        self._close_if_drained()

    def _close_if_drained(self) -> None:
        if self.draining and not self._streams and (self._drain is None or self._drain.over):
            # Not at once: this may run inside a callback whose output is still to come.
            self.loop.call_soon(self._leave)

    def _part(self) -> None:
        """Ends a connection that has gone wrong, and its calls at once; the peer is still to read the GOAWAY."""
        self._end_streams(None)
        if self.client_side:
            self.close(LINGER_AFTER_FAILURE)
        else:
            self._intake.discard()
            self._refusing = True
            self._leave(LINGER_AFTER_FAILURE)

    def _leave(self, linger: float = LINGER) -> None:
        """Closes a connection that is done with; a server leaves that to the client, for a while.

        Args:
            linger: see :meth:`close`.
        """
        parting = self._parting
        if parting.said and self._transport is not None:
            return  # it is left to the client already
        self.flush()
        if not self.client_side and parting.leave_to_peer(linger):
            self._watches.stop()
            self._refusing = True  # what still comes has no answer: the peer repeats it elsewhere
        else:
            self.close(linger)

    def close(self, linger: float = LINGER) -> None:
        """Sends what is queued and closes the transport.

        Args:
            linger: seconds for the peer to take the rest.
        """
        self.flush()
        self._watches.stop()  # from here on everything has its end
        self._parting.close(linger)

    def abort(self) -> None:
        """Closes the transport at once."""
        self._parting.abort()

    def leave_to_parent(self) -> None:
        """Ends the connection in a forked child, which has no part in its socket any more."""
        self.failure = "the process was forked"
        self.draining = True
        self.abort()

    def lose(self, reason: str) -> None:
        """Ends a connection whose peer is gone."""
        self.failure = reason
        self._start_draining()
        self.abort()

    def refuse(self, error_code: ErrorCode, reason: str, debug_data: bytes | None = None) -> None:
        """Ends a connection that must not go on, and its calls, with a GOAWAY that says why.

        Args:
            error_code: what it is, for programs.
            reason: what it is, for people.
            debug_data: what GOAWAY says in place of the reason.
        """
        self.failure = reason
        self._start_draining()
        if self._transport is not None and not self._transport.is_closing():
            debug_data = reason.encode() if debug_data is None else debug_data
            self.engine.send_goaway(self.engine.last_peer_stream_id, error_code, debug_data)
        self._part()

    def go_away(self, linger: float = LINGER) -> None:
        """Tells the peer that this side leaves, and closes: a client within ``linger`` (see :meth:`close`)."""
        if self.is_open:
            self.engine.send_goaway(self.engine.last_peer_stream_id, ErrorCode.NO_ERROR)
        if self.client_side:
            self.close(linger)
        else:
            self._leave()
