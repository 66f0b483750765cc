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


def _transports() -> list[object]:
    loop = asyncio.get_running_loop()
    transports = [found for found in gc.get_objects() if isinstance(found, asyncio.Transport)]
    return [found for found in transports if getattr(found, "_loop", None) is loop and getattr(found, "_sock", 0)]


def _listeners() -> list[object]:
    loop = asyncio.get_running_loop()
    return [
        found for found in gc.get_objects() if isinstance(found, Server) and found.get_loop() is loop and found.sockets
    ]


def _threads(before: set[threading.Thread]) -> list[object]:
    return [thread for thread in threading.enumerate() if not thread.daemon and thread not in before]


async def assert_nothing_left(threads_before: set[threading.Thread]) -> None:
    """Fails if anything is still there after a moment in which callbacks that are due can run."""
    checks: list[Callable[[], list[object]]] = [_tasks, _transports, _listeners, lambda: _threads(threads_before)]
    left: list[object] = []
    for _ in range(_ROUNDS):
        left = [found for check in checks for found in check()]
        if not left:
            return
        await asyncio.sleep(_PAUSE)
    raise AssertionError(f"left behind: {left}")
