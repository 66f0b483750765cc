# Generated from extensions.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

import builtins as _builtins
import typing as _typing
from typing import ClassVar

from minirpc.codegen import messages_v1 as _pb
from minirpc.message.wkt import descriptor_pb as _descriptor_pb
from minirpc.message.wkt import timestamp_pb as _timestamp_pb


class Level(_pb.Enum, closed=True):
    LOW = 1
    HIGH = 2


class Base(_pb.ExtendableMessage):
    name: _builtins.str | None = _pb.string(1, optional=True, utf8=False)


class Payload(_pb.Message):
    x: int | None = _pb.int32(1, optional=True)

    payload: ClassVar[_pb.Extension[Base, Payload | None]] = _pb.extension(
        "golden.extensions.Payload.payload", lambda: Base, _pb.message(100, lambda: Payload)
    )
    """Declared inside a message."""
    payloads: ClassVar[_pb.Extension[Base, list[Payload]]] = _pb.extension(
        "golden.extensions.Payload.payloads", lambda: Base, _pb.message(101, lambda: Payload, repeated=True)
    )
    class_: ClassVar[_pb.Extension[Base, _builtins.str | None]] = _pb.extension(
        "golden.extensions.Payload.class", lambda: Base, _pb.string(102, optional=True, utf8=False)
    )
    inside: ClassVar[_pb.Extension[_descriptor_pb.MessageOptions, Payload | None]] = _pb.extension(
        "golden.extensions.Payload.inside", lambda: _descriptor_pb.MessageOptions, _pb.message(50104, lambda: Payload)
    )


class Pair(_pb.Message):
    left: int | None = _pb.int32(1, optional=True)
    right: int | None = _pb.int32(2, optional=True)


@_pb.deprecated("golden.extensions.Annotated is deprecated")
class Annotated(_pb.Message, deprecated=True):
    secret: _builtins.str | None = _pb.string(1, optional=True, utf8=False)


class Set(_pb.MessageSet):
    """An encoding of old."""


class Item(_pb.Message):
    text: _builtins.str | None = _pb.string(1, optional=True, utf8=False)

    item: ClassVar[_pb.Extension[Set, Item | None]] = _pb.extension(
        "golden.extensions.Item.item", lambda: Set, _pb.message(1547769, lambda: Item)
    )
    far_item: ClassVar[_pb.Extension[Set, Item | None]] = _pb.extension(
        "golden.extensions.Item.far_item", lambda: Set, _pb.message(2147483646, lambda: Item)
    )


class Hidden(_pb.Message):
    """Every name of Python's that these lines use is hidden by a field or a class."""

    class ClassVar(_pb.Message):
        pass

    class Literal(_pb.Message):
        pass

    int: _builtins.int | None = _pb.int32(1, optional=True)
    str: _builtins.int | None = _pb.int32(2, optional=True)
    Base: _builtins.int | None = _pb.int32(3, optional=True)
    property: _builtins.int | None = _pb.int32(4, oneof="kind")
    word: _builtins.str | None = _pb.string(5, oneof="kind", utf8=False)

    hidden: _typing.ClassVar[_pb.Extension[_Base, _builtins.str | None]] = _pb.extension(
        "golden.extensions.Hidden.hidden", lambda: Base, _pb.string(130, optional=True, utf8=False)
    )
    hidden_numbers: _typing.ClassVar[_pb.Extension[_Base, _builtins.list[_builtins.int]]] = _pb.extension(
        "golden.extensions.Hidden.hidden_numbers", lambda: Base, _pb.int32(131, repeated=True, packed=False)
    )
    list: _typing.ClassVar[_pb.Extension[_Base, Hidden.ClassVar | None]] = _pb.extension(
        "golden.extensions.Hidden.list", lambda: Base, _pb.message(132, lambda: Hidden.ClassVar)
    )

    @_builtins.property
    def kind(self) -> (
        _pb.Oneof[_typing.Literal["property"], _builtins.int]
        | _pb.Oneof[_typing.Literal["word"], _builtins.str]
        | None
    ):
        return _pb.which_oneof(self, "kind")


number: _pb.Extension[Base, int | None] = _pb.extension(
    "golden.extensions.number", lambda: Base, _pb.int32(110, optional=True)
)
number_or_seven: _pb.Extension[Base, int] = _pb.extension(
    "golden.extensions.number_or_seven", lambda: Base, _pb.int32(111, optional=True, default=7)
)
numbers: _pb.Extension[Base, list[int]] = _pb.extension(
    "golden.extensions.numbers", lambda: Base, _pb.int32(112, repeated=True, packed=False)
)
packed_numbers: _pb.Extension[Base, list[int]] = _pb.extension(
    "golden.extensions.packed_numbers", lambda: Base, _pb.int32(113, repeated=True)
)
level: _pb.Extension[Base, Level | None] = _pb.extension(
    "golden.extensions.level", lambda: Base, _pb.enum(114, lambda: Level, optional=True)
)
level_or_high: _pb.Extension[Base, Level] = _pb.extension(
    "golden.extensions.level_or_high", lambda: Base, _pb.enum(115, lambda: Level, optional=True, default=2)
)
pair: _pb.Extension[Base, Pair | None] = _pb.extension(
    "golden.extensions.pair", lambda: Base, _pb.message(116, lambda: Pair, delimited=True)
)
at: _pb.Extension[Base, _timestamp_pb.Timestamp | None] = _pb.extension(
    "golden.extensions.at", lambda: Base, _pb.message(117, lambda: _timestamp_pb.Timestamp)
)
str: _pb.Extension[Base, _builtins.str | None] = _pb.extension(
    "golden.extensions.str", lambda: Base, _pb.string(118, optional=True, utf8=False)
)
dict: _pb.Extension[Base, bytes | None] = _pb.extension(
    "golden.extensions.dict", lambda: Base, _pb.bytes(119, optional=True)
)
owner: _pb.Extension[_descriptor_pb.FieldOptions, _builtins.str | None] = _pb.extension(
    "golden.extensions.owner", lambda: _descriptor_pb.FieldOptions, _pb.string(50100, optional=True, utf8=False)
)
tags: _pb.Extension[_descriptor_pb.FieldOptions, list[_builtins.str]] = _pb.extension(
    "golden.extensions.tags", lambda: _descriptor_pb.FieldOptions, _pb.string(50101, repeated=True, utf8=False)
)


_Base = Base
_pb.file("extensions.proto", "golden.extensions", b"\n\x10extensions.proto\x12\x11golden.extensions\x1a google/protobuf/descriptor.proto\x1a\x1fgoogle/protobuf/timestamp.proto\"$\n\x04Base\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name*\x08\x08d\x10\x80\x80\x80\x80\x02\"\xbd\x02\n\x07Payload\x12\x0c\n\x01x\x18\x01 \x01(\x05R\x01x2M\n\x07payload\x12\x17.golden.extensions.Base\x18d \x01(\x0b2\x1a.golden.extensions.PayloadR\x07payload2O\n\x08payloads\x12\x17.golden.extensions.Base\x18e \x03(\x0b2\x1a.golden.extensions.PayloadR\x08payloads2-\n\x05class\x12\x17.golden.extensions.Base\x18f \x01(\tR\x05class2U\n\x06inside\x12\x1f.google.protobuf.MessageOptions\x18\xb8\x87\x03 \x01(\x0b2\x1a.golden.extensions.PayloadR\x06inside\"0\n\x04Pair\x12\x12\n\x04left\x18\x01 \x01(\x05R\x04left\x12\x14\n\x05right\x18\x02 \x01(\x05R\x05right\"E\n\tAnnotated\x12.\n\x06secret\x18\x01 \x01(\tB\x16\xa2\xbb\x18\x08security\xaa\xbb\x18\x01a\xaa\xbb\x18\x01bR\x06secret:\x08\x18\x01\xc2\xbb\x18\x02\x08\x03\"\x13\n\x03Set*\x08\x08\x04\x10\xff\xff\xff\xff\x07:\x02\x08\x01\"\xb1\x01\n\x04Item\x12\x12\n\x04text\x18\x01 \x01(\tR\x04text2E\n\x04item\x12\x16.golden.extensions.Set\x18\xf9\xbb^ \x01(\x0b2\x17.golden.extensions.ItemR\x04item2N\n\x08far_item\x12\x16.golden.extensions.Set\x18\xfe\xff\xff\xff\x07 \x01(\x0b2\x17.golden.extensions.ItemR\x07farItem\"\xd8\x02\n\x06Hidden\x12\x10\n\x03int\x18\x01 \x01(\x05R\x03int\x12\x10\n\x03str\x18\x02 \x01(\x05R\x03str\x12\x12\n\x04Base\x18\x03 \x01(\x05R\x04Base\x12\x1c\n\x08property\x18\x04 \x01(\x05H\x00R\x08property\x12\x14\n\x04word\x18\x05 \x01(\tH\x00R\x04word\x1a\n\n\x08ClassVar\x1a\t\n\x07Literal20\n\x06hidden\x12\x17.golden.extensions.Base\x18\x82\x01 \x01(\tR\x06hidden2?\n\x0ehidden_numbers\x12\x17.golden.extensions.Base\x18\x83\x01 \x03(\x05R\rhiddenNumbers2P\n\x04list\x12\x17.golden.extensions.Base\x18\x84\x01 \x01(\x0b2\".golden.extensions.Hidden.ClassVarR\x04listB\x06\n\x04kind*&\n\x05Level\x12\r\n\tLEVEL_LOW\x10\x01\x12\x0e\n\nLEVEL_HIGH\x10\x02:/\n\x06number\x12\x17.golden.extensions.Base\x18n \x01(\x05R\x06number:B\n\x0fnumber_or_seven\x12\x17.golden.extensions.Base\x18o \x01(\x05:\x017R\rnumberOrSeven:1\n\x07numbers\x12\x17.golden.extensions.Base\x18p \x03(\x05R\x07numbers:B\n\x0epacked_numbers\x12\x17.golden.extensions.Base\x18q \x03(\x05B\x02\x10\x01R\rpackedNumbers:G\n\x05level\x12\x17.golden.extensions.Base\x18r \x01(\x0e2\x18.golden.extensions.LevelR\x05level:a\n\rlevel_or_high\x12\x17.golden.extensions.Base\x18s \x01(\x0e2\x18.golden.extensions.Level:\nLEVEL_HIGHR\x0blevelOrHigh:D\n\x04pair\x12\x17.golden.extensions.Base\x18t \x01(\n2\x17.golden.extensions.PairR\x04pair:C\n\x02at\x12\x17.golden.extensions.Base\x18u \x01(\x0b2\x1a.google.protobuf.TimestampR\x02at:)\n\x03str\x12\x17.golden.extensions.Base\x18v \x01(\tR\x03str:+\n\x04dict\x12\x17.golden.extensions.Base\x18w \x01(\x0cR\x04dict:5\n\x05owner\x12\x1d.google.protobuf.FieldOptions\x18\xb4\x87\x03 \x01(\tR\x05owner:3\n\x04tags\x12\x1d.google.protobuf.FieldOptions\x18\xb5\x87\x03 \x03(\tR\x04tags", __name__, ["minirpc.message.wkt.descriptor_pb", "minirpc.message.wkt.timestamp_pb"])
