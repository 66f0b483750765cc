"""What a server turns away because it has enough: connections, and calls."""

from __future__ import annotations

import logging

from minirpc.aio.connection import Connection
from minirpc.aio.inspection import CallCounter, History
from minirpc.errors import StatusCode
from minirpc.http2 import ErrorCode
from minirpc.rpc.status import Status

__all__ = ["CallLimit", "ConnectionLimit"]

_log = logging.getLogger("minirpc.server")

_MAX_REFUSALS = 100  # connections too many that hear why; the others are cut off


class ConnectionLimit:
    """How many connections there may be at once.

    Those beyond it are not left waiting: their clients can go to another server at once.
    """

    def __init__(self, limit: int) -> None:
        """Begins without connections.

        Args:
            limit: connections at once.
        """
        self._limit = limit
        self._full = False

    def added(self, connection: Connection, count: int) -> None:
        """Turns the latest connection away if it is one too many.

        Args:
            connection: the connection.
            count: connections that there are with it.
        """
        if count <= self._limit:
            return
        if not self._full:
            self._full = True  # one line, until there is room again
            _log.warning("max_connections (%d) reached: further connections are refused", self._limit)
        if count > self._limit + _MAX_REFUSALS:
            connection.abort()
        else:
            reason = f"the server has all the connections that it takes (max_connections={self._limit})"
            connection.refuse(ErrorCode.ENHANCE_YOUR_CALM, reason)

    def removed(self, count: int) -> None:
        """So many connections are left after one has ended."""
        self._full = self._full and count >= self._limit


class CallLimit:
    """How many calls may be served at once, over all connections.

    Those beyond it end at once: clients may try another server, and this one stays quick.
    """

    def __init__(self, limit: int | None, calls: CallCounter, history: History) -> None:
        """Begins without calls.

        Args:
            limit: calls at once, more than 0; None for any number.
            calls: counts the calls that the limit is for.
            history: gets an entry when the limit is reached.

        Raises:
            ValueError: ``limit`` is not more than 0.
        """
        if limit is not None and limit < 1:
            raise ValueError(f"max_concurrent_calls must be more than 0, not {limit}")
        self._limit = limit
        self._calls = calls
        self._history = history
        self._overloaded = False

    @property
    def reached(self) -> bool:
        """Whether the next call is one too many."""
        return self._limit is not None and self._calls.running >= self._limit

    def refuse(self) -> Status:
        """Counts a call that is refused, and returns its status."""
        if not self._overloaded:
            self._overloaded = True  # one line, until there is room again
            _log.warning("max_concurrent_calls (%d) reached: further calls are refused", self._limit)
            self._history.add(f"refuses calls: max_concurrent_calls ({self._limit}) reached", warning=True)
        self._calls.start()
        self._calls.end(False)
        message = f"the server has all the calls that it takes (max_concurrent_calls={self._limit})"
        return Status(StatusCode.RESOURCE_EXHAUSTED, message)

    def taken(self) -> None:
        """Another call is served: there may be room again."""
        if self._overloaded and self._limit is not None:
            self._overloaded = self._calls.running * 2 > self._limit
