"""What the text format needs to know of a message class, worked out once and kept on the class."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from minirpc.message.registry import full_name
from minirpc.message.text.values import Reader, Writer, reader, writer
from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = ["MapEntry", "TextField", "TextTable"]

_ANY = "google.protobuf.Any"


class TextField:
    """One field: how it is called, and how its values are read and written.

    Attributes:
        spec: the field.
        name: its name in the text format.
        unique: what may be there only once: the field, or its oneof ("" for repeated fields and maps).
        read, write: for scalars and enums, the functions for one value; None for messages.
        is_repeated, is_map: whether it is one.
        can_be_unset: whether the field may hold None.
        default: what an unset field holds.
        omitted: the text of the value that is not written, because it tells nothing; None if every value does.
    """

    def __init__(self, spec: FieldSpec, scope: str = "", *, in_map: bool = False) -> None:
        is_message = spec.is_message or spec.card is Card.MAP
        self.spec = spec
        self.name = _group_name(spec, scope) or spec.proto_name
        self.is_map = spec.card is Card.MAP
        self.is_repeated = spec.card is Card.REPEATED
        # a oneof is told from a field by the dot
        self.unique = "" if self.is_map or self.is_repeated else f".{spec.oneof}" if spec.oneof else spec.name
        self.read: Reader | None = None if is_message else reader(spec)
        self.write: Writer | None = None if is_message else writer(spec)
        self.can_be_unset = spec.card is not Card.IMPLICIT
        self.default = spec.default
        self.omitted = self.write(self.default) if self.write and not self.can_be_unset and not in_map else None

    @cached_property
    def make(self) -> Callable[[], Any]:
        """Makes an empty message of the field's type; for a map, an empty entry."""
        if self.spec.value is None:
            return self.spec.type
        key, value = self.spec.key, self.spec.value
        assert key is not None
        if value.is_message:
            make_value = value.type
            return lambda: MapEntry(key.default, make_value())
        return lambda: MapEntry(key.default, value.default)

    @cached_property
    def table(self) -> TextTable:
        """The table of the field's messages; for a map, of its entries."""
        if self.spec.value is None:
            return TextTable.of(self.spec.type)
        assert self.spec.key is not None
        return TextTable("", [TextField(self.spec.key, in_map=True), TextField(self.spec.value, in_map=True)])


def _group_name(spec: FieldSpec, scope: str) -> str:
    """What a group is called: like its message type, by which groups are declared (text format specification, "Group").

    Other delimited fields are called like themselves, unless they look as a group would: of a type that is declared
    beside them, with their own name but for upper case.

    Args:
        spec: any field.
        scope: the full name of the message that declares it.

    Returns:
        "" if the field is no such one.
    """
    if spec.kind is not Kind.GROUP or not scope:
        return ""
    parent, _, name = full_name(spec.type).rpartition(".")
    return name if parent == scope and name.lower() == spec.proto_name else ""


class MapEntry:
    """An entry of a map, as the text format has it: a message with the fields ``key`` and ``value``."""

    __slots__ = ("key", "value")

    def __init__(self, key: Any, value: Any) -> None:
        self.key = key
        self.value = value


class TextTable:
    """The fields of a message class, by name and by number.

    Attributes:
        full_name: the message's full name; "" for an entry of a map.
        by_name: the fields by their names in the text format.
        ordered: the fields in the order in which they are written, that of their numbers.
        reserved: the names that the message's ``reserved`` statements list.
        is_any: whether the message is ``google.protobuf.Any``.
        is_extendable: whether the message can have extensions.
    """

    def __init__(
        self,
        full_name: str,
        fields: list[TextField],
        reserved: frozenset[str] = frozenset(),
        *,
        is_extendable: bool = False,
    ) -> None:
        self.full_name = full_name
        self.ordered = sorted(fields, key=lambda field: field.spec.number)
        # groups are read under the name of their field too
        self.by_name = {field.spec.proto_name: field for field in self.ordered}
        self.by_name.update({field.name: field for field in self.ordered})
        self.reserved = reserved
        self.is_any = full_name == _ANY
        self.is_extendable = is_extendable

    @staticmethod
    def of(message_class: Any) -> TextTable:
        """The table of a message class, made at first use."""
        tables: dict[Any, Any] = message_class.__plans__
        table = tables.get(TextTable)
        if table is None:
            name = message_class.__full_name__()
            fields = [TextField(spec, name) for spec in message_class.__fields__]
            is_extendable = hasattr(message_class, "__holders__")
            table = TextTable(name, fields, message_class.__reserved__, is_extendable=is_extendable)
            table = tables.setdefault(TextTable, table)
        found: TextTable = table
        return found
