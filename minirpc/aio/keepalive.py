"""Keepalive: finds connections that are dead without a word (gRFC A8, and A18 for what the kernel knows)."""

from __future__ import annotations

import asyncio
import math
import socket
from contextlib import suppress
from typing import Protocol

from minirpc.frozen import frozen
from minirpc.http2 import Engine

__all__ = ["Keepalive", "KeepaliveConnection", "KeepaliveWatch", "set_user_timeout"]

_PING = b"keepaliv"
_MIN_CLIENT_TIME = 10.0  # seconds; gRFC A8
_MAX_USER_TIMEOUT = 2**31 - 1  # milliseconds; the kernel keeps an int


@frozen(kw_only=True)
class Keepalive:
    """How one side looks whether the other one is still there.

    Where nothing arrived for ``time`` seconds, a PING is sent; where nothing arrived for ``timeout`` seconds after it,
    the connection is closed and its calls end with UNAVAILABLE. TCP has the same ``timeout`` for what it sends
    (``TCP_USER_TIMEOUT``, on Linux).

    Servers close connections with too frequent PINGs (``too_many_pings``): by default gRPC's servers allow one in five
    minutes, and none without calls. Agree with the server's operator before you choose less.

    Attributes:
        time: seconds without a byte after which a PING is sent. A client takes less than 10 for 10.
        timeout: seconds to wait for anything to arrive after a PING.
        without_calls: whether PINGs are sent while no call runs.
        allow_short_time: whether a client sends PINGs more often than every 10 seconds: for tests, and for servers of
            your own.
    """

    time: float
    timeout: float = 20.0
    without_calls: bool = False
    allow_short_time: bool = False

    def __post_init__(self) -> None:
        for name, value in (("time", self.time), ("timeout", self.timeout)):
            if not 0 < value < math.inf:
                raise ValueError(f"keepalive {name} must be a positive number of seconds, not {value}")

    @property
    def client_time(self) -> float:
        """``time`` as a client has it: at least 10 seconds, unless ``allow_short_time``."""
        return self.time if self.allow_short_time else max(self.time, _MIN_CLIENT_TIME)


class KeepaliveConnection(Protocol):
    """What keepalive needs of a connection."""

    @property
    def engine(self) -> Engine:
        """The HTTP/2 engine."""
        ...

    @property
    def last_read(self) -> float:
        """The loop's time at which bytes last arrived."""
        ...

    @property
    def is_reading(self) -> bool:
        """Whether what arrives is taken up now."""
        ...

    @property
    def stream_count(self) -> int:
        """Streams that are open."""
        ...

    def schedule_flush(self) -> None:
        """Sends what the engine has, soon."""

    def lose(self, reason: str) -> None:
        """Ends the connection at once."""


class KeepaliveWatch:
    """Sends PINGs on one connection. Implements :class:`minirpc.aio.watch.Watch`.

    Attributes:
        dormant: whether it waits for a call, having found none when a PING was due; wake it then.
        pings: how many PINGs it has sent.
    """

    def __init__(self, connection: KeepaliveConnection, options: Keepalive, *, client_side: bool) -> None:
        self.dormant = False
        self.pings = 0
        self._connection = connection
        self._time = options.client_time if client_side else options.time
        self._timeout = options.timeout
        self._without_calls = options.without_calls
        self._pinged: float | None = None  # when the PING was sent that nothing has followed yet

    def check(self, now: float) -> float:
        """Sends a PING where it is time, and ends the connection where nothing has followed one."""
        connection = self._connection
        self.dormant = False
        if self._pinged is not None and connection.last_read > self._pinged:
            self._pinged = None
        if self._pinged is not None:
            if not connection.is_reading:
                # The peer may have answered long ago: it was this side that stopped, as the peer takes nothing.
                self._pinged = now
            due = self._pinged + self._timeout
            if now < due:
                return due
            connection.lose(f"keepalive: no answer to a PING within {self._timeout:g} s")
            return math.inf
        due = connection.last_read + self._time
        if now < due:
            return due
        if not self._without_calls and not connection.stream_count:
            self.dormant = True
            return math.inf
        self._pinged = now
        self.pings += 1
        connection.engine.send_ping(_PING)
        connection.schedule_flush()
        return now + min(self._time, self._timeout)


def set_user_timeout(transport: asyncio.Transport, seconds: float) -> None:
    """Has the kernel give up on a connection when what was sent is not acknowledged for so long, where it can do so."""
    sock = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is None or sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with suppress(OSError):  # the socket has gone already
        sock.setsockopt(socket.IPPROTO_TCP, option, min(math.ceil(seconds * 1000), _MAX_USER_TIMEOUT))
