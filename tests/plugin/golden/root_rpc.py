# Generated from root.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import services_v1 as _rpc

from .root_pb import Root


class RootServiceStub(_rpc.Stub[_rpc.ChannelT]):
    get = _rpc.unary_unary("/RootService/Get", Root, Root)


class RootServiceServicer(_rpc.Servicer):
    methods = RootServiceStub  # one table, both sides

    async def get(self, request: Root, context: _rpc.Context) -> Root:
        _rpc.unimplemented()
