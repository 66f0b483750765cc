"""What ``from_json`` and ``from_dict`` take and refuse: ProtoJSON Format, rule by rule."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from json_twins import twins

from minirpc.errors import DecodeError
from minirpc.message.registry import Registry
from minirpc.message.wkt import Any as AnyMessage
from minirpc.message.wkt import Duration, FieldMask, Int32Value, ListValue, NullValue, Struct, Timestamp, Value

pb, _ = twins()
Alias, Choice, Genre, Known, Maps, Names = pb.Alias, pb.Choice, pb.Genre, pb.Known, pb.Maps, pb.Names
Optional, Repeated, Scalars, Tree = pb.Optional, pb.Repeated, pb.Scalars, pb.Tree
REGISTRY = Registry(pb)


def refusal(cls: Any, text: str | bytes, **options: Any) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        cls.from_json(text, **options)
    return caught.value


def read(cls: Any, text: str, **options: Any) -> Any:
    """Reads a document, and checks that its plain Python values make the same message."""
    message = cls.from_json(text, **options)
    assert cls.from_dict(json.loads(text), **options) == message
    assert type(message) is cls
    return message


@pytest.mark.parametrize(
    "text", ["1", "1.0", "10e-1", "0.1e1", '"1"', '"1.0"', '"1e0"', '"0.01e+2"', '"10E-1"', '"100e-2"']
)
def test_integers_in_every_notation(text: str) -> None:
    for name in ("fInt32", "fUint32", "fInt64", "fUint64", "fFixed32", "fFixed64", "fSint32", "fSfixed64"):
        message = read(Scalars, f'{{"{name}":{text}}}')
        assert json.loads(message.to_json()) in ({name: 1}, {name: "1"})
    assert read(Repeated, f'{{"fInt32":[{text}],"fInt64":[1,{text}]}}') == Repeated(f_int32=[1], f_int64=[1, 1])


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("fInt32", '"1e5"', 100_000),
        ("fInt32", "1e5", 100_000),
        ("fInt32", "2147483647.0", 2**31 - 1),
        ("fInt32", '"-2147483648"', -(2**31)),
        ("fInt32", "-0", 0),
        ("fInt32", "-0.0", 0),
        ("fInt32", '"-0e999999999999"', 0),
        ("fUint32", "4294967295", 2**32 - 1),
        ("fInt64", "9223372036854775807", 2**63 - 1),
        ("fInt64", '"9223372036854775807"', 2**63 - 1),
        ("fInt64", '"-9223372036854775808"', -(2**63)),
        ("fInt64", "-9223372036854775808.0", -(2**63)),
        ("fInt64", "9007199254740993.0", 2**53 + 1),
        ("fInt64", "9223372036854775.807e3", 2**63 - 1),
        ("fInt64", '"9223372036854775.807e3"', 2**63 - 1),
        ("fUint64", "1.8446744073709551615e19", 2**64 - 1),
        ("fUint64", '"18446744073709551615"', 2**64 - 1),
        ("fUint64", "1e19", 10**19),
    ],
)
def test_integers_are_exact(name: str, text: str, value: int) -> None:
    spec = next(spec for spec in Scalars.__fields__ if spec.name == "f_" + name[1:].lower())
    assert getattr(Scalars.from_json(f'{{"{name}":{text}}}'), spec.name) == value


@pytest.mark.parametrize(
    "text",
    [
        *[
            "0.5",
            "1e-1",
            '"0.5"',
            '" 1"',
            '"1 "',
            '""',
            '"+1"',
            '"01"',
            '"1."',
            '".5"',
            '"0x1"',
            '"1_0"',
            '"\\u0661"',
            '"a"',
        ],
        *[
            "2147483648",
            "-2147483649",
            '"2147483648"',
            "1e10",
            '"1e10"',
            "1e400",
            '"1e400"',
            "1e536870000",
            '"1e536870000"',
        ],
        *[
            '"1e-536870000"',
            '"1e99999999999999999999999999"',
            '"NaN"',
            '"Infinity"',
            "true",
            "false",
            "[]",
            "{}",
            "[1]",
        ],
        *["1" * 5000, '"' + "1" * 5000 + '"', "1" * 5000 + ".0", '"' + "1" * 5000 + '.5"', '"0.' + "0" * 5000 + '1"'],
    ],
)
def test_what_is_no_int32(text: str) -> None:
    error = refusal(Scalars, f'{{"fInt32": {text}}}')
    assert (error.path, error.line, error.column) == ("$.fInt32", 1, 12)
    assert refusal(Repeated, f'{{"fInt32": [1, {text}]}}').path == "$.fInt32[1]"
    assert len(error.reason) < 150


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fUint32", "-1"),
        ("fUint32", "4294967296"),
        ("fUint64", '"-1"'),
        ("fUint64", "18446744073709551616"),
        ("fInt64", "9223372036854775808"),
        ("fInt64", "9223372036854775808.0"),
        ("fInt64", '"9223372036854775807.5"'),
        ("fFixed32", "-1"),
        ("fSint64", '"-9223372036854775809"'),
    ],
)
def test_integers_out_of_range(name: str, text: str) -> None:
    assert refusal(Scalars, f'{{"{name}":{text}}}').path == f"$.{name}"


@pytest.fixture
def unlimited_int_digits() -> Iterator[None]:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    yield
    sys.set_int_max_str_digits(before)


@pytest.mark.usefixtures("unlimited_int_digits")
@pytest.mark.parametrize(
    "text", ["9" * 1_000_000, f'"{"9" * 1_000_000}"', "9" * 1_000_000 + "e1", f'"1e{"9" * 1_000_000}"']
)
def test_numbers_with_a_million_digits_are_not_computed(text: str) -> None:
    # int() of that many digits would take tens of seconds
    for name in ("fInt32", "fInt64", "fDouble"):
        assert refusal(Scalars, f'{{"{name}":{text}}}').reason
    assert refusal(Maps, f'{{"byInt32":{{"{text.strip(chr(34))}":"x"}}}}').reason
    if text[0] != '"':
        assert refusal(Value, text).reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("1", 1.0), ("1.5", 1.5), ('"1.5"', 1.5), ('"-0"', -0.0), ("-0.0", -0.0), ("1e-400", 0.0), ('"2E+2"', 200.0)],
        *[('"Infinity"', math.inf), ('"-Infinity"', -math.inf), ("16777216", 16777216.0)],
    ],
)
def test_doubles_and_floats(text: str, value: float) -> None:
    message = read(Scalars, f'{{"fDouble":{text},"fFloat":{text}}}')
    for number in (message.f_double, message.f_float):
        assert (number, type(number), math.copysign(1, number)) == (value, float, math.copysign(1, value))
    assert read(Repeated, f'{{"fDouble":[0.5,{text}]}}').f_double == [0.5, value]


def test_nan_and_rounding() -> None:
    message = Scalars.from_json('{"fDouble":"NaN","fFloat":"NaN"}')
    assert math.isnan(message.f_double)
    assert math.isnan(message.f_float)
    assert read(Scalars, '{"fFloat":0.1}').f_float == 0.10000000149011612
    assert read(Scalars, '{"fFloat":3.4028235e38}').f_float == 3.4028234663852886e38


@pytest.mark.parametrize(
    "text",
    [
        *[
            "1e400",
            "-1e400",
            '"1e400"',
            "1" + "0" * 400,
            '""',
            '" 1"',
            '"1 "',
            '"nan"',
            '"inf"',
            '"+Infinity"',
            '"1_0"',
        ],
        *['"0x1p3"', "true", "[]", "{}", '"1."', "1" * 5000],
    ],
)
def test_what_is_no_double(text: str) -> None:
    assert refusal(Scalars, f'{{"fDouble":{text}}}').path == "$.fDouble"
    assert refusal(Scalars, f'{{"fFloat":{text}}}').path == "$.fFloat"
    assert refusal(Repeated, f'{{"fDouble":[0.5,{text}]}}').path == "$.fDouble[1]"


def test_what_is_no_float() -> None:
    for text in ("3.5e38", "-1e39", '"1e39"', "1" + "0" * 39):
        assert refusal(Scalars, f'{{"fFloat":{text}}}').reason.endswith("is out of range for float")


def test_bools() -> None:
    assert read(Scalars, '{"fBool":true}').f_bool is True
    for text in ("1", "0", '"true"', '"True"', '"false"', "{}"):
        assert refusal(Scalars, f'{{"fBool":{text}}}').reason.startswith("expected true or false, got ")
    assert refusal(Repeated, '{"fBool":[true,1]}').path == "$.fBool[1]"
    assert refusal(Repeated, '{"fInt32":[1,false]}').reason == "expected int32, got false"


def test_strings() -> None:
    assert read(Scalars, r'{"fString":"\u00e9\ud83d\ude00\/\"\n"}').f_string == 'é😀/"\n'
    for text in ("1", "true", "[]", "{}"):
        assert refusal(Scalars, f'{{"fString":{text}}}').path == "$.fString"
    assert refusal(Repeated, '{"fString":["a",1]}').path == "$.fString[1]"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        *[("", b""), ("YWJj", b"abc"), ("YQ==", b"a"), ("YQ", b"a"), ("YWI=", b"ab"), ("YWI", b"ab")],
        *[("+/8A", b"\xfb\xff\x00"), ("-_8A", b"\xfb\xff\x00"), ("-_", b"\xfb"), ("YR", b"a")],
    ],
)
def test_bytes(text: str, data: bytes) -> None:
    assert read(Scalars, f'{{"fBytes":"{text}"}}').f_bytes == data


@pytest.mark.parametrize(
    "text", ['"Y"', '"YQ="', '"YQ==="', '"=YQ="', '"Y Q="', '"YQ==\\n"', '"é==="', '"YQ==YQ=="', "1", "[]"]
)
def test_what_is_no_base64(text: str) -> None:
    assert refusal(Scalars, f'{{"fBytes":{text}}}').path == "$.fBytes"


def test_enums_by_name_and_number() -> None:
    for text in ('"GENRE_POETRY"', "5", "5.0", "0.5e1"):
        assert read(Scalars, f'{{"fEnum":{text}}}').f_enum is Genre.POETRY
    assert read(Scalars, '{"fEnum":77}').f_enum == 77
    assert read(Scalars, '{"fEnum":-2147483648}').f_enum == -(2**31)
    assert read(Known, '{"alias":"UNO"}').alias is Alias.ONE
    assert read(Known, '{"alias":"class"}').alias == 2
    for text in ('"POETRY"', '"genre_poetry"', '"5"', '""', "2147483648", "1.5", "true", "{}"):
        assert refusal(Scalars, f'{{"fEnum":{text}}}').path == "$.fEnum"


def test_unknown_enum_names_are_dropped_if_asked() -> None:
    assert read(Scalars, '{"fEnum":"NEW"}', ignore_unknown=True) == Scalars()
    assert read(Optional, '{"genre":"NEW"}', ignore_unknown=True) == Optional()
    assert read(Repeated, '{"fEnum":["GENRE_POETRY","NEW",1]}', ignore_unknown=True).f_enum == [
        Genre.POETRY,
        Genre.FICTION,
    ]
    assert read(Maps, '{"genres":{"a":"NEW","b":1}}', ignore_unknown=True).genres == {"b": Genre.FICTION}
    assert read(Choice, '{"genre":"NEW","number":1}', ignore_unknown=True) == Choice(number=1)
    assert refusal(Scalars, '{"fEnum":2147483648}', ignore_unknown=True).path == "$.fEnum"
    assert refusal(Scalars, '{"fEnum":true}', ignore_unknown=True).path == "$.fEnum"


def test_fields_go_by_both_names() -> None:
    assert read(Names, '{"fieldName2":1,"_field_name3":2,"FieldName13":3}') == Names(
        field_name2=1, **{_attribute("_field_name3"): 2, _attribute("__field_name13"): 3}
    )
    assert read(Names, json.dumps({'@other "name" é': 1})).changed == read(Names, '{"changed":1}').changed == 1
    for name in ("fieldname2", "field_Name2", "FieldName2", "class_", "@other"):
        error = refusal(Names, f'{{"{name}":1}}')
        assert error.reason == "json_sample.Names has no such field"


def _attribute(proto_name: str) -> str:
    return next(spec.name for spec in Names.__fields__ if spec.proto_name == proto_name)


@pytest.mark.parametrize(
    ("cls", "text", "path", "column"),
    [
        (Tree, '{"label":"a","label":"a"}', "$.label", 14),
        (Tree, '{"label":"a","label":"b"}', "$.label", 14),
        (Tree, '{"label":null,"label":"b"}', "$.label", 15),
        (Names, '{"fieldName2":1,"field_name2":2}', "$.field_name2", 17),
        (Names, '{"field_name2":1,"x":1,"fieldName2":2}', "$.x", 18),
        (Tree, '{"left":{"label":"","label":""}}', "$.left.label", 21),
        (Maps, '{"byString":{"a":1,"a":2}}', '$.byString["a"]', 20),
        (Maps, '{"byInt32":{"1":"a","1e0":"b"}}', '$.byInt32["1e0"]', 21),
        (Maps, '{"byBool":{"true":true,"true":true}}', '$.byBool["true"]', 24),
        (Known, '{"struct":{"a":1,"a":1}}', "$.struct.a", 18),
        (Known, '{"any":{"@type":"a/google.protobuf.Empty","@type":1}}', '$.any["@type"]', 43),
        (Known, '{"any":{"value":1,"@type":"a/google.protobuf.Int32Value","value":1}}', "$.any.value", 58),
        (Choice, '{"number":1,"text":"a"}', "$.text", 13),
        (Choice, '{"number":0,"number":0}', "$.number", 13),
        (Choice, '{"nothing":null,"number":0}', "$.number", 17),
        (Choice, '{"number":1,"value":null}', "$.value", 13),
        (Choice, '{"data":"","name":""}', "$.name", 12),
    ],
)
def test_what_may_be_there_once_only(cls: Any, text: str, path: str, column: int) -> None:
    error = refusal(cls, text)
    assert (error.path, error.column) == (path, column)


def test_unknown_members() -> None:
    text = '{"label":"a","new":{"x":[1,{"y":1e999}]},"left":{"new":null},"[pkg.ext]":1}'
    error = refusal(Tree, text)
    assert (error.path, error.reason, error.column) == ("$.new", "json_sample.Tree has no such field", 14)
    assert refusal(Tree, '{"odd name":1}').path == '$["odd name"]'
    assert read(Tree, text, ignore_unknown=True) == Tree(label="a", left=Tree())
    assert refusal(Tree, '{"new":1,"label":"a","label":"b"}', ignore_unknown=True).path == "$.label"
    assert refusal(Tree, '{"new":NaN}', ignore_unknown=True).reason.startswith("NaN is not JSON")
    assert refusal(Tree, r'{"new":"\ud800"}', ignore_unknown=True).path == "$.new"


def test_null_leaves_fields_unset() -> None:
    for cls in (Scalars, Optional, Repeated, Maps, Tree):
        nulls = dict.fromkeys(spec.proto_name for spec in cls.__fields__)
        assert read(cls, json.dumps(nulls)) == cls()
    assert read(Choice, '{"number":null,"text":"x","tree":null,"name":null}') == Choice(text="x")
    null = NullValue.NULL_VALUE
    assert read(Known, '{"value":null,"struct":null,"f_int32":null,"null":null}') == Known(value=Value(null_value=null))
    assert read(Choice, '{"nothing":null}') == read(Choice, '{"nothing":"NULL_VALUE"}') == Choice(nothing=null)
    assert read(Choice, '{"value":null}') == Choice(value=Value(null_value=null))
    assert read(Repeated, '{"fNull":[null,"NULL_VALUE",0]}').f_null == [null] * 3
    assert read(Repeated, '{"fValue":[null]}').f_value == [Value(null_value=null)]
    assert read(Maps, '{"values":{"a":null}}').values == {"a": Value(null_value=null)}


@pytest.mark.parametrize(
    ("cls", "text", "path"),
    [
        (Repeated, '{"fInt32":[1,null]}', "$.fInt32[1]"),
        (Repeated, '{"fString":[null]}', "$.fString[0]"),
        (Repeated, '{"fMessage":[{},null]}', "$.fMessage[1]"),
        (Repeated, '{"fEnum":[null]}', "$.fEnum[0]"),
        (Repeated, '{"fWrapper":[null]}', "$.fWrapper[0]"),
        (Maps, '{"byString":{"a":null}}', '$.byString["a"]'),
        (Maps, '{"trees":{"a":null}}', '$.trees["a"]'),
        (Maps, '{"genres":{"a":null}}', '$.genres["a"]'),
        (Tree, "null", "$"),
        (Int32Value, "null", "$"),
    ],
)
def test_null_is_no_element(cls: Any, text: str, path: str) -> None:
    error = refusal(cls, text)
    assert (error.path, error.reason[-8:]) == (path, "got null")
    assert refusal(cls, text, ignore_unknown=True).path == path


def test_maps() -> None:
    text = '{"byString":{"":1},"byInt32":{"-5":"x","2147483647":"y"},"byInt64":{"-9223372036854775808":1}'
    assert read(Maps, text + ',"byBool":{"true":false}}') == Maps(
        by_string={"": 1}, by_int32={-5: "x", 2**31 - 1: "y"}, by_int64={-(2**63): 1.0}, by_bool={True: False}
    )
    assert read(Maps, '{"trees":{"a":{"label":"x"},"b":{}}}').trees == {"a": Tree(label="x"), "b": Tree()}
    assert read(Maps, '{"byString":{}}') == Maps()
    for text in ("[]", "1", '"a"', '[["a",1]]'):
        assert refusal(Maps, f'{{"byString":{text}}}').path == "$.byString"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("byInt32", "a"),
        ("byInt32", ""),
        ("byInt32", " 1"),
        ("byInt32", "2147483648"),
        ("byUint64", "-1"),
        ("byBool", "True"),
        ("byBool", "1"),
    ],
)
def test_keys_that_do_not_fit(name: str, key: str) -> None:
    error = refusal(Maps, f'{{"{name}":\n{{"{key}": null}}}}')
    assert (error.path, error.line, error.column) == (f'$.{name}["{key}"]', 2, 2)


def test_wrong_shapes() -> None:
    for text in ("[]", '"a"', "1", "true"):
        assert refusal(Tree, text).path == "$"
        assert refusal(Tree, f'{{"left":{text}}}').path == "$.left"
    for text in ("{}", '"a"', "1"):
        assert refusal(Repeated, f'{{"fInt32":{text}}}').reason.startswith("expected an array, got ")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        *[("", 1, 1), ("  ", 1, 3), ("{", 1, 2), ('{"label"}', 1, 9), ("{'label':1}", 1, 2)],
        ('{"label":"a",}', 1, 13 if sys.version_info >= (3, 13) else 14),  # the comma, or what stands behind it
        *[('{"label":"a"} x', 1, 15), ('{"label":"a"}{}', 1, 14), ("\ufeff{}", 1, 1), ('{\n "label" "a"}', 2, 10)],
        *[
            ('{"label":"\t"}', 1, 11),
            ('{"label":"\\x"}', 1, 11),
            ("{//\n}", 1, 2),
            ('{"f_int32":01}', 1, 13),
            ("nul", 1, 1),
        ],
        *[
            ('{"label":\n  NaN}', 2, 3),
            ('{"label":"NaN",\n"left":-Infinity}', 2, 8),
            ("{}\x00", 1, 3),
            ("\u00a0{}", 1, 1),
        ],
        *[
            (b'{"label":"\xff"}', 1, 11),
            ('{\n"é":"é'.encode() + b"\xc3\x28", 2, 7),
            (b"\xef\xbb\xbf{}", 1, 1),
            ('{"a":"\ud800"}', 1, 7),
        ],
    ],
)
def test_what_is_not_json(text: str | bytes, line: int, column: int) -> None:
    error = refusal(Tree, text)
    assert (error.line, error.column, error.path) == (line, column, "")
    assert error.offset is None
    assert str(error) == f"{error.reason} (line {line}, column {column})"


@pytest.mark.parametrize("text", [r'"\ud800"', r'"\udc00"', r'"a\uDBFF"', r'"\udc00\ud800"', r'"\ud800x\udc00"'])
def test_lone_surrogates(text: str) -> None:
    error = refusal(Tree, f'{{"left": {{"label": {text}}}}}')
    assert (error.path, error.line, error.column) == ("$.left.label", 1, 20)
    assert refusal(Tree, f'{{"named": {{{text}: {{}}}}}}').line == 1
    assert refusal(Repeated, f'{{"fString":["",{text}]}}').path == "$.fString[1]"
    assert refusal(Value, text).path == "$"
    with pytest.raises(DecodeError, match="lone surrogate"):
        Tree.from_dict({"label": json.loads(text)})


def test_a_backslash_before_ud_is_no_surrogate() -> None:
    assert read(Tree, r'{"label":"\\ud800"}').label == "\\ud800"


def test_the_place_of_an_error() -> None:
    text = """{
  "more": [
    {"label": "[{\\"x\\"}]"},
    {"named": {"a": {}, "b\\n": {"right": {"left": {"label": 5}}}}}
  ]
}"""
    error = refusal(Tree, text)
    assert error.path == '$.more[1].named["b\n"].right.left.label'
    assert (error.line, error.column) == (4, text.splitlines()[3].index("5") + 1)
    assert error.reason == "expected a string, got the number 5"
    assert refusal(Tree, text.encode()).args == error.args


def test_documents_come_as_text_or_bytes() -> None:
    text = ' \r\n\t{"label" : "é" } '
    assert (
        Tree.from_json(text)
        == Tree.from_json(text.encode())
        == Tree.from_json(bytearray(text.encode()))
        == Tree(label="é")
    )
    for wrong in (None, 1, ["{}"], memoryview(b"{}")):
        with pytest.raises(TypeError):
            Tree.from_json(wrong)


def deep(levels: int) -> str:
    return '{"left":' * levels + "{}" + "}" * levels


def test_messages_nest_100_levels_or_as_many_as_asked_for() -> None:
    assert read(Tree, deep(100)).to_json() == deep(100)
    error = refusal(Tree, deep(101))
    assert (error.path, error.reason) == ("$" + ".left" * 101, "nested deeper than 100 levels")
    assert error.column == 1 + 101 * len('{"left":')
    assert Tree.from_json(deep(150), max_depth=150)
    assert refusal(Tree, deep(1), max_depth=0).reason == "nested deeper than 0 levels"
    assert refusal(Maps, '{"trees":{"a":' + deep(100) + "}}").reason == "nested deeper than 100 levels"
    assert refusal(Repeated, '{"fMessage":[' + deep(100) + "]}").reason == "nested deeper than 100 levels"
    assert read(Value, "[" * 50 + "]" * 50)
    assert refusal(Value, "[" * 60 + "]" * 60).reason == "nested deeper than 100 levels"
    anys = '{"@type":"x/google.protobuf.Any","value":'
    assert refusal(AnyMessage, anys * 200 + "{}" + "}" * 200).reason == "nested deeper than 100 levels"


@pytest.mark.parametrize(
    "opening", ["[", '{"left":', '{"struct":', '{"a":[', '{"@type":"x/google.protobuf.Any","value":']
)
@pytest.mark.parametrize("cls", [Tree, Value, Known, AnyMessage])
def test_text_that_nests_without_end(cls: Any, opening: str) -> None:
    for ignore_unknown in (False, True):
        assert refusal(cls, opening * 20_000, ignore_unknown=ignore_unknown).line == 1


def test_values_that_nest_without_end() -> None:
    endless: dict[str, Any] = {}
    endless["left"] = endless
    with pytest.raises(DecodeError) as caught:
        Tree.from_dict(endless)
    assert caught.value.reason == "nested deeper than 100 levels"


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        ({"label": b"x"}, "$.label", "bytes is no type of JSON"),
        ({"more": [{}, {1: 2}]}, "$.more[1]", "the keys of objects are strings, got int"),
        ({"left": object()}, "$.left", "object is no type of JSON"),
        ({"label": 5}, "$.label", "expected a string, got the number 5"),
        ([], "$", "expected an object, got an array"),
        ((("label", "x"),), "$", "expected an object, got an array"),
    ],
)
def test_from_dict_says_where(value: Any, path: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        Tree.from_dict(value)
    assert (caught.value.path, caught.value.reason, caught.value.line) == (path, reason, None)
    assert str(caught.value) == f"{path}: {reason}"


def test_from_dict_takes_tuples_for_arrays_and_exact_floats() -> None:
    assert Repeated.from_dict({"fInt32": (1, 2)}) == Repeated(f_int32=[1, 2])
    assert Scalars.from_dict({"fInt64": 2.0**62}).f_int64 == 2**62
    values = {"fString": ["a"]}
    message = Repeated.from_dict(values)
    message.f_string.append("b")
    assert values == {"fString": ["a"]}


def test_a_subclass_reads_itself() -> None:
    class Oak(Tree):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            raise AssertionError("not to be run")

    message = Oak.from_json('{"label":"x","more":[{}],"left":{}}')
    assert type(message) is Oak
    assert (message.label, message.more, message.left) == ("x", [Tree()], Tree())


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        *[
            ("1970-01-01T00:00:00Z", 0, 0),
            ("1970-01-01T00:00:00.1Z", 0, 10**8),
            ("1970-01-01T00:00:00.000000001Z", 0, 1),
        ],
        *[
            ("1969-12-31T23:59:59.5Z", -1, 5 * 10**8),
            ("1970-01-01T02:00:00+02:00", 0, 0),
            ("1969-12-31T16:30:00-07:30", 0, 0),
        ],
        *[("0001-01-01T00:00:00Z", -62135596800, 0), ("9999-12-31T23:59:59.999999999Z", 253402300799, 999999999)],
        *[("2000-02-29T12:00:00-00:00", 951825600, 0)],
    ],
)
def test_timestamps(text: str, seconds: int, nanos: int) -> None:
    assert read(Timestamp, f'"{text}"') == Timestamp(seconds=seconds, nanos=nanos)
    assert read(Known, f'{{"timestamp":"{text}"}}').timestamp.nanos == nanos


@pytest.mark.parametrize(
    "text",
    [
        *[
            "1970-01-01t00:00:00Z",
            "1970-01-01T00:00:00z",
            "1970-01-01 00:00:00Z",
            "1970-01-01T00:00:00",
            "1970-01-01",
            "",
        ],
        *["0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"],
        *[
            "1970-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:60:00Z",
            "1970-01-01T00:00:60Z",
        ],
        *[
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.0000000001Z",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00+0000",
        ],
        *[
            "1970-1-01T00:00:00Z",
            " 1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z ",
            "١٩٧٠-01-01T00:00:00Z",
            "1970-01-01T00:00:00+00:60",
        ],
    ],
)
def test_what_is_no_timestamp(text: str) -> None:
    assert refusal(Known, f'{{"timestamp":"{text}"}}').path == "$.timestamp"


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        *[
            ("0s", 0, 0),
            ("1.5s", 1, 5 * 10**8),
            ("-1.5s", -1, -5 * 10**8),
            ("-0.000000001s", 0, -1),
            ("1.000000001s", 1, 1),
        ],
        *[("315576000000.999999999s", 315576000000, 999999999), ("-315576000000s", -315576000000, 0)],
    ],
)
def test_durations(text: str, seconds: int, nanos: int) -> None:
    assert read(Duration, f'"{text}"') == Duration(seconds=seconds, nanos=nanos)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "1",
            "1S",
            "s",
            "",
            ".5s",
            "1.s",
            "+1s",
            " 1s",
            "1s ",
            "1e3s",
            "1.0000000001s",
            "315576000001s",
            "-315576000001s",
            "1.-5s",
        ],
        "9" * 5000 + "s",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    assert refusal(Duration, f'"{text}"').path == "$"


def test_field_masks() -> None:
    assert read(FieldMask, '""') == FieldMask()
    assert read(FieldMask, '"foo,barBaz.quxQ"').paths == ["foo", "bar_baz.qux_q"]
    for text in ('"foo_bar"', '"a,,b"', '"a,"', "[]", "1"):
        assert refusal(FieldMask, text).path == "$"


def test_structs_hold_any_json() -> None:
    text = '{"a":[1.5,"x",true,null,{"b":[]}],"é":{}}'
    message = read(Struct, text)
    assert message.to_json() == text
    assert read(Value, text).struct_value == message
    assert read(ListValue, "[1,[]]").values[0] == Value(number_value=1.0)
    assert refusal(Value, "1e400").path == "$"
    assert refusal(Struct, '{"a":[1,-1e400]}').path == "$.a[1]"
    assert refusal(Struct, "[]").path == refusal(ListValue, "{}").path == "$"
    assert read(Value, '"NaN"') == Value(string_value="NaN")


def test_wrappers() -> None:
    text = '{"fInt64":"5","fBytes":"YQ","fDouble":"NaN","fBool":false,"fString":""}'
    message = Known.from_json(text)
    assert (message.f_int64.value, message.f_bytes.value, message.f_bool.value, message.f_string.value) == (
        5,
        b"a",
        False,
        "",
    )
    assert math.isnan(message.f_double.value)
    assert refusal(Known, '{"fInt32":2147483648}').path == "$.fInt32"
    assert refusal(Known, '{"fInt32":{"value":1}}').path == "$.fInt32"


def test_any() -> None:
    assert read(AnyMessage, "{}") == AnyMessage()
    message = read(AnyMessage, '{"label":"x","@type":"a/b/json_sample.Tree"}', registry=REGISTRY)
    assert message == AnyMessage(type_url="a/b/json_sample.Tree", value=Tree(label="x").to_binary())
    nested = '{"@type":"x/google.protobuf.Any","value":{"@type":"x/google.protobuf.Duration","value":"1s"}}'
    inner = read(AnyMessage, nested).value
    assert AnyMessage.from_binary(inner).value == Duration(seconds=1).to_binary()
    assert read(AnyMessage, '{"@type":"x/google.protobuf.Value","value":null}').to_dict()["value"] is None
    ignoring = '{"@type":"x/google.protobuf.Duration","value":"1s","new":1}'
    assert read(AnyMessage, ignoring, ignore_unknown=True).value == Duration(seconds=1).to_binary()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"label":"x"}', "$.any"),
        ('{"@type":1}', '$.any["@type"]'),
        ('{"@type":""}', '$.any["@type"]'),
        ('{"@type":"json_sample.Tree"}', '$.any["@type"]'),
        ('{"@type":"x/"}', '$.any["@type"]'),
        ('{"@type":"x/no.Such"}', '$.any["@type"]'),
        ('{"@type":"x/json_sample.Tree","label":1}', "$.any.label"),
        ('{"@type":"x/json_sample.Tree","value":{}}', "$.any.value"),
        ('{"@type":"x/google.protobuf.Duration","value":"1"}', "$.any.value"),
        ('{"@type":"x/google.protobuf.Duration"}', "$.any"),
        ('{"@type":"x/google.protobuf.Duration","seconds":1}', "$.any.seconds"),
        ("[]", "$.any"),
    ],
)
def test_what_is_no_any(text: str, path: str) -> None:
    assert refusal(Known, f'{{"any":{text}}}', registry=REGISTRY).path == path
