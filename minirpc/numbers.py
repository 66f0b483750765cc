"""Repeated numbers: an array in memory that behaves like a list.

What a repeated ``double``, ``float`` or integer field reads as, unless a list was assigned to it. The numbers stand in
memory as C has them, 4 or 8 bytes each: decoding is a copy and not an object for each number, and whoever understands
Python's buffer protocol (``memoryview``, numpy) reads and writes them in place.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable
from operator import index
from typing import Any, Self, SupportsIndex

__all__ = ["Numbers", "adopt"]

_NATIVE = {"@", "=", "<" if sys.byteorder == "little" else ">"}
_NUMBERS = (int, float)  # nothing of a subclass: that may have a conversion of its own
_CLASSES = {code: codes for codes in ("df", "bhilqn", "BHILQN") for code in codes}


class Numbers(array):  # type: ignore[type-arg]  # of int or float, as the type code says
    """A list of numbers in an array: ``Numbers("d", [0.5, 1.5])``.

    ``array.array`` with what a ``list`` has besides: it equals and is ordered like a list of the same numbers, looks
    like one, its slices are of its own kind, and it can be sorted, copied, cleared, extended by and added to any list.

    What is put into it must be of its type at once: anything but a number is a TypeError, an integer out of range an
    OverflowError; a ``float`` field's numbers (type code ``f``) are rounded to 32 bits. While a buffer of it is in use,
    it can change its numbers but not its length (BufferError).

    The type codes are ``d`` for double, ``f`` for float, ``i``, ``I``, ``q`` and ``Q`` for signed and unsigned integers
    of 32 and 64 bits.
    """

    __slots__ = ()
    __hash__ = None  # it changes

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return Numbers(self.typecode, array.__getitem__(self, at))
        return array.__getitem__(self, at)

    def __setitem__(self, at: Any, value: Any) -> None:
        array.__setitem__(self, at, self._like(value) if isinstance(at, slice) else self._number(value))

    def __repr__(self) -> str:
        return repr(self.tolist())

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, list):
            return len(self) == len(other) and self.tolist() == other
        if isinstance(other, array) and self.typecode == other.typecode in ("d", "f"):
            return memoryview(self) == memoryview(other)  # compared in C; array makes two objects of each pair
        return array.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __lt__(self, other: Any) -> bool:
        return array.__lt__(self, other) if isinstance(other, array) else self._as(list.__lt__, other)

    def __le__(self, other: Any) -> bool:
        return array.__le__(self, other) if isinstance(other, array) else self._as(list.__le__, other)

    def __gt__(self, other: Any) -> bool:
        return array.__gt__(self, other) if isinstance(other, array) else self._as(list.__gt__, other)

    def __ge__(self, other: Any) -> bool:
        return array.__ge__(self, other) if isinstance(other, array) else self._as(list.__ge__, other)

    def _as(self, compare: Callable[[Any, Any], bool], other: Any) -> bool:
        return compare(self.tolist(), other)

    def __add__(self, other: Any) -> Any:
        """Of two Numbers of one type, Numbers; with a list, a list."""
        if isinstance(other, array) and other.typecode == self.typecode:
            joined = self.copy()
            joined.extend(other)
            return joined
        if isinstance(other, list | array):
            return [*self, *other]
        return NotImplemented

    def __radd__(self, other: Any) -> Any:
        return [*other, *self] if isinstance(other, list | array) else NotImplemented

    def __iadd__(self, other: Any) -> Self:
        self.extend(other)
        return self

    def __mul__(self, count: SupportsIndex) -> Numbers:
        return Numbers(self.typecode, super().__mul__(index(count)))

    __rmul__ = __mul__

    def __imul__(self, count: SupportsIndex) -> Self:
        return super().__imul__(index(count))

    def append(self, value: Any) -> None:
        """Appends a number."""
        array.append(self, self._number(value))

    def insert(self, at: SupportsIndex, value: Any) -> None:
        """Inserts a number before the one at a place."""
        array.insert(self, at, self._number(value))  # type: ignore[arg-type]

    def _number(self, value: Any) -> Any:
        """A value as a number of this one's type, or one that is refused.

        ``array`` asks a value what number it is when it has already found where that goes. A value's ``__float__``
        or ``__index__`` may free this memory, so it runs before.
        """
        return value if type(value) in _NUMBERS else array(self.typecode, (value,))[0]

    def extend(self, values: Iterable[Any]) -> None:
        """Appends all values; none of them if one does not fit."""
        array.extend(self, self._like(values))

    def fromlist(self, values: list[Any]) -> None:
        """Appends the values of a list, as ``extend``."""
        if not isinstance(values, list):
            raise TypeError(f"expected list, got {type(values).__name__}")
        self.extend(values)

    def tofile(self, file: Any) -> None:
        """Writes the numbers as they stand in memory to a binary file."""
        file.write(self.tobytes())  # array would write from its own memory bit by bit, while the file may change it

    def _like(self, values: Iterable[Any]) -> Any:
        """The values as an array of this one's type."""
        if isinstance(values, array) and values.typecode == self.typecode:
            return values
        # array would take bytes for numbers in memory
        return Numbers(self.typecode, list(values) if isinstance(values, bytes | bytearray) else values)

    def copy(self) -> Numbers:
        """The same numbers in memory of their own."""
        return Numbers(self.typecode, self)

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Numbers:
        return self.copy()

    def clear(self) -> None:
        """Removes all numbers."""
        del self[:]

    def sort(self, *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        """Sorts in place, as a list does."""
        self[:] = sorted(self, key=key, reverse=reverse)


def adopt(value: Any, code: str) -> Any:
    """What a field of numbers keeps of a value that is assigned to it.

    Args:
        value: neither None nor exactly a list.
        code: the type code of the field's numbers.

    Returns:
        The value itself if it is a list or ``Numbers`` of the type. ``Numbers`` if it is another array whose numbers
        are of the field's type: encoding then runs nobody's code. A list of what other arrays hold, to be checked one
        by one. Anything else as it is, for encoding to refuse.
    """
    if isinstance(value, list | bytes | bytearray) or (type(value) is Numbers and value.typecode == code):
        return value
    try:
        view = memoryview(value)
    except TypeError:
        return value
    with view:
        if view.ndim != 1:
            return value
        if _is_of_type(view, code):
            numbers = Numbers(code)
            numbers.frombytes(view.cast("B") if view.c_contiguous and len(view.format) == 1 else view.tobytes())
            return numbers
        try:
            return view.tolist()
        except NotImplementedError:  # a record, a complex number, or in foreign byte order
            return value


def _is_of_type(view: memoryview, code: str) -> bool:
    item = view.format
    if len(item) == 2 and item[0] in _NATIVE:
        item = item[1]
    return item in _CLASSES and _CLASSES[item] == _CLASSES[code] and view.itemsize == array(code).itemsize
