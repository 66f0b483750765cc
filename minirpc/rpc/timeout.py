"""The ``grpc-timeout`` header (PROTOCOL-HTTP2, "Requests"): at most 8 digits and a unit."""

from __future__ import annotations

import math
import re

__all__ = ["decode_timeout", "encode_timeout"]

_UNITS_IN_NANOSECONDS = {
    b"n": 1,
    b"u": 1_000,
    b"m": 1_000_000,
    b"S": 1_000_000_000,
    b"M": 60_000_000_000,
    b"H": 3_600_000_000_000,
}
_MAX_VALUE = 99_999_999
_MAX_SECONDS = _MAX_VALUE * 3600.0
_TIMEOUT = re.compile(rb"([0-9]{1,8})([numSMH])")


def encode_timeout(seconds: float) -> bytes:
    """Returns the header's value in the finest unit that fits, rounded up so that it is never too short.

    Times of less than a nanosecond become ``1n``; times beyond 99,999,999 hours become that.

    Args:
        seconds: a finite number.
    """
    nanoseconds = max(1, math.ceil(min(seconds, _MAX_SECONDS) * 1e9))
    for unit, size in _UNITS_IN_NANOSECONDS.items():
        value = -(-nanoseconds // size)
        if value <= _MAX_VALUE:
            return b"%d%s" % (value, unit)
    return b"%dH" % _MAX_VALUE


def decode_timeout(value: bytes) -> float:
    """Returns the time in seconds.

    Raises:
        ValueError: not 1 to 8 digits and a unit of ``H M S m u n``.
    """
    match = _TIMEOUT.fullmatch(value)
    if match is None:
        raise ValueError(f"grpc-timeout {value!r} is not 1 to 8 digits and one of H, M, S, m, u, n")
    return int(match[1]) * _UNITS_IN_NANOSECONDS[match[2]] / 1e9
