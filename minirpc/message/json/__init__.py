"""ProtoJSON: messages to JSON text and back (https://protobuf.dev/programming-guides/json/).

Text is made and read by functions that are written for each class: :mod:`minirpc.message.json.writer` and
:mod:`minirpc.message.json.reader`. Here the whole is put together, and errors get the place where they happened.
"""

from __future__ import annotations

import json
from typing import Any

from minirpc.errors import EncodeError
from minirpc.message.json.contract import USUAL, Context, Options
from minirpc.message.json.document import as_text, decode_error, freeze, parse
from minirpc.message.json.errors import Misfit
from minirpc.message.json.reader import Reader
from minirpc.message.json.scalars import InexactNumber
from minirpc.message.json.writer import Writer
from minirpc.message.registry import WELL_KNOWN_TYPES, Registry
from minirpc.wire import faults
from minirpc.wire.spec import MAX_DEPTH

__all__ = ["USUAL", "Options", "from_dict", "from_json", "indented", "read_carefully", "to_dict", "to_json"]


def to_json(message: Any, options: Options, registry: Registry | None) -> str:
    """The JSON text of a message. See ``Message.to_json``."""
    cls = type(message)
    registry = registry or WELL_KNOWN_TYPES
    writer = cls.__plans__.get(options) or Writer.of(cls, options)
    try:
        try:
            text: str = writer.write(message, MAX_DEPTH, registry)
            if not writer.is_compiled and not text.isascii():
                text.encode()
        # an empty slot, a wrong type, a lone surrogate; after an error, the careful writer knows the whole path
        except (AttributeError, EncodeError, TypeError, UnicodeEncodeError):
            text = Writer.of(cls, options._replace(careful=True)).write(message, MAX_DEPTH, registry)
    except EncodeError as error:
        raise EncodeError(error.reason, cls.__full_name__() + error.path) from None
    return text


def indented(text: str, indent: int) -> str:
    """JSON text with each value on its own line."""
    return json.dumps(json.loads(text), indent=indent, ensure_ascii=False)


def to_dict(message: Any, options: Options, registry: Registry | None) -> Any:
    """What ``json.loads`` makes of the JSON text of a message. See ``Message.to_dict``."""
    return json.loads(to_json(message, options, registry))


def from_json(
    cls: Any, data: str | bytes | bytearray, ignore_unknown: bool, registry: Registry | None, max_depth: int
) -> Any:
    """Reads a message from JSON text. See ``Message.from_json``."""
    registry = registry or WELL_KNOWN_TYPES
    compiled = (cls.__plans__.get(Reader) or Reader.of(cls)).compiled
    if compiled is not None:
        message = compiled.read(cls, data, ignore_unknown, registry, max_depth)
        if message is not None:
            return message
    return read_carefully(cls, data, ignore_unknown, registry, max_depth)


def read_carefully(
    cls: Any, data: str | bytes | bytearray, ignore_unknown: bool, registry: Registry, max_depth: int
) -> Any:
    """Reads what the compiled reader has given up on, or all where there is none."""
    text = as_text(data)
    context = Context(ignore_unknown, registry, max_depth, exact=False)
    try:
        try:
            return _read(cls, parse(text, max_depth), context)
        except InexactNumber:
            return _read(cls, parse(text, max_depth, exact=True), context)
    except Misfit as misfit:
        raise decode_error(misfit, text) from None
    except RecursionError:  # max_depth is more than Python can do
        raise decode_error(Misfit(faults.too_deep(max_depth)), text) from None


def from_dict(cls: Any, value: Any, ignore_unknown: bool, registry: Registry | None, max_depth: int) -> Any:
    """Reads a message from plain Python values. See ``Message.from_dict``."""
    context = Context(ignore_unknown, registry or WELL_KNOWN_TYPES, max_depth, exact=True)
    try:
        return _read(cls, freeze(value), context)
    except Misfit as misfit:
        raise decode_error(misfit, None) from None
    except RecursionError:
        raise decode_error(Misfit(faults.too_deep(max_depth)), None) from None


def _read(cls: Any, value: Any, context: Context) -> Any:
    reader = Reader.of(cls)
    message = reader.read(value, context.max_depth, context)
    if type(message) is cls:
        return message
    # a subclass: its own __init__ is not run, as in decoding bytes
    twin = cls.__plan__.decode(cls, b"")
    for spec in cls.__fields__:
        setattr(twin, spec.slot, getattr(message, spec.slot, None))
    if hasattr(message, "_extensions"):
        twin._extensions = message._extensions
    return twin
