# Generated from geo.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Point(_pb.Message):
    """A place on earth, in degrees."""

    lat: float = _pb.float(1)
    """Latitude, from -90 (the south pole) to 90 (the north pole)."""
    lng: float = _pb.float(2)
    """Longitude, from -180 to 180, east of Greenwich positive."""


class Points(_pb.Message):
    """Two places."""

    origin: Point | None = _pb.message(1, lambda: Point)
    """Where the way begins."""
    destination: Point | None = _pb.message(2, lambda: Point)
    """Where it ends."""


class Distance(_pb.Message):
    """A length."""

    distance: float = _pb.float(1)
    """In kilometres."""


_pb.file("geo.proto", "geo", b"\n\tgeo.proto\x12\x03geo\"+\n\x05Point\x12\x10\n\x03lat\x18\x01 \x01(\x02R\x03lat\x12\x10\n\x03lng\x18\x02 \x01(\x02R\x03lng\"Z\n\x06Points\x12\"\n\x06origin\x18\x01 \x01(\x0b2\n.geo.PointR\x06origin\x12,\n\x0bdestination\x18\x02 \x01(\x0b2\n.geo.PointR\x0bdestination\"&\n\x08Distance\x12\x1a\n\x08distance\x18\x01 \x01(\x02R\x08distance2;\n\nGeoService\x12-\n\x0fDistanceBetween\x12\x0b.geo.Points\x1a\r.geo.Distanceb\x06proto3", __name__)
