"""How a server tells a client that it takes no more streams on a connection, without losing one."""

from __future__ import annotations

import asyncio
from typing import Protocol

from minirpc.http2 import MAX_STREAM_ID, Engine, ErrorCode

__all__ = ["Drain", "DrainingConnection"]

_PING_TIMEOUT = 5.0  # seconds after which a drain goes on without the answer to its PING


class DrainingConnection(Protocol):
    """What a drain needs of its connection."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop."""
        ...

    @property
    def engine(self) -> Engine:
        """The HTTP/2 engine."""
        ...

    def schedule_flush(self) -> None:
        """Sees to it that the engine's output leaves."""

    def drained(self) -> None:
        """The drain is over: the last GOAWAY is made."""


class Drain:
    """The two GOAWAYs of RFC 9113 section 6.8, with a PING between them.

    The first one names the highest identifier there is: the client stops, and what it has sent meanwhile is taken. When
    the PING behind it comes back, the client knows; the second one names the last stream that was taken.

    Attributes:
        over: whether the second GOAWAY is made.
    """

    def __init__(self, connection: DrainingConnection, ping: bytes, debug_data: bytes) -> None:
        """Makes the first GOAWAY, and the PING of 8 bytes."""
        self.over = False
        self._connection = connection
        self._ping = ping
        self._debug_data = debug_data
        connection.engine.send_goaway(MAX_STREAM_ID, ErrorCode.NO_ERROR, debug_data)
        connection.engine.send_ping(ping)
        connection.schedule_flush()
        self._timer = connection.loop.call_later(_PING_TIMEOUT, self._finish)

    def ping_acknowledged(self, data: bytes) -> None:
        """A PING came back, with its 8 bytes."""
        if data == self._ping:
            self._finish()

    def _finish(self) -> None:
        if not self.over:
            self.over = True
            self._timer.cancel()
            engine = self._connection.engine
            engine.send_goaway(engine.last_peer_stream_id, ErrorCode.NO_ERROR, self._debug_data)
            self._connection.drained()

    def cancel(self) -> None:
        """The connection is gone."""
        self._timer.cancel()
