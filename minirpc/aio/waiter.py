"""What a task waits for whom the network is to wake: it goes on in the same turn of the event loop.

The task that waits for a future goes on in the turn *after* the one in which the future was done: the loop asks the
selector once more, although all that the task needs is there, and a third turn writes what the task sends then. For one
call at a time, that is most of what the loop does. A :class:`Waiter` has its task go on where the connection has looked
at all that it read, and what the task sends leaves in one write with the answers to that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any

__all__ = ["Waiter"]

_PENDING, _DONE, _CANCELLED = range(3)


class Waiter:
    """Something that one task awaits, once. It is Future-like (:func:`asyncio.isfuture`): tasks ask no more of it."""

    __slots__ = ("_asyncio_future_blocking", "_callback", "_context", "_loop", "_message", "_state")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = False  # tasks know by it that what was yielded is being awaited
        self._callback: Callable[[Waiter], object] | None = None
        self._context: Context | None = None
        self._loop = loop
        self._message: str | None = None
        self._state = _PENDING

    # -- for who wakes

    def set(self) -> None:
        """What was waited for is there: :meth:`go_on`, or :meth:`go_on_soon`, is to follow."""
        if self._state == _PENDING:
            self._state = _DONE

    def go_on(self) -> None:
        """Runs the task up to where it waits again, with nothing else on the stack that it could be surprised by."""
        if self._callback is not None:
            if asyncio.current_task(self._loop) is None:
                callback, self._callback = self._callback, None
                context, self._context = self._context, None
                assert context is not None
                context.run(callback, self)
            else:  # tasks do not nest
                self.go_on_soon()

    def go_on_soon(self) -> None:
        """Has the task go on in the next turn of the loop."""
        if self._callback is not None:
            callback, self._callback = self._callback, None
            self._loop.call_soon(callback, self, context=self._context)

    # -- for the task

    def __await__(self) -> Generator[Any, None, None]:
        """Waits for :meth:`set`."""
        if self._state == _PENDING:
            self._asyncio_future_blocking = True
            yield self
        self.result()

    __iter__ = __await__

    def add_done_callback(self, callback: Callable[[Waiter], object], *, context: Context | None = None) -> None:
        """Takes what has the task go on."""
        if self._callback is not None:
            raise RuntimeError("another task waits already")
        self._callback = callback
        self._context = context
        if self._state != _PENDING:
            self.go_on_soon()

    def remove_done_callback(self, callback: Callable[[Waiter], object]) -> int:
        """Forgets it; returns how many there were."""
        if self._callback != callback:
            return 0
        self._callback = self._context = None
        return 1

    def cancel(self, msg: str | None = None) -> bool:
        """Cancels the waiting, and has the task go on with that; returns whether it was not too late."""
        if self._state != _PENDING:
            return False
        self._state = _CANCELLED
        self._message = msg
        self.go_on_soon()
        return True

    def done(self) -> bool:
        """Returns whether there is nothing to wait for any more."""
        return self._state != _PENDING

    def cancelled(self) -> bool:
        """Returns whether the waiting was cancelled."""
        return self._state == _CANCELLED

    def result(self) -> None:
        """Returns, or raises ``CancelledError``."""
        if self._state == _CANCELLED:
            raise asyncio.CancelledError() if self._message is None else asyncio.CancelledError(self._message)

    def exception(self) -> None:
        """As :meth:`result`."""
        self.result()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Returns the event loop."""
        return self._loop
