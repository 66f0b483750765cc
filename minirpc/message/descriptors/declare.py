"""From the description of one file to its descriptors: names, numbers and features, without references."""

from __future__ import annotations

import re
from collections.abc import Mapping

from minirpc.errors import DescriptorError
from minirpc.message.descriptors.elements import (
    Descriptor,
    EnumDescriptor,
    EnumValueDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MessageDescriptor,
    MethodDescriptor,
    OneofDescriptor,
    ServiceDescriptor,
)
from minirpc.message.descriptors.features import EDITIONS, Features, edition_of, of_field
from minirpc.message.wkt.descriptor_pb import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)
from minirpc.wire.spec import MAX_DEPTH

__all__ = ["declare"]

Path = tuple[int, ...]

# field numbers of descriptor.proto, of which paths are made
_FILE_MESSAGES, _FILE_ENUMS, _FILE_SERVICES, _FILE_EXTENSIONS = 4, 5, 6, 7
_MESSAGE_FIELDS, _MESSAGE_MESSAGES, _MESSAGE_ENUMS, _MESSAGE_EXTENSIONS, _MESSAGE_ONEOFS = 2, 3, 4, 6, 8
_ENUM_VALUES = 2
_SERVICE_METHODS = 2

_PACKAGE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_LONGEST_PACKAGE = 512


def declare(proto: FileDescriptorProto, imports: Mapping[str, FileDescriptor | None]) -> FileDescriptor:
    """Makes the descriptors of a file.

    Args:
        proto: its description.
        imports: the files that it imports, by name, in order; None for those that are not there.

    Raises:
        DescriptorError: a name, a number or a structure is illegal, or the edition is unknown.
    """
    edition = edition_of(proto)
    options = proto.options
    features = EDITIONS[edition].changed_by(options.features if options else None)
    file = FileDescriptor(proto, edition, features, imports)
    if file.package and (len(file.package) > _LONGEST_PACKAGE or not _PACKAGE.fullmatch(file.package)):
        raise DescriptorError(f"{file.package[:100]!r} is no name of a package", file.name)
    for position in proto.public_dependency:
        if not 0 <= position < len(proto.dependency):
            raise DescriptorError(
                f"public_dependency {position} is none of its {len(proto.dependency)} imports", file.name
            )
    public = [imports.get(proto.dependency[position]) for position in proto.public_dependency]
    file.public_imports = tuple(imported for imported in public if imported is not None)
    _Declarer(file).declare()
    return file


class _Declarer:
    def __init__(self, file: FileDescriptor) -> None:
        self.file = file

    def declare(self) -> None:
        file, proto = self.file, self.file.proto
        file.enums = tuple(
            self.enum(enum, None, (_FILE_ENUMS, index), file.features) for index, enum in enumerate(proto.enum_type)
        )
        messages = [
            self.message(message, None, (_FILE_MESSAGES, index), file.features, 0)
            for index, message in enumerate(proto.message_type)
        ]
        file.messages = tuple(messages)
        file.extensions = tuple(
            self.extension(field, None, (_FILE_EXTENSIONS, index), file.features)
            for index, field in enumerate(proto.extension)
        )
        file.services = tuple(
            self.service(service, (_FILE_SERVICES, index)) for index, service in enumerate(proto.service)
        )

    def add(self, element: Descriptor) -> None:
        other = self.file.symbols.setdefault(element.full_name, element)
        if other is not element:
            raise DescriptorError("is defined twice", self.file.name, element.full_name)

    def enum(
        self, proto: EnumDescriptorProto, parent: MessageDescriptor | None, path: Path, enclosing: Features
    ) -> EnumDescriptor:
        options = proto.options
        features = enclosing.changed_by(options.features if options else None)
        enum = EnumDescriptor(proto, self.file, parent, path, features)
        self.add(enum)
        if not proto.value:
            raise DescriptorError("an enum needs a value", self.file.name, enum.full_name)
        values = []
        for index, value in enumerate(proto.value):
            value_options = value.options
            value_features = features.changed_by(value_options.features if value_options else None)
            values.append(EnumValueDescriptor(value, enum, (*path, _ENUM_VALUES, index), value_features))
            self.add(values[-1])
        enum.values = tuple(values)
        return enum

    def message(
        self,
        proto: DescriptorProto,
        parent: MessageDescriptor | None,
        path: Path,
        enclosing: Features,
        depth: int,
    ) -> MessageDescriptor:
        if depth > MAX_DEPTH:
            where = parent.full_name if parent else ""
            raise DescriptorError(f"messages nest deeper than {MAX_DEPTH} levels", self.file.name, where)
        options = proto.options
        features = enclosing.changed_by(options.features if options else None)
        message = MessageDescriptor(proto, self.file, parent, path, features)
        self.add(message)
        message.enums = tuple(
            self.enum(enum, message, (*path, _MESSAGE_ENUMS, index), features)
            for index, enum in enumerate(proto.enum_type)
        )
        nested = [
            self.message(inner, message, (*path, _MESSAGE_MESSAGES, index), features, depth + 1)
            for index, inner in enumerate(proto.nested_type)
        ]
        message.messages = tuple(inner for inner in nested if not inner.is_map_entry)
        self._fields(message)
        message.extensions = tuple(
            self.extension(field, message, (*path, _MESSAGE_EXTENSIONS, index), features)
            for index, field in enumerate(proto.extension)
        )
        return message

    def _fields(self, message: MessageDescriptor) -> None:
        proto, features = message.proto, message.features
        oneofs = []
        for index, oneof in enumerate(proto.oneof_decl):
            options = oneof.options
            oneof_features = features.changed_by(options.features if options else None)
            oneofs.append(OneofDescriptor(oneof, message, (*message.path, _MESSAGE_ONEOFS, index), oneof_features))
            self.add(oneofs[-1])
        members: list[list[FieldDescriptor]] = [[] for _ in oneofs]
        fields: list[FieldDescriptor] = []
        numbers: dict[int, str] = {}
        for index, field in enumerate(proto.field):
            position = field.oneof_index
            # protoc puts each "optional" field of proto3 into a oneof of its own, for runtimes that know no better
            real = position is not None and not field.proto3_optional
            if position is not None and not 0 <= position < len(oneofs):
                raise DescriptorError(
                    f"oneof_index {position} is none of its {len(oneofs)} oneofs", self.file.name, message.full_name
                )
            home = oneofs[position] if position is not None and real else None
            enclosing = home.features if home else features
            made = FieldDescriptor(
                field,
                self.file,
                message,
                (*message.path, _MESSAGE_FIELDS, index),
                of_field(field, enclosing, self.file.edition),
                is_extension=False,
                oneof=home,
            )
            self.add(made)
            if not 1 <= made.number < 1 << 29:
                raise DescriptorError(
                    f"number {made.number} is not between 1 and 2**29 - 1", self.file.name, made.full_name
                )
            other = numbers.setdefault(made.number, made.name)
            if other != made.name:
                raise DescriptorError(f"has number {made.number}, and so has {other}", self.file.name, made.full_name)
            fields.append(made)
            if home is not None and position is not None:
                members[position].append(made)
        for oneof_descriptor, found in zip(oneofs, members, strict=True):
            oneof_descriptor.fields = tuple(found)
        message.fields = tuple(fields)
        message.oneofs = tuple(oneof_descriptor for oneof_descriptor in oneofs if oneof_descriptor.fields)

    def extension(
        self, proto: FieldDescriptorProto, parent: MessageDescriptor | None, path: Path, enclosing: Features
    ) -> FieldDescriptor:
        features = of_field(proto, enclosing, self.file.edition)
        made = FieldDescriptor(proto, self.file, parent, path, features, is_extension=True, oneof=None)
        self.add(made)
        return made

    def service(self, proto: ServiceDescriptorProto, path: Path) -> ServiceDescriptor:
        options = proto.options
        features = self.file.features.changed_by(options.features if options else None)
        service = ServiceDescriptor(proto, self.file, path, features)
        self.add(service)
        methods = []
        for index, method in enumerate(proto.method):
            method_options = method.options
            method_features = features.changed_by(method_options.features if method_options else None)
            methods.append(MethodDescriptor(method, service, (*path, _SERVICE_METHODS, index), method_features))
            self.add(methods[-1])
        service.methods = tuple(methods)
        return service
