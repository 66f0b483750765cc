"""What belongs to one event loop of one process: channels and servers.

A forked child has copies of its parent's channels and servers, but the sockets are shared, and so is what the event
loop waits by: an epoll instance and a pipe. If the child wrote a GOAWAY, read, closed in the usual way, or only unwound
the loop that it was forked in, the parent would lose calls. So the fork itself takes all of them from the child.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import sys
import threading
import traceback
import warnings
import weakref
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from minirpc.lazy import lazy

if TYPE_CHECKING:
    import pathlib
else:
    pathlib = lazy("pathlib")

__all__ = ["LoopBound", "SocketHolder", "hold"]

_STACK_DEPTH = 10  # frames of the place where something was made, for a warning

_bound: weakref.WeakSet[LoopBound] = weakref.WeakSet()
_holders: weakref.WeakKeyDictionary[SocketHolder, int] = weakref.WeakKeyDictionary()  # with the threads of their loops


class SocketHolder(Protocol):
    """A connection or a listener."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that watches the socket."""
        ...

    @property
    def descriptor(self) -> int:
        """The number of the socket's file, or -1 where there is none now."""
        ...

    def leave_to_parent(self) -> None:
        """Called in a forked child whose copy of the socket is gone: ends what waits for it here."""


def hold(holder: SocketHolder) -> None:
    """Takes note of a socket that a forked child must not touch, for as long as its holder lives.

    To be called in the thread of the holder's event loop.
    """
    _holders[holder] = threading.get_ident()


class LoopBound(ABC):
    """Something that belongs to the event loop on which it is first used, and that somebody has to close.

    Attributes:
        inherited: whether it was in use when this process was forked: it is the parent's, and of no use here.
    """

    def __init__(self) -> None:
        self.inherited = False
        self._loop: asyncio.AbstractEventLoop | None = None
        # Costs as much as many calls: only where somebody looks for faults. The frames below are the constructors.
        self._made = _stack() if sys.flags.dev_mode else None

    @abstractmethod
    def _unclosed(self) -> bool:
        """Whether there is still something to close."""

    def _forget_inherited(self) -> None:  # noqa: B027  # who has nothing else to forget leaves it
        """Called in a forked child, where :attr:`inherited` has become true."""

    def _bind_loop(self) -> asyncio.AbstractEventLoop:
        """Returns the running event loop, to which this belongs from now on.

        Raises:
            RuntimeError: no loop runs, this belongs to another one, or it was inherited over a fork.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._refuse_inherited()
            if self._loop is None:
                raise
            raise RuntimeError(
                f"{self!r} belongs to {self._loop!r} and was used where no event loop runs: call it from a coroutine "
                "there, or use minirpc.sync in threads"
            ) from None
        if self._loop is loop:
            return loop
        self._refuse_inherited()
        if self._loop is not None:
            raise RuntimeError(
                f"{self!r} belongs to {self._loop!r} and was used from {loop!r}; "
                f"give each event loop a {type(self).__name__} of its own"
            )
        self._loop = loop
        _bound.add(self)
        return loop

    def _refuse_inherited(self) -> None:
        if self.inherited:
            raise RuntimeError(
                f"{self!r} was in use before this process was forked: its connections are the parent's. "
                f"Make a {type(self).__name__} in the child, or fork before the first use"
            )

    def __del__(self) -> None:
        # At the interpreter's end everything goes, and there is nobody to read this.
        if getattr(self, "_loop", None) is None or self.inherited or sys.is_finalizing() or not self._unclosed():
            return
        made = "" if self._made is None else f", made at:\n{''.join(self._made.format())}".rstrip()
        warnings.warn(f"unclosed {self!r}{made}", ResourceWarning, source=self, stacklevel=2)


def _stack() -> traceback.StackSummary:
    frames = traceback.walk_stack(sys._getframe(3))
    stack = traceback.StackSummary.extract(frames, limit=_STACK_DEPTH, lookup_lines=False)
    stack.reverse()
    return stack


def _after_fork_in_child() -> None:
    bound, holders = list(_bound), dict(_holders)
    _bound.clear()
    _holders.clear()
    for loop in {each._loop for each in bound} | {each.loop for each in holders}:
        _isolate_loop(loop)
    # As a connection at its end; a file that is no socket has libuv abort().
    ended, other = socket.socketpair()
    other.close()
    with ended:
        ended.setblocking(False)
        for holder in holders:
            if holder.descriptor >= 0:
                # Not closed: who still holds the number would act on what gets it next.
                os.dup2(ended.fileno(), holder.descriptor, inheritable=False)
    for each in bound:
        each.inherited = True
        each._loop = None
        each._forget_inherited()
    for holder, thread in holders.items():
        # Forked in another thread, nobody here will run that loop again, and it refuses what is done from this one.
        if thread == threading.get_ident() and holder.loop.is_running():
            holder.leave_to_parent()


def _isolate_loop(loop: Any) -> None:
    """Gives an inherited event loop a kernel side of its own, as far as it is asyncio's or uvloop's: it may still be
    unwound here.

    Its sockets are not watched any more: whatever they are, the parent reads them.
    """
    with suppress(AttributeError, OSError, ValueError):
        if loop.is_closed():
            return
        if hasattr(loop, "_get_backend_id"):
            _isolate_uvloop(loop._get_backend_id())
        elif isinstance(loop._selector._selector, select.epoll):
            with select.epoll() as epoll:
                os.dup2(epoll.fileno(), loop._selector.fileno(), inheritable=False)
            for ours, shared in zip(socket.socketpair(), (loop._ssock, loop._csock), strict=True):
                with ours:
                    ours.setblocking(False)
                    os.dup2(ours.fileno(), shared.fileno(), inheritable=False)
            loop._selector._selector.register(loop._ssock.fileno(), select.EPOLLIN)


def _isolate_uvloop(descriptor: int) -> None:
    """Replaces uvloop's epoll instance, and the eventfd that wakes it, which only the kernel tells."""
    watched = [line.split() for line in pathlib.Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()]
    with select.epoll() as epoll:
        for number, events in ((int(fields[1]), int(fields[3], 16)) for fields in watched if fields[0] == "tfd:"):
            if os.readlink(f"/proc/self/fd/{number}") == "anon_inode:[eventfd]":  # noqa: PTH115  # it names no path
                own = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
                os.dup2(own, number, inheritable=False)
                os.close(own)
                epoll.register(number, events)
        os.dup2(epoll.fileno(), descriptor, inheritable=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
