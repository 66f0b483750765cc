"""The values of scalar and enum fields in protobuf's text format: how each kind is read and written.

Source: "Text Format Language Specification" of protobuf, section "Value Types".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from minirpc.message import float32
from minirpc.message.enum_names import numbers_by_name
from minirpc.message.text.lexer import Lexer, TextError
from minirpc.wire import faults
from minirpc.wire.spec import FieldSpec, Kind

__all__ = ["quoted_bytes", "reader", "writer"]

Reader = Callable[[Lexer], Any]
Writer = Callable[[Any], str]

_BASES = {"dec": 10, "oct": 8, "hex": 16}
_MAX_DIGITS = 20  # of 2**64: more decimal digits are out of every range, and not worth converting
_SHOWN = 40
_RANGES = {
    Kind.INT32: (-(1 << 31), (1 << 31) - 1),
    Kind.INT64: (-(1 << 63), (1 << 63) - 1),
    Kind.UINT32: (0, (1 << 32) - 1),
    Kind.UINT64: (0, (1 << 64) - 1),
}
_RANGES[Kind.SINT32] = _RANGES[Kind.SFIXED32] = _RANGES[Kind.ENUM] = _RANGES[Kind.INT32]
_RANGES[Kind.SINT64] = _RANGES[Kind.SFIXED64] = _RANGES[Kind.INT64]
_RANGES[Kind.FIXED32], _RANGES[Kind.FIXED64] = _RANGES[Kind.UINT32], _RANGES[Kind.UINT64]

_FLOAT_NAMES = {"inf": math.inf, "infinity": math.inf, "nan": math.nan}
_BOOL_NAMES = {"true": True, "True": True, "t": True, "false": False, "False": False, "f": False}
_BOOL_NUMBERS = {0: False, 1: True}


def reader(spec: FieldSpec) -> Reader:
    """The function that reads one value of a scalar or enum field at the lexer's current token."""
    kind = spec.kind
    if kind is Kind.STRING:
        return Lexer.take_text if spec.utf8 else Lexer.take_loose_text
    if kind is Kind.BYTES:
        return Lexer.take_bytes
    if kind is Kind.BOOL:
        return _read_bool
    if kind is Kind.DOUBLE:
        return _read_double
    if kind is Kind.FLOAT:
        return _read_float
    return _enum_reader(spec.type) if kind is Kind.ENUM else _int_reader(kind)


def _int_reader(kind: Kind) -> Reader:
    low, high = _RANGES[kind]
    name = kind.name.lower()

    def read(lexer: Lexer) -> int:
        start = lexer.start
        negative = lexer.skip("-")
        base = _BASES.get(lexer.kind)
        if base is None:
            raise lexer.unexpected("an integer")
        if negative and low == 0:
            # "signed values (-0) are not valid"
            raise TextError(f"-{lexer.token[:_SHOWN]} has a sign, which {name} does not take", start)
        if base != 10 or len(lexer.token) <= _MAX_DIGITS:
            value = -int(lexer.token, base) if negative else int(lexer.token, base)
            if low <= value <= high:
                lexer.advance()
                return value
        dots = "…" if len(lexer.token) > _SHOWN else ""
        raise TextError(f"{'-' * negative}{lexer.token[:_SHOWN]}{dots} is out of range for {name}", start)

    return read


def _enum_reader(cls: type[Any]) -> Reader:
    names = {name: cls(number) for name, number in numbers_by_name(cls).items()}
    read_number = _int_reader(Kind.ENUM)

    def read(lexer: Lexer) -> Any:
        if lexer.kind != "ident":
            start = lexer.start
            number = read_number(lexer)
            if cls.__closed__ and number not in cls._value2member_map_:
                raise TextError(f"{number} is no value of the closed enum {cls.__proto_name__}", start)
            return cls(number)
        value = names.get(lexer.token)
        if value is None:
            raise TextError(f"'{lexer.token[:_SHOWN]}' is no value of the enum {cls.__proto_name__}", lexer.start)
        lexer.advance()
        return value

    return read


def _read_bool(lexer: Lexer) -> bool:
    # "any unsigned integer representation of 0 or 1 is permitted: 00, 0x0, 01, 0x1, etc."
    value = None
    if lexer.kind == "ident":
        value = _BOOL_NAMES.get(lexer.token)
    elif lexer.kind in _BASES and (lexer.kind != "dec" or len(lexer.token) == 1):
        value = _BOOL_NUMBERS.get(int(lexer.token, _BASES[lexer.kind]))
    if value is None:
        raise lexer.unexpected("true or false")
    lexer.advance()
    return value


def _read_double(lexer: Lexer) -> float:
    negative = lexer.skip("-")
    if lexer.kind in ("float", "dec"):
        value = float(lexer.token.rstrip("fF"))  # infinity, where it overflows
    elif lexer.kind == "ident" and (named := _FLOAT_NAMES.get(lexer.token[:9].lower())) is not None:
        value = named
    else:
        # "octal and hexadecimal values are not valid"
        raise lexer.unexpected("a number")
    lexer.advance()
    return -value if negative else value


def _read_float(lexer: Lexer) -> float:
    return float32.rounded(_read_double(lexer))  # "overflows are treated as infinity"


def writer(spec: FieldSpec) -> Writer:
    """The function that writes one value of a scalar or enum field, and raises ``EncodeError`` if it does not fit."""
    kind = spec.kind
    if kind is Kind.STRING:
        return _string_writer(spec)
    if kind is Kind.ENUM:
        return _enum_writer(spec)
    if kind in _RANGES:
        return _int_writer(spec)
    return _checked(spec, _PLAIN_WRITERS[kind])


def _checked(spec: FieldSpec, write: Writer) -> Writer:
    def write_checked(value: Any) -> str:
        faults.check_scalar(spec, value)
        return write(value)

    return write_checked


def _int_writer(spec: FieldSpec) -> Writer:
    low, high = _RANGES[spec.kind]

    def write(value: Any) -> str:
        if type(value) is not int or not low <= value <= high:
            faults.check_scalar(spec, value)
            value = int.__int__(value)
        return str(value)

    return write


def _enum_writer(spec: FieldSpec) -> Writer:
    names: dict[int, str] = {}
    for name, number in numbers_by_name(spec.type).items():
        names.setdefault(number, name)  # of aliases, the first

    def write(value: Any) -> str:
        faults.check_scalar(spec, value)
        number = int.__int__(value)
        return names.get(number) or str(number)

    return write


def _write_bool(value: bool) -> str:
    return "true" if value else "false"


def _as_float(value: float) -> float:
    # as when encoding, no code of a subclass runs
    return float.__float__(value) if isinstance(value, float) else int.__float__(value)


def _write_double(value: float) -> str:
    # the shortest digits that give the same number again; "inf", "-inf" and "nan" are what the text format calls them
    return repr(_as_float(value))


def _write_float(value: float) -> str:
    return repr(float32.shortest(_as_float(value)))


_SPECIAL = re.compile("[\0-\x1f\"'\\\\\x7f-\x9f\ud800-\udfff]")
_SPECIAL_BYTES = re.compile("[^ !#-&(-[\\]-~]")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}


def _escape(match: re.Match[str]) -> str:
    """One character as an escape: octal for all that have no letter, so that no digit behind it can join in."""
    char = match[0]
    # the value was checked: a lone surrogate stands for a byte here
    return _ESCAPES.get(char) or "".join(f"\\{byte:03o}" for byte in char.encode(errors="surrogateescape"))


def _escape_byte(match: re.Match[str]) -> str:
    char = match[0]
    return _ESCAPES.get(char) or f"\\{ord(char):03o}"


def _string_writer(spec: FieldSpec) -> Writer:
    def write(value: Any) -> str:
        if type(value) is not str or _SPECIAL.search(value):
            faults.check_scalar(spec, value)
            value = _SPECIAL.sub(_escape, str.__str__(value))
        return f'"{value}"'

    return write


def quoted_bytes(value: bytes | bytearray | memoryview) -> str:
    """Bytes as a string literal: printable ASCII as it is, everything else escaped."""
    return '"' + _SPECIAL_BYTES.sub(_escape_byte, bytes(value).decode("latin-1")) + '"'


_PLAIN_WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.BOOL: _write_bool,
    Kind.BYTES: quoted_bytes,
    Kind.DOUBLE: _write_double,
    Kind.FLOAT: _write_float,
}
