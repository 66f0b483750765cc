"""Counts what a peer sends against :class:`FloodLimits`."""

from __future__ import annotations

from collections.abc import Callable

from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError

from minirpc.http2.limits import FloodLimits, Rate

__all__ = ["FloodError", "FloodGuard"]

_MAX_EARNED = 100_000  # what sent frames allow at most: a peer cannot save up for minutes of our time


class FloodError(ProtocolError):
    """The peer went beyond a limit. The connection ends."""

    error_code = ErrorCodes.ENHANCE_YOUR_CALM


class FloodGuard:
    """The token buckets of one connection.

    A bucket is refilled when it is empty, and only then is the clock read: a frame within the limits costs one look
    into a dictionary.

    Args:
        limits: the limits.
        clock: gives the time in seconds, monotonically.
    """

    __slots__ = ("_clock", "_left", "_limits", "_marks", "_start")

    def __init__(self, limits: FloodLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._start = clock()
        self._left: dict[str, float] = {}
        self._marks: dict[str, tuple[float, int]] = {}  # when a bucket was last filled, and what had been sent then

    def count(self, limit: str, frames_sent: int) -> None:
        """Takes note of one frame.

        Args:
            limit: the attribute of :class:`FloodLimits` that it counts against.
            frames_sent: HEADERS and DATA frames that this side has sent so far.

        Raises:
            FloodError: it is one too many.
        """
        left = self._left.get(limit, 0.0)
        if left < 1:
            left = self._refill(limit, frames_sent)
        self._left[limit] = left - 1

    def _refill(self, limit: str, frames_sent: int) -> float:
        rate: Rate = getattr(self._limits, limit)
        if limit not in self._marks:
            self._marks[limit] = (self._start, 0)
            return rate.burst
        now = self._clock()
        filled_at, sent_then = self._marks[limit]
        left = self._left[limit] + min(rate.burst, (now - filled_at) * rate.per_second)
        left += min(_MAX_EARNED, (frames_sent - sent_then) * rate.per_sent_frame)
        if left < 1:
            more = f" and {rate.per_sent_frame:g} for each frame sent" if rate.per_sent_frame else ""
            raise FloodError(f"too many {limit}: the limit is {rate.burst:g}, {rate.per_second:g} a second{more}")
        self._marks[limit] = (now, frames_sent)
        return left
