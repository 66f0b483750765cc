"""Message classes that use every kind of field in every cardinality, as generated code would declare them."""

from __future__ import annotations

from typing import Any, Literal

from minirpc.codegen import messages_v1 as pb

__all__ = [
    "ALL",
    "Choice",
    "Color",
    "Empty",
    "FarTags",
    "Forest",
    "Implicit",
    "Maps",
    "Optional",
    "Outer",
    "Packed",
    "Same",
    "Tree",
    "TwoChoices",
    "Unpacked",
    "Wide",
]


class Color(pb.Enum):
    """With a gap, an alias, and the ends of the range."""

    UNSPECIFIED = 0
    RED = 1
    CRIMSON = 1
    BLUE = 7
    FAR = 5000
    NEGATIVE = -1
    LOWEST = -(2**31)
    HIGHEST = 2**31 - 1


class Empty(pb.Message):
    pass


class Implicit(pb.Message):
    f_double: float = pb.double(1)
    f_float: float = pb.float(2)
    f_int64: int = pb.int64(3)
    f_uint64: int = pb.uint64(4)
    f_int32: int = pb.int32(5)
    f_fixed64: int = pb.fixed64(6)
    f_fixed32: int = pb.fixed32(7)
    f_bool: bool = pb.bool(8)
    f_string: str = pb.string(9)
    f_bytes: bytes = pb.bytes(12)
    f_uint32: int = pb.uint32(13)
    f_enum: Color = pb.enum(14, lambda: Color)
    f_sfixed32: int = pb.sfixed32(15)
    f_sfixed64: int = pb.sfixed64(16)
    f_sint32: int = pb.sint32(17)
    f_sint64: int = pb.sint64(18)


class Optional(pb.Message):
    f_double: float | None = pb.double(1, optional=True)
    f_float: float | None = pb.float(2, optional=True)
    f_int64: int | None = pb.int64(3, optional=True)
    f_uint64: int | None = pb.uint64(4, optional=True)
    f_int32: int | None = pb.int32(5, optional=True)
    f_fixed64: int | None = pb.fixed64(6, optional=True)
    f_fixed32: int | None = pb.fixed32(7, optional=True)
    f_bool: bool | None = pb.bool(8, optional=True)
    f_string: str | None = pb.string(9, optional=True)
    f_message: Implicit | None = pb.message(11, lambda: Implicit)
    f_bytes: bytes | None = pb.bytes(12, optional=True)
    f_uint32: int | None = pb.uint32(13, optional=True)
    f_enum: Color | None = pb.enum(14, lambda: Color, optional=True)
    f_sfixed32: int | None = pb.sfixed32(15, optional=True)
    f_sfixed64: int | None = pb.sfixed64(16, optional=True)
    f_sint32: int | None = pb.sint32(17, optional=True)
    f_sint64: int | None = pb.sint64(18, optional=True)


class Packed(pb.Message):
    f_double: list[float] = pb.double(1, repeated=True)
    f_float: list[float] = pb.float(2, repeated=True)
    f_int64: list[int] = pb.int64(3, repeated=True)
    f_uint64: list[int] = pb.uint64(4, repeated=True)
    f_int32: list[int] = pb.int32(5, repeated=True)
    f_fixed64: list[int] = pb.fixed64(6, repeated=True)
    f_fixed32: list[int] = pb.fixed32(7, repeated=True)
    f_bool: list[bool] = pb.bool(8, repeated=True)
    f_uint32: list[int] = pb.uint32(13, repeated=True)
    f_enum: list[Color] = pb.enum(14, lambda: Color, repeated=True)
    f_sfixed32: list[int] = pb.sfixed32(15, repeated=True)
    f_sfixed64: list[int] = pb.sfixed64(16, repeated=True)
    f_sint32: list[int] = pb.sint32(17, repeated=True)
    f_sint64: list[int] = pb.sint64(18, repeated=True)


class Unpacked(pb.Message):
    """Numbers as in ``Packed``, so that each can read what the other writes."""

    f_double: list[float] = pb.double(1, repeated=True, packed=False)
    f_float: list[float] = pb.float(2, repeated=True, packed=False)
    f_int64: list[int] = pb.int64(3, repeated=True, packed=False)
    f_uint64: list[int] = pb.uint64(4, repeated=True, packed=False)
    f_int32: list[int] = pb.int32(5, repeated=True, packed=False)
    f_fixed64: list[int] = pb.fixed64(6, repeated=True, packed=False)
    f_fixed32: list[int] = pb.fixed32(7, repeated=True, packed=False)
    f_bool: list[bool] = pb.bool(8, repeated=True, packed=False)
    f_string: list[str] = pb.string(9, repeated=True)
    f_message: list[Implicit] = pb.message(11, lambda: Implicit, repeated=True)
    f_bytes: list[bytes] = pb.bytes(12, repeated=True)
    f_uint32: list[int] = pb.uint32(13, repeated=True, packed=False)
    f_enum: list[Color] = pb.enum(14, lambda: Color, repeated=True, packed=False)
    f_sfixed32: list[int] = pb.sfixed32(15, repeated=True, packed=False)
    f_sfixed64: list[int] = pb.sfixed64(16, repeated=True, packed=False)
    f_sint32: list[int] = pb.sint32(17, repeated=True, packed=False)
    f_sint64: list[int] = pb.sint64(18, repeated=True, packed=False)


class Choice(pb.Message):
    f_double: float | None = pb.double(1, oneof="choice")
    f_float: float | None = pb.float(2, oneof="choice")
    f_int64: int | None = pb.int64(3, oneof="choice")
    f_uint64: int | None = pb.uint64(4, oneof="choice")
    f_int32: int | None = pb.int32(5, oneof="choice")
    f_fixed64: int | None = pb.fixed64(6, oneof="choice")
    f_fixed32: int | None = pb.fixed32(7, oneof="choice")
    f_bool: bool | None = pb.bool(8, oneof="choice")
    f_string: str | None = pb.string(9, oneof="choice")
    f_message: Implicit | None = pb.message(11, lambda: Implicit, oneof="choice")
    f_bytes: bytes | None = pb.bytes(12, oneof="choice")
    f_uint32: int | None = pb.uint32(13, oneof="choice")
    f_enum: Color | None = pb.enum(14, lambda: Color, oneof="choice")
    f_sfixed32: int | None = pb.sfixed32(15, oneof="choice")
    f_sfixed64: int | None = pb.sfixed64(16, oneof="choice")
    f_sint32: int | None = pb.sint32(17, oneof="choice")
    f_sint64: int | None = pb.sint64(18, oneof="choice")


class TwoChoices(pb.Message):
    """Two oneofs whose members' numbers interleave, one of them a single member, and a plain field between."""

    a: int | None = pb.int32(1, oneof="first")
    alone: str | None = pb.string(2, oneof="second")
    plain: int = pb.int32(3)
    b: str | None = pb.string(4, oneof="first")
    c: TwoChoices | None = pb.message(5, lambda: TwoChoices, oneof="first")

    @property
    def first(self) -> pb.Oneof[Literal["a"], int] | pb.Oneof[Literal["b"], str] | pb.Oneof[Literal["c"], Any] | None:
        return pb.which_oneof(self, "first")

    @property
    def second(self) -> pb.Oneof[Literal["alone"], str] | None:
        return pb.which_oneof(self, "second")


class Maps(pb.Message):
    """Each type of keys, then each type of values."""

    k_int64: dict[int, str] = pb.map(1, "int64", "string")
    k_uint64: dict[int, str] = pb.map(2, "uint64", "string")
    k_int32: dict[int, str] = pb.map(3, "int32", "string")
    k_fixed64: dict[int, str] = pb.map(4, "fixed64", "string")
    k_fixed32: dict[int, str] = pb.map(5, "fixed32", "string")
    k_bool: dict[bool, str] = pb.map(6, "bool", "string")
    k_string: dict[str, str] = pb.map(7, "string", "string")
    k_uint32: dict[int, str] = pb.map(8, "uint32", "string")
    k_sfixed32: dict[int, str] = pb.map(9, "sfixed32", "string")
    k_sfixed64: dict[int, str] = pb.map(10, "sfixed64", "string")
    k_sint32: dict[int, str] = pb.map(11, "sint32", "string")
    k_sint64: dict[int, str] = pb.map(12, "sint64", "string")
    v_double: dict[str, float] = pb.map(21, "string", "double")
    v_float: dict[str, float] = pb.map(22, "string", "float")
    v_int64: dict[str, int] = pb.map(23, "string", "int64")
    v_uint64: dict[str, int] = pb.map(24, "string", "uint64")
    v_int32: dict[str, int] = pb.map(25, "string", "int32")
    v_fixed64: dict[str, int] = pb.map(26, "string", "fixed64")
    v_fixed32: dict[str, int] = pb.map(27, "string", "fixed32")
    v_bool: dict[str, bool] = pb.map(28, "string", "bool")
    v_message: dict[str, Implicit] = pb.map(29, "string", "message", lambda: Implicit)
    v_bytes: dict[str, bytes] = pb.map(30, "string", "bytes")
    v_uint32: dict[str, int] = pb.map(31, "string", "uint32")
    v_enum: dict[str, Color] = pb.map(32, "string", "enum", lambda: Color)
    v_sfixed32: dict[str, int] = pb.map(33, "string", "sfixed32")
    v_sfixed64: dict[str, int] = pb.map(34, "string", "sfixed64")
    v_sint32: dict[str, int] = pb.map(35, "string", "sint32")
    v_sint64: dict[str, int] = pb.map(36, "string", "sint64")


class Tree(pb.Message):
    """Holds itself in every way that a message can."""

    label: str = pb.string(1)
    child: Tree | None = pb.message(2, lambda: Tree)
    children: list[Tree] = pb.message(3, lambda: Tree, repeated=True)
    by_name: dict[str, Tree] = pb.map(4, "string", "message", lambda: Tree)
    weight: int | None = pb.int32(5, oneof="load")
    load_tree: Tree | None = pb.message(6, lambda: Tree, oneof="load")
    marks: list[int] = pb.sint32(7, repeated=True)


class Forest(pb.Message):
    """Has a sub-message before it knows the class, and no field with the number 1."""

    trees: list[Tree] = pb.message(20, lambda: Tree, repeated=True)
    oldest: Tree | None = pb.message(10, lambda: Tree)
    name: str = pb.string(15)


class Outer(pb.Message):
    """With nested types, the fields not in order of their numbers."""

    class Inner(pb.Message):
        class Innermost(pb.Message):
            value: int = pb.int32(1)

        deep: Outer.Inner.Innermost | None = pb.message(1, lambda: Outer.Inner.Innermost)
        colors: list[Color] = pb.enum(2, lambda: Color, repeated=True)

    last: str = pb.string(9)
    inner: Outer.Inner | None = pb.message(3, lambda: Outer.Inner)
    innermost: list[Outer.Inner.Innermost] = pb.message(1, lambda: Outer.Inner.Innermost, repeated=True)


class FarTags(pb.Message):
    """Tags of one byte to five bytes."""

    one: int = pb.int32(15)
    two: str = pb.string(16)
    two_last: list[int] = pb.int32(2047, repeated=True)
    three: list[str] = pb.string(2048, repeated=True)
    four: dict[int, int] = pb.map(1 << 20, "int32", "int32")
    five: bytes | None = pb.bytes((1 << 29) - 2, optional=True)
    five_last: FarTags | None = pb.message((1 << 29) - 1, lambda: FarTags)


class Same(pb.Message):
    """Only what ``Implicit``, ``Optional`` and ``Choice`` all have: reads them, and must keep what it does not know."""

    f_int32: int = pb.int32(5)


class Wide(pb.Message):
    a01: int = pb.int32(1)
    a02: str = pb.string(2)
    a03: bool = pb.bool(3)
    a04: float = pb.double(4)
    a05: int = pb.int32(5)
    a06: str = pb.string(6)
    a07: bool = pb.bool(7)
    a08: float = pb.double(8)
    a09: int = pb.int32(9)
    a10: str = pb.string(10)
    a11: bool = pb.bool(11)
    a12: float = pb.double(12)
    a13: int = pb.int32(13)
    a14: str = pb.string(14)
    a15: bool = pb.bool(15)
    a16: float = pb.double(16)
    a17: int = pb.int32(17)
    a18: str = pb.string(18)
    a19: bool = pb.bool(19)
    a20: float = pb.double(20)
    a21: list[int] = pb.int32(21, repeated=True)
    a22: list[str] = pb.string(22, repeated=True)
    a23: int | None = pb.int32(23, optional=True)
    a24: int | None = pb.int32(24, oneof="o")
    a25: int | None = pb.int32(25, oneof="o")
    a26: str = pb.string(26)
    a27: bool = pb.bool(27)
    a28: float = pb.double(28)
    a29: int = pb.int32(29)
    a30: str = pb.string(30)
    a31: bool = pb.bool(31)
    a32: float = pb.double(32)
    a33: int = pb.int32(33)
    a34: str = pb.string(34)
    a35: bool = pb.bool(35)
    a36: float = pb.double(36)
    a37: int = pb.int32(37)
    a38: str = pb.string(38)
    a39: bool = pb.bool(39)
    a40: Empty | None = pb.message(40, lambda: Empty)


ALL: list[type[pb.Message]] = [
    Empty,
    Implicit,
    Optional,
    Packed,
    Unpacked,
    Choice,
    TwoChoices,
    Maps,
    Tree,
    Forest,
    Outer,
    Outer.Inner,
    FarTags,
    Same,
    Wide,
]
