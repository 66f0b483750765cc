"""The well-known types whose JSON is not an object of their fields (ProtoJSON Format, "Well-Known Types").

They are known by their full names, not by their classes: any class that is called ``google.protobuf.Timestamp`` is
written as one, whichever module it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from minirpc.errors import DecodeError, EncodeError
from minirpc.message.json import values as json_values
from minirpc.message.json.contract import (
    AnyReader,
    AnyWriter,
    Context,
    Read,
    Write,
    too_deep_to_read,
    too_deep_to_write,
)
from minirpc.message.json.errors import Misfit, describe, expected
from minirpc.message.json.names import camel_case
from minirpc.message.json.scalars import quote, scalar_reader, scalar_text
from minirpc.message.json.time import duration_text, parse_duration, parse_timestamp, timestamp_text
from minirpc.message.registry import Registry
from minirpc.wire import faults
from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = ["READERS", "WRITERS", "form_of"]

_TYPE = "@type"
_CAMEL = re.compile("[A-Z]")


def _checked(message: Any, name: str) -> Any:
    """The value of a scalar field, which must fit it."""
    spec = next(spec for spec in message.__fields__ if spec.name == name)
    value = getattr(message, name, spec.default)
    try:
        faults.check_scalar(spec, value)
    except EncodeError as error:
        error.path = f".{name}"
        raise
    return value


# ---- Timestamp, Duration


def _time_writer(text: Callable[[int, int], str]) -> Callable[[AnyWriter], Write]:
    def make(_writer: AnyWriter) -> Write:
        def write(message: Any, depth: int, _registry: Registry) -> str:
            if depth < 0:
                raise too_deep_to_write()
            try:
                return f'"{text(_checked(message, "seconds"), _checked(message, "nanos"))}"'
            except EncodeError:
                raise
            except ValueError as error:
                raise EncodeError(str(error)) from None

        return write

    return make


def _time_reader(parse: Callable[[str], tuple[int, int]]) -> Callable[[AnyReader], Read]:
    def make(reader: AnyReader) -> Read:
        def read(value: Any, depth: int, context: Context) -> Any:
            if depth < 0:
                raise too_deep_to_read(context)
            if type(value) is not str:
                raise expected("a string", value)
            try:
                seconds, nanos = parse(value)
            except ValueError as error:
                raise Misfit(f"{error}, got {describe(value)}") from None
            return reader.cls(seconds=seconds, nanos=nanos)

        return read

    return make


# ---- FieldMask


def _mask_writer(writer: AnyWriter) -> Write:
    (spec,) = writer.cls.__fields__

    def write(message: Any, depth: int, _registry: Registry) -> str:
        if depth < 0:
            raise too_deep_to_write()
        paths = []
        try:
            for path in message.paths:
                faults.check_scalar(spec, path)
                paths.append(_camel_case_path(path))
        except EncodeError as error:
            error.path = f".paths[{len(paths)}]"
            raise
        return quote(",".join(paths))

    return write


def _camel_case_path(path: str) -> str:
    camel = camel_case(path)
    # only what comes back the same may be written (field_mask.proto, "JSON Encoding of Field Masks")
    if not path or "," in path or _snake_case(camel) != path:
        raise EncodeError(f"{path!r} does not survive the change to lowerCamelCase")
    return camel


def _snake_case(path: str) -> str:
    return _CAMEL.sub(lambda match: f"_{match[0].lower()}", path)


def _mask_reader(reader: AnyReader) -> Read:
    def read(value: Any, depth: int, context: Context) -> Any:
        if depth < 0:
            raise too_deep_to_read(context)
        if type(value) is not str:
            raise expected("a string", value)
        paths = value.split(",") if value else []
        if "_" in value or not all(paths):
            raise Misfit(f"expected paths in lowerCamelCase like user.displayName,photo, got {describe(value)}")
        return reader.cls(paths=[_snake_case(path) for path in paths])

    return read


# ---- wrappers


def _wrapper_writer(writer: AnyWriter) -> Write:
    (spec,) = writer.cls.__fields__
    text = scalar_text(spec, enum_numbers=False)

    def write(message: Any, depth: int, _registry: Registry) -> str:
        if depth < 0:
            raise too_deep_to_write()
        try:
            return text(getattr(message, spec.slot, spec.default))
        except EncodeError as error:
            error.path = f".{spec.name}"
            raise

    return write


def _wrapper_reader(reader: AnyReader) -> Read:
    (spec,) = reader.cls.__fields__
    read_scalar = scalar_reader(spec)

    def read(value: Any, depth: int, context: Context) -> Any:
        if depth < 0:
            raise too_deep_to_read(context)
        return reader.cls(value=read_scalar(value, context))

    return read


# ---- Any


def _full_name(type_url: str) -> str:
    """The name of the type that a URL stands for, which is behind its last slash (any.proto).

    Raises:
        LookupError: there is none.
    """
    _host, slash, name = type_url.rpartition("/")
    if not slash or not name:
        raise LookupError(f"{type_url!r} is no type URL like type.googleapis.com/acme.Book")
    return name


def _any_writer(writer: AnyWriter) -> Write:
    def write(message: Any, depth: int, registry: Registry) -> str:
        if depth < 0:
            raise too_deep_to_write()
        url, data = _checked(message, "type_url"), _checked(message, "value")
        if not url and not data:
            return "{}"
        try:
            inner = writer.of(registry.message(_full_name(url)), writer.options)
            value = inner.cls.__plan__.decode(inner.cls, data, max(depth - 1, 0))
        except LookupError as error:
            raise EncodeError(str(error), ".type_url") from None
        except DecodeError as error:
            raise EncodeError(f"cannot be decoded: {error}", ".value") from None
        text = inner.write(value, depth - 1, registry)
        if inner.special:
            return f'{{"{_TYPE}":{quote(url)},"value":{text}}}'
        return f'{{"{_TYPE}":{quote(url)}{"," if text != "{}" else ""}{text[1:]}'

    return write


def _any_reader(reader: AnyReader) -> Read:
    def read(value: Any, depth: int, context: Context) -> Any:
        if type(value) is not tuple:
            raise expected("an object", value)
        if depth < 0:
            raise too_deep_to_read(context)
        if not value:
            return reader.cls()
        url = read_url(value)
        try:
            inner = reader.of(context.registry.message(_full_name(url)))
        except LookupError as error:
            raise in_type(Misfit(str(error)), value, url) from None
        rest = tuple(pair for pair in value if pair[0] != _TYPE)
        message = read_special(inner, rest, depth, context) if inner.special else inner.read(rest, depth - 1, context)
        try:
            return reader.cls(type_url=url, value=inner.cls.__plan__.encode(message, partial=True))
        except EncodeError as error:
            raise Misfit(str(error)) from None

    def read_url(pairs: tuple[tuple[str, Any], ...]) -> str:
        urls = [value for key, value in pairs if key == _TYPE]
        if not urls:
            raise Misfit('a google.protobuf.Any needs a member "@type"')
        if len(urls) > 1:
            raise in_type(Misfit("a second member of this name", again=True), pairs, urls[1])
        if type(urls[0]) is not str:
            raise in_type(expected("a type URL", urls[0]), pairs, urls[0])
        return urls[0]

    def in_type(misfit: Misfit, pairs: tuple[tuple[str, Any], ...], url: Any) -> Misfit:
        misfit.in_member(pairs, _TYPE, url)
        return misfit

    def read_special(inner: AnyReader, pairs: tuple[tuple[str, Any], ...], depth: int, context: Context) -> Any:
        # "the message is converted into the special representation and set as a field with key "value"" is the rule
        found: list[Any] = []
        for key, member in pairs:
            try:
                if key == "value" and found:
                    raise Misfit("a second member of this name", again=True)
                if key == "value":
                    found.append(inner.read(member, depth - 1, context))
                elif not context.ignore_unknown:
                    raise Misfit(f"beside @type, {inner.cls.__full_name__()} has a value alone", at_name=True)
            except Misfit as misfit:
                misfit.in_member(pairs, key, member)
                raise
        if not found:
            raise Misfit(f'{inner.cls.__full_name__()} needs a member "value"')
        return found[0]

    return read


# ---- all of them

_WRAPPERS = [
    f"google.protobuf.{kind}Value"
    for kind in ("Bool", "Bytes", "Double", "Float", "Int32", "Int64", "String", "UInt32", "UInt64")
]

WRITERS: dict[str, Callable[[Any], Write]] = {
    "google.protobuf.Any": _any_writer,
    "google.protobuf.Duration": _time_writer(duration_text),
    "google.protobuf.FieldMask": _mask_writer,
    "google.protobuf.ListValue": json_values.list_writer,
    "google.protobuf.Struct": json_values.struct_writer,
    "google.protobuf.Timestamp": _time_writer(timestamp_text),
    "google.protobuf.Value": json_values.value_writer,
    **dict.fromkeys(_WRAPPERS, _wrapper_writer),
}
"""For each special type, what makes its writer of an :class:`AnyWriter`."""

READERS: dict[str, Callable[[Any], Read]] = {
    "google.protobuf.Any": _any_reader,
    "google.protobuf.Duration": _time_reader(parse_duration),
    "google.protobuf.FieldMask": _mask_reader,
    "google.protobuf.ListValue": json_values.list_reader,
    "google.protobuf.Struct": json_values.struct_reader,
    "google.protobuf.Timestamp": _time_reader(parse_timestamp),
    "google.protobuf.Value": json_values.value_reader,
    **dict.fromkeys(_WRAPPERS, _wrapper_reader),
}
"""For each special type, what makes its reader of an :class:`AnyReader`."""


# ---- what the compiled engine reads

_FORMS = {
    "google.protobuf.Duration": "duration",
    "google.protobuf.ListValue": "list",
    "google.protobuf.Struct": "struct",
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.Value": "value",
    **dict.fromkeys(_WRAPPERS, "wrapper"),
}
_TIME = [(1, "seconds", Kind.INT64, Card.IMPLICIT), (2, "nanos", Kind.INT32, Card.IMPLICIT)]
_SHAPES = {
    "duration": _TIME,
    "list": [(1, "values", Kind.MESSAGE, Card.REPEATED)],
    "struct": [(1, "fields", Kind.MESSAGE, Card.MAP)],
    "timestamp": _TIME,
    "value": [
        (1, "null_value", Kind.ENUM, Card.ONEOF),
        (2, "number_value", Kind.DOUBLE, Card.ONEOF),
        (3, "string_value", Kind.STRING, Card.ONEOF),
        (4, "bool_value", Kind.BOOL, Card.ONEOF),
        (5, "struct_value", Kind.MESSAGE, Card.ONEOF),
        (6, "list_value", Kind.MESSAGE, Card.ONEOF),
    ],
}


def form_of(cls: Any) -> str | None:
    """How the compiled engine reads a special type (see ``JsonReader``); None if it does not."""
    form = _FORMS.get(cls.__full_name__())
    if form is None:
        return None
    fields: list[FieldSpec] = sorted(cls.__fields__, key=lambda spec: spec.number)
    if form == "wrapper":
        (field,) = fields
        fits = field.card is Card.IMPLICIT and field.kind not in (Kind.ENUM, Kind.MESSAGE)
    else:
        # a class of this name need not be the one that we ship
        fits = _SHAPES[form] == [(field.number, field.proto_name, field.kind, field.card) for field in fields]
    return form if fits else None
