"""Message classes with what only proto2 and editions have, as generated code would declare them."""

from __future__ import annotations

from typing import Any

from samples import Color, Same

from minirpc.codegen import messages_v1 as pb

__all__ = [
    "ALL",
    "EXTENSIONS",
    "Closed",
    "Defaults",
    "Extended",
    "Groups",
    "Loose",
    "Required",
    "Set",
    "Switch",
    "extensions_of",
]


class Switch(pb.Enum, closed=True):
    """Its first value is not 0; with an alias, and the ends of the range."""

    ON = 3
    ENABLED = 3
    OFF = -1
    NEUTRAL = 0
    LOWEST = -(2**31)
    HIGHEST = 2**31 - 1


class Groups(pb.Message):
    """Holds itself in every way that a message between tags can, and behind its length."""

    label: str | None = pb.string(1, optional=True)
    one: Groups | None = pb.message(2, lambda: Groups, delimited=True)
    many: list[Groups] = pb.message(3, lambda: Groups, repeated=True, delimited=True)
    prefixed: Groups | None = pb.message(4, lambda: Groups)
    weight: int | None = pb.int32(5, oneof="load")
    load_group: Groups | None = pb.message(6, lambda: Groups, oneof="load", delimited=True)
    by_name: dict[str, Groups] = pb.map(7, "string", "message", lambda: Groups)
    marks: list[int] = pb.sint32(8, repeated=True)
    far: Same | None = pb.message((1 << 29) - 1, lambda: Same, delimited=True)


class Closed(pb.Message):
    one: Switch | None = pb.enum(1, lambda: Switch, optional=True)
    unpacked: list[Switch] = pb.enum(2, lambda: Switch, repeated=True, packed=False)
    packed: list[Switch] = pb.enum(3, lambda: Switch, repeated=True)
    switch: Switch | None = pb.enum(4, lambda: Switch, oneof="choice")
    number: int | None = pb.int32(5, oneof="choice")
    child: Closed | None = pb.message(6, lambda: Closed, oneof="choice")
    by_name: dict[str, Switch] = pb.map(7, "string", "enum", lambda: Switch)
    color: Color | None = pb.enum(8, lambda: Color, optional=True)
    far: list[Switch] = pb.enum(2048, lambda: Switch, repeated=True)


class Required(pb.Message):
    number: int | None = pb.int32(1, required=True)
    text: str | None = pb.string(2, required=True)
    switch: Switch | None = pb.enum(3, lambda: Switch, required=True, default=-1)
    same: Same | None = pb.message(4, lambda: Same, required=True)
    group: Same | None = pb.message(5, lambda: Same, required=True, delimited=True)
    child: Required | None = pb.message(6, lambda: Required)
    children: list[Required] = pb.message(7, lambda: Required, repeated=True)
    by_name: dict[str, Required] = pb.map(8, "string", "message", lambda: Required)


class Defaults(pb.Message):
    f_double: float | None = pb.double(1, optional=True, default=pb.inf)
    f_float: float | None = pb.float(2, optional=True, default=-1.5)
    f_int64: int | None = pb.int64(3, optional=True, default=-(2**63))
    f_uint64: int | None = pb.uint64(4, optional=True, default=2**64 - 1)
    f_int32: int | None = pb.int32(5, optional=True, default=0)
    f_fixed64: int | None = pb.fixed64(6, optional=True, default=6)
    f_fixed32: int | None = pb.fixed32(7, optional=True, default=7)
    f_bool: bool | None = pb.bool(8, optional=True, default=True)
    f_string: str | None = pb.string(9, optional=True, default='"Käse"\n')
    f_bytes: bytes | None = pb.bytes(12, optional=True, default=b"\0\xff'")
    f_uint32: int | None = pb.uint32(13, oneof="choice", default=13)
    f_color: Color | None = pb.enum(14, lambda: Color, oneof="choice", default=7)
    f_switch: Switch | None = pb.enum(15, lambda: Switch, optional=True, default=-1)
    f_sint32: int | None = pb.sint32(17, oneof="alone", default=-17)
    f_sint64: int | None = pb.sint64(18, required=True, default=18)
    f_nan: float | None = pb.float(19, optional=True, default=pb.nan)


class Loose(pb.Message):
    """Strings that may hold any bytes, and one that may not."""

    implicit: str = pb.string(1, utf8=False)
    one: str | None = pb.string(2, optional=True, utf8=False)
    many: list[str] = pb.string(3, repeated=True, utf8=False)
    member: str | None = pb.string(4, oneof="choice", utf8=False)
    other: int | None = pb.int32(5, oneof="choice")
    by_name: dict[str, str] = pb.map(6, "string", "string", utf8=False)
    strict: str | None = pb.string(7, optional=True)


class Extended(pb.ExtendableMessage):
    """Extensions with numbers between those of its fields, and beyond."""

    name: str | None = pb.string(1, optional=True)
    last: int | None = pb.int32(500, optional=True)


class Set(pb.MessageSet):
    pass


class Node(pb.Message):
    """Leads from extended messages to others."""

    extended: Extended | None = pb.message(1, lambda: Extended)
    set: Set | None = pb.message(2, lambda: Set)
    groups: list[Extended] = pb.message(3, lambda: Extended, repeated=True, delimited=True)


EXTENSIONS: list[Any] = [
    pb.extension("samples.x_int32", lambda: Extended, pb.int32(100, optional=True)),
    pb.extension("samples.x_default", lambda: Extended, pb.string(101, optional=True, default="unset")),
    pb.extension("samples.x_strings", lambda: Extended, pb.string(102, repeated=True)),
    pb.extension("samples.x_packed", lambda: Extended, pb.sint64(103, repeated=True)),
    pb.extension("samples.x_switch", lambda: Extended, pb.enum(104, lambda: Switch, optional=True, default=-1)),
    pb.extension("samples.x_switches", lambda: Extended, pb.enum(105, lambda: Switch, repeated=True)),
    pb.extension("samples.x_message", lambda: Extended, pb.message(106, lambda: Extended)),
    pb.extension("samples.x_group", lambda: Extended, pb.message(107, lambda: Groups, delimited=True)),
    pb.extension("samples.x_groups", lambda: Extended, pb.message(600, lambda: Same, repeated=True, delimited=True)),
    pb.extension("samples.x_far", lambda: Extended, pb.double((1 << 29) - 1, optional=True)),
    pb.extension("samples.item_node", lambda: Set, pb.message(1000, lambda: Node)),
    pb.extension("samples.item_same", lambda: Set, pb.message(4, lambda: Same)),
]


def extensions_of(cls: type[Any]) -> list[Any]:
    """The extensions of a class, in the order of their numbers."""
    return sorted((ext for ext in EXTENSIONS if ext.extendee is cls), key=lambda extension: extension.number)


ALL: list[type[pb.Message]] = [Groups, Closed, Required, Defaults, Loose, Extended, Set, Node]
