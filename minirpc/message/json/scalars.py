"""Scalars and enums in ProtoJSON: one function that reads, and one that writes, for each kind.

Readers take what :mod:`minirpc.message.json.document` makes of a JSON value, and raise ``Misfit``. Writers take the
value of a field and give JSON text; they raise an ``EncodeError`` with an empty path, for the caller to fill in.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from json.encoder import encode_basestring
from math import isfinite, isinf
from typing import Any

from minirpc.errors import EncodeError
from minirpc.message.enum_names import numbers_by_name
from minirpc.message.float32 import rounded, shortest
from minirpc.message.json.document import ExactFloat
from minirpc.message.json.errors import Misfit, describe, expected
from minirpc.message.registry import full_name
from minirpc.wire import faults
from minirpc.wire.spec import FieldSpec, Kind

__all__ = [
    "NULL_VALUE",
    "QUOTED",
    "RANGES",
    "InexactNumber",
    "ScalarRead",
    "Text",
    "enum_members",
    "enum_texts",
    "key_reader",
    "key_text",
    "quote",
    "scalar_reader",
    "scalar_text",
]

ScalarRead = Callable[[Any, Any], Any]
"""``(value, context)`` → the field's value. ``context.ignore_unknown`` decides on unknown enum names."""
Text = Callable[[Any], str]
"""A field's value → JSON text."""

NULL_VALUE = "google.protobuf.NullValue"

quote: Text = encode_basestring
"""A JSON string. Refuses with a TypeError what is no ``str``."""

_INT32 = (-(1 << 31), (1 << 31) - 1)
_INT64 = (-(1 << 63), (1 << 63) - 1)
_UINT32 = (0, (1 << 32) - 1)
_UINT64 = (0, (1 << 64) - 1)
RANGES = {
    Kind.INT32: _INT32,
    Kind.SINT32: _INT32,
    Kind.SFIXED32: _INT32,
    Kind.ENUM: _INT32,
    Kind.UINT32: _UINT32,
    Kind.FIXED32: _UINT32,
    Kind.INT64: _INT64,
    Kind.SINT64: _INT64,
    Kind.SFIXED64: _INT64,
    Kind.UINT64: _UINT64,
    Kind.FIXED64: _UINT64,
}
"""The lowest and the highest value of each integer kind."""

QUOTED = frozenset(kind for kind, bounds in RANGES.items() if bounds in (_INT64, _UINT64))
"""The kinds that are written as strings: JavaScript, and many a JSON parser, would read 64 bits as a double."""

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
"""RFC 8259, section 6; a quoted number is held to the same grammar."""
_MAX_DIGITS = 20
"""2**64 - 1 has 20 digits."""
_EXACT_FLOATS = 1 << 53
_NON_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}


class InexactNumber(Exception):  # noqa: N818  no error: it asks for another attempt
    """An integer was written as ``1.5e18`` and came as a float that may not be exact: its text is needed."""


# ---- reading


def _int_of_text(text: str, name: str, shown: str) -> int:
    """The integer that a JSON number is, whatever the notation; never computes what would be out of range anyway."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise Misfit(f"expected {name}, got {shown}")
    sign, whole, fraction, exponent = match.groups(default="")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return 0
    shift = exponent.lstrip("+-0")
    if len(shift) > _MAX_DIGITS:  # an exponent that no digits of this text could make up for
        zeros = -1 if exponent.startswith("-") else _MAX_DIGITS
    else:
        zeros = int(shift or 0) * (-1 if exponent.startswith("-") else 1)
        zeros += len(digits) - len(significant) - len(fraction)
    if zeros < 0:
        raise Misfit(f"{shown} is not an integer")
    if len(significant) + zeros > _MAX_DIGITS:
        raise Misfit(f"{shown} is out of range for {name}")
    return int(f"{sign}{significant}{'0' * zeros}")


def _int_reader(kind: Kind) -> ScalarRead:
    low, high = RANGES[kind]
    name = kind.name.lower()

    def read(value: Any, context: Any) -> int:
        if type(value) is int:
            number = value
        elif type(value) is str:
            if value.isdigit() and value.isascii() and len(value) < _MAX_DIGITS and (value[0] != "0" or value == "0"):
                number = int(value)
            else:
                number = _int_of_text(value, name, describe(value))
        elif type(value) is ExactFloat:
            number = _int_of_text(value.text, name, "the number")
        elif type(value) is float:
            if not value.is_integer():
                raise Misfit(f"{describe(value)} is not an integer" if isfinite(value) else f"out of range for {name}")
            if abs(value) >= _EXACT_FLOATS and not context.exact:
                raise InexactNumber
            number = int(value)
        else:
            raise expected(name, value)
        if not low <= number <= high:
            raise Misfit(f"{describe(value)} is out of range for {name}")
        return number

    return read


def _read_double(value: Any, _context: Any) -> float:
    if type(value) is str:
        number = _NON_FINITE.get(value)
        if number is not None:
            return number
        if _NUMBER.fullmatch(value) is None:
            raise expected("double", value)
        number = float(value)
    elif isinstance(value, float):
        number = float(value)
    elif type(value) is int:
        try:
            number = float(value)
        except OverflowError:
            raise Misfit(f"{describe(value)} is out of range for double") from None
    else:
        raise expected("double", value)
    if not isfinite(number):
        raise Misfit(f"{describe(value)} is out of range for double")
    return number


def _read_float(value: Any, context: Any) -> float:
    number = _read_double(value, context)
    single = rounded(number)
    if isinf(single) and not isinf(number):
        raise Misfit(f"{describe(value)} is out of range for float")
    return single


def _read_bool(value: Any, _context: Any) -> bool:
    if value is not True and value is not False:
        raise expected("true or false", value)
    return value


def _read_string(value: Any, _context: Any) -> str:
    if type(value) is not str:
        raise expected("a string", value)
    return value


def _read_bytes(value: Any, _context: Any) -> bytes:
    if type(value) is not str:
        raise expected("a string of base64", value)
    # "Either standard or URL-safe base64 encoding with/without paddings are accepted."
    padding = "" if value.endswith("=") else "=" * (-len(value) % 4)
    try:
        return binascii.a2b_base64(value.replace("-", "+").replace("_", "/") + padding, strict_mode=True)
    except ValueError:  # binascii.Error is one; so is the error for characters outside of ASCII
        raise Misfit(f"{describe(value)} is not base64") from None


def enum_members(cls: type[Any]) -> dict[str | None, Any]:
    """The members of an enum class by their names in JSON; null is one of ``NullValue``'s."""
    members: dict[str | None, Any] = {name: cls(number) for name, number in numbers_by_name(cls).items()}
    if full_name(cls) == NULL_VALUE:
        members[None] = cls(0)
    return members


def _enum_reader(cls: type[Any]) -> ScalarRead:
    read_number = _READERS[Kind.ENUM]
    members = enum_members(cls)
    is_closed = cls.__closed__
    name = full_name(cls)

    def read(value: Any, context: Any) -> Any:
        if type(value) is str or value is None:
            member = members.get(value)
            if member is None and not (context.ignore_unknown and value is not None):
                raise expected(f"a value of the enum {name}", value)
            return member
        if type(value) is not int and not isinstance(value, float):
            raise expected(f"a value of the enum {name}", value)
        number = read_number(value, context)
        if is_closed and number not in cls._value2member_map_:
            if context.ignore_unknown:
                return None
            raise Misfit(f"{number} is no value of the closed enum {name}")
        return cls(number)

    return read


_READERS: dict[Kind, ScalarRead] = {
    Kind.DOUBLE: _read_double,
    Kind.FLOAT: _read_float,
    Kind.BOOL: _read_bool,
    Kind.STRING: _read_string,
    Kind.BYTES: _read_bytes,
    **{kind: _int_reader(kind) for kind in RANGES},
}


def scalar_reader(spec: FieldSpec) -> ScalarRead:
    """What reads a value of a scalar or enum field. For an enum it may return None: a name to be ignored."""
    return _enum_reader(spec.type) if spec.kind is Kind.ENUM else _READERS[spec.kind]


def _read_bool_key(key: str, _context: Any) -> bool:
    if key not in ("true", "false"):
        raise Misfit(f'expected a key "true" or "false", got {describe(key)}')
    return key == "true"


def key_reader(spec: FieldSpec) -> ScalarRead:
    """What makes a map's key of a member's name."""
    if spec.kind is Kind.STRING:
        return lambda key, _context: key
    read = _read_bool_key if spec.kind is Kind.BOOL else _READERS[spec.kind]

    def read_key(key: str, context: Any) -> Any:
        try:
            return read(key, context)
        except Misfit as misfit:
            misfit.at_name = True
            raise

    return read_key


# ---- writing


def _int32_text(spec: FieldSpec) -> Text:
    low, high = RANGES[spec.kind]

    def text(value: Any) -> str:
        if type(value) is not int:
            faults.check_scalar(spec, value)
        if not low <= value <= high:
            faults.check_scalar(spec, value)
        return int.__repr__(value)

    return text


def _int64_text(spec: FieldSpec) -> Text:
    digits = _int32_text(spec)
    return lambda value: f'"{digits(value)}"'


def _as_float(spec: FieldSpec, value: Any) -> float:
    if type(value) is not float:
        faults.check_scalar(spec, value)
        return float.__float__(value) if isinstance(value, float) else int.__float__(value)
    return value


def _non_finite(number: float) -> str:
    if number != number:
        return '"NaN"'
    return '"Infinity"' if number > 0 else '"-Infinity"'


def _double_text(spec: FieldSpec) -> Text:
    def text(value: Any) -> str:
        number = _as_float(spec, value)
        return float.__repr__(number) if isfinite(number) else _non_finite(number)

    return text


def _float_text(spec: FieldSpec) -> Text:
    def text(value: Any) -> str:
        number = _as_float(spec, value)
        if not isfinite(number):
            return _non_finite(number)
        short = shortest(number)
        if not isfinite(short):
            faults.check_scalar(spec, value)  # raises: it is too large
        return float.__repr__(short)

    return text


def _bool_text(spec: FieldSpec) -> Text:
    def text(value: Any) -> str:
        if value is True:
            return "true"
        if value is False:
            return "false"
        faults.check_scalar(spec, value)
        raise AssertionError("unreachable: bool has no other values")

    return text


def _string_text(spec: FieldSpec) -> Text:
    def text(value: Any) -> str:
        faults.check_scalar(spec, value)
        try:
            str.encode(value)
        except UnicodeEncodeError as error:  # a field that may hold any bytes (feature utf8_validation)
            reason = f"the character at index {error.start} is a byte of no UTF-8, for which JSON has no form"
            raise EncodeError(reason) from None
        return quote(value)

    return text


def _bytes_text(spec: FieldSpec) -> Text:
    def text(value: Any) -> str:
        if type(value) is not bytes:
            faults.check_scalar(spec, value)
        return f'"{binascii.b2a_base64(value, newline=False).decode()}"'

    return text


def enum_texts(cls: type[Any]) -> dict[int, str]:
    """The texts of an enum's values by number: the name that was declared first, null for ``NullValue``."""
    texts: dict[int, str] = {}
    for name, number in numbers_by_name(cls).items():
        texts.setdefault(number, quote(name))
    return {0: "null"} if full_name(cls) == NULL_VALUE else texts


def _enum_text(spec: FieldSpec, as_numbers: bool) -> Text:
    digits = _int32_text(spec)
    texts = enum_texts(spec.type)
    is_null = full_name(spec.type) == NULL_VALUE
    is_closed = spec.type.__closed__
    if as_numbers and not is_null:
        return digits

    def text(value: Any) -> str:
        number = digits(value)
        if is_closed and value not in texts:
            faults.check_scalar(spec, value)
        return "null" if is_null else texts.get(value, number)

    return text


_TEXTS: dict[Kind, Callable[[FieldSpec], Text]] = {
    Kind.DOUBLE: _double_text,
    Kind.FLOAT: _float_text,
    Kind.BOOL: _bool_text,
    Kind.STRING: _string_text,
    Kind.BYTES: _bytes_text,
    **{kind: _int64_text if kind in QUOTED else _int32_text for kind in RANGES},
}


def scalar_text(spec: FieldSpec, *, enum_numbers: bool) -> Text:
    """What writes a value of a scalar or enum field."""
    return _enum_text(spec, enum_numbers) if spec.kind is Kind.ENUM else _TEXTS[spec.kind](spec)


def key_text(spec: FieldSpec) -> Text:
    """What writes a key of a map: always a string."""
    if spec.kind is Kind.STRING:
        return _string_text(spec)
    text = _bool_text(spec) if spec.kind is Kind.BOOL else _int32_text(spec)
    return lambda value: f'"{text(value)}"'
