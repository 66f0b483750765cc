"""Protobuf's text format by property: round trips, Google's implementation beside, and damaged texts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from google.protobuf import text_format
from google_twin import google_class, google_values, to_google, values
from hypothesis import given
from hypothesis import strategies as st
from proto2_samples import ALL as PROTO2
from proto2_samples import EXTENSIONS, Loose
from samples import ALL, Color, Empty, Tree
from strategies import examples, messages, mutated, unknown_fields

from minirpc.errors import DecodeError
from minirpc.message.registry import Registry

few = examples(25)  # for each class
each_class = pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__qualname__)

_OUR_ENUM_VALUE = re.compile(rf": ({'|'.join(Color.__members__)})$", re.MULTILINE)
"""Strings end in a quote: only names of enum values stand at the end of a line. Google's twins have a prefix there."""


@each_class
@few
@given(data=st.data())
def test_what_is_written_reads_as_the_same_message(cls: Any, data: st.DataObject) -> None:
    message = data.draw(messages(cls))
    expected = cls.from_binary(message.to_binary())  # floats as binary32
    for single_line in (True, False):
        text = message.to_text(single_line=single_line)
        assert values(cls.from_text(text)) == values(expected)
        assert cls.from_text(text.encode()).to_text(single_line=single_line) == text


@each_class
@few
@given(data=st.data())
def test_google_reads_what_we_write(cls: Any, data: st.DataObject) -> None:
    message = data.draw(messages(cls))
    text = _OUR_ENUM_VALUE.sub(r": Color_\1", message.to_text())
    theirs = text_format.Parse(text, google_class(cls)())
    assert google_values(theirs, cls) == values(cls.from_binary(message.to_binary()))


@each_class
@few
@given(data=st.data(), as_utf8=st.booleans(), pointy_brackets=st.booleans(), short=st.booleans())
def test_we_read_what_google_writes(
    cls: Any, data: st.DataObject, as_utf8: bool, pointy_brackets: bool, short: bool
) -> None:
    message = data.draw(messages(cls))
    text = text_format.MessageToString(
        to_google(message),
        as_utf8=as_utf8,
        pointy_brackets=pointy_brackets,
        use_short_repeated_primitives=short,
    )
    text = re.sub(r"\bColor_([A-Z]+)(?=[],]|$)", r"\1", text, flags=re.MULTILINE)  # the twins' prefix
    assert values(cls.from_text(text)) == values(cls.from_binary(message.to_binary()))


@given(messages(Tree))
def test_the_layout_is_googles(message: Tree) -> None:
    ours, theirs = message.to_text(), text_format.MessageToString(to_google(message))
    # but control characters beyond ASCII are escaped by us
    without_strings = [[line for line in text.split("\n") if '"' not in line] for text in (ours, theirs)]
    assert without_strings[0] == without_strings[1]


@given(unknown_fields((1, 2, 100)))
def test_any_unknown_fields_can_be_shown(data: bytes) -> None:
    text = Empty.from_binary(data).to_text(unknown_fields=True)
    assert text.count("{") >= text.count("\n}")


_TOKENS = st.sampled_from(
    [
        "label", "child", "children", "by_name", "weight", "load_tree", "marks", "key", "value", "nope", "true", "inf",
        ":", ":", "{", "}", "<", ">", "[", "]", ",", ";", "-", "0", "7", "0x1F", "017", "1.5", "1e400", ".5f", "'a'",
        '"\\x41"', "'\\q'", "'\\ud800'", "'", '"', "[a.b]", "[a/b]", "[type.googleapis.com/google.protobuf.Any]", "#",
        "# c\n", "\n", "\\", "\0", "é", "\U0001f600", "089", "1a",
    ]
)  # fmt: skip


@given(st.lists(_TOKENS, max_size=30), st.sampled_from(["", " "]))
def test_any_sequence_of_tokens_is_read_or_refused(tokens: list[str], between: str) -> None:
    try:
        message = Tree.from_text(between.join(tokens))
    except DecodeError as error:
        assert error.line
        assert error.column
    else:
        assert Tree.from_text(message.to_text()) == message


@each_class
@few
@given(data=st.data())
def test_damaged_texts_are_read_or_refused(cls: Any, data: st.DataObject) -> None:
    text = data.draw(mutated(messages(cls).map(lambda message: message.to_text().encode())))
    try:
        message = cls.from_text(text)
    except DecodeError as error:
        assert error.line
        assert error.column
        assert error.path.startswith(cls.__full_name__())
    else:
        assert values(cls.from_text(message.to_text())) == values(message)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        Tree.from_text(text)
    except DecodeError as error:
        assert error.offset is None


@each_class
@few
@given(data=st.data())
def test_equal_messages_give_equal_texts(cls: Any, data: st.DataObject) -> None:
    message = data.draw(messages(cls))
    shuffled = cls.from_binary(message.to_binary())
    for spec in cls.__fields__:
        value = getattr(shuffled, spec.name)
        if isinstance(value, dict):
            setattr(shuffled, spec.name, dict(reversed(value.items())))
    assert shuffled.to_text() == message.to_text()


def test_strings_of_any_bytes_are_escaped_as_bytes() -> None:
    message = Loose(one="a\udcff\udcc3é", many=["\udc80"], by_name={"\udcfe": "\udcfd"})
    text = message.to_text(single_line=True)
    assert text == r"""one: "a\377\303é" many: "\200" by_name { key: "\376" value: "\375" }"""
    assert Loose.from_text(text) == message
    with pytest.raises(DecodeError, match="invalid UTF-8"):
        Loose.from_text(r"strict: '\377'")


@pytest.mark.parametrize("cls", PROTO2, ids=lambda cls: cls.__qualname__)
@examples(20)
@given(data=st.data())
def test_messages_of_proto2_round_trip(cls: Any, data: st.DataObject) -> None:
    registry = Registry(*EXTENSIONS)
    message = data.draw(messages(cls))
    assert values(cls.from_text(message.to_text(registry=registry), registry=registry)) == values(message)
