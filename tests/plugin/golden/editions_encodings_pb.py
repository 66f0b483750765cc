# Generated from editions_encodings.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb


class Encodings(_pb.ExtendableMessage):
    class Inner(_pb.Message):
        inner: Encodings.Inner | None = _pb.message(1, lambda: Encodings.Inner, delimited=True)

    delimited: Inner | None = _pb.message(1, lambda: Encodings.Inner, delimited=True)
    many_delimited: list[Inner] = _pb.message(2, lambda: Encodings.Inner, repeated=True, delimited=True)
    prefixed: Inner | None = _pb.message(3, lambda: Encodings.Inner)
    map: dict[int, Inner] = _pb.map(4, "int32", "message", lambda: Encodings.Inner)
    expanded: list[int] = _pb.int32(5, repeated=True, packed=False)
    packed: list[int] = _pb.int32(6, repeated=True)
    member: Inner | None = _pb.message(7, lambda: Encodings.Inner, oneof="choice", delimited=True)
    text: str | None = _pb.string(8, oneof="choice")

    @property
    def choice(self) -> _pb.Oneof[Literal["member"], Inner] | _pb.Oneof[Literal["text"], str] | None:
        return _pb.which_oneof(self, "choice")


extension: _pb.Extension[Encodings, str | None] = _pb.extension(
    "golden.editions.encodings.extension", lambda: Encodings, _pb.string(100, optional=True)
)
delimited_extension: _pb.Extension[Encodings, Encodings.Inner | None] = _pb.extension(
    "golden.editions.encodings.delimited_extension", lambda: Encodings, _pb.message(101, lambda: Encodings.Inner, delimited=True)
)


_pb.file("editions_encodings.proto", "golden.editions.encodings", b"\n\x18editions_encodings.proto\x12\x19golden.editions.encodings\"\x8f\x05\n\tEncodings\x12H\n\tdelimited\x18\x01 \x01(\x0b2*.golden.editions.encodings.Encodings.InnerR\tdelimited\x12Q\n\x0emany_delimited\x18\x02 \x03(\x0b2*.golden.editions.encodings.Encodings.InnerR\rmanyDelimited\x12M\n\x08prefixed\x18\x03 \x01(\x0b2*.golden.editions.encodings.Encodings.InnerB\x05\xaa\x01\x02(\x01R\x08prefixed\x12?\n\x03map\x18\x04 \x03(\x0b2-.golden.editions.encodings.Encodings.MapEntryR\x03map\x12\x1a\n\x08expanded\x18\x05 \x03(\x05R\x08expanded\x12\x1d\n\x06packed\x18\x06 \x03(\x05B\x05\xaa\x01\x02\x18\x01R\x06packed\x12D\n\x06member\x18\x07 \x01(\x0b2*.golden.editions.encodings.Encodings.InnerH\x00R\x06member\x12\x14\n\x04text\x18\x08 \x01(\tH\x00R\x04text\x1aI\n\x05Inner\x12@\n\x05inner\x18\x01 \x01(\x0b2*.golden.editions.encodings.Encodings.InnerR\x05inner\x1ab\n\x08MapEntry\x12\x10\n\x03key\x18\x01 \x01(\x05R\x03key\x12@\n\x05value\x18\x02 \x01(\x0b2*.golden.editions.encodings.Encodings.InnerR\x05value:\x028\x01*\x05\x08d\x10\xc9\x01B\x08\n\x06choice:B\n\textension\x12$.golden.editions.encodings.Encodings\x18d \x01(\tR\textension:\x88\x01\n\x13delimited_extension\x12$.golden.editions.encodings.Encodings\x18e \x01(\x0b2*.golden.editions.encodings.Encodings.InnerB\x05\xaa\x01\x02(\x02R\x12delimitedExtensionB\x07\x92\x03\x04\x18\x02(\x02b\x08editionsp\xe8\x07", __name__)
