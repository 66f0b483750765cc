# Generated from maps.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Color(_pb.Enum):
    NONE = 0
    RED = 1


class Value(_pb.Message):
    text: str = _pb.string(1)


class Keys(_pb.Message):
    a: dict[int, str] = _pb.map(1, "int32", "string")
    b: dict[int, str] = _pb.map(2, "int64", "string")
    c: dict[int, str] = _pb.map(3, "uint32", "string")
    d: dict[int, str] = _pb.map(4, "uint64", "string")
    e: dict[int, str] = _pb.map(5, "sint32", "string")
    f: dict[int, str] = _pb.map(6, "sint64", "string")
    g: dict[int, str] = _pb.map(7, "fixed32", "string")
    h: dict[int, str] = _pb.map(8, "fixed64", "string")
    i: dict[int, str] = _pb.map(9, "sfixed32", "string")
    j: dict[int, str] = _pb.map(10, "sfixed64", "string")
    k: dict[bool, str] = _pb.map(11, "bool", "string")
    l: dict[str, str] = _pb.map(12, "string", "string")


class Values(_pb.Message):
    class Local(_pb.Message):
        number: int = _pb.int32(1)

    numbers: dict[str, float] = _pb.map(1, "string", "double")
    blobs: dict[str, bytes] = _pb.map(2, "string", "bytes")
    colors: dict[str, Color] = _pb.map(3, "string", "enum", lambda: Color)
    values: dict[str, Value] = _pb.map(4, "string", "message", lambda: Value)
    locals: dict[str, Local] = _pb.map(5, "string", "message", lambda: Values.Local)
    class_: dict[int, LocalsEntry] = _pb.map(6, "int32", "message", lambda: LocalsEntry, name="class")
    """A map whose entry type has the name of a type elsewhere."""


class LocalsEntry(_pb.Message):
    text: str = _pb.string(1)


_pb.file("maps.proto", "golden.maps", b"\n\nmaps.proto\x12\x0bgolden.maps\"\x1b\n\x05Value\x12\x12\n\x04text\x18\x01 \x01(\tR\x04text\"\xee\x08\n\x04Keys\x12&\n\x01a\x18\x01 \x03(\x0b2\x18.golden.maps.Keys.AEntryR\x01a\x12&\n\x01b\x18\x02 \x03(\x0b2\x18.golden.maps.Keys.BEntryR\x01b\x12&\n\x01c\x18\x03 \x03(\x0b2\x18.golden.maps.Keys.CEntryR\x01c\x12&\n\x01d\x18\x04 \x03(\x0b2\x18.golden.maps.Keys.DEntryR\x01d\x12&\n\x01e\x18\x05 \x03(\x0b2\x18.golden.maps.Keys.EEntryR\x01e\x12&\n\x01f\x18\x06 \x03(\x0b2\x18.golden.maps.Keys.FEntryR\x01f\x12&\n\x01g\x18\x07 \x03(\x0b2\x18.golden.maps.Keys.GEntryR\x01g\x12&\n\x01h\x18\x08 \x03(\x0b2\x18.golden.maps.Keys.HEntryR\x01h\x12&\n\x01i\x18\t \x03(\x0b2\x18.golden.maps.Keys.IEntryR\x01i\x12&\n\x01j\x18\n \x03(\x0b2\x18.golden.maps.Keys.JEntryR\x01j\x12&\n\x01k\x18\x0b \x03(\x0b2\x18.golden.maps.Keys.KEntryR\x01k\x12&\n\x01l\x18\x0c \x03(\x0b2\x18.golden.maps.Keys.LEntryR\x01l\x1a4\n\x06AEntry\x12\x10\n\x03key\x18\x01 \x01(\x05R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06BEntry\x12\x10\n\x03key\x18\x01 \x01(\x03R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06CEntry\x12\x10\n\x03key\x18\x01 \x01(\rR\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06DEntry\x12\x10\n\x03key\x18\x01 \x01(\x04R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06EEntry\x12\x10\n\x03key\x18\x01 \x01(\x11R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06FEntry\x12\x10\n\x03key\x18\x01 \x01(\x12R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06GEntry\x12\x10\n\x03key\x18\x01 \x01(\x07R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06HEntry\x12\x10\n\x03key\x18\x01 \x01(\x06R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06IEntry\x12\x10\n\x03key\x18\x01 \x01(\x0fR\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06JEntry\x12\x10\n\x03key\x18\x01 \x01(\x10R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06KEntry\x12\x10\n\x03key\x18\x01 \x01(\x08R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a4\n\x06LEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\"\xba\x06\n\x06Values\x12:\n\x07numbers\x18\x01 \x03(\x0b2 .golden.maps.Values.NumbersEntryR\x07numbers\x124\n\x05blobs\x18\x02 \x03(\x0b2\x1e.golden.maps.Values.BlobsEntryR\x05blobs\x127\n\x06colors\x18\x03 \x03(\x0b2\x1f.golden.maps.Values.ColorsEntryR\x06colors\x127\n\x06values\x18\x04 \x03(\x0b2\x1f.golden.maps.Values.ValuesEntryR\x06values\x127\n\x06locals\x18\x05 \x03(\x0b2\x1f.golden.maps.Values.LocalsEntryR\x06locals\x124\n\x05class\x18\x06 \x03(\x0b2\x1e.golden.maps.Values.ClassEntryR\x05class\x1a\x1f\n\x05Local\x12\x16\n\x06number\x18\x01 \x01(\x05R\x06number\x1a:\n\x0cNumbersEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01(\x01R\x05value:\x028\x01\x1a8\n\nBlobsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01(\x0cR\x05value:\x028\x01\x1aM\n\x0bColorsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12(\n\x05value\x18\x02 \x01(\x0e2\x12.golden.maps.ColorR\x05value:\x028\x01\x1aM\n\x0bValuesEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12(\n\x05value\x18\x02 \x01(\x0b2\x12.golden.maps.ValueR\x05value:\x028\x01\x1aT\n\x0bLocalsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12/\n\x05value\x18\x02 \x01(\x0b2\x19.golden.maps.Values.LocalR\x05value:\x028\x01\x1aR\n\nClassEntry\x12\x10\n\x03key\x18\x01 \x01(\x05R\x03key\x12.\n\x05value\x18\x02 \x01(\x0b2\x18.golden.maps.LocalsEntryR\x05value:\x028\x01\"!\n\x0bLocalsEntry\x12\x12\n\x04text\x18\x01 \x01(\tR\x04text*&\n\x05Color\x12\x0e\n\nCOLOR_NONE\x10\x00\x12\r\n\tCOLOR_RED\x10\x01b\x06proto3", __name__)
