"""Runs coroutines at once, as far as they come without waiting: a task for those that wait, and none for the others.

A task for each handler costs more than what many handlers do. So one task is kept in reserve. A coroutine's first step
runs as that task's: :func:`asyncio.current_task` is what it will be later, and context variables are the coroutine's
own. If the coroutine ends with its first step, the reserve stays; if it waits for something, it goes on in the reserve,
and there is a new one. What waits in reserve is not among :func:`asyncio.all_tasks`: it has nothing to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from contextvars import Context, copy_context
from typing import Any

from minirpc.aio.waiter import Waiter

# For other implementations of tasks ("Extending" in asyncio's documentation).
from asyncio.tasks import _enter_task, _leave_task, _register_task, _unregister_task  # isort: skip

__all__ = ["EagerRunner"]


class EagerRunner:
    """Runs coroutines that handle their exceptions themselves, on one event loop."""

    def __init__(self) -> None:
        self._reserve: _Reserve | None = None
        self._closed = False

    def run(
        self, coroutine: Coroutine[Any, Any, None], name: str, loop: asyncio.AbstractEventLoop
    ) -> asyncio.Task[None] | None:
        """Runs a coroutine up to where it waits for something, in a copy of the current context.

        Args:
            coroutine: what to run.
            name: the name of the task that it runs in.
            loop: the event loop, which runs.

        Returns:
            The task in which it goes on; None if it has ended.
        """
        context = copy_context()
        reserve = self._reserve
        if reserve is None or not reserve.parked or reserve.wake.done():
            # None yet, one that has not begun to wait, or one that was cancelled: this happens once in a while.
            if not self._closed and (reserve is None or reserve.wake.done()):
                self._reserve = _Reserve(loop)
            return loop.create_task(coroutine, name=name, context=context)
        task = reserve.task
        task.set_name(name)
        outer = asyncio.current_task(loop)
        if outer is not None:
            _leave_task(loop, outer)
        _enter_task(loop, task)
        try:
            waits_for = context.run(coroutine.send, None)
        except StopIteration:
            return None
        finally:
            _leave_task(loop, task)
            if outer is not None:
                _enter_task(loop, outer)
        self._reserve = None if self._closed else _Reserve(loop)
        reserve.go_on(coroutine, context, waits_for)
        return task

    def close(self) -> None:
        """Ends the task in reserve. Coroutines that are under way go on."""
        self._closed = True
        if self._reserve is not None and not self._reserve.wake.done():
            self._reserve.wake.set()
            self._reserve.wake.go_on_soon()
        self._reserve = None


class _Reserve:
    """A task that waits for a coroutine whose first step has been done.

    Attributes:
        task: the task.
        parked: whether it has begun to wait.
        wake: done when there is a coroutine, or none is to come.
    """

    __slots__ = ("_context", "_coroutine", "_waits_for", "parked", "task", "wake")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.wake = Waiter(loop)
        self.parked = False
        self._coroutine: Coroutine[Any, Any, None] | None = None
        self._context: Context | None = None
        self._waits_for: Any = None
        self.task = loop.create_task(self._serve(), name="reserve for handlers")
        if self.parked:  # at once: by asyncio's eager task factory, which registers a task when it begins to wait
            _unregister_task(self.task)
        # Whoever forgets to stop a server hears of that, and not of this too.
        self.task._log_destroy_pending = False  # type: ignore[attr-defined]

    def go_on(self, coroutine: Coroutine[Any, Any, None], context: Context, waits_for: Any) -> None:
        """Takes over a coroutine that waits for something."""
        self._coroutine = coroutine
        self._context = context
        self._waits_for = waits_for
        _register_task(self.task)
        if not self.wake.done():  # the coroutine may have cancelled its own task
            self.wake.set()
            self.wake.go_on()  # to where it waits for the same: the coroutine does not run

    async def _serve(self) -> None:
        self.parked = True
        me = asyncio.current_task()  # an eager task runs before anybody has it
        assert me is not None
        _unregister_task(me)
        waits_for: Any
        try:
            await self.wake
            waits_for = self._waits_for
        except asyncio.CancelledError:
            if self._coroutine is None:
                raise
            # Task.cancel() cancels what the task waits for, or else lets the coroutine see it.
            waits_for = self._waits_for
            if waits_for is None or not waits_for.cancel():
                waits_for = _CANCEL
        if self._coroutine is not None:
            assert self._context is not None
            await _Steps(self._coroutine, self._context, waits_for)


_CANCEL = object()


class _Steps:
    """What is left of a coroutine, step by step in its context."""

    __slots__ = ("_context", "_coroutine", "_waits_for")

    def __init__(self, coroutine: Coroutine[Any, Any, None], context: Context, waits_for: Any) -> None:
        self._coroutine = coroutine
        self._context = context
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, None, None]:
        coroutine, run, waits_for = self._coroutine, self._context.run, self._waits_for
        send, throw = coroutine.send, coroutine.throw
        try:
            if waits_for is _CANCEL:
                waits_for = run(throw, asyncio.CancelledError())
            while True:
                try:
                    yield waits_for
                except GeneratorExit:
                    run(coroutine.close)
                    raise
                except BaseException as error:  # noqa: BLE001  # it is the coroutine's
                    waits_for = run(throw, error)
                else:
                    waits_for = run(send, None)
        except StopIteration:
            return
