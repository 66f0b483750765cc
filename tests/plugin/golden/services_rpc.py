# Generated from services.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from collections.abc import AsyncIterator

from minirpc.codegen import services_v1 as _rpc
from minirpc.message.wkt.empty_pb import Empty

from . import services_pb as _services_pb
from .acme.common import money_pb as _money_pb
from .acme.shop import money_pb as _shop_money_pb
from .services_pb import Outer


class NothingStub(_rpc.Stub[_rpc.ChannelT]):
    """A service without methods."""


class NothingServicer(_rpc.Servicer):
    """A service without methods."""

    methods = NothingStub  # one table, both sides


class NamesStub(_rpc.Stub[_rpc.ChannelT]):
    get_http_route = _rpc.unary_unary("/golden.services.Names/GetHTTPRoute", Outer.Request, Empty)
    lower = _rpc.unary_unary("/golden.services.Names/lower", Outer.Request, Empty)
    import_ = _rpc.unary_unary("/golden.services.Names/Import", Outer.Request, Empty)
    methods_ = _rpc.unary_unary("/golden.services.Names/Methods", Outer.Request, Empty)
    get_v1_beta2 = _rpc.unary_unary("/golden.services.Names/GetV1Beta2", Outer.Request, Empty)
    u__private = _rpc.unary_unary("/golden.services.Names/_Private", Outer.Request, Empty)


class NamesServicer(_rpc.Servicer):
    methods = NamesStub  # one table, both sides

    async def get_http_route(self, request: Outer.Request, context: _rpc.Context) -> Empty:
        _rpc.unimplemented()

    async def lower(self, request: Outer.Request, context: _rpc.Context) -> Empty:
        _rpc.unimplemented()

    async def import_(self, request: Outer.Request, context: _rpc.Context) -> Empty:
        _rpc.unimplemented()

    async def methods_(self, request: Outer.Request, context: _rpc.Context) -> Empty:
        _rpc.unimplemented()

    async def get_v1_beta2(self, request: Outer.Request, context: _rpc.Context) -> Empty:
        _rpc.unimplemented()

    async def u__private(self, request: Outer.Request, context: _rpc.Context) -> Empty:
        _rpc.unimplemented()


class TwinsStub(_rpc.Stub[_rpc.ChannelT]):
    """Two methods that would have one name."""

    GetBook = _rpc.unary_unary("/golden.services.Twins/GetBook", Outer.Request, Outer.Request)
    getBook = _rpc.unary_unary("/golden.services.Twins/getBook", Outer.Request, Outer.Request)
    get_book = _rpc.unary_unary("/golden.services.Twins/get_book", Outer.Request, Outer.Request)
    get_shelf = _rpc.unary_unary("/golden.services.Twins/GetShelf", Outer.Request, Outer.Request)


class TwinsServicer(_rpc.Servicer):
    """Two methods that would have one name."""

    methods = TwinsStub  # one table, both sides

    async def GetBook(self, request: Outer.Request, context: _rpc.Context) -> Outer.Request:
        _rpc.unimplemented()

    async def getBook(self, request: Outer.Request, context: _rpc.Context) -> Outer.Request:
        _rpc.unimplemented()

    async def get_book(self, request: Outer.Request, context: _rpc.Context) -> Outer.Request:
        _rpc.unimplemented()

    async def get_shelf(self, request: Outer.Request, context: _rpc.Context) -> Outer.Request:
        _rpc.unimplemented()


class ClashStub(_rpc.Stub[_rpc.ChannelT]):
    """Classes that have the names of something in the module."""

    get_it = _rpc.unary_unary("/golden.services.Clash/GetIt", _services_pb.ClashStub, _services_pb.get_it)
    iterate = _rpc.stream_stream(
        "/golden.services.Clash/Iterate", _services_pb.AsyncIterator, _services_pb.AsyncIterator
    )
    exchange = _rpc.unary_unary("/golden.services.Clash/Exchange", _money_pb.Money, _shop_money_pb.Money)


class ClashServicer(_rpc.Servicer):
    """Classes that have the names of something in the module."""

    methods = ClashStub  # one table, both sides

    async def get_it(self, request: _services_pb.ClashStub, context: _rpc.Context) -> _services_pb.get_it:
        _rpc.unimplemented()

    def iterate(
        self, requests: AsyncIterator[_services_pb.AsyncIterator], context: _rpc.Context
    ) -> AsyncIterator[_services_pb.AsyncIterator]:
        _rpc.unimplemented()

    async def exchange(self, request: _money_pb.Money, context: _rpc.Context) -> _shop_money_pb.Money:
        _rpc.unimplemented()


class u__HiddenStub(_rpc.Stub[_rpc.ChannelT]):
    pass


class u__HiddenServicer(_rpc.Servicer):
    methods = u__HiddenStub  # one table, both sides
