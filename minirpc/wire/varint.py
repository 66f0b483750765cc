"""Varints, zigzag, tags, and the skipping of unknown fields: the readable twin of ``minirpc/_varint.pyx``.

Source: the protobuf encoding specification, sections "Base 128 Varints", "Message Structure", "More Integer Types".
Offsets in errors and positions in results count bytes from the start of ``data``; the reasons of errors are listed in
:mod:`minirpc.wire.spec`.
"""

from __future__ import annotations

from minirpc.errors import DecodeError
from minirpc.wire.spec import MAX_DEPTH, WireType

__all__ = [
    "decode_tag",
    "decode_varint",
    "decode_zigzag",
    "encode_tag",
    "encode_varint",
    "encode_zigzag",
    "skip_field",
]

Buffer = bytes | bytearray | memoryview

_MASK64 = (1 << 64) - 1
_MAX_VARINT_BYTES = 10
_MAX_TAG_BYTES = 5
_FIXED_SIZES = {WireType.I64: 8, WireType.I32: 4}


def encode_varint(value: int) -> bytes:
    """The shortest varint of ``value``.

    Raises:
        ValueError: ``value`` is not between 0 and 2**64 - 1.
    """
    if not 0 <= value <= _MASK64:
        raise ValueError(f"{value} does not fit in 64 bits")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def decode_varint(data: Buffer, pos: int = 0) -> tuple[int, int]:
    """Reads the varint at ``pos``.

    Returns:
        The value, cut to its low 64 bits as every protobuf implementation does, and the position behind it.

    Raises:
        DecodeError: truncated, or longer than 10 bytes.
    """
    value = 0
    for index, byte in enumerate(data[pos : pos + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value & _MASK64, pos + index + 1
    if len(data) - pos < _MAX_VARINT_BYTES:
        raise DecodeError("truncated varint", offset=pos)
    raise DecodeError("varint is longer than 10 bytes", offset=pos)


def encode_zigzag(value: int) -> int:
    """Maps a signed 64-bit integer to an unsigned one so that small magnitudes stay small: 0, -1, 1, -2 → 0, 1, 2, 3.

    Raises:
        ValueError: ``value`` is not between -2**63 and 2**63 - 1.
    """
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError(f"{value} does not fit in 64 bits")
    return value << 1 ^ value >> 63


def decode_zigzag(value: int) -> int:
    """The inverse of :func:`encode_zigzag`.

    Raises:
        ValueError: ``value`` is not between 0 and 2**64 - 1.
    """
    if not 0 <= value <= _MASK64:
        raise ValueError(f"{value} does not fit in 64 bits")
    return value >> 1 ^ -(value & 1)


def encode_tag(number: int, wire_type: int) -> bytes:
    """The tag of field ``number`` (1 to 2**29 - 1) with a wire type (0 to 5).

    Raises:
        ValueError: one of them is out of its range.
    """
    if not 1 <= number < 1 << 29:
        raise ValueError(f"field number {number} is not between 1 and 2**29 - 1")
    if not 0 <= wire_type <= WireType.I32:
        raise ValueError(f"wire type {wire_type} is not defined")
    return encode_varint(number << 3 | wire_type)


def decode_tag(data: Buffer, pos: int = 0) -> tuple[int, int, int]:
    """Reads the tag at ``pos``.

    Returns:
        The field number, the wire type, and the position behind the tag.

    Raises:
        DecodeError: truncated, over 32 bits or 5 bytes, field number 0, or wire type 6 or 7.
    """
    tag = 0
    for index, byte in enumerate(data[pos : pos + _MAX_TAG_BYTES]):
        tag |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            break
    else:
        too_long = len(data) - pos >= _MAX_TAG_BYTES
        raise DecodeError("tag does not fit in 32 bits" if too_long else "truncated tag", offset=pos)
    if tag >> 32:
        raise DecodeError("tag does not fit in 32 bits", offset=pos)
    if not tag >> 3:
        raise DecodeError("field number 0 is not allowed", offset=pos)
    if tag & 7 > WireType.I32:
        raise DecodeError(f"wire type {tag & 7} is not defined", offset=pos)
    return tag >> 3, tag & 7, pos + index + 1


def decode_length(data: Buffer, pos: int) -> tuple[int, int]:
    """Reads the length prefix at ``pos`` and checks that ``data`` goes on for that long.

    Returns:
        The position of the first byte and the position behind the last.

    Raises:
        DecodeError: a malformed varint, or a length that goes past the end.
    """
    length, start = decode_varint(data, pos)
    remaining = len(data) - start
    if length > remaining:
        raise DecodeError(f"length {length} goes past the end, {remaining} bytes remain", offset=pos)
    return start, start + length


def decode_fixed(data: Buffer, pos: int, size: int) -> int:
    """Checks that ``size`` bytes (4 or 8) are there, and returns the position behind them.

    Raises:
        DecodeError: truncated.
    """
    if len(data) - pos < size:
        raise DecodeError(f"truncated fixed{8 * size}", offset=pos)
    return pos + size


def skip_field(
    data: Buffer,
    pos: int,
    number: int,
    wire_type: int,
    depth: int = MAX_DEPTH,
    *,
    tag_pos: int | None = None,
    limit: int | None = None,
) -> int:
    """Skips the value of a field whose tag was read.

    Args:
        data: the input.
        pos: the position behind the tag.
        number: the field number of the tag.
        wire_type: the wire type of the tag.
        depth: how many levels of groups may follow; the tag's own group is the first.
        tag_pos: the position of the tag itself, which errors about groups name; ``pos`` - 1 if not given.
        limit: the depth that the outermost message was given, for the error; ``depth`` if not given.

    Returns:
        The position behind the value.

    Raises:
        DecodeError: whatever is malformed in it.
    """
    start = pos - 1 if tag_pos is None else tag_pos
    if wire_type == WireType.VARINT:
        return decode_varint(data, pos)[1]
    if wire_type == WireType.LEN:
        return decode_length(data, pos)[1]
    if wire_type == WireType.EGROUP:
        raise DecodeError(f"end of group {number} without its start", offset=start)
    if wire_type != WireType.SGROUP:
        return decode_fixed(data, pos, _FIXED_SIZES[WireType(wire_type)])
    return _skip_group(data, pos, number, depth, depth if limit is None else limit, start)


def _skip_group(data: Buffer, pos: int, number: int, depth: int, limit: int, start: int) -> int:
    if depth <= 0:
        raise DecodeError(f"nested deeper than {limit} levels", offset=start)
    while pos < len(data):
        tag_pos = pos
        inner, wire_type, pos = decode_tag(data, pos)
        if wire_type == WireType.EGROUP:
            if inner != number:
                raise DecodeError(f"end of group {inner} inside group {number}", offset=tag_pos)
            return pos
        if wire_type == WireType.SGROUP:
            pos = _skip_group(data, pos, inner, depth - 1, limit, tag_pos)
        else:
            pos = skip_field(data, pos, inner, wire_type, tag_pos=tag_pos)
    raise DecodeError(f"group {number} is not closed", offset=start)
