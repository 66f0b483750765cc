"""Great-circle distances: what the back end is about. Knows nothing of messages and calls."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

__all__ = ["EARTH_RADIUS_KM", "Coordinates", "great_circle_km"]

EARTH_RADIUS_KM = 6371.0088
"""The earth's mean radius R1, in kilometres (Moritz, Geodetic Reference System 1980)."""

_MAX_LAT = 90
_MAX_LNG = 180


@dataclass(frozen=True, slots=True)
class Coordinates:
    """A place on earth.

    Attributes:
        lat: latitude in degrees, -90 to 90.
        lng: longitude in degrees, -180 to 180.

    Raises:
        ValueError: one of them is out of its range or not a number; the error says which.
    """

    lat: float
    lng: float

    def __post_init__(self) -> None:
        _check("latitude", self.lat, _MAX_LAT)
        _check("longitude", self.lng, _MAX_LNG)


def _check(name: str, degrees: float, limit: int) -> None:
    # written so that NaN, which compares false with everything, is refused too
    if not -limit <= degrees <= limit:
        # 7 digits: as many as a 32-bit float has, so that 91.2 is not shown as 91.19999694824219
        raise ValueError(f"{name} {degrees:.7g} is not between {-limit} and {limit}")


def great_circle_km(origin: Coordinates, destination: Coordinates) -> float:
    """The length of the shortest way along the surface of a spherical earth, by the haversine formula.

    Returns:
        Kilometres, from 0 to half the circumference (about 20,015).
    """
    lat1, lat2 = radians(origin.lat), radians(destination.lat)
    half_lat = (lat2 - lat1) / 2
    half_lng = radians(destination.lng - origin.lng) / 2
    haversine = sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_lng) ** 2
    # rounding may carry antipodes a hair above 1, where asin ends
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(haversine)))
