"""What ``Struct``, ``Value`` and ``ListValue`` can do: from and to plain Python values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
        made: Self = _with_path(_struct, cls, values, MAX_DEPTH)
        return made

    def to_python(self) -> dict[str, Plain]:
        """A ``dict`` of plain values.

        Raises:
            ValueError: a value in it is unset, or there are more than 100 levels.
        """
        values: dict[str, Plain] = _with_path(_from_struct, self, MAX_DEPTH)
        return values


class ListValueMethods:
    """A JSON array."""

    __slots__ = ()

    @classmethod
    def from_python(cls, values: Sequence[Any]) -> Self:
        """Makes a ListValue of a sequence; see :meth:`StructMethods.from_python`."""
        made: Self = _with_path(_list_value, cls, values, MAX_DEPTH)
        return made

    def to_python(self) -> list[Plain]:
        """A ``list`` of plain values; see :meth:`StructMethods.to_python`."""
        values: list[Plain] = _with_path(_from_list_value, self, MAX_DEPTH)
        return values


class ValueMethods:
    """A JSON value of any kind."""

    __slots__ = ()

    @classmethod
    def from_python(cls, value: Any) -> Self:
        """Makes a Value; see :meth:`StructMethods.from_python`."""
        made: Self = _with_path(_value, cls, value, MAX_DEPTH)
        return made

    def to_python(self) -> Plain:
        """The plain value; see :meth:`StructMethods.to_python`."""
        plain: Plain = _with_path(_from_value, self, MAX_DEPTH)
        return plain


class _Fault(Exception):  # noqa: N818  it becomes the error for the caller
    """What is wrong, in a value to which the steps lead: innermost first, added on the way out.

    A path that was made on the way in would be copied for each value, and the names in it may be long.
    """

    def __init__(self, kind: type[Exception], reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.steps: list[str] = []


def _with_path(convert: Callable[..., Any], *args: Any) -> Any:
    try:
        return convert(*args)
    except _Fault as fault:
        raise fault.kind(f"${''.join(reversed(fault.steps))}: {fault.reason}") from None


def _values(values: Any, convert: Callable[..., Any], *args: Any) -> list[Any]:
    """Converts the values of an array."""
    converted: list[Any] = []
    try:
        for value in values:
            converted.append(convert(value, *args))  # noqa: PERF401  the error needs the number
    except _Fault as fault:
        fault.steps.append(f"[{len(converted)}]")
        raise
    return converted


def _members(members: Any, convert: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """Converts the values of an object."""
    converted = {}
    for key, value in members.items():
        if not isinstance(key, str):
            raise _Fault(TypeError, f"a key is a str, not {type(key).__name__}")
        try:
            converted[key] = convert(value, *args)
        except _Fault as fault:
            fault.steps.append(f".{key}")
            raise
    return converted


def _deeper(depth: int) -> int:
    if depth <= 0:
        raise _Fault(ValueError, f"nested deeper than {MAX_DEPTH} levels")
    return depth - 1


def _type_of(cls: Any, field: str) -> Any:
    (spec,) = (spec for spec in cls.__fields__ if spec.proto_name == field)
    return spec.type if spec.value is None else spec.value.type


def _struct(cls: Any, values: Any, depth: int) -> Any:
    return cls(fields=_members(values, _value_of, _type_of(cls, "fields"), _deeper(depth)))


def _list_value(cls: Any, values: Any, depth: int) -> Any:
    return cls(values=_values(values, _value_of, _type_of(cls, "values"), _deeper(depth)))


def _value_of(value: Any, cls: Any, depth: int) -> Any:
    return _value(cls, value, depth)


def _value(cls: Any, value: Any, depth: int) -> Any:
    if value is None:
        return cls(null_value=_type_of(cls, "null_value")(0))
    if isinstance(value, bool):
        return cls(bool_value=value)
    if isinstance(value, int | float):
        return cls(number_value=_number(value))
    if isinstance(value, str):
        return cls(string_value=value)
    if isinstance(value, Mapping):
        return cls(struct_value=_struct(_type_of(cls, "struct_value"), value, depth))
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return cls(list_value=_list_value(_type_of(cls, "list_value"), value, depth))
    raise _Fault(TypeError, f"{type(value).__name__} is no JSON value")


def _number(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if isinstance(value, int) and number != value:
        raise _Fault(ValueError, f"numbers are doubles, and none equals this int of {value.bit_length()} bits")
    return number


def _from_struct(struct: Any, depth: int) -> dict[str, Plain]:
    return _members(struct.fields, _from_value, _deeper(depth))


def _from_list_value(values: Any, depth: int) -> list[Plain]:
    return _values(values.values, _from_value, _deeper(depth))


def _from_value(value: Any, depth: int) -> Plain:
    kind = value.kind
    if kind is None:
        raise _Fault(ValueError, "the Value is unset, which JSON has no word for")
    match kind:
        case ("null_value", _):
            return None
        case ("struct_value", inner):
            return _from_struct(inner, depth)
        case ("list_value", inner):
            return _from_list_value(inner, depth)
    plain: bool | float | str = kind.value
    return plain
