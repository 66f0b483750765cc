"""References: what the types of fields, extensions and methods are, and with that, what the fields are."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from minirpc.errors import DescriptorError
from minirpc.message.descriptors.defaults import parse_default
from minirpc.message.descriptors.elements import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MessageDescriptor,
    MethodDescriptor,
)
from minirpc.message.wkt.descriptor_pb import FeatureSet, FieldDescriptorProto
from minirpc.wire.spec import Card, Kind

__all__ = ["Linker"]

Label = FieldDescriptorProto.Label

_NO_MAP_KEYS = (Kind.DOUBLE, Kind.FLOAT, Kind.BYTES, Kind.MESSAGE, Kind.GROUP, Kind.ENUM)
_LARGEST_IN_MESSAGE_SET = (1 << 31) - 2


class Linker:
    """Links the descriptors of files.

    Args:
        find: gives what a full name means; None if nothing.
        allow_missing: whether a reference that means nothing is kept by its name instead of refused.
    """

    def __init__(self, find: Callable[[str], Descriptor | None], *, allow_missing: bool = False) -> None:
        self._find = find
        self._allow_missing = allow_missing
        self._ranges: dict[MessageDescriptor, list[tuple[int, int]]] = {}
        self._values: dict[EnumDescriptor, dict[str, int]] = {}

    def link(self, file: FileDescriptor) -> None:
        """Links one file, when all files that it may refer to are declared.

        Raises:
            DescriptorError: a reference leads nowhere or to what cannot stand there; a default is malformed; a map, a
                oneof or an extension is not what it must be.
        """
        waiting = [*file.messages]
        extensions = [*file.extensions]
        while waiting:
            message = waiting.pop()
            waiting += message.messages
            extensions += message.extensions
            if message.is_message_set and message.fields:
                raise DescriptorError("a message set has no fields but extensions", file.name, message.full_name)
            for field in message.fields:
                self._field(field)
        for element in file.symbols.values():
            # the entries of maps, which no message lists
            if isinstance(element, MessageDescriptor) and element.is_map_entry:
                for field in element.fields:
                    self._field(field)
                self._entry(element)
        for extension in extensions:
            self._field(extension)
            self._extension(extension)
        for service in file.services:
            for method in service.methods:
                self._method(method)

    def _field(self, field: FieldDescriptor) -> None:
        proto, presence = field.proto, FeatureSet.FieldPresence
        field.kind = self._kind(field)
        is_message = field.kind is Kind.MESSAGE
        if field.kind is Kind.MESSAGE and self._is_map(field):
            field.card = Card.MAP
            is_message = False
        elif proto.label == Label.REPEATED:
            field.card = Card.REPEATED
        elif field.oneof is not None:
            field.card = Card.ONEOF
        elif is_message or field.is_extension or field.features.field_presence != presence.IMPLICIT:
            field.card = Card.OPTIONAL
        else:
            field.card = Card.IMPLICIT
        if field.oneof is not None and field.card is not Card.ONEOF:
            raise DescriptorError("a member of a oneof is no repeated field", field.file.name, field.full_name)
        field.required = (
            field.card is Card.OPTIONAL
            and not field.is_extension
            and field.features.field_presence == presence.LEGACY_REQUIRED
        )
        if is_message and field.features.message_encoding == FeatureSet.MessageEncoding.DELIMITED:
            # maps are always prefixed with their length, and so are the values in their entries
            in_entry = field.parent is not None and field.parent.is_map_entry and not field.is_extension
            field.kind = Kind.MESSAGE if in_entry else Kind.GROUP
        how = field.features.repeated_field_encoding
        field.packed = (
            field.card is Card.REPEATED and field.kind.packable and how == FeatureSet.RepeatedFieldEncoding.PACKED
        )
        any_bytes = field.features.utf8_validation == FeatureSet.Utf8Validation.NONE
        field.utf8 = not (field.kind is Kind.STRING and any_bytes)
        if proto.default_value is not None:
            field.default = self._default(field, proto.default_value)

    def _kind(self, field: FieldDescriptor) -> Kind:
        """The kind of a field without regard to its encoding: MESSAGE for groups, too."""
        proto = field.proto
        declared = Kind(proto.type) if proto.type is not None else None
        if not proto.type_name:
            if declared is None or declared in (Kind.MESSAGE, Kind.GROUP, Kind.ENUM):
                raise DescriptorError("has no type", field.file.name, field.full_name)
            return declared
        found = self._resolve(proto.type_name, field)
        field.references["type"] = found
        if isinstance(found, str):
            actual = declared or Kind.MESSAGE
        elif isinstance(found, MessageDescriptor):
            actual = Kind.MESSAGE
        elif isinstance(found, EnumDescriptor):
            actual = Kind.ENUM
        else:
            raise DescriptorError(f"{found.full_name} is no type", field.file.name, field.full_name)
        if declared is not None and actual is not (Kind.MESSAGE if declared is Kind.GROUP else declared):
            raise DescriptorError(
                f"{proto.type_name[:100]} is no type for TYPE_{declared.name}", field.file.name, field.full_name
            )
        return Kind.MESSAGE if actual is Kind.GROUP else actual

    def _is_map(self, field: FieldDescriptor) -> bool:
        entry = field.references["type"]
        if not isinstance(entry, MessageDescriptor) or not entry.is_map_entry:
            return False
        if field.proto.label != Label.REPEATED or field.is_extension or entry.parent is not field.parent:
            raise DescriptorError("the entry of a map is the type of that map alone", field.file.name, field.full_name)
        return True

    def _entry(self, entry: MessageDescriptor) -> None:
        numbers = [field.number for field in entry.fields]
        cards = {field.card for field in entry.fields}
        if numbers != [1, 2] or cards & {Card.REPEATED, Card.MAP, Card.ONEOF} or entry.fields[0].kind in _NO_MAP_KEYS:
            raise DescriptorError("is no entry of a map: a key (1) and a value (2)", entry.file.name, entry.full_name)

    def _extension(self, field: FieldDescriptor) -> None:
        place = field.file.name, field.full_name
        if not field.proto.extendee:
            raise DescriptorError("an extension names no message that it extends", *place)
        found = self._resolve(field.proto.extendee, field)
        field.references["extendee"] = found
        if isinstance(found, str):
            return
        if not isinstance(found, MessageDescriptor):
            raise DescriptorError(f"{found.full_name} is no message to extend", *place)
        if found.is_message_set and (field.kind is not Kind.MESSAGE or field.card is not Card.OPTIONAL):
            raise DescriptorError(f"{found.full_name} holds single messages alone", *place)
        ranges = self._ranges_of(found)
        after = bisect_right(ranges, (field.number, _LARGEST_IN_MESSAGE_SET + 2))
        if not after or not ranges[after - 1][0] <= field.number < ranges[after - 1][1]:
            raise DescriptorError(f"number {field.number} of {found.full_name} is not open to extensions", *place)

    def _ranges_of(self, message: MessageDescriptor) -> list[tuple[int, int]]:
        """The numbers that are open to extensions, as half-open ranges in rising order."""
        if message not in self._ranges:
            limit = _LARGEST_IN_MESSAGE_SET + 1 if message.is_message_set else 1 << 29
            self._ranges[message] = sorted(
                (max(1, each.start or 0), min(limit, each.end or 0)) for each in message.proto.extension_range
            )
        return self._ranges[message]

    def _method(self, method: MethodDescriptor) -> None:
        for role, name in (("input", method.proto.input_type), ("output", method.proto.output_type)):
            found = self._resolve(name or "", method)
            if not isinstance(found, str | MessageDescriptor):
                raise DescriptorError(f"{found.full_name} is no message", method.file.name, method.full_name)
            method.references[role] = found

    def _resolve(self, name: str, user: Descriptor) -> Descriptor | str:
        """What a name means to who uses it: from the root if it begins with a dot, else from the innermost scope."""
        if name.startswith("."):
            found = self._find(name[1:])
        else:
            found, scope = None, user.full_name
            while found is None and scope:
                scope = scope.rpartition(".")[0]
                found = self._find(f"{scope}.{name}" if scope else name)
        if found is not None:
            return found
        if self._allow_missing:
            return name.removeprefix(".")
        raise DescriptorError(f"refers to {name[:200]!r}, which is not there", user.file.name, user.full_name)

    def _default(self, field: FieldDescriptor, text: str) -> Any:
        place = field.file.name, field.full_name
        if field.card not in (Card.OPTIONAL, Card.ONEOF):
            raise DescriptorError("has no presence, and so no default of its own", *place)
        enum = field.references.get("type")
        if isinstance(enum, EnumDescriptor):
            if enum not in self._values:
                self._values[enum] = {value.name: value.number for value in enum.values}
            if text in self._values[enum]:
                return self._values[enum][text]
            raise DescriptorError(f"default {text[:100]!r} is no value of {enum.full_name}", *place)
        if isinstance(enum, str):
            return None
        try:
            return parse_default(field.kind, text)
        except ValueError as error:
            raise DescriptorError(f"default {text[:100]!r}: {error}", *place) from None
