"""Writes the encoder of one message class, as Python source.

Values that are their field's default are told by identity first, which costs next to nothing. All others are checked
for their exact type; subclasses are converted. Whatever does not fit raises something: what it is, and where, is
:mod:`minirpc.wire.diagnose`'s business.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any

from minirpc.numbers import Numbers
from minirpc.wire.spec import Card, FieldSpec, Kind, WireType
from minirpc.wire.varint import encode_varint

__all__ = ["DETERMINISTIC", "PARTIAL", "encoder_source"]

DETERMINISTIC = 1
"""A bit of an encoder's mode: map entries go out in the order of their keys."""
PARTIAL = 2
"""A bit of an encoder's mode: required fields may be unset."""

Lines = list[str]

_VARINTS = [encode_varint(value) for value in range(2048)]
_BOOLS = {True: b"\x01", False: b"\x00"}

_STRUCTS = {
    Kind.DOUBLE: "d",
    Kind.FLOAT: "f",
    Kind.FIXED64: "Q",
    Kind.SFIXED64: "q",
    Kind.FIXED32: "I",
    Kind.SFIXED32: "i",
}
_RANGES = {
    Kind.INT32: (-(1 << 31), (1 << 31) - 1),
    Kind.ENUM: (-(1 << 31), (1 << 31) - 1),
    Kind.SINT32: (-(1 << 31), (1 << 31) - 1),
    Kind.INT64: (-(1 << 63), (1 << 63) - 1),
    Kind.SINT64: (-(1 << 63), (1 << 63) - 1),
    Kind.UINT32: (0, (1 << 32) - 1),
    Kind.UINT64: (0, (1 << 64) - 1),
}


class _Unfit(Exception):  # noqa: N818  (it never leaves the engine)
    """A value does not fit its field."""


def _varint(value: int) -> bytes:
    """The varint of a value in range; negative ones as 64-bit two's complement, as the specification asks."""
    if value < 0:
        value += 1 << 64
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _as_int(value: Any) -> int:
    if issubclass(type(value), int):
        return int.__int__(value)
    raise _Unfit


def _as_float(value: Any) -> float:
    if issubclass(type(value), float):
        return float.__float__(value)
    if issubclass(type(value), int):
        return int.__float__(value)
    raise _Unfit


def _as_str(value: Any) -> str:
    if issubclass(type(value), str):
        return str.__str__(value)
    raise _Unfit


def _as_bytes(value: Any) -> bytes:
    if issubclass(type(value), bytes | bytearray | memoryview):
        return bytes(memoryview(value))
    raise _Unfit


def _as_list(value: Any) -> list[Any]:
    if issubclass(type(value), list):
        return list.copy(value)
    raise _Unfit


def _fixed_bytes(values: Numbers, code: str) -> bytes:
    """The bytes of an array on the wire."""
    if values.typecode != code:
        raise _Unfit
    if sys.byteorder == "big":
        values = values.copy()
        values.byteswap()
    return values.tobytes()


def _as_values(values: Numbers, code: str) -> list[Any]:
    if values.typecode != code:
        raise _Unfit
    return values.tolist()


def _as_dict(value: Any) -> dict[Any, Any]:
    if issubclass(type(value), dict):
        return dict.copy(value)
    raise _Unfit


def _check_message(value: Any, cls: type[Any]) -> None:
    if not issubclass(type(value), cls):
        raise _Unfit


def _pack_ints(values: list[Any], low: int, high: int) -> list[int]:
    """The values of a packed field, checked."""
    if set(map(type, values)) != {int}:
        values = [_as_int(value) for value in values]
    if min(values) < low or max(values) > high:
        raise _Unfit
    return values


def _pack_fixed(values: list[Any], code: str, convert: Callable[[Any], Any], exact: type) -> bytes:
    if set(map(type, values)) != {exact}:
        values = [convert(value) for value in values]
    return struct.pack(f"<{len(values)}{code}", *values)


_EXACT: dict[Kind, tuple[str, str, Callable[[Any], Any]]] = {
    Kind.STRING: ("str", "as_str", _as_str),
    Kind.BYTES: ("bytes", "as_bytes", _as_bytes),
    Kind.DOUBLE: ("float", "as_float", _as_float),
    Kind.FLOAT: ("float", "as_float", _as_float),
}


class _Writer:
    def __init__(self, plan_of: Callable[[Any], Any]) -> None:
        self.plan_of = plan_of
        self.names: dict[str, Any] = {
            "Numbers": Numbers,
            "Unfit": _Unfit,
            "as_bytes": _as_bytes,
            "as_dict": _as_dict,
            "as_float": _as_float,
            "as_int": _as_int,
            "as_list": _as_list,
            "as_str": _as_str,
            "as_values": _as_values,
            "bools": _BOOLS,
            "check_message": _check_message,
            "fixed_bytes": _fixed_bytes,
            "pack_fixed": _pack_fixed,
            "pack_ints": _pack_ints,
            "varint": _varint,
            "varints": _VARINTS,
        }

    def name(self, prefix: str, value: Any) -> str:
        """Makes ``value`` a name of the function to be written."""
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def check(self, spec: FieldSpec, v: str) -> Lines:
        """Makes sure that the variable ``v`` holds the exact type."""
        if spec.kind is Kind.BOOL:
            return [f"if {v} is not True and {v} is not False: raise Unfit"]
        exact, convert, _ = _EXACT.get(spec.kind, ("int", "as_int", _as_int))
        return [f"if type({v}) is not {exact}: {v} = {convert}({v})"]

    def write(self, spec: FieldSpec, v: str, tag: bytes) -> Lines:
        """Writes tag and value; ``v`` was checked."""
        kind = spec.kind
        if kind is Kind.MESSAGE:
            plan, cls = self.name("plan", self.plan_of(spec.type)), self.name("cls", spec.type)
            return [
                f"if type({v}) is not {cls}: check_message({v}, {cls})",
                f"s = {plan}.encode_pieces({v}, depth - 1, mode); n = len(s)",
                f"o += ({tag!r}, varints[n] if n < 2048 else varint(n), s)",
            ]
        if kind is Kind.GROUP:
            plan, cls = self.name("plan", self.plan_of(spec.type)), self.name("cls", spec.type)
            end_tag = encode_varint(spec.number << 3 | WireType.EGROUP)
            return [
                f"if type({v}) is not {cls}: check_message({v}, {cls})",
                f"o += ({tag!r}, {plan}.encode_pieces({v}, depth - 1, mode), {end_tag!r})",
            ]
        if kind is Kind.STRING:
            encode = "encode()" if spec.utf8 else "encode('utf-8', 'surrogateescape')"
            return [f"s = {v}.{encode}; n = len(s)", f"o += ({tag!r}, varints[n] if n < 2048 else varint(n), s)"]
        if kind is Kind.BYTES:
            return [f"n = len({v})", f"o += ({tag!r}, varints[n] if n < 2048 else varint(n), {v})"]
        if kind in _STRUCTS:
            pack = self.name("pack", struct.Struct(f"<{_STRUCTS[kind]}").pack)
            return [f"o += ({tag!r}, {pack}({v}))"]
        if kind is Kind.BOOL:
            return [f"o += ({tag!r}, bools[{v}])"]
        low, high = _RANGES[kind]
        lines = [f"if not {low} <= {v} <= {high}: raise Unfit"]
        if _is_closed(spec):
            lines = [f"if {v} not in {self.numbers(spec)}: raise Unfit"]
        if kind in (Kind.SINT32, Kind.SINT64):
            return [*lines, f"n = ({v} << 1) ^ ({v} >> 63)", f"o += ({tag!r}, varints[n] if n < 2048 else varint(n))"]
        return [*lines, f"o += ({tag!r}, varints[{v}] if 0 <= {v} < 2048 else varint({v}))"]

    def numbers(self, spec: FieldSpec) -> str:
        """The numbers that a closed enum names."""
        return self.name("numbers", frozenset(map(int, spec.type._value2member_map_)))

    def checked_write(self, spec: FieldSpec, v: str, tag: bytes) -> Lines:
        check = [] if spec.is_message else self.check(spec, v)
        return [*check, *self.write(spec, v, tag)]

    def field(self, spec: FieldSpec, v: str) -> Lines:
        tag = encode_varint(spec.tag)
        if spec.card is Card.REPEATED:
            body = [f"if type({v}) is not list: {v} = as_list({v})"]
            if spec.typecode:
                body = self.numbers_field(spec, v) + body
            if spec.packed:
                body += [f"if {v}:", *_indent(self.packed(spec, v), 1)]
            else:
                body += [f"for y in {v}:", *_indent(self.checked_write(spec, "y", tag), 1)]
            return [f"if {v} is not None:", *_indent(body, 1)]
        if spec.card is Card.MAP:
            return [f"if {v} is not None:", *_indent(self.map(spec, v), 1)]
        if spec.required:
            unset = [f"if {v} is None:", f" if not mode & {PARTIAL}: raise Unfit"]
            return [*unset, "else:", *_indent(self.checked_write(spec, v, tag), 1)]
        if spec.card is not Card.IMPLICIT:
            return [f"if {v} is not None:", *_indent(self.checked_write(spec, v, tag), 1)]
        default = self.name("default", spec.default)
        body = self.check(spec, v)
        if spec.kind in (Kind.DOUBLE, Kind.FLOAT):
            # -0.0 is not the default: compare the bits, not the value
            pack = self.name("pack", struct.Struct(f"<{_STRUCTS[spec.kind]}").pack)
            zeros = bytes(8 if spec.kind is Kind.DOUBLE else 4)
            body += [f"s = {pack}({v})", f"if s != {zeros!r}: o += ({tag!r}, s)"]
        else:
            body += [f"if {v}:", *_indent(self.write(spec, v, tag), 1)]
        return [f"if {v} is not {default}:", *_indent(body, 1)]

    def numbers_field(self, spec: FieldSpec, v: str) -> Lines:
        """Writes ``Numbers``, or makes a list of them."""
        code = spec.typecode
        if spec.kind not in _STRUCTS:
            return [f"if type({v}) is Numbers: {v} = as_values({v}, {code!r})"]
        # by their bytes: a NaN may carry a payload
        size = 8 if spec.kind.wire_type == WireType.I64 else 4
        lines = [f"s = fixed_bytes({v}, {code!r}); n = len(s); {v} = []"]
        if spec.packed:
            tag = encode_varint(spec.packed_tag)
            lines += [f"if n: o += ({tag!r}, varints[n] if n < 2048 else varint(n), s)"]
        else:
            tag = encode_varint(spec.tag)
            lines += [f"for i in range(0, n, {size}): o += ({tag!r}, s[i:i + {size}])"]
        return [f"if type({v}) is Numbers:", *_indent(lines, 1)]

    def packed(self, spec: FieldSpec, v: str) -> Lines:
        kind = spec.kind
        if kind in _STRUCTS:
            exact, convert, _ = _EXACT.get(kind, ("int", "as_int", _as_int))
            run = [f"s = pack_fixed({v}, {_STRUCTS[kind]!r}, {convert}, {exact})"]
        elif kind is Kind.BOOL:
            run = [f"if set(map(type, {v})) != {{bool}}: raise Unfit", f"s = bytes({v})"]
        else:
            low, high = _RANGES[kind]
            run = [f"{v} = pack_ints({v}, {low}, {high})"]
            if _is_closed(spec):
                run += [f"if not {self.numbers(spec)}.issuperset({v}): raise Unfit"]
            if kind in (Kind.SINT32, Kind.SINT64):
                run += [f"{v} = [(x << 1) ^ (x >> 63) for x in {v}]"]
            run += [f"s = b''.join([varints[x] if 0 <= x < 2048 else varint(x) for x in {v}])"]
        tag = encode_varint(spec.packed_tag)
        return [*run, "n = len(s)", f"o += ({tag!r}, varints[n] if n < 2048 else varint(n), s)"]

    def map(self, spec: FieldSpec, v: str) -> Lines:
        key, value = spec.key, spec.value
        assert key is not None
        assert value is not None
        tag = encode_varint(spec.number << 3 | WireType.LEN)
        return [
            f"if type({v}) is not dict: {v} = as_dict({v})",
            "outer = o",
            f"for k, y in sorted({v}.items(), key=first) if mode & {DETERMINISTIC} else {v}.items():",
            " o = []",
            *_indent(self.checked_write(key, "k", encode_varint(key.tag)), 1),
            *_indent(self.checked_write(value, "y", encode_varint(value.tag)), 1),
            " s = b''.join(o); n = len(s)",
            f" outer += ({tag!r}, varints[n] if n < 2048 else varint(n), s)",
            "o = outer",
        ]


def _is_closed(spec: FieldSpec) -> bool:
    return spec.kind is Kind.ENUM and bool(spec.type.__closed__)


def _first(item: tuple[Any, Any]) -> Any:
    return item[0]


def _indent(lines: Lines, by: int) -> Lines:
    return [" " * by + line for line in lines]


def encoder_source(
    fields: Sequence[FieldSpec], plan_of: Callable[[Any], Any], *, extendable: bool = False
) -> tuple[str, dict[str, Any]]:
    """Writes an encoder.

    Args:
        fields: the fields in order of their numbers.
        plan_of: gives the plan of a sub-message's class.
        extendable: the class has a slot ``_extensions``.

    Returns:
        The source of the function ``run(m, depth, mode)`` and the names that it needs.
    """
    writer = _Writer(plan_of)
    writer.names["first"] = _first
    lines = ["def run(m, depth, mode):", " if depth < 0: raise Unfit", " o = []"]
    for index, spec in enumerate(fields):
        lines += [f" f{index} = m.{spec.slot}", *_indent(writer.field(spec, f"f{index}"), 1)]
    if extendable:
        writer.names["plan_of"] = plan_of
        lines += [
            " if m._extensions:",
            "  for y in m._extensions.values(): o.append(plan_of(type(y)).encode_pieces(y, depth, mode))",
        ]
    lines += [" if m._unknown: o.append(m._unknown)", " return b''.join(o)"]
    return "\n".join(lines), writer.names
