"""What generated modules say: every decision about them, for :mod:`protoc_plugin.render` to lay out.

Strings in the model are Python source (names, annotations, expressions), except ``doc`` and ``source``, which are text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from minirpc.message.wkt.descriptor_pb import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from protoc_plugin import names
from protoc_plugin.comments import Comments
from protoc_plugin.options import Options
from protoc_plugin.scope import Module, ModuleScope, Type, TypeIndex

__all__ = ["Enum", "EnumValue", "Field", "Message", "MessagesModule", "Oneof", "messages_module"]

CONTRACT = "from minirpc.codegen import messages_v1 as _pb"

# field numbers of descriptor.proto, of which the paths of comments are made
MESSAGES_OF_FILE, ENUMS_OF_FILE = 4, 5
FIELDS_OF_MESSAGE, MESSAGES_OF_MESSAGE, ENUMS_OF_MESSAGE, ONEOFS_OF_MESSAGE = 2, 3, 4, 8
VALUES_OF_ENUM = 2

Kind = FieldDescriptorProto.Type
Label = FieldDescriptorProto.Label

_SCALARS = {
    Kind.DOUBLE: "float",
    Kind.FLOAT: "float",
    Kind.INT64: "int",
    Kind.UINT64: "int",
    Kind.INT32: "int",
    Kind.FIXED64: "int",
    Kind.FIXED32: "int",
    Kind.BOOL: "bool",
    Kind.STRING: "str",
    Kind.BYTES: "bytes",
    Kind.UINT32: "int",
    Kind.SFIXED32: "int",
    Kind.SFIXED64: "int",
    Kind.SINT32: "int",
    Kind.SINT64: "int",
}
_PACKABLE = {*_SCALARS, Kind.ENUM} - {Kind.STRING, Kind.BYTES}


@dataclass(frozen=True)
class EnumValue:
    """A line of an enum: ``FICTION = 1``."""

    name: str
    number: int
    doc: str


@dataclass(frozen=True)
class Enum:
    """An enum class. ``arguments`` stand behind its base class."""

    name: str
    arguments: tuple[str, ...]
    doc: str
    values: tuple[EnumValue, ...]


@dataclass(frozen=True)
class Field:
    """A line of a message class: ``name: annotation = helper(arguments)``."""

    name: str
    annotation: str
    helper: str
    arguments: tuple[str, ...]
    doc: str


@dataclass(frozen=True)
class Oneof:
    """The property of a oneof: its type is the union of the ``alternatives`` and None."""

    name: str
    decorator: str
    alternatives: tuple[str, ...]
    doc: str


@dataclass(frozen=True)
class Message:
    """A message class. ``arguments`` stand behind its base class."""

    name: str
    arguments: tuple[str, ...]
    doc: str
    enums: tuple[Enum, ...]
    messages: tuple[Message, ...]
    fields: tuple[Field, ...]
    oneofs: tuple[Oneof, ...]


@dataclass(frozen=True)
class MessagesModule:
    """An ``x_pb.py``.

    Attributes:
        path: the module's file.
        source: the name of the .proto file.
        package: its proto package.
        doc: its comment.
        imports: the import lines, in groups.
        enums, messages: the classes at top level.
        aliases: second names of classes, and the classes.
        descriptor: the serialized ``FileDescriptorProto``, without source positions and comments.
    """

    path: str
    source: str
    package: str
    doc: str
    imports: tuple[tuple[str, ...], ...]
    enums: tuple[Enum, ...]
    messages: tuple[Message, ...]
    aliases: tuple[tuple[str, str], ...]
    descriptor: bytes


def messages_module(file: FileDescriptorProto, index: TypeIndex, options: Options) -> MessagesModule:
    """Decides what the ``x_pb.py`` of a file says."""
    module = index.module(file.name or "")
    own = [found.name or "" for found in (*file.enum_type, *file.message_type)]
    bound = {names.top_level_name(name) for name in own}
    public = {name: source for name, source in _public_names(file, index) if name not in bound}
    scope = ModuleScope(module, options, bound | set(public))
    for name, source in public.items():
        scope.import_name(source, f"{name} as {name}")
    builder = _Builder(file, index, scope)
    enums = tuple(
        builder.enum(enum, names.top_level_name(enum.name or ""), (ENUMS_OF_FILE, position))
        for position, enum in enumerate(file.enum_type)
    )
    messages = tuple(
        builder.message(message, (names.top_level_name(message.name or ""),), (MESSAGES_OF_FILE, position))
        for position, message in enumerate(file.message_type)
    )
    return MessagesModule(
        path=module.path,
        source=file.name or "",
        package=file.package or "",
        doc=builder.comments.of_file(),
        imports=scope.imports(CONTRACT),
        enums=enums,
        messages=messages,
        aliases=tuple((alias, name) for name, alias in scope.aliases.items()),
        descriptor=_without_source_info(file),
    )


def _public_names(file: FileDescriptorProto, index: TypeIndex) -> Iterator[tuple[str, Module]]:
    """The classes that a file hands on to those who import it (``import public``), and their modules."""
    for position in file.public_dependency:
        imported = index.files[file.dependency[position]]
        for found in (*imported.enum_type, *imported.message_type):
            yield names.top_level_name(found.name or ""), index.module(imported.name or "")
        yield from _public_names(imported, index)


def _without_source_info(file: FileDescriptorProto) -> bytes:
    bare = FileDescriptorProto.from_binary(file.to_binary())
    bare.source_code_info = None
    return bare.to_binary()


class _Builder:
    """Makes the classes of one file.

    ``path`` parameters lead to an element through the FileDescriptorProto, for its comment; ``owner`` is the path of
    Python names of the class that an element lies in.
    """

    def __init__(self, file: FileDescriptorProto, index: TypeIndex, scope: ModuleScope) -> None:
        self.comments = Comments(file)
        self._index = index
        self._scope = scope
        self._is_proto3 = file.syntax == "proto3"

    def enum(self, enum: EnumDescriptorProto, name: str, path: tuple[int, ...]) -> Enum:
        value_names = names.enum_value_names(enum.name or "", [value.name or "" for value in enum.value])
        values = tuple(
            EnumValue(value_name, value.number or 0, self.comments.of(*path, VALUES_OF_ENUM, position))
            for position, (value_name, value) in enumerate(zip(value_names, enum.value, strict=True))
        )
        return Enum(name, _name_argument(name, enum.name), self.comments.of(*path), values)

    def message(self, message: DescriptorProto, owner: tuple[str, ...], path: tuple[int, ...]) -> Message:
        """Args: ``owner`` ends in the message's own name."""
        entries = {nested.name: nested for nested in message.nested_type if nested.options and nested.options.map_entry}
        fields = [_Draft(field, message, entries, self._is_proto3) for field in message.field]
        oneofs = {position: [] for position, _ in enumerate(message.oneof_decl)}  # type: dict[int, list[_Draft]]
        for draft in fields:
            if draft.oneof is not None:
                oneofs[draft.oneof].append(draft)
        nested = [
            (found.name or "", position, found)
            for position, found in enumerate(message.nested_type)
            if found.name not in entries
        ]
        members = {
            *(names.member_name(enum.name or "") for enum in message.enum_type),
            *(names.member_name(name) for name, _, _ in nested),
            *(draft.name for draft in fields),
            *(names.member_name(message.oneof_decl[position].name or "") for position, drafts in oneofs.items() if drafts),
        }
        return Message(
            name=owner[-1],
            arguments=_name_argument(owner[-1], message.name),
            doc=self.comments.of(*path),
            enums=tuple(
                self.enum(enum, names.member_name(enum.name or ""), (*path, ENUMS_OF_MESSAGE, position))
                for position, enum in enumerate(message.enum_type)
            ),
            messages=(),
            fields=(),
            oneofs=(),
        )
