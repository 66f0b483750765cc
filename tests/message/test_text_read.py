"""Reading protobuf's text format: tokens and values."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from samples import Color, Implicit, Optional, Packed
from text_faults import fault

from minirpc.message.wkt.descriptor_pb import FieldDescriptorProto


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
