"""What generated modules say: every decision about them, for :mod:`protoc_plugin.render` to lay out.

Strings in the model are Python source (names, annotations, expressions), except ``doc`` and ``source``, which are text.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from minirpc.message.descriptors import (
    Card,
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    Kind,
    MessageDescriptor,
    OneofDescriptor,
)
from protoc_plugin import names
from protoc_plugin.comments import deprecation, doc_of, doc_of_file
from protoc_plugin.literals import literal, text_literal
from protoc_plugin.options import Options
from protoc_plugin.scope import Module, ModuleScope, TypeIndex

__all__ = ["Enum", "EnumValue", "Extension", "Field", "Message", "MessagesModule", "Oneof", "messages_module"]

_CONTRACT = "from minirpc.codegen import messages_v1 as _pb"

_SCALARS = {
    Kind.DOUBLE: "float",
    Kind.FLOAT: "float",
    Kind.BOOL: "bool",
    Kind.STRING: "str",
    Kind.BYTES: "bytes",
}
"""The types of scalars in Python; all others are ``int``."""


@dataclass(frozen=True)
class EnumValue:
    """A line of an enum: ``FICTION = 1``."""

    name: str
    number: int
    doc: str


@dataclass(frozen=True)
class Enum:
    """An enum class. ``arguments`` stand behind its base class, ``deprecated`` is a text or ""."""

    name: str
    arguments: tuple[str, ...]
    doc: str
    values: tuple[EnumValue, ...]
    deprecated: str = ""


@dataclass(frozen=True)
class Field:
    """A line of a message class: ``name: annotation = helper(arguments)``."""

    name: str
    annotation: str
    helper: str
    arguments: tuple[str, ...]
    doc: str


@dataclass(frozen=True)
class Extension:
    """The line of an extension: ``name: annotation = _pb.extension(arguments)``; ``field`` is one of the arguments."""

    name: str
    annotation: str
    full_name: str
    extendee: str
    field: Field
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
    """A message class. ``arguments`` stand behind its base class, ``deprecated`` is a text or ""."""

    name: str
    base: str
    arguments: tuple[str, ...]
    doc: str
    enums: tuple[Enum, ...] = ()
    messages: tuple[Message, ...] = ()
    fields: tuple[Field, ...] = ()
    oneofs: tuple[Oneof, ...] = ()
    extensions: tuple[Extension, ...] = ()
    deprecated: str = ""


@dataclass(frozen=True)
class MessagesModule:
    """An ``x_pb.py``.

    Attributes:
        path: the module's file.
        source: the name of the .proto file.
        package: its proto package.
        doc: its comment.
        imports: the import lines, in groups.
        enums, messages, extensions: what stands at top level.
        aliases: second names of classes, and the classes.
        descriptor: the serialized ``FileDescriptorProto``, without source positions and comments.
        dependencies: the names of the modules that its imports became.
        uses_deprecated: whether it refers to deprecated classes.
    """

    path: str
    source: str
    package: str
    doc: str
    imports: tuple[tuple[str, ...], ...]
    enums: tuple[Enum, ...]
    messages: tuple[Message, ...]
    extensions: tuple[Extension, ...]
    aliases: tuple[tuple[str, str], ...]
    descriptor: bytes
    dependencies: tuple[str, ...]
    uses_deprecated: bool = False


def messages_module(file: FileDescriptor, index: TypeIndex, options: Options) -> MessagesModule:
    """Decides what the ``x_pb.py`` of a file says."""
    module = index.module(file.name)
    bound = set(_top_level_names(file))
    public = {name: source for name, source in _public_names(file, index) if name not in bound}
    scope = ModuleScope(module, options, bound | set(public))
    for name, source in public.items():
        scope.import_name(source, f"{name} as {name}")
    builder = _Builder(index, scope)
    return MessagesModule(
        path=module.path,
        source=file.name,
        package=file.package,
        doc=doc_of_file(file),
        enums=tuple(builder.enum(enum, names.top_level_name(enum.name)) for enum in file.enums),
        messages=tuple(builder.message(message, names.top_level_name(message.name)) for message in file.messages),
        extensions=tuple(
            builder.extension(extension, names.top_level_name(extension.name)) for extension in file.extensions
        ),
        imports=scope.imports(_CONTRACT),  # complete only now: the scope noted what the classes refer to
        aliases=tuple((alias, name) for name, alias in scope.aliases.items()),
        descriptor=_without_source_info(file),
        dependencies=tuple(scope.relative_name(index.module(imported)) for imported in file.imports),
        uses_deprecated=scope.uses_deprecated,
    )


def _top_level_names(file: FileDescriptor) -> Iterator[str]:
    elements: Iterable[Descriptor] = (*file.enums, *file.messages, *file.extensions)
    return (names.top_level_name(element.name) for element in elements)


def _public_names(file: FileDescriptor, index: TypeIndex) -> Iterator[tuple[str, Module]]:
    """What a file hands on to those who import it (``import public``), and the modules that it comes from."""
    for imported in file.public_imports:
        for name in _top_level_names(imported):
            yield name, index.module(imported.name)
        yield from _public_names(imported, index)


def _without_source_info(file: FileDescriptor) -> bytes:
    bare = copy.copy(file.proto)
    bare.source_code_info = None
    return bare.to_binary()


def _class_arguments(name: str, proto_name: str) -> tuple[str, ...]:
    return () if name == proto_name else (f'name="{proto_name}"',)


@dataclass(frozen=True)
class _Builder:
    """Makes the classes of one file."""

    index: TypeIndex
    scope: ModuleScope

    def enum(self, enum: EnumDescriptor, name: str) -> Enum:
        value_names = names.enum_value_names(enum.name, [value.name for value in enum.values])
        closed = ("closed=True",) if enum.is_closed else ()
        return Enum(
            name=name,
            arguments=(*_class_arguments(name, enum.name), *closed),
            doc=doc_of(enum),
            values=tuple(
                EnumValue(value_name, value.number, doc_of(value))
                for value_name, value in zip(value_names, enum.values, strict=True)
            ),
            deprecated=deprecation(enum),
        )

    def message(self, message: MessageDescriptor, name: str) -> Message:
        body = _Body(self, message)
        arguments = [*_class_arguments(name, message.name)]
        if message.reserved_names:
            reserved = ", ".join(map(text_literal, message.reserved_names))
            arguments.append(f"reserved=({reserved}{',' if len(message.reserved_names) == 1 else ''})")
        deprecated = deprecation(message)
        if deprecated:
            arguments.append("deprecated=True")
        return Message(
            name=name,
            base=_base(message),
            arguments=tuple(arguments),
            doc=doc_of(message),
            enums=tuple(self.enum(enum, names.member_name(enum.name)) for enum in message.enums),
            messages=tuple(self.message(nested, names.member_name(nested.name)) for nested in message.messages),
            fields=tuple(map(body.field, message.fields)),
            oneofs=tuple(map(body.oneof, message.oneofs)),
            extensions=tuple(map(body.extension, message.extensions)),
            deprecated=deprecated,
        )

    def extension(self, extension: FieldDescriptor, name: str) -> Extension:
        return _Body(self, None).extension(extension, name)


def _base(message: MessageDescriptor) -> str:
    if message.is_message_set:
        return "_pb.MessageSet"
    return "_pb.ExtendableMessage" if message.is_extendable else "_pb.Message"


class _Body:
    """The body of one message class; without a message, that of the module."""

    def __init__(self, builder: _Builder, message: MessageDescriptor | None) -> None:
        self._index = builder.index
        self._scope = builder.scope
        self._owner: tuple[str, ...] = ()
        self._members: set[str] = set()
        if message:
            self._owner = builder.index.type(message).path
            named: Iterable[Descriptor] = (
                *message.oneofs,
                *message.fields,
                *message.enums,
                *message.messages,
                *message.extensions,
            )
            self._members.update(names.member_name(element.name) for element in named)

    def field(self, field: FieldDescriptor) -> Field:
        name = names.member_name(field.name)
        annotation, helper, arguments = self._line(field)
        if name != field.name:
            arguments.append(f'name="{field.name}"')
        if field.json_name != names.json_name(field.name):
            arguments.append(f"json_name={json.dumps(field.json_name, ensure_ascii=False)}")
        return Field(name, annotation, helper, tuple(arguments), doc_of(field))

    def extension(self, extension: FieldDescriptor, name: str = "") -> Extension:
        annotation, helper, arguments = self._line(extension)
        extendee = extension.extendee
        assert extendee is not None
        annotation = f"_pb.Extension[{self._reference(extendee)}, {annotation}]"
        if self._owner:
            # else type checkers take it for a field
            annotation = f"{self._scope.typing('ClassVar', self._members)}[{annotation}]"
        return Extension(
            name=name or names.member_name(extension.name),
            annotation=annotation,
            full_name=extension.full_name,
            extendee=f"lambda: {self._scope.expression(self._index.type(extendee))}",
            field=Field("", "", helper, tuple(arguments), ""),
            doc=doc_of(extension),
        )

    def oneof(self, oneof: OneofDescriptor) -> Oneof:
        quoted = self._scope.typing("Literal", self._members)
        return Oneof(
            name=names.member_name(oneof.name),
            decorator=self._builtin("property"),
            alternatives=tuple(
                f'_pb.Oneof[{quoted}["{names.member_name(field.name)}"], {self._value_type(field)}]'
                for field in oneof.fields
            ),
            doc=doc_of(oneof),
        )

    def _line(self, field: FieldDescriptor) -> tuple[str, str, list[str]]:
        """The annotation of a field, the function of the contract that describes it, and its arguments."""
        arguments = [str(field.number)]
        key, value = field.map_key, field.map_value
        if key and value:
            arguments += [f'"{_helper(key)}"', f'"{_helper(value)}"', *self._class(value)]
            if not (key.utf8 and value.utf8):
                arguments.append("utf8=False")
            return f"{self._builtin('dict')}[{self._value_type(key)}, {self._value_type(value)}]", "map", arguments
        annotation, how = self._cardinality(field)
        arguments += [*self._class(field), *how]
        if field.default is not None:
            arguments.append(f"default={literal(field.default)}")
        if not field.utf8:
            arguments.append("utf8=False")
        if field.kind is Kind.GROUP:
            arguments.append("delimited=True")
        return annotation, _helper(field), arguments

    def _cardinality(self, field: FieldDescriptor) -> tuple[str, list[str]]:
        """The annotation of a field that is no map, and the arguments that say how often it occurs."""
        value = self._value_type(field)
        if field.card is Card.REPEATED:
            unpacked = field.kind.packable and not field.packed
            return f"{self._builtin('list')}[{value}]", ["repeated=True", *(["packed=False"] if unpacked else [])]
        if field.card is Card.IMPLICIT:
            return value, []
        annotation = value if field.default is not None else f"{value} | None"
        if field.required:
            return annotation, ["required=True"]
        if field.oneof:
            return annotation, [f'oneof="{names.member_name(field.oneof.name)}"']
        return annotation, [] if field.kind in (Kind.MESSAGE, Kind.GROUP) else ["optional=True"]

    def _class(self, field: FieldDescriptor) -> list[str]:
        """The argument that gives the class of a field's values; none for a scalar."""
        found = field.message_type or field.enum_type
        return [f"lambda: {self._scope.expression(self._index.type(found))}"] if found else []

    def _value_type(self, field: FieldDescriptor) -> str:
        """The annotation of one value of a field."""
        found = field.message_type or field.enum_type
        return self._reference(found) if found else self._builtin(_SCALARS.get(field.kind, "int"))

    def _reference(self, found: MessageDescriptor | EnumDescriptor) -> str:
        return self._scope.annotation(self._index.type(found), self._owner, self._members)

    def _builtin(self, name: str) -> str:
        return self._scope.builtin(name, self._members)


def _helper(field: FieldDescriptor) -> str:
    """The function of the contract that describes a field of this type."""
    return "message" if field.kind is Kind.GROUP else field.kind.name.lower()
