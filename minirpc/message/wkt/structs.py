"""What ``Struct``, ``Value`` and ``ListValue`` can do: from and to plain Python values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeAlias

from minirpc.wire.spec import MAX_DEPTH

__all__ = ["ListValueMethods", "Plain", "StructMethods", "ValueMethods"]

Plain: TypeAlias = "bool | float | str | list[Plain] | dict[str, Plain] | None"
"""What JSON can say, in Python's own types. Numbers are ``float``, as in ``google.protobuf.Value``."""


class StructMethods:
    """A JSON object."""

    __slots__ = ()

    @classmethod
    def from_python(cls, values: Mapping[str, Any]) -> Self:
        """Makes a Struct of a mapping.

        Args:
            values: None, ``bool``, ``int``, ``float``, ``str``, sequences and mappings of them, by ``str`` keys.

        Raises:
            ValueError: an ``int`` that no ``float`` equals, or more than 100 levels.
            TypeError: a value or key of another type.
        """
        made: Self = _struct(cls, values, MAX_DEPTH, "$")
        return made

    def to_python(self) -> dict[str, Plain]:
        """A ``dict`` of plain values.

        Raises:
            ValueError: a value in it is unset, or there are more than 100 levels.
        """
        return _from_struct(self, MAX_DEPTH, "$")


class ListValueMethods:
    """A JSON array."""

    __slots__ = ()

    @classmethod
    def from_python(cls, values: Sequence[Any]) -> Self:
        """Makes a ListValue of a sequence; see :meth:`StructMethods.from_python`."""
        made: Self = _list_value(cls, values, MAX_DEPTH, "$")
        return made

    def to_python(self) -> list[Plain]:
        """A ``list`` of plain values; see :meth:`StructMethods.to_python`."""
        return _from_list_value(self, MAX_DEPTH, "$")


class ValueMethods:
    """A JSON value of any kind."""

    __slots__ = ()

    @classmethod
    def from_python(cls, value: Any) -> Self:
        """Makes a Value; see :meth:`StructMethods.from_python`."""
        made: Self = _value(cls, value, MAX_DEPTH, "$")
        return made

    def to_python(self) -> Plain:
        """The plain value; see :meth:`StructMethods.to_python`."""
        return _from_value(self, MAX_DEPTH, "$")


def _deeper(depth: int, path: str) -> int:
    if depth <= 0:
        raise ValueError(f"{path}: nested deeper than {MAX_DEPTH} levels")
    return depth - 1


def _type_of(cls: Any, field: str) -> Any:
    (spec,) = (spec for spec in cls.__fields__ if spec.proto_name == field)
    return spec.type if spec.value is None else spec.value.type


def _struct(cls: Any, values: Any, depth: int, path: str) -> Any:
    depth = _deeper(depth, path)
    made = cls()
    value_class = _type_of(cls, "fields")
    for key, value in values.items():
        if not isinstance(key, str):
            raise TypeError(f"{path}: a key is a str, not {type(key).__name__}")
        made.fields[key] = _value(value_class, value, depth, f"{path}.{key}")
    return made


def _list_value(cls: Any, values: Any, depth: int, path: str) -> Any:
    depth = _deeper(depth, path)
    value_class = _type_of(cls, "values")
    return cls(values=[_value(value_class, value, depth, f"{path}[{i}]") for i, value in enumerate(values)])


def _value(cls: Any, value: Any, depth: int, path: str) -> Any:
    if value is None:
        return cls(null_value=_type_of(cls, "null_value")(0))
    if isinstance(value, bool):
        return cls(bool_value=value)
    if isinstance(value, int | float):
        return cls(number_value=_number(value, path))
    if isinstance(value, str):
        return cls(string_value=value)
    if isinstance(value, Mapping):
        return cls(struct_value=_struct(_type_of(cls, "struct_value"), value, depth, path))
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return cls(list_value=_list_value(_type_of(cls, "list_value"), value, depth, path))
    raise TypeError(f"{path}: {type(value).__name__} is no JSON value")


def _number(value: float, path: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if isinstance(value, int) and number != value:
        raise ValueError(f"{path}: numbers are doubles, and none equals this int of {value.bit_length()} bits")
    return number


def _from_struct(struct: Any, depth: int, path: str) -> dict[str, Plain]:
    depth = _deeper(depth, path)
    return {key: _from_value(value, depth, f"{path}.{key}") for key, value in struct.fields.items()}


def _from_list_value(values: Any, depth: int, path: str) -> list[Plain]:
    depth = _deeper(depth, path)
    return [_from_value(value, depth, f"{path}[{i}]") for i, value in enumerate(values.values)]


def _from_value(value: Any, depth: int, path: str) -> Plain:
    kind = value.kind
    if kind is None:
        raise ValueError(f"{path}: the Value is unset, which JSON has no word for")
    match kind:
        case ("null_value", _):
            return None
        case ("struct_value", inner):
            return _from_struct(inner, depth, path)
        case ("list_value", inner):
            return _from_list_value(inner, depth, path)
    plain: bool | float | str = kind.value
    return plain
