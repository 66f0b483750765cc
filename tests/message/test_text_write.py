"""How messages look in protobuf's text format."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, text_format
from google_twin import values
from hypothesis import given
from samples import Choice, Color, Empty, FarTags, Implicit, Maps, Optional, Packed, Same, Tree, TwoChoices
from strategies import examples, wrong_values

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import EncodeError
from minirpc.message.wkt.descriptor_pb import FieldDescriptorProto, FileDescriptorProto
from minirpc.wire.varint import encode_tag, encode_varint


def unknown(data: bytes) -> str:
    """Unknown fields as they are shown."""
    return Empty.from_binary(data).to_text(unknown_fields=True, single_line=True)


def chunk(number: int, content: bytes) -> bytes:
    return encode_tag(number, 2) + encode_varint(len(content)) + content


def group(number: int, content: bytes = b"") -> bytes:
    return encode_tag(number, 3) + content + encode_tag(number, 4)


def test_lines_and_indents() -> None:
    message = Tree(label="a", child=Tree(children=[Tree(), Tree(label="b")]), marks=[1, -2], weight=0)
    assert message.to_text() == (
        'label: "a"\nchild {\n  children {\n  }\n  children {\n    label: "b"\n  }\n}\nweight: 0\nmarks: 1\nmarks: -2\n'
    )


def test_a_single_line() -> None:
    message = Tree(label="a\n", child=Tree(children=[Tree(), Tree(label="b ")]), marks=[1, 2])
    text = 'label: "a\\n" child { children { } children { label: "b " } } marks: 1 marks: 2'
    assert message.to_text(single_line=True) == text
    assert Tree(label=" ").to_text(single_line=True) == 'label: " "'


@pytest.mark.parametrize("single_line", [True, False])
def test_an_empty_message_is_an_empty_text(single_line: bool) -> None:
    assert Tree().to_text(single_line=single_line) == ""


def test_fields_come_in_the_order_of_their_numbers() -> None:
    text = FarTags(five_last=FarTags(), five=b"", two="b", one=1).to_text(single_line=True)
    assert text == 'one: 1 two: "b" five: "" five_last { }'


def test_presence() -> None:
    assert Implicit(f_int32=0, f_string="", f_bool=False, f_double=0.0, f_enum=Color.UNSPECIFIED).to_text() == ""
    assert Implicit(f_enum=0, f_double=0, f_int64=False).to_text() == ""  # type: ignore[arg-type]
    zeros = Optional(f_int32=0, f_string="", f_bool=False)
    assert zeros.to_text(single_line=True) == 'f_int32: 0 f_bool: false f_string: ""'
    assert Choice(f_string="").to_text(single_line=True) == 'f_string: ""'
    assert Implicit(f_double=-0.0, f_float=-0.0).to_text(single_line=True) == "f_double: -0.0 f_float: -0.0"
    assert Optional.__new__(Optional).to_text() == Implicit.__new__(Implicit).to_text() == ""


def test_maps_are_sorted_and_entries_whole() -> None:
    message = Maps(k_int32={10: "b", -9: "", 0: "c"}, k_bool={True: "x", False: "y"})
    message.k_string = {"b": "", "B": "", "": ""}
    assert message.to_text(single_line=True) == (
        'k_int32 { key: -9 value: "" } k_int32 { key: 0 value: "c" } k_int32 { key: 10 value: "b" } '
        'k_bool { key: false value: "y" } k_bool { key: true value: "x" } '
        'k_string { key: "" value: "" } k_string { key: "B" value: "" } k_string { key: "b" value: "" }'
    )
    message = Maps(v_message={"a": Implicit()}, v_enum={"b": Color.UNSPECIFIED}, v_double={"c": 0.0})
    assert message.to_text(single_line=True) == (
        'v_double { key: "c" value: 0.0 } v_message { key: "a" value { } } v_enum { key: "b" value: UNSPECIFIED }'
    )


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("f_double", 1.0, "1.0"),
        ("f_double", 1e16, "1e+16"),
        ("f_double", 0.1, "0.1"),
        ("f_double", 5e-324, "5e-324"),
        ("f_double", 7, "7.0"),
        ("f_double", -0.0, "-0.0"),
        ("f_double", math.inf, "inf"),
        ("f_double", -math.inf, "-inf"),
        ("f_double", math.nan, "nan"),
        ("f_double", -math.nan, "nan"),
        ("f_float", 0.1, "0.1"),
        ("f_float", 0.10000000149011612, "0.1"),
        ("f_float", 3.4028234663852886e38, "3.4028234e+38"),
        ("f_float", 1.401298464324817e-45, "1e-45"),
        ("f_float", 16777217, "16777216.0"),
        ("f_float", 1 / 3, "0.33333334"),
        ("f_float", 0.007812501, "0.007812501"),
        ("f_float", -math.inf, "-inf"),
        ("f_float", math.nan, "nan"),
        ("f_bool", True, "true"),
        ("f_bool", False, "false"),
        ("f_uint64", 2**64 - 1, "18446744073709551615"),
        ("f_sfixed64", -(2**63), "-9223372036854775808"),
        ("f_int32", True, "1"),
        ("f_enum", Color.RED, "RED"),
        ("f_enum", 1, "RED"),
        ("f_enum", Color.CRIMSON, "RED"),
        ("f_enum", Color(42), "42"),
        ("f_enum", -7, "-7"),
        ("f_string", "Ж€\U0001f600\u2028", '"Ж€\U0001f600\u2028"'),
        ("f_string", "a\"b'c\\d\n\r\t", r'"a\"b\'c\\d\n\r\t"'),
        ("f_string", "\0" + "1\x1f\x7f?", r'"\0001\037\177?"'),
        ("f_string", "\x85\x9f\xa0", '"\\302\\205\\302\\237\xa0"'),
        ("f_bytes", b"az AZ~!#", '"az AZ~!#"'),
        ("f_bytes", b"\0" + b"1\n\r\t\"'\\\x7f\x80\xff", r'"\0001\n\r\t\"\'\\\177\200\377"'),
        ("f_bytes", "Ж".encode(), r'"\320\226"'),
        ("f_bytes", bytearray(b"a"), '"a"'),
        ("f_bytes", memoryview(b"abcd")[::2], '"ac"'),
    ],
)
def test_values(field: str, value: Any, text: str) -> None:
    message = Optional(**{field: value})
    assert message.to_text() == f"{field}: {text}\n"
    read = getattr(Optional.from_text(message.to_text()), field)
    again = getattr(Optional.from_binary(message.to_binary()), field)
    assert repr(read) == repr(again)


def test_enums_go_by_the_names_of_the_proto_file() -> None:
    message = FieldDescriptorProto(type=FieldDescriptorProto.Type.BOOL, label=FieldDescriptorProto.Label.OPTIONAL)
    assert message.to_text() == "label: LABEL_OPTIONAL\ntype: TYPE_BOOL\n"


def test_fields_go_by_their_names_in_the_proto_file() -> None:
    class Renamed(pb.Message):
        class_: str = pb.string(1, name="class")

    assert Renamed(class_="a").to_text() == 'class: "a"\n'


def test_a_file_descriptor_looks_as_google_writes_it() -> None:
    data = descriptor_pb2.DESCRIPTOR.serialized_pb
    google = descriptor_pb2.FileDescriptorProto.FromString(data)
    message = FileDescriptorProto.from_binary(data)
    for single_line in (True, False):
        assert message.to_text(single_line=single_line) == text_format.MessageToString(google, as_one_line=single_line)
    assert FileDescriptorProto.from_text(text_format.MessageToString(google)) == message


# Unknown fields


def test_unknown_fields_are_not_shown_unless_wanted() -> None:
    data = Implicit(f_int32=5, f_string="a").to_binary()
    assert Same.from_binary(data).to_text() == "f_int32: 5\n"
    assert Same.from_binary(data).to_text(unknown_fields=True) == 'f_int32: 5\n9: "a"\n'
    nested = Optional(f_message=Implicit(f_int32=1)).to_binary() + chunk(11, chunk(999, b"x"))
    assert Optional.from_binary(nested).to_text(unknown_fields=True) == 'f_message {\n  f_int32: 1\n  999: "x"\n}\n'


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (encode_tag(5, 0) + encode_varint(150), "5: 150"),
        (encode_tag(5, 0) + encode_varint(2**64 - 1), "5: 18446744073709551615"),
        (encode_tag(5, 5) + b"\x0a\0\0\0", "5: 0x0000000a"),
        (encode_tag(5, 1) + b"\1\2\3\4\5\6\7\x88", "5: 0x8807060504030201"),
        (chunk(5, b""), '5: ""'),
        (chunk(5, b"hello"), '5: "hello"'),
        (chunk(5, b"\xff\0'"), r'''5: "\377\000\'"'''),
        (chunk(5, chunk(1, b"hi")), "5 { 1 { 13: 105 } }"),
        (chunk(5, chunk(1, b"hello") + b"\x10\x05"), '5 { 1: "hello" 2: 5 }'),
        (group(5), "5 { }"),
        (group(5, group(6) + b"\x08\x01" + chunk(2, b"\x08\x01")), "5 { 6 { } 1: 1 2 { 1: 1 } }"),
        (chunk(5, group(6, b"\x08\x01")), "5 { 6 { 1: 1 } }"),
        (chunk(5, encode_tag(6, 3)), r'5: "3"'),
        (chunk(5, encode_tag(6, 3) + encode_tag(7, 4)), r'5: "3<"'),
        (chunk(5, encode_tag(6, 4)), r'5: "4"'),
        (b"\x10\x01\x08\x02\x10\x03", "2: 1 1: 2 2: 3"),
    ],
)
def test_unknown_fields(data: bytes, text: str) -> None:
    assert unknown(data) == text


def test_guesses_about_unknown_fields_end() -> None:
    # bytes that are messages in messages to the bottom would be read once for each level
    data = b""
    for _ in range(60):
        data = chunk(1, data)
    text = unknown(data)
    assert text.startswith("1 { " * 10 + '1: "')
    assert text.endswith('"' + " }" * 10)
    data = b"\x08\x01"
    for _ in range(150):
        data = group(1, data)
    assert unknown(chunk(1, data)).startswith('1: "')


def test_groups_that_nest_too_deeply_to_be_written() -> None:
    data = b"\x08\x01"
    for _ in range(150):
        data = group(1, data)
    message = Empty.from_binary(data, max_depth=200)
    assert message.to_text() == ""
    with pytest.raises(EncodeError, match=r"^Empty: nested deeper than 100 levels$"):
        message.to_text(unknown_fields=True)


# Errors


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (Optional(f_int32=2**31), "Optional.f_int32: 2147483648 is out of range for int32"),
        (Optional(f_int32="1"), "Optional.f_int32: expected int, got str"),  # type: ignore[arg-type]
        (Optional(f_string=1), "Optional.f_string: expected str, got int"),  # type: ignore[arg-type]
        (Optional(f_string=b"a"), "Optional.f_string: expected str, got bytes"),  # type: ignore[arg-type]
        (Optional(f_bytes="a"), "Optional.f_bytes: expected bytes, got str"),  # type: ignore[arg-type]
        (Optional(f_bool=1), "Optional.f_bool: expected bool, got int"),  # type: ignore[arg-type]
        (Optional(f_enum="RED"), "Optional.f_enum: expected int, got str"),  # type: ignore[arg-type]
        (Optional(f_float=1e39), r"Optional.f_float: 1e\+39 is out of range for float"),
        (Optional(f_message=Empty()), "Optional.f_message: expected Implicit, got Empty"),  # type: ignore[arg-type]
        (Implicit(f_int32=None), "Implicit.f_int32: expected int, got NoneType"),  # type: ignore[arg-type]
        (Implicit(f_string=b""), "Implicit.f_string: expected str, got bytes"),  # type: ignore[arg-type]
        (Packed(f_int32=(1,)), "Packed.f_int32: expected list, got tuple"),  # type: ignore[arg-type]
        (Packed(f_int32=[1, None]), r"Packed.f_int32\[1\]: expected int, got NoneType"),  # type: ignore[list-item]
        (Maps(k_int32=[]), "Maps.k_int32: expected dict, got list"),  # type: ignore[arg-type]
        (Maps(k_int32={1: "a", "b": "c"}), "Maps.k_int32.key: expected int, got str"),  # type: ignore[dict-item]
        (Maps(v_message={"a": None}), r'Maps.v_message\["a"\]: expected Implicit, got NoneType'),  # type: ignore[dict-item]
        (Tree(child=Tree(by_name={"x": Tree(label="\ud800")})), r'Tree.child.by_name\["x"\].label: .* lone surrogate'),
    ],
)
def test_values_that_do_not_fit(message: pb.Message, error: str) -> None:
    with pytest.raises(EncodeError, match=f"^{error}"):
        message.to_text()


def test_bytes_in_strings_that_need_not_be_utf8_are_escaped() -> None:
    class Legacy(pb.Message):
        note: str = pb.string(1, utf8=False)

    message = Legacy.from_binary(b"\x0a\x05\xd0\x96\xff1\xd0")
    assert message.to_text() == 'note: "Ж\\3771\\320"\n'
    with pytest.raises(EncodeError, match=r"^Legacy\.note: the character at index 0 is a lone surrogate"):
        Legacy(note="\ud800").to_text()
    assert Legacy.from_text(message.to_text()) == message


def test_depth_is_limited() -> None:
    tree = Tree()
    for _ in range(100):
        tree = Tree(child=tree)
    assert Tree.from_text(tree.to_text()) == tree
    tree = Tree(child=tree)
    with pytest.raises(EncodeError, match="nested deeper than 100 levels"):
        tree.to_text()
    tree.child = tree
    with pytest.raises(EncodeError, match="nested deeper than 100 levels"):
        tree.to_text()


@examples(60)
@given(wrong_values)
def test_text_refuses_what_bytes_refuse(value: Any) -> None:
    for cls, places in ((Implicit, [value]), (Packed, [value, [value]]), (Maps, [value, {"a": value}])):
        for spec in cls.__fields__:
            for placed in places:
                message = cls(**{spec.name: placed})
                try:
                    expected = message.to_binary()
                except EncodeError as error:
                    with pytest.raises(EncodeError) as caught:
                        message.to_text()
                    assert (caught.value.reason, caught.value.path) == (error.reason, error.path)
                else:
                    assert values(cls.from_text(message.to_text())) == values(cls.from_binary(expected))


def test_oneofs_show_the_member_that_is_set() -> None:
    message = TwoChoices(a=1, alone="x")
    message.b = "y"
    assert message.to_text(single_line=True) == 'alone: "x" b: "y"'
