"""Explicit defaults: the text of ``FieldDescriptorProto.default_value`` as a Python value."""

from __future__ import annotations

import re

from minirpc.message.float32 import rounded
from minirpc.wire.spec import Kind

__all__ = ["parse_default"]

_BOUNDS = {
    **dict.fromkeys((Kind.INT32, Kind.SINT32, Kind.SFIXED32), (-(1 << 31), (1 << 31) - 1)),
    **dict.fromkeys((Kind.INT64, Kind.SINT64, Kind.SFIXED64), (-(1 << 63), (1 << 63) - 1)),
    **dict.fromkeys((Kind.UINT32, Kind.FIXED32), (0, (1 << 32) - 1)),
    **dict.fromkeys((Kind.UINT64, Kind.FIXED64), (0, (1 << 64) - 1)),
}
_SIMPLE_ESCAPES = {
    "a": b"\a",
    "b": b"\b",
    "f": b"\f",
    "n": b"\n",
    "r": b"\r",
    "t": b"\t",
    "v": b"\v",
    "\\": b"\\",
    "'": b"'",
    '"': b'"',
    "?": b"?",
}
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|([abfnrtv\\'\"?]))|[^\\]", re.DOTALL)


def parse_default(kind: Kind, text: str) -> int | float | bool | str | bytes:
    """The value that a text stands for (descriptor.proto, ``default_value``). Not for enums.

    Raises:
        ValueError: it stands for none of this kind.
    """
    if kind is Kind.STRING:
        return text
    if kind is Kind.BYTES:
        return _unescape(text)
    if kind is Kind.BOOL:
        if text not in ("true", "false"):
            raise ValueError("neither true nor false")
        return text == "true"
    if kind in (Kind.DOUBLE, Kind.FLOAT):
        return _float(kind, text)
    if kind not in _BOUNDS:
        raise ValueError(f"a {kind.name.lower()} field has no default")
    # the length first: Python refuses to read very long numbers, and takes its time over long ones
    if not re.fullmatch(r"-?[0-9]{1,20}", text) or not _BOUNDS[kind][0] <= int(text) <= _BOUNDS[kind][1]:
        raise ValueError(f"no number of type {kind.name.lower()}")
    return int(text)


def _float(kind: Kind, text: str) -> float:
    if not re.fullmatch(r"-?(inf|nan|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?)", text):
        raise ValueError("no number")
    value = float(text)
    # of a float, what such a field holds after a trip over the wire
    return rounded(value) if kind is Kind.FLOAT else value


def _unescape(text: str) -> bytes:
    """Undoes the escapes of C."""
    out = bytearray()
    pos = 0
    while pos < len(text):
        found = _ESCAPE.match(text, pos)
        if found is None:
            raise ValueError("a backslash without an escape that C has")
        octal, hexadecimal, simple = found.groups()
        if octal:
            out.append(int(octal, 8) & 0xFF)
        elif hexadecimal:
            out.append(int(hexadecimal, 16))
        else:
            out += _SIMPLE_ESCAPES[simple] if simple else found[0].encode("utf-8", "surrogateescape")
        pos = found.end()
    return bytes(out)
