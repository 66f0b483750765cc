"""Open enums: ``IntEnum`` classes that keep numbers they have no name for."""

from __future__ import annotations

import enum
from typing import Any, Self

__all__ = ["Enum"]


class Enum(enum.IntEnum):
    """The base of generated enums.

    proto3 enums are open (protobuf language guide, "Enum Behavior"): a number that the .proto file does not name is
    still a value of the enum. ``Genre(99)`` gives one whose ``name`` is ``"UNRECOGNIZED_99"``; it equals 99, encodes as
    99, and does not become a member of the class.

    proto2 enums are closed, and so are those of editions that ask for it (feature ``enum_type``): they have no other
    values than those that are named, and decoding leaves other numbers to the unknown fields. Their class is declared
    with ``closed=True``.

    Raises:
        ValueError: from ``Genre(x)``, where x is no int of 32 bits; of a closed enum, one that has no name.
    """

    def __init_subclass__(cls, *, name: str = "", full_name: str = "", closed: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__proto_name__ = name or cls.__name__
        cls.__proto_full_name__ = full_name
        cls.__closed__ = closed

    __proto_name__: str
    __proto_full_name__: str
    __closed__: bool

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if cls.__closed__ or not isinstance(value, int) or isinstance(value, bool) or not -(1 << 31) <= value < 1 << 31:
            return None
        # not entered into the class's own table: a peer chooses these numbers, and the table would grow with them
        return int.__new__(cls, value)

    def __getattr__(self, attribute: str) -> Any:
        # what EnumType gives its members. A number without a name gets it when asked for: a peer can send millions.
        value: Any
        if attribute == "_value_":
            value = int(self)
        elif attribute == "_name_":
            value = f"UNRECOGNIZED_{int(self)}".replace("-", "MINUS_")
        else:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {attribute!r}")
        setattr(self, attribute, value)
        return value
