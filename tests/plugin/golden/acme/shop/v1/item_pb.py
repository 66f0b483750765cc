# Generated from acme/shop/v1/item.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb

from ...common import money_pb as _money_pb


class Item(_pb.Message):
    name: str = _pb.string(1)
    price: _money_pb.Money | None = _pb.message(2, lambda: _money_pb.Money)


_pb.file("acme/shop/v1/item.proto", "acme.shop.v1", b"\n\x17acme/shop/v1/item.proto\x12\x0cacme.shop.v1\x1a\x17acme/common/money.proto\"D\n\x04Item\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12(\n\x05price\x18\x02 \x01(\x0b2\x12.acme.common.MoneyR\x05priceb\x06proto3", __name__, ["...common.money_pb"])
