# Generated from scalars.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

import builtins as _builtins

from minirpc.codegen import messages_v1 as _pb


class Implicit(_pb.Message):
    """Implicit presence: an unset field reads as its default."""

    double: _builtins.float = _pb.double(1)
    float: _builtins.float = _pb.float(2)
    int32: int = _pb.int32(3)
    int64: int = _pb.int64(4)
    uint32: int = _pb.uint32(5)
    uint64: int = _pb.uint64(6)
    sint32: int = _pb.sint32(7)
    sint64: int = _pb.sint64(8)
    fixed32: int = _pb.fixed32(9)
    fixed64: int = _pb.fixed64(10)
    sfixed32: int = _pb.sfixed32(11)
    sfixed64: int = _pb.sfixed64(12)
    bool: _builtins.bool = _pb.bool(13)
    string: str = _pb.string(14)
    bytes: _builtins.bytes = _pb.bytes(15)


class Explicit(_pb.Message):
    a: float | None = _pb.double(1, optional=True)
    b: float | None = _pb.float(2, optional=True)
    c: int | None = _pb.int32(3, optional=True)
    d: int | None = _pb.int64(4, optional=True)
    e: int | None = _pb.uint32(5, optional=True)
    f: int | None = _pb.uint64(6, optional=True)
    g: int | None = _pb.sint32(7, optional=True)
    h: int | None = _pb.sint64(8, optional=True)
    i: int | None = _pb.fixed32(9, optional=True)
    j: int | None = _pb.fixed64(10, optional=True)
    k: int | None = _pb.sfixed32(11, optional=True)
    l: int | None = _pb.sfixed64(12, optional=True)
    m: bool | None = _pb.bool(13, optional=True)
    n: str | None = _pb.string(14, optional=True)
    o: bytes | None = _pb.bytes(15, optional=True)


class Repeated(_pb.Message):
    a: list[float] = _pb.double(1, repeated=True)
    b: list[float] = _pb.float(2, repeated=True)
    c: list[int] = _pb.int32(3, repeated=True)
    d: list[int] = _pb.int64(4, repeated=True)
    e: list[int] = _pb.uint32(5, repeated=True)
    f: list[int] = _pb.uint64(6, repeated=True)
    g: list[int] = _pb.sint32(7, repeated=True)
    h: list[int] = _pb.sint64(8, repeated=True)
    i: list[int] = _pb.fixed32(9, repeated=True)
    j: list[int] = _pb.fixed64(10, repeated=True)
    k: list[int] = _pb.sfixed32(11, repeated=True)
    l: list[int] = _pb.sfixed64(12, repeated=True)
    m: list[bool] = _pb.bool(13, repeated=True)
    n: list[str] = _pb.string(14, repeated=True)
    o: list[bytes] = _pb.bytes(15, repeated=True)


class Packing(_pb.Message):
    by_default: list[int] = _pb.int32(1, repeated=True)
    packed: list[int] = _pb.int32(2, repeated=True)
    unpacked: list[int] = _pb.int32(3, repeated=True, packed=False)
    unpacked_bool: list[bool] = _pb.bool(4, repeated=True, packed=False)


class Numbers(_pb.Message):
    first: int = _pb.int32(1)
    last: int = _pb.int32(536870911)
    between: int = _pb.int32(18999)
    """Declared behind a higher number."""


class JsonNames(_pb.Message):
    same_as_default: str = _pb.string(1)
    changed: str = _pb.string(2, json_name="@type")
    quoted: str = _pb.string(3, json_name="a \"b\" \\ c é")


_pb.file("scalars.proto", "golden.scalars", b"\n\rscalars.proto\x12\x0egolden.scalars\"\xf2\x02\n\x08Implicit\x12\x16\n\x06double\x18\x01 \x01(\x01R\x06double\x12\x14\n\x05float\x18\x02 \x01(\x02R\x05float\x12\x14\n\x05int32\x18\x03 \x01(\x05R\x05int32\x12\x14\n\x05int64\x18\x04 \x01(\x03R\x05int64\x12\x16\n\x06uint32\x18\x05 \x01(\rR\x06uint32\x12\x16\n\x06uint64\x18\x06 \x01(\x04R\x06uint64\x12\x16\n\x06sint32\x18\x07 \x01(\x11R\x06sint32\x12\x16\n\x06sint64\x18\x08 \x01(\x12R\x06sint64\x12\x18\n\x07fixed32\x18\t \x01(\x07R\x07fixed32\x12\x18\n\x07fixed64\x18\n \x01(\x06R\x07fixed64\x12\x1a\n\x08sfixed32\x18\x0b \x01(\x0fR\x08sfixed32\x12\x1a\n\x08sfixed64\x18\x0c \x01(\x10R\x08sfixed64\x12\x12\n\x04bool\x18\r \x01(\x08R\x04bool\x12\x16\n\x06string\x18\x0e \x01(\tR\x06string\x12\x14\n\x05bytes\x18\x0f \x01(\x0cR\x05bytes\"\x81\x03\n\x08Explicit\x12\x11\n\x01a\x18\x01 \x01(\x01H\x00R\x01a\x88\x01\x01\x12\x11\n\x01b\x18\x02 \x01(\x02H\x01R\x01b\x88\x01\x01\x12\x11\n\x01c\x18\x03 \x01(\x05H\x02R\x01c\x88\x01\x01\x12\x11\n\x01d\x18\x04 \x01(\x03H\x03R\x01d\x88\x01\x01\x12\x11\n\x01e\x18\x05 \x01(\rH\x04R\x01e\x88\x01\x01\x12\x11\n\x01f\x18\x06 \x01(\x04H\x05R\x01f\x88\x01\x01\x12\x11\n\x01g\x18\x07 \x01(\x11H\x06R\x01g\x88\x01\x01\x12\x11\n\x01h\x18\x08 \x01(\x12H\x07R\x01h\x88\x01\x01\x12\x11\n\x01i\x18\t \x01(\x07H\x08R\x01i\x88\x01\x01\x12\x11\n\x01j\x18\n \x01(\x06H\tR\x01j\x88\x01\x01\x12\x11\n\x01k\x18\x0b \x01(\x0fH\nR\x01k\x88\x01\x01\x12\x11\n\x01l\x18\x0c \x01(\x10H\x0bR\x01l\x88\x01\x01\x12\x11\n\x01m\x18\r \x01(\x08H\x0cR\x01m\x88\x01\x01\x12\x11\n\x01n\x18\x0e \x01(\tH\rR\x01n\x88\x01\x01\x12\x11\n\x01o\x18\x0f \x01(\x0cH\x0eR\x01o\x88\x01\x01B\x04\n\x02_aB\x04\n\x02_bB\x04\n\x02_cB\x04\n\x02_dB\x04\n\x02_eB\x04\n\x02_fB\x04\n\x02_gB\x04\n\x02_hB\x04\n\x02_iB\x04\n\x02_jB\x04\n\x02_kB\x04\n\x02_lB\x04\n\x02_mB\x04\n\x02_nB\x04\n\x02_o\"\xdc\x01\n\x08Repeated\x12\x0c\n\x01a\x18\x01 \x03(\x01R\x01a\x12\x0c\n\x01b\x18\x02 \x03(\x02R\x01b\x12\x0c\n\x01c\x18\x03 \x03(\x05R\x01c\x12\x0c\n\x01d\x18\x04 \x03(\x03R\x01d\x12\x0c\n\x01e\x18\x05 \x03(\rR\x01e\x12\x0c\n\x01f\x18\x06 \x03(\x04R\x01f\x12\x0c\n\x01g\x18\x07 \x03(\x11R\x01g\x12\x0c\n\x01h\x18\x08 \x03(\x12R\x01h\x12\x0c\n\x01i\x18\t \x03(\x07R\x01i\x12\x0c\n\x01j\x18\n \x03(\x06R\x01j\x12\x0c\n\x01k\x18\x0b \x03(\x0fR\x01k\x12\x0c\n\x01l\x18\x0c \x03(\x10R\x01l\x12\x0c\n\x01m\x18\r \x03(\x08R\x01m\x12\x0c\n\x01n\x18\x0e \x03(\tR\x01n\x12\x0c\n\x01o\x18\x0f \x03(\x0cR\x01o\"\x8d\x01\n\x07Packing\x12\x1d\n\nby_default\x18\x01 \x03(\x05R\tbyDefault\x12\x1a\n\x06packed\x18\x02 \x03(\x05B\x02\x10\x01R\x06packed\x12\x1e\n\x08unpacked\x18\x03 \x03(\x05B\x02\x10\x00R\x08unpacked\x12'\n\runpacked_bool\x18\x04 \x03(\x08B\x02\x10\x00R\x0cunpackedBool\"S\n\x07Numbers\x12\x14\n\x05first\x18\x01 \x01(\x05R\x05first\x12\x16\n\x04last\x18\xff\xff\xff\xff\x01 \x01(\x05R\x04last\x12\x1a\n\x07between\x18\xb7\x94\x01 \x01(\x05R\x07between\"i\n\tJsonNames\x12&\n\x0fsame_as_default\x18\x01 \x01(\tR\rsameAsDefault\x12\x16\n\x07changed\x18\x02 \x01(\tR\x05@type\x12\x1c\n\x06quoted\x18\x03 \x01(\tR\x0ca \"b\" \\ c \xc3\xa9b\x06proto3", __name__)
