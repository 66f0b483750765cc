# Generated from acme/common/public.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb
from minirpc.message.wkt.duration_pb import Duration as Duration

from . import money_pb as _money_pb
from .money_pb import Country as Country, Money as Money


class Price(_pb.Message):
    money: _money_pb.Money | None = _pb.message(1, lambda: _money_pb.Money)


_pb.file("acme/common/public.proto", "acme.common", b"\n\x18acme/common/public.proto\x12\x0bacme.common\x1a\x17acme/common/money.proto\x1a\x1egoogle/protobuf/duration.proto\"1\n\x05Price\x12(\n\x05money\x18\x01 \x01(\x0b2\x12.acme.common.MoneyR\x05moneyP\x00P\x01b\x06proto3", __name__, [".money_pb", "minirpc.message.wkt.duration_pb"])
