"""What ``to_json`` and ``to_dict`` write: ProtoJSON Format, rule by rule."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from json_twins import twins

from minirpc.errors import EncodeError
from minirpc.message.registry import Registry
from minirpc.message.wkt import (
    Any as AnyMessage,
)
from minirpc.message.wkt import (
    Duration,
    Empty,
    FieldMask,
    Int64Value,
    ListValue,
    NullValue,
    StringValue,
    Struct,
    Timestamp,
    Value,
)

pb, _ = twins()
Alias, Choice, Genre, Known, Maps, Names = pb.Alias, pb.Choice, pb.Genre, pb.Known, pb.Maps, pb.Names
Optional, Repeated, Scalars, Tree = pb.Optional, pb.Repeated, pb.Scalars, pb.Tree


def refusal(message: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(EncodeError) as caught:
        message.to_json(**options)
    return caught.value.path, caught.value.reason


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (Scalars(), "{}"),
        (Scalars(f_int32=-1, f_uint32=2**32 - 1), '{"fInt32":-1,"fUint32":4294967295}'),
        (
            Scalars(f_int64=-(2**63), f_uint64=2**64 - 1),
            '{"fInt64":"-9223372036854775808","fUint64":"18446744073709551615"}',
        ),
        (Scalars(f_fixed64=1, f_sfixed64=-1, f_sint64=-2), '{"fFixed64":"1","fSfixed64":"-1","fSint64":"-2"}'),
        (Scalars(f_bool=True), '{"fBool":true}'),
        (Scalars(f_string='é"\\\n\x01\u2028'), '{"fString":"é\\"\\\\\\n\\u0001\u2028"}'),
        (Scalars(f_bytes=b"\xfb\xff\x00"), '{"fBytes":"+/8A"}'),
        (Scalars(f_bytes=b"a"), '{"fBytes":"YQ=="}'),
        (Scalars(f_enum=Genre.FICTION), '{"fEnum":"GENRE_FICTION"}'),
        (Scalars(f_enum=1), '{"fEnum":"GENRE_FICTION"}'),
        (Scalars(f_enum=Genre(77)), '{"fEnum":77}'),
        (Known(alias=Alias.UNO), '{"alias":"ONE"}'),
        (Known(alias=2), '{"alias":"class"}'),
        (Repeated(f_int32=[1, -2], f_int64=[1, -2]), '{"fInt64":["1","-2"],"fInt32":[1,-2]}'),
        (Repeated(f_enum=[Genre.POETRY, 9], f_bool=[True, False]), '{"fBool":[true,false],"fEnum":["GENRE_POETRY",9]}'),
        (Repeated(f_string=["", "ß"], f_bytes=[b""]), '{"fString":["","ß"],"fBytes":[""]}'),
        (Repeated(f_message=[Tree(), Tree(label="x")]), '{"fMessage":[{},{"label":"x"}]}'),
        (Repeated(f_null=[NullValue.NULL_VALUE]), '{"fNull":[null]}'),
        (Maps(by_string={"a\n": 1}, by_int32={-5: "x"}), '{"byString":{"a\\n":1},"byInt32":{"-5":"x"}}'),
        (Maps(by_bool={True: False, False: True}), '{"byBool":{"true":false,"false":true}}'),
        (
            Maps(by_uint64={2**64 - 1: b"a"}, trees={"t": Tree()}),
            '{"byUint64":{"18446744073709551615":"YQ=="},"trees":{"t":{}}}',
        ),
        (Maps(by_fixed32={7: 8}, genres={"g": Genre.POETRY}), '{"genres":{"g":"GENRE_POETRY"},"byFixed32":{"7":"8"}}'),
        (Optional(number=0, text="", flag=False), '{"number":0,"text":"","flag":false}'),
        (Choice(number=0), '{"number":0}'),
        (Choice(tree=Tree(), data=b""), '{"tree":{},"data":""}'),
        (Choice(nothing=NullValue.NULL_VALUE), '{"nothing":null}'),
        (Tree(left=Tree(right=Tree(label="deep"))), '{"left":{"right":{"label":"deep"}}}'),
    ],
)
def test_plain_messages(message: Any, text: str) -> None:
    assert message.to_json() == text
    assert message.to_dict() == json.loads(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (-0.0, "-0.0"),
        (5e-324, "5e-324"),
        (1.0, "1.0"),
        (3, "3.0"),
        (2**53, "9007199254740992.0"),
    ],
)
def test_doubles_are_the_shortest_text_that_comes_back(number: float, text: str) -> None:
    assert Scalars(f_double=number).to_json() == f'{{"fDouble":{text}}}'
    assert Repeated(f_double=[number, 0.5]).to_json() == f'{{"fDouble":[{text},0.5]}}'


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1, "0.1"),
        (0.10000000149011612, "0.1"),
        (50.4501, "50.4501"),
        (16777216.0, "16777216.0"),
        (3.4028234663852886e38, "3.4028234e+38"),
        (1.401298464324817e-45, "1e-45"),
        (1 / 3, "0.33333334"),
        (-0.0, "-0.0"),
    ],
)
def test_floats_are_the_shortest_text_of_their_32_bits(number: float, text: str) -> None:
    assert Scalars(f_float=number).to_json() == f'{{"fFloat":{text}}}'


@pytest.mark.parametrize(("number", "text"), [(math.inf, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN")])
def test_what_json_has_no_number_for_is_a_string(number: float, text: str) -> None:
    assert Scalars(f_double=number, f_float=number).to_json() == f'{{"fDouble":"{text}","fFloat":"{text}"}}'
    assert Repeated(f_double=[number], f_float=[number]).to_json() == f'{{"fDouble":["{text}"],"fFloat":["{text}"]}}'


def test_names() -> None:
    message = Names(**{spec.name: spec.number for spec in Names.__fields__})
    assert message.to_dict() == {
        "fieldname1": 1,
        "fieldName2": 2,
        "FieldName3": 3,
        "fieldName4": 4,
        "field0name5": 5,
        "field0Name6": 6,
        "fieldName7": 7,
        "FieldName8": 8,
        "fieldName9": 9,
        "FIELDNAME11": 11,
        "FieldName13": 13,
        '@other "name" é': 20,
        "class": 21,
    }
    assert list(message.to_dict(proto_names=True))[-3:] == ["__field_name13", "changed", "class"]


def test_with_defaults_writes_all_fields_without_presence() -> None:
    zeros = dict.fromkeys(["fInt32", "fFixed32", "fUint32", "fSfixed32", "fSint32"], 0)
    zeros |= dict.fromkeys(["fInt64", "fUint64", "fFixed64", "fSfixed64", "fSint64"], "0")
    zeros |= {"fDouble": 0.0, "fFloat": 0.0, "fBool": False, "fString": "", "fBytes": "", "fEnum": "GENRE_UNSPECIFIED"}
    assert Scalars().to_dict(with_defaults=True) == zeros
    assert Tree().to_json(with_defaults=True) == '{"label":"","more":[],"named":{}}'
    assert Optional().to_json(with_defaults=True) == Choice().to_json(with_defaults=True) == "{}"
    assert Known().to_json(with_defaults=True) == '{"null":null,"alias":"ZERO"}'
    assert Tree(left=Tree()).to_dict(with_defaults=True)["left"] == {"label": "", "more": [], "named": {}}


def test_options_combine() -> None:
    message = Repeated(f_enum=[Genre.POETRY], f_null=[NullValue.NULL_VALUE])
    assert message.to_json(enum_numbers=True, proto_names=True) == '{"f_enum":[5],"f_null":[null]}'
    assert Scalars(f_enum=Genre.FICTION).to_dict(enum_numbers=True, proto_names=True, with_defaults=True)["f_enum"] == 1
    assert Maps(genres={"a": 5}).to_json(enum_numbers=True) == '{"genres":{"a":5}}'


def test_indent() -> None:
    message = Tree(label="é", left=Tree(), more=[Tree()])
    assert message.to_json(indent=2) == ('{\n  "label": "é",\n  "left": {},\n  "more": [\n    {}\n  ]\n}')
    assert Tree().to_json(indent=4) == "{}"


def test_unknown_fields_are_left_out() -> None:
    assert Tree.from_binary(b"\xf8\x07\x01").to_json() == "{}"


def test_slots_that_nothing_ever_filled_count_as_unset() -> None:
    message = Tree.__new__(Tree)
    assert message.to_json() == "{}"
    message = Scalars(f_int32=1, f_string="x")
    del message.f_string
    assert message.to_json() == '{"fInt32":1}'
    assert message.to_dict(with_defaults=True)["fString"] == ""


def test_a_subclass_is_written_as_its_base() -> None:
    class Oak(Tree):  # type: ignore[misc, valid-type]
        def grow(self) -> None: ...

    assert Oak(left=Oak(label="x")).to_json() == '{"left":{"label":"x"}}'


def test_values_of_subclasses() -> None:
    class Text(str):
        __slots__ = ()

    assert (
        Scalars(f_string=Text("x"), f_int32=True, f_int64=Genre.POETRY).to_json()
        == '{"fInt64":"5","fInt32":1,"fString":"x"}'
    )
    assert (
        Scalars(f_bytes=bytearray(b"a")).to_json() == Scalars(f_bytes=memoryview(b"a")).to_json() == '{"fBytes":"YQ=="}'
    )


@pytest.mark.parametrize(
    ("message", "path", "reason"),
    [
        (Scalars(f_int32=2**31), "json_sample.Scalars.f_int32", "2147483648 is out of range for int32"),
        (Scalars(f_int64="1"), "json_sample.Scalars.f_int64", "expected int, got str"),
        (Scalars(f_string=b"x"), "json_sample.Scalars.f_string", "expected str, got bytes"),
        (Scalars(f_string=None), "json_sample.Scalars.f_string", "expected str, got NoneType"),
        (Scalars(f_bytes="x"), "json_sample.Scalars.f_bytes", "expected bytes, got str"),
        (Scalars(f_bool=1), "json_sample.Scalars.f_bool", "expected bool, got int"),
        (Scalars(f_double="1"), "json_sample.Scalars.f_double", "expected float, got str"),
        (Scalars(f_float=1e39), "json_sample.Scalars.f_float", "1e+39 is out of range for float"),
        (Scalars(f_enum="FICTION"), "json_sample.Scalars.f_enum", "expected int, got str"),
        (Scalars(f_enum=2**31), "json_sample.Scalars.f_enum", "2147483648 is out of range for enum"),
        (Repeated(f_int32=[1, 2**31]), "json_sample.Repeated.f_int32[1]", "2147483648 is out of range for int32"),
        (Repeated(f_string=["a", 1]), "json_sample.Repeated.f_string[1]", "expected str, got int"),
        (Repeated(f_double=[1.0, "x"]), "json_sample.Repeated.f_double[1]", "expected float, got str"),
        (Repeated(f_string=("a",)), "json_sample.Repeated.f_string", "expected list, got tuple"),
        (Repeated(f_string=()), "json_sample.Repeated.f_string", "expected list, got tuple"),
        (
            Repeated(f_message=[Tree(), None]),
            "json_sample.Repeated.f_message[1]",
            "expected json_sample.Tree, got NoneType",
        ),
        (Maps(by_string=[]), "json_sample.Maps.by_string", "expected dict, got list"),
        (Maps(by_string={"a": 1, "x": "y"}), 'json_sample.Maps.by_string["x"]', "expected int, got str"),
        (Maps(by_string={1: 1}), "json_sample.Maps.by_string.key", "expected str, got int"),
        (Maps(by_int32={2**31: "x"}), "json_sample.Maps.by_int32.key", "2147483648 is out of range for int32"),
        (Maps(by_bool={1: True}), "json_sample.Maps.by_bool.key", "expected bool, got int"),
        (
            Maps(trees={"a": Tree(left=Tree(label=1))}),
            'json_sample.Maps.trees["a"].left.label',
            "expected str, got int",
        ),
        (Tree(left=Scalars()), "json_sample.Tree.left", "expected json_sample.Tree, got json_sample.Scalars"),
        (Tree(more=[Tree(), Tree(label=1)]), "json_sample.Tree.more[1].label", "expected str, got int"),
    ],
)
def test_values_that_do_not_fit(message: Any, path: str, reason: str) -> None:
    assert refusal(message) == (path, reason)
    with pytest.raises(EncodeError):
        message.to_binary()
    with pytest.raises(EncodeError):
        message.to_dict(with_defaults=True)


LONE = "the character at index 1 is a lone surrogate, which UTF-8 cannot carry"


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (Scalars(f_string="x\ud800"), "json_sample.Scalars.f_string"),
        (Repeated(f_string=["é", "x\udfff"]), "json_sample.Repeated.f_string[1]"),
        (Maps(by_string={"x\ud800": 1}), "json_sample.Maps.by_string.key"),
        (Tree(named={"a": Tree(label="x\ud83d")}), 'json_sample.Tree.named["a"].label'),
        (Known(value=Value(string_value="x\ud800")), "json_sample.Known.value.string_value"),
        (Known(mask=FieldMask(paths=["x\ud800"])), "json_sample.Known.mask.paths[0]"),
        (Known(f_string=StringValue(value="x\ud800")), "json_sample.Known.f_string.value"),
    ],
)
def test_lone_surrogates_are_no_text(message: Any, path: str) -> None:
    assert refusal(message) == (path, LONE)


def test_messages_nest_100_levels() -> None:
    tree = Tree(label="leaf")
    for _ in range(100):
        tree = Tree(left=tree)
    assert tree.to_json().count("left") == 100
    path, reason = refusal(Tree(left=tree))
    assert path == "json_sample.Tree" + ".left" * 101
    assert reason == "nested deeper than 100 levels"
    tree.left = tree
    assert refusal(tree)[1] == reason
    value = Value()
    value.list_value = ListValue(values=[value])
    assert refusal(value)[1] == reason
    value.struct_value = Struct(fields={"a": value})
    assert refusal(value)[1] == reason


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (Timestamp(), '"1970-01-01T00:00:00Z"'),
        (Timestamp(seconds=1, nanos=500_000_000), '"1970-01-01T00:00:01.500Z"'),
        (Timestamp(nanos=1_000), '"1970-01-01T00:00:00.000001Z"'),
        (Timestamp(nanos=1), '"1970-01-01T00:00:00.000000001Z"'),
        (Timestamp(seconds=-1, nanos=999_999_999), '"1969-12-31T23:59:59.999999999Z"'),
        (Timestamp(seconds=-62_135_596_800), '"0001-01-01T00:00:00Z"'),
        (Timestamp(seconds=253_402_300_799, nanos=999_999_999), '"9999-12-31T23:59:59.999999999Z"'),
        (Duration(), '"0s"'),
        (Duration(seconds=3, nanos=10_000_000), '"3.010s"'),
        (Duration(seconds=-3, nanos=-1_000), '"-3.000001s"'),
        (Duration(nanos=-1), '"-0.000000001s"'),
        (Duration(seconds=-315_576_000_000, nanos=-999_999_999), '"-315576000000.999999999s"'),
        (FieldMask(), '""'),
        (FieldMask(paths=["foo", "bar_baz.q_x", "a1"]), '"foo,barBaz.qX,a1"'),
        (Struct(), "{}"),
        (Struct(fields={"a": Value(number_value=1), "é": Value(list_value=ListValue())}), '{"a":1.0,"é":[]}'),
        (ListValue(values=[Value(null_value=NullValue.NULL_VALUE), Value(bool_value=True)]), "[null,true]"),
        (Value(string_value=""), '""'),
        (Value(struct_value=Struct()), "{}"),
        (Int64Value(value=5), '"5"'),
        (StringValue(), '""'),
        (Empty(), "{}"),
        (AnyMessage(), "{}"),
    ],
)
def test_well_known_types(message: Any, text: str) -> None:
    assert message.to_json() == text
    assert message.to_dict() == json.loads(text)


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (Timestamp(seconds=-62_135_596_801), ""),
        (Timestamp(seconds=253_402_300_800), ""),
        (Timestamp(nanos=-1), ""),
        (Timestamp(nanos=1_000_000_000), ""),
        (Timestamp(seconds=2**63), ".seconds"),
        (Timestamp(nanos="1"), ".nanos"),
        (Duration(seconds=315_576_000_001), ""),
        (Duration(seconds=-315_576_000_001), ""),
        (Duration(seconds=1, nanos=-1), ""),
        (Duration(seconds=-1, nanos=1), ""),
        (Duration(nanos=1_000_000_000), ""),
        (FieldMask(paths=["foo__bar"]), ".paths[0]"),
        (FieldMask(paths=["ok", "fooBar"]), ".paths[1]"),
        (FieldMask(paths=["foo_3_bar"]), ".paths[0]"),
        (FieldMask(paths=["foo_"]), ".paths[0]"),
        (FieldMask(paths=["a,b"]), ".paths[0]"),
        (FieldMask(paths=[""]), ".paths[0]"),
        (FieldMask(paths=[1]), ".paths[0]"),
        (Value(), ""),
        (Value(number_value=math.nan), ".number_value"),
        (Value(number_value=math.inf), ".number_value"),
        (Struct(fields={"a": Value(list_value=ListValue(values=[Value()]))}), '.fields["a"].list_value.values[0]'),
        (Int64Value(value="x"), ".value"),
        (AnyMessage(value=b"x"), ".type_url"),
        (AnyMessage(type_url="no_slash"), ".type_url"),
        (AnyMessage(type_url="x/json_sample.Tree"), ".type_url"),
        (AnyMessage(type_url="x/google.protobuf.Duration", value=b"\x08"), ".value"),
        (
            AnyMessage(
                type_url="x/google.protobuf.Duration", value=b"\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
            ),
            "",
        ),
    ],
)
def test_well_known_types_that_have_no_json(message: Any, path: str) -> None:
    assert refusal(message)[0] == type(message).__full_name__() + path


def test_any_holds_its_type_beside_the_fields() -> None:
    registry = Registry(pb)
    message = AnyMessage(type_url="example.com/a/json_sample.Tree", value=Tree(label="x").to_binary())
    assert message.to_json(registry=registry) == '{"@type":"example.com/a/json_sample.Tree","label":"x"}'
    message.value = b""
    assert message.to_json(registry=registry) == '{"@type":"example.com/a/json_sample.Tree"}'
    wrapped = AnyMessage(type_url="t/google.protobuf.Any", value=message.to_binary())
    assert wrapped.to_json(registry=registry) == (
        '{"@type":"t/google.protobuf.Any","value":{"@type":"example.com/a/json_sample.Tree"}}'
    )
    assert AnyMessage(type_url="t/google.protobuf.Empty").to_json() == '{"@type":"t/google.protobuf.Empty"}'
    time = AnyMessage(type_url="t/google.protobuf.Timestamp")
    assert Known(any=time).to_json() == '{"any":{"@type":"t/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"}}'
    options = AnyMessage(type_url="t/json_sample.Tree")
    filled = {"@type": "t/json_sample.Tree", "label": "", "more": [], "named": {}}
    assert options.to_dict(registry=registry, with_defaults=True) == filled
