"""The primitives of the wire format, on both engines."""

from __future__ import annotations

from types import ModuleType

import pytest
from engines import Engine, outcome
from hypothesis import given
from hypothesis import strategies as st
from strategies import lengths, overlong

from minirpc.errors import DecodeError

# the encoding specification's own examples, and the values around which the number of bytes changes
VARINTS = [
    (0, "00"),
    (1, "01"),
    (127, "7f"),
    (128, "8001"),
    (150, "9601"),
    (16383, "ff7f"),
    (16384, "808001"),
    (2**32 - 1, "ffffffff0f"),
    (2**63, "80808080808080808001"),
    (2**64 - 1, "ffffffffffffffffff01"),
]


@pytest.fixture(scope="session")
def varint(engine: Engine) -> ModuleType:
    return engine.varint


def fault(call: object, *args: object, **kwargs: object) -> tuple[str, int]:
    with pytest.raises(DecodeError) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    assert caught.value.path == ""
    return caught.value.reason, caught.value.offset


@pytest.mark.parametrize(("value", "encoded"), VARINTS)
def test_varint_known_values(varint: ModuleType, value: int, encoded: str) -> None:
    data = bytes.fromhex(encoded)
    assert varint.encode_varint(value) == data
    assert varint.decode_varint(data) == (value, len(data))
    assert varint.decode_varint(b"\xff\x01" + data + b"\xff", 2) == (value, len(data) + 2)


@pytest.mark.parametrize("convert", [bytes, bytearray, memoryview])
def test_primitives_read_every_bytes_like_object(varint: ModuleType, convert: type) -> None:
    assert varint.decode_varint(convert(b"\x96\x01")) == (150, 2)
    assert varint.decode_tag(convert(b"\x0a")) == (1, 2, 1)
    assert varint.skip_field(convert(b"\x01a"), 0, 1, 2) == 2


@pytest.mark.parametrize("value", [-1, 2**64, 2**100])
def test_encode_varint_refuses_what_64_bits_cannot_hold(varint: ModuleType, value: int) -> None:
    with pytest.raises(ValueError, match=rf"^{value} does not fit in 64 bits$"):
        varint.encode_varint(value)


def test_varint_is_cut_to_64_bits(varint: ModuleType) -> None:
    assert varint.decode_varint(b"\xff" * 9 + b"\x7f") == (2**64 - 1, 10)
    assert varint.decode_varint(b"\x80" * 9 + b"\x02") == (0, 10)


@pytest.mark.parametrize("size", range(2, 11))
def test_overlong_varints_are_read(varint: ModuleType, size: int) -> None:
    assert varint.decode_varint(overlong(5, size)) == (5, size)


@pytest.mark.parametrize("size", range(10))
def test_truncated_varint(varint: ModuleType, size: int) -> None:
    assert fault(varint.decode_varint, b"\x00" + b"\x80" * size, 1) == ("truncated varint", 1)


@pytest.mark.parametrize("data", [b"\x80" * 10, b"\x80" * 10 + b"\x01", b"\xff" * 20])
def test_varint_longer_than_10_bytes(varint: ModuleType, data: bytes) -> None:
    assert fault(varint.decode_varint, b"\x00" + data, 1) == ("varint is longer than 10 bytes", 1)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, 0), (-1, 1), (1, 2), (-2, 3), (2**31 - 1, 2**32 - 2), (-(2**31), 2**32 - 1), (-(2**63), 2**64 - 1)],
)
def test_zigzag_known_values(varint: ModuleType, value: int, encoded: int) -> None:
    assert varint.encode_zigzag(value) == encoded
    assert varint.decode_zigzag(encoded) == value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_encode_zigzag_range(varint: ModuleType, value: int) -> None:
    with pytest.raises(ValueError, match="does not fit in 64 bits"):
        varint.encode_zigzag(value)


@pytest.mark.parametrize("value", [-1, 2**64])
def test_decode_zigzag_range(varint: ModuleType, value: int) -> None:
    with pytest.raises(ValueError, match="does not fit in 64 bits"):
        varint.decode_zigzag(value)


@pytest.mark.parametrize("number", [1, 15, 16, 2047, 2048, 2**29 - 1])
@pytest.mark.parametrize("wire_type", range(6))
def test_tag_round_trip(varint: ModuleType, number: int, wire_type: int) -> None:
    data = varint.encode_tag(number, wire_type)
    assert varint.decode_tag(b"\x00" + data, 1) == (number, wire_type, 1 + len(data))


@pytest.mark.parametrize("number", [0, -1, 2**29])
def test_encode_tag_refuses_numbers(varint: ModuleType, number: int) -> None:
    with pytest.raises(ValueError, match=rf"^field number {number} is not between 1 and 2\*\*29 - 1$"):
        varint.encode_tag(number, 0)


@pytest.mark.parametrize("wire_type", [-1, 6, 7, 8])
def test_encode_tag_refuses_wire_types(varint: ModuleType, wire_type: int) -> None:
    with pytest.raises(ValueError, match=rf"^wire type {wire_type} is not defined$"):
        varint.encode_tag(1, wire_type)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_overlong_tags_of_up_to_5_bytes_are_read(varint: ModuleType, size: int) -> None:
    assert varint.decode_tag(overlong(8, size)) == (1, 0, size)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "truncated tag"),
        (b"\x80", "truncated tag"),
        (b"\x80" * 4, "truncated tag"),
        (overlong(8, 6), "tag does not fit in 32 bits"),
        (b"\x80" * 5, "tag does not fit in 32 bits"),
        (overlong(2**32, 5), "tag does not fit in 32 bits"),
        (overlong(2**32 + 8, 5), "tag does not fit in 32 bits"),
        (b"\x00", "field number 0 is not allowed"),
        (b"\x07", "field number 0 is not allowed"),
        (b"\x80\x00", "field number 0 is not allowed"),
        (b"\x0e", "wire type 6 is not defined"),
        (b"\x0f", "wire type 7 is not defined"),
        (b"\xff\xff\xff\xff\x0f", "wire type 7 is not defined"),
    ],
)
def test_malformed_tags(varint: ModuleType, data: bytes, reason: str) -> None:
    assert fault(varint.decode_tag, b"\x08" + data, 1) == (reason, 1)


@pytest.mark.parametrize(
    ("wire_type", "value"),
    [
        (0, b"\x96\x01"),
        (0, b"\xff" * 9 + b"\x01"),
        (1, bytes(8)),
        (2, b"\x00"),
        (2, b"\x03abc"),
        (5, bytes(4)),
        (3, b"\x0c"),
        (3, b"\x10\x01\x1b\x1c\x0c"),
    ],
)
def test_skip_field(varint: ModuleType, wire_type: int, value: bytes) -> None:
    assert varint.skip_field(b"\xff" + value + b"\xff", 1, 1, wire_type) == 1 + len(value)


@pytest.mark.parametrize(
    ("wire_type", "value", "reason", "offset"),
    [
        (0, b"\x80", "truncated varint", 1),
        (0, b"\x80" * 11, "varint is longer than 10 bytes", 1),
        (1, bytes(7), "truncated fixed64", 1),
        (5, bytes(3), "truncated fixed32", 1),
        (2, b"", "truncated varint", 1),
        (2, b"\x04abc", "length 4 goes past the end, 3 bytes remain", 1),
        (2, b"\xff" * 9 + b"\x01", f"length {2**64 - 1} goes past the end, 0 bytes remain", 1),
        (4, b"", "end of group 1 without its start", 0),
        (3, b"", "group 1 is not closed", 0),
        (3, b"\x08\x01", "group 1 is not closed", 0),
        (3, b"\x13\x0c", "end of group 1 inside group 2", 2),
        (3, b"\x13\x14", "group 1 is not closed", 0),
        (3, b"\x13", "group 2 is not closed", 1),
        (3, b"\x10\x80", "truncated varint", 2),
        (3, b"\x80", "truncated tag", 1),
        (3, b"\x00", "field number 0 is not allowed", 1),
        (3, b"\x0e", "wire type 6 is not defined", 1),
    ],
)
def test_skip_field_errors(varint: ModuleType, wire_type: int, value: bytes, reason: str, offset: int) -> None:
    assert fault(varint.skip_field, b"\xff" + value, 1, 1, wire_type) == (reason, offset)


def test_skip_field_names_the_place_of_the_tag(varint: ModuleType) -> None:
    data = overlong(1 << 3 | 3, 4)
    assert fault(varint.skip_field, data, 4, 1, 3, tag_pos=0) == ("group 1 is not closed", 0)
    assert fault(varint.skip_field, data, 4, 1, 4, tag_pos=0) == ("end of group 1 without its start", 0)


def test_skip_field_limits_the_depth_of_groups(varint: ModuleType) -> None:
    def groups(levels: int) -> bytes:
        return b"\x0b" * levels + b"\x0c" * levels

    assert varint.skip_field(groups(100), 1, 1, 3) == 200
    assert fault(varint.skip_field, groups(101), 1, 1, 3) == ("nested deeper than 100 levels", 100)
    assert varint.skip_field(groups(2), 1, 1, 3, 2) == 4
    assert fault(varint.skip_field, groups(2), 1, 1, 3, 1) == ("nested deeper than 1 levels", 1)
    assert fault(varint.skip_field, groups(2), 1, 1, 3, 1, limit=7) == ("nested deeper than 7 levels", 1)
    assert fault(varint.skip_field, groups(1), 1, 1, 3, 0) == ("nested deeper than 0 levels", 0)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3), st.binary(max_size=3))
def test_varint_round_trip(varint: ModuleType, value: int, before: bytes, behind: bytes) -> None:
    data = varint.encode_varint(value)
    assert varint.decode_varint(before + data + behind, len(before)) == (value, len(before) + len(data))
    assert len(data) == max(1, -(-value.bit_length() // 7))


@given(st.integers(-(2**63), 2**63 - 1))
def test_zigzag_round_trip(varint: ModuleType, value: int) -> None:
    encoded = varint.encode_zigzag(value)
    assert varint.decode_zigzag(encoded) == value
    assert encoded == (2 * value if value >= 0 else -2 * value - 1)


@given(st.binary(max_size=12) | lengths.map(lambda n: b"\x80" * 9 + bytes([n & 0x7F])), st.integers(0, 3))
def test_engines_agree_on_any_bytes(both: list[Engine], data: bytes, pos: int) -> None:
    pos = min(pos, len(data))
    for name in ("decode_varint", "decode_tag"):
        pure, compiled = (outcome(getattr(engine.varint, name), data, pos) for engine in both)
        assert pure == compiled
    for wire_type in range(6):
        pure, compiled = (outcome(engine.varint.skip_field, data, pos, 1, wire_type) for engine in both)
        assert pure == compiled
