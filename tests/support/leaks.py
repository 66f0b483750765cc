"""Finds what an asynchronous test has left behind: tasks, transports, listeners, threads."""

from __future__ import annotations

import asyncio
import gc
import threading
from asyncio.base_events import Server
from collections.abc import Callable

_ROUNDS = 200
_PAUSE = 0.005


def _tasks() -> list[object]:
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def _sockets() -> list[object]:
    """Transports and listeners of this loop that are not closed."""
    loop = asyncio.get_running_loop()
    objects = gc.get_objects()
    # classes first: there are few
    kinds = tuple(kind for kind in set(map(type, objects)) if issubclass(kind, asyncio.Transport | Server))
    found = [each for each in objects if isinstance(each, kinds)] if kinds else []
    return [each for each in found if getattr(each, "_loop", None) is loop and _is_open(each)]


def _is_open(found: object) -> bool:
    return bool(found.sockets) if isinstance(found, Server) else bool(getattr(found, "_sock", None))


def _threads(before: set[threading.Thread]) -> list[object]:
    return [thread for thread in threading.enumerate() if not thread.daemon and thread not in before]


async def assert_nothing_left(threads_before: set[threading.Thread]) -> None:
    """Fails if anything is still there after a moment in which callbacks that are due can run."""
    checks: list[Callable[[], list[object]]] = [_tasks, _sockets, lambda: _threads(threads_before)]
    left: list[object] = []
    for _ in range(_ROUNDS):
        left = [found for check in checks for found in check()]
        if not left:
            return
        await asyncio.sleep(_PAUSE)
    raise AssertionError(f"left behind: {left}")
