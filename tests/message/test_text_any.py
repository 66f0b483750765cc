"""``google.protobuf.Any`` in protobuf's text format."""

from __future__ import annotations

import pytest
import samples
from samples import Implicit, Optional, Tree
from text_faults import fault

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError
from minirpc.message.registry import Registry
from minirpc.message.wkt import Any, Duration, Int32Value

REGISTRY = Registry(samples)


class Holder(pb.Message):
    any: Any | None = pb.message(1, lambda: Any)
    many: list[Any] = pb.message(2, lambda: Any, repeated=True)


def packed(message: pb.Message, prefix: str = "type.googleapis.com") -> Any:
    return Any(type_url=f"{prefix}/{type(message).__full_name__()}", value=message.to_binary())


def test_the_message_in_an_any_is_written_out() -> None:
    holder = Holder(any=packed(Tree(label="a", child=Tree())), many=[packed(Duration(seconds=1)), Any()])
    text = holder.to_text(registry=REGISTRY)
    assert text == (
        "any {\n"
        "  [type.googleapis.com/Tree] {\n"
        '    label: "a"\n'
        "    child {\n"
        "    }\n"
        "  }\n"
        "}\n"
        "many {\n"
        "  [type.googleapis.com/google.protobuf.Duration] {\n"
        "    seconds: 1\n"
        "  }\n"
        "}\n"
        "many {\n"
        "}\n"
    )
    assert Holder.from_text(text, registry=REGISTRY) == holder


def test_an_any_at_the_root() -> None:
    stored = packed(Implicit(f_int32=1))
    assert stored.to_text(single_line=True, registry=REGISTRY) == "[type.googleapis.com/Implicit] { f_int32: 1 }"
    assert Any.from_text("[type.googleapis.com/Implicit] { f_int32: 1 }", registry=REGISTRY) == stored


def test_any_in_any() -> None:
    stored = packed(packed(packed(Implicit(f_bool=True))))
    text = stored.to_text(single_line=True, registry=REGISTRY)
    outer = "[type.googleapis.com/google.protobuf.Any] { "
    assert text == outer * 2 + "[type.googleapis.com/Implicit] { f_bool: true } } }"
    assert Any.from_text(text, registry=REGISTRY) == stored


@pytest.mark.parametrize(
    "value",
    [
        Any(type_url="type.googleapis.com/Nobody", value=b"\x08\x01"),
        Any(type_url="Tree", value=b""),
        Any(type_url="/Tree", value=b""),
        Any(type_url="type.googleapis.com/", value=b""),
        Any(type_url="a b/Tree", value=b""),
        Any(type_url="%ZZ/Tree", value=b""),
        Any(type_url="Київ/Tree", value=b""),
        Any(type_url="a\n/Tree", value=b""),
        Any(type_url="a/Tree\n", value=b""),
        Any(type_url="type.googleapis.com/Tree", value=b"\x08"),
        Any(value=b"x"),
        Any(),
        Any.__new__(Any),
    ],
)
def test_what_cannot_be_written_out_is_written_as_it_is(value: Any) -> None:
    text = value.to_text(registry=REGISTRY)
    assert "[" not in text
    assert text == value.to_text()
    assert Any.from_text(text, registry=REGISTRY) == value


def test_without_a_registry_the_well_known_types_are_known() -> None:
    assert packed(Tree()).to_text() == 'type_url: "type.googleapis.com/Tree"\n'
    assert fault(Holder, "any { [type.googleapis.com/Tree] {} }")[1] == "the registry has no message type 'Tree'"
    stored = packed(Int32Value(value=5))
    assert stored.to_text(single_line=True) == "[type.googleapis.com/google.protobuf.Int32Value] { value: 5 }"
    assert Any.from_text(stored.to_text()) == stored


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("[type.googleapis.com/Tree]", "type.googleapis.com"),
        ("[ type . googleapis.com / Tr\n ee ]", "type.googleapis.com"),
        ("[type.google # a ] comment\napis.com/Tree #\n]", "type.googleapis.com"),
        ("[a/b-c_0/~!$&()*+,;=/Tree]", "a/b-c_0/~!$&()*+,;="),
        ("[a%2F/Tree]", "a%2F"),
    ],
)
@pytest.mark.parametrize("value", [" { label: 'a' }", ": { label: 'a' },", "< label: 'a' >;"])
def test_spellings(name: str, prefix: str, value: str) -> None:
    expected = Holder(any=packed(Tree(label="a"), prefix), many=[packed(Tree(label="a"), prefix)])
    assert Holder.from_text(f"any {{ {name}{value} }} many [{{ {name}{value} }}]", registry=REGISTRY) == expected


def test_the_fields_of_an_any() -> None:
    text = r"any { type_url: 'type.googleapis.com/Implicit' value: '\x28\x01' }"
    assert Holder.from_text(text) == Holder(any=packed(Implicit(f_int32=1)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("any { [a/Tree] {} [a/Tree] {} }", "an Any holds one message, and this one has something already"),
        ("any { value: '' [a/Tree] {} }", "an Any holds one message, and this one has something already"),
        ("any { [a/Tree] {} value: '' }", "set twice"),
        ("any { [a/Tree] {} type_url: '' }", "set twice"),
        ("any { [a/Nobody] {} }", "the registry has no message type 'Nobody'"),
        ("any { [a/Tree] { nope: 1 } }", "expected a field of the message, got 'nope'"),
        ("any { [a/Tree]: 1 }", "expected '{' or '<', got '1'"),
        ("any { [a/Tree]: [{}] }", "expected '{' or '<', got '['"),
        ("any { [Tree] {} }", "unknown extension '[Tree]'"),
        ("[a/Tree] {}", "only google.protobuf.Any takes the name of a type in brackets"),
    ],
)
def test_malformed(text: str, reason: str) -> None:
    assert fault(Holder, text, registry=REGISTRY)[1] == reason


def test_the_path_leads_through_the_any() -> None:
    text = "many {} many { [a.b/Tree] { child { label: 5 } } }"
    assert fault(Holder, text, registry=REGISTRY) == (
        "Holder.many[1][a.b/Tree].child.label",
        "expected a string, got '5'",
        1,
        44,
    )


def test_depth_goes_through_the_any() -> None:
    text = "any { [a/google.protobuf.Any] { [a/Tree] { child { } } } }"
    Holder.from_text(text, registry=REGISTRY, max_depth=4)
    with pytest.raises(DecodeError, match="nested deeper than 3 levels"):
        Holder.from_text(text, registry=REGISTRY, max_depth=3)
    deep = "[a/google.protobuf.Any] {" * 10_000 + "}" * 10_000
    assert fault(Any, deep)[1] == "nested deeper than 100 levels"


def test_an_any_that_nests_too_deeply_is_written_as_far_as_it_can_be_read_again() -> None:
    stored = packed(Tree(label="x"))
    for _ in range(150):
        stored = packed(stored)
    text = stored.to_text(registry=REGISTRY)
    assert "type_url" in text
    assert Any.from_text(text, registry=REGISTRY) == stored


def test_a_message_that_was_read_but_cannot_be_stored() -> None:
    text = "[a/Tree] {" + "child {" * 150 + "}" * 151
    with pytest.raises(DecodeError, match="nested deeper than 100 levels"):
        Any.from_text(text, registry=REGISTRY, max_depth=200)


def test_unknown_fields_of_the_message_in_an_any() -> None:
    stored = Any(type_url="a/Same", value=Optional(f_int32=1, f_bool=True).to_binary())
    assert stored.to_text(single_line=True, registry=REGISTRY) == "[a/Same] { f_int32: 1 }"
    assert stored.to_text(single_line=True, registry=REGISTRY, unknown_fields=True) == "[a/Same] { f_int32: 1 8: 1 }"


def test_another_type_named_any_is_no_any() -> None:
    class Any(pb.Message):
        type_url: str = pb.string(1)
        value: bytes = pb.bytes(2)

    assert fault(Any, "[a/Tree] {}")[1] == "only google.protobuf.Any takes the name of a type in brackets"
