"""The names that enum values have in their .proto file.

The members of a generated enum class may be called otherwise (without the prefix that all share, or escaped). JSON and
the text format write the names of the .proto file, which the descriptor kept in the generated module tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minirpc import wire
from minirpc.message import registry
from minirpc.wire.spec import WireType

__all__ = ["numbers_by_name"]

# field numbers in google/protobuf/descriptor.proto
_FILE_MESSAGES, _FILE_ENUMS = 4, 5
_MESSAGE_NAME, _MESSAGE_MESSAGES, _MESSAGE_ENUMS = 1, 3, 4
_ENUM_NAME, _ENUM_VALUES = 1, 2
_VALUE_NAME, _VALUE_NUMBER = 1, 2

Names = dict[str, int]


def numbers_by_name(cls: type[Any]) -> Names:
    """The values of an enum class as its .proto file has them.

    Returns:
        The number of each name, in the order of their declaration, aliases included. For a class that was written by
        hand, the names of its members.
    """
    names: Names | None = cls.__dict__.get("__numbers_by_name__")
    if names is None:
        names = _declared(cls) or {name: int(member) for name, member in cls.__members__.items()}
        cls.__numbers_by_name__ = names
    return names


def _declared(cls: type[Any]) -> Names | None:
    file = registry.file_of(cls)
    if file is None:
        return None
    wanted = registry.full_name(cls)
    found = _enums(file.descriptor, file.package, _FILE_MESSAGES, _FILE_ENUMS)
    return next((names for name, names in found if name == wanted), None)


def _enums(data: bytes, scope: str, messages: int, enums: int) -> Iterator[tuple[str, Names]]:
    """The enums of a serialized ``FileDescriptorProto`` or ``DescriptorProto``, by full name."""
    prefix = f"{scope}." if scope else ""
    for number, value in _fields(data):
        if number == messages:
            name = prefix + _text(value, _MESSAGE_NAME)
            yield from _enums(value, name, _MESSAGE_MESSAGES, _MESSAGE_ENUMS)
        elif number == enums:
            declared = [value for number, value in _fields(value) if number == _ENUM_VALUES]
            yield (
                prefix + _text(value, _ENUM_NAME),
                {_text(value, _VALUE_NAME): _int32(value, _VALUE_NUMBER) for value in declared},
            )


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a serialized message that are varints or length-delimited: number, and int or bytes."""
    pos = 0
    while pos < len(data):
        start = pos
        number, wire_type, pos = wire.decode_tag(data, pos)
        if wire_type == WireType.VARINT:
            value, pos = wire.decode_varint(data, pos)
            yield number, value
        elif wire_type == WireType.LEN:
            size, pos = wire.decode_varint(data, pos)
            yield number, data[pos : pos + size]
            pos += size
        else:
            pos = wire.skip_field(data, pos, number, wire_type, tag_pos=start)


def _text(data: bytes, number: int) -> str:
    return next((value.decode() for found, value in _fields(data) if found == number), "")


def _int32(data: bytes, number: int) -> int:
    value = next((value for found, value in _fields(data) if found == number), 0) & 0xFFFFFFFF
    return int(value - (1 << 32) if value >> 31 else value)
