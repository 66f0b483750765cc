"""The reasons of encode errors, said once for both engines."""

from __future__ import annotations

from typing import Any

from minirpc.errors import EncodeError
from minirpc.wire.spec import FieldSpec, Kind

__all__ = ["check_scalar", "element", "expected", "not_set", "too_deep", "too_large"]

_RANGES = {
    Kind.INT32: (-(1 << 31), 1 << 31),
    Kind.SINT32: (-(1 << 31), 1 << 31),
    Kind.SFIXED32: (-(1 << 31), 1 << 31),
    Kind.ENUM: (-(1 << 31), 1 << 31),
    Kind.UINT32: (0, 1 << 32),
    Kind.FIXED32: (0, 1 << 32),
    Kind.INT64: (-(1 << 63), 1 << 63),
    Kind.SINT64: (-(1 << 63), 1 << 63),
    Kind.SFIXED64: (-(1 << 63), 1 << 63),
    Kind.UINT64: (0, 1 << 64),
    Kind.FIXED64: (0, 1 << 64),
}
_FLOAT_MAX = float.fromhex("0x1.ffffffp+127")  # the first value that rounds to infinity in binary32
_SHOWN_BITS = 128


def _is(value: Any, types: type | tuple[type, ...]) -> bool:
    # by the real type: isinstance() also believes what an object says of itself in __class__, as mocks do
    return issubclass(type(value), types)


def _type_name(value: Any) -> str:
    cls: Any = type(value)
    return str(cls.__full_name__()) if hasattr(cls, "__fields__") else str(cls.__name__)


def expected(what: str, value: Any) -> str:
    """``expected int, got str``."""
    return f"expected {what}, got {_type_name(value)}"


def too_deep(depth: int) -> str:
    """The reason for a message that nests below ``depth`` levels, or holds itself."""
    return f"nested deeper than {depth} levels"


def too_large(size: int) -> str:
    """The reason for an encoding of ``size`` bytes, which no peer could read (protobuf's limit is 2 GiB - 1)."""
    return f"the encoding of {size} bytes is over the limit of 2 GiB - 1"


def not_set() -> str:
    """The reason for a required field that is unset."""
    return "a required field is not set"


def element(key: Any) -> str:
    """The part of a path that leads into a container: ``[2]``, ``["x"]``, ``[true]``."""
    if _is(key, str):
        escaped = str.replace(key, "\\", "\\\\").replace('"', '\\"')
        return f'["{escaped}"]'
    if _is(key, bool):
        return "[true]" if key else "[false]"
    return f"[{int.__int__(key)}]"


def _int_reason(kind: Kind, value: Any) -> str | None:
    if not _is(value, int):
        return expected("int", value)
    low, high = _RANGES[kind]
    if low <= value < high:
        return None
    bits = int.bit_length(value)
    shown = f"{int(value)}" if bits <= _SHOWN_BITS else f"an int of {bits} bits"
    return f"{shown} is out of range for {kind.name.lower()}"


def _float_reason(kind: Kind, value: Any) -> str | None:
    if _is(value, int):
        try:
            number = int.__float__(value)
        except OverflowError:
            return f"an int of {int.bit_length(value)} bits is out of range for {kind.name.lower()}"
    elif _is(value, float):
        number = float.__float__(value)
    else:
        return expected("float", value)
    if kind is Kind.FLOAT and _FLOAT_MAX <= abs(number) < float("inf"):
        return f"{number!r} is out of range for float"
    return None


def _enum_reason(spec: FieldSpec, value: Any) -> str | None:
    reason = _int_reason(spec.kind, value)
    if reason is None and spec.type.__closed__:
        number = int.__int__(value)
        # _value2member_map_ and not the members: of two names for one number, IntEnum keeps one member
        if number not in spec.type._value2member_map_:
            reason = f"{number} is not a value of the closed enum {spec.type.__name__}"
    return reason


def _string_reason(spec: FieldSpec, value: Any) -> str | None:
    if not _is(value, str):
        return expected("str", value)
    try:
        str.encode(value, errors="strict" if spec.utf8 else "surrogateescape")
    except UnicodeEncodeError as error:
        why = "which UTF-8 cannot carry" if spec.utf8 else "which stands for no byte"
        return f"the character at index {error.start} is a lone surrogate, {why}"
    return None


def check_scalar(spec: FieldSpec, value: Any) -> None:
    """Checks one value of a scalar or enum field.

    Raises:
        EncodeError: the value does not fit; its path is empty, for the caller to fill in.
    """
    kind = spec.kind
    reason: str | None = None
    if kind is Kind.BOOL:
        reason = None if _is(value, bool) else expected("bool", value)
    elif kind is Kind.STRING:
        reason = _string_reason(spec, value)
    elif kind is Kind.BYTES:
        reason = None if _is(value, (bytes, bytearray, memoryview)) else expected("bytes", value)
    elif kind in (Kind.DOUBLE, Kind.FLOAT):
        reason = _float_reason(kind, value)
    elif kind is Kind.ENUM:
        reason = _enum_reason(spec, value)
    else:
        reason = _int_reason(kind, value)
    if reason is not None:
        raise EncodeError(reason)
