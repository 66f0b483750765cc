# Generated from route.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from collections.abc import AsyncIterator

from minirpc.codegen import services_v1 as _rpc

from .geo_pb import Point
from .route_pb import Progress


class RouteServiceStub(_rpc.Stub[_rpc.ChannelT]):
    """Routes: ways over several points."""

    follow = _rpc.stream_stream("/geo.RouteService/Follow", Point, Progress)
    """Measures a route while it is being travelled: each point that is sent is answered at once, until the sender ends.

    Fails with INVALID_ARGUMENT at the first point that is no place on earth.
    """


class RouteServiceServicer(_rpc.Servicer):
    """Routes: ways over several points."""

    methods = RouteServiceStub  # one table, both sides

    def follow(self, requests: AsyncIterator[Point], context: _rpc.Context) -> AsyncIterator[Progress]:
        """Measures a route while it is being travelled: each point that is sent is answered at once, until the sender ends.

        Fails with INVALID_ARGUMENT at the first point that is no place on earth.
        """
        _rpc.unimplemented()
