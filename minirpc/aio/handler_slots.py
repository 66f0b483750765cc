"""How many handlers one connection may keep busy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

__all__ = ["HandlerSlots"]


class HandlerSlots:
    """As many handlers run at once as the peer may have open streams.

    A stream that is reset no longer counts as open, but its handler may take its time to clean up: without this limit a
    peer that opens and resets streams would have any number of them running (CVE-2023-44487). What is beyond waits: its
    stream is open, so there is a limit on that as well, and a client that cancels calls and makes others loses none.

    Args:
        limit: handlers at once.
    """

    __slots__ = ("_busy", "_limit", "_waiting")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._busy = 0
        self._waiting: dict[object, Callable[[], object]] = {}

    def take(
        self, owner: object, start: Callable[[Callable[[], object]], object], argument: Callable[[], object]
    ) -> None:
        """Calls ``start(argument)`` as soon as there is room: now, or after a :meth:`release`."""
        if self._busy < self._limit:
            self._busy += 1
            start(argument)
        else:
            self._waiting[owner] = partial(start, argument)

    def withdraw(self, owner: object) -> None:
        """Forgets an owner that waits; without effect on one that does not."""
        self._waiting.pop(owner, None)

    def release(self) -> None:
        """Gives a slot back, to whom has waited longest."""
        if self._waiting:
            self._waiting.pop(next(iter(self._waiting)))()
        else:
            self._busy -= 1
