"""What goes wrong while JSON is read: the reason first, the place while the readers return."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["Element", "Member", "Misfit", "describe", "expected"]

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN = 40


class Member(NamedTuple):
    """A step of a path: the ``occurrence``-th member called ``key`` of an object (0 for all but duplicates)."""

    key: str
    occurrence: int
    of_map: bool

    def __str__(self) -> str:
        if not self.of_map and _PLAIN_NAME.fullmatch(self.key):
            return f".{self.key}"
        escaped = self.key.replace("\\", "\\\\").replace('"', '\\"')
        return f'["{escaped}"]'


class Element(NamedTuple):
    """A step of a path: the element of an array that has ``position`` others before it."""

    position: int

    def __str__(self) -> str:
        return f"[{self.position}]"


class Misfit(Exception):  # noqa: N818  it becomes a DecodeError, or is caught
    """A JSON value that does not fit. Each reader that it passes adds its own step to the path.

    Attributes:
        reason: what is wrong.
        at_name: whether it is the last member's name that is wrong, not its value.
        again: whether that is because it was there before.
        steps: the way from the document to the value, innermost first.
    """

    def __init__(self, reason: str, *, at_name: bool = False, again: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at_name = at_name or again
        self.again = again
        self.steps: list[Member | Element] = []

    @property
    def path(self) -> str:
        """``$.origin.lat``"""
        return "$" + "".join(map(str, reversed(self.steps)))

    def in_member(self, pairs: Sequence[tuple[str, Any]], key: str, value: Any, of_map: bool = False) -> None:
        """Adds the step into a member of an object: the first that has this very value, and can be meant."""
        same = [other for name, other in pairs if name == key]
        first = 1 if self.again and not self.steps else 0
        occurrence = next((index for index, other in enumerate(same) if other is value and index >= first), 0)
        self.steps.append(Member(key, occurrence, of_map))

    def in_element(self, position: int) -> None:
        """Adds the step into an element of an array."""
        self.steps.append(Element(position))


def describe(value: Any) -> str:
    """A JSON value as an error shows it: what type it is, and scalars themselves."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
        return f'the string "{shown}"'
    if isinstance(value, int) and value.bit_length() > 4 * _SHOWN:
        return f"an integer of {value.bit_length()} bits"
    return f"the number {value!r}"


def expected(what: str, value: Any) -> Misfit:
    """``expected a string, got null``."""
    return Misfit(f"expected {what}, got {describe(value)}")
