"""The field lines of generated message classes.

Each function describes one field; the metaclass replaces its result by an attribute. What they return is typed as
``Any``, so that the annotation on the line alone is what type checkers see: ``title: str = string(1)``.

Common arguments:
    number: the field number, 1 to 2**29 - 1.
    optional: the field has presence and is None while unset.
    repeated: the field is a list.
    packed: whether a repeated numeric field is written packed (proto3's default).
    oneof: the oneof that the field belongs to, by its name in Python.
    name: the field's name in the .proto file, where the one in Python had to differ.
    json_name: its name in ProtoJSON, where the .proto file sets one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = [
    "bool",
    "bytes",
    "double",
    "enum",
    "fixed32",
    "fixed64",
    "float",
    "int32",
    "int64",
    "map",
    "message",
    "sfixed32",
    "sfixed64",
    "sint32",
    "sint64",
    "string",
    "uint32",
    "uint64",
]

# the functions below carry the names of protobuf's types; these are Python's
_bool, _str, _int, _type = bool, str, int, type


def _field(
    number: _int,
    kind: Kind,
    *,
    optional: _bool = False,
    repeated: _bool = False,
    packed: _bool = True,
    oneof: _str | None = None,
    name: _str = "",
    json_name: _str = "",
    resolve: Callable[[], _type[Any]] | None = None,
) -> Any:
    if repeated + optional + (oneof is not None) > 1:
        raise TypeError("a field is at most one of repeated, optional, and a member of a oneof")
    if oneof is not None:
        card = Card.ONEOF
    elif repeated:
        card = Card.REPEATED
    elif optional or kind is Kind.MESSAGE:
        card = Card.OPTIONAL
    else:
        card = Card.IMPLICIT
    return FieldSpec(
        number,
        kind,
        card,
        proto_name=name,
        json_name=json_name,
        packed=repeated and packed and kind.packable,
        oneof=oneof or "",
        resolve=resolve,
    )


class _Scalar(Protocol):
    def __call__(
        self,
        number: _int,
        *,
        optional: _bool = False,
        repeated: _bool = False,
        packed: _bool = True,
        oneof: _str | None = None,
        name: _str = "",
        json_name: _str = "",
    ) -> Any: ...


def _scalar(kind: Kind) -> _Scalar:
    def describe(
        number: _int,
        *,
        optional: _bool = False,
        repeated: _bool = False,
        packed: _bool = True,
        oneof: _str | None = None,
        name: _str = "",
        json_name: _str = "",
    ) -> Any:
        return _field(
            number,
            kind,
            optional=optional,
            repeated=repeated,
            packed=packed,
            oneof=oneof,
            name=name,
            json_name=json_name,
        )

    describe.__name__ = describe.__qualname__ = kind.name.lower()
    describe.__doc__ = f"A field of type {kind.name.lower()}."
    return describe


double = _scalar(Kind.DOUBLE)
float = _scalar(Kind.FLOAT)  # noqa: A001
int64 = _scalar(Kind.INT64)
uint64 = _scalar(Kind.UINT64)
int32 = _scalar(Kind.INT32)
fixed64 = _scalar(Kind.FIXED64)
fixed32 = _scalar(Kind.FIXED32)
bool = _scalar(Kind.BOOL)  # noqa: A001
string = _scalar(Kind.STRING)
bytes = _scalar(Kind.BYTES)  # noqa: A001
uint32 = _scalar(Kind.UINT32)
sfixed32 = _scalar(Kind.SFIXED32)
sfixed64 = _scalar(Kind.SFIXED64)
sint32 = _scalar(Kind.SINT32)
sint64 = _scalar(Kind.SINT64)


def enum(
    number: _int,
    cls: Callable[[], _type[Any]],
    *,
    optional: _bool = False,
    repeated: _bool = False,
    packed: _bool = True,
    oneof: _str | None = None,
    name: _str = "",
    json_name: _str = "",
) -> Any:
    """A field of an enum type; ``cls`` is called when the class is first needed."""
    return _field(
        number,
        Kind.ENUM,
        optional=optional,
        repeated=repeated,
        packed=packed,
        oneof=oneof,
        name=name,
        json_name=json_name,
        resolve=cls,
    )


def message(
    number: _int,
    cls: Callable[[], _type[Any]],
    *,
    repeated: _bool = False,
    oneof: _str | None = None,
    name: _str = "",
    json_name: _str = "",
) -> Any:
    """A field that holds a message; ``cls`` is called when the class is first needed."""
    return _field(
        number, Kind.MESSAGE, repeated=repeated, oneof=oneof, name=name, json_name=json_name, resolve=cls
    )


_MAP_KEYS = frozenset(Kind) - {Kind.DOUBLE, Kind.FLOAT, Kind.BYTES, Kind.MESSAGE, Kind.GROUP, Kind.ENUM}


def map(  # noqa: A001
    number: _int,
    key: _str,
    value: _str,
    cls: Callable[[], _type[Any]] | None = None,
    *,
    name: _str = "",
    json_name: _str = "",
) -> Any:
    """A map field. ``key`` and ``value`` name their types; ``cls`` gives the class of enum and message values."""
    key_kind, value_kind = Kind[key.upper()], Kind[value.upper()]
    if key_kind not in _MAP_KEYS:
        raise TypeError(f"{key} is not a key type of maps")
    if (value_kind in (Kind.MESSAGE, Kind.ENUM)) != (cls is not None):
        raise TypeError(f"a map with values of type {value} takes {'no' if cls else 'a'} class")
    return FieldSpec(
        number,
        Kind.MESSAGE,
        Card.MAP,
        proto_name=name,
        json_name=json_name,
        key=FieldSpec(1, key_kind, Card.IMPLICIT, name="key", proto_name="key"),
        value=FieldSpec(2, value_kind, Card.IMPLICIT, name="value", proto_name="value", resolve=cls),
    )
