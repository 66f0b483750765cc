# Generated from enums.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb


class Genre(_pb.Enum):
    UNSPECIFIED = 0
    FICTION = 1


class HTTPMethod(_pb.Enum):
    UNSPECIFIED = 0
    GET = 1


class Mixed(_pb.Enum):
    """One value lacks the prefix, so all keep it."""

    MIXED_ZERO = 0
    OTHER = 1


class Edition(_pb.Enum):
    """Without the prefix one value would begin with a digit."""

    EDITION_UNKNOWN = 0
    EDITION_2023 = 1


class Truth(_pb.Enum):
    """Without the prefix one value would be a keyword."""

    TRUTH_None = 0
    TRUTH_Known = 1


class Part(_pb.Enum):
    """Without the prefix one value would be an attribute that enum members have."""

    PART_name = 0
    PART_other = 1


class Unlucky(_pb.Enum):
    None_ = 0
    name_ = 2
    value_ = 3
    mro_ = 4
    u__private = 5
    u___dunder__ = 6
    u_u__private = 7
    class_ = 8
    real_ = 9


class Aliased(_pb.Enum):
    ZERO = 0
    ONE = 1
    UNO = 1


class Signed(_pb.Enum):
    ZERO = 0
    LOW = -2147483648
    HIGH = 2147483647


class Holder(_pb.Message):
    class Genre(_pb.Enum):
        UNSPECIFIED = 0
        OTHER = 1

    own: Holder.Genre = _pb.enum(1, lambda: Holder.Genre)
    outer: _Genre = _pb.enum(2, lambda: Genre)
    explicit: HTTPMethod | None = _pb.enum(3, lambda: HTTPMethod, optional=True)
    many: list[Mixed] = _pb.enum(4, lambda: Mixed, repeated=True)
    unpacked: list[Mixed] = _pb.enum(5, lambda: Mixed, repeated=True, packed=False)
    by_name: dict[str, Signed] = _pb.map(6, "string", "enum", lambda: Signed)
    one: Holder.Genre | None = _pb.enum(7, lambda: Holder.Genre, oneof="choice")
    other: Truth | None = _pb.enum(8, lambda: Truth, oneof="choice")

    @property
    def choice(self) -> _pb.Oneof[Literal["one"], Holder.Genre] | _pb.Oneof[Literal["other"], Truth] | None:
        return _pb.which_oneof(self, "choice")


_Genre = Genre
_pb.file("enums.proto", "golden.enums", b"\n\x0benums.proto\x12\x0cgolden.enums\"\xab\x04\n\x06Holder\x12,\n\x03own\x18\x01 \x01(\x0e2\x1a.golden.enums.Holder.GenreR\x03own\x12)\n\x05outer\x18\x02 \x01(\x0e2\x13.golden.enums.GenreR\x05outer\x129\n\x08explicit\x18\x03 \x01(\x0e2\x18.golden.enums.HTTPMethodH\x01R\x08explicit\x88\x01\x01\x12'\n\x04many\x18\x04 \x03(\x0e2\x13.golden.enums.MixedR\x04many\x123\n\x08unpacked\x18\x05 \x03(\x0e2\x13.golden.enums.MixedB\x02\x10\x00R\x08unpacked\x129\n\x07by_name\x18\x06 \x03(\x0b2 .golden.enums.Holder.ByNameEntryR\x06byName\x12.\n\x03one\x18\x07 \x01(\x0e2\x1a.golden.enums.Holder.GenreH\x00R\x03one\x12+\n\x05other\x18\x08 \x01(\x0e2\x13.golden.enums.TruthH\x00R\x05other\x1aO\n\x0bByNameEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12*\n\x05value\x18\x02 \x01(\x0e2\x14.golden.enums.SignedR\x05value:\x028\x01\"/\n\x05Genre\x12\x15\n\x11GENRE_UNSPECIFIED\x10\x00\x12\x0f\n\x0bGENRE_OTHER\x10\x01B\x08\n\x06choiceB\x0b\n\t_explicit*1\n\x05Genre\x12\x15\n\x11GENRE_UNSPECIFIED\x10\x00\x12\x11\n\rGENRE_FICTION\x10\x01*>\n\nHTTPMethod\x12\x1b\n\x17HTTP_METHOD_UNSPECIFIED\x10\x00\x12\x13\n\x0fHTTP_METHOD_GET\x10\x01*\"\n\x05Mixed\x12\x0e\n\nMIXED_ZERO\x10\x00\x12\t\n\x05OTHER\x10\x01*0\n\x07Edition\x12\x13\n\x0fEDITION_UNKNOWN\x10\x00\x12\x10\n\x0cEDITION_2023\x10\x01*(\n\x05Truth\x12\x0e\n\nTRUTH_None\x10\x00\x12\x0f\n\x0bTRUTH_Known\x10\x01*%\n\x04Part\x12\r\n\tPART_name\x10\x00\x12\x0e\n\nPART_other\x10\x01*t\n\x07Unlucky\x12\x08\n\x04None\x10\x00\x12\x08\n\x04name\x10\x02\x12\t\n\x05value\x10\x03\x12\x07\n\x03mro\x10\x04\x12\x0c\n\x08_private\x10\x05\x12\x0e\n\n__dunder__\x10\x06\x12\x0e\n\nu__private\x10\x07\x12\t\n\x05class\x10\x08\x12\x08\n\x04real\x10\t*A\n\x07Aliased\x12\x10\n\x0cALIASED_ZERO\x10\x00\x12\x0f\n\x0bALIASED_ONE\x10\x01\x12\x0f\n\x0bALIASED_UNO\x10\x01\x1a\x02\x10\x01*G\n\x06Signed\x12\x0f\n\x0bSIGNED_ZERO\x10\x00\x12\x17\n\nSIGNED_LOW\x10\x80\x80\x80\x80\xf8\xff\xff\xff\xff\x01\x12\x13\n\x0bSIGNED_HIGH\x10\xff\xff\xff\xff\x07b\x06proto3", __name__)
