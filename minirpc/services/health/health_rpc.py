# Generated from grpc/health/v1/health.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from collections.abc import AsyncIterator

from minirpc.codegen import services_v1 as _rpc

from .health_pb import HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse


class HealthStub(_rpc.Stub[_rpc.ChannelT]):
    check = _rpc.unary_unary("/grpc.health.v1.Health/Check", HealthCheckRequest, HealthCheckResponse)
    list = _rpc.unary_unary("/grpc.health.v1.Health/List", HealthListRequest, HealthListResponse)
    watch = _rpc.unary_stream("/grpc.health.v1.Health/Watch", HealthCheckRequest, HealthCheckResponse)


class HealthServicer(_rpc.Servicer):
    methods = HealthStub  # one table, both sides

    async def check(self, request: HealthCheckRequest, context: _rpc.Context) -> HealthCheckResponse:
        _rpc.unimplemented()

    async def list(self, request: HealthListRequest, context: _rpc.Context) -> HealthListResponse:
        _rpc.unimplemented()

    def watch(self, request: HealthCheckRequest, context: _rpc.Context) -> AsyncIterator[HealthCheckResponse]:
        _rpc.unimplemented()
