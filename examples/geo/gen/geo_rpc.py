# Generated from geo.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import services_v1 as _rpc

from .geo_pb import Distance, Points


class GeoServiceStub(_rpc.Stub[_rpc.ChannelT]):
    """Distances on the surface of the earth."""

    distance_between = _rpc.unary_unary("/geo.GeoService/DistanceBetween", Points, Distance)
    """The length of the shortest way between two points along the surface of the earth.

    Fails with INVALID_ARGUMENT if a point is missing, or is no place on earth.
    """


class GeoServiceServicer(_rpc.Servicer):
    """Distances on the surface of the earth."""

    methods = GeoServiceStub  # one table, both sides

    async def distance_between(self, request: Points, context: _rpc.Context) -> Distance:
        """The length of the shortest way between two points along the surface of the earth.

        Fails with INVALID_ARGUMENT if a point is missing, or is no place on earth.
        """
        _rpc.unimplemented()
