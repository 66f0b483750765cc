"""Buffers to read into, shared by all connections of the process.

A connection holds one only between the transport's question for it and what the transport has read: an idle connection
costs no buffer, which would be three quarters of its memory.
"""

from __future__ import annotations

__all__ = ["ReadBuffer"]

_SIZE = 1 << 18
_MAX_SPARE = 16  # buffers that are kept for the next who ask

_spare: list[memoryview] = []  # its methods are atomic, so that loops in several threads share it


class ReadBuffer:
    """The buffer of one connection, which is there when it is needed."""

    def __init__(self) -> None:
        self._buffer: memoryview | None = None

    def get(self) -> memoryview:
        """Returns a buffer, the same one until :meth:`release`."""
        if self._buffer is None:
            try:
                self._buffer = _spare.pop()
            except IndexError:
                self._buffer = memoryview(bytearray(_SIZE))
        return self._buffer

    def release(self) -> None:
        """Gives the buffer back; nobody may look at what was in it any more."""
        buffer, self._buffer = self._buffer, None
        if buffer is not None and len(_spare) < _MAX_SPARE:
            _spare.append(buffer)
