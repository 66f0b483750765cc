"""Delimited messages, closed enums, required fields, defaults, strings of any bytes: on both engines."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from engines import Engine
from proto2_samples import EXTENSIONS, Closed, Defaults, Extended, Groups, Loose, Node, Required, Switch
from samples import Same

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError, EncodeError
from minirpc.wire.varint import encode_tag, encode_varint

X_INT32, X_DEFAULT, X_STRINGS = EXTENSIONS[:3]


def chunk(number: int, content: bytes) -> bytes:
    return encode_tag(number, 2) + encode_varint(len(content)) + content


def varint(number: int, value: int) -> bytes:
    return encode_tag(number, 0) + encode_varint(value % (1 << 64))


def group(number: int, content: bytes = b"") -> bytes:
    return encode_tag(number, 3) + content + encode_tag(number, 4)


def label(text: str) -> bytes:
    return chunk(1, text.encode())


# ---- delimited messages


def test_a_group_is_a_message_between_two_tags(engine: Engine) -> None:
    for content, value in [
        (b"", Groups()),
        (label("x"), Groups(label="x")),
        (label("x") + group(2), Groups(label="x", one=Groups())),
        (group(2, group(2, label("deep"))), Groups(one=Groups(one=Groups(label="deep")))),
        (chunk(4, group(2)), Groups(prefixed=Groups(one=Groups()))),
    ]:
        message = Groups(one=value)
        assert engine.decode(Groups, group(2, content)) == message
        assert engine.encode(message) == group(2, content)


def test_repeated_groups(engine: Engine) -> None:
    data = group(3, label("a")) + group(3) + group(3, group(3, label("b")))
    message = Groups(many=[Groups(label="a"), Groups(), Groups(many=[Groups(label="b")])])
    assert engine.decode(Groups, data) == message
    assert engine.encode(message) == data


def test_a_group_seen_again_is_merged(engine: Engine) -> None:
    data = group(2, label("a") + chunk(8, b"\x02")) + group(2, chunk(8, b"\x04")) + group(2, label("b") + varint(9, 1))
    message = engine.decode(Groups, data)
    assert (message.one.label, message.one.marks) == ("b", [1, 2])
    merged = engine.merge(Groups(one=Groups(label="c", marks=[7])), data)
    assert (merged.one.label, merged.one.marks) == ("b", [7, 1, 2])
    assert engine.encode(merged.one) == label("b") + chunk(8, b"\x0e\x02\x04") + varint(9, 1)


def test_a_group_in_a_oneof(engine: Engine) -> None:
    data = varint(5, 1) + group(6, label("a"))
    message = engine.decode(Groups, data)
    assert (message.weight, message.load_group) == (None, Groups(label="a"))
    assert engine.encode(message) == group(6, label("a"))
    assert engine.merge(message, group(6, chunk(8, b"\x02"))).load_group == Groups(label="a", marks=[1])
    assert engine.merge(message, varint(5, 2) + group(6)).load_group == Groups()


def test_groups_with_far_numbers(engine: Engine) -> None:
    number = (1 << 29) - 1
    data = group(number, varint(5, 3))
    assert engine.decode(Groups, data) == Groups(far=Same(f_int32=3))
    assert engine.encode(Groups(far=Same(f_int32=3))) == data


def test_a_group_keeps_what_it_does_not_know(engine: Engine) -> None:
    unknown = varint(1000, 1) + group(1001, group(2)) + chunk(1000, b"x")
    data = group(2, label("a") + unknown) + varint(1002, 5)
    message = engine.decode(Groups, data)
    assert message.one.label == "a"
    assert engine.encode(message) == data
    assert engine.encode(message.one) == label("a") + unknown


def test_length_and_delimiters_are_not_exchanged(engine: Engine) -> None:
    """The wire type does not fit, so the field is unknown."""
    for data in (chunk(2, b""), chunk(3, label("x")), varint(2, 1), group(4), group(1), group(7), group(8)):
        message = engine.decode(Groups, data)
        assert message == engine.decode(Groups, data)
        assert (message.one, message.many, message.prefixed, message.label) == (None, [], None, None)
        assert engine.encode(message) == data


GROUP_FAULTS = [
    (encode_tag(2, 3), "group 2 is not closed", ".one", 0),
    (encode_tag(2, 3) + label("x"), "group 2 is not closed", ".one", 0),
    (encode_tag(2, 3) + encode_tag(3, 4), "end of group 3 inside group 2", ".one", 1),
    (encode_tag(2, 3) * 2 + encode_tag(2, 4), "group 2 is not closed", ".one", 0),
    (encode_tag(2, 3) * 2, "group 2 is not closed", ".one.one", 1),
    (encode_tag(2, 3) + encode_tag(3, 3) + encode_tag(2, 4), "end of group 2 inside group 3", ".one.many[0]", 2),
    (encode_tag(2, 4), "end of group 2 without its start", "", 0),
    (group(3) + encode_tag(3, 3) + b"\x00", "field number 0 is not allowed", ".many[1]", 3),
    (encode_tag(2, 3) + b"\x80", "truncated tag", ".one", 1),
    (encode_tag(2, 3) + b"\x0a\x05x", "length 5 goes past the end, 1 bytes remain", ".one.label", 2),
    (encode_tag(2, 3) + b"\x0a\x01\xff" + encode_tag(2, 4), "invalid UTF-8 in a string", ".one.label", 3),
    (encode_tag(2, 3) + encode_tag(9, 3) + encode_tag(2, 4), "end of group 2 inside group 9", ".one", 2),
    # the end tag lies behind the end of what holds the group
    (b"\x22\x01" + group(2), "group 2 is not closed", ".prefixed.one", 2),
    (b"\x22\x02" + encode_tag(2, 3) + encode_tag(1 << 20, 4), "truncated tag", ".prefixed.one", 3),
    (b"\x22\x02" + encode_tag(2, 3) + label("x") + encode_tag(2, 4), "truncated varint", ".prefixed.one.label", 4),
    (b"\x22\x03" + encode_tag(2, 3) + b"\x0a\x01x\x14", "length 1 goes past the end, 0 bytes remain",
     ".prefixed.one.label", 4),
    (b"\x22\x01" + encode_tag(2, 4) + encode_tag(2, 4), "end of group 2 without its start", ".prefixed", 2),
    (encode_tag(2, 3) + b"\x22\x01" + encode_tag(2, 4), "end of group 2 without its start", ".one.prefixed", 3),
    (b"\x3a\x03" + b"\x12\x01" + encode_tag(2, 3) + encode_tag(2, 4), "group 2 is not closed", ".by_name.value.one", 4),
    (encode_tag(6, 3) + encode_tag(5, 4), "end of group 5 inside group 6", ".load_group", 1),
]  # fmt: skip


@pytest.mark.parametrize(("data", "reason", "path", "offset"), GROUP_FAULTS)
def test_malformed_groups(engine: Engine, data: bytes, reason: str, path: str, offset: int) -> None:
    assert engine.fault(Groups, data) == (reason, f"Groups{path}", offset)
    before = label("before")
    assert engine.fault(Groups, before + data) == (reason, f"Groups{path}", offset + len(before))
    # what follows an enclosing message must not be taken for a part of it
    for tail in (b"", encode_tag(2, 4), group(2)):
        assert engine.fault(Groups, chunk(4, data) + tail) == (reason, f"Groups.prefixed{path}", offset + 2)


@pytest.mark.parametrize("limit", [100, 2, 0])
@pytest.mark.parametrize("step", ["one", "many[0]", "load_group"])
def test_groups_are_levels(engine: Engine, limit: int, step: str) -> None:
    number = {"one": 2, "many[0]": 3, "load_group": 6}[step]
    data, levels = b"", limit + 1
    for _ in range(levels):
        data = group(number, data)
    engine.decode(Groups, data, levels)
    # found at the start tag, before anything inside is read
    fault = (f"nested deeper than {limit} levels", "Groups" + f".{step}" * levels, limit)
    assert engine.fault(Groups, data, limit) == fault
    assert engine.fault(Groups, data[:levels], limit) == fault


def test_unclosed_groups_do_not_reach_the_stack(engine: Engine) -> None:
    data = encode_tag(2, 3) * 100_000
    assert engine.fault(Groups, data)[::2] == ("nested deeper than 100 levels", 100)


def test_groups_nested_too_deep_are_not_written(engine: Engine) -> None:
    message = Groups()
    for _ in range(100):
        message = Groups(one=message)
    engine.encode(message)
    reason, path = engine.misfit(Groups(one=message))
    assert (reason, path) == ("nested deeper than 100 levels", "Groups" + ".one" * 101)
    message = Groups()
    message.one = message
    assert engine.misfit(message)[0] == "nested deeper than 100 levels"


def test_values_that_are_no_group(engine: Engine) -> None:
    assert engine.misfit(Groups(one=Same())) == ("expected Groups, got Same", "Groups.one")  # type: ignore[arg-type]
    assert engine.misfit(Groups(many=[Groups(), None])) == (  # type: ignore[list-item]
        "expected Groups, got NoneType",
        "Groups.many[1]",
    )
    assert engine.misfit(Groups(one=Groups(label="\ud800")))[1] == "Groups.one.label"
    with pytest.raises(TypeError):
        engine.merge(Groups(one=Same()), group(2))  # type: ignore[arg-type]


def test_groups_with_empty_slots(engine: Engine) -> None:
    bare = Groups.__new__(Groups)
    assert engine.encode(Groups(one=bare, many=[bare])) == group(2) + group(3)
    assert engine.merge(Groups(one=Groups.__new__(Groups)), group(2, label("x"))) == Groups(one=Groups(label="x"))


# ---- closed enums


UNNAMED = 7


def test_a_number_without_a_name_is_no_value(engine: Engine) -> None:
    data = varint(1, UNNAMED)
    message = engine.decode(Closed, data)
    assert message.one is None
    assert engine.encode(message) == data
    message = engine.decode(Closed, varint(1, 3) + data)
    assert message.one is Switch.ON
    assert engine.encode(message) == varint(1, 3) + data
    # as it came: however long the varint and the tag are, and whatever is cut from it
    for raw in (b"\x08\x87\x80\x00", b"\x88\x00\x07", varint(1, 2**40 + 7), varint(1, -2)):
        assert engine.encode(engine.decode(Closed, raw)) == raw
    assert engine.decode(Closed, varint(1, 2**40 + 3)).one is Switch.ON
    assert engine.decode(Closed, varint(8, UNNAMED)).color == UNNAMED  # the open one beside it


def test_every_named_number_is_a_value(engine: Engine) -> None:
    for switch in Switch:
        message = engine.decode(Closed, varint(1, switch))
        assert message.one is switch
        assert engine.encode(message) == varint(1, switch)
    assert engine.encode(Closed(one=Switch.ENABLED)) == engine.encode(Closed(one=3)) == varint(1, 3)  # type: ignore[arg-type]


def test_lists_leave_out_what_is_no_value(engine: Engine) -> None:
    data = varint(2, 3) + varint(2, UNNAMED) + varint(2, -1) + varint(2, -5)
    message = engine.decode(Closed, data)
    assert message.unpacked == [Switch.ON, Switch.OFF]
    assert engine.encode(message) == varint(2, 3) + varint(2, -1) + varint(2, UNNAMED) + varint(2, -5)


@pytest.mark.parametrize(("number", "name"), [(2, "unpacked"), (3, "packed"), (2048, "far")])
def test_a_packed_run_gives_up_what_is_no_value_one_by_one(engine: Engine, number: int, name: str) -> None:
    run = [3, UNNAMED, -1, -5, 2**40 + 8, 0]
    data = chunk(number, b"".join(encode_varint(value % (1 << 64)) for value in run))
    message = engine.decode(Closed, varint(1000, 1) + data + varint(1001, 1))
    assert getattr(message, name) == [Switch.ON, Switch.OFF, Switch.NEUTRAL]
    kept = varint(number, UNNAMED) + varint(number, -5) + varint(number, 8)
    assert message._unknown == varint(1000, 1) + kept + varint(1001, 1)


def test_a_run_of_nothing_that_is_a_value(engine: Engine) -> None:
    message = engine.decode(Closed, chunk(3, bytes([UNNAMED])))
    assert message.packed == []
    assert engine.encode(message) == varint(3, UNNAMED)


def test_what_is_no_value_clears_no_sibling(engine: Engine) -> None:
    message = engine.decode(Closed, varint(5, 1) + varint(4, UNNAMED))
    assert (message.number, message.switch) == (1, None)
    assert engine.encode(message) == varint(5, 1) + varint(4, UNNAMED)
    message = engine.decode(Closed, varint(5, 1) + varint(4, 3))
    assert (message.number, message.switch) == (None, Switch.ON)
    message = engine.merge(Closed(child=Closed(one=Switch.ON)), varint(4, UNNAMED) + chunk(6, varint(2, 0)))
    assert message.child == Closed(one=Switch.ON, unpacked=[Switch.NEUTRAL])


def test_a_map_entry_without_a_value_goes_whole(engine: Engine) -> None:
    known, unknown = chunk(7, label("a") + varint(2, -1)), chunk(7, label("b") + varint(2, UNNAMED))
    message = engine.decode(Closed, unknown + known)
    assert message.by_name == {"a": Switch.OFF}
    assert engine.encode(message) == known + unknown
    # one such value is enough; what the entry does not know goes with it
    for entry in (
        label("a") + varint(2, UNNAMED) + varint(2, 3),
        varint(2, 3) + varint(9, 1) + varint(2, UNNAMED) + label("a"),
        varint(2, UNNAMED),
    ):
        message = engine.merge(Closed(by_name={"a": Switch.OFF}), chunk(7, entry))
        assert message.by_name == {"a": Switch.OFF}
        assert message._unknown == chunk(7, entry)


def test_an_entry_that_lacks_its_value_has_the_first_of_the_enum(engine: Engine) -> None:
    assert engine.decode(Closed, chunk(7, label("a"))).by_name == {"a": Switch.ON}


def test_paths_count_only_values(engine: Engine) -> None:
    before = varint(2, 3) + varint(2, UNNAMED) + chunk(2, bytes([3, UNNAMED]))
    assert engine.fault(Closed, before + b"\x10\x80") == ("truncated varint", "Closed.unpacked[2]", len(before) + 1)
    data = before + b"\x12\x03\x03\x07\x80"
    assert engine.fault(Closed, data) == ("truncated varint", "Closed.unpacked[3]", len(data) - 1)
    data = chunk(6, before) + varint(4, UNNAMED) + chunk(6, b"\x10\x80")
    assert engine.fault(Closed, data)[1] == "Closed.child.unpacked[2]"
    data = chunk(6, before) + varint(4, 3) + chunk(6, b"\x10\x80")
    assert engine.fault(Closed, data)[1] == "Closed.child.unpacked[0]"


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (Closed(one=7), "one"),  # type: ignore[arg-type]
        (Closed(unpacked=[Switch.ON, 7]), "unpacked[1]"),  # type: ignore[list-item]
        (Closed(packed=[Switch.ON, 7]), "packed[1]"),  # type: ignore[list-item]
        (Closed(switch=7), "switch"),  # type: ignore[arg-type]
        (Closed(by_name={"a": 7}), 'by_name["a"]'),  # type: ignore[dict-item]
    ],
)
def test_what_is_no_value_is_not_written(engine: Engine, message: Any, path: str) -> None:
    assert engine.misfit(message) == ("7 is not a value of the closed enum Switch", f"Closed.{path}")


def test_wrong_types_in_closed_enums(engine: Engine) -> None:
    assert engine.misfit(Closed(one="ON"))[0] == "expected int, got str"  # type: ignore[arg-type]
    assert engine.misfit(Closed(packed=[None]))[0] == "expected int, got NoneType"  # type: ignore[list-item]
    assert engine.misfit(Closed(one=2**31))[0] == "2147483648 is out of range for enum"  # type: ignore[arg-type]
    assert engine.misfit(Closed(one=1 << 200))[0] == "an int of 201 bits is out of range for enum"  # type: ignore[arg-type]
    assert engine.encode(Closed(one=False)) == varint(1, 0)  # type: ignore[arg-type]  # as any enum field


# ---- required fields


def complete(**fields: Any) -> Required:
    return Required(**{"number": 1, "text": "", "switch": Switch.ON, "same": Same(), "group": Same(), **fields})


def test_required_fields_are_written_even_as_defaults(engine: Engine) -> None:
    data = engine.encode(complete(number=0))
    assert data == varint(1, 0) + label("").replace(b"\x0a", b"\x12") + varint(3, 3) + chunk(4, b"") + group(5)
    assert engine.decode(Required, data) == complete(number=0)


@pytest.mark.parametrize("name", ["number", "text", "switch", "same", "group"])
def test_a_required_field_that_is_unset(engine: Engine, name: str) -> None:
    lacking = complete(**{name: None})
    reason = "a required field is not set"
    for path, message in [
        (name, lacking),
        (f"child.{name}", complete(child=lacking)),
        (f"children[1].{name}", complete(children=[complete(), lacking])),
        (f'by_name["k"].{name}', complete(by_name={"k": lacking})),
    ]:
        assert engine.misfit(message) == (reason, f"Required.{path}")
    lacking = complete()
    delattr(lacking, name)
    assert engine.misfit(lacking) == (reason, f"Required.{name}")


def test_the_first_unset_field_is_told(engine: Engine) -> None:
    assert engine.misfit(Required())[1] == "Required.number"
    assert engine.misfit(Required(number=1))[1] == "Required.text"
    assert engine.misfit(Required(number="x", text=None))[1] == "Required.number"  # type: ignore[arg-type]
    with pytest.raises(EncodeError, match=r"^Required\.number: a required field is not set$"):
        engine.encode(Required())


def test_required_fields_may_be_unset_if_the_caller_says_so(engine: Engine) -> None:
    plan = engine.Plan.of(Required)
    lacking = Required(
        text="x", child=Required(), children=[Required(number=1)], by_name={"b": Required(), "a": Required()}
    )
    data = plan.encode(lacking, partial=True)
    assert engine.decode(Required, data) == lacking
    assert plan.encode(Required(), partial=True) == b""
    entries = [chunk(8, label(key) + chunk(2, b"")) for key in "ab"]
    assert plan.encode(lacking, True, partial=True).endswith(b"".join(entries))
    delattr(lacking, "text")
    assert engine.decode(Required, plan.encode(lacking, partial=True)).text is None
    lacking.children[0].same = Groups()  # type: ignore[assignment]
    with pytest.raises(EncodeError, match=r"^Required\.children\[0\]\.same: expected Same, got Groups$"):
        plan.encode(lacking, partial=True)


def test_incomplete_messages_are_read(engine: Engine) -> None:
    """Whether all required fields are there is for who writes a message."""
    assert engine.decode(Required, b"") == Required()
    assert engine.decode(Required, varint(3, UNNAMED)).switch == Switch.OFF  # which is its default
    assert engine.misfit(complete(switch=None))[1] == "Required.switch"


# ---- explicit defaults


def test_defaults_are_read_and_not_written(engine: Engine) -> None:
    message = engine.decode(Defaults, varint(18, 0))
    assert (message.f_int64, message.f_bool, message.f_string, message.f_bytes) == (
        -(2**63),
        True,
        '"Käse"\n',
        b"\0\xff'",
    )
    assert message.f_switch is Switch.OFF
    assert not message.has_field("f_switch")
    assert engine.encode(message) == varint(18, 0)
    # what equals the default is written where it is set
    message.f_int32 = 0
    message.f_switch = Switch.OFF
    assert engine.encode(message) == varint(5, 0) + varint(15, -1) + varint(18, 0)
    assert engine.decode(Defaults, varint(5, 0) + varint(18, 0)).has_field("f_int32")


# ---- strings of any bytes


@pytest.mark.parametrize(
    "raw", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"ok\xc3(", b"\xf4\x90\x80\x80", b"a" * 100 + b"\x80"]
)
def test_loose_strings_come_back_as_the_same_bytes(engine: Engine, raw: bytes) -> None:
    text = raw.decode("utf-8", "surrogateescape")
    for number, name in [(1, "implicit"), (2, "one"), (4, "member")]:
        message = engine.decode(Loose, chunk(number, raw))
        assert getattr(message, name) == text
        assert engine.encode(message) == chunk(number, raw)
    message = engine.decode(Loose, chunk(3, raw) + chunk(3, b"fine"))
    assert message.many == [text, "fine"]
    assert engine.encode(message) == chunk(3, raw) + chunk(3, b"fine")
    entry = chunk(6, chunk(1, raw) + chunk(2, raw))
    message = engine.decode(Loose, entry)
    assert message.by_name == {text: text}
    assert engine.encode(message) == engine.encode(message, deterministic=True) == entry
    # a strict one beside them
    data = chunk(1, raw) + chunk(7, raw)
    assert engine.fault(Loose, data) == ("invalid UTF-8 in a string", "Loose.strict", len(data) - len(raw))


def test_bytes_that_are_valid_together_come_back(engine: Engine) -> None:
    assert engine.encode(Loose(one="\udcc3\udca9")) == chunk(2, b"\xc3\xa9")
    assert engine.decode(Loose, chunk(2, b"\xc3\xa9")).one == "é"


@pytest.mark.parametrize("text", ["\ud800", "\udc7f", "\udd00", "\udfff", "\udc80\ud800"])
def test_surrogates_that_stand_for_no_byte(engine: Engine, text: str) -> None:
    place = len(text) - 1
    reason = f"the character at index {place} is a lone surrogate, which stands for no byte"
    assert engine.misfit(Loose(implicit=text)) == (reason, "Loose.implicit")
    assert engine.misfit(Loose(many=["", text])) == (reason, "Loose.many[1]")
    assert engine.misfit(Loose(by_name={"k": text})) == (reason, 'Loose.by_name["k"]')
    assert engine.misfit(Loose(by_name={text: ""})) == (reason, "Loose.by_name.key")
    assert engine.misfit(Loose(strict="\udc80"))[0].endswith("which UTF-8 cannot carry")


def test_loose_strings_of_wrong_types(engine: Engine) -> None:
    class Text(str):
        __slots__ = ()

    assert engine.encode(Loose(one=Text("\udcff"))) == chunk(2, b"\xff")
    assert engine.misfit(Loose(one=b"x")) == ("expected str, got bytes", "Loose.one")  # type: ignore[arg-type]


# ---- the holders of extensions


def test_decoding_leaves_extensions_to_the_unknown_fields(engine: Engine) -> None:
    data = varint(100, 5) + chunk(1, b"n") + chunk(102, b"s")
    message = engine.decode(Extended, data)
    assert message._extensions is None
    assert message._unknown == varint(100, 5) + chunk(102, b"s")
    assert engine.encode(message) == chunk(1, b"n") + varint(100, 5) + chunk(102, b"s")
    assert message[X_INT32] == 5
    engine.merge(message, varint(100, 6))
    assert message[X_INT32] == 6


def test_holders_go_out_behind_the_fields(engine: Engine) -> None:
    message = engine.decode(Extended, varint(1000, 1))
    message[X_STRINGS] = ["a", "b"]
    message[X_INT32] = 7
    message.last = 500
    encoded = varint(500, 500) + varint(100, 7) + chunk(102, b"a") + chunk(102, b"b") + varint(1000, 1)
    assert engine.encode(message) == engine.encode(message, deterministic=True) == encoded


def test_deterministic_encoding_reaches_into_extensions(engine: Engine) -> None:
    group_extension = EXTENSIONS[7]
    message = Extended()
    message[group_extension] = Groups(by_name={"b": Groups(), "a": Groups()})
    entries = chunk(7, chunk(1, b"a") + chunk(2, b"")) + chunk(7, chunk(1, b"b") + chunk(2, b""))
    assert engine.encode(message, deterministic=True) == group(107, entries)


def test_paths_into_extensions(engine: Engine) -> None:
    message = Extended()
    message[X_STRINGS] = ["a", 1]
    path = "Extended.[samples.x_strings][1]"
    assert engine.misfit(message) == ("expected str, got int", path)
    assert engine.misfit(Node(groups=[message])) == ("expected str, got int", f"Node.groups[0].{path[9:]}")
    message[X_INT32] = 2**31
    assert engine.misfit(message)[1] == "Extended.[samples.x_int32]"
    message.name = 5  # type: ignore[assignment]
    assert engine.misfit(message)[1] == "Extended.name"


def test_a_holder_is_no_level(engine: Engine) -> None:
    extension = EXTENSIONS[6]
    message = Extended()
    for _ in range(100):
        outer = Extended()
        outer[extension] = message
        message = outer
    data = engine.encode(message)
    outer = Extended()
    outer[extension] = message
    reason, path = engine.misfit(outer)
    assert (reason, path) == ("nested deeper than 100 levels", "Extended" + ".[samples.x_message]" * 101)
    for _ in range(100):
        message = message[extension]
    assert message == Extended()
    assert engine.decode(Extended, data) == engine.decode(Extended, data)


def test_empty_slots_of_extended_messages(engine: Engine) -> None:
    bare = Extended.__new__(Extended)
    assert engine.encode(bare) == b""
    assert engine.encode(Node(extended=Extended.__new__(Extended))) == chunk(1, b"")
    assert engine.merge(Extended.__new__(Extended), varint(100, 1))[X_INT32] == 1
    bare = Extended.__new__(Extended)
    bare[X_INT32] = 3
    assert engine.encode(bare) == varint(100, 3)


def test_copies_begin_without_holders(engine: Engine) -> None:
    """The slot is the message's business: the engine's own functions leave it at None."""
    message = Extended(name="n")
    message[X_STRINGS] = ["a"]
    for twin in (engine.slots.copy(message), engine.slots.deepcopy(message)):
        assert twin._extensions is None
        assert twin.name == "n"
    assert engine.slots.equal(message, engine.slots.copy(message)) is True
    assert copy.copy(message)[X_STRINGS] == ["a"]


def test_classes_derived_from_extended_ones(engine: Engine) -> None:
    class Marked(Extended):
        pass

    message = engine.decode(Marked, varint(100, 5))
    assert type(message) is Marked
    assert message[X_INT32] == 5
    assert engine.encode(message) == varint(100, 5)


def test_a_base_cannot_gain_extensions_later() -> None:
    with pytest.raises(TypeError):

        class Wrong(Extended):
            extra: int = pb.int32(7)


@pytest.mark.parametrize("data", [b"\x33\x28\x05\x80", b"\x33\x80", b"\x33"])
def test_a_failed_merge_leaves_one_member_of_a_oneof(engine: Engine, data: bytes) -> None:
    message = Groups(weight=1)
    with pytest.raises(DecodeError):
        engine.merge(message, data)
    assert message.weight is None or message.load_group is None


@pytest.mark.parametrize("data", [b"\x32\x02\x18\x80", b"\x32\x05\x18", b"\x32\x01\x28"])
def test_a_failed_merge_leaves_one_message_in_a_oneof(engine: Engine, data: bytes) -> None:
    message = Closed(number=1)
    with pytest.raises(DecodeError):
        engine.merge(message, data)
    assert message.number is None or message.child is None
