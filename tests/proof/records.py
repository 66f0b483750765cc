"""What clients have recorded: one line for each call, and what can be said of many."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Record", "failures", "percentile", "share", "share_bounds"]


@dataclass(frozen=True, slots=True)
class Record:
    """A call that has ended.

    Attributes:
        start: when it began, by ``time.monotonic()``.
        seconds: how long it took.
        code: its status code.
        pod, version: who has answered; empty where it has failed.
        message: why it has failed.
    """

    start: float
    seconds: float
    code: str
    pod: str
    version: str
    message: str

    @classmethod
    def parse(cls, line: str) -> Record:
        """Reads a line of a client's."""
        return cls(*json.loads(line))

    @property
    def end(self) -> float:
        """When it ended."""
        return self.start + self.seconds


def failures(records: Iterable[Record]) -> list[Record]:
    """Returns the calls that have failed."""
    return [each for each in records if each.code != "OK"]


def share(records: Sequence[Record], *, pod: str = "", version: str = "") -> float:
    """Returns the part of the answered calls that a pod, or a version, has answered."""
    answered = Counter((each.pod if pod else each.version) for each in records if each.code == "OK")
    return answered[pod or version] / max(1, answered.total())


def share_bounds(part: float, count: int, sigmas: float = 4.0) -> tuple[float, float]:
    """Returns between what the share of ``count`` calls is, where each goes there with the probability ``part``.

    Beyond four standard deviations of the binomial distribution is one experiment in 16,000.
    """
    deviation = sigmas * math.sqrt(part * (1 - part) / count)
    return part - deviation, part + deviation


def percentile(records: Iterable[Record], percent: float) -> float:
    """Returns the time that so many percent of the calls did not exceed, in seconds."""
    times = sorted(each.seconds for each in records)
    return times[min(len(times) - 1, math.ceil(len(times) * percent / 100) - 1)]
