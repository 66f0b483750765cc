# Generated from route.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Progress(_pb.Message):
    """How far a route has come, at one of its points."""

    points: int = _pb.uint32(1)
    """How many points have been passed, this one included."""
    leg_distance: float = _pb.double(2)
    """From the point before to this one, in kilometres; 0 at the first point."""
    distance: float = _pb.double(3)
    """From the first point to this one along the route, in kilometres."""


_pb.file("route.proto", "geo", b"\n\x0broute.proto\x12\x03geo\x1a\tgeo.proto\"a\n\x08Progress\x12\x16\n\x06points\x18\x01 \x01(\rR\x06points\x12!\n\x0cleg_distance\x18\x02 \x01(\x01R\x0blegDistance\x12\x1a\n\x08distance\x18\x03 \x01(\x01R\x08distance27\n\x0cRouteService\x12'\n\x06Follow\x12\n.geo.Point\x1a\r.geo.Progress(\x010\x01b\x06proto3", __name__, [".geo_pb"])
