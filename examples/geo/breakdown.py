"""A serialized message taken apart, field by field (protobuf encoding specification)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from minirpc.message.wkt.descriptor_pb import DescriptorProto, FieldDescriptorProto, FileDescriptorSet
from minirpc.wire import decode_tag, decode_varint

__all__ = ["break_down", "message_types"]

_WIRE_TYPES = {0: "VARINT", 1: "I64", 2: "LEN", 5: "I32"}
_FORMATS = {1: struct.Struct("<d"), 5: struct.Struct("<f")}


def message_types(files: FileDescriptorSet) -> dict[str, DescriptorProto]:
    """The top-level message types of .proto files, by their full names with a leading dot, as fields refer to them."""
    return {f".{file.package}.{message.name}": message for file in files.file for message in file.message_type}


def break_down(data: bytes, type_name: str, types: Mapping[str, DescriptorProto]) -> Iterator[tuple[str, str]]:
    """Explains a message that consists of numbers and other such messages.

    Args:
        data: the serialized message.
        type_name: its type, one of ``types``.
        types: what :func:`message_types` found.

    Yields:
        For each field, its bytes in hex and what they say. The fields of an inner message follow its tag and length,
        indented.
    """
    fields = {field.number: field for field in types[type_name].field}
    position = 0
    while position < len(data):
        start = position
        number, wire_type, position = decode_tag(data, position)
        field = fields[number]
        what = f"field {number}, {_WIRE_TYPES[wire_type]}: {field.name}"
        if field.type is FieldDescriptorProto.Type.MESSAGE:
            inner_type = str(field.type_name)
            length, position = decode_varint(data, position)
            yield data[start:position].hex(" "), f"{what}, a {inner_type[1:]} of {length} bytes"
            for inner in break_down(data[position : position + length], inner_type, types):
                yield f"   {inner[0]}", f"   {inner[1]}"
            position += length
            continue
        if wire_type in _FORMATS:
            layout = _FORMATS[wire_type]
            (value,) = layout.unpack_from(data, position)
            position += layout.size
        else:
            value, position = decode_varint(data, position)
        # 7 digits: as many as a 32-bit float has
        yield data[start:position].hex(" "), f"{what} = {value:.7g}"
