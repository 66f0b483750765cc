# Generated from odd-names/class/1st.v2.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import services_v1 as _rpc

from ..lone_pb import Lone
from .u_1st___v2_pb import First


class OddStub(_rpc.Stub[_rpc.ChannelT]):
    get = _rpc.unary_unary("/odd.Odd/Get", Lone, First)


class OddServicer(_rpc.Servicer):
    methods = OddStub  # one table, both sides

    async def get(self, request: Lone, context: _rpc.Context) -> First:
        _rpc.unimplemented()
