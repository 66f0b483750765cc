# Generated from acme/shop/money.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Money(_pb.Message):
    """Another file with the name money.proto."""

    coins: int = _pb.int32(1)


_pb.file("acme/shop/money.proto", "acme.shop", b"\n\x15acme/shop/money.proto\x12\tacme.shop\"\x1d\n\x05Money\x12\x14\n\x05coins\x18\x01 \x01(\x05R\x05coinsb\x06proto3", __name__)
