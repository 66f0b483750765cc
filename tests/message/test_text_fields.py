"""Reading protobuf's text format: fields, places in errors, limits."""

from __future__ import annotations

import math

import pytest
from samples import Choice, Color, Empty, Implicit, Maps, Optional, Outer, Packed, Tree, Unpacked
from text_faults import fault

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError


class Retired(pb.Message, reserved=("gone", "old")):
    """With names that its .proto file reserves."""

    kept: int = pb.int32(1)


class Renamed(pb.Message):
    """A field that is called otherwise in Python."""

    class_: str = pb.string(1, name="class")
    from_text_: int = pb.int32(2, name="from_text")


def test_fields_go_by_their_names_in_the_proto_file() -> None:
    assert Renamed.from_text("class: 'a' from_text: 1") == Renamed(class_="a", from_text_=1)
    assert fault(Renamed, "class_: 'a'")[1] == "expected a field of the message, got 'class_'"


@pytest.mark.parametrize("text", ["nope: 1", "5: 1", "F_int32: 1", "'f_int32': 1", "{}", "-", ":"])
def test_what_is_no_field(text: str) -> None:
    assert fault(Optional, text)[1].startswith("expected a field")


@pytest.mark.parametrize(
    "text", ["f_message {}", "f_message: {}", "f_message <>", "f_message:<>", "f_message{},", "f_message{};"]
)
def test_empty_messages(text: str) -> None:
    assert Optional.from_text(text) == Optional(f_message=Implicit())


@pytest.mark.parametrize(
    "text",
    [
        "f_message { f_int32: 1 >",
        "f_message < f_int32: 1 }",
        "f_message {",
        "f_message { f_int32: 1",
        "f_message { } }",
        "f_message [{}]",
        "f_message: []",
        "f_message: 1",
        "f_message",
        "f_message:",
        "f_message {{}}",
    ],
)
def test_malformed_messages(text: str) -> None:
    fault(Optional, text)


@pytest.mark.parametrize(
    "text", ["f_int32 1", "f_int32", "f_int32:", "f_int32: [1]", "f_int32: []", "f_int32: {}", "f_int32:: 1"]
)
def test_malformed_scalars(text: str) -> None:
    assert fault(Optional, text)[0] == "Optional.f_int32"


@pytest.mark.parametrize("separator", [" ", ",", ";", "\n", " , ", "#,\n"])
def test_separators(separator: str) -> None:
    text = "f_int32: 1|f_message { f_int32: 2|f_string: 'a'|}|f_bool: t|".replace("|", separator)
    assert Optional.from_text(text) == Optional(f_int32=1, f_message=Implicit(f_int32=2, f_string="a"), f_bool=True)


@pytest.mark.parametrize(
    "text",
    [
        ",",
        ";",
        "f_int32: 1,,",
        "f_int32: 1;;",
        "f_int32: 1,;",
        ", f_int32: 1",
        "f_message {,}",
        "f_message { f_int32: 1,, }",
    ],
)
def test_more_separators_than_fields(text: str) -> None:
    fault(Optional, text)


def test_repeated_fields() -> None:
    message = Packed.from_text("f_int32: 1 f_int32: [2, 3] f_int32: [] f_int32: 4, f_int32: [ 5 ];")
    assert message == Packed(f_int32=[1, 2, 3, 4, 5])
    text = "f_string: ['a' 'b', \"c\"] f_message: [{f_int32: 1}, <>] f_message [{}] f_message {} f_message []"
    assert Unpacked.from_text(text) == Unpacked(
        f_string=["ab", "c"], f_message=[Implicit(f_int32=1), Implicit(), Implicit(), Implicit()]
    )


@pytest.mark.parametrize(
    "text",
    [
        "f_int32 [1]",
        "f_int32: [1 2]",
        "f_int32: [1;2]",
        "f_int32: [,]",
        "f_int32: [1,]",
        "f_int32: [1,,2]",
        "f_int32: [[1]]",
        "f_int32: [1",
        "f_int32: [{}]",
        "f_int32: 1]",
        "f_int32: [1}",
    ],
)
def test_malformed_lists(text: str) -> None:
    fault(Packed, text)


def test_maps_are_repeated_entries() -> None:
    text = (
        "k_int32 { key: 1 value: 'a' } k_int32: [{ value: 'b' key: -2 }, <key: 3>, {value: 'd'}, {key: 1 value: 'z'}]"
    )
    assert Maps.from_text(text) == Maps(k_int32={1: "z", -2: "b", 3: "", 0: "d"})
    text = "v_message { key: 'a' value { f_int32: 1 } } v_message { key: 'b' } v_enum { key: 'c' value: RED } v_enum {}"
    read = Maps.from_text(text)
    assert read == Maps(
        v_message={"a": Implicit(f_int32=1), "b": Implicit()}, v_enum={"c": Color.RED, "": Color.UNSPECIFIED}
    )


def test_the_last_entry_of_a_key_wins_whole() -> None:
    text = "v_message { key: 'a' value { f_int32: 1 } } v_message { key: 'a' value { f_bool: t } }"
    assert Maps.from_text(text) == Maps(v_message={"a": Implicit(f_bool=True)})


def test_fields_that_are_set_twice() -> None:
    assert fault(Optional, "f_int32: 1\nf_int32: 1") == ("Optional.f_int32", "set twice", 2, 1)
    assert fault(Implicit, "f_int32: 0 f_int32: 0")[:2] == ("Implicit.f_int32", "set twice")
    assert fault(Optional, "f_message {} f_message {}")[:2] == ("Optional.f_message", "set twice")
    assert fault(Maps, "k_int32 { key: 1 key: 1 }")[:2] == ("Maps.k_int32.key", "set twice")
    # another message of the same type is another place
    assert Tree.from_text("label: 'a' child { label: 'b' } ").child == Tree(label="b")


def test_members_of_one_oneof() -> None:
    assert fault(Choice, "f_int32: 1 f_string: ''") == (
        "Choice.f_string",
        "the oneof has 'f_int32' already",
        1,
        12,
    )
    assert fault(Choice, "f_message {} f_message {}")[1] == "set twice"
    assert Choice.from_text("f_string: ''").f_string == ""


@pytest.mark.parametrize(
    "value",
    [
        ": true", ": -123", ": 0.5f", ": -inf", ": ENUM", ": 'a' \"b\"", ": 0x1", ": 017", " { a: 1 }", ": < a: 1 >",
        ": [-1, 2]", ": []", " []", " [{}, <>]", ": ['a' 'b', 'c']", " { a { b: [1] } [x.y]: 2; [a.b/c] {}, gone: {} }",
    ],
)  # fmt: skip
@pytest.mark.parametrize("separator", [" ", ",", ";"])
def test_reserved_names_are_skipped(value: str, separator: str) -> None:
    assert Retired.from_text(f"gone{value}{separator}kept: 1 old{value}") == Retired(kept=1)


@pytest.mark.parametrize(
    "value",
    [
        "",
        ":",
        " 1",
        ": -",
        ": --1",
        ": -'a'",
        " [1]",
        ": [1",
        ": [1,]",
        ": [1 2]",
        ": [1, {}]",
        " [{}, 1]",
        " {",
        " { a }",
        " { a 1 }",
        " { 1: 2 }",
        " < a: 1 }",
        ": '\\q'",
        ": [a/b]",
    ],
)
def test_what_is_skipped_must_be_well_formed(value: str) -> None:
    fault(Retired, f"gone{value}")


def test_reserved_names_count_in_their_own_message_only() -> None:
    assert fault(Optional, "gone: 1")[1] == "expected a field of the message, got 'gone'"


@pytest.mark.parametrize("name", ["[acme.ext]", "[ac me.e\nxt]", "[acme. # ]\n ext]"])
def test_extensions_are_not_known_yet(name: str) -> None:
    assert fault(Optional, f"{name}: 1")[1] == "unknown extension '[acme.ext]'"


@pytest.mark.parametrize(
    "name",
    [
        "[]",
        "[.a]",
        "[a.]",
        "[a..b]",
        "[1a]",
        "[a-b]",
        "[ж]",
        "[/a]",
        "[a/]",
        "[a/b-c]",
        "['a']",
        "[a%2/b]",
        "[a%ZZ/b]",
        "[a:/b]",
    ],
)
def test_malformed_names_in_brackets(name: str) -> None:
    assert fault(Optional, f"{name}: 1")[1:] == (f"'{name}' names neither an extension nor a type", 1, 1)


@pytest.mark.parametrize("text", ["[", "[acme.ext", "[acme # ]", "f_int32: 1 [a"])
def test_brackets_that_are_not_closed(text: str) -> None:
    assert fault(Optional, text)[1] == "the '[' before a name is not closed"


# Places


@pytest.mark.parametrize(
    ("cls", "text", "path", "line", "column"),
    [
        (Optional, "f_message {\n  f_int32: x }", "Optional.f_message.f_int32", 2, 12),
        (Packed, "f_int32: 1\r\nf_int32: [2,\n x]", "Packed.f_int32[2]", 3, 2),
        (Maps, "v_message { key: 'a' value { f_int32: x } }", "Maps.v_message.value.f_int32", 1, 39),
        (Maps, "k_int32 { key: x }", "Maps.k_int32.key", 1, 16),
        (Outer, "inner {\n\tdeep { valu: 1 } }", "Outer.inner.deep", 2, 9),
        (Tree, "children {} children { by_name { value { x } } }", "Tree.children[1].by_name.value", 1, 42),
        (Outer.Inner.Innermost, "value: 1 $", "Outer.Inner.Innermost", 1, 10),
        (Optional, "f_string: 'Київ' f_int32: x", "Optional.f_int32", 1, 27),
    ],
)
def test_errors_say_where(cls: type[pb.Message], text: str, path: str, line: int, column: int) -> None:
    found = fault(cls, text)
    assert (found[0], found[2], found[3]) == (path, line, column)


def test_the_error_in_words() -> None:
    with pytest.raises(DecodeError, match=r"^Optional\.f_int32: expected an integer, got 'x' \(line 2, column 10\)$"):
        Optional.from_text("\nf_int32: x")


def test_long_tokens_are_cut_in_errors() -> None:
    assert len(str(fault(Optional, "f_int32: " + "x" * 10_000))) < 200
    assert len(str(fault(Optional, "f_int32: " + "9" * 10_000))) < 200
    assert len(str(fault(Optional, "f_enum: " + "x" * 10_000))) < 200
    assert len(str(fault(Optional, "[" + "x/" * 10_000 + "]"))) < 200


# Limits


def nested(levels: int) -> str:
    return "child {" * levels + "}" * levels


def test_depth_is_limited() -> None:
    Tree.from_text(nested(100))
    assert fault(Tree, nested(101))[1] == "nested deeper than 100 levels"
    Tree.from_text(nested(3), max_depth=3)
    assert fault(Tree, nested(4), max_depth=3)[1] == "nested deeper than 3 levels"
    assert fault(Optional, "f_message {}", max_depth=0)[1] == "nested deeper than 0 levels"


def test_entries_of_maps_are_no_levels_of_their_own() -> None:
    Tree.from_text("by_name { key: 'a' value {} }", max_depth=1)
    Maps.from_text("k_int32 { key: 1 }", max_depth=0)
    deep = "by_name { value {" * 4 + "} }" * 4
    assert fault(Tree, deep, max_depth=3)[1] == "nested deeper than 3 levels"


@pytest.mark.parametrize(
    "step", ["child {", "child <", "children {", "children [{", "by_name { value {", "gone {", "gone [{"]
)
def test_bottomless_input_is_an_error(step: str) -> None:
    class Pit(pb.Message, reserved=("gone",)):
        tree: Tree | None = pb.message(1, lambda: Tree)

    text = step * 50_000 if step.startswith("gone") else "tree {" + step * 50_000
    assert fault(Pit, text)[1] == "nested deeper than 100 levels"
    fault(Pit, text, max_depth=1 << 30)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("f_int32", "9" * 2_000_000),
        ("f_int64", "0x" + "f" * 2_000_000),
        ("f_uint64", "0" + "7" * 2_000_000),
        ("f_bool", "1" * 2_000_000),
    ],
)
def test_numbers_without_end_cost_nothing(field: str, value: str) -> None:
    # converted in full, a decimal of this size takes minutes
    fault(Optional, f"{field}: {value}")


def test_floats_without_end_are_numbers() -> None:
    assert Optional.from_text("f_double: " + "9" * 2_000_000).f_double == math.inf
    assert Optional.from_text("f_double: 0." + "3" * 2_000_000).f_double == 1 / 3
    assert Optional.from_text("f_double: 1e" + "9" * 2_000_000).f_double == math.inf


def test_an_empty_class_takes_nothing() -> None:
    assert Empty.from_text("") == Empty()
    assert fault(Empty, "a: 1")[0] == "Empty"


def test_a_subclass_is_read_as_itself() -> None:
    class Louder(Optional):
        def __init__(self) -> None:
            raise AssertionError("reading called the constructor")

    assert type(Louder.from_text("f_int32: 1")) is Louder
