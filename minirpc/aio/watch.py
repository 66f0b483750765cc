"""What a connection must not wait for without end: checks that are made in time, on one coarse timer.

What happens often (a read, the end of a call) only notes that it happened. A watch looks at these notes when its time
has come, and says when it wants to look again. So a busy connection pays for a watch once in its period.
"""

from __future__ import annotations

import asyncio
import math
from typing import Protocol

__all__ = ["Watch", "WatchTimer"]

_LATE = 0.1  # seconds; a timer that fires so late comes from a loop that was held up


class Watch(Protocol):
    """Something to look after on a connection."""

    def check(self, now: float) -> float:
        """Looks, and does what is due.

        Args:
            now: the loop's time.

        Returns:
            The loop's time at which to look again, unless :meth:`WatchTimer.wake` says earlier; infinity for never.
        """
        ...


class WatchTimer:
    """The timer that all watches of one connection share."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watches: list[Watch] = []
        self._timer: asyncio.TimerHandle | None = None
        self._when = 0.0  # of the timer; not every loop's handles know it
        self._postponed = False
        self._stopped = False

    def add(self, watch: Watch) -> None:
        """Adds a watch, which looks for the first time in the next turn of the loop."""
        self._watches.append(watch)
        self.wake(self._loop.time())

    def wake(self, when: float) -> None:
        """Has the watches look at this time of the loop, if they would not do so earlier."""
        if self._stopped or when == math.inf:
            return
        if self._timer is not None:
            if self._when <= when:
                return
            self._timer.cancel()
        self._start(when)

    def _start(self, when: float) -> None:
        self._when = when
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        late = now - self._when > _LATE
        self._timer = None
        if late and not self._postponed:
            # What has arrived meanwhile is perhaps not read yet: a peer is not to blame for a loop that stood still.
            self._postponed = True
            self._start(now)
            return
        self._postponed = False
        self.wake(min([watch.check(now) for watch in self._watches]))

    def stop(self) -> None:
        """Ends all watches."""
        self._stopped = True
        self._watches.clear()  # they hold the connection
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
