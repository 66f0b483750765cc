"""Holds the client of one connection to the server's limits of time, and ends the connection when its time has come."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from minirpc.aio.connection_limits import ConnectionLimits, Lifespan
from minirpc.aio.watch import WatchTimer
from minirpc.chance import random
from minirpc.errors import StatusCode
from minirpc.http2 import Engine, ErrorCode

__all__ = ["ConnectionGuard", "GuardedConnection"]

_DRAIN_PING = b"minirpc\0"
_QUIET_PING_TIME = 7200.0  # seconds between PINGs without calls that no server minds; gRFC A8, after RFC 1122
_JITTER = 0.1  # of max_connection_age: connections that began together do not all come again together


class GuardedConnection(Protocol):
    """What a guard needs of its connection."""

    @property
    def engine(self) -> Engine:
        """The HTTP/2 engine."""
        ...

    @property
    def ready(self) -> bool:
        """Whether the peer's SETTINGS have arrived."""
        ...

    @property
    def draining(self) -> bool:
        """Whether no new streams may be opened."""
        ...

    @property
    def is_reading(self) -> bool:
        """Whether what arrives is taken up now."""
        ...

    @property
    def stream_count(self) -> int:
        """Streams that are open."""
        ...

    @property
    def holds_output(self) -> bool:
        """Whether a stream has messages that wait for windows or the socket."""
        ...

    @property
    def unsent(self) -> int:
        """Bytes that wait in the socket's buffer."""
        ...

    @property
    def sent(self) -> int:
        """Bytes that the socket has taken so far."""
        ...

    def drain(self, ping: bytes, debug_data: bytes = b"") -> None:
        """Ends the connection without losing a call."""

    def fail_streams(self, code: StatusCode, message: str) -> None:
        """Ends every call with a status."""

    def go_away(self) -> None:
        """Closes after telling the peer."""

    def refuse(self, error_code: ErrorCode, reason: str, debug_data: bytes | None = None) -> None:
        """Ends the connection with a GOAWAY that says why."""

    def lose(self, reason: str) -> None:
        """Ends the connection at once."""


class _Progress:
    """Something that must go on while it is under way.

    Attributes:
        limit: seconds that it may stand still; infinity for no limit.
        under_way: whether it is looked after.
    """

    def __init__(self, limit: float | None) -> None:
        self.limit = math.inf if limit is None else limit
        self.under_way = False
        self._mark: object = None
        self._since = 0.0

    def due(self, mark: object, now: float) -> float:
        """Returns when it will have stood still for too long, unless ``mark`` changes."""
        if not self.under_way or mark != self._mark:
            self.under_way = True
            self._mark = mark
            self._since = now
        return self._since + self.limit


class ConnectionGuard:
    """Looks after one connection of a server. Implements :class:`minirpc.aio.watch.Watch`.

    What the connection reports often does no more than begin a count, and only where none is under way.
    """

    _connection: GuardedConnection
    _watches: WatchTimer

    def __init__(self, limits: ConnectionLimits, lifespan: Lifespan, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._lifespan = lifespan
        self._clock = clock
        self._begun = 0.0
        self._idle_since = 0.0
        self._end_of_age = math.inf
        self._end_of_grace = math.inf
        self._frame = _Progress(limits.frame_timeout)
        self._socket = _Progress(limits.stall_timeout)
        self._windows = _Progress(limits.window_stall_timeout)
        self._over = False
        self._last_ping = -math.inf
        self._strikes = 0
        self._frames_sent = 0

    # -- what the connection reports

    def begin(self, connection: GuardedConnection, watches: WatchTimer) -> None:
        """The connection's transport is there."""
        self._connection = connection
        self._watches = watches
        self._begun = self._idle_since = self._clock()
        if self._lifespan.max_age is not None:
            jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # no secret
            self._end_of_age = self._begun + self._lifespan.max_age * jitter
        watches.add(self)

    def bytes_read(self) -> None:
        """The engine has had what arrived."""
        if not self._frame.under_way and self._connection.engine.receiving_frame:
            now = self._clock()
            self._watches.wake(self._frame.due(self._connection.engine.frames_received, now))

    def bytes_held(self) -> None:
        """The socket has not taken all of the output."""
        if not self._socket.under_way:
            self._watches.wake(self._socket.due(self._connection.sent, self._clock()))

    def output_held(self) -> None:
        """A stream has messages that wait for room."""
        if not self._windows.under_way:
            self._watches.wake(self._windows.due(self._connection.engine.frames_sent, self._clock()))

    def became_idle(self) -> None:
        """The last call has ended."""
        if self._lifespan.max_idle is not None:
            self._idle_since = self._clock()
            self._watches.wake(self._idle_since + self._lifespan.max_idle)

    def ping_received(self) -> None:
        """Counts a PING (gRFC A8, "Server Enforcement")."""
        now = self._clock()
        connection = self._connection
        sent = connection.engine.frames_sent
        if sent != self._frames_sent:
            self._frames_sent = sent
            self._strikes = 0
        else:
            enough = self._limits.ping_without_calls or connection.stream_count
            if now < self._last_ping + (self._limits.ping_min_time if enough else _QUIET_PING_TIME):
                self._strikes += 1
        self._last_ping = now
        if self._strikes > self._limits.ping_strikes and not self._over:
            self._refuse("the client sends too many PINGs: its keepalive time is too short", b"too_many_pings")

    # -- watch.Watch

    def check(self, now: float) -> float:
        """Looks at everything that takes time."""
        due = math.inf
        for look in (self._check_beginning, self._check_frame, self._check_output, self._check_lifespan):
            if not self._over:
                due = min(due, look(now))
        return math.inf if self._over else due

    def _check_beginning(self, now: float) -> float:
        limit = self._limits.preface_timeout
        if limit is None or self._connection.ready:
            return math.inf
        if now >= self._begun + limit:
            self._refuse(f"no HTTP/2 connection preface and SETTINGS within {limit:g} s (preface_timeout)")
        return self._begun + limit

    def _check_frame(self, now: float) -> float:
        frame, engine = self._frame, self._connection.engine
        if not engine.receiving_frame:
            frame.under_way = False
        if not frame.under_way:
            return math.inf
        if not self._connection.is_reading:
            frame.under_way = False  # it is this side that has stopped: the time begins anew
        due = frame.due(engine.frames_received, now)
        if now >= due:
            self._refuse(f"a frame or header block was not complete within {frame.limit:g} s (frame_timeout)")
        return due

    def _check_output(self, now: float) -> float:
        connection = self._connection
        self._socket.under_way = self._socket.under_way and connection.unsent > 0
        self._windows.under_way = self._windows.under_way and connection.holds_output
        due = math.inf
        if self._socket.under_way:
            due = self._socket.due(connection.sent, now)
            if now >= due:
                self._over = True
                connection.lose(f"stalled: the client took no byte within {self._socket.limit:g} s (stall_timeout)")
                return due
        if self._windows.under_way:
            due = min(due, self._windows.due(connection.engine.frames_sent, now))
            if now >= due:
                limit = self._windows.limit
                self._refuse(f"stalled: the client opened no window within {limit:g} s (window_stall_timeout)")
        return due

    def _check_lifespan(self, now: float) -> float:
        connection, lifespan = self._connection, self._lifespan
        if now >= self._end_of_grace:
            self._over = True
            connection.fail_streams(StatusCode.UNAVAILABLE, "max_connection_age_grace of the server has passed")
            connection.go_away()
            return math.inf
        if now >= self._end_of_age:
            self._end_of_age = math.inf
            connection.drain(_DRAIN_PING, b"max_age")
            if lifespan.max_age_grace is not None:
                self._end_of_grace = now + lifespan.max_age_grace
        due = min(self._end_of_age, self._end_of_grace)
        if lifespan.max_idle is not None and not connection.stream_count and not connection.draining:
            idle_due = self._idle_since + lifespan.max_idle
            if now >= idle_due:
                connection.drain(_DRAIN_PING, b"max_idle")
            else:
                due = min(due, idle_due)
        return due

    def _refuse(self, reason: str, debug_data: bytes | None = None) -> None:
        self._over = True
        self._connection.refuse(ErrorCode.ENHANCE_YOUR_CALM, reason, debug_data)
