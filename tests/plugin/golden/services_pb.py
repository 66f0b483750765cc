# Generated from services.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Outer(_pb.Message):
    class Request(_pb.Message):
        pass


class ClashStub(_pb.Message):
    pass


class AsyncIterator(_pb.Message):
    pass


class get_it(_pb.Message):
    pass


_pb.file("services.proto", "golden.services", b"\n\x0eservices.proto\x12\x0fgolden.services\x1a\x17acme/common/money.proto\x1a\x15acme/shop/money.proto\x1a\x1bgoogle/protobuf/empty.proto\"\x12\n\x05Outer\x1a\t\n\x07Request\"\x0b\n\tClashStub\"\x0f\n\rAsyncIterator\"\x08\n\x06get_it2\t\n\x07Nothing2\x9f\x03\n\x05Names\x12F\n\x0cGetHTTPRoute\x12\x1e.golden.services.Outer.Request\x1a\x16.google.protobuf.Empty\x12?\n\x05lower\x12\x1e.golden.services.Outer.Request\x1a\x16.google.protobuf.Empty\x12@\n\x06Import\x12\x1e.golden.services.Outer.Request\x1a\x16.google.protobuf.Empty\x12A\n\x07Methods\x12\x1e.golden.services.Outer.Request\x1a\x16.google.protobuf.Empty\x12D\n\nGetV1Beta2\x12\x1e.golden.services.Outer.Request\x1a\x16.google.protobuf.Empty\x12B\n\x08_Private\x12\x1e.golden.services.Outer.Request\x1a\x16.google.protobuf.Empty2\xb5\x02\n\x05Twins\x12I\n\x07GetBook\x12\x1e.golden.services.Outer.Request\x1a\x1e.golden.services.Outer.Request\x12I\n\x07getBook\x12\x1e.golden.services.Outer.Request\x1a\x1e.golden.services.Outer.Request\x12J\n\x08get_book\x12\x1e.golden.services.Outer.Request\x1a\x1e.golden.services.Outer.Request\x12J\n\x08GetShelf\x12\x1e.golden.services.Outer.Request\x1a\x1e.golden.services.Outer.Request2\xc6\x01\n\x05Clash\x12<\n\x05GetIt\x12\x1a.golden.services.ClashStub\x1a\x17.golden.services.get_it\x12M\n\x07Iterate\x12\x1e.golden.services.AsyncIterator\x1a\x1e.golden.services.AsyncIterator(\x010\x01\x120\n\x08Exchange\x12\x12.acme.common.Money\x1a\x10.acme.shop.Money2\t\n\x07_Hiddenb\x06proto3", __name__, [".acme.common.money_pb", ".acme.shop.money_pb", "minirpc.message.wkt.empty_pb"])
