# Generated from acme/common/money.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Country(_pb.Enum):
    UNSPECIFIED = 0
    UA = 1


class Money(_pb.Message):
    class Rounding(_pb.Enum):
        UNSPECIFIED = 0
        UP = 1

    currency: str = _pb.string(1)
    units: int = _pb.int64(2)


_pb.file("acme/common/money.proto", "acme.common", b"\n\x17acme/common/money.proto\x12\x0bacme.common\"p\n\x05Money\x12\x1a\n\x08currency\x18\x01 \x01(\tR\x08currency\x12\x14\n\x05units\x18\x02 \x01(\x03R\x05units\"5\n\x08Rounding\x12\x18\n\x14ROUNDING_UNSPECIFIED\x10\x00\x12\x0f\n\x0bROUNDING_UP\x10\x01*2\n\x07Country\x12\x17\n\x13COUNTRY_UNSPECIFIED\x10\x00\x12\x0e\n\nCOUNTRY_UA\x10\x01b\x06proto3", __name__)
