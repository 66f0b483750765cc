"""The arithmetic of examples.geo."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from examples.geo.distance import EARTH_RADIUS_KM, Coordinates, great_circle_km

HALF_WAY_ROUND = math.pi * EARTH_RADIUS_KM
METRE = 0.001  # in kilometres

places = st.builds(Coordinates, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("origin", "destination", "kilometres"),
    [
        (Coordinates(50.4501, 30.5234), Coordinates(49.8397, 24.0297), 467.531),  # Kyiv, Lviv
        (Coordinates(0, 0), Coordinates(0, 90), HALF_WAY_ROUND / 2),
        (Coordinates(90, 12), Coordinates(-90, -77), HALF_WAY_ROUND),  # pole to pole, on any meridians
        (Coordinates(0, 179.5), Coordinates(0, -179.5), HALF_WAY_ROUND / 180),  # across the date line
        (Coordinates(60, 0), Coordinates(60, 180), HALF_WAY_ROUND / 3),  # over the pole
    ],
)
def test_known_distances(origin: Coordinates, destination: Coordinates, kilometres: float) -> None:
    assert great_circle_km(origin, destination) == pytest.approx(kilometres, abs=METRE)


@given(places, places)
def test_the_way_back_is_as_long(one: Coordinates, other: Coordinates) -> None:
    assert great_circle_km(one, other) == pytest.approx(great_circle_km(other, one), abs=METRE)


@given(places)
def test_no_way_from_a_place_to_itself(place: Coordinates) -> None:
    assert great_circle_km(place, place) == 0


@given(places)
def test_antipodes_are_half_way_round_the_earth(place: Coordinates) -> None:
    antipode = Coordinates(-place.lat, place.lng - math.copysign(180, place.lng))
    # near the antipodes the haversine formula loses half of a float's digits: about 0.1 m
    assert great_circle_km(place, antipode) == pytest.approx(HALF_WAY_ROUND, abs=METRE)


@given(places, places, places)
def test_a_detour_is_never_shorter(one: Coordinates, other: Coordinates, between: Coordinates) -> None:
    detour = great_circle_km(one, between) + great_circle_km(between, other)
    assert 0 <= great_circle_km(one, other) <= detour + METRE


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_latitudes_that_are_none(lat: float) -> None:
    assume(not -90 <= lat <= 90)
    with pytest.raises(ValueError, match=r"^latitude \S+ is not between -90 and 90$"):
        Coordinates(lat, 0.0)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_longitudes_that_are_none(lng: float) -> None:
    assume(not -180 <= lng <= 180)
    with pytest.raises(ValueError, match=r"^longitude \S+ is not between -180 and 180$"):
        Coordinates(0.0, lng)


def test_the_reason_shows_a_number_as_it_was_written() -> None:
    with pytest.raises(ValueError, match=r"latitude 91\.2 is"):
        Coordinates(91.19999694824219, 0.0)  # 91.2 after a trip through a 32-bit float
