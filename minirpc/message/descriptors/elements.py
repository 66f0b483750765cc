"""Descriptors: what the elements of .proto files are, with their features resolved and their references linked.

They are made by :class:`minirpc.message.descriptors.files.Files` and :func:`minirpc.message.descriptors.describe`, and
are not to be changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from minirpc.errors import DescriptorError
from minirpc.message.descriptors.features import Features
from minirpc.message.json.names import camel_case
from minirpc.message.wkt.descriptor_pb import (
    DescriptorProto,
    Edition,
    EnumDescriptorProto,
    EnumOptions,
    EnumValueDescriptorProto,
    EnumValueOptions,
    FieldDescriptorProto,
    FieldOptions,
    FileDescriptorProto,
    FileOptions,
    MessageOptions,
    MethodDescriptorProto,
    MethodOptions,
    OneofDescriptorProto,
    OneofOptions,
    ServiceDescriptorProto,
    ServiceOptions,
    SourceCodeInfo,
)
from minirpc.wire.spec import Card, Kind

__all__ = [
    "Comments",
    "Descriptor",
    "EnumDescriptor",
    "EnumValueDescriptor",
    "FieldDescriptor",
    "FileDescriptor",
    "MessageDescriptor",
    "MethodDescriptor",
    "OneofDescriptor",
    "ServiceDescriptor",
]

D = TypeVar("D", bound="Descriptor")
Path = tuple[int, ...]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# each element holds its full name: without a limit, one long name with many members would fill the memory
_LONGEST_NAME = 1024


class Comments(NamedTuple):
    """The comments at an element, as they stand in the .proto file but for the comment signs.

    Attributes:
        leading: the comment before the element, or "".
        trailing: the comment behind it, or "".
        detached: the comments before the leading one that are apart from it by an empty line.
    """

    leading: str = ""
    trailing: str = ""
    detached: tuple[str, ...] = ()


class Descriptor:
    """What all descriptors of elements of a file have.

    Attributes:
        name: the element's own name in the .proto file.
        full_name: its name with the package and all that encloses it: ``acme.library.Book.title``.
        file: the file that it stands in.
        features: the features that hold for it.
        path: the way to it from the ``FileDescriptorProto``: field numbers and indices, as in
            ``SourceCodeInfo.Location.path``.
    """

    __slots__ = ("features", "file", "full_name", "name", "path")

    def __init__(self, file: FileDescriptor, name: str, scope: str, path: Path, features: Features) -> None:
        if not _NAME.fullmatch(name):
            raise DescriptorError(f"{name[:100]!r} is no name", file.name, scope)
        self.name = name
        self.full_name = f"{scope}.{name}" if scope else name
        if len(self.full_name) > _LONGEST_NAME:
            raise DescriptorError(f"the full name of {name[:100]}… is too long", file.name, scope[:100])
        self.file = file
        self.features = features
        self.path = path

    @property
    def comments(self) -> Comments:
        """The comments at the element, where the description of the file holds them (``source_code_info``)."""
        return self.file.comments_at(self.path)

    @property
    def deprecated(self) -> bool:
        """Whether its option ``deprecated`` is set or, if it stands at top level, that of its file."""
        options: Any = getattr(self, "proto").options  # noqa: B009  # each subclass has one, of its own type
        at_top_level = len(self.path) == len(("field number", "index"))
        return bool(getattr(options, "deprecated", False) or (at_top_level and self.file.options.deprecated))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.full_name}>"


class FileDescriptor:
    """A .proto file.

    Attributes:
        proto: its description.
        name: the path under which protoc knows it, ``acme/library.proto``.
        package: its proto package, or "".
        edition: its edition; proto2 and proto3 are ``EDITION_PROTO2`` and ``EDITION_PROTO3``.
        features: the features that hold for the file.
        imports: the files that it imports, by their names, in order. None stands for one that is not there, which only
            the files of generated modules may lack.
        public_imports: those of them that it hands on.
        messages, enums, extensions, services: its elements at top level, in order.
    """

    __slots__ = (
        "_locations",
        "edition",
        "enums",
        "extensions",
        "features",
        "imports",
        "messages",
        "name",
        "package",
        "proto",
        "public_imports",
        "services",
        "symbols",
    )

    def __init__(
        self,
        proto: FileDescriptorProto,
        edition: Edition,
        features: Features,
        imports: Mapping[str, FileDescriptor | None],
    ) -> None:
        self.proto = proto
        self.name = proto.name or ""
        self.package = proto.package or ""
        self.edition = edition
        self.features = features
        self.imports = imports
        self.public_imports: tuple[FileDescriptor, ...] = ()
        self.messages: tuple[MessageDescriptor, ...] = ()
        self.enums: tuple[EnumDescriptor, ...] = ()
        self.extensions: tuple[FieldDescriptor, ...] = ()
        self.services: tuple[ServiceDescriptor, ...] = ()
        self.symbols: dict[str, Descriptor] = {}
        """All elements that the file defines, by their full names."""
        self._locations: dict[Path, SourceCodeInfo.Location] | None = None

    @property
    def options(self) -> FileOptions:
        """The file's options; custom ones are extensions: ``file.options[acme.owner]``."""
        return self.proto.options or FileOptions()

    def comments_at(self, path: Path) -> Comments:
        """The comments at an element, by its path from the ``FileDescriptorProto``."""
        if self._locations is None:
            info = self.proto.source_code_info
            # some elements, such as options, have several locations; the first has the comments
            self._locations = {tuple(location.path): location for location in reversed(info.location if info else ())}
        found = self._locations.get(path)
        if found is None:
            return Comments()
        return Comments(
            found.leading_comments or "", found.trailing_comments or "", tuple(found.leading_detached_comments)
        )

    def visible(self, full_name: str) -> Descriptor | None:
        """What a full name means in the file: an element of its own, or one of the files that it imports."""
        found = self.symbols.get(full_name)
        if found is not None:
            return found
        seen: set[int] = set()
        waiting = [file for file in self.imports.values() if file is not None]
        while waiting:
            file = waiting.pop()
            if id(file) in seen:
                continue
            seen.add(id(file))
            found = file.symbols.get(full_name)
            if found is not None:
                return found
            waiting += file.public_imports
        return None

    def all_messages(self) -> Iterator[MessageDescriptor]:
        """All messages of the file, nested ones behind those that hold them."""
        waiting = [*reversed(self.messages)]
        while waiting:
            message = waiting.pop()
            yield message
            waiting += reversed(message.messages)

    def message(self, full_name: str) -> MessageDescriptor:
        """A message of the file, by its full name.

        Raises:
            LookupError: there is none.
        """
        return self._find(full_name, MessageDescriptor, "message")

    def enum(self, full_name: str) -> EnumDescriptor:
        """An enum of the file, by its full name.

        Raises:
            LookupError: there is none.
        """
        return self._find(full_name, EnumDescriptor, "enum")

    def service(self, full_name: str) -> ServiceDescriptor:
        """A service of the file, by its full name.

        Raises:
            LookupError: there is none.
        """
        return self._find(full_name, ServiceDescriptor, "service")

    def extension(self, full_name: str) -> FieldDescriptor:
        """An extension that the file defines, by its full name.

        Raises:
            LookupError: there is none.
        """
        found = self._find(full_name, FieldDescriptor, "extension")
        if not found.is_extension:
            raise LookupError(f"{full_name} in {self.name} is a field, and no extension")
        return found

    def _find(self, full_name: str, kind: type[D], what: str) -> D:
        found = self.symbols.get(full_name)
        if not isinstance(found, kind):
            raise LookupError(f"there is no {what} {full_name!r} in {self.name}")
        return found

    def __repr__(self) -> str:
        return f"<FileDescriptor {self.name}>"


class MessageDescriptor(Descriptor):
    """A message type.

    Attributes:
        proto: its description.
        parent: the message that it is nested in, or None.
        fields: its fields, in the order of their declaration.
        oneofs: its oneofs, without those that protoc makes for ``optional`` fields of proto3.
        messages, enums, extensions: what is declared inside it, without the entry types of maps.
    """

    __slots__ = ("enums", "extensions", "fields", "messages", "oneofs", "parent", "proto")

    def __init__(
        self,
        proto: DescriptorProto,
        file: FileDescriptor,
        parent: MessageDescriptor | None,
        path: Path,
        features: Features,
    ) -> None:
        super().__init__(file, proto.name or "", parent.full_name if parent else file.package, path, features)
        self.proto = proto
        self.parent = parent
        self.fields: tuple[FieldDescriptor, ...] = ()
        self.oneofs: tuple[OneofDescriptor, ...] = ()
        self.messages: tuple[MessageDescriptor, ...] = ()
        self.enums: tuple[EnumDescriptor, ...] = ()
        self.extensions: tuple[FieldDescriptor, ...] = ()

    @property
    def options(self) -> MessageOptions:
        """The message's options; custom ones are extensions: ``message.options[acme.owner]``."""
        return self.proto.options or MessageOptions()

    @property
    def is_map_entry(self) -> bool:
        """Whether protoc made the message for a map field."""
        return bool(self.options.map_entry)

    @property
    def is_message_set(self) -> bool:
        """Whether it has the encoding ``message_set_wire_format``."""
        return bool(self.options.message_set_wire_format)

    @property
    def is_extendable(self) -> bool:
        """Whether it declares numbers for extensions."""
        return bool(self.proto.extension_range)

    @property
    def reserved_names(self) -> tuple[str, ...]:
        """The field names that nobody may use any more."""
        return tuple(self.proto.reserved_name)

    def field(self, name: str) -> FieldDescriptor:
        """A field, by its name in the .proto file.

        Raises:
            LookupError: there is none.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise LookupError(f"{self.full_name} has no field {name!r}")


class OneofDescriptor(Descriptor):
    """A oneof.

    Attributes:
        proto: its description.
        parent: its message.
        fields: its members.
    """

    __slots__ = ("fields", "parent", "proto")

    def __init__(self, proto: OneofDescriptorProto, parent: MessageDescriptor, path: Path, features: Features) -> None:
        super().__init__(parent.file, proto.name or "", parent.full_name, path, features)
        self.proto = proto
        self.parent = parent
        self.fields: tuple[FieldDescriptor, ...] = ()

    @property
    def options(self) -> OneofOptions:
        """The oneof's options; custom ones are extensions."""
        return self.proto.options or OneofOptions()


class FieldDescriptor(Descriptor):
    """A field of a message, or an extension.

    Attributes:
        proto: its description.
        parent: the message that declares it, or for an extension that stands in no message, None.
        number: its number.
        is_extension: whether it is an extension.
        oneof: the oneof that it belongs to, or None.
        kind: the type of a value, or of one element. GROUP is a message between tags, whether ``group`` or the feature
            ``message_encoding`` asked for it.
        card: how often it occurs, and whether it has presence.
        packed: whether a repeated field is written packed.
        required: whether it must be set when a message is encoded.
        utf8: False for a string that may hold other bytes than UTF-8.
        default: its explicit default, of an enum the number; None if it has none.
    """

    __slots__ = (
        "card",
        "default",
        "is_extension",
        "kind",
        "number",
        "oneof",
        "packed",
        "parent",
        "proto",
        "references",
        "required",
        "utf8",
    )

    def __init__(
        self,
        proto: FieldDescriptorProto,
        file: FileDescriptor,
        parent: MessageDescriptor | None,
        path: Path,
        features: Features,
        *,
        is_extension: bool,
        oneof: OneofDescriptor | None,
    ) -> None:
        super().__init__(file, proto.name or "", parent.full_name if parent else file.package, path, features)
        self.proto = proto
        self.parent = parent
        self.number = proto.number or 0
        self.is_extension = is_extension
        self.oneof = oneof
        self.kind = Kind.INT32
        self.card = Card.IMPLICIT
        self.packed = False
        self.required = False
        self.utf8 = True
        self.default: Any = None
        self.references: dict[str, Descriptor | str] = {}
        """What ``type`` and ``extendee`` refer to; a name where that is not there."""

    @property
    def options(self) -> FieldOptions:
        """The field's options; custom ones are extensions: ``field.options[acme.owner]``."""
        return self.proto.options or FieldOptions()

    @property
    def json_name(self) -> str:
        """Its name in ProtoJSON."""
        return self.proto.json_name or camel_case(self.name)

    @property
    def has_presence(self) -> bool:
        """Whether it tells unset from default."""
        return self.card in (Card.OPTIONAL, Card.ONEOF)

    @property
    def message_type(self) -> MessageDescriptor | None:
        """The type of its values, if they are messages; of a map, that of its entries.

        Raises:
            LookupError: the file that defines it is not there.
        """
        found = self._reference("type")
        return found if isinstance(found, MessageDescriptor) else None

    @property
    def enum_type(self) -> EnumDescriptor | None:
        """The type of its values, if they are numbers of an enum.

        Raises:
            LookupError: the file that defines it is not there.
        """
        found = self._reference("type")
        return found if isinstance(found, EnumDescriptor) else None

    @property
    def extendee(self) -> MessageDescriptor | None:
        """The message that an extension extends; None for a field.

        Raises:
            LookupError: the file that defines it is not there.
        """
        found = self._reference("extendee")
        return found if isinstance(found, MessageDescriptor) else None

    @property
    def map_key(self) -> FieldDescriptor | None:
        """For a map, what its keys are."""
        return self._of_entry(0)

    @property
    def map_value(self) -> FieldDescriptor | None:
        """For a map, what its values are."""
        return self._of_entry(1)

    def _of_entry(self, position: int) -> FieldDescriptor | None:
        entry = self.message_type if self.card is Card.MAP else None
        return entry.fields[position] if entry else None

    def _reference(self, role: str) -> Descriptor | None:
        found = self.references.get(role)
        if isinstance(found, str):
            raise LookupError(f"{self.full_name} refers to {found}, which no file that is there defines")
        return found


class EnumDescriptor(Descriptor):
    """An enum type.

    Attributes:
        proto: its description.
        parent: the message that it is nested in, or None.
        values: its values, in the order of their declaration, aliases included.
    """

    __slots__ = ("parent", "proto", "values")

    def __init__(
        self,
        proto: EnumDescriptorProto,
        file: FileDescriptor,
        parent: MessageDescriptor | None,
        path: Path,
        features: Features,
    ) -> None:
        super().__init__(file, proto.name or "", parent.full_name if parent else file.package, path, features)
        self.proto = proto
        self.parent = parent
        self.values: tuple[EnumValueDescriptor, ...] = ()

    @property
    def options(self) -> EnumOptions:
        """The enum's options; custom ones are extensions."""
        return self.proto.options or EnumOptions()

    @property
    def is_closed(self) -> bool:
        """Whether it has no other values than those that are named."""
        return self.features.enum_type.name == "CLOSED"


class EnumValueDescriptor(Descriptor):
    """A value of an enum. In protobuf its full name is that of a sibling of the enum, not of a member.

    Attributes:
        proto: its description.
        parent: its enum.
        number: its number.
    """

    __slots__ = ("number", "parent", "proto")

    def __init__(self, proto: EnumValueDescriptorProto, parent: EnumDescriptor, path: Path, features: Features) -> None:
        super().__init__(parent.file, proto.name or "", parent.full_name.rpartition(".")[0], path, features)
        self.proto = proto
        self.parent = parent
        self.number = proto.number or 0

    @property
    def options(self) -> EnumValueOptions:
        """The value's options; custom ones are extensions."""
        return self.proto.options or EnumValueOptions()


class ServiceDescriptor(Descriptor):
    """A service.

    Attributes:
        proto: its description.
        methods: its methods, in order.
    """

    __slots__ = ("methods", "proto")

    def __init__(self, proto: ServiceDescriptorProto, file: FileDescriptor, path: Path, features: Features) -> None:
        super().__init__(file, proto.name or "", file.package, path, features)
        self.proto = proto
        self.methods: tuple[MethodDescriptor, ...] = ()

    @property
    def options(self) -> ServiceOptions:
        """The service's options; custom ones are extensions."""
        return self.proto.options or ServiceOptions()


class MethodDescriptor(Descriptor):
    """A method of a service.

    Attributes:
        proto: its description.
        parent: its service.
        client_streaming, server_streaming: which sides send streams.
    """

    __slots__ = ("client_streaming", "parent", "proto", "references", "server_streaming")

    def __init__(self, proto: MethodDescriptorProto, parent: ServiceDescriptor, path: Path, features: Features) -> None:
        super().__init__(parent.file, proto.name or "", parent.full_name, path, features)
        self.proto = proto
        self.parent = parent
        self.client_streaming = bool(proto.client_streaming)
        self.server_streaming = bool(proto.server_streaming)
        self.references: dict[str, MessageDescriptor | str] = {}

    @property
    def options(self) -> MethodOptions:
        """The method's options; custom ones are extensions."""
        return self.proto.options or MethodOptions()

    @property
    def input(self) -> MessageDescriptor:
        """The type of its requests.

        Raises:
            LookupError: the file that defines it is not there.
        """
        return self._reference("input")

    @property
    def output(self) -> MessageDescriptor:
        """The type of its responses.

        Raises:
            LookupError: the file that defines it is not there.
        """
        return self._reference("output")

    def _reference(self, role: str) -> MessageDescriptor:
        found = self.references[role]
        if isinstance(found, str):
            raise LookupError(f"{self.full_name} refers to {found}, which no file that is there defines")
        return found
