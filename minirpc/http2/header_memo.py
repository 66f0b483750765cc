"""What was made of header lists that an engine hands out again and again.

Calls of one method look alike, and an engine that knows a header block again gives the same list (see
:mod:`~minirpc.http2.interface`): what it means needs to be found out once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from minirpc.http2.interface import Header

__all__ = ["HeaderMemo"]

_T = TypeVar("_T")

_MAX_ENTRIES = 64
_MAX_SIZE = 2048  # bytes of a list that is worth keeping


class HeaderMemo(Generic[_T]):
    """Values by header lists, which are known by being the same object."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        # Holding the lists keeps their identities from being used again.
        self._entries: dict[int, tuple[Sequence[Header], _T]] = {}

    def get(self, headers: Sequence[Header]) -> _T | None:
        """Returns the value of a list, or None."""
        entry = self._entries.get(id(headers))
        return None if entry is None else entry[1]

    def put(self, headers: Sequence[Header], size: int, value: _T) -> None:
        """Keeps the value of a list that nobody will change.

        Args:
            headers: the list.
            size: its size in bytes; a large one is not kept.
            value: the value.
        """
        if size <= _MAX_SIZE:
            if len(self._entries) >= _MAX_ENTRIES:
                self._entries.clear()
            self._entries[id(headers)] = (headers, value)
