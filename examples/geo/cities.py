"""A few places to try the services with."""

from __future__ import annotations

from examples.geo.distance import Coordinates

__all__ = ["CITIES"]

CITIES = {
    "Kyiv": Coordinates(50.4501, 30.5234),
    "Lviv": Coordinates(49.8397, 24.0297),
    "Odesa": Coordinates(46.4825, 30.7233),
    "Kharkiv": Coordinates(49.9935, 36.2304),
    "Warsaw": Coordinates(52.2297, 21.0122),
    "Berlin": Coordinates(52.52, 13.405),
    "London": Coordinates(51.5074, -0.1278),
    "Nairobi": Coordinates(-1.2921, 36.8219),
    "New York": Coordinates(40.7128, -74.006),
    "Sydney": Coordinates(-33.8688, 151.2093),
    "Tokyo": Coordinates(35.6762, 139.6503),
}
"""City centres by name, in the order in which they are offered."""
