"""Deadlines of many calls on a few timers: a call that ends in time has cost two entries in a dictionary.

Deadlines that lie close together share a slot, and a slot is looked at once. Slots of deadlines that are far away are
wide; when the time of such a slot begins, the few calls that still run move to narrower ones.
"""

from __future__ import annotations

import asyncio
import math
from typing import Protocol, TypeAlias

__all__ = ["RESOLUTION", "DeadlineSlot", "Deadlines", "Expiring"]

RESOLUTION = 2**-7
"""Seconds (7.8 ms) by which a deadline is noticed late, at most, on a loop that is not held up; it never is early."""

_FINENESS = 8  # a slot is at most so many times narrower than the time until it begins

DeadlineSlot: TypeAlias = "dict[Expiring, float]"
"""Calls, and the loop's time of their deadlines."""


class Expiring(Protocol):
    """What has a deadline.

    Attributes:
        deadline_slot: where it is kept; None without a deadline.
    """

    deadline_slot: DeadlineSlot | None

    def expire(self) -> None:
        """The deadline has passed."""


class Deadlines:
    """The deadlines of one channel or server."""

    def __init__(self) -> None:
        self._slots: dict[float, DeadlineSlot] = {}  # by the loop's time at which to look at them
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf  # when the timer fires

    def add(self, call: Expiring, deadline: float, loop: asyncio.AbstractEventLoop) -> None:
        """Has ``call.expire()`` called when the loop's time has passed the deadline, unless :meth:`remove` is."""
        now = loop.time()
        remaining = deadline - now
        if remaining <= 0:
            due = now
        elif remaining < 2 * _FINENESS * RESOLUTION:
            due = (deadline // RESOLUTION + 1) * RESOLUTION
        else:
            width = 2.0 ** (math.frexp(remaining / _FINENESS)[1] - 1)
            due = deadline // width * width  # its beginning: nothing in it is due before
        slot = self._slots.get(due)
        if slot is None:
            slot = self._slots[due] = {}
            if due < self._due:
                self._start(due, loop)
        slot[call] = deadline
        call.deadline_slot = slot

    @staticmethod
    def remove(call: Expiring) -> None:
        """Forgets a call; without effect on one that has no deadline."""
        slot, call.deadline_slot = call.deadline_slot, None
        if slot is not None:
            slot.pop(call, None)

    def _start(self, due: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = loop.call_at(due, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        self._timer = None
        self._due = math.inf
        due = [slot for when, slot in self._slots.items() if when <= now]
        self._slots = {when: slot for when, slot in self._slots.items() if when > now and slot}
        if self._slots:
            self._start(min(self._slots), loop)
        for slot in due:
            for call, deadline in list(slot.items()):
                if call.deadline_slot is not slot:
                    continue  # ended by another one's end
                call.deadline_slot = None
                if deadline <= now:
                    call.expire()
                else:
                    self.add(call, deadline, loop)
