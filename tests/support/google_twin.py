"""The sample messages in Google's protobuf: the same schema, and values carried over and compared."""

from __future__ import annotations

import functools
import itertools
import math
import struct
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from proto2_samples import extensions_of

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError
from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = ["google_class", "google_extension", "google_values", "to_google", "values"]

Field = descriptor_pb2.FieldDescriptorProto
Features = descriptor_pb2.FeatureSet

_MESSAGES = (Kind.MESSAGE, Kind.GROUP)


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
        specs = [*getattr(cls, "__fields__", ()), *(extension.spec for extension in extensions_of(cls))]
        for spec in specs:
            value = spec.value or spec
            if value.kind in (*_MESSAGES, Kind.ENUM):
                waiting.append(value.type)
    return found


def _is_loose(spec: FieldSpec) -> bool:
    """Whether it holds strings of any bytes, which Google's Python classes cannot read: there they are bytes."""
    return not (spec.value or spec).utf8


def _describe_field(field: Field, spec: FieldSpec, name: str, edition: bool) -> None:
    field.name = name
    field.number = spec.number
    field.type = int(Kind.BYTES if _is_loose(spec) and spec.kind is Kind.STRING else spec.kind)
    field.label = Field.LABEL_REPEATED if spec.card in (Card.REPEATED, Card.MAP) else Field.LABEL_OPTIONAL
    if spec.card is not Card.MAP and spec.kind in (*_MESSAGES, Kind.ENUM):
        field.type_name = f".samples.{_flat(spec.type)}"
    if edition:
        _set_features(field, spec)
    elif spec.card is Card.REPEATED and spec.kind.packable:
        field.options.packed = spec.packed
    if spec.explicit_default is not None:
        field.default_value = _default_text(spec)


def _set_features(field: Field, spec: FieldSpec) -> None:
    features = field.options.features
    if spec.required:
        features.field_presence = Features.LEGACY_REQUIRED
    elif spec.card is Card.IMPLICIT and not spec.is_message and field.name not in ("key", "value"):
        features.field_presence = Features.IMPLICIT
    if spec.kind is Kind.GROUP:
        field.type = Field.TYPE_MESSAGE
        features.message_encoding = Features.DELIMITED
    if spec.card is Card.REPEATED and spec.kind.packable and not spec.packed:
        features.repeated_field_encoding = Features.EXPANDED


def _default_text(spec: FieldSpec) -> str:
    value = spec.explicit_default
    if spec.kind is Kind.ENUM:
        return f"{_flat(spec.type)}_{spec.type(value).name}"
    if spec.kind is Kind.BYTES:
        return "".join(f"\\{byte:03o}" for byte in value)
    return str(value).lower() if spec.kind is Kind.BOOL else str(value)


def _describe_message(message: descriptor_pb2.DescriptorProto, cls: Any, edition: bool) -> None:
    message.name = _flat(cls)
    oneofs: list[str] = []
    for spec in cls.__fields__:
        if spec.oneof and spec.oneof not in oneofs:
            oneofs.append(spec.oneof)
    message.oneof_decl.extend(descriptor_pb2.OneofDescriptorProto(name=name) for name in oneofs)
    for spec in cls.__fields__:
        field = message.field.add()
        _describe_field(field, spec, spec.name, edition)
        if spec.oneof:
            field.oneof_index = oneofs.index(spec.oneof)
        elif spec.card is Card.OPTIONAL and spec.kind is not Kind.MESSAGE and not edition:
            # "optional" in proto3 is a oneof with a single member, declared behind the real ones
            field.proto3_optional = True
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{spec.name}")
        if spec.card is Card.MAP:
            entry = message.nested_type.add(name="".join(map(str.capitalize, spec.name.split("_"))) + "Entry")
            entry.options.map_entry = not _is_loose(spec)  # the keys of a real map cannot be bytes
            _describe_field(entry.field.add(), spec.key, "key", edition)
            _describe_field(entry.field.add(), spec.value, "value", edition)
            field.type_name = f".samples.{message.name}.{entry.name}"
    if issubclass(cls, pb.ExtendableMessage):
        is_set = issubclass(cls, pb.MessageSet)
        if is_set:
            message.options.message_set_wire_format = True
        taken = [0, *sorted(spec.number for spec in cls.__fields__), (1 << 31) - 1 if is_set else 1 << 29]
        for before, behind in itertools.pairwise(taken):
            if before + 1 < behind:
                message.extension_range.add(start=before + 1, end=behind)


def _describe_enum(enum: descriptor_pb2.EnumDescriptorProto, cls: Any) -> None:
    enum.name = _flat(cls)
    enum.options.allow_alias = True
    if cls.__closed__:
        enum.options.features.enum_type = Features.CLOSED
    for name, member in cls.__members__.items():
        enum.value.add(name=f"{enum.name}_{name}", number=member.value)


@functools.cache
def google_class(cls: type[pb.Message]) -> type[Any]:
    """Google's class for the schema of one of ours."""
    types = _types_of(cls)
    edition = any(found.__module__ == "proto2_samples" for found in types)
    file = descriptor_pb2.FileDescriptorProto(name=f"{_flat(cls)}.proto", package="samples", syntax="proto3")
    if edition:
        file.syntax, file.edition = "editions", descriptor_pb2.EDITION_2023
    for found in types:
        if hasattr(found, "__fields__"):
            _describe_message(file.message_type.add(), found, edition)
        else:
            _describe_enum(file.enum_type.add(), found)
        for extension in extensions_of(found):
            field = file.extension.add()
            _describe_field(field, extension.spec, extension.full_name.rpartition(".")[2], edition)
            field.extendee = f".samples.{_flat(found)}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"samples.{_flat(cls)}"))


def google_extension(message: Any, extension: Any) -> Any:
    """Google's key to one of our extensions, for a message of Google's."""
    found = message.DESCRIPTOR.file.pool.FindExtensionByName(extension.full_name)
    if found.message_type is not None:
        message_factory.GetMessageClass(found.message_type)
    return found


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
        value = _stored(message, spec)
        if _is_set(spec, value):
            _field_to_google(spec, value, target, spec.name)
    for extension in extensions_of(type(message)):
        if extension in message:
            _field_to_google(extension.spec, message[extension], target, google_extension(target, extension))
    return target


def _field_to_google(spec: FieldSpec, value: Any, target: Any, name: Any) -> None:
    def current() -> Any:
        return getattr(target, name) if isinstance(name, str) else target.Extensions[name]

    if spec.card is Card.MAP:
        for key, item in value.items():
            if _is_loose(spec):
                current().add(key=_plain(spec.key, key), value=_plain(spec.value, item))
            elif spec.value.kind is Kind.MESSAGE:
                to_google(item, current()[key])
            else:
                current()[key] = item
    elif spec.card is Card.REPEATED:
        if spec.is_message:
            for item in value:
                to_google(item, current().add())
        else:
            current().extend(_plain(spec, item) for item in value)
    elif spec.is_message:
        current().SetInParent()
        to_google(value, current())
    elif isinstance(name, str):
        setattr(target, name, _plain(spec, value))
    else:
        target.Extensions[name] = _plain(spec, value)


def _stored(message: Any, spec: FieldSpec) -> Any:
    """What a field holds: None while it is unset, also if it reads as a default of its own."""
    if spec.explicit_default is not None and not message.has_field(spec.name):
        return None
    return getattr(message, spec.name)


def _plain(spec: FieldSpec, value: Any) -> Any:
    """A value as Google's classes have it."""
    if spec.kind is Kind.STRING and not spec.utf8 and isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return value


def _canonical(spec: FieldSpec, value: Any, nested: Any) -> Any:
    """A value that can be compared: floats by their bits, except that one NaN is as good as another."""
    kind = spec.kind
    if kind in _MESSAGES:
        return nested(value)
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        return "nan" if math.isnan(value) else struct.pack("<d", value)
    return bytes(value) if kind is Kind.BYTES else _plain(spec, value)


def values(message: Any) -> dict[str, Any]:
    """All that one of our messages says, as plain comparable objects: what is set, by name."""
    found = {}
    for spec in type(message).__fields__:
        value = _stored(message, spec)
        if _is_set(spec, value):
            found[spec.name] = _field_values(spec, value, values)
    for extension in extensions_of(type(message)):
        name = extension.full_name.rpartition(".")[2]
        try:
            if extension in message:
                found[name] = _field_values(extension.spec, message[extension], values)
        except DecodeError as error:
            found[name] = error.reason
    return found


def google_values(message: Any, cls: Any) -> dict[str, Any]:
    """The same for a message of Google's that is a twin of ``cls``."""
    specs = {spec.name: spec for spec in cls.__fields__}
    specs |= {extension.full_name.rpartition(".")[2]: extension.spec for extension in extensions_of(cls)}
    return {
        descriptor.name: _field_values(specs[descriptor.name], value, lambda m, s=specs[descriptor.name]: _google(m, s))
        for descriptor, value in message.ListFields()
        # a repeated extension of whose values none was known is listed all the same
        if specs[descriptor.name].card is not Card.REPEATED or len(value)
    }


def _google(message: Any, spec: FieldSpec) -> dict[str, Any]:
    return google_values(message, (spec.value or spec).type)


def _field_values(spec: FieldSpec, value: Any, nested: Any) -> Any:
    if spec.card is Card.MAP:
        if not isinstance(value, dict) and _is_loose(spec):
            return {entry.key: entry.value for entry in value}
        return {_plain(spec.key, key): _canonical(spec.value, value[key], nested) for key in list(value)}
    if spec.card is Card.REPEATED:
        return [_canonical(spec, item, nested) for item in value]
    return _canonical(spec, value, nested)
