"""Every row of the table of decode errors: reason, path and offset, on both engines."""

from __future__ import annotations

from typing import Any

import pytest
from engines import Engine
from samples import Choice, Empty, Forest, Implicit, Maps, Optional, Packed, Tree, Unpacked
from strategies import overlong

from minirpc.errors import DecodeError, Error
from minirpc.wire.spec import WireType
from minirpc.wire.varint import encode_tag, encode_varint


def chunk(number: int, content: bytes) -> bytes:
    return encode_tag(number, 2) + encode_varint(len(content)) + content


OK = b"\x28\x07"  # f_int32 = 7, two bytes
HUGE = b"\xff" * 9 + b"\x01"

TAGS = [
    (b"\x80", "truncated tag", 0),
    (b"\x80" * 4, "truncated tag", 0),
    (b"\x80" * 5, "tag does not fit in 32 bits", 0),
    (b"\x80" * 12, "tag does not fit in 32 bits", 0),
    (overlong(5 << 3, 6) + b"\x01", "tag does not fit in 32 bits", 0),
    (overlong(2**32 | 5 << 3, 5) + b"\x01", "tag does not fit in 32 bits", 0),
    (overlong(2**32 | 7, 5), "tag does not fit in 32 bits", 0),
    (b"\x00\x01", "field number 0 is not allowed", 0),
    (b"\x03\x04", "field number 0 is not allowed", 0),
    (b"\x07", "field number 0 is not allowed", 0),
    (b"\x80\x80\x00", "field number 0 is not allowed", 0),
    (b"\x0e", "wire type 6 is not defined", 0),
    (b"\x0f", "wire type 7 is not defined", 0),
    (encode_varint((1 << 29) - 1 << 3 | 6), "wire type 6 is not defined", 0),
    (encode_tag(5, 4), "end of group 5 without its start", 0),
    (encode_tag(1000, 4), "end of group 1000 without its start", 0),
    # unknown fields
    (encode_tag(1000, 0), "truncated varint", 2),
    (encode_tag(1000, 0) + b"\x80" * 9, "truncated varint", 2),
    (encode_tag(1000, 0) + b"\x80" * 10, "varint is longer than 10 bytes", 2),
    (encode_tag(1000, 1) + bytes(7), "truncated fixed64", 2),
    (encode_tag(1000, 5) + bytes(3), "truncated fixed32", 2),
    (encode_tag(1000, 2), "truncated varint", 2),
    (encode_tag(1000, 2) + b"\x80" * 10, "varint is longer than 10 bytes", 2),
    (encode_tag(1000, 2) + b"\x03ab", "length 3 goes past the end, 2 bytes remain", 2),
    (encode_tag(1000, 2) + HUGE, f"length {2**64 - 1} goes past the end, 0 bytes remain", 2),
    (encode_tag(1000, 2) + overlong(2**31, 10) + b"x", f"length {2**31} goes past the end, 1 bytes remain", 2),
    (encode_tag(1000, 3), "group 1000 is not closed", 0),
    (encode_tag(1000, 3) + b"\x08\x01", "group 1000 is not closed", 0),
    (encode_tag(1000, 3) + encode_tag(1001, 4), "end of group 1001 inside group 1000", 2),
    (encode_tag(1000, 3) + encode_tag(1001, 3) + encode_tag(1000, 4), "end of group 1000 inside group 1001", 4),
    (encode_tag(1000, 3) + encode_tag(1001, 3) + encode_tag(1001, 4), "group 1000 is not closed", 0),
    (encode_tag(1000, 3) + encode_tag(1001, 3), "group 1001 is not closed", 2),
    (encode_tag(1000, 3) + b"\x12\x05", "length 5 goes past the end, 0 bytes remain", 3),
    (encode_tag(1000, 3) + b"\x00", "field number 0 is not allowed", 2),
    (encode_tag(1000, 3) + b"\x80", "truncated tag", 2),
]


@pytest.mark.parametrize(("data", "reason", "offset"), TAGS)
def test_in_the_root_message(engine: Engine, data: bytes, reason: str, offset: int) -> None:
    assert engine.fault(Implicit, data) == (reason, "Implicit", offset)
    assert engine.fault(Empty, data) == (reason, "Empty", offset)
    assert engine.fault(Implicit, OK + data) == (reason, "Implicit", offset + 2)
    assert engine.fault(Forest, encode_tag(15, 2) + b"\x00" + data) == (reason, "Forest", offset + 2)


@pytest.mark.parametrize(("data", "reason", "offset"), TAGS)
def test_in_a_sub_message(engine: Engine, data: bytes, reason: str, offset: int) -> None:
    # what follows the sub-message must not be taken for a part of it
    for tail in (b"", b"\x0a\x03abc", bytes(12), b"\x01" * 12):
        assert engine.fault(Tree, chunk(2, data) + tail) == (reason, "Tree.child", offset + 2)
        assert engine.fault(Tree, b"\x0a\x00" + chunk(3, b"") + chunk(3, data) + tail) == (
            reason,
            "Tree.children[1]",
            offset + 6,
        )
        assert engine.fault(Tree, chunk(6, data) + tail) == (reason, "Tree.load_tree", offset + 2)
        assert engine.fault(Tree, chunk(4, chunk(2, data)) + tail) == (reason, "Tree.by_name.value", offset + 4)
        inner = chunk(4, chunk(2, chunk(3, data)) + tail) if not tail else chunk(4, chunk(2, chunk(3, data)))
        assert engine.fault(Tree, inner + tail) == (reason, "Tree.by_name.value.children[0]", offset + 6)


@pytest.mark.parametrize(("data", "reason", "offset"), TAGS)
def test_in_a_map_entry(engine: Engine, data: bytes, reason: str, offset: int) -> None:
    assert engine.fault(Maps, chunk(7, data)) == (reason, "Maps.k_string", offset + 2)
    assert engine.fault(Maps, chunk(7, b"\x0a\x01k" + data) + bytes(12)) == (reason, "Maps.k_string", offset + 5)
    assert engine.fault(Tree, chunk(4, data)) == (reason, "Tree.by_name", offset + 2)


VARINTS = [(b"", "truncated varint"), (b"\x80", "truncated varint"), (b"\x80" * 10, "varint is longer than 10 bytes")]
VARINT_FIELDS = [(spec.number, spec.name) for spec in Packed.__fields__ if spec.kind.wire_type == WireType.VARINT]
FIXED_FIELDS = [
    (spec.number, spec.name, {WireType.I64: 8, WireType.I32: 4}[spec.kind.wire_type])
    for spec in Packed.__fields__
    if spec.kind.wire_type != WireType.VARINT
]
CHUNKS = [(9, "f_string"), (11, "f_message"), (12, "f_bytes")]


@pytest.mark.parametrize(("value", "reason"), VARINTS)
@pytest.mark.parametrize(("number", "name"), VARINT_FIELDS)
def test_varint_fields(engine: Engine, number: int, name: str, value: bytes, reason: str) -> None:
    tag = encode_tag(number, 0)
    for cls in (Implicit, Optional, Choice):
        assert engine.fault(cls, OK + tag + value) == (reason, f"{cls.__name__}.{name}", 2 + len(tag))
    # the element's index counts what came before, packed or not
    before = tag + b"\x01" + chunk(number, b"\x01\x01")
    for cls in (Packed, Unpacked):
        assert engine.fault(cls, before + tag + value) == (reason, f"{cls.__name__}.{name}[3]", len(before + tag))
        if value:
            packed = before + chunk(number, b"\x01" + value)
            place = len(packed) - len(value)
            for tail in (b"", b"\x01" * 12):
                assert engine.fault(cls, packed + tail) == (reason, f"{cls.__name__}.{name}[4]", place)


@pytest.mark.parametrize(("number", "name", "size"), FIXED_FIELDS)
def test_fixed_fields(engine: Engine, number: int, name: str, size: int) -> None:
    tag = encode_tag(number, 5 if size == 4 else 1)
    reason = f"truncated fixed{8 * size}"
    for cls in (Implicit, Optional, Choice):
        for missing in (1, size):
            fault = engine.fault(cls, OK + tag + bytes(size - missing))
            assert fault == (reason, f"{cls.__name__}.{name}", 2 + len(tag))
    before = tag + bytes(size) + chunk(number, bytes(2 * size))
    for cls in (Packed, Unpacked):
        path = f"{cls.__name__}.{name}[3]"
        assert engine.fault(cls, before + tag + bytes(size - 1)) == (reason, path, len(before + tag))
        packed_reason = f"packed run of {size + 1} bytes is not a multiple of {size}"
        place = len(before) + len(tag)
        assert engine.fault(cls, before + chunk(number, bytes(size + 1))) == (packed_reason, path, place)


@pytest.mark.parametrize(("number", "name"), CHUNKS)
def test_lengths(engine: Engine, number: int, name: str) -> None:
    tag = encode_tag(number, 2)
    faults = [
        (b"\x03ab", "length 3 goes past the end, 2 bytes remain"),
        (overlong(3, 4) + b"ab", "length 3 goes past the end, 2 bytes remain"),
        (HUGE + b"a", f"length {2**64 - 1} goes past the end, 1 bytes remain"),
        (encode_varint(2**31), f"length {2**31} goes past the end, 0 bytes remain"),
        (encode_varint(2**63), f"length {2**63} goes past the end, 0 bytes remain"),
        *VARINTS,
    ]
    for value, reason in faults:
        for cls in (Optional, Choice):
            assert engine.fault(cls, OK + tag + value) == (reason, f"{cls.__name__}.{name}", 2 + len(tag))
        data = tag + b"\x00" + tag + value
        assert engine.fault(Unpacked, data) == (reason, f"Unpacked.{name}[1]", 2 * len(tag) + 1)


@pytest.mark.parametrize("number", [number for number, *_ in [*VARINT_FIELDS, *FIXED_FIELDS]])
def test_lengths_of_packed_runs(engine: Engine, number: int) -> None:
    name = next(spec.name for spec in Packed.__fields__ if spec.number == number)
    tag = encode_tag(number, 2)
    for cls in (Packed, Unpacked):
        path = f"{cls.__name__}.{name}[0]"
        assert engine.fault(cls, tag + b"\x03\x01") == ("length 3 goes past the end, 1 bytes remain", path, len(tag))
        assert engine.fault(cls, tag + b"\x80") == ("truncated varint", path, len(tag))
        assert engine.fault(cls, tag + HUGE) == (
            f"length {2**64 - 1} goes past the end, 0 bytes remain",
            path,
            len(tag),
        )


INVALID_UTF8 = [
    b"\xff", b"\x80", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xe2\x82",
    b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf0\x9f\x98", b"ok\xc3(", b"a" * 100 + b"\xff",
]  # fmt: skip


@pytest.mark.parametrize("text", INVALID_UTF8)
def test_invalid_utf8(engine: Engine, text: bytes) -> None:
    reason = "invalid UTF-8 in a string"
    for cls in (Implicit, Optional, Choice):
        data = OK + chunk(9, text)
        assert engine.fault(cls, data) == (reason, f"{cls.__name__}.f_string", len(data) - len(text))
        # what follows could complete the character, but is not the string's
        assert engine.fault(cls, data + b"\x80\x80\x80") == (reason, f"{cls.__name__}.f_string", len(data) - len(text))
    data = chunk(9, b"fine") + chunk(9, text)
    assert engine.fault(Unpacked, data) == (reason, "Unpacked.f_string[1]", len(data) - len(text))
    entry = chunk(7, chunk(1, text))
    assert engine.fault(Maps, entry) == (reason, "Maps.k_string.key", len(entry) - len(text))
    entry = chunk(7, chunk(1, b"k") + chunk(2, text))
    assert engine.fault(Maps, entry) == (reason, "Maps.k_string.value", len(entry) - len(text))


def test_bytes_need_not_be_utf8(engine: Engine) -> None:
    for text in INVALID_UTF8:
        assert engine.decode(Implicit, chunk(12, text)).f_bytes == text


def test_a_length_is_checked_before_the_text(engine: Engine) -> None:
    assert engine.fault(Implicit, b"\x4a\x05\xff")[0] == "length 5 goes past the end, 1 bytes remain"


MAPS = [
    (b"\x80", "truncated varint", "Maps.v_int32", 2),
    (b"\x05\x0a", "length 5 goes past the end, 1 bytes remain", "Maps.v_int32", 2),
    (b"\x02\x0a\x01", "length 1 goes past the end, 0 bytes remain", "Maps.v_int32.key", 4),
    (b"\x01\x0a", "truncated varint", "Maps.v_int32.key", 4),
    (b"\x01\x10", "truncated varint", "Maps.v_int32.value", 4),
    (b"\x02\x10\x80", "truncated varint", "Maps.v_int32.value", 4),
    (b"\x0b\x10" + b"\x80" * 10, "varint is longer than 10 bytes", "Maps.v_int32.value", 4),
    (b"\x02\x0d\x80", "truncated fixed32", "Maps.v_int32", 4),
    (b"\x01\x0b", "group 1 is not closed", "Maps.v_int32", 3),
    (b"\x01\x0c", "end of group 1 without its start", "Maps.v_int32", 3),
]


@pytest.mark.parametrize(("entry", "reason", "path", "offset"), MAPS)
def test_map_entries(engine: Engine, entry: bytes, reason: str, path: str, offset: int) -> None:
    assert engine.fault(Maps, encode_tag(25, 2) + entry) == (reason, path, offset)
    before = chunk(25, b"\x0a\x01k\x10\x01")
    assert engine.fault(Maps, before + encode_tag(25, 2) + entry) == (reason, path, offset + len(before))
    if not reason.startswith("length 5") and entry != b"\x80":  # for these two, more input changes the fault
        assert engine.fault(Maps, encode_tag(25, 2) + entry + b"\x01" * 16) == (reason, path, offset)


WRAPS: dict[str, Any] = {
    # how a level is made, its step in the path, and where its content starts within it
    "message": (lambda data: chunk(2, data), ".child"),
    "repeated": (lambda data: chunk(3, data), ".children[0]"),
    "oneof": (lambda data: chunk(6, data), ".load_tree"),
    "map": (lambda data: chunk(4, chunk(2, data)), ".by_name.value"),
}


@pytest.mark.parametrize("limit", [100, 3, 0])
@pytest.mark.parametrize(("wrap", "step"), WRAPS.values(), ids=WRAPS)
def test_nested_too_deep(engine: Engine, wrap: Any, step: str, limit: int) -> None:
    data = b""
    for _ in range(limit + 1):
        data = wrap(data)
    engine.decode(Tree, data, limit + 1)
    reason = f"nested deeper than {limit} levels"
    # the content of the innermost level is empty: it stands at the end
    assert engine.fault(Tree, data, limit) == (reason, "Tree" + step * (limit + 1), len(data))


@pytest.mark.parametrize("limit", [100, 3, 0])
def test_groups_nested_too_deep(engine: Engine, limit: int) -> None:
    data = b"\x5b" * (limit + 1) + b"\x5c" * (limit + 1)
    engine.decode(Tree, data, limit + 1)
    assert engine.fault(Tree, data, limit) == (f"nested deeper than {limit} levels", "Tree", limit)
    in_entry = chunk(4, data)
    assert engine.fault(Tree, in_entry, limit)[:2] == (f"nested deeper than {limit} levels", "Tree.by_name")


def test_a_deep_message_is_not_read_before_its_depth_is_told(engine: Engine) -> None:
    data = b"\x80"
    for _ in range(101):
        data = chunk(2, data)
    assert engine.fault(Tree, data)[0] == "nested deeper than 100 levels"


def test_hostile_depth_does_not_reach_the_stack(engine: Engine) -> None:
    data = b"\x5b" * 1_000_000
    assert engine.fault(Tree, data) == ("nested deeper than 100 levels", "Tree", 100)


def test_a_limit_beyond_the_stack(engine: Engine) -> None:
    data, levels = b"", 20_000  # CPython 3.13 lets C code go 10,000 levels deep
    for _ in range(levels):
        data = chunk(2, data)
    for deep in (data, b"\x5b" * levels + b"\x5c" * levels):
        with pytest.raises(RecursionError):
            engine.decode(Tree, deep, 10**6)


def test_a_negative_limit_is_none_at_all(engine: Engine) -> None:
    assert engine.decode(Tree, b"", -1) == engine.merge(Tree(), b"", -1) == Tree()
    assert engine.fault(Tree, b"\x12\x00", -1) == ("nested deeper than 0 levels", "Tree.child", 2)


def test_merging_counts_the_elements_that_were_there(engine: Engine) -> None:
    message = Tree(children=[Tree(), Tree()], child=Tree(marks=[1, 2, 3]), load_tree=Tree(marks=[1]))
    with pytest.raises(DecodeError) as caught:
        engine.merge(message, chunk(3, b"") + chunk(3, b"\x80"))
    assert caught.value.path == "Tree.children[3]"
    with pytest.raises(DecodeError) as caught:
        engine.merge(message, chunk(2, chunk(7, b"\x02\x80")))
    assert caught.value.path == "Tree.child.marks[4]"
    # a member of a oneof that was cleared starts anew
    with pytest.raises(DecodeError) as caught:
        engine.merge(message, b"\x28\x01" + chunk(6, chunk(7, b"\x80")))
    assert caught.value.path == "Tree.load_tree.marks[0]"


def test_paths_start_with_the_name_of_the_root(engine: Engine) -> None:
    class Marked(Tree):
        pass

    assert engine.fault(Marked, b"\x80")[1] == "Tree"
    assert engine.fault(Tree.__mro__[0], b"\x80")[1] == "Tree"


def test_the_error_reads_well(engine: Engine) -> None:
    with pytest.raises(DecodeError, match=r"^Tree\.child\.label: truncated varint \(at byte 3\)$") as caught:
        engine.decode(Tree, b"\x12\x01\x0a")
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, Error)
    assert caught.value.__cause__ is None


def test_every_cut_of_a_message(engine: Engine) -> None:
    """However much is missing, it is told, or what is left is a message of its own."""
    message = Unpacked(
        f_double=[1.5], f_int64=[-1], f_string=["abc"], f_message=[Implicit(f_string="x")], f_bytes=[b"y"]
    )
    data = engine.encode(message)
    whole = 0
    for size in range(len(data)):
        try:
            engine.decode(Unpacked, data[:size])
            whole += 1
        except DecodeError as error:
            assert 0 <= error.offset <= size
    assert whole == 5
