"""Writes messages in protobuf's text format.

Source: "Text Format Language Specification" of protobuf; where that leaves a choice, the layout of Google's printers.
"""

from __future__ import annotations

from typing import Any

from minirpc.errors import DecodeError, EncodeError
from minirpc.message.registry import WELL_KNOWN_TYPES, Registry
from minirpc.message.text.lexer import is_type_url
from minirpc.message.text.table import MapEntry, TextField, TextTable
from minirpc.message.text.unknown import UnknownField, read_unknown
from minirpc.numbers import Numbers
from minirpc.wire import faults
from minirpc.wire.spec import MAX_DEPTH

__all__ = ["to_text"]


def to_text(
    message: Any, *, single_line: bool = False, registry: Registry | None = None, unknown_fields: bool = False
) -> str:
    """The text of a message. See ``Message.to_text``."""
    printer = _Printer(single_line, registry or WELL_KNOWN_TYPES, unknown_fields)
    table = TextTable.of(type(message))
    try:
        printer.message(message, table, "", MAX_DEPTH)
    except EncodeError as error:
        # the printer does not know where it is; the codec finds the same fault, and says where
        type(message).__plan__.encode(message, partial=True)
        raise EncodeError(error.reason, table.full_name) from None
    text = "".join(printer.out)
    return text.removesuffix(" ") if single_line else text


class _Printer:
    """Appends the lines of messages to ``out``. ``pad`` is the space before a line, ``depth`` the levels left."""

    __slots__ = ("end", "out", "registry", "step", "unknown_fields")

    def __init__(self, single_line: bool, registry: Registry, unknown_fields: bool) -> None:
        self.out: list[str] = []
        self.step = "" if single_line else "  "
        self.end = " " if single_line else "\n"
        self.registry = registry
        self.unknown_fields = unknown_fields

    def message(self, message: Any, table: TextTable, pad: str, depth: int) -> None:
        """The fields of a message, one to a line."""
        if depth < 0:
            raise EncodeError(faults.too_deep(MAX_DEPTH))
        if table.is_any and self.any(message, pad, depth):
            return
        for field in table.ordered:
            value = getattr(message, field.spec.slot, field.default)
            if value is None and field.can_be_unset:
                continue
            if field.is_repeated:
                for element in value if type(value) is Numbers else _checked(value, list):
                    self.field(field, element, pad, depth)
            elif field.is_map:
                for key, element in _entries(_checked(value, dict)):
                    self.opened(field.name, MapEntry(key, element), field.table, pad, depth)
            elif field.omitted is None or value is not field.default:
                self.field(field, value, pad, depth)
        if table.is_extendable:
            self.extensions(message, pad, depth)
        if self.unknown_fields:
            self.unknown(read_unknown(getattr(message, "_unknown", b"")), pad)

    def extensions(self, message: Any, pad: str, depth: int) -> None:
        """The extensions that were asked for or that the registry knows, as ``[acme.owner]: "x"``."""
        try:
            holders = message.__holders__(self.registry)
        except DecodeError as error:
            raise EncodeError(f"an extension cannot be decoded: {error}") from None
        for holder in holders:
            self.message(holder, TextTable.of(type(holder)), pad, depth)

    def field(self, field: TextField, value: Any, pad: str, depth: int) -> None:
        """One value: ``name: value`` or ``name { … }``."""
        if field.write is not None:
            text = field.write(value)
            if text != field.omitted:
                self.out.append(f"{pad}{field.name}: {text}{self.end}")
        else:
            cls = field.spec.type
            if not issubclass(type(value), cls):
                raise EncodeError(faults.expected(field.table.full_name, value))
            self.opened(field.name, value, field.table, pad, depth - 1)

    def opened(self, name: str, message: Any, table: TextTable, pad: str, depth: int) -> None:
        """A message in braces."""
        self.out.append(f"{pad}{name} {{{self.end}")
        self.message(message, table, pad + self.step, depth)
        self.out.append(f"{pad}}}{self.end}")

    def any(self, message: Any, pad: str, depth: int) -> bool:
        """The message in an ``Any``, if its type is known and its value can be read; says whether."""
        url = getattr(message, "type_url", "")
        if not isinstance(url, str) or not is_type_url(url) or depth <= 0:
            return False
        try:
            cls = self.registry.message(url.rpartition("/")[2])
            content = cls.from_binary(getattr(message, "value", b""), max_depth=depth - 1)
        except (LookupError, DecodeError, TypeError):
            return False
        self.opened(f"[{url}]", content, TextTable.of(cls), pad, depth - 1)
        return True

    def unknown(self, fields: list[UnknownField], pad: str) -> None:
        """Unknown fields, by their numbers."""
        for number, value in fields:
            if isinstance(value, str):
                self.out.append(f"{pad}{number}: {value}{self.end}")
            else:
                self.out.append(f"{pad}{number} {{{self.end}")
                self.unknown(value, pad + self.step)
                self.out.append(f"{pad}}}{self.end}")


def _checked(value: Any, cls: type[Any]) -> Any:
    if not issubclass(type(value), cls):
        raise EncodeError(faults.expected(cls.__name__, value))
    return value


def _entries(entries: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """The entries of a map in the order of their keys, so that equal messages give equal texts."""
    try:
        return sorted(entries.items(), key=lambda entry: entry[0])
    except TypeError:
        return list(entries.items())  # keys of several types: one of them will not fit
