"""What a process can tell of its channels, servers and connections: counters, a bounded history, and a list of all.

Counting is on the way of every call, so it is a few additions and one look at the clock. Whatever else is told is
looked up when somebody asks, by :mod:`minirpc.services.channelz` for one.
"""

from __future__ import annotations

import itertools
import time
from typing import Any, NamedTuple, TypeVar
from weakref import WeakValueDictionary

__all__ = ["CallCounter", "History", "HistoryEvent", "everything", "find", "forget", "register"]

_T = TypeVar("_T")

_MAX_EVENTS = 32  # of the latest that a history keeps

_ids = itertools.count(1)
_entities: WeakValueDictionary[int, Any] = WeakValueDictionary()


def register(entity: object) -> int:
    """Gives something that can be inspected a number, which nothing else in this process has or will have.

    It is found by that number for as long as it lives.
    """
    number = next(_ids)
    _entities[number] = entity
    return number


def find(number: int) -> object | None:
    """Returns what has this number, or None."""
    found: object | None = _entities.get(number)
    return found


def forget(number: int) -> None:
    """Has nothing be found by this number any more: it belongs to another process."""
    _entities.pop(number, None)


def everything(kind: type[_T]) -> list[tuple[int, _T]]:
    """Returns all of one class that live, with their numbers, in the order of these. Safe from any thread."""
    found = ((reference.key, reference()) for reference in _entities.valuerefs())
    return sorted(((key, entity) for key, entity in found if isinstance(entity, kind)), key=lambda pair: pair[0])


class CallCounter:
    """Counts calls.

    Attributes:
        started: calls that have begun.
        succeeded: those that ended with OK.
        failed: those that ended otherwise.
        last_started: when the last one began, in seconds since the epoch; 0 without one.
    """

    __slots__ = ("failed", "last_started", "started", "succeeded")

    def __init__(self) -> None:
        self.started = 0
        self.succeeded = 0
        self.failed = 0
        self.last_started = 0.0

    @property
    def running(self) -> int:
        """Calls that have not ended."""
        return self.started - self.succeeded - self.failed

    def start(self) -> None:
        """A call begins."""
        self.started += 1
        self.last_started = time.time()

    def end(self, succeeded: bool) -> None:
        """A call has ended."""
        if succeeded:
            self.succeeded += 1
        else:
            self.failed += 1


class HistoryEvent(NamedTuple):
    """Something that has happened.

    Attributes:
        time: when, in seconds since the epoch.
        text: what.
        warning: whether it is something to worry about.
        child: the number of what it happened to, where that is not what has the history.
    """

    time: float
    text: str
    warning: bool = False
    child: int | None = None


class History:
    """The latest events in the life of a channel, a subchannel or a server.

    Attributes:
        created: when it began, in seconds since the epoch.
        count: how many events there were, forgotten ones included.
        events: the latest, oldest first.
    """

    __slots__ = ("count", "created", "events")

    def __init__(self) -> None:
        self.created = time.time()
        self.count = 0
        self.events: list[HistoryEvent] = []  # a deque would be half a KiB from the beginning

    def add(self, text: str, *, warning: bool = False, child: int | None = None) -> None:
        """Notes an event."""
        self.count += 1
        if len(self.events) == _MAX_EVENTS:
            del self.events[0]
        self.events.append(HistoryEvent(time.time(), text, warning, child))
