# Generated from editions_2024.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Kind(_pb.Enum):
    UNKNOWN = 0


class Sample(_pb.Message):
    class Private(_pb.Message):
        x: int | None = _pb.int32(1, optional=True)

    name: str | None = _pb.string(1, optional=True)
    numbers: list[int] = _pb.int32(2, repeated=True)
    private: Private | None = _pb.message(3, lambda: Sample.Private)


_pb.file("editions_2024.proto", "golden.editions.v2024", b"\n\x13editions_2024.proto\x12\x15golden.editions.v2024\"\x9a\x01\n\x06Sample\x12\x1a\n\x04name\x18\x01 \x01(\tB\x06\xa2\xbb\x18\x02usR\x04name\x12\x18\n\x07numbers\x18\x02 \x03(\x05R\x07numbers\x12?\n\x07private\x18\x03 \x01(\x0b2%.golden.editions.v2024.Sample.PrivateR\x07private\x1a\x19\n\x07Private\x12\x0c\n\x01x\x18\x01 \x01(\x05R\x01xX\x01*\x1a\n\x04Kind\x12\x10\n\x0cKIND_UNKNOWN\x10\x000\x02b\x08editionsp\xe9\x07z\x10extensions.proto", __name__)
