"""Places as people write them: a city's name, or latitude and longitude."""

from __future__ import annotations

import re

from examples.geo.gen.geo_pb import Point

__all__ = ["CITIES", "name_of", "parse_place", "parse_places"]

CITIES = {
    "Kyiv": (50.4501, 30.5234),
    "Lviv": (49.8397, 24.0297),
    "Odesa": (46.4825, 30.7233),
    "Kharkiv": (49.9935, 36.2304),
    "Warsaw": (52.2297, 21.0122),
    "Berlin": (52.52, 13.405),
    "London": (51.5074, -0.1278),
    "Nairobi": (-1.2921, 36.8219),
    "New York": (40.7128, -74.006),
    "Sydney": (-33.8688, 151.2093),
    "Tokyo": (35.6762, 139.6503),
}
"""Latitudes and longitudes of city centres in degrees, in the order in which they are offered."""

_NAMES = {coordinates: name for name, coordinates in CITIES.items()}
_FLOAT_MAX = 3.4028234663852886e38  # the largest number that a float of a .proto file holds (IEEE 754 binary32)


def parse_place(text: str) -> Point:
    """Reads ``latitude,longitude`` in degrees, or the name of one of :data:`CITIES`.

    Whether there is such a place on earth is not asked here: that is for the back end to say.

    Raises:
        ValueError: it is neither; the error quotes it.
    """
    text = text.strip()
    try:
        lat, lng = CITIES[text] if text in CITIES else map(float, text.split(","))
    except ValueError:
        raise ValueError(f"{text!r} is neither latitude,longitude nor a city of the list") from None
    if any(_FLOAT_MAX < abs(degrees) < float("inf") for degrees in (lat, lng)):
        raise ValueError(f"{text!r} has a number too large to be sent")
    return Point(lat=lat, lng=lng)


def parse_places(text: str) -> list[Point]:
    """Reads places that stand on a line each, or between semicolons. Empty ones do not count.

    Raises:
        ValueError: one of them is no place.
    """
    return [parse_place(part) for part in re.split(r"[;\r\n]+", text) if part.strip()]


def name_of(point: Point) -> str:
    """The name of the city whose centre the point is, or else its coordinates."""
    return _NAMES.get((point.lat, point.lng), f"{point.lat:.7g}, {point.lng:.7g}")
