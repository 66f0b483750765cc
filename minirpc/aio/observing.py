"""Who watches single attempts of calls: their messages' sizes, what they wait for, how each ends.

Interceptors see calls and messages; what is below them, the bytes on the wire and the attempts that a channel makes by
itself, is told to observers. Where there are none, that costs a look at an attribute.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from minirpc.errors import StatusCode
from minirpc.frozen import frozen
from minirpc.http2 import Header
from minirpc.rpc.metadata import MetadataInput, encode_metadata, metadata_pairs
from minirpc.rpc.status import Status

__all__ = [
    "AttemptListener",
    "AttemptObserver",
    "AttemptObservers",
    "AttemptStart",
    "StreamObserver",
    "StreamRecord",
]

_log = logging.getLogger("minirpc.interceptors")

_MAX_EARLY = 100  # messages that a server's stream remembers for observers that come later
_LATENESS = 0.01  # seconds: who ends at a deadline may be a little early, as timers of others for it fire first


class StreamObserver:
    """Hears of the messages of one stream, in order. Methods do nothing unless they are overridden.

    They run on the way of the messages: they must be quick. What they raise is logged.
    """

    def message_sent(self, size: int, wire_size: int | None) -> None:
        """A message was given to the transport.

        Args:
            size: its bytes.
            wire_size: its bytes as they are sent, compressed; None where it is not compressed.
        """

    def message_received(self, wire_size: int, compressed: bool) -> None:
        """A message has arrived, in so many bytes."""

    def message_inflated(self, size: int) -> None:
        """A message that had come compressed was read: it has so many bytes. May come after the end of an attempt."""


class AttemptObserver(StreamObserver):
    """Hears of one attempt of a call in a channel.

    Attributes:
        metadata: what the attempt sends besides the call's metadata.
    """

    metadata: MetadataInput = ()

    def waits(self) -> None:
        """There is no connection yet on which it could go out."""

    def name_resolved(self) -> None:
        """The target was looked up meanwhile."""

    def opened(self, peer: str) -> None:
        """It goes out on a connection to this address."""

    def ended(self, status: Status, peer: str) -> None:
        """It has ended; nothing more is heard of it but :meth:`message_inflated`.

        Args:
            status: its status. CANCELLED if another attempt has won, or nobody wants the call any more.
            peer: the server's address; ``""`` if it has never been sent.
        """


@frozen
class AttemptStart:
    """An attempt that begins.

    Attributes:
        path: the method's path.
        transparent: whether it repeats one of which no server has seen anything.
        waited_for_name: whether the call had to wait for the target to be looked up before its first attempt.
    """

    path: str
    transparent: bool = False
    waited_for_name: bool = False


AttemptListener: TypeAlias = Callable[[AttemptStart], AttemptObserver | None]
"""Is told of each attempt before it begins, and says who watches it."""


class AttemptObservers(StreamObserver):
    """All that watch one attempt. What any of them raises is logged.

    Args:
        listeners: who is told of attempts.
        start: the attempt.
    """

    def __init__(self, listeners: Sequence[AttemptListener], start: AttemptStart) -> None:
        self._listeners = listeners
        self._start = start
        self._observers: list[AttemptObserver] = []
        self._headers: list[Header] = []
        for listener in listeners:
            try:
                observer = listener(start)
                if observer is not None:
                    self._headers += encode_metadata(metadata_pairs(observer.metadata))
                    self._observers.append(observer)
            except Exception:  # noqa: BLE001  # it may be the user's
                _log.exception("an observer of attempts of %s failed", start.path)

    def _tell(self, tell: Callable[[AttemptObserver], object]) -> None:
        for observer in self._observers:
            try:
                tell(observer)
            except Exception:  # noqa: BLE001  # it may be the user's
                _log.exception("an observer of attempts of %s failed", self._start.path)

    def message_sent(self, size: int, wire_size: int | None) -> None:
        """See :class:`StreamObserver`."""
        self._tell(lambda observer: observer.message_sent(size, wire_size))

    def message_received(self, wire_size: int, compressed: bool) -> None:
        """See :class:`StreamObserver`."""
        self._tell(lambda observer: observer.message_received(wire_size, compressed))

    def message_inflated(self, size: int) -> None:
        """See :class:`StreamObserver`."""
        self._tell(lambda observer: observer.message_inflated(size))

    def waits(self) -> None:
        """See :class:`AttemptObserver`."""
        self._tell(lambda observer: observer.waits())

    def name_resolved(self) -> None:
        """See :class:`AttemptObserver`."""
        self._tell(lambda observer: observer.name_resolved())

    def opened(self, peer: str) -> Sequence[Header]:
        """Tells of the connection, and returns what the attempt sends besides."""
        self._tell(lambda observer: observer.opened(peer))
        return self._headers

    def ended(self, status: Status, peer: str, late_by: float | None) -> None:
        """Tells of the end.

        Args:
            status: the attempt's status.
            peer: the server's address.
            late_by: seconds since the call's deadline, less than 0 before; None if it has none.
        """
        if status.code is StatusCode.CANCELLED and late_by is not None and late_by > -_LATENESS:
            # An outer timer of the same deadline has ended the call, and so cancelled the attempt.
            status = Status(StatusCode.DEADLINE_EXCEEDED, "the deadline passed")
        self._tell(lambda observer: observer.ended(status, peer))

    def again(self, peer: str) -> AttemptObservers:
        """Tells that the attempt is over, as the server has not looked at it, and returns those of the next one."""
        self.ended(Status(StatusCode.UNAVAILABLE, "the server did not process the attempt"), peer, None)
        return AttemptObservers(self._listeners, AttemptStart(self._start.path, transparent=True))


class StreamRecord(StreamObserver):
    """Watches a server's stream from its beginning, for observers that come when it is running."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._observers: list[StreamObserver] = []
        self._early: deque[tuple[int, bool]] = deque(maxlen=_MAX_EARLY)  # messages that arrived before there were any

    def observe(self, observer: StreamObserver) -> None:
        """Adds an observer, which hears of the messages that have arrived so far at once."""
        self._observers.append(observer)
        early = tuple(self._early)

        def replay(each: StreamObserver) -> None:
            for wire_size, compressed in early:
                each.message_received(wire_size, compressed)

        self._tell([observer], replay)

    def _tell(self, observers: Sequence[StreamObserver], tell: Callable[[StreamObserver], object]) -> None:
        for observer in observers:
            try:
                tell(observer)
            except Exception:  # noqa: BLE001  # it may be the user's
                _log.exception("an observer of a call of %s failed", self._path)

    def message_sent(self, size: int, wire_size: int | None) -> None:
        """Tells all."""
        self._tell(self._observers, lambda observer: observer.message_sent(size, wire_size))

    def message_received(self, wire_size: int, compressed: bool) -> None:
        """Tells all, and remembers it for those who come."""
        if len(self._early) < _MAX_EARLY:
            self._early.append((wire_size, compressed))
        self._tell(self._observers, lambda observer: observer.message_received(wire_size, compressed))

    def message_inflated(self, size: int) -> None:
        """Tells all."""
        self._tell(self._observers, lambda observer: observer.message_inflated(size))
