"""``google.protobuf.Struct``, ``Value`` and ``ListValue``: JSON in messages, which in JSON is itself again."""

from __future__ import annotations

from functools import cache
from typing import Any

from minirpc.errors import EncodeError
from minirpc.message.json.contract import (
    AnyReader,
    AnyWriter,
    Context,
    Read,
    Write,
    too_deep_to_read,
    too_deep_to_write,
)
from minirpc.message.json.errors import Misfit, expected
from minirpc.message.json.scalars import scalar_reader, scalar_text
from minirpc.message.registry import Registry
from minirpc.wire import faults
from minirpc.wire.spec import FieldSpec, Kind

__all__ = ["list_reader", "list_writer", "struct_reader", "struct_writer", "value_reader", "value_writer"]


def _field(cls: Any, name: str) -> FieldSpec:
    field: FieldSpec = next(spec for spec in cls.__fields__ if spec.proto_name == name)
    return field


def _map_value(spec: FieldSpec) -> Any:
    assert spec.value is not None
    return spec.value.type


def struct_writer(writer: AnyWriter) -> Write:
    """The writer of ``Struct``: an object."""

    # not before the first call: the types refer to each other
    values_writer = cache(lambda: writer.of(_map_value(_field(writer.cls, "fields")), writer.options))

    def write(message: Any, depth: int, registry: Registry) -> str:
        if depth < 0:
            raise too_deep_to_write()
        values = values_writer()
        texts = []
        for key, value in _container(message, "fields", dict).items():
            try:
                texts.append(f"{key_text(key)}:{_nested(values, value, depth, registry)}")
            except EncodeError as error:
                error.path = f".fields{faults.element(key)}{error.path}"
                raise
        return "{" + ",".join(texts) + "}"

    key_text = scalar_text(_key(writer.cls), enum_numbers=False)
    return write


def _key(cls: Any) -> FieldSpec:
    key = _field(cls, "fields").key
    assert key is not None
    return key


def list_writer(writer: AnyWriter) -> Write:
    """The writer of ``ListValue``: an array."""

    values_writer = cache(lambda: writer.of(_field(writer.cls, "values").type, writer.options))

    def write(message: Any, depth: int, registry: Registry) -> str:
        if depth < 0:
            raise too_deep_to_write()
        values = values_writer()
        texts = []
        for index, value in enumerate(_container(message, "values", list)):
            try:
                texts.append(_nested(values, value, depth, registry))
            except EncodeError as error:
                error.path = f".values[{index}]{error.path}"
                raise
        return "[" + ",".join(texts) + "]"

    return write


def _container(message: Any, name: str, kind: type[Any]) -> Any:
    value = getattr(message, name)
    if not issubclass(type(value), kind):
        raise EncodeError(faults.expected(kind.__name__, value), f".{name}")
    return value


def _nested(writer: AnyWriter, message: Any, depth: int, registry: Registry) -> str:
    if not issubclass(type(message), writer.cls):
        raise EncodeError(faults.expected(writer.cls.__full_name__(), message))
    return writer.write(message, depth - 1, registry)


def value_writer(writer: AnyWriter) -> Write:
    """The writer of ``Value``: whatever it holds."""
    texts = {
        spec.name: scalar_text(spec, enum_numbers=False)
        for spec in writer.cls.__fields__
        if spec.kind is not Kind.MESSAGE
    }
    slots = [(spec.name, spec.slot) for spec in writer.cls.__fields__]
    nested_writer = cache(lambda name: writer.of(_field(writer.cls, name).type, writer.options))

    def write(message: Any, depth: int, registry: Registry) -> str:
        if depth < 0:
            raise too_deep_to_write()
        for name, slot in slots:
            value = getattr(message, slot, None)
            if value is not None:
                try:
                    return member(name, value, depth, registry)
                except EncodeError as error:
                    error.path = f".{name}{error.path}"
                    raise
        # struct.proto: "absence of any variant indicates an error"
        raise EncodeError("a google.protobuf.Value must have one of its fields set")

    def member(name: str, value: Any, depth: int, registry: Registry) -> str:
        if name not in texts:
            return _nested(nested_writer(name), value, depth, registry)
        text = texts[name](value)
        if name == "number_value" and text.startswith('"'):
            raise EncodeError(f"JSON has no number {value!r}")  # as a string it would come back as string_value
        return text

    return write


def struct_reader(reader: AnyReader) -> Read:
    """The reader of ``Struct``."""
    values_reader = cache(lambda: reader.of(_map_value(_field(reader.cls, "fields"))))

    def read(value: Any, depth: int, context: Context) -> Any:
        if type(value) is not tuple:
            raise expected("an object", value)
        if depth < 0:
            raise too_deep_to_read(context)
        read_value = values_reader().read
        fields: dict[str, Any] = {}
        for key, member in value:
            try:
                if key in fields:
                    raise Misfit("a second member of this name", again=True)
                fields[key] = read_value(member, depth - 1, context)
            except Misfit as misfit:
                misfit.in_member(value, key, member)
                raise
        message = reader.cls()
        message.fields = fields
        return message

    return read


def list_reader(reader: AnyReader) -> Read:
    """The reader of ``ListValue``."""
    values_reader = cache(lambda: reader.of(_field(reader.cls, "values").type))

    def read(value: Any, depth: int, context: Context) -> Any:
        if type(value) is not list:
            raise expected("an array", value)
        if depth < 0:
            raise too_deep_to_read(context)
        read_value = values_reader().read
        values: list[Any] = []
        try:
            for element in value:
                values.append(read_value(element, depth - 1, context))  # noqa: PERF401  the error needs the number
        except Misfit as misfit:
            misfit.in_element(len(values))
            raise
        message = reader.cls()
        message.values = values
        return message

    return read


def value_reader(reader: AnyReader) -> Read:
    """The reader of ``Value``."""
    cls = reader.cls
    read_number = scalar_reader(_field(cls, "number_value"))
    nested_reader = cache(lambda name: reader.of(_field(cls, name).type))

    def read(value: Any, depth: int, context: Context) -> Any:
        if depth < 0:
            raise too_deep_to_read(context)
        message = cls()
        if type(value) is str:
            message.string_value = value
        elif value is True or value is False:
            message.bool_value = value
        elif value is None:
            message.null_value = _field(cls, "null_value").type(0)
        elif type(value) is tuple:
            message.struct_value = nested_reader("struct_value").read(value, depth - 1, context)
        elif type(value) is list:
            message.list_value = nested_reader("list_value").read(value, depth - 1, context)
        else:
            message.number_value = read_number(value, context)
        return message

    return read
