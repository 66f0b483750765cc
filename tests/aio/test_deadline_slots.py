"""Deadlines on shared timers: never early, late by the resolution at most, and forgotten calls are not told."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from minirpc.aio.deadlines import RESOLUTION, Deadlines, DeadlineSlot


class Loop:
    """An event loop's clock and timers, with a time of its own."""

    def __init__(self) -> None:
        self.now = 1000.003
        self.timers: list[tuple[float, int, list[Any]]] = []
        self.made = 0

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., object], *arguments: object) -> Any:
        entry: list[Any] = [callback, arguments]
        self.made += 1
        heapq.heappush(self.timers, (when, self.made, entry))

        class Handle:
            def cancel(self) -> None:
                entry[0] = None

        return Handle()

    def run(self, until: float) -> None:
        while self.timers and self.timers[0][0] <= until:
            when, _, (callback, arguments) = heapq.heappop(self.timers)
            self.now = max(self.now, when)
            if callback is not None:
                callback(*arguments)
        self.now = until


class Call:
    def __init__(self, loop: Loop) -> None:
        self.deadline_slot: DeadlineSlot | None = None
        self.expired_at: float | None = None
        self._loop = loop

    def expire(self) -> None:
        assert self.expired_at is None
        self.expired_at = self._loop.now


TIMES = st.one_of(st.floats(-1, 0.1), st.floats(0, 5), st.floats(0, 100_000))
# When a call begins after the one before, its timeout, and when it ends by itself after its beginning, if it does.
CALLS = st.lists(st.tuples(st.floats(0, 3), TIMES, st.none() | TIMES), max_size=30)


@given(CALLS)
def test_every_call_expires_in_its_time(plan: list[tuple[float, float, float | None]]) -> None:
    loop, deadlines = Loop(), Deadlines()
    real = cast(asyncio.AbstractEventLoop, loop)
    begun: list[tuple[Call, float, float]] = []
    for pause, timeout, end in plan:
        loop.run(loop.now + pause)
        call = Call(loop)
        deadlines.add(call, loop.now + timeout, real)
        over = loop.now + (end or 0.0)
        if end is not None:
            loop.call_at(over, deadlines.remove, call)
        begun.append((call, max(loop.now, loop.now + timeout), over if end is not None else 1e9))
    loop.run(1e6)
    for call, deadline, over in begun:
        if call.expired_at is None:
            assert over <= deadline + RESOLUTION
        else:
            assert deadline <= call.expired_at <= deadline + RESOLUTION
            assert call.expired_at <= max(over, deadline)
    assert not [entry for _, _, entry in loop.timers if entry[0] is not None]


def test_many_calls_share_few_timers() -> None:
    loop, deadlines = Loop(), Deadlines()
    for _ in range(10_000):
        call = Call(loop)
        deadlines.add(call, loop.now + 30.0, cast(asyncio.AbstractEventLoop, loop))
        loop.run(loop.now + 0.001)
        deadlines.remove(call)
    assert loop.made < 100
