"""Messages that have arrived on a stream and were not read."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from minirpc.rpc.framing import CompressedMessage

__all__ = ["Inbox"]

_MAX_APART = 1024  # messages that are objects of their own; a fast sender is that much ahead of a good reader
_PREFIX = struct.Struct(">?L")


class Inbox:
    """A queue of messages, as they arrived.

    Flow control bounds the bytes that it holds, but a message of two bytes is an object of fifty. So where many wait,
    the later ones are packed as they were on the wire.
    """

    __slots__ = ("_apart", "_packed", "_packed_count")

    def __init__(self) -> None:
        self._apart: deque[bytes] = deque()  # never empty while something is packed
        self._packed: deque[bytes] | None = None
        self._packed_count = 0

    def __len__(self) -> int:
        return len(self._apart) + self._packed_count

    def __bool__(self) -> bool:
        return bool(self._apart)

    @property
    def first(self) -> bytes:
        """The oldest message; there must be one."""
        return self._apart[0]

    def extend(self, messages: Sequence[bytes]) -> None:
        """Adds messages that arrived together."""
        if len(self._apart) < _MAX_APART and not self._packed:
            self._apart.extend(messages)
        elif messages:
            if self._packed is None:
                self._packed = deque()
            self._packed.append(b"".join(_pack(messages)))
            self._packed_count += len(messages)

    def popleft(self) -> bytes:
        """Takes the oldest message; there must be one."""
        message = self._apart.popleft()
        if not self._apart and self._packed:
            self._apart.extend(_unpack(self._packed.popleft()))
            self._packed_count -= len(self._apart)
        return message

    def clear(self) -> None:
        """Drops all messages."""
        self._apart.clear()
        self._packed = None
        self._packed_count = 0


def _pack(messages: Iterable[bytes]) -> Iterator[bytes]:
    for message in messages:
        yield _PREFIX.pack(isinstance(message, CompressedMessage), len(message))
        yield message


def _unpack(packed: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(packed):
        compressed, length = _PREFIX.unpack_from(packed, position)
        start = position + _PREFIX.size
        position = start + length
        message = packed[start:position]
        yield CompressedMessage(message) if compressed else message
