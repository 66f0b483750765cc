"""ProtoJSON by property: round trips, Google's implementation beside, and damaged documents."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from google.protobuf import json_format
from google_twin import google_class, google_values, to_google, values
from hypothesis import given, settings
from hypothesis import strategies as st
from json_twins import twins
from samples import ALL
from strategies import messages, mutated

from minirpc.errors import DecodeError
from minirpc.message import float32
from minirpc.message.json.contract import Options
from minirpc.message.json.writer import Writer
from minirpc.message.registry import Registry, full_name
from minirpc.wire.spec import MAX_DEPTH, FieldSpec, Kind

ours, google = twins()
REGISTRY = Registry(ours)

each_sample = pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__qualname__)
each_message = pytest.mark.parametrize("name", ["Scalars", "Repeated", "Maps", "Optional", "Choice", "Tree", "Names"])
# the values of google.protobuf.Value have rules of their own: they get documents that are written for them
WELL_KNOWN = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=4), children, max_size=3),
    max_leaves=10,
)


@each_sample
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_written_reads_as_the_same_message(cls: Any, data: st.DataObject) -> None:
    message = data.draw(messages(cls))
    expected = cls.from_binary(message.to_binary())  # floats as binary32
    text = message.to_json()
    assert values(cls.from_json(text)) == values(expected)
    assert values(cls.from_json(message.to_json(enum_numbers=True, proto_names=True, indent=1))) == values(expected)
    assert values(cls.from_json(message.to_json(with_defaults=True))) == values(expected)
    assert values(cls.from_dict(message.to_dict())) == values(expected)
    assert cls.from_json(text).to_json() == text


@each_sample
@settings(max_examples=40)
@given(data=st.data())
def test_google_reads_what_we_write_and_we_what_google_writes(cls: Any, data: st.DataObject) -> None:
    message = data.draw(messages(cls))
    theirs = to_google(message)
    # our samples are written by hand and call enum values otherwise than their twins
    text = message.to_json(enum_numbers=True)
    assert google_values(json_format.Parse(text, google_class(cls)()), cls) == google_values(theirs, cls)
    text = json_format.MessageToJson(theirs, use_integers_for_enums=True)
    assert values(cls.from_json(text)) == values(cls.from_binary(message.to_binary()))


def without_values(name: str) -> st.SearchStrategy[Any]:
    cls = getattr(ours, name)
    skipped = [spec.name for spec in cls.__fields__ if _is_well_known(spec.value or spec)]
    # by way of JSON, which has one NaN where a double has many
    return messages(cls).map(lambda message: cls.from_json(_cleared(message, skipped).to_json()))


def _is_well_known(spec: FieldSpec) -> bool:
    return spec.kind in (Kind.MESSAGE, Kind.ENUM) and full_name(spec.type).startswith("google.protobuf.")


def _cleared(message: Any, names: list[str]) -> Any:
    for name in names:
        message.clear_field(name)
    return message


def same(theirs: Any, ours: Any) -> bool:
    """Whether our message is Google's, to the last bit (NaNs are not equal)."""
    twin = type(theirs).FromString(ours.to_binary())
    return bool(twin.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True))


def _to_binary32(value: Any) -> Any:
    """JSON with its numbers rounded: Google's has more digits of subnormal floats than it takes to tell them apart."""
    if isinstance(value, dict):
        return {key: _to_binary32(element) for key, element in value.items()}
    if isinstance(value, list):
        return [_to_binary32(element) for element in value]
    return float32.rounded(value) if isinstance(value, float) else value


@each_message
@settings(max_examples=40)
@given(data=st.data())
def test_generated_messages_of_both_sides_agree(name: str, data: st.DataObject) -> None:
    message = data.draw(without_values(name))
    our_class, their_class = getattr(ours, name), getattr(google, name)
    theirs = their_class.FromString(message.to_binary())
    assert same(json_format.Parse(message.to_json(), their_class()), our_class.from_binary(message.to_binary()))
    written = json_format.MessageToJson(theirs)
    assert _to_binary32(json.loads(written)) == _to_binary32(message.to_dict())
    assert same(theirs, our_class.from_json(written))
    full = json_format.MessageToDict(
        theirs, always_print_fields_with_no_presence=True, preserving_proto_field_name=True
    )
    assert _to_binary32(message.to_dict(with_defaults=True, proto_names=True)) == _to_binary32(full)


@settings(max_examples=40)
@given(
    st.integers(-62_135_596_800, 253_402_300_799),
    st.integers(0, 999_999_999) | st.sampled_from([0, 1_000, 1_000_000, 500_000_000]),
    st.integers(-315_576_000_000, 315_576_000_000),
    WELL_KNOWN,
)
def test_well_known_types_of_both_sides_agree(seconds: int, nanos: int, length: int, value: Any) -> None:
    theirs = google.Known()
    theirs.timestamp.seconds, theirs.timestamp.nanos = seconds, nanos
    theirs.duration.seconds, theirs.duration.nanos = length, nanos if length >= 0 else -nanos
    json_format.ParseDict(value, theirs.value)
    json_format.ParseDict({"a": value}, theirs.struct)
    json_format.ParseDict([value], theirs.list)
    theirs.any.Pack(theirs.timestamp)
    message = ours.Known.from_binary(theirs.SerializeToString())
    assert message.to_dict() == json_format.MessageToDict(theirs)
    assert same(theirs, ours.Known.from_json(json_format.MessageToJson(theirs)))
    assert json_format.Parse(message.to_json(), google.Known()) == theirs


DOCUMENTS = st.one_of(
    *[
        without_values(name).map(lambda message: message.to_json())
        for name in ("Scalars", "Repeated", "Maps", "Choice", "Tree")
    ],
    st.sampled_from(
        [
            '{"timestamp":"1972-01-01T10:00:20.021Z","duration":"-3.5s","mask":"a.bC,d","alias":"UNO"}',
            '{"any":{"@type":"x/json_sample.Known","any":{"@type":"x/google.protobuf.Duration","value":"1s"}}}',
            '{"struct":{"a":[1,{"b":null}]},"value":"\\ud83d\\ude00","list":[[],{}],"fBytes":"AA==","null":null}',
            '{"fDouble":"-Infinity","fFloat":1e-45,"fInt64":"-1e2","fUint64":1.5e1,"fInt32":0,"fBool":true}',
        ]
    ),
)
CLASSES = st.sampled_from([ours.Scalars, ours.Repeated, ours.Maps, ours.Choice, ours.Tree, ours.Known])


@given(mutated(DOCUMENTS.map(str.encode)), CLASSES, st.booleans())
def test_damaged_documents_raise_nothing_but_decode_errors(data: bytes, cls: Any, ignore_unknown: bool) -> None:
    try:
        message = cls.from_json(data, ignore_unknown=ignore_unknown, registry=REGISTRY)
    except DecodeError as error:
        assert error.reason
        assert error.line is not None
        assert error.column is not None
        assert 1 <= error.line <= data.count(b"\n") + 1
        assert 1 <= error.column <= len(data) + 1
    else:
        assert message.to_binary() == cls.from_binary(message.to_binary()).to_binary()


@given(st.text(max_size=30) | st.text(alphabet='{}[]",:\\ux0123456789.eE+-truefalsn \n', max_size=40), CLASSES)
def test_any_text_is_a_message_or_a_decode_error(text: str, cls: Any) -> None:
    for document in (text, f'{{"fString":{text}}}', f'{{"fInt32":{text}}}', f'{{"value":{text}}}'):
        try:
            cls.from_json(document, ignore_unknown=True)
        except DecodeError as error:
            assert error.line is not None


@given(
    st.dictionaries(st.sampled_from([*"abc", "fInt32", "fString", "value", "left", "label", "tree"]), WELL_KNOWN),
    CLASSES,
)
def test_any_values_are_a_message_or_a_decode_error(value: Any, cls: Any) -> None:
    try:
        message = cls.from_dict(value, ignore_unknown=True)
    except DecodeError as error:
        assert error.path.startswith("$")
    else:
        assert cls.from_json(message.to_json()) == message


@each_sample
@settings(max_examples=40)
@given(data=st.data())
def test_the_quick_writer_and_the_careful_one_write_the_same(cls: Any, data: st.DataObject) -> None:
    message = data.draw(messages(cls))
    for flags in itertools.product((False, True), repeat=3):
        quick = Writer.of(cls, Options(*flags)).write(message, MAX_DEPTH, REGISTRY)
        careful = Writer.of(cls, Options(*flags, careful=True)).write(message, MAX_DEPTH, REGISTRY)
        assert quick == careful
