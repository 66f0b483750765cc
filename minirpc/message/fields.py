"""The field lines of generated message classes.

Each function describes one field, and is named after the type in the .proto file (generated code sees ``bool_`` as
``bool``, and so on); the metaclass replaces its result by an attribute. What they return is typed as
``Any``, so that the annotation on the line alone is what type checkers see: ``title: str = string(1)``.

Common arguments:
    number: the field number, 1 to 2**29 - 1.
    optional: the field has presence and is None while unset.
    repeated: the field is a list.
    packed: whether a repeated numeric field is written packed (proto3's default).
    oneof: the oneof that the field belongs to, by its name in Python.
    required: the field, which has presence, must be set when the message is encoded (proto2).
    default: what a field with presence reads as while it is unset, instead of None; of an enum, the number.
    utf8: whether a string must be UTF-8; if not, other bytes are kept as lone surrogates (PEP 383).
    delimited: whether a message is written between tags, as groups are, instead of behind its length.
    name: the field's name in the .proto file, where the one in Python had to differ.
    json_name: its name in ProtoJSON, where the .proto file sets one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = [
    "bool_",
    "bytes_",
    "double",
    "enum",
    "fixed32",
    "fixed64",
    "float_",
    "int32",
    "int64",
    "map_",
    "message",
    "sfixed32",
    "sfixed64",
    "sint32",
    "sint64",
    "string",
    "uint32",
    "uint64",
]


def _field(
    number: int,
    kind: Kind,
    *,
    optional: bool = False,
    repeated: bool = False,
    required: bool = False,
    packed: bool = True,
    oneof: str | None = None,
    default: Any = None,
    utf8: bool = True,
    name: str = "",
    json_name: str = "",
    resolve: Callable[[], type[Any]] | None = None,
) -> Any:
    if repeated + optional + required + (oneof is not None) > 1:
        raise TypeError("a field is at most one of repeated, optional, required, and a member of a oneof")
    if oneof is not None:
        card = Card.ONEOF
    elif repeated:
        card = Card.REPEATED
    elif optional or required or kind in (Kind.MESSAGE, Kind.GROUP):
        card = Card.OPTIONAL
    else:
        card = Card.IMPLICIT
    if default is not None and card not in (Card.OPTIONAL, Card.ONEOF):
        raise TypeError("a field has a default of its own only with presence: optional, required, or in a oneof")
    return FieldSpec(
        number,
        kind,
        card,
        proto_name=name,
        json_name=json_name,
        packed=repeated and packed and kind.packable,
        required=required,
        utf8=utf8,
        explicit_default=default,
        oneof=oneof or "",
        resolve=resolve,
    )


class _Scalar(Protocol):
    def __call__(
        self,
        number: int,
        *,
        optional: bool = False,
        repeated: bool = False,
        required: bool = False,
        packed: bool = True,
        oneof: str | None = None,
        default: Any = None,
        name: str = "",
        json_name: str = "",
    ) -> Any: ...


def _scalar(kind: Kind) -> _Scalar:
    def describe(
        number: int,
        *,
        optional: bool = False,
        repeated: bool = False,
        required: bool = False,
        packed: bool = True,
        oneof: str | None = None,
        default: Any = None,
        name: str = "",
        json_name: str = "",
    ) -> Any:
        return _field(
            number,
            kind,
            optional=optional,
            repeated=repeated,
            required=required,
            packed=packed,
            oneof=oneof,
            default=default,
            name=name,
            json_name=json_name,
        )

    describe.__name__ = describe.__qualname__ = kind.name.lower()
    describe.__doc__ = f"A field of type {kind.name.lower()}."
    return describe


double = _scalar(Kind.DOUBLE)
float_ = _scalar(Kind.FLOAT)
int64 = _scalar(Kind.INT64)
uint64 = _scalar(Kind.UINT64)
int32 = _scalar(Kind.INT32)
fixed64 = _scalar(Kind.FIXED64)
fixed32 = _scalar(Kind.FIXED32)
bool_ = _scalar(Kind.BOOL)
bytes_ = _scalar(Kind.BYTES)
uint32 = _scalar(Kind.UINT32)
sfixed32 = _scalar(Kind.SFIXED32)
sfixed64 = _scalar(Kind.SFIXED64)
sint32 = _scalar(Kind.SINT32)
sint64 = _scalar(Kind.SINT64)


def string(
    number: int,
    *,
    optional: bool = False,
    repeated: bool = False,
    required: bool = False,
    oneof: str | None = None,
    default: str | None = None,
    utf8: bool = True,
    name: str = "",
    json_name: str = "",
) -> Any:
    """A field of type string."""
    return _field(
        number,
        Kind.STRING,
        optional=optional,
        repeated=repeated,
        required=required,
        oneof=oneof,
        default=default,
        utf8=utf8,
        name=name,
        json_name=json_name,
    )


def enum(
    number: int,
    cls: Callable[[], type[Any]],
    *,
    optional: bool = False,
    repeated: bool = False,
    required: bool = False,
    packed: bool = True,
    oneof: str | None = None,
    default: int | None = None,
    name: str = "",
    json_name: str = "",
) -> Any:
    """A field of an enum type; ``cls`` is called when the class is first needed."""
    return _field(
        number,
        Kind.ENUM,
        optional=optional,
        repeated=repeated,
        required=required,
        packed=packed,
        oneof=oneof,
        default=default,
        name=name,
        json_name=json_name,
        resolve=cls,
    )


def message(
    number: int,
    cls: Callable[[], type[Any]],
    *,
    repeated: bool = False,
    required: bool = False,
    oneof: str | None = None,
    delimited: bool = False,
    name: str = "",
    json_name: str = "",
) -> Any:
    """A field that holds a message; ``cls`` is called when the class is first needed."""
    return _field(
        number,
        Kind.GROUP if delimited else Kind.MESSAGE,
        repeated=repeated,
        required=required,
        oneof=oneof,
        name=name,
        json_name=json_name,
        resolve=cls,
    )


_MAP_KEYS = frozenset(Kind) - {Kind.DOUBLE, Kind.FLOAT, Kind.BYTES, Kind.MESSAGE, Kind.GROUP, Kind.ENUM}


def map_(
    number: int,
    key: str,
    value: str,
    cls: Callable[[], type[Any]] | None = None,
    *,
    utf8: bool = True,
    name: str = "",
    json_name: str = "",
) -> Any:
    """A map field. ``key`` and ``value`` name their types; ``cls`` gives the class of enum and message values.

    ``utf8`` is for both, key and value, where they are strings.
    """
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
        key=FieldSpec(
            1, key_kind, Card.IMPLICIT, name="key", proto_name="key", utf8=utf8 or key_kind is not Kind.STRING
        ),
        value=FieldSpec(
            2,
            value_kind,
            Card.IMPLICIT,
            name="value",
            proto_name="value",
            utf8=utf8 or value_kind is not Kind.STRING,
            resolve=cls,
        ),
    )
