"""What ``Timestamp`` and ``Duration`` can do: from and to Python's own types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from time import time_ns
from typing import TYPE_CHECKING, Self

__all__ = ["DurationMethods", "TimestampMethods"]

_BILLION = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MIN_SECONDS, _MAX_SECONDS = -62_135_596_800, 253_402_300_799  # timestamp.proto: the years 1 to 9999
_MAX_DURATION = 315_576_000_000  # duration.proto: 10,000 years


class _SecondsAndNanos:
    __slots__ = ()

    if TYPE_CHECKING:
        seconds: int
        nanos: int

        def __init__(self, *, seconds: int = ..., nanos: int = ...) -> None: ...


class TimestampMethods(_SecondsAndNanos):
    """A point in time: ``seconds`` since 1970-01-01T00:00:00Z, and ``nanos``, 0 to 999,999,999, that count forward."""

    __slots__ = ()

    @classmethod
    def from_datetime(cls, moment: datetime) -> Self:
        """The timestamp of a ``datetime``, exactly.

        Raises:
            ValueError: ``moment`` is naive: without a time zone it is no point in time.
        """
        if moment.tzinfo is None or moment.utcoffset() is None:
            raise ValueError("a naive datetime is no point in time; give it a tzinfo, datetime.now(UTC) for example")
        return cls.from_nanoseconds((moment - _EPOCH) // _MICROSECOND * 1000)

    def to_datetime(self, tz: tzinfo = UTC) -> datetime:
        """An aware ``datetime``, of microseconds: what is finer is cut off (:meth:`to_nanoseconds` keeps it).

        Args:
            tz: the time zone to give it.

        Raises:
            ValueError: the timestamp is not in the years 1 to 9999, which are those of ``datetime``, in UTC and in
                ``tz``; or its nanos are not in 0 to 999,999,999.
        """
        _check_timestamp(self.seconds, self.nanos)
        moment = _EPOCH + timedelta(seconds=self.seconds, microseconds=self.nanos // 1000)
        try:
            return moment.astimezone(tz)
        except OverflowError:
            raise ValueError(f"{self.seconds} seconds are beyond the years 1 to 9999 in the time zone {tz}") from None

    @classmethod
    def from_nanoseconds(cls, nanoseconds: int) -> Self:
        """The timestamp of nanoseconds since the epoch, as :func:`time.time_ns` gives them.

        Raises:
            ValueError: it is not in the years 1 to 9999.
        """
        seconds, nanos = divmod(nanoseconds, _BILLION)
        _check_timestamp(seconds, nanos)
        return cls(seconds=seconds, nanos=nanos)

    def to_nanoseconds(self) -> int:
        """Nanoseconds since the epoch."""
        return self.seconds * _BILLION + self.nanos

    @classmethod
    def now(cls) -> Self:
        """The current time, as finely as the system's clock tells it."""
        return cls.from_nanoseconds(time_ns())


class DurationMethods(_SecondsAndNanos):
    """A span of time: ``seconds`` and ``nanos``, below a second and of the same sign."""

    __slots__ = ()

    @classmethod
    def from_timedelta(cls, span: timedelta) -> Self:
        """The duration of a ``timedelta``, exactly.

        Raises:
            ValueError: it is over 10,000 years.
        """
        return cls.from_nanoseconds(span // _MICROSECOND * 1000)

    def to_timedelta(self) -> timedelta:
        """A ``timedelta``, of microseconds: what is finer is cut off, towards zero.

        Raises:
            ValueError: the duration is over 10,000 years, or its nanos do not fit its seconds.
        """
        _check_duration(self.seconds, self.nanos)
        micros = abs(self.nanos) // 1000
        return timedelta(seconds=self.seconds, microseconds=-micros if self.nanos < 0 else micros)

    @classmethod
    def from_nanoseconds(cls, nanoseconds: int) -> Self:
        """The duration of so many nanoseconds.

        Raises:
            ValueError: it is over 10,000 years.
        """
        seconds, nanos = divmod(abs(nanoseconds), _BILLION)
        sign = -1 if nanoseconds < 0 else 1
        _check_duration(sign * seconds, sign * nanos)
        return cls(seconds=sign * seconds, nanos=sign * nanos)

    def to_nanoseconds(self) -> int:
        """The duration in nanoseconds."""
        return self.seconds * _BILLION + self.nanos


def _check_timestamp(seconds: int, nanos: int) -> None:
    if not _MIN_SECONDS <= seconds <= _MAX_SECONDS:
        raise ValueError(f"{seconds} seconds are beyond the years 1 to 9999")
    if not 0 <= nanos < _BILLION:
        raise ValueError(f"{nanos} nanos are not in 0 to 999999999")


def _check_duration(seconds: int, nanos: int) -> None:
    if not -_MAX_DURATION <= seconds <= _MAX_DURATION:
        raise ValueError(f"{seconds} seconds are over 10,000 years")
    if not -_BILLION < nanos < _BILLION:
        raise ValueError(f"{nanos} nanos are a second or more")
    if seconds * nanos < 0:
        raise ValueError(f"{seconds} seconds and {nanos} nanos differ in sign")
