# Generated from editions.proto by protoc-gen-python_minirpc. DO NOT EDIT.
"""A file with an edition.

In a package.
"""

from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Closed(_pb.Enum, closed=True):
    FIRST = 3
    SECOND = 4


class Open(_pb.Enum):
    ZERO = 0


class Presence(_pb.Message):
    inherited: int = _pb.int32(1)
    explicit: int | None = _pb.int32(2, optional=True)
    required: int | None = _pb.int32(3, required=True)
    message: Presence | None = _pb.message(4, lambda: Presence)
    with_default: int = _pb.int32(5, optional=True, default=4)
    open: Open = _pb.enum(6, lambda: Open)
    closed: Closed | None = _pb.enum(7, lambda: Closed, optional=True)
    map: dict[str, Open] = _pb.map(8, "string", "enum", lambda: Open)


class Strings(_pb.Message):
    verified: str = _pb.string(1)
    any: str = _pb.string(2, utf8=False)
    map: dict[str, str] = _pb.map(3, "string", "string", utf8=False)


_pb.file("editions.proto", "golden.editions", b"\n\x0eeditions.proto\x12\x0fgolden.editions\"\xb8\x03\n\x08Presence\x12\x1c\n\tinherited\x18\x01 \x01(\x05R\tinherited\x12!\n\x08explicit\x18\x02 \x01(\x05B\x05\xaa\x01\x02\x08\x01R\x08explicit\x12!\n\x08required\x18\x03 \x01(\x05B\x05\xaa\x01\x02\x08\x03R\x08required\x123\n\x07message\x18\x04 \x01(\x0b2\x19.golden.editions.PresenceR\x07message\x12+\n\x0cwith_default\x18\x05 \x01(\x05:\x014B\x05\xaa\x01\x02\x08\x01R\x0bwithDefault\x12)\n\x04open\x18\x06 \x01(\x0e2\x15.golden.editions.OpenR\x04open\x126\n\x06closed\x18\x07 \x01(\x0e2\x17.golden.editions.ClosedB\x05\xaa\x01\x02\x08\x01R\x06closed\x124\n\x03map\x18\x08 \x03(\x0b2\".golden.editions.Presence.MapEntryR\x03map\x1aM\n\x08MapEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12+\n\x05value\x18\x02 \x01(\x0e2\x15.golden.editions.OpenR\x05value:\x028\x01\"\xc0\x01\n\x07Strings\x12\x1a\n\x08verified\x18\x01 \x01(\tR\x08verified\x12\x17\n\x03any\x18\x02 \x01(\tB\x05\xaa\x01\x02 \x03R\x03any\x12:\n\x03map\x18\x03 \x03(\x0b2!.golden.editions.Strings.MapEntryB\x05\xaa\x01\x02 \x03R\x03map\x1aD\n\x08MapEntry\x12\x17\n\x03key\x18\x01 \x01(\tB\x05\xaa\x01\x02 \x03R\x03key\x12\x1b\n\x05value\x18\x02 \x01(\tB\x05\xaa\x01\x02 \x03R\x05value:\x028\x01*-\n\x06Closed\x12\x10\n\x0cCLOSED_FIRST\x10\x03\x12\x11\n\rCLOSED_SECOND\x10\x04*\x1b\n\x04Open\x12\r\n\tOPEN_ZERO\x10\x00\x1a\x04:\x02\x10\x01B\x07\x92\x03\x04\x08\x02\x10\x02b\x08editionsp\xe8\x07", __name__)
