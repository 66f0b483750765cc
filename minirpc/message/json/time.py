"""Timestamps and durations as ProtoJSON writes them: RFC 3339 text, and decimal seconds."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

__all__ = ["duration_text", "parse_duration", "parse_timestamp", "timestamp_text"]

_MIN_SECONDS, _MAX_SECONDS = -62_135_596_800, 253_402_300_799
"""0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z (timestamp.proto)."""
_MAX_DURATION = 315_576_000_000
"""10,000 years (duration.proto)."""
_BILLION = 1_000_000_000

_EPOCH = datetime(1970, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
# upper-case T and Z alone: ProtoJSON takes RFC 3339 as a profile of ISO 8601-2019
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_DURATION = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s")


def timestamp_text(seconds: int, nanos: int) -> str:
    """``1972-01-01T10:00:20.021Z``: in UTC, with 0, 3, 6 or 9 digits of a second's fraction.

    Raises:
        ValueError: beyond the years 1 to 9999, or nanos not in 0 to 999,999,999.
    """
    if not _MIN_SECONDS <= seconds <= _MAX_SECONDS:
        raise ValueError(f"{seconds} seconds are beyond the years 1 to 9999")
    if not 0 <= nanos < _BILLION:
        raise ValueError(f"{nanos} nanos are not in 0 to 999999999")
    return f"{(_EPOCH + timedelta(seconds=seconds)).isoformat()}{_fraction(nanos)}Z"


def parse_timestamp(text: str) -> tuple[int, int]:
    """Seconds and nanos since the epoch of an RFC 3339 date and time.

    Raises:
        ValueError: it is none, or beyond the years 1 to 9999.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError("expected a date and time like 1972-01-01T10:00:20.021Z")
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups(default="0")
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59 or int(offset_hours) > 23 or int(offset_minutes) > 59:
        raise ValueError("there is no such time of day")
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        raise ValueError("there is no such day") from None
    offset = (int(offset_hours) * 60 + int(offset_minutes)) * (-1 if sign == "-" else 1)
    seconds = ((days * 24 + int(hour)) * 60 + int(minute) - offset) * 60 + int(second)
    if not _MIN_SECONDS <= seconds <= _MAX_SECONDS:
        raise ValueError("beyond the years 1 to 9999 in UTC")
    return seconds, int(fraction.ljust(9, "0"))


def duration_text(seconds: int, nanos: int) -> str:
    """``-3.500s``: with 0, 3, 6 or 9 digits of a second's fraction.

    Raises:
        ValueError: over 10,000 years, nanos not below a second, or of another sign than seconds.
    """
    if not -_MAX_DURATION <= seconds <= _MAX_DURATION:
        raise ValueError(f"{seconds} seconds are over 10,000 years")
    if not -_BILLION < nanos < _BILLION:
        raise ValueError(f"{nanos} nanos are a second or more")
    if seconds * nanos < 0:
        raise ValueError(f"{seconds} seconds and {nanos} nanos differ in sign")
    sign = "-" if seconds < 0 or nanos < 0 else ""
    return f"{sign}{abs(seconds)}{_fraction(abs(nanos))}s"


def parse_duration(text: str) -> tuple[int, int]:
    """Seconds and nanos, of one sign, of a decimal number of seconds with the suffix ``s``.

    Raises:
        ValueError: it is none, or over 10,000 years.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("expected seconds like 3.5s")
    minus, whole, fraction = match.groups(default="0")
    seconds, nanos = int(whole), int(fraction.ljust(9, "0"))
    if seconds > _MAX_DURATION:
        raise ValueError("over 10,000 years")
    return (-seconds, -nanos) if minus == "-" else (seconds, nanos)


def _fraction(nanos: int) -> str:
    if not nanos:
        return ""
    if nanos % 1_000_000 == 0:
        return f".{nanos // 1_000_000:03}"
    return f".{nanos // 1000:06}" if nanos % 1000 == 0 else f".{nanos:09}"
