"""Message classes, enum classes and extensions that are made at run time, from the descriptions of .proto files.

They are of the same base, the same metaclass and the same codec plans as generated ones, and behave like them.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from threading import RLock
from typing import Any

from minirpc.errors import DescriptorError
from minirpc.message import names
from minirpc.message.base import Message, MessageMeta, which_oneof
from minirpc.message.descriptors import EnumDescriptor, FieldDescriptor, FileDescriptor, Files, MessageDescriptor
from minirpc.message.enums import Enum
from minirpc.message.extendable import ExtendableMessage, MessageSet
from minirpc.message.extension import Extension
from minirpc.message.json.names import camel_case
from minirpc.message.registry import Registry, full_name
from minirpc.message.wkt import (
    any_pb,
    api_pb,
    descriptor_pb,
    duration_pb,
    empty_pb,
    field_mask_pb,
    source_context_pb,
    struct_pb,
    timestamp_pb,
    type_pb,
    wrappers_pb,
)
from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = ["Classes"]

_LARGEST_ONEOF = 500
"""Each member of a oneof clears the others: the size of a class grows with the square of this."""


class Classes:
    """The classes of a set of .proto files. A class is made when it is first asked for, once.

    Names are escaped as in generated code: the attribute of a field ``class`` is ``class_``. The well-known types and
    the messages of descriptor.proto are those that come with minirpc, whatever the files say of them.

    Args:
        files: the files.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self._messages: dict[str, type[Message]] = {}
        self._enums: dict[str, type[Enum]] = {}
        self._extensions: dict[str, Extension[Any, Any]] = {}
        # two threads that ask for one class get one class
        self._lock = RLock()

    def message(self, full_name: str) -> type[Message]:
        """The class of a message, by its full name.

        Raises:
            LookupError: the files define no such message.
            DescriptorError: it has a oneof of too many members.
        """
        return self._message(self.files.message(full_name))

    def enum(self, full_name: str) -> type[Enum]:
        """The class of an enum, by its full name.

        Raises:
            LookupError: the files define no such enum.
        """
        return self._enum(self.files.enum(full_name))

    def extension(self, full_name: str) -> Extension[Any, Any]:
        """An extension, by its full name: the key to its value in messages of the class that it extends.

        Raises:
            LookupError: the files define no such extension.
        """
        return self._extension(self.files.extension(full_name))

    def registry(self) -> Registry:
        """A registry of all messages and extensions of the files; it makes all their classes."""
        with self._lock:
            sources = [source for file in self.files for source in self._sources(file)]
        return Registry(*sources)

    def _sources(self, file: FileDescriptor) -> Iterator[type[Message] | Extension[Any, Any]]:
        yield from map(self._message, file.messages)
        yield from map(self._extension, file.extensions)

    def _message(self, message: MessageDescriptor) -> type[Message]:
        shipped = _SHIPPED_MESSAGES.get(message.full_name)
        if shipped is not None:
            return shipped
        with self._lock:
            if message.full_name not in self._messages:
                outermost = message
                while outermost.parent is not None:
                    outermost = outermost.parent
                self._make_message(outermost, "", names.top_level_name(outermost.name))
            return self._messages[message.full_name]

    def _enum(self, enum: EnumDescriptor) -> type[Enum]:
        shipped = _SHIPPED_ENUMS.get(enum.full_name)
        if shipped is not None:
            return shipped
        with self._lock:
            if enum.full_name not in self._enums:
                if enum.parent is not None:
                    self._message(enum.parent)
                else:
                    self._make_enum(enum, "", names.top_level_name(enum.name))
            return self._enums[enum.full_name]

    def _extension(self, extension: FieldDescriptor) -> Extension[Any, Any]:
        with self._lock:
            if extension.full_name not in self._extensions:
                spec = _spec(extension, self._resolver(extension))
                # JSON and the text format call it by its full name
                spec.proto_name = spec.json_name = ""
                made: Extension[Any, Any] = Extension(extension.full_name, lambda: self._extendee(extension), spec)
                self._extensions[extension.full_name] = made
            return self._extensions[extension.full_name]

    def _extendee(self, extension: FieldDescriptor) -> type[Message]:
        extendee = extension.extendee
        assert extendee is not None  # an extension has one, or its file could not be linked
        return self._message(extendee)

    def _make_message(self, message: MessageDescriptor, scope: str, name: str) -> type[Message]:
        qualname = f"{scope}{name}"
        body: dict[str, Any] = {"__module__": __name__, "__qualname__": qualname, "__descriptor__": message}
        for enum in message.enums:
            body[names.member_name(enum.name)] = self._make_enum(enum, f"{qualname}.", names.member_name(enum.name))
        for nested in message.messages:
            nested_name = names.member_name(nested.name)
            body[nested_name] = self._make_message(nested, f"{qualname}.", nested_name)
        for field in message.fields:
            body[names.member_name(field.name)] = _spec(field, self._resolver(field))
        for oneof in message.oneofs:
            if len(oneof.fields) > _LARGEST_ONEOF:
                reason = f"a oneof of {len(oneof.fields)} members; classes have oneofs of up to {_LARGEST_ONEOF}"
                raise DescriptorError(reason, oneof.file.name, oneof.full_name)
            oneof_name = names.member_name(oneof.name)
            body[oneof_name] = property(_oneof(oneof_name))
        for extension in message.extensions:
            body[names.member_name(extension.name)] = self._extension(extension)
        made: Any = MessageMeta(
            name,
            (_base(message),),
            body,
            name=message.name,
            full_name=message.full_name,
            reserved=message.reserved_names,
            deprecated=message.deprecated,
        )
        self._messages[message.full_name] = made
        cls: type[Message] = made
        return cls

    def _make_enum(self, enum: EnumDescriptor, scope: str, name: str) -> type[Enum]:
        value_names = names.enum_value_names(enum.name, [value.name for value in enum.values])

        def fill(body: dict[str, Any]) -> None:
            body["__module__"] = __name__
            body["__qualname__"] = f"{scope}{name}"
            for value_name, value in zip(value_names, enum.values, strict=True):
                body[value_name] = value.number

        how = {"name": enum.name, "full_name": enum.full_name, "closed": enum.is_closed}
        made: Any = types.new_class(name, (Enum,), how, fill)
        made.__descriptor__ = enum
        made.__numbers_by_name__ = {value.name: value.number for value in enum.values}
        self._enums[enum.full_name] = made
        cls: type[Enum] = made
        return cls

    def _resolver(self, field: FieldDescriptor) -> Callable[[], type[Any]] | None:
        """What gives the class of a field's values, of a map the class of the values in its entries."""
        values = field.map_value or field
        message, enum = values.message_type, values.enum_type
        if message is not None:
            return lambda: self._message(message)
        return None if enum is None else lambda: self._enum(enum)

    def __repr__(self) -> str:
        return f"<Classes of {self.files!r}>"


def _base(message: MessageDescriptor) -> type[Message]:
    if message.is_message_set:
        return MessageSet
    return ExtendableMessage if message.is_extendable else Message


def _oneof(name: str) -> Callable[[Message], Any]:
    def member(message: Message) -> Any:
        found: Any = which_oneof(message, name)
        return found

    return member


def _spec(field: FieldDescriptor, resolve: Callable[[], type[Any]] | None) -> FieldSpec:
    """What the codec is told about a field."""
    key, value = field.map_key, field.map_value
    is_map = key is not None and value is not None
    return FieldSpec(
        field.number,
        Kind.MESSAGE if is_map else field.kind,
        field.card,
        proto_name=field.name,
        json_name="" if field.json_name == camel_case(field.name) else field.json_name,
        packed=field.packed,
        required=field.required,
        utf8=field.utf8,
        explicit_default=field.default,
        oneof=names.member_name(field.oneof.name) if field.oneof else "",
        resolve=None if is_map else resolve,
        key=_entry_spec(key, None) if key else None,
        value=_entry_spec(value, resolve) if value else None,
    )


def _entry_spec(field: FieldDescriptor, resolve: Callable[[], type[Any]] | None) -> FieldSpec:
    name = "key" if field.number == 1 else "value"
    return FieldSpec(
        field.number, field.kind, Card.IMPLICIT, name=name, proto_name=name, utf8=field.utf8, resolve=resolve
    )


def _classes_in(source: types.ModuleType | type[Message]) -> Iterator[type[Any]]:
    for value in vars(source).values():
        if (
            isinstance(value, type)
            and issubclass(value, Message | Enum)
            and full_name(value).startswith(_SHIPPED_PACKAGE)
        ):
            yield value
            if issubclass(value, Message):
                yield from _classes_in(value)


_SHIPPED_PACKAGE = "google.protobuf."
_SHIPPED = [
    cls
    for module in (
        any_pb,
        api_pb,
        descriptor_pb,
        duration_pb,
        empty_pb,
        field_mask_pb,
        source_context_pb,
        struct_pb,
        timestamp_pb,
        type_pb,
        wrappers_pb,
    )
    for cls in _classes_in(module)
]
_SHIPPED_MESSAGES: dict[str, type[Message]] = {full_name(cls): cls for cls in _SHIPPED if issubclass(cls, Message)}
_SHIPPED_ENUMS: dict[str, type[Enum]] = {full_name(cls): cls for cls in _SHIPPED if issubclass(cls, Enum)}
