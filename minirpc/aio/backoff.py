"""How long to wait between attempts (gRPC's "Connection Backoff Protocol")."""

from __future__ import annotations

import math

from minirpc.chance import random
from minirpc.frozen import frozen

__all__ = ["Backoff"]


@frozen(kw_only=True)
class Backoff:
    """Waits that grow from one failed attempt to the next, with a random part so that clients do not come all at once.

    A wait counts from the beginning of the attempt that failed, so an attempt that took as long is followed at once by
    the next one.

    Attributes:
        initial: seconds after the first failure.
        multiplier: what each further wait is multiplied by, 1 or more.
        jitter: by what part of itself a wait is longer or shorter, at random: 0 to 1. The first wait has none.
        maximum: seconds beyond which waits do not grow (before jitter).
    """

    initial: float = 1.0
    multiplier: float = 1.6
    jitter: float = 0.2
    maximum: float = 120.0

    def __post_init__(self) -> None:
        if not 0 < self.initial <= self.maximum < math.inf:
            raise ValueError(f"initial and maximum must be 0 < {self.initial} <= {self.maximum} seconds, and finite")
        if not 1 <= self.multiplier < math.inf:
            raise ValueError(f"multiplier must be finite and at least 1, not {self.multiplier}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter must be between 0 and 1, not {self.jitter}")

    def delay(self, failures: int) -> float:
        """Returns the seconds from the beginning of the attempt that failed last to the next one.

        Args:
            failures: how many attempts have failed one after another, 1 or more.
        """
        # The power is bounded before it is taken: after some thousand failures it would be no float.
        power = min(failures - 1, 1_000)
        try:
            delay = min(self.initial * self.multiplier**power, self.maximum)
        except OverflowError:
            delay = self.maximum
        return delay if failures <= 1 else delay * random.uniform(1 - self.jitter, 1 + self.jitter)
