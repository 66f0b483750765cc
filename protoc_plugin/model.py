"""What generated modules say: every decision about them, for :mod:`protoc_plugin.render` to lay out.

Strings in the model are Python source (names, annotations, expressions), except ``doc`` and ``source``, which are text.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
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
from protoc_plugin.scope import Module, ModuleScope, TypeIndex

__all__ = ["Enum", "EnumValue", "Field", "Message", "MessagesModule", "Oneof", "messages_module"]

_CONTRACT = "from minirpc.codegen import messages_v1 as _pb"

# field numbers of descriptor.proto, of which the paths of comments are made
_MESSAGES_OF_FILE, _ENUMS_OF_FILE = 4, 5
_FIELDS_OF_MESSAGE, _MESSAGES_OF_MESSAGE, _ENUMS_OF_MESSAGE, _ONEOFS_OF_MESSAGE = 2, 3, 4, 8
_VALUES_OF_ENUM = 2

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
    bound = set(_top_level_names(file))
    public = {name: source for name, source in _public_names(file, index) if name not in bound}
    scope = ModuleScope(module, options, bound | set(public))
    for name, source in public.items():
        scope.import_name(source, f"{name} as {name}")
    comments = Comments(file)
    builder = _Builder(index, scope, comments, is_proto3=file.syntax == "proto3")
    package = f".{file.package}" if file.package else ""
    enums = tuple(
        builder.enum(enum, names.top_level_name(enum.name or ""), (_ENUMS_OF_FILE, position))
        for position, enum in enumerate(file.enum_type)
    )
    messages = tuple(
        builder.message(message, package, (names.top_level_name(message.name or ""),), (_MESSAGES_OF_FILE, position))
        for position, message in enumerate(file.message_type)
    )
    return MessagesModule(
        path=module.path,
        source=file.name or "",
        package=file.package or "",
        doc=comments.of_file(),
        imports=scope.imports(_CONTRACT),  # complete only now: the scope noted what the classes refer to
        enums=enums,
        messages=messages,
        aliases=tuple((alias, name) for name, alias in scope.aliases.items()),
        descriptor=_without_source_info(file),
    )


def _top_level_names(file: FileDescriptorProto) -> Iterator[str]:
    for enum in file.enum_type:
        yield names.top_level_name(enum.name or "")
    for message in file.message_type:
        yield names.top_level_name(message.name or "")


def _public_names(file: FileDescriptorProto, index: TypeIndex) -> Iterator[tuple[str, Module]]:
    """The classes that a file hands on to those who import it (``import public``), and their modules."""
    for position in file.public_dependency:
        imported = index.files[file.dependency[position]]
        for name in _top_level_names(imported):
            yield name, index.module(imported.name or "")
        yield from _public_names(imported, index)


def _without_source_info(file: FileDescriptorProto) -> bytes:
    bare = copy.copy(file)
    bare.source_code_info = None
    return bare.to_binary()


def _class_arguments(name: str, proto_name: str) -> tuple[str, ...]:
    return () if name == proto_name else (f'name="{proto_name}"',)


@dataclass(frozen=True)
class _Builder:
    """Makes the classes of one file.

    ``path`` parameters lead to an element through the FileDescriptorProto, for its comment; ``owner`` parameters are
    the Python names that lead to the class whose body is made.
    """

    index: TypeIndex
    scope: ModuleScope
    comments: Comments
    is_proto3: bool

    def enum(self, enum: EnumDescriptorProto, name: str, path: tuple[int, ...]) -> Enum:
        value_names = names.enum_value_names(enum.name or "", [value.name or "" for value in enum.value])
        return Enum(
            name=name,
            arguments=_class_arguments(name, enum.name or ""),
            doc=self.comments.of(*path),
            values=tuple(
                EnumValue(value_name, value.number or 0, self.comments.of(*path, _VALUES_OF_ENUM, position))
                for position, (value_name, value) in enumerate(zip(value_names, enum.value, strict=True))
            ),
        )

    def message(self, message: DescriptorProto, parent: str, owner: tuple[str, ...], path: tuple[int, ...]) -> Message:
        full_name = f"{parent}.{message.name}"
        body = _Body(self, message, full_name, owner)
        return Message(
            name=owner[-1],
            arguments=_class_arguments(owner[-1], message.name or ""),
            doc=self.comments.of(*path),
            enums=tuple(
                self.enum(enum, names.member_name(enum.name or ""), (*path, _ENUMS_OF_MESSAGE, position))
                for position, enum in enumerate(message.enum_type)
            ),
            messages=tuple(
                self.message(
                    nested,
                    full_name,
                    (*owner, names.member_name(nested.name or "")),
                    (*path, _MESSAGES_OF_MESSAGE, position),
                )
                for position, nested in enumerate(message.nested_type)
                if not _is_map_entry(nested)
            ),
            fields=tuple(
                body.field(field, self.comments.of(*path, _FIELDS_OF_MESSAGE, position))
                for position, field in enumerate(message.field)
            ),
            oneofs=tuple(
                body.oneof(position, self.comments.of(*path, _ONEOFS_OF_MESSAGE, position)) for position in body.oneofs
            ),
        )


def _is_map_entry(message: DescriptorProto) -> bool:
    return bool(message.options and message.options.map_entry)


def _oneof_index(field: FieldDescriptorProto) -> int | None:
    """The oneof of a field, without those that protoc makes for ``optional`` fields."""
    return None if field.proto3_optional else field.oneof_index


class _Body:
    """The body of one message class."""

    def __init__(self, builder: _Builder, message: DescriptorProto, full_name: str, owner: tuple[str, ...]) -> None:
        used = {_oneof_index(field) for field in message.field}
        self.oneofs = {
            position: names.member_name(oneof.name or "")
            for position, oneof in enumerate(message.oneof_decl)
            if position in used
        }
        """The Python names of the message's oneofs, by their index."""
        self._builder = builder
        self._scope = builder.scope
        self._message = message
        self._owner = owner
        self._entries = {
            f"{full_name}.{nested.name}": nested for nested in message.nested_type if _is_map_entry(nested)
        }
        self._members = {
            *self.oneofs.values(),
            *(names.member_name(field.name or "") for field in message.field),
            *(names.member_name(enum.name or "") for enum in message.enum_type),
            *(names.member_name(nested.name or "") for nested in message.nested_type),
        }

    def field(self, field: FieldDescriptorProto, doc: str) -> Field:
        name = names.member_name(field.name or "")
        entry = self._entries.get(field.type_name or "")
        arguments = [str(field.number)]
        if entry:
            key, value = entry.field
            helper = "map"
            annotation = f"{self._builtin('dict')}[{self._value_type(key)}, {self._value_type(value)}]"
            arguments += [f'"{_helper(key)}"', f'"{_helper(value)}"', *self._class(value)]
        else:
            helper = _helper(field)
            annotation, how = self._cardinality(field)
            arguments += [*self._class(field), *how]
        if name != field.name:
            arguments.append(f'name="{field.name}"')
        if field.json_name is not None and field.json_name != names.json_name(field.name or ""):
            arguments.append(f"json_name={json.dumps(field.json_name, ensure_ascii=False)}")
        return Field(name, annotation, helper, tuple(arguments), doc)

    def oneof(self, position: int, doc: str) -> Oneof:
        literal = self._scope.literal(self._members)
        return Oneof(
            name=self.oneofs[position],
            decorator=self._builtin("property"),
            alternatives=tuple(
                f'_pb.Oneof[{literal}["{names.member_name(field.name or "")}"], {self._value_type(field)}]'
                for field in self._message.field
                if _oneof_index(field) == position
            ),
            doc=doc,
        )

    def _cardinality(self, field: FieldDescriptorProto) -> tuple[str, list[str]]:
        """The annotation of a field that is no map, and the arguments that say how often it occurs."""
        value = self._value_type(field)
        if field.label == Label.REPEATED:
            how = ["repeated=True"]
            if field.type in _PACKABLE and not self._is_packed(field):
                how.append("packed=False")
            return f"{self._builtin('list')}[{value}]", how
        position = _oneof_index(field)
        if position is not None:
            return f"{value} | None", [f'oneof="{self.oneofs[position]}"']
        if field.type in (Kind.MESSAGE, Kind.GROUP):
            return f"{value} | None", []
        if field.proto3_optional or not self._builder.is_proto3:
            return f"{value} | None", ["optional=True"]
        return value, []

    def _is_packed(self, field: FieldDescriptorProto) -> bool:
        chosen = field.options.packed if field.options else None
        return self._builder.is_proto3 if chosen is None else chosen

    def _class(self, field: FieldDescriptorProto) -> list[str]:
        """The argument that gives the class of a field's values; none for a scalar."""
        if not field.type_name:
            return []
        return [f"lambda: {self._scope.expression(self._builder.index[field.type_name])}"]

    def _value_type(self, field: FieldDescriptorProto) -> str:
        """The annotation of one value of a field."""
        if not field.type_name:
            return self._builtin(_SCALARS[_kind(field)])
        return self._scope.annotation(self._builder.index[field.type_name], self._owner, self._members)

    def _builtin(self, name: str) -> str:
        return self._scope.builtin(name, self._members)


def _kind(field: FieldDescriptorProto) -> Kind:
    return Kind(field.type or 0)


def _helper(field: FieldDescriptorProto) -> str:
    """The function of the contract that describes a field of this type."""
    return _kind(field).name.lower()
