"""The sample messages in Google's protobuf: the same schema, and values carried over and compared."""

from __future__ import annotations

import functools
import math
import struct
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from minirpc.codegen import messages_v1 as pb
from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = ["google_class", "google_values", "to_google", "values"]

Field = descriptor_pb2.FieldDescriptorProto


def _flat(cls: type[Any]) -> str:
    return cls.__qualname__.replace(".", "_")


def _types_of(cls: Any) -> list[type[Any]]:
    """The class and all message and enum classes that it leads to."""
    found: list[type[Any]] = []
    waiting = [cls]
    while waiting:
        cls = waiting.pop()
        if cls in found:
            continue
        found.append(cls)
        for spec in getattr(cls, "__fields__", ()):
            value = spec.value or spec
            if value.kind in (Kind.MESSAGE, Kind.ENUM):
                waiting.append(value.type)
    return found


def _describe_field(field: Field, spec: FieldSpec) -> None:
    field.name = spec.name
    field.number = spec.number
    field.type = int(spec.kind)
    field.label = Field.LABEL_REPEATED if spec.card in (Card.REPEATED, Card.MAP) else Field.LABEL_OPTIONAL
    if spec.card is not Card.MAP and spec.kind in (Kind.MESSAGE, Kind.ENUM):
        field.type_name = f".samples.{_flat(spec.type)}"
    if spec.card is Card.REPEATED and spec.kind.packable:
        field.options.packed = spec.packed


def _describe_message(message: descriptor_pb2.DescriptorProto, cls: Any) -> None:
    message.name = _flat(cls)
    oneofs: list[str] = []
    for spec in cls.__fields__:
        if spec.oneof and spec.oneof not in oneofs:
            oneofs.append(spec.oneof)
    message.oneof_decl.extend(descriptor_pb2.OneofDescriptorProto(name=name) for name in oneofs)
    for spec in cls.__fields__:
        field = message.field.add()
        _describe_field(field, spec)
        if spec.oneof:
            field.oneof_index = oneofs.index(spec.oneof)
        elif spec.card is Card.OPTIONAL and spec.kind is not Kind.MESSAGE:
            # "optional" in proto3 is a oneof with a single member, declared behind the real ones
            field.proto3_optional = True
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{spec.name}")
        if spec.card is Card.MAP:
            entry = message.nested_type.add(name="".join(map(str.capitalize, spec.name.split("_"))) + "Entry")
            entry.options.map_entry = True
            _describe_field(entry.field.add(), spec.key)
            _describe_field(entry.field.add(), spec.value)
            field.type_name = f".samples.{message.name}.{entry.name}"


def _describe_enum(enum: descriptor_pb2.EnumDescriptorProto, cls: Any) -> None:
    enum.name = _flat(cls)
    enum.options.allow_alias = True
    for name, member in cls.__members__.items():
        enum.value.add(name=f"{enum.name}_{name}", number=member.value)


@functools.cache
def google_class(cls: type[pb.Message]) -> type[Any]:
    """Google's class for the schema of one of ours."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{_flat(cls)}.proto", package="samples", syntax="proto3")
    for found in _types_of(cls):
        if hasattr(found, "__fields__"):
            _describe_message(file.message_type.add(), found)
        else:
            _describe_enum(file.enum_type.add(), found)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"samples.{_flat(cls)}"))


def _is_set(spec: FieldSpec, value: Any) -> bool:
    if spec.card in (Card.REPEATED, Card.MAP):
        return bool(value)
    if spec.card is Card.IMPLICIT:
        return bool(value) or (isinstance(value, float) and math.copysign(1, value) < 0)
    return value is not None


def to_google(message: Any, target: Any = None) -> Any:
    """The same message as an object of Google's class."""
    target = google_class(type(message))() if target is None else target
    for spec in type(message).__fields__:
        value = getattr(message, spec.name)
        if not _is_set(spec, value):
            continue
        if spec.card is Card.MAP:
            entries = getattr(target, spec.name)
            for key, item in value.items():
                if spec.value.kind is Kind.MESSAGE:
                    to_google(item, entries[key])
                else:
                    entries[key] = item
        elif spec.card is Card.REPEATED:
            if spec.kind is Kind.MESSAGE:
                for item in value:
                    to_google(item, getattr(target, spec.name).add())
            else:
                getattr(target, spec.name).extend(value)
        elif spec.kind is Kind.MESSAGE:
            getattr(target, spec.name).SetInParent()
            to_google(value, getattr(target, spec.name))
        else:
            setattr(target, spec.name, value)
    return target


def _canonical(kind: Kind, value: Any, nested: Any) -> Any:
    """A value that can be compared: floats by their bits, except that one NaN is as good as another."""
    if kind is Kind.MESSAGE:
        return nested(value)
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        return "nan" if math.isnan(value) else struct.pack("<d", value)
    return bytes(value) if kind is Kind.BYTES else value


def values(message: Any) -> dict[str, Any]:
    """All that one of our messages says, as plain comparable objects: fields that are set, by name."""
    found = {}
    for spec in type(message).__fields__:
        value = getattr(message, spec.name)
        if _is_set(spec, value):
            found[spec.name] = _field_values(spec, value, values)
    return found


def google_values(message: Any, cls: Any) -> dict[str, Any]:
    """The same for a message of Google's that is a twin of ``cls``."""
    specs = {spec.name: spec for spec in cls.__fields__}
    return {
        descriptor.name: _field_values(specs[descriptor.name], value, lambda m, s=specs[descriptor.name]: _google(m, s))
        for descriptor, value in message.ListFields()
    }


def _google(message: Any, spec: FieldSpec) -> dict[str, Any]:
    return google_values(message, (spec.value or spec).type)


def _field_values(spec: FieldSpec, value: Any, nested: Any) -> Any:
    if spec.card is Card.MAP:
        return {key: _canonical(spec.value.kind, value[key], nested) for key in list(value)}
    if spec.card is Card.REPEATED:
        return [_canonical(spec.kind, item, nested) for item in value]
    return _canonical(spec.kind, value, nested)
