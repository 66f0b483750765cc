"""Numbers of type ``float``: IEEE 754 binary32, in Python's floats."""

from __future__ import annotations

import math
import struct

__all__ = ["rounded", "shortest"]

_BINARY32 = struct.Struct("<f")
_SMALLEST_NORMAL = float.fromhex("0x1p-126")
_LARGEST = float.fromhex("0x1.fffffep+127")


def rounded(value: float) -> float:
    """The binary32 number next to a value; infinity for what is out of range."""
    try:
        number: float = _BINARY32.unpack(_BINARY32.pack(value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return number


def shortest(value: float) -> float:
    """The number of the fewest decimal digits that rounds to the same binary32 number: for 0.10000000149011612, 0.1."""
    number = rounded(value)
    if not math.isfinite(number):
        return number
    if abs(number) == _LARGEST:
        # rounded to as many digits it would lie beyond the range, where some parsers see an overflow
        return math.copysign(3.4028234e38, number)
    is_power = abs(math.frexp(number)[0]) == 0.5
    # six digits always survive in a normal number, and nine always tell it from its neighbours
    for digits in range(6 if abs(number) >= _SMALLEST_NORMAL else 1, 9):
        nearest = f"{number:.{digits - 1}e}"
        if rounded(float(nearest)) == number:
            return float(nearest)
        if is_power and rounded(_further(nearest)) == number:
            return _further(nearest)
    return float(f"{number:.9g}")


def _further(text: str) -> float:
    """The decimal with as many digits that is next to one like ``1.26e-29``, away from zero.

    Below a power of two numbers are twice as dense as above: where the nearest decimal is too far below, this one may
    not be too far above, although it is further away.
    """
    mantissa, exponent = text.split("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    sign = "-" if mantissa.startswith("-") else ""
    return float(f"{sign}{int(whole + fraction) + 1}e{int(exponent) - len(fraction)}")
