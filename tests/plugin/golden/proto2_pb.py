# Generated from proto2.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb


class Color(_pb.Enum, closed=True):
    RED = 1
    GREEN = 2
    NEGATIVE = -1


class Zeroed(_pb.Enum, closed=True):
    ZERO = 0
    ONE = 1


class Aliased(_pb.Enum, closed=True):
    ONE = 1
    UNO = 1


class Everything(_pb.Message):
    class Both(_pb.Message):
        left: int | None = _pb.int32(1, optional=True)

    class Inner(_pb.Message):
        deep: int | None = _pb.int64(1, required=True)

    class Result(_pb.Message):
        """A group."""

        class Snippet(_pb.Message):
            text: str | None = _pb.string(23, optional=True, utf8=False)

        url: str | None = _pb.string(21, required=True, utf8=False)
        snippet: list[Snippet] = _pb.message(22, lambda: Everything.Result.Snippet, repeated=True, delimited=True)

    id: int | None = _pb.int32(1, required=True)
    name: str = _pb.string(2, required=True, default="nobody", utf8=False)
    inner: Inner | None = _pb.message(3, lambda: Everything.Inner, required=True)
    text: str | None = _pb.string(4, optional=True, utf8=False)
    color: Color | None = _pb.enum(5, lambda: Color, optional=True)
    unpacked: list[int] = _pb.int32(6, repeated=True, packed=False)
    packed: list[int] = _pb.int32(7, repeated=True)
    texts: list[str] = _pb.string(8, repeated=True, utf8=False)
    colors: list[Color] = _pb.enum(9, lambda: Color, repeated=True, packed=False)
    by_name: dict[str, Zeroed] = _pb.map(10, "string", "enum", lambda: Zeroed, utf8=False)
    by_number: dict[int, str] = _pb.map(11, "int32", "string", utf8=False)
    blobs: dict[int, bytes] = _pb.map(12, "int32", "bytes")
    number: int = _pb.int32(13, oneof="choice", default=7)
    word: str | None = _pb.string(14, oneof="choice", utf8=False)
    both: Both | None = _pb.message(15, lambda: Everything.Both, oneof="choice", delimited=True)
    result: Result | None = _pb.message(20, lambda: Everything.Result, delimited=True)

    @property
    def choice(self) -> (
        _pb.Oneof[Literal["number"], int]
        | _pb.Oneof[Literal["word"], str]
        | _pb.Oneof[Literal["both"], Both]
        | None
    ):
        return _pb.which_oneof(self, "choice")


class Defaults(_pb.Message):
    small: int = _pb.int32(1, optional=True, default=-2147483648)
    large: int = _pb.uint64(2, optional=True, default=18446744073709551615)
    hex: int = _pb.sint32(3, optional=True, default=-16)
    zero: int = _pb.fixed64(4, optional=True, default=0)
    exponent: float = _pb.double(5, optional=True, default=1.5e+300)
    infinite: float = _pb.double(6, optional=True, default=_pb.inf)
    minus_infinite: float = _pb.double(7, optional=True, default=-_pb.inf)
    not_a_number: float = _pb.float(8, optional=True, default=_pb.nan)
    tenth: float = _pb.float(9, optional=True, default=0.10000000149011612)
    minus_zero: float = _pb.float(10, optional=True, default=-0.0)
    yes: bool = _pb.bool(11, optional=True, default=True)
    no: bool = _pb.bool(12, optional=True, default=False)
    empty: str = _pb.string(13, optional=True, default="", utf8=False)
    quoted: str = _pb.string(14, optional=True, default="a \"b\" \\ c\n	\x0d\x01 é é", utf8=False)
    blob: bytes = _pb.bytes(15, optional=True, default=b"\x00\x01\x7f\xff\\\"'\n?\xc3\xa9")
    color: Color = _pb.enum(16, lambda: Color, optional=True, default=2)
    negative: Color = _pb.enum(17, lambda: Color, optional=True, default=-1)
    alias: Aliased = _pb.enum(18, lambda: Aliased, optional=True, default=1)
    triple: str = _pb.string(19, optional=True, default="\"\"\" ''' {x} %s", utf8=False)


class Reserved(_pb.Message, reserved=("foo", "class")):
    bar: int | None = _pb.int32(1, optional=True)


class OneReserved(_pb.Message, reserved=("only",)):
    pass


_pb.file("proto2.proto", "golden.proto2", b"\n\x0cproto2.proto\x12\rgolden.proto2\"\x9b\x08\n\nEverything\x12\x0e\n\x02id\x18\x01 \x02(\x05R\x02id\x12\x1a\n\x04name\x18\x02 \x02(\t:\x06nobodyR\x04name\x125\n\x05inner\x18\x03 \x02(\x0b2\x1f.golden.proto2.Everything.InnerR\x05inner\x12\x12\n\x04text\x18\x04 \x01(\tR\x04text\x12*\n\x05color\x18\x05 \x01(\x0e2\x14.golden.proto2.ColorR\x05color\x12\x1a\n\x08unpacked\x18\x06 \x03(\x05R\x08unpacked\x12\x1a\n\x06packed\x18\x07 \x03(\x05B\x02\x10\x01R\x06packed\x12\x14\n\x05texts\x18\x08 \x03(\tR\x05texts\x12,\n\x06colors\x18\t \x03(\x0e2\x14.golden.proto2.ColorR\x06colors\x12>\n\x07by_name\x18\n \x03(\x0b2%.golden.proto2.Everything.ByNameEntryR\x06byName\x12D\n\tby_number\x18\x0b \x03(\x0b2'.golden.proto2.Everything.ByNumberEntryR\x08byNumber\x12:\n\x05blobs\x18\x0c \x03(\x0b2$.golden.proto2.Everything.BlobsEntryR\x05blobs\x12\x1b\n\x06number\x18\r \x01(\x05:\x017H\x00R\x06number\x12\x14\n\x04word\x18\x0e \x01(\tH\x00R\x04word\x124\n\x04both\x18\x0f \x01(\n2\x1e.golden.proto2.Everything.BothH\x00R\x04both\x128\n\x06result\x18\x14 \x01(\n2 .golden.proto2.Everything.ResultR\x06result\x1aP\n\x0bByNameEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12+\n\x05value\x18\x02 \x01(\x0e2\x15.golden.proto2.ZeroedR\x05value:\x028\x01\x1a;\n\rByNumberEntry\x12\x10\n\x03key\x18\x01 \x01(\x05R\x03key\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\x1a8\n\nBlobsEntry\x12\x10\n\x03key\x18\x01 \x01(\x05R\x03key\x12\x14\n\x05value\x18\x02 \x01(\x0cR\x05value:\x028\x01\x1a\x1a\n\x04Both\x12\x12\n\x04left\x18\x01 \x01(\x05R\x04left\x1a\x1b\n\x05Inner\x12\x12\n\x04deep\x18\x01 \x02(\x03R\x04deep\x1a}\n\x06Result\x12\x10\n\x03url\x18\x15 \x02(\tR\x03url\x12B\n\x07snippet\x18\x16 \x03(\n2(.golden.proto2.Everything.Result.SnippetR\x07snippet\x1a\x1d\n\x07Snippet\x12\x12\n\x04text\x18\x17 \x01(\tR\x04textB\x08\n\x06choice\"\xe9\x05\n\x08Defaults\x12!\n\x05small\x18\x01 \x01(\x05:\x0b-2147483648R\x05small\x12*\n\x05large\x18\x02 \x01(\x04:\x1418446744073709551615R\x05large\x12\x15\n\x03hex\x18\x03 \x01(\x11:\x03-16R\x03hex\x12\x15\n\x04zero\x18\x04 \x01(\x06:\x010R\x04zero\x12$\n\x08exponent\x18\x05 \x01(\x01:\x081.5e+300R\x08exponent\x12\x1f\n\x08infinite\x18\x06 \x01(\x01:\x03infR\x08infinite\x12+\n\x0eminus_infinite\x18\x07 \x01(\x01:\x04-infR\rminusInfinite\x12%\n\x0cnot_a_number\x18\x08 \x01(\x02:\x03nanR\nnotANumber\x12\x19\n\x05tenth\x18\t \x01(\x02:\x030.1R\x05tenth\x12!\n\nminus_zero\x18\n \x01(\x02:\x02-0R\tminusZero\x12\x16\n\x03yes\x18\x0b \x01(\x08:\x04trueR\x03yes\x12\x15\n\x02no\x18\x0c \x01(\x08:\x05falseR\x02no\x12\x16\n\x05empty\x18\r \x01(\t:\x00R\x05empty\x12+\n\x06quoted\x18\x0e \x01(\t:\x13a \"b\" \\ c\n\t\r\x01 \xc3\xa9 \xc3\xa9R\x06quoted\x125\n\x04blob\x18\x0f \x01(\x0c:!\\000\\001\\177\\377\\\\\\\"\\'\\n?\\303\\251R\x04blob\x127\n\x05color\x18\x10 \x01(\x0e2\x14.golden.proto2.Color:\x0bCOLOR_GREENR\x05color\x12@\n\x08negative\x18\x11 \x01(\x0e2\x14.golden.proto2.Color:\x0eCOLOR_NEGATIVER\x08negative\x129\n\x05alias\x18\x12 \x01(\x0e2\x16.golden.proto2.Aliased:\x0bALIASED_UNOR\x05alias\x12&\n\x06triple\x18\x13 \x01(\t:\x0e\"\"\" ''' {x} %sR\x06triple\":\n\x08Reserved\x12\x10\n\x03bar\x18\x01 \x01(\x05R\x03barJ\x04\x08\x02\x10\x03J\x04\x08\x0f\x10\x10J\x04\x08\t\x10\x0cR\x03fooR\x05class\"\x13\n\x0bOneReservedR\x04only*D\n\x05Color\x12\r\n\tCOLOR_RED\x10\x01\x12\x0f\n\x0bCOLOR_GREEN\x10\x02\x12\x1b\n\x0eCOLOR_NEGATIVE\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01*)\n\x06Zeroed\x12\x0f\n\x0bZEROED_ZERO\x10\x00\x12\x0e\n\nZEROED_ONE\x10\x01*/\n\x07Aliased\x12\x0f\n\x0bALIASED_ONE\x10\x01\x12\x0f\n\x0bALIASED_UNO\x10\x01\x1a\x02\x10\x01", __name__)
