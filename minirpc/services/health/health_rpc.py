# Generated from grpc/health/v1/health.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from collections.abc import AsyncIterator

from minirpc.codegen import services_v1 as _rpc

from .health_pb import HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse


class HealthStub(_rpc.Stub[_rpc.ChannelT]):
    """Tells load balancers, proxies and orchestrators whether to send calls."""

    check = _rpc.unary_unary("/grpc.health.v1.Health/Check", HealthCheckRequest, HealthCheckResponse)
    """Says how a service is now. Fails with NOT_FOUND for a service that the server does not know."""
    list = _rpc.unary_unary("/grpc.health.v1.Health/List", HealthListRequest, HealthListResponse)
    """Says how all services are now. Fails with RESOURCE_EXHAUSTED if there are too many to list."""
    watch = _rpc.unary_stream("/grpc.health.v1.Health/Watch", HealthCheckRequest, HealthCheckResponse)
    """Says how a service is now, and again whenever that changes, until the caller cancels. A service that the server does
    not know is SERVICE_UNKNOWN, and may be added later.
    """


class HealthServicer(_rpc.Servicer):
    """Tells load balancers, proxies and orchestrators whether to send calls."""

    methods = HealthStub  # one table, both sides

    async def check(self, request: HealthCheckRequest, context: _rpc.Context) -> HealthCheckResponse:
        """Says how a service is now. Fails with NOT_FOUND for a service that the server does not know."""
        _rpc.unimplemented()

    async def list(self, request: HealthListRequest, context: _rpc.Context) -> HealthListResponse:
        """Says how all services are now. Fails with RESOURCE_EXHAUSTED if there are too many to list."""
        _rpc.unimplemented()

    def watch(self, request: HealthCheckRequest, context: _rpc.Context) -> AsyncIterator[HealthCheckResponse]:
        """Says how a service is now, and again whenever that changes, until the caller cancels. A service that the server does
        not know is SERVICE_UNKNOWN, and may be added later.
        """
        _rpc.unimplemented()
