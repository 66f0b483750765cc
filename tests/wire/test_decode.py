"""What decoding makes of well-formed input, on both engines."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from engines import Engine
from samples import (
    Choice,
    Color,
    Empty,
    FarTags,
    Implicit,
    Maps,
    Optional,
    Outer,
    Packed,
    Same,
    Tree,
    TwoChoices,
    Unpacked,
    Wide,
)
from strategies import overlong

from minirpc.codegen import messages_v1 as pb
from minirpc.wire.varint import encode_tag, encode_varint


def chunk(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return encode_tag(number, 2) + encode_varint(len(content)) + content


def varint(number: int, value: int) -> bytes:
    return encode_tag(number, 0) + encode_varint(value)


def group(number: int, content: bytes = b"") -> bytes:
    return encode_tag(number, 3) + content + encode_tag(number, 4)


FIELDS = [
    # field, its bytes, the value
    ("f_double", "09 000000000000f83f", 1.5),
    ("f_float", "15 0000c03f", 1.5),
    ("f_int64", "18 ffffffffffffffffff01", -1),
    ("f_int64", "18 ffffffffffffffff7f", 2**63 - 1),
    ("f_uint64", "20 ffffffffffffffffff01", 2**64 - 1),
    ("f_int32", "28 9601", 150),
    ("f_int32", "28 ffffffffffffffffff01", -1),
    ("f_fixed64", "31 0807060504030201", 0x0102030405060708),
    ("f_fixed32", "3d 04030201", 0x01020304),
    ("f_bool", "40 01", True),
    ("f_string", "4a 07 74657374696e67", "testing"),
    ("f_string", "4a 04 f09f9880", "\U0001f600"),
    ("f_bytes", "62 02 00ff", b"\x00\xff"),
    ("f_uint32", "68 ffffffff0f", 2**32 - 1),
    ("f_enum", "70 07", Color.BLUE),
    ("f_enum", "70 ffffffffffffffffff01", Color.NEGATIVE),
    ("f_sfixed32", "7d feffffff", -2),
    ("f_sfixed64", "8101 feffffffffffffff", -2),
    ("f_sint32", "8801 03", -2),
    ("f_sint32", "8801 ffffffff0f", -(2**31)),
    ("f_sint64", "9001 ffffffffffffffffff01", -(2**63)),
]


@pytest.mark.parametrize("cls", [Implicit, Optional, Choice])
@pytest.mark.parametrize(("name", "data", "value"), FIELDS)
def test_singular_fields(engine: Engine, cls: Any, name: str, data: str, value: Any) -> None:
    message = engine.decode(cls, bytes.fromhex(data))
    assert getattr(message, name) == value
    assert type(getattr(message, name)) is type(value)
    assert message == cls(**{name: value})
    assert engine.encode(message) == bytes.fromhex(data)


@pytest.mark.parametrize(("name", "data", "value"), FIELDS)
def test_repeated_fields_one_by_one(engine: Engine, name: str, data: str, value: Any) -> None:
    message = engine.decode(Unpacked, bytes.fromhex(data) * 3)
    assert message == Unpacked(**{name: [value] * 3})
    assert engine.encode(message) == bytes.fromhex(data) * 3


@pytest.mark.parametrize("cls", [Packed, Unpacked])
@pytest.mark.parametrize(("name", "data", "value"), [row for row in FIELDS if row[0] not in ("f_string", "f_bytes")])
def test_packed_and_unpacked_are_both_read(engine: Engine, cls: Any, name: str, data: str, value: Any) -> None:
    tag, value_bytes = (bytes.fromhex(part) for part in data.split())
    number, _, _ = engine.varint.decode_tag(tag)
    run = chunk(number, value_bytes * 2)
    message = engine.decode(cls, run + tag + value_bytes + run + chunk(number, b""))
    assert message == cls(**{name: [value] * 5})
    assert all(type(item) is type(value) for item in getattr(message, name))


def test_an_empty_packed_run_is_an_empty_list(engine: Engine) -> None:
    assert engine.decode(Packed, chunk(5, b"")) == Packed()


def test_defaults_of_nothing(engine: Engine) -> None:
    message = engine.decode(Implicit, b"")
    assert message == Implicit()
    assert message.f_enum is Color.UNSPECIFIED
    assert message.f_bool is False
    assert engine.decode(Optional, b"").f_message is None
    assert engine.decode(Unpacked, b"").f_string == []
    assert engine.decode(Maps, b"").k_bool == {}
    assert engine.decode(Choice, b"").f_int32 is None
    assert engine.decode(Empty, b"") == Empty()


@pytest.mark.parametrize("convert", [bytes, bytearray, memoryview, lambda data: memoryview(bytearray(data))])
def test_bytes_like_input(engine: Engine, convert: Any) -> None:
    data = engine.encode(Wide(a01=3, a02="x", a21=[1, 2], a40=Empty()))
    assert engine.decode(Wide, convert(data)) == Wide(a01=3, a02="x", a21=[1, 2], a40=Empty())
    assert engine.merge(Wide(a21=[0]), convert(data)).a21 == [0, 1, 2]


def test_input_is_not_shared(engine: Engine) -> None:
    data = bytearray(chunk(12, b"abc") + chunk(100, b"unknown"))
    message = engine.decode(Implicit, data)
    data[:] = bytes(len(data))
    assert message == engine.decode(Implicit, chunk(12, b"abc") + chunk(100, b"unknown"))


def test_strided_and_empty_memoryviews(engine: Engine) -> None:
    data = b"".join(bytes([byte, 0xFF]) for byte in b"\x28\x07")
    assert engine.decode(Implicit, memoryview(data)[::2]).f_int32 == 7
    assert engine.decode(Implicit, memoryview(b"")) == Implicit()


@pytest.mark.parametrize("data", ["", None, 5, [1], object()])
def test_other_input_is_a_type_error(engine: Engine, data: Any) -> None:
    with pytest.raises(TypeError, match=r"^expected bytes, bytearray or memoryview, got"):
        engine.decode(Implicit, data)
    with pytest.raises(TypeError, match=r"^expected bytes, bytearray or memoryview, got"):
        engine.merge(Implicit(), data)


def test_messages_of_a_subclass(engine: Engine) -> None:
    class Marked(Same):
        def __init__(self) -> None:
            raise AssertionError("decoding runs no constructor")

        def double(self) -> int:
            return 2 * self.f_int32

    message = engine.decode(Marked, varint(5, 21))
    assert type(message) is Marked
    assert message.double() == 42


# ---- varints of any size


def test_32_bit_kinds_take_the_low_32_bits(engine: Engine) -> None:
    value = 0xABCD_8000_0001
    message = engine.decode(Implicit, varint(5, value) + varint(13, value) + varint(14, value) + varint(17, value))
    assert message.f_int32 == -(2**31) + 1
    assert message.f_uint32 == 2**31 + 1
    assert message.f_enum == Color(-(2**31) + 1)
    assert message.f_sint32 == -(2**30) - 1


def test_packed_32_bit_kinds_take_the_low_32_bits(engine: Engine) -> None:
    run = encode_varint(0xABCD_8000_0001)
    message = engine.decode(Packed, b"".join(chunk(number, run) for number in (5, 13, 14, 17)))
    assert message.f_int32 == [-(2**31) + 1]
    assert message.f_uint32 == [2**31 + 1]
    assert message.f_enum == [Color(-(2**31) + 1)]
    assert message.f_sint32 == [-(2**30) - 1]


@pytest.mark.parametrize("number", [3, 4, 5, 8, 13, 14, 17, 18])
def test_bits_past_64_are_dropped(engine: Engine, number: int) -> None:
    wide = encode_tag(number, 0) + b"\x80" * 9 + b"\x7e"
    assert engine.decode(Implicit, wide) == Implicit()
    packed = engine.decode(Packed, chunk(number, b"\x80" * 9 + b"\x7e"))
    assert [list(getattr(packed, spec.name)) for spec in Packed.__fields__ if spec.number == number] == [[0]]


@pytest.mark.parametrize("value", [1, 2, 128, 2**32, 2**63])
def test_any_bit_makes_a_bool_true(engine: Engine, value: int) -> None:
    assert engine.decode(Implicit, varint(8, value)).f_bool is True
    assert engine.decode(Packed, chunk(8, encode_varint(value))).f_bool == [True]


def test_overlong_varints(engine: Engine) -> None:
    for size in range(2, 11):
        assert engine.decode(Implicit, b"\x28" + overlong(5, size)).f_int32 == 5
        assert engine.decode(Implicit, b"\x4a" + overlong(1, size) + b"x").f_string == "x"
        assert engine.decode(Packed, chunk(5, overlong(5, size))).f_int32 == [5]


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_overlong_tags(engine: Engine, size: int) -> None:
    assert engine.decode(Implicit, overlong(5 << 3, size) + b"\x07").f_int32 == 7
    entry = overlong(1 << 3 | 2, size) + b"\x01k" + overlong(2 << 3 | 2, size) + b"\x01v"
    assert engine.decode(Maps, chunk(7, entry)).k_string == {"k": "v"}
    kept = overlong(1000 << 3, max(size, 2)) + b"\x01"
    assert engine.decode(Implicit, kept)._unknown == kept


def test_tags_of_every_size(engine: Engine) -> None:
    message = FarTags(one=1, two="2", two_last=[3], three=["4"], four={5: 6}, five=b"", five_last=FarTags(one=7))
    data = engine.encode(message)
    assert engine.decode(FarTags, data) == message
    assert data.endswith(b"\xfa\xff\xff\xff\x0f\x02\x78\x07")


# ---- merging


def test_the_last_scalar_wins(engine: Engine) -> None:
    data = varint(5, 1) + chunk(9, b"a") + varint(5, 2) + chunk(9, b"b")
    assert engine.decode(Implicit, data) == Implicit(f_int32=2, f_string="b")
    assert engine.decode(Implicit, varint(5, 1) + varint(5, 0)) == Implicit()
    assert engine.merge(Implicit(f_int32=9, f_bool=True), varint(5, 3)) == Implicit(f_int32=3, f_bool=True)


def test_sub_messages_merge(engine: Engine) -> None:
    first = chunk(1, b"root") + chunk(2, chunk(1, b"old") + varint(5, 1) + chunk(7, b"\x02"))
    second = chunk(2, chunk(1, b"new") + chunk(7, b"\x04"))
    expected = Tree(label="root", child=Tree(label="new", weight=1, marks=[1, 2]))
    assert engine.decode(Tree, first + second) == expected
    message = engine.decode(Tree, first)
    child = message.child
    assert engine.merge(message, second) == expected
    assert message.child is child


def test_repeated_fields_append(engine: Engine) -> None:
    message = Unpacked(f_string=["a"], f_int32=[1], f_message=[Implicit(f_int32=1)])
    engine.merge(message, chunk(9, b"b") + varint(5, 2) + chunk(5, b"\x03") + chunk(11, varint(5, 2)))
    assert message.f_string == ["a", "b"]
    assert message.f_int32 == [1, 2, 3]
    assert message.f_message == [Implicit(f_int32=1), Implicit(f_int32=2)]


def test_map_entries_overwrite(engine: Engine) -> None:
    def entry(key: str, content: bytes) -> bytes:
        return chunk(4, chunk(1, key.encode()) + chunk(2, content))

    message = Tree(by_name={"x": Tree(label="old", weight=1), "y": Tree()})
    engine.merge(message, entry("x", varint(5, 7)) + entry("z", b"") + entry("z", chunk(1, b"last")))
    # an entry replaces the one that was there: its message is not merged into
    assert message.by_name == {"x": Tree(weight=7), "y": Tree(), "z": Tree(label="last")}


def test_a_map_entry_may_lack_and_repeat_its_parts(engine: Engine) -> None:
    assert engine.decode(Maps, chunk(7, b"")).k_string == {"": ""}
    assert engine.decode(Maps, chunk(6, chunk(2, b"v"))).k_bool == {False: "v"}
    assert engine.decode(Maps, chunk(3, varint(1, 5))).k_int32 == {5: ""}
    assert engine.decode(Maps, chunk(29, chunk(1, b"k"))).v_message == {"k": Implicit()}
    assert engine.decode(Maps, chunk(32, chunk(1, b"k"))).v_enum == {"k": Color.UNSPECIFIED}
    assert engine.decode(
        Maps, chunk(7, chunk(2, b"1") + chunk(1, b"a") + chunk(2, b"2") + chunk(1, b"b"))
    ).k_string == {"b": "2"}
    # the value is a singular message field of the entry: seen twice, it merges
    twice = chunk(29, chunk(2, varint(5, 1) + varint(8, 1)) + chunk(2, varint(5, 2)))
    assert engine.decode(Maps, twice).v_message == {"": Implicit(f_int32=2, f_bool=True)}


def test_a_map_entry_drops_unknown_fields(engine: Engine) -> None:
    message = engine.decode(Maps, chunk(7, varint(3, 1) + chunk(1, b"k") + group(9, varint(1, 1)) + varint(2, 5)))
    assert message.k_string == {"k": ""}
    assert engine.encode(message) == engine.encode(Maps(k_string={"k": ""}))


def test_every_map_round_trips(engine: Engine) -> None:
    message = Maps(
        k_int64={-1: "a"}, k_uint64={2**64 - 1: "b"}, k_int32={-(2**31): "c"}, k_fixed64={1: "d"}, k_fixed32={2: "e"},
        k_bool={True: "t", False: "f"}, k_string={"": ""}, k_uint32={2**32 - 1: "g"}, k_sfixed32={-1: "h"},
        k_sfixed64={-2: "i"}, k_sint32={-3: "j"}, k_sint64={-4: "k"}, v_double={"a": 0.0}, v_float={"": 1.5},
        v_int64={"a": -1}, v_uint64={"a": 1}, v_int32={"a": -1}, v_fixed64={"a": 1}, v_fixed32={"a": 1},
        v_bool={"a": True, "b": False}, v_message={"a": Implicit(), "b": Implicit(f_int32=1)}, v_bytes={"a": b"\xff"},
        v_uint32={"a": 1}, v_enum={"a": Color.BLUE, "b": Color(99)}, v_sfixed32={"a": -1}, v_sfixed64={"a": -1},
        v_sint32={"a": -1}, v_sint64={"a": -1},
    )  # fmt: skip
    assert engine.decode(Maps, engine.encode(message)) == message


def test_the_last_member_of_a_oneof_wins(engine: Engine) -> None:
    data = varint(1, 5) + chunk(2, b"other oneof") + varint(3, 1) + chunk(4, b"b")
    message = engine.decode(TwoChoices, data)
    assert (message.a, message.b, message.c, message.alone, message.plain) == (None, "b", None, "other oneof", 1)
    assert engine.merge(message, varint(1, 0)).first == ("a", 0)
    assert engine.merge(message, chunk(5, b"")).first == ("c", TwoChoices())
    assert message.second == ("alone", "other oneof")


def test_a_oneof_member_merges_unless_another_came_between(engine: Engine) -> None:
    first, second = chunk(5, varint(3, 1)), chunk(5, chunk(2, b"x"))
    assert engine.decode(TwoChoices, first + second).c == TwoChoices(plain=1, alone="x")
    assert engine.decode(TwoChoices, first + varint(1, 1) + second).c == TwoChoices(alone="x")
    assert engine.merge(TwoChoices(c=TwoChoices(plain=1)), second).c == TwoChoices(plain=1, alone="x")
    assert engine.merge(TwoChoices(b="gone"), second).c == TwoChoices(alone="x")


def test_fields_come_in_any_order(engine: Engine) -> None:
    data = chunk(9, b"l") + chunk(1, varint(1, 1)) + chunk(3, chunk(1, varint(1, 2))) + chunk(1, varint(1, 3))
    inner = Outer.Inner(deep=Outer.Inner.Innermost(value=2))
    expected = Outer(last="l", inner=inner, innermost=[Outer.Inner.Innermost(value=1), Outer.Inner.Innermost(value=3)])
    assert engine.decode(Outer, data) == expected


# ---- unknown fields

UNKNOWN = [
    varint(1000, 5),
    encode_tag(1001, 1) + bytes(8),
    chunk(1002, b"abc"),
    encode_tag(1003, 5) + bytes(4),
    group(1004, varint(1, 1) + group(1005) + chunk(2, b"x")),
    varint((1 << 29) - 1, 1),
    overlong(1006 << 3, 5) + overlong(1, 10),
]


def test_unknown_fields_are_kept_in_order_of_arrival(engine: Engine) -> None:
    known = varint(5, 7)
    data = UNKNOWN[4] + UNKNOWN[0] + known + b"".join(UNKNOWN[1:])
    message = engine.decode(Implicit, data)
    assert message.f_int32 == 7
    assert engine.encode(message) == known + UNKNOWN[4] + UNKNOWN[0] + b"".join(UNKNOWN[1:])


def test_merging_appends_unknown_fields(engine: Engine) -> None:
    message = engine.decode(Empty, UNKNOWN[0])
    engine.merge(message, UNKNOWN[2])
    engine.merge(message, b"")
    assert engine.encode(message) == UNKNOWN[0] + UNKNOWN[2]


def test_fields_survive_a_message_that_lacks_them(engine: Engine) -> None:
    original = Implicit(f_int32=1, f_string="x", f_double=-0.0, f_bytes=b"\xff", f_sint64=-5)
    data = engine.encode(engine.decode(Same, engine.encode(original)))
    assert engine.decode(Implicit, data) == original
    nested = Optional(f_int32=1, f_message=Implicit(f_string="deep"))
    assert engine.decode(Optional, engine.encode(engine.decode(Same, engine.encode(nested)))) == nested


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18])
@pytest.mark.parametrize("wire_type", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("cls", [Implicit, Optional, Choice])
def test_a_wrong_wire_type_makes_a_field_unknown(engine: Engine, cls: Any, number: int, wire_type: int) -> None:
    spec = next(spec for spec in cls.__fields__ if spec.number == number)
    if spec.kind.wire_type == wire_type:
        return
    value = {0: b"\x01", 1: bytes(8), 2: b"\x01a", 3: encode_tag(number, 4), 5: bytes(4)}[wire_type]
    data = encode_tag(number, wire_type) + value
    message = engine.decode(cls, data)
    assert getattr(message, spec.name) == spec.default
    assert engine.encode(message) == data


def test_a_wrong_wire_type_of_containers_and_messages(engine: Engine) -> None:
    for cls, number in [(Maps, 7), (Unpacked, 9), (Unpacked, 11), (Tree, 2), (Tree, 4), (Tree, 6)]:
        for data in (
            varint(number, 1),
            group(number),
            encode_tag(number, 5) + bytes(4),
            encode_tag(number, 1) + bytes(8),
        ):
            message = engine.decode(cls, data)
            assert message._unknown == data
            assert engine.encode(message) == data
    fixed_as_varint = varint(1, 5)
    assert engine.decode(Packed, fixed_as_varint)._unknown == fixed_as_varint


def test_unknown_fields_of_sub_messages_stay_there(engine: Engine) -> None:
    data = chunk(2, varint(5, 1) + UNKNOWN[4]) + chunk(3, UNKNOWN[0])
    message = engine.decode(Tree, data)
    assert message.child._unknown == UNKNOWN[4]
    assert message.children[0]._unknown == UNKNOWN[0]
    assert message._unknown == b""
    assert engine.encode(message) == data


def test_many_unknown_fields(engine: Engine) -> None:
    data = b"".join(varint(1000 + index % 7, index) for index in range(20_000))
    assert engine.decode(Empty, data)._unknown == data


# ---- depth


def nested(levels: int, wrap: Any, innermost: bytes = b"") -> bytes:
    data = innermost
    for _ in range(levels):
        data = wrap(data)
    return data


WRAPS = {
    "message": lambda data: chunk(2, data),
    "repeated": lambda data: chunk(3, data),
    "oneof": lambda data: chunk(6, data),
    "map": lambda data: chunk(4, chunk(2, data)),
    "unknown group": lambda data: group(100, data),
}


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_100_levels_are_read(engine: Engine, wrap: Any) -> None:
    data = nested(100, wrap)
    assert engine.decode(Tree, engine.encode(engine.decode(Tree, data))) == engine.decode(Tree, data)
    assert engine.decode(Tree, nested(3, wrap), 3) == engine.decode(Tree, nested(3, wrap))
    assert engine.decode(Tree, varint(5, 1), 0) == Tree(weight=1)


def test_groups_count_from_the_message_that_holds_them(engine: Engine) -> None:
    data = nested(60, WRAPS["message"], nested(40, WRAPS["unknown group"]))
    assert engine.encode(engine.decode(Tree, data)) == data
    reason, path, _ = engine.fault(Tree, nested(60, WRAPS["message"], nested(41, WRAPS["unknown group"])))
    assert reason == "nested deeper than 100 levels"
    assert path == "Tree" + ".child" * 60


def test_an_entry_without_its_message_needs_no_level(engine: Engine) -> None:
    assert engine.decode(Tree, chunk(4, chunk(1, b"k")), 0).by_name == {"k": Tree()}


# ---- messages that are not as the constructor made them


def test_merging_into_empty_slots(engine: Engine) -> None:
    message = Tree.__new__(Tree)
    engine.merge(message, chunk(1, b"x") + chunk(7, b"\x02") + UNKNOWN[0])
    assert (message.label, message.marks, message.by_name, message._unknown) == ("x", [1], {}, UNKNOWN[0])
    assert not message.has_field("child")
    message = Tree(label="x", child=Tree(label="y"), weight=1)
    del message.label, message.weight, message.child.label, message.child.marks
    engine.merge(message, chunk(2, chunk(7, b"\x02")))
    assert message == Tree(child=Tree(marks=[1]))


def test_merging_into_values_of_wrong_types(engine: Engine) -> None:
    sub_message = chunk(2, b"")
    wrong: Any = Implicit()
    with pytest.raises(TypeError, match=r"^cannot merge into Implicit, which is no Tree$"):
        engine.merge(Tree(child=wrong), sub_message)
    wrong = "text"
    with pytest.raises(TypeError, match=r"^cannot merge into str, which is no list$"):
        engine.merge(Tree(marks=wrong), chunk(7, b"\x02"))
    with pytest.raises(TypeError, match=r"^cannot merge into str, which is no list$"):
        engine.merge(Tree(children=wrong), chunk(3, b""))
    with pytest.raises(TypeError, match=r"^cannot merge into str, which is no dict$"):
        engine.merge(Tree(by_name=wrong), chunk(4, b""))


def test_wrong_values_do_not_matter_where_nothing_is_merged(engine: Engine) -> None:
    wrong: Any = object()
    message = Tree(child=wrong, children=wrong, by_name=wrong, marks=wrong, label=wrong)
    engine.merge(message, varint(5, 1) + chunk(1, b"x"))
    assert message.weight == 1
    assert message.label == "x"
    assert message.child is message.marks is wrong


def test_the_first_fault_is_told(engine: Engine) -> None:
    wrong: Any = 5
    with pytest.raises(TypeError, match=r"^cannot merge into int, which is no Tree$"):
        engine.merge(Tree(child=wrong), chunk(2, b"") + b"\x80")
    with pytest.raises(ValueError, match="truncated tag"):
        engine.merge(Tree(child=wrong), b"\x80")


def test_merging_into_a_message_that_holds_itself(engine: Engine) -> None:
    message = Tree(label="x")
    message.child = message
    message.children = [message, message]
    engine.merge(message, varint(5, 7) + chunk(1, b"y"))
    assert (message.weight, message.label) == (7, "y")
    assert message.child is message
    with pytest.raises(ValueError, match=r"^Tree\.children\[2\]: truncated varint \(at byte 1\)$"):
        engine.merge(message, b"\x1a")


def test_subclasses_of_containers_are_merged_into(engine: Engine) -> None:
    class Items(list[Any]):
        pass

    class Entries(dict[str, Tree]):
        pass

    message = Tree(marks=Items([1]), by_name=Entries(a=Tree()))
    engine.merge(message, chunk(7, b"\x04") + chunk(4, chunk(1, b"b")))
    assert type(message.marks) is Items
    assert message.marks == [1, 2]
    assert sorted(message.by_name) == ["a", "b"]


def test_a_message_stays_usable_after_an_error(engine: Engine) -> None:
    message = Tree(label="x", marks=[1], child=Tree(label="y"))
    with pytest.raises(ValueError, match="truncated"):
        engine.merge(message, chunk(1, b"z") + chunk(7, b"\x04") + chunk(2, chunk(1, b"w")) + b"\x80")
    assert engine.decode(Tree, engine.encode(message)) == message


def test_enum_numbers_without_a_name(engine: Engine) -> None:
    message = engine.decode(Unpacked, varint(14, 99) + varint(14, 1) + chunk(14, encode_varint(2**64 - 5) + b"\x07"))
    assert message.f_enum == [99, 1, -5, 7]
    assert [type(item) for item in message.f_enum] == [Color] * 4
    assert message.f_enum[1] is Color.RED is Color.CRIMSON
    assert 99 not in Color._value2member_map_


def test_floats_keep_their_bits(engine: Engine) -> None:
    for bits in (
        b"\x00\x00\x00\x80",
        b"\x00\x00\x80\x7f",
        b"\x00\x00\x80\xff",
        b"\x01\x00\x00\x00",
        b"\xff\xff\x7f\x7f",
    ):
        message = engine.decode(Implicit, encode_tag(2, 5) + bits)
        assert struct.pack("<f", message.f_float) == bits
        assert engine.encode(message) == encode_tag(2, 5) + bits


def test_a_class_with_its_own_idea_of_truth(engine: Engine) -> None:
    class Hollow(pb.Message):
        value: int = pb.int32(1)

        def __bool__(self) -> bool:
            return False

    class Holder(pb.Message):
        hollow: Hollow | None = pb.message(1, lambda: Hollow)
        hollows: dict[str, Hollow] = pb.map(2, "string", "message", lambda: Hollow)

    data = chunk(1, varint(1, 1)) + chunk(1, b"") + chunk(2, chunk(2, varint(1, 1)) + chunk(2, b""))
    message = engine.decode(Holder, data)
    assert message.hollow.value == message.hollows[""].value == 1
    assert engine.decode(Holder, engine.encode(message)) == message
    with pytest.raises(ValueError, match=r"hollow: truncated tag"):
        engine.merge(message, chunk(1, b"\x80"))
