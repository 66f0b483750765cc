"""Whatever things are called, annotations and lambdas find the classes that the .proto file means."""

from __future__ import annotations

import builtins
import functools
import sys
import typing
from collections import ChainMap
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from minirpc.codegen.messages_v1 import Message
from minirpc.message.wkt.descriptor_pb import (
    DescriptorProto,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MessageOptions,
    OneofDescriptorProto,
)
from protoc_plugin import names
from protoc_plugin.main import generate
from protoc_plugin.options import Options

# whatever generated modules use, and what would be mixed up with it
WORDS = (
    "A B int str bytes dict list Literal property type None True class value _A u__A _pb pb _typing annotations self "
    "Message Enum to_binary ValueError __init__ __slots__"
)
Label, Type = FieldDescriptorProto.Label, FieldDescriptorProto.Type
HOW = ["singular", "optional", "repeated", "oneof", "map"]


@st.composite
def messages(draw: st.DrawFn, name: str, depth: int = 0) -> DescriptorProto:
    """A message without the types of its fields."""
    inside = draw(st.lists(st.sampled_from(WORDS.split()), unique=True, max_size=6))
    message = DescriptorProto(name=name)
    for member in inside:
        kind = draw(st.sampled_from(["field", "field", "message", "enum"]))
        if kind == "enum":
            message.enum_type.append(an_enum(member))
        elif kind == "message" and depth < 3:
            message.nested_type.append(draw(messages(member, depth + 1)))
        else:
            message.field.append(FieldDescriptorProto(name=member, number=len(message.field) + 1))
    return message


def an_enum(name: str) -> EnumDescriptorProto:
    return EnumDescriptorProto(name=name, value=[EnumValueDescriptorProto(name=f"{name}_zero", number=0)])


@st.composite
def files(draw: st.DrawFn) -> FileDescriptorProto:
    file = FileDescriptorProto(name="x.proto", package="p", syntax="proto3")
    for name in draw(st.lists(st.sampled_from(WORDS.split()), unique=True, min_size=1, max_size=5)):
        if draw(st.integers(0, 3)):
            file.message_type.append(draw(messages(name)))
        else:
            file.enum_type.append(an_enum(name))
    found = list(walk(file.message_type, ".p"))
    types = [(name, Type.MESSAGE) for name, _ in found]
    types += [(f".p.{enum.name}", Type.ENUM) for enum in file.enum_type]
    types += [(f"{name}.{enum.name}", Type.ENUM) for name, message in found for enum in message.enum_type]
    for name, message in found:
        for field in message.field:
            field.type_name, field.type = draw(st.sampled_from([*types, (None, Type.INT32), (None, Type.STRING)]))
            set_cardinality(name, message, field, draw(st.sampled_from(HOW)))
    return file


def walk(messages: list[DescriptorProto], prefix: str) -> Iterator[tuple[str, DescriptorProto]]:
    """All messages with their full names, without the entries of maps."""
    for message in messages:
        if not message.options:
            yield f"{prefix}.{message.name}", message
            yield from walk(message.nested_type, f"{prefix}.{message.name}")


def set_cardinality(full_name: str, message: DescriptorProto, field: FieldDescriptorProto, how: str) -> None:
    field.label = Label.REPEATED if how in ("repeated", "map") else Label.OPTIONAL
    if how in ("optional", "oneof"):
        field.oneof_index = len(message.oneof_decl)
        field.proto3_optional = how == "optional" or None
        message.oneof_decl.append(OneofDescriptorProto(name=f"{field.name}_oneof"))
    if how == "map":
        key = FieldDescriptorProto(name="key", number=1, type=Type.STRING, label=Label.OPTIONAL)
        value = FieldDescriptorProto(
            name="value", number=2, type=field.type, type_name=field.type_name, label=Label.OPTIONAL
        )
        entry = DescriptorProto(name=f"{field.name}Entry", field=[key, value], options=MessageOptions(map_entry=True))
        message.nested_type.append(entry)
        field.type, field.type_name = Type.MESSAGE, f"{full_name}.{entry.name}"


def run(source: str) -> ModuleType:
    module = ModuleType("generated_for_scopes")
    sys.modules[module.__name__] = module
    exec(compile(source, "<generated>", "exec"), vars(module))
    return module


@settings(deadline=None)
@given(files())
def test_annotations_and_lambdas_agree(file: FileDescriptorProto) -> None:
    module = run(generate([file], ["x.proto"], Options())["x_pb.py"])
    for full_name, descriptor in walk(file.message_type, ".p"):
        check(find(module, full_name), descriptor, module)


def find(module: ModuleType, full_name: str) -> Any:
    """The class that stands for a type."""
    _, _package, first, *rest = full_name.split(".")
    return functools.reduce(getattr, map(names.member_name, rest), getattr(module, names.top_level_name(first)))


def check(cls: type[Message], descriptor: DescriptorProto, module: ModuleType) -> None:
    message = cls()
    entries = {nested.name: nested for nested in descriptor.nested_type if nested.options}
    for field, spec in zip(descriptor.field, cls.__fields__, strict=True):
        assert spec.proto_name == field.name
        getattr(message, spec.name)
        entry = entries.get((field.type_name or "").rpartition(".")[2])
        value, in_python = (entry.field[1], spec.value) if entry else (field, spec)
        assert in_python is not None
        meant = int if value.type == Type.INT32 else str
        if value.type_name:
            meant = find(module, value.type_name)
            assert in_python.type is meant
        # as Python and mypy look names up in a class body, and as pyright does
        scopes = [dict(vars(cls)), vars(module), vars(builtins)]
        for order in (scopes, [*scopes[1:], scopes[0]]):
            assert value_type(eval(cls.__annotations__[spec.name], {}, ChainMap(*order))) is meant
        if field.oneof_index is not None and not field.proto3_optional:
            oneof = descriptor.oneof_decl[field.oneof_index]
            assert getattr(message, names.member_name(oneof.name or "")) is None


def value_type(annotation: Any) -> Any:
    """``X`` of ``X``, ``X | None``, ``list[X]`` and ``dict[str, X]``."""
    arguments = [argument for argument in typing.get_args(annotation) if argument is not type(None)]
    return arguments[-1] if arguments else annotation
