"""What reading makes of protobuf's text format, rule by rule."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from samples import Choice, Color, Empty, Implicit, Maps, Optional, Outer, Packed, Tree, Unpacked

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError
from minirpc.message.wkt.descriptor_pb import FieldDescriptorProto


class Retired(pb.Message):
    """With names that its .proto file reserves."""

    __reserved__ = frozenset({"gone", "old"})
    kept: int = pb.int32(1)


class Renamed(pb.Message):
    """A field that is called otherwise in Python."""

    class_: str = pb.string(1, name="class")
    from_text_: int = pb.int32(2, name="from_text")


def fault(cls: type[pb.Message], text: str | bytes, **options: Any) -> tuple[str, str, int | None, int | None]:
    """The path, reason, line and column of the error that a text must give."""
    with pytest.raises(DecodeError) as caught:
        cls.from_text(text, **options)
    error = caught.value
    assert error.offset is None
    return error.path, error.reason, error.line, error.column


def reason(field: str, value: str) -> str:
    """The reason why a value cannot be read into a field of ``Optional``."""
    path, reason, line, _ = fault(Optional, f"\n{field}: {value}")
    assert path == f"Optional.{field}"
    assert line == 2
    return reason


# Lexical elements


@pytest.mark.parametrize("text", ["", " ", "\n\t\v\f\r ", "# all\n# of it", "#", "#\n#"])
def test_nothing_but_space_and_comments_is_an_empty_message(text: str) -> None:
    assert Optional.from_text(text) == Optional()


def test_space_and_comments_stand_between_all_tokens() -> None:
    text = "#1\nf_message#2\n:#3\n{#4\n f_double#5\n:#6\n-#7\n1.5 f_string\t:\v'a'\f#8 'no'\r\n'b'#9\n}#10\n;#11"
    assert Optional.from_text(text) == Optional(f_message=Implicit(f_double=-1.5, f_string="ab"))


def test_text_may_be_bytes_of_utf8() -> None:
    assert Optional.from_text("f_string: 'Київ'".encode()).f_string == "Київ"


@pytest.mark.parametrize(
    "text", [b"f_string: '\xff'", b"f_string: '\xed\xa0\x80'", "f_string: '\ud800'", b"# \x80", "# \udfff"]
)
def test_text_that_is_not_unicode_is_refused(text: str | bytes) -> None:
    assert fault(Optional, text)[1:3] == ("the text is not valid UTF-8", 1)


@pytest.mark.parametrize("text", [None, 5, ["f_int32: 1"], bytearray(b"f_int32: 1")])
def test_other_types_are_a_type_error(text: Any) -> None:
    with pytest.raises(TypeError, match="expected str or bytes, got"):
        Optional.from_text(text)


@pytest.mark.parametrize("char", ["\0", "$", "@", "\ufeff", "\u00a0", "ж", "\x1c", "(", "=", "/", "."])
def test_characters_without_a_meaning(char: str) -> None:
    assert fault(Optional, f"f_int32: 1\n  {char}") == ("Optional", f"unexpected character {char!r}", 2, 3)


def test_nul_has_no_place_in_comments_either() -> None:
    assert fault(Optional, "# a\0b")[1] == "unexpected character '\\x00'"


@pytest.mark.parametrize(
    "text",
    [
        "10bar",
        "0x1g",
        "0xfz",
        "089",
        "08",
        "0_1",
        "1.5.3",
        "1..",
        "1e5x",
        "1ff",
        "1.5fx",
        "00f",
        "01.5",
        "1e",
        "1e+",
        "0x",
        "5_",
    ],
)
def test_numbers_end_where_a_name_cannot_follow(text: str) -> None:
    assert reason("f_double", text) == "malformed number"


def test_numbers_may_touch_punctuation() -> None:
    assert Packed.from_text("f_int32:1,f_int64:2;f_int32:[3,4]f_uint32:5#") == Packed(
        f_int32=[1, 3, 4], f_int64=[2], f_uint32=[5]
    )


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r"\a\b\f\n\r\t\v\?\\\'\"", b"\a\b\f\n\r\t\v?\\'\""),
        (r"\0", b"\0"),
        (r"\1234", b"S4"),
        (r"\5Hello\78", b"\5Hello\0078"),
        (r"\377\12", b"\xff\n"),
        (r"\x213\xFHello\xff", b"!3\x0fHello\xff"),
        (r"\u0416\u20ac", "Ж€".encode()),
        (r"\U00010437\U0010ffff\U000fffffa", "\U00010437\U0010ffff\U000fffffa".encode()),
        ("Ж\t\U00010437", "Ж\t\U00010437".encode()),
        (r"it's\x22", b"it's\""),
    ],
)
def test_strings_are_unescaped(literal: str, value: bytes) -> None:
    assert Optional.from_text(f'f_bytes: "{literal}"').f_bytes == value
    assert Optional.from_text(f'f_bytes: "" "{literal}" \'a\'').f_bytes == value + b"a"


def test_both_quotes_and_pieces_of_strings() -> None:
    text = """f_string: 'first "part" ' "it's"'' # comment\n\t"last" """
    assert Optional.from_text(text).f_string == 'first "part" it\'slast'


@pytest.mark.parametrize(
    ("literal", "reason_and_column"),
    [
        (r"'жa\q'", ("unknown escape", 14)),
        (r"'\x'", ("unknown escape", 12)),
        (r"'\xg'", ("unknown escape", 12)),
        (r"'\X41'", ("unknown escape", 12)),
        (r"'\8'", ("unknown escape", 12)),
        (r"'\u041'", ("unknown escape", 12)),
        (r"'\U00110000'", ("unknown escape", 12)),
        (r"'\U0001043'", ("unknown escape", 12)),
        (r"'\400'", (r"the escape '\400' is over 255", 12)),
        (r"'\ud801\udc37'", (r"the escape '\ud801' is a surrogate, which UTF-8 cannot carry", 12)),
        (r"'ab' 'c\U0000DFFF'", (r"the escape '\U0000DFFF' is a surrogate, which UTF-8 cannot carry", 18)),
        ("'abc", ("the string is not closed on its line", 11)),
        ("'abc\n'", ("the string is not closed on its line", 11)),
        ("'abc\\\n'", ("the string is not closed on its line", 11)),
        ("'abc\\'", ("the string is not closed on its line", 11)),
        ("\"abc'", ("the string is not closed on its line", 11)),
        ("'a\0'", ("the string is not closed on its line", 11)),
    ],
)
@pytest.mark.parametrize("field", ["f_string", "f_bytes"])
def test_malformed_strings(field: str, literal: str, reason_and_column: tuple[str, int]) -> None:
    column = reason_and_column[1] - len("f_string") + len(field)
    assert fault(Optional, f"{field}: {literal}") == (f"Optional.{field}", reason_and_column[0], 1, column)


@pytest.mark.parametrize("literal", [r"'\300'", r"'\xc0'", r"'a' '\xff'", r"'\xd0' 'x'", r"'\355\240\200'"])
def test_escaped_bytes_in_a_string_must_be_utf8(literal: str) -> None:
    assert reason("f_string", literal) == "invalid UTF-8 in a string"
    assert Optional.from_text(f"f_bytes: {literal}").f_bytes


def test_pieces_make_utf8_together() -> None:
    assert Optional.from_text(r"f_string: '\xd0' '\x96'").f_string == "Ж"


# Values


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        *[(f"f_{kind}32", -(2**31), 2**31 - 1) for kind in ("int", "sint", "sfixed")],
        *[(f"f_{kind}64", -(2**63), 2**63 - 1) for kind in ("int", "sint", "sfixed")],
        *[(f"f_{kind}32", 0, 2**32 - 1) for kind in ("uint", "fixed")],
        *[(f"f_{kind}64", 0, 2**64 - 1) for kind in ("uint", "fixed")],
    ],
)
def test_integers_and_their_ranges(field: str, low: int, high: int) -> None:
    for value in {low, 0, 1, 8, high}:
        sign, size = ("-" if value < 0 else ""), abs(value)
        for text in (f"{sign}{size}", f"{sign}0x{size:x}", f"{sign}0X00{size:X}", f"{sign} 0{size:o}"):
            assert getattr(Optional.from_text(f"{field}: {text}"), field) == value
    for value in (low - 1, high + 1):
        sign, size = ("-" if value < 0 else ""), abs(value)
        if value < 0 and low == 0:
            continue
        for text in (f"{sign}{size}", f"{sign}0x{size:x}", f"{sign}0{size:o}"):
            assert reason(field, text) == f"{text} is out of range for {field[2:]}"


@pytest.mark.parametrize("text", ["-0", "-1", "-0x0", "- 00"])
@pytest.mark.parametrize("field", ["f_uint32", "f_fixed64"])
def test_unsigned_integers_take_no_sign(field: str, text: str) -> None:
    number = text.replace(" ", "")
    assert reason(field, text) == f"{number} has a sign, which {field[2:]} does not take"


@pytest.mark.parametrize("text", ["1.0", "1f", "true", "'1'", "inf", "--1", "-", "1e3", "[1]", "{}"])
def test_what_is_no_integer(text: str) -> None:
    assert "expected an integer, got" in reason("f_int32", text)


def test_there_is_no_plus_sign() -> None:
    assert reason("f_int32", "+1") == reason("f_double", "+1") == "unexpected character '+'"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-7", -7.0),
        ("0", 0.0),
        ("-0", -0.0),
        ("- 0.0", -0.0),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5e1", -5.0),
        ("0.25F", 0.25),
        ("1.f", 1.0),
        ("10f", 10.0),
        ("1e3", 1000.0),
        ("1E+3f", 1000.0),
        ("1.e-2", 0.01),
        ("18446744073709551616", 2.0**64),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("INF", math.inf),
        ("- iNf", -math.inf),
        ("1e9999", math.inf),
        ("-1e18446744073709551616", -math.inf),
        ("1e-18446744073709551616", 0.0),
        ("-1e-400", -0.0),
        ("nan", math.nan),
        ("-NaN", math.nan),
    ],
)
def test_floats(text: str, value: float) -> None:
    for field in ("f_double", "f_float"):
        read = getattr(Optional.from_text(f"{field}: {text}"), field)
        code = "d" if field == "f_double" else "f"
        assert math.isnan(read) if math.isnan(value) else struct.pack(code, read) == struct.pack(code, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3.4028235e38", 3.4028234663852886e38),
        ("3.40282356e38", 3.4028234663852886e38),
        ("3.4028236e38", math.inf),
        ("-1e50", -math.inf),
        ("1e-50", 0.0),
        ("0.1", 0.10000000149011612),
    ],
)
def test_float_is_rounded_to_binary32(text: str, value: float) -> None:
    assert Optional.from_text(f"f_float: {text}").f_float == value


@pytest.mark.parametrize("text", ["0x1", "-0x1", "012", "-012", "00", "infinit", "nano", "true", "'1'", "--1"])
def test_what_is_no_float(text: str) -> None:
    assert "expected a number, got" in reason("f_float", text)


@pytest.mark.parametrize("text", ["true", "True", "t", "1", "01", "0x1", "0X001", "0001"])
def test_true(text: str) -> None:
    assert Optional.from_text(f"f_bool: {text}").f_bool is True


@pytest.mark.parametrize("text", ["false", "False", "f", "0", "00", "0x0", "0x00"])
def test_false(text: str) -> None:
    assert Optional.from_text(f"f_bool: {text}").f_bool is False


@pytest.mark.parametrize(
    "text", ["TRUE", "yes", "2", "-1", "-0", "02", "0x2", "0x10", "1.0", "1f", "'true'", "9999999999"]
)
def test_what_is_no_bool(text: str) -> None:
    assert "expected true or false, got" in reason("f_bool", text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("RED", 1),
        ("CRIMSON", 1),
        ("LOWEST", -(2**31)),
        ("7", 7),
        ("-1", -1),
        ("0x7", 7),
        ("42", 42),
        ("2147483647", 2**31 - 1),
    ],
)
def test_enums(text: str, value: int) -> None:
    read = Optional.from_text(f"f_enum: {text}").f_enum
    assert read == value
    assert isinstance(read, Color)


def test_enums_go_by_the_names_of_the_proto_file() -> None:
    message = FieldDescriptorProto.from_text("type: TYPE_BOOL label: LABEL_REPEATED")
    assert (message.type, message.label) == (FieldDescriptorProto.Type.BOOL, FieldDescriptorProto.Label.REPEATED)
    assert fault(FieldDescriptorProto, "type: BOOL")[1] == "'BOOL' is no value of the enum Type"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PURPLE", "'PURPLE' is no value of the enum Color"),
        ("red", "'red' is no value of the enum Color"),
        ("-RED", "expected an integer, got 'RED'"),
        ("2147483648", "2147483648 is out of range for enum"),
        ("1.0", "expected an integer, got '1.0'"),
        ('"RED"', 'expected an integer, got "RED"'),
    ],
)
def test_what_is_no_enum_value(text: str, said: str) -> None:
    assert reason("f_enum", text) == said


@pytest.mark.parametrize("text", ["abc", "1", "-", "true", "[]", "{}"])
def test_what_is_no_string(text: str) -> None:
    assert "expected a string, got" in reason("f_string", text)
    assert "expected a string, got" in reason("f_bytes", text)


# Fields


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
    class Pit(pb.Message):
        __reserved__ = frozenset({"gone"})
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
