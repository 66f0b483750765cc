# Generated from acme/shop/v1/order.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import services_v1 as _rpc

from ....root_pb import Root
from ...common import money_pb as _money_pb
from .. import money_pb as _shop_money_pb
from .order_pb import Order


class OrdersStub(_rpc.Stub[_rpc.ChannelT]):
    place = _rpc.unary_unary("/acme.shop.v1.Orders/Place", Order, _money_pb.Money)
    tip = _rpc.unary_unary("/acme.shop.v1.Orders/Tip", _shop_money_pb.Money, Root.Leaf)


class OrdersServicer(_rpc.Servicer):
    methods = OrdersStub  # one table, both sides

    async def place(self, request: Order, context: _rpc.Context) -> _money_pb.Money:
        _rpc.unimplemented()

    async def tip(self, request: _shop_money_pb.Money, context: _rpc.Context) -> Root.Leaf:
        _rpc.unimplemented()
