"""How protobuf's text format shows the fields that a message does not know: by number, as the wire format tells them.

The layout is that of Google's C++ printer: varints in decimal, fixed32 and fixed64 in hexadecimal, groups in braces,
and length-delimited fields in braces if they can be read as a message, or else as a string.
"""

from __future__ import annotations

from minirpc import wire
from minirpc.errors import DecodeError, EncodeError
from minirpc.message.text.values import quoted_bytes
from minirpc.wire import faults
from minirpc.wire.spec import MAX_DEPTH, WireType

__all__ = ["UnknownField", "read_unknown"]

UnknownField = tuple[int, "str | list[UnknownField]"]
"""The number of a field, and its value: a text, or the fields in it."""

_GUESSES = 10
"""How many levels of length-delimited fields are taken for messages: each level reads the bytes once more."""


def read_unknown(data: bytes) -> list[UnknownField]:
    """The unknown fields of a message, in the order in which they came.

    Raises:
        EncodeError: groups nest too deeply to be written.
    """
    try:
        return _read(data, 0, 0, MAX_DEPTH, _GUESSES)[0]
    except DecodeError:  # what a message keeps was well formed when it came, but may have come under a higher limit
        raise EncodeError(faults.too_deep(MAX_DEPTH)) from None


def _read(data: bytes, pos: int, group: int, depth: int, guesses: int) -> tuple[list[UnknownField], int]:
    """Reads fields to the end of ``data``, or to that of the group.

    Args:
        data: the bytes.
        pos: where to begin.
        group: the number of the group that the fields stand in, or 0.
        depth: how many levels of groups may follow.
        guesses: how many levels of length-delimited fields may be taken for messages.

    Returns:
        The fields, and the position behind them.

    Raises:
        DecodeError: ``data`` is not a message.
    """
    fields: list[UnknownField] = []
    while pos < len(data):
        tag_pos = pos
        number, wire_type, pos = wire.decode_tag(data, pos)
        value: str | list[UnknownField]
        if wire_type == WireType.EGROUP and number == group:
            return fields, pos
        if wire_type == WireType.SGROUP and depth:
            value, pos = _read(data, pos, number, depth - 1, guesses)
        else:
            end = wire.skip_field(data, pos, number, wire_type, depth, tag_pos=tag_pos)
            if wire_type == WireType.VARINT:
                value = str(wire.decode_varint(data, pos)[0])
            elif wire_type == WireType.LEN:
                size, start = wire.decode_varint(data, pos)
                value = _guess(data[start : start + size], depth, guesses)
            else:
                value = f"0x{int.from_bytes(data[pos:end], 'little'):0{2 * (end - pos)}x}"
            pos = end
        fields.append((number, value))
    if group:
        raise DecodeError(f"group {group} is not closed", offset=pos)
    return fields, pos


def _guess(data: bytes, depth: int, guesses: int) -> str | list[UnknownField]:
    if data and guesses:
        try:
            return _read(data, 0, 0, depth, guesses - 1)[0]
        except DecodeError:
            pass  # then it is a string
    return quoted_bytes(data)
