"""Descriptions that describe nothing legal are refused with what and where, however large and however twisted."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plugin_runs import golden_set

from minirpc.errors import DecodeError, DescriptorError
from minirpc.message.descriptors import Files
from minirpc.message.dynamic import Classes
from minirpc.message.wkt.descriptor_pb import (
    DescriptorProto,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MessageOptions,
    MethodDescriptorProto,
    OneofDescriptorProto,
    ServiceDescriptorProto,
)

Label, Type = FieldDescriptorProto.Label, FieldDescriptorProto.Type
Range = DescriptorProto.ExtensionRange


def field(name: str = "f", number: int = 1, **more: Any) -> FieldDescriptorProto:
    """A field of type int32, unless told otherwise."""
    more.setdefault("label", Label.OPTIONAL)
    if "type_name" not in more:
        more.setdefault("type", Type.INT32)
    return FieldDescriptorProto(name=name, number=number, **more)


def message(*fields: FieldDescriptorProto, name: str = "M", **more: Any) -> DescriptorProto:
    return DescriptorProto(name=name, field=[*fields], **more)


def enum(*values: str, name: str = "E") -> EnumDescriptorProto:
    return EnumDescriptorProto(
        name=name, value=[EnumValueDescriptorProto(name=value, number=n) for n, value in enumerate(values)]
    )


def file(*messages: DescriptorProto, name: str = "a.proto", **more: Any) -> FileDescriptorProto:
    more.setdefault("syntax", "proto2")
    return FileDescriptorProto(name=name, package="p", message_type=[*messages], **more)


def entry(*fields: FieldDescriptorProto) -> DescriptorProto:
    return message(*fields, name="FEntry", options=MessageOptions(map_entry=True))


def map_of(inner: DescriptorProto, **more: Any) -> DescriptorProto:
    more.setdefault("label", Label.REPEATED)
    return message(field(type=Type.MESSAGE, type_name=".p.M.FEntry", **more), nested_type=[inner])


KEY, VALUE = field("key", 1), field("value", 2)
SET = message(name="Set", options=MessageOptions(message_set_wire_format=True), extension_range=[Range(start=4, end=9)])


def extension(number: int, extendee: str | None = ".p.X", **more: Any) -> FieldDescriptorProto:
    return field("x", number, extendee=extendee, **more)


OPEN = message(name="X", extension_range=[Range(start=100, end=200), Range(start=10, end=20)])

FAULTS: list[tuple[FileDescriptorProto, str]] = [
    (file(dependency=["b.proto"]), "a.proto: imports 'b.proto', which is not there"),
    (file(dependency=["a.proto"]), "a.proto: imports itself in a circle: a.proto → a.proto"),
    (file(public_dependency=[0]), "a.proto: public_dependency 0 is none of its 0 imports"),
    (file(message(), message()), "a.proto: p.M: is defined twice"),
    (file(message(field(), field(number=2))), "a.proto: p.M.f: is defined twice"),
    (file(message(field(), field("g"))), "a.proto: p.M.g: has number 1, and so has f"),
    (file(message(field(number=0))), "a.proto: p.M.f: number 0 is not between 1 and 2**29 - 1"),
    (file(message(field(number=-1))), "a.proto: p.M.f: number -1 is not between 1 and 2**29 - 1"),
    (file(message(field(number=1 << 29))), "a.proto: p.M.f: number 536870912 is not between 1 and 2**29 - 1"),
    (file(message(field("a b"))), "a.proto: p.M: 'a b' is no name"),
    (file(message(field(""))), "a.proto: p.M: '' is no name"),
    (file(message(field("ключ"))), "a.proto: p.M: 'ключ' is no name"),
    (file(message(name="x" * 2000)), "a.proto: p: the full name of " + "x" * 100 + "… is too long"),
    (FileDescriptorProto(name="a.proto", package="p..q"), "a.proto: 'p..q' is no name of a package"),
    (file(message(field(type=None))), "a.proto: p.M.f: has no type"),
    (file(message(field(type=Type.MESSAGE))), "a.proto: p.M.f: has no type"),
    (file(message(field(type_name=".p.None"))), "a.proto: p.M.f: refers to '.p.None', which is not there"),
    (file(message(field(type_name="M.N"))), "a.proto: p.M.f: refers to 'M.N', which is not there"),
    (file(message(field(type_name=".p.M.f"))), "a.proto: p.M.f: p.M.f is no type"),
    (file(message(field(type=Type.ENUM, type_name=".p.M"))), "a.proto: p.M.f: .p.M is no type for TYPE_ENUM"),
    (file(message(field(type=Type.INT32, type_name=".p.M"))), "a.proto: p.M.f: .p.M is no type for TYPE_INT32"),
    (file(enum_type=[enum()]), "a.proto: p.E: an enum needs a value"),
    (file(enum_type=[enum("A"), enum("A", name="F")]), "a.proto: p.A: is defined twice"),
    (file(message(field(oneof_index=0))), "a.proto: p.M: oneof_index 0 is none of its 0 oneofs"),
    (
        file(message(field(oneof_index=-1), oneof_decl=[OneofDescriptorProto(name="o")])),
        "a.proto: p.M: oneof_index -1 is none of its 1 oneofs",
    ),
    (
        file(message(field(oneof_index=0, label=Label.REPEATED), oneof_decl=[OneofDescriptorProto(name="o")])),
        "a.proto: p.M.f: a member of a oneof is no repeated field",
    ),
    (file(message(field(default_value="x"))), "a.proto: p.M.f: default 'x': no number of type int32"),
    (file(message(field(default_value="9" * 99))), "a.proto: p.M.f: default '9999"),
    (file(message(field(default_value="2147483648"))), "a.proto: p.M.f: default '2147483648': no number of type int32"),
    (file(message(field(type=Type.BOOL, default_value="1"))), "a.proto: p.M.f: default '1': neither true nor false"),
    (file(message(field(type=Type.DOUBLE, default_value="1_0"))), "a.proto: p.M.f: default '1_0': no number"),
    (file(message(field(type=Type.BYTES, default_value="\\q"))), "a.proto: p.M.f: default '\\\\q': a backslash"),
    (file(message(field(label=Label.REPEATED, default_value="1"))), "a.proto: p.M.f: has no presence"),
    (file(message(field(default_value="1")), syntax="proto3"), "a.proto: p.M.f: has no presence"),
    (
        file(message(field(type_name=".p.E", default_value="B")), enum_type=[enum("A")]),
        "a.proto: p.M.f: default 'B' is no value of p.E",
    ),
    (
        file(message(field(type_name=".p.M", default_value="B"))),
        "a.proto: p.M.f: default 'B': a message field has no default",
    ),
    (file(map_of(entry(KEY))), "a.proto: p.M.FEntry: is no entry of a map"),
    (file(map_of(entry(VALUE, KEY))), "a.proto: p.M.FEntry: is no entry of a map"),
    (file(map_of(entry(field("key", type=Type.FLOAT), VALUE))), "a.proto: p.M.FEntry: is no entry of a map"),
    (file(map_of(entry(KEY, VALUE), label=Label.OPTIONAL)), "a.proto: p.M.f: the entry of a map is the type of that"),
    (
        file(map_of(entry(KEY, VALUE)), message(field(type_name=".p.M.FEntry", label=Label.REPEATED), name="N")),
        "a.proto: p.N.f: the entry of a map is the type of that map alone",
    ),
    (file(OPEN, extension=[extension(9)]), "a.proto: p.x: number 9 of p.X is not open to extensions"),
    (file(OPEN, extension=[extension(20)]), "a.proto: p.x: number 20 of p.X is not open to extensions"),
    (file(message(), extension=[extension(1, ".p.M")]), "a.proto: p.x: number 1 of p.M is not open to extensions"),
    (file(OPEN, extension=[extension(10, None)]), "a.proto: p.x: an extension names no message that it extends"),
    (file(extension=[extension(10, ".p.x")]), "a.proto: p.x: p.x is no message to extend"),
    (file(extension=[extension(10, ".p.Y")]), "a.proto: p.x: refers to '.p.Y', which is not there"),
    (file(SET, extension=[extension(4, ".p.Set")]), "a.proto: p.x: p.Set holds single messages alone"),
    (
        file(message(field(), options=MessageOptions(message_set_wire_format=True))),
        "a.proto: p.M: a message set has no fields but extensions",
    ),
    (
        file(
            service=[
                ServiceDescriptorProto(
                    name="S", method=[MethodDescriptorProto(name="F", input_type=".p.E", output_type=".p.E")]
                )
            ],
            enum_type=[enum("A")],
        ),
        "a.proto: p.S.F: p.E is no message",
    ),
    (file(service=[ServiceDescriptorProto(name="S", method=[MethodDescriptorProto(name="F")])]), "a.proto: p.S.F: "),
    (file(syntax="proto4"), "a.proto: has the unknown syntax 'proto4'; supported are proto2, proto3"),
]


@pytest.mark.parametrize(("proto", "said"), FAULTS, ids=[said[:60] for _, said in FAULTS])
def test_faults_are_named(proto: FileDescriptorProto, said: str) -> None:
    with pytest.raises(DescriptorError) as caught:
        Files([proto])
    assert str(caught.value).startswith(said)
    assert isinstance(caught.value, ValueError)
    assert caught.value.file == "a.proto"


def test_faults_between_files() -> None:
    with pytest.raises(DescriptorError, match=r"a\.proto: there are two files of this name"):
        Files([file(), file(message())])
    assert len(Files([file(message()), file(message())])) == 1
    with pytest.raises(DescriptorError, match=r"b\.proto: p\.M: is defined in a\.proto, too"):
        Files([file(message()), file(message(), name="b.proto")])
    circle = [file(name=f"{n}.proto", dependency=[f"{(n + 1) % 3}.proto"]) for n in range(3)]
    with pytest.raises(DescriptorError, match=r"0\.proto: imports itself in a circle: 0\.proto → 1\.proto → 2\.proto"):
        Files(circle)


def test_names_are_looked_up_from_the_innermost_scope_as_in_a_proto_file() -> None:
    inner = message(
        field("a", type_name="N"), field("b", 2, type_name="p.N"), name="I", nested_type=[message(name="N")]
    )
    files = Files([file(message(name="O", nested_type=[inner]), message(name="N"))])
    fields = files.message("p.O.I").fields
    assert [found.message_type.full_name for found in fields if found.message_type] == ["p.O.I.N", "p.N"]


def test_size_and_depth_do_no_harm() -> None:
    chain = [file(name=f"{n}.proto", dependency=[f"{n + 1}.proto"], public_dependency=[0]) for n in range(5000)]
    assert len(Files([*chain, file(name="5000.proto")])) == 5001
    with pytest.raises(DescriptorError, match=r"imports itself in a circle: 0\.proto → 1\.proto → .* → … → 0\.proto"):
        Files([*chain, file(name="5000.proto", dependency=["0.proto"])])
    nested = message()
    for _ in range(10_000):
        nested = message(nested_type=[nested])
    with pytest.raises(DescriptorError, match="messages nest deeper than 100 levels"):
        Files([file(nested)])
    while nested.nested_type:  # else Python frees it by recursion
        nested = nested.nested_type.pop()
    wide = message(
        *(field(f"f{n}", n + 1, oneof_index=0) for n in range(600)), oneof_decl=[OneofDescriptorProto(name="o")]
    )
    with pytest.raises(DescriptorError, match=r"p\.M\.o: a oneof of 600 members"):
        Classes(Files([file(wide)])).message("p.M")


@functools.cache
def small_set() -> bytes:
    """A set of files that use most of what there is, and import nothing."""
    wanted = {"proto2.proto", "editions.proto", "editions_encodings.proto", "maps.proto", "oneofs.proto"}
    files = [file for file in FileDescriptorSet.from_binary(golden_set()).file if file.name in wanted]
    assert len(files) == len(wanted)
    for each in files:
        each.source_code_info = None
    return FileDescriptorSet(file=files).to_binary()


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_mutated_descriptions_are_refused_or_make_classes(data: st.DataObject) -> None:
    mutated = bytearray(small_set())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at] = data.draw(st.integers(0, 255))
    try:
        classes = Classes(Files.from_binary(bytes(mutated)))
        classes.registry()
    except (DecodeError, DescriptorError):
        return
    for each in classes.files:
        for element in each.messages:
            cls: Any = classes.message(element.full_name)
            cls.from_binary(b"")
