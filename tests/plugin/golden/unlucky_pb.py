# Generated from unlucky.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

import builtins as _builtins
import typing as _typing

from minirpc.codegen import messages_v1 as _pb


class Kind(_pb.Enum):
    UNKNOWN = 0


class Builtins(_pb.Message):
    """Fields that have the names of builtins hide them from the annotations beside them."""

    int: _builtins.int = _pb.int32(1)
    str: _builtins.str = _pb.string(2)
    bool: _builtins.bool = _pb.bool(3)
    float: _builtins.float = _pb.float(4)
    bytes: _builtins.bytes = _pb.bytes(5)
    list: _builtins.list[_builtins.str] = _pb.string(6, repeated=True)
    dict: _builtins.dict[_builtins.str, _builtins.str] = _pb.map(7, "string", "string")
    Literal: _builtins.str | None = _pb.string(8, oneof="property")
    type: _builtins.int | None = _pb.int32(9, oneof="property")
    self: _builtins.str = _pb.string(10)
    cls: _builtins.str = _pb.string(11)
    object: _builtins.str = _pb.string(13)
    super: _builtins.str = _pb.string(14)

    @_builtins.property
    def property(self) -> (
        _pb.Oneof[_typing.Literal["Literal"], _builtins.str]
        | _pb.Oneof[_typing.Literal["type"], _builtins.int]
        | None
    ):
        return _pb.which_oneof(self, "property")


class Keywords(_pb.Message):
    False_: _builtins.str = _pb.string(1, name="False")
    None_: _builtins.str = _pb.string(2, name="None")
    True_: _builtins.str = _pb.string(3, name="True")
    class_: _builtins.str = _pb.string(4, name="class")
    class__: _builtins.str = _pb.string(5, name="class_")
    class___: _builtins.str = _pb.string(6, name="class__")
    lambda_: _builtins.str = _pb.string(7, name="lambda")
    async_: _builtins.str = _pb.string(8, name="async")
    match: _builtins.str = _pb.string(9)
    print: _builtins.str = _pb.string(10)


class Methods(_pb.Message):
    to_binary_: _builtins.str = _pb.string(1, name="to_binary")
    to_binary__: _builtins.str = _pb.string(2, name="to_binary_")
    from_binary_: _builtins.str = _pb.string(3, name="from_binary")
    has_field_: _builtins.str = _pb.string(4, name="has_field")
    FromString_: _builtins.str = _pb.string(5, name="FromString")
    SerializeToString_: _builtins.str = _pb.string(6, name="SerializeToString")
    to_json_: _builtins.str = _pb.string(7, name="to_json")


class Underscores(_pb.Message):
    u__a: _builtins.str = _pb.string(1, name="_a")
    u___b: _builtins.str = _pb.string(2, name="__b")
    u___init__: _builtins.str = _pb.string(3, name="__init__")
    u___slots__: _builtins.str = _pb.string(4, name="__slots__")
    u__unknown: _builtins.str = _pb.string(5, name="_unknown")
    u_u__a: _builtins.str = _pb.string(6, name="u__a")
    u_a: _builtins.str = _pb.string(7)
    u__pb: _builtins.str = _pb.string(8, name="_pb")
    u___fields__: _builtins.str = _pb.string(9, name="__fields__")


class Cases(_pb.Message):
    name: _builtins.str = _pb.string(1, json_name="a")
    Name: _builtins.str = _pb.string(2, json_name="b")
    NAME: _builtins.str = _pb.string(3, json_name="c")


class Shadows(_pb.Message):
    """Fields that have the names of classes."""

    class Inner(_pb.Message):
        Shadows: _builtins.str = _pb.string(1)
        other: _Shadows | None = _pb.message(2, lambda: Shadows)
        Other: _Other | None = _pb.message(3, lambda: Other)
        also: _Other | None = _pb.message(4, lambda: Other)

    Other: _Other | None = _pb.message(1, lambda: Other)
    others: _builtins.list[_Other] = _pb.message(2, lambda: Other, repeated=True)
    by_name: dict[_builtins.str, _Other] = _pb.map(3, "string", "message", lambda: Other)
    one: _Other | None = _pb.message(4, lambda: Other, oneof="pick")
    two: _Kind | None = _pb.enum(5, lambda: Kind, oneof="pick")
    Kind: _Kind = _pb.enum(6, lambda: Kind)

    @_builtins.property
    def pick(self) -> _pb.Oneof[_typing.Literal["one"], _Other] | _pb.Oneof[_typing.Literal["two"], _Kind] | None:
        return _pb.which_oneof(self, "pick")


class Other(_pb.Message):
    pass


class None_(_pb.Message, name="None"):
    class True_(_pb.Enum, name="True"):
        FALSE = 0

    class None_(_pb.Message, name="None"):
        pass

    None__: _None_.None_ | None = _pb.message(1, lambda: None_.None_, name="None_")
    true: True_ = _pb.enum(2, lambda: None_.True_)


class None__(_pb.Message, name="None_"):
    none: None_ | None = _pb.message(1, lambda: None_)


class list(_pb.Message):
    """Classes that have the names of what generated modules use."""

    items: _builtins.list[list] = _pb.message(1, lambda: list, repeated=True)


class str(_pb.Message):
    text: _builtins.str = _pb.string(1)


class Literal(_pb.Message):
    text: _builtins.str | None = _pb.string(1, oneof="value")

    @_builtins.property
    def value(self) -> _pb.Oneof[_typing.Literal["text"], _builtins.str] | None:
        return _pb.which_oneof(self, "value")


class property(_pb.Message):
    number: int | None = _pb.int32(1, oneof="value")

    @_builtins.property
    def value(self) -> _pb.Oneof[_typing.Literal["number"], int] | None:
        return _pb.which_oneof(self, "value")


class annotations_(_pb.Message, name="annotations"):
    pass


class u__Other(_pb.Message, name="_Other"):
    pass


class pb(_pb.Message):
    pb: _pb_ | None = _pb.message(1, lambda: pb)


class builtins(_pb.Message):
    str: _builtins.str = _pb.string(1)


class Nested(_pb.Message):
    """Nested classes that have the names of builtins."""

    class type(_pb.Enum):
        NONE = 0

    class list(_pb.Message):
        pass

    class ValueError(_pb.Message):
        pass

    one: Nested.list | None = _pb.message(1, lambda: Nested.list)
    many: _builtins.list[Nested.list] = _pb.message(2, lambda: Nested.list, repeated=True)
    error: Nested.ValueError | None = _pb.message(3, lambda: Nested.ValueError)
    kind: Nested.type = _pb.enum(4, lambda: Nested.type)


_Shadows = Shadows
_Other = Other
_Kind = Kind
_None_ = None_
_pb_ = pb
_pb.file("unlucky.proto", "golden.unlucky", b"\n\runlucky.proto\x12\x0egolden.unlucky\"\x85\x03\n\x08Builtins\x12\x10\n\x03int\x18\x01 \x01(\x05R\x03int\x12\x10\n\x03str\x18\x02 \x01(\tR\x03str\x12\x12\n\x04bool\x18\x03 \x01(\x08R\x04bool\x12\x14\n\x05float\x18\x04 \x01(\x02R\x05float\x12\x14\n\x05bytes\x18\x05 \x01(\x0cR\x05bytes\x12\x12\n\x04list\x18\x06 \x03(\tR\x04list\x126\n\x04dict\x18\x07 \x03(\x0b2\".golden.unlucky.Builtins.DictEntryR\x04dict\x12\x1a\n\x07Literal\x18\x08 \x01(\tH\x00R\x07Literal\x12\x14\n\x04type\x18\t \x01(\x05H\x00R\x04type\x12\x12\n\x04self\x18\n \x01(\tR\x04self\x12\x10\n\x03cls\x18\x0b \x01(\tR\x03cls\x12\x16\n\x06object\x18\r \x01(\tR\x06object\x12\x14\n\x05super\x18\x0e \x01(\tR\x05super\x1a7\n\tDictEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01B\n\n\x08property\"\xeb\x01\n\x08Keywords\x12\x14\n\x05False\x18\x01 \x01(\tR\x05False\x12\x12\n\x04None\x18\x02 \x01(\tR\x04None\x12\x12\n\x04True\x18\x03 \x01(\tR\x04True\x12\x14\n\x05class\x18\x04 \x01(\tR\x05class\x12\x15\n\x06class_\x18\x05 \x01(\tR\x05class\x12\x16\n\x07class__\x18\x06 \x01(\tR\x05class\x12\x16\n\x06lambda\x18\x07 \x01(\tR\x06lambda\x12\x14\n\x05async\x18\x08 \x01(\tR\x05async\x12\x14\n\x05match\x18\t \x01(\tR\x05match\x12\x14\n\x05print\x18\n \x01(\tR\x05print:\x02X\x01\"\xed\x01\n\x07Methods\x12\x1b\n\tto_binary\x18\x01 \x01(\tR\x08toBinary\x12\x1c\n\nto_binary_\x18\x02 \x01(\tR\x08toBinary\x12\x1f\n\x0bfrom_binary\x18\x03 \x01(\tR\nfromBinary\x12\x1b\n\thas_field\x18\x04 \x01(\tR\x08hasField\x12\x1e\n\nFromString\x18\x05 \x01(\tR\nFromString\x12,\n\x11SerializeToString\x18\x06 \x01(\tR\x11SerializeToString\x12\x17\n\x07to_json\x18\x07 \x01(\tR\x06toJson:\x02X\x01\"\xcd\x01\n\x0bUnderscores\x12\r\n\x02_a\x18\x01 \x01(\tR\x01A\x12\x0e\n\x03__b\x18\x02 \x01(\tR\x01B\x12\x16\n\x08__init__\x18\x03 \x01(\tR\x04Init\x12\x18\n\t__slots__\x18\x04 \x01(\tR\x05Slots\x12\x19\n\x08_unknown\x18\x05 \x01(\tR\x07Unknown\x12\x10\n\x04u__a\x18\x06 \x01(\tR\x02uA\x12\x0f\n\x03u_a\x18\x07 \x01(\tR\x02uA\x12\x0f\n\x03_pb\x18\x08 \x01(\tR\x02Pb\x12\x1a\n\n__fields__\x18\t \x01(\tR\x06Fields:\x02X\x01\":\n\x05Cases\x12\x0f\n\x04name\x18\x01 \x01(\tR\x01a\x12\x0f\n\x04Name\x18\x02 \x01(\tR\x01b\x12\x0f\n\x04NAME\x18\x03 \x01(\tR\x01c\"\xa7\x04\n\x07Shadows\x12+\n\x05Other\x18\x01 \x01(\x0b2\x15.golden.unlucky.OtherR\x05Other\x12-\n\x06others\x18\x02 \x03(\x0b2\x15.golden.unlucky.OtherR\x06others\x12<\n\x07by_name\x18\x03 \x03(\x0b2#.golden.unlucky.Shadows.ByNameEntryR\x06byName\x12)\n\x03one\x18\x04 \x01(\x0b2\x15.golden.unlucky.OtherH\x00R\x03one\x12(\n\x03two\x18\x05 \x01(\x0e2\x14.golden.unlucky.KindH\x00R\x03two\x12(\n\x04Kind\x18\x06 \x01(\x0e2\x14.golden.unlucky.KindR\x04Kind\x1a\xa8\x01\n\x05Inner\x12\x18\n\x07Shadows\x18\x01 \x01(\tR\x07Shadows\x12-\n\x05other\x18\x02 \x01(\x0b2\x17.golden.unlucky.ShadowsR\x05other\x12+\n\x05Other\x18\x03 \x01(\x0b2\x15.golden.unlucky.OtherR\x05Other\x12)\n\x04also\x18\x04 \x01(\x0b2\x15.golden.unlucky.OtherR\x04also\x1aP\n\x0bByNameEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12+\n\x05value\x18\x02 \x01(\x0b2\x15.golden.unlucky.OtherR\x05value:\x028\x01B\x06\n\x04pick\"\x07\n\x05Other\"\x80\x01\n\x04None\x12.\n\x05None_\x18\x01 \x01(\x0b2\x19.golden.unlucky.None.NoneR\x04None\x12-\n\x04true\x18\x02 \x01(\x0e2\x19.golden.unlucky.None.TrueR\x04true\x1a\x06\n\x04None\"\x11\n\x04True\x12\t\n\x05FALSE\x10\x00\"1\n\x05None_\x12(\n\x04none\x18\x01 \x01(\x0b2\x14.golden.unlucky.NoneR\x04none\"2\n\x04list\x12*\n\x05items\x18\x01 \x03(\x0b2\x14.golden.unlucky.listR\x05items\"\x19\n\x03str\x12\x12\n\x04text\x18\x01 \x01(\tR\x04text\"(\n\x07Literal\x12\x14\n\x04text\x18\x01 \x01(\tH\x00R\x04textB\x07\n\x05value\"-\n\x08property\x12\x18\n\x06number\x18\x01 \x01(\x05H\x00R\x06numberB\x07\n\x05value\"\r\n\x0bannotations\"\x08\n\x06_Other\"(\n\x02pb\x12\"\n\x02pb\x18\x01 \x01(\x0b2\x12.golden.unlucky.pbR\x02pb\"\x1c\n\x08builtins\x12\x10\n\x03str\x18\x01 \x01(\tR\x03str\"\xff\x01\n\x06Nested\x12-\n\x03one\x18\x01 \x01(\x0b2\x1b.golden.unlucky.Nested.listR\x03one\x12/\n\x04many\x18\x02 \x03(\x0b2\x1b.golden.unlucky.Nested.listR\x04many\x127\n\x05error\x18\x03 \x01(\x0b2!.golden.unlucky.Nested.ValueErrorR\x05error\x12/\n\x04kind\x18\x04 \x01(\x0e2\x1b.golden.unlucky.Nested.typeR\x04kind\x1a\x06\n\x04list\x1a\x0c\n\nValueError\"\x15\n\x04type\x12\r\n\tTYPE_NONE\x10\x00*\x18\n\x04Kind\x12\x10\n\x0cKIND_UNKNOWN\x10\x00b\x06proto3", __name__)
