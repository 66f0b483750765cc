# Generated from deprecated.proto by protoc-gen-python_minirpc. DO NOT EDIT.
# mypy: disable-error-code="deprecated"
# pyright: reportDeprecated=false
from __future__ import annotations

from minirpc.codegen import services_v1 as _rpc

from .deprecated_pb import New


@_rpc.deprecated("golden.deprecated.OldService is deprecated")
class OldServiceStub(_rpc.Stub[_rpc.ChannelT]):
    get = _rpc.unary_unary("/golden.deprecated.OldService/Get", New, New)


class OldServiceServicer(_rpc.Servicer):
    methods = OldServiceStub  # one table, both sides

    async def get(self, request: New, context: _rpc.Context) -> New:
        _rpc.unimplemented()


class NewServiceStub(_rpc.Stub[_rpc.ChannelT]):
    get = _rpc.unary_unary("/golden.deprecated.NewService/Get", New, New)
    """Use Find.

    Deprecated.
    """
    find = _rpc.unary_unary("/golden.deprecated.NewService/Find", New, New)


class NewServiceServicer(_rpc.Servicer):
    methods = NewServiceStub  # one table, both sides

    async def get(self, request: New, context: _rpc.Context) -> New:
        """Use Find.

        Deprecated.
        """
        _rpc.unimplemented()

    async def find(self, request: New, context: _rpc.Context) -> New:
        _rpc.unimplemented()
