# Generated from wkt.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import services_v1 as _rpc
from minirpc.message.wkt.empty_pb import Empty
from minirpc.message.wkt.timestamp_pb import Timestamp


class KeeperStub(_rpc.Stub[_rpc.ChannelT]):
    keep = _rpc.unary_unary("/golden.wkt.Keeper/Keep", Timestamp, Empty)


class KeeperServicer(_rpc.Servicer):
    methods = KeeperStub  # one table, both sides

    async def keep(self, request: Timestamp, context: _rpc.Context) -> Empty:
        _rpc.unimplemented()
