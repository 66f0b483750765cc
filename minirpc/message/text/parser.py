"""Reads messages from protobuf's text format.

Source: "Text Format Language Specification" of protobuf, section "Syntax Elements" and those behind it.
"""

from __future__ import annotations

from typing import Any

from minirpc.errors import DecodeError, EncodeError
from minirpc.message.registry import WELL_KNOWN_TYPES, Registry
from minirpc.message.text.lexer import Lexer, TextError
from minirpc.message.text.table import TextField, TextTable
from minirpc.wire import faults
from minirpc.wire.spec import MAX_DEPTH

__all__ = ["from_text"]

_CLOSING = {"{": "}", "<": ">"}
_SCALARS = ("ident", "dec", "oct", "hex", "float")


def from_text(cls: Any, text: str | bytes, *, registry: Registry | None = None, max_depth: int = MAX_DEPTH) -> Any:
    """Makes a message of the class ``cls``. See ``Message.from_text``."""
    if isinstance(text, str):
        data = text
    elif isinstance(text, bytes):
        # a byte that is no UTF-8 becomes a lone surrogate, and is refused as one
        data = text.decode("utf-8", "surrogateescape")
    else:
        raise TypeError(f"expected str or bytes, got {type(text).__name__}")
    table = TextTable.of(cls)
    message = cls.__plan__.decode(cls, b"")  # as from_binary: not by the __init__ of a subclass
    try:
        _check_unicode(data)
        _Parser(Lexer(data), registry or WELL_KNOWN_TYPES, max_depth).fields(message, table, "end", max_depth)
    except TextError as error:
        raise error.located(data, table.full_name) from None
    except RecursionError:
        raise DecodeError("nested deeper than Python's stack allows", table.full_name, None) from None
    return message


def _check_unicode(text: str) -> None:
    # "text format files are UTF-8 encoded", and UTF-8 has no surrogates
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TextError("the text is not valid UTF-8", error.start) from None


class _Parser:
    """A recursive descent over the tokens, straight into the messages.

    ``depth`` is everywhere the number of levels that may still nest below. One level takes up to five calls within each
    other (a map's), so that ``MAX_DEPTH`` levels fit into half of the stack that Python has by default.
    """

    __slots__ = ("lexer", "max_depth", "registry")

    def __init__(self, lexer: Lexer, registry: Registry, max_depth: int) -> None:
        self.lexer = lexer
        self.registry = registry
        self.max_depth = max_depth

    def fields(self, message: Any, table: TextTable, closing: str, depth: int) -> None:
        """``Message = { Field }``, up to and including the token ``closing``."""
        lexer = self.lexer
        seen: dict[str, str] = {}
        while lexer.kind != closing:
            if lexer.kind == "ident":
                field = table.by_name.get(lexer.token)
                if field is not None:
                    start = lexer.start
                    lexer.advance()
                    self.values(message, field, start, seen, depth)
                elif lexer.token in table.reserved:
                    # "reserved fields, if present in any form (scalar, list, message), are simply ignored"
                    lexer.advance()
                    self.skip_value(depth)
                else:
                    raise lexer.unexpected("a field of the message")
            elif lexer.kind == "[":
                self.bracketed_field(message, table, seen, depth)
            else:
                raise lexer.unexpected("a field name" if closing == "end" else f"a field name or '{closing}'")
            if lexer.kind in (",", ";"):
                lexer.advance()
        lexer.advance()

    def values(self, message: Any, field: TextField, start: int, seen: dict[str, str], depth: int) -> None:
        """What follows the name of one of the message's own fields.

        Args:
            message: what to set it on.
            field: the field.
            start: where its name stood.
            seen: what was set already, of that which can be set once: the name of the field, by ``TextField.unique``.
            depth: as everywhere.
        """
        lexer = self.lexer
        try:
            if field.read is None:
                lexer.skip(":")
            else:
                # "the ':' delimiter is required for scalar fields but optional for message fields"
                lexer.expect(":")
            if field.unique:
                earlier = seen.get(field.unique)
                if earlier is not None and (earlier != field.name or field.read is not None):
                    same = earlier == field.name
                    raise TextError("set twice" if same else f"the oneof has '{earlier}' already", start)
                seen[field.unique] = field.name
                # a message that comes again merges, as in the wire format
                value = getattr(message, field.spec.slot) if earlier is not None else None
                if field.read is not None:
                    value = field.read(lexer)
                else:
                    value = field.make() if value is None else value
                    self.fields(value, field.table, self.open_message(depth), depth - 1)
                setattr(message, field.spec.name, value)
            else:
                self.elements(getattr(message, field.spec.name), field, depth)
        except TextError as error:
            error.path.append(f".{field.name}")
            raise

    def elements(self, container: Any, field: TextField, depth: int) -> None:
        """One value of a repeated field or map, or a list of them."""
        lexer = self.lexer
        in_list = lexer.skip("[")
        if in_list and lexer.skip("]"):
            return
        while True:
            if field.is_map:
                entry = field.make()
                # an entry is no level of its own
                self.fields(entry, field.table, self.open_message(depth + 1), depth)
                container[entry.key] = entry.value
            else:
                try:
                    if field.read is not None:
                        value = field.read(lexer)
                    else:
                        value = field.make()
                        self.fields(value, field.table, self.open_message(depth), depth - 1)
                except TextError as error:
                    error.path.append(f"[{len(container)}]")
                    raise
                container.append(value)
            if not in_list or not lexer.skip(","):
                break
        if in_list and not lexer.skip("]"):
            raise lexer.unexpected("',' or ']'")

    def open_message(self, depth: int) -> str:
        """Goes past the opening bracket of a message, and says which one must close it.

        ``MessageValue = "{", Message, "}" | "<", Message, ">"``
        """
        closing = _CLOSING.get(self.lexer.kind)
        if closing is None:
            raise self.lexer.unexpected("'{' or '<'")
        if depth <= 0:
            raise TextError(faults.too_deep(self.max_depth), self.lexer.start)
        self.lexer.advance()
        return closing

    def extension(self, message: Any, name: str, start: int, seen: dict[str, str], depth: int) -> None:
        """What follows the name of an extension.

        Args:
            message: what to set it on.
            name: the extension's full name, which stood in brackets.
            start: where it stood.
            seen, depth: see :meth:`values`.
        """
        try:
            extension = self.registry.extension(name)
        except LookupError:
            raise TextError(f"unknown extension '[{name}]'", start) from None
        if not isinstance(message, extension.extendee):
            raise TextError(f"the extension '[{name}]' is one of {extension.extendee.__full_name__()}", start)
        holder: Any = message.__holder__(extension)
        (field,) = TextTable.of(type(holder)).ordered
        if field.is_repeated:
            setattr(holder, field.spec.name, message[extension])
        self.values(holder, field, start, seen, depth)
        message.__hold__(holder)

    def bracketed_field(self, message: Any, table: TextTable, seen: dict[str, str], depth: int) -> None:
        """A field whose name stands in brackets: an extension, or the message in an ``Any``."""
        start = self.lexer.start
        prefix, name = self.lexer.take_bracketed_name()
        if not prefix:
            self.extension(message, name, start, seen, depth)
            return
        if not table.is_any:
            raise TextError("only google.protobuf.Any takes the name of a type in brackets", start)
        if seen:
            raise TextError("an Any holds one message, and this one has something already", start)
        seen.update(type_url="type_url", value="value")
        try:
            cls: Any = self.registry.message(name)
        except LookupError:
            raise TextError(f"the registry has no message type '{name}'", start) from None
        content = cls()
        self.lexer.skip(":")
        try:
            self.fields(content, TextTable.of(cls), self.open_message(depth), depth - 1)
        except TextError as error:
            error.path.append(f"[{prefix}/{name}]")
            raise
        message.type_url = f"{prefix}/{name}"
        try:
            message.value = cls.__plan__.encode(content, True, partial=True)
        except EncodeError as error:
            raise TextError(error.reason, start) from None

    def skip_value(self, depth: int) -> None:
        """What follows the name of a field that is reserved: a value or a list of any kind."""
        lexer = self.lexer
        has_colon = lexer.skip(":")
        in_list = lexer.skip("[")
        if in_list and lexer.skip("]"):
            return
        is_message = lexer.kind in _CLOSING
        if not is_message and not has_colon:
            raise lexer.unexpected("':', '{' or '<'")
        while True:
            if is_message:
                self.skip_message(depth)
            else:
                self.skip_scalar()
            if not in_list or not lexer.skip(","):
                break
        if in_list:
            lexer.expect("]")

    def skip_message(self, depth: int) -> None:
        lexer = self.lexer
        closing = self.open_message(depth)
        while lexer.kind != closing:
            if lexer.kind == "ident":
                lexer.advance()
            elif lexer.kind == "[":
                lexer.take_bracketed_name()
            else:
                raise lexer.unexpected(f"a field name or '{closing}'")
            self.skip_value(depth - 1)
            if lexer.kind in (",", ";"):
                lexer.advance()
        lexer.advance()

    def skip_scalar(self) -> None:
        lexer = self.lexer
        if lexer.kind == "string":
            lexer.take_bytes()
            return
        lexer.skip("-")
        if lexer.kind not in _SCALARS:
            raise lexer.unexpected("a value")
        lexer.advance()
