"""Calls that wait for a connection, or for room on one: in order, and counted over all queues of a channel."""

from __future__ import annotations

import math

from minirpc.aio.client_stream import ClientStream
from minirpc.errors import StatusCode

__all__ = ["DEFAULT_MAX_WAITING_CALLS", "CallQueue", "WaitingCalls"]

DEFAULT_MAX_WAITING_CALLS = 100_000


class WaitingCalls:
    """How many calls of one channel wait, in whichever queue.

    Only new calls are refused. One that comes back from a connection, or moves from queue to queue, was taken once and
    must not be lost; of these there are no more than there were streams on connections.

    Attributes:
        count: calls that wait.
    """

    __slots__ = ("_limit", "count")

    def __init__(self, limit: int | None) -> None:
        """Begins with none.

        Args:
            limit: how many may wait, more than 0; None for any number.

        Raises:
            ValueError: ``limit`` is not more than 0.
        """
        if limit is not None and limit < 1:
            raise ValueError(f"max_waiting_calls must be more than 0, not {limit}")
        self._limit = math.inf if limit is None else limit
        self.count = 0

    def admit(self, stream: ClientStream) -> None:
        """Fails a new call, which is sent on its way, if it waits and is one too many."""
        if self.count > self._limit and stream.connection is None:
            stream.fail(
                StatusCode.RESOURCE_EXHAUSTED,
                f"{self.count} calls of this channel would wait for a connection or for room on one; "
                f"max_waiting_calls is {self._limit}",
            )


class CallQueue(dict[ClientStream, None]):
    """One queue of such calls, first in, first out. Only the methods here change it."""

    __slots__ = ("_waiting",)

    def __init__(self, waiting: WaitingCalls) -> None:
        """Begins empty.

        Args:
            waiting: the count that its calls are part of.
        """
        super().__init__()
        self._waiting = waiting

    def add(self, stream: ClientStream) -> None:
        """Puts a call at the end, unless it waits here already."""
        if stream not in self:
            self[stream] = None
            self._waiting.count += 1

    def discard(self, stream: ClientStream) -> None:
        """Takes a call out, if it waits here."""
        if stream in self:
            del self[stream]
            self._waiting.count -= 1

    def take_first(self) -> ClientStream:
        """Takes out the call that has waited longest; there must be one."""
        stream = next(iter(self))
        self.discard(stream)
        return stream
