"""Binary32 in Python's floats."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minirpc.message import float32


@given(st.floats())
def test_rounding_is_what_the_wire_does(value: float) -> None:
    number = float32.rounded(value)
    if math.isnan(value):
        assert math.isnan(number)
    elif math.isfinite(number):
        assert struct.pack("<f", number) == struct.pack("<f", value)
    else:
        assert number == math.copysign(math.inf, value)


@given(st.floats(width=32, allow_nan=False))
def test_the_shortest_number_rounds_back(value: float) -> None:
    short = float32.shortest(value)
    assert struct.pack("<f", float32.rounded(short)) == struct.pack("<f", value)


def digits(value: float) -> int:
    return len(repr(value).partition("e")[0].replace(".", "").strip("-0"))


LARGEST = float.fromhex("0x1.fffffep+127")


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_no_shorter_number_in_range_rounds_back(value: float) -> None:
    count = digits(float32.shortest(value))
    for fewer in range(1, count):
        shorter = float(f"{value:.{fewer}g}")
        assert float32.rounded(shorter) != value or abs(shorter) > LARGEST


@pytest.mark.parametrize(
    ("value", "short"),
    [
        (0.10000000149011612, 0.1),
        (3.4028234663852886e38, 3.4028234e38),
        (1.401298464324817e-45, 1e-45),
        (2.802596928649634e-45, 3e-45),
        (1.1754943508222875e-38, 1.1754944e-38),
        (16777216.0, 16777216.0),
        (2.0**-96, 1.2621775e-29),  # a power of two: the nearest decimal of eight digits is that of its neighbour
        (-(2.0**90), -1.2379401e27),
        (-0.0, -0.0),
        (math.inf, math.inf),
        (1e39, math.inf),
    ],
)
def test_examples(value: float, short: float) -> None:
    assert repr(float32.shortest(value)) == repr(short)
