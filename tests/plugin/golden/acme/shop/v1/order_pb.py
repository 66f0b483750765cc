# Generated from acme/shop/v1/order.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb
from minirpc.message.wkt import duration_pb as _duration_pb
from minirpc.message.wkt import timestamp_pb as _timestamp_pb

from .... import root_pb as _root_pb
from ...common import money_pb as _money_pb
from ...common import public_pb as _public_pb
from .. import money_pb as _shop_money_pb
from . import item_pb as _item_pb


class Order(_pb.Message):
    items: list[_item_pb.Item] = _pb.message(1, lambda: _item_pb.Item, repeated=True)
    total: _money_pb.Money | None = _pb.message(2, lambda: _money_pb.Money)
    tip: _shop_money_pb.Money | None = _pb.message(3, lambda: _shop_money_pb.Money)
    parts: dict[str, _money_pb.Money] = _pb.map(4, "string", "message", lambda: _money_pb.Money)
    rounding: _money_pb.Money.Rounding = _pb.enum(5, lambda: _money_pb.Money.Rounding)
    countries: list[_money_pb.Country] = _pb.enum(6, lambda: _money_pb.Country, repeated=True)
    created: _timestamp_pb.Timestamp | None = _pb.message(7, lambda: _timestamp_pb.Timestamp)
    lead_time: _duration_pb.Duration | None = _pb.message(8, lambda: _duration_pb.Duration)
    price: _public_pb.Price | None = _pb.message(9, lambda: _public_pb.Price)
    root: _root_pb.Root | None = _pb.message(10, lambda: _root_pb.Root)
    cash: _money_pb.Money | None = _pb.message(11, lambda: _money_pb.Money, oneof="paid")
    card: _root_pb.Root.Leaf | None = _pb.message(12, lambda: _root_pb.Root.Leaf, oneof="paid")

    @property
    def paid(self) -> (
        _pb.Oneof[Literal["cash"], _money_pb.Money]
        | _pb.Oneof[Literal["card"], _root_pb.Root.Leaf]
        | None
    ):
        return _pb.which_oneof(self, "paid")


_pb.file("acme/shop/v1/order.proto", "acme.shop.v1", b"\n\x18acme/shop/v1/order.proto\x12\x0cacme.shop.v1\x1a\x18acme/common/public.proto\x1a\x15acme/shop/money.proto\x1a\x17acme/shop/v1/item.proto\x1a\x1fgoogle/protobuf/timestamp.proto\x1a\nroot.proto\"\xf7\x04\n\x05Order\x12(\n\x05items\x18\x01 \x03(\x0b2\x12.acme.shop.v1.ItemR\x05items\x12(\n\x05total\x18\x02 \x01(\x0b2\x12.acme.common.MoneyR\x05total\x12\"\n\x03tip\x18\x03 \x01(\x0b2\x10.acme.shop.MoneyR\x03tip\x124\n\x05parts\x18\x04 \x03(\x0b2\x1e.acme.shop.v1.Order.PartsEntryR\x05parts\x127\n\x08rounding\x18\x05 \x01(\x0e2\x1b.acme.common.Money.RoundingR\x08rounding\x122\n\tcountries\x18\x06 \x03(\x0e2\x14.acme.common.CountryR\tcountries\x124\n\x07created\x18\x07 \x01(\x0b2\x1a.google.protobuf.TimestampR\x07created\x126\n\tlead_time\x18\x08 \x01(\x0b2\x19.google.protobuf.DurationR\x08leadTime\x12(\n\x05price\x18\t \x01(\x0b2\x12.acme.common.PriceR\x05price\x12\x19\n\x04root\x18\n \x01(\x0b2\x05.RootR\x04root\x12(\n\x04cash\x18\x0b \x01(\x0b2\x12.acme.common.MoneyH\x00R\x04cash\x12 \n\x04card\x18\x0c \x01(\x0b2\n.Root.LeafH\x00R\x04card\x1aL\n\nPartsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12(\n\x05value\x18\x02 \x01(\x0b2\x12.acme.common.MoneyR\x05value:\x028\x01B\x06\n\x04paid2_\n\x06Orders\x120\n\x05Place\x12\x13.acme.shop.v1.Order\x1a\x12.acme.common.Money\x12#\n\x03Tip\x12\x10.acme.shop.Money\x1a\n.Root.Leafb\x06proto3", __name__, ["...common.public_pb", "..money_pb", ".item_pb", "minirpc.message.wkt.timestamp_pb", "....root_pb"])
