"""Retries and hedging by gRFC A6: what the rules say, without a call, a clock or a socket.

A call asks its :class:`Retries` or :class:`Hedges` what to do when an attempt ends; all calls of a channel share one
:class:`RetryThrottle`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from minirpc.chance import random
from minirpc.errors import StatusCode
from minirpc.frozen import frozen
from minirpc.http2 import Header
from minirpc.rpc.service_config import HedgingPolicy, RetryPolicy, RetryThrottling

__all__ = [
    "MAX_ATTEMPTS",
    "PREVIOUS_ATTEMPTS",
    "PUSHBACK",
    "Hedges",
    "Pushback",
    "Retries",
    "RetryThrottle",
    "find_pushback",
]

MAX_ATTEMPTS = 5
"""Attempts at most, whatever a config says, which may come from DNS ("Limits on Retries and Hedges")."""

PREVIOUS_ATTEMPTS = b"grpc-previous-rpc-attempts"
"""Request header: how many attempts there were before; not there on the first one ("Exposed Retry Metadata")."""

PUSHBACK = b"grpc-retry-pushback-ms"
"""Response trailer: in how many milliseconds to try again, or, negative, not to ("Pushback")."""

_JITTER = 0.2  # each wait is between 80 % and 120 % of what the back-off says
_INT32 = rb"0|-?[1-9][0-9]{0,9}"  # ASCII, without unnecessary leading zeros; compiled at first use
_MAX_INT32 = 0x7FFF_FFFF


@frozen
class Pushback:
    """What a server says about trying again.

    Attributes:
        delay: seconds to wait; None for not to try again.
    """

    delay: float | None


def find_pushback(trailers: Iterable[Header]) -> Pushback | None:
    """Reads the server's pushback among the trailers of a response; None where there is none.

    What cannot be read says not to try again, as A6 has it, and so do several values.
    """
    values = [value for name, value in trailers if name == PUSHBACK]
    if not values:
        return None
    if len(values) > 1 or not re.fullmatch(_INT32, values[0]):
        return Pushback(None)
    milliseconds = int(values[0])
    return Pushback(milliseconds / 1000 if 0 <= milliseconds <= _MAX_INT32 else None)


class RetryThrottle:
    """The token bucket of a channel, which stops retries while too much fails. It counts in thousandths of a token."""

    def __init__(self, config: RetryThrottling, *, share: float = 1.0) -> None:
        """Prepares a bucket.

        Args:
            config: its size, and what a success puts back.
            share: how full it is, from 0 to 1.
        """
        self.config = config
        self._full = config.max_tokens * 1000
        self._gain = round(config.token_ratio * 1000)
        self._level = round(self._full * share)

    def __repr__(self) -> str:
        return f"<RetryThrottle {self.tokens:g} of {self.config.max_tokens}>"

    @property
    def tokens(self) -> float:
        """What the bucket holds now."""
        return self._level / 1000

    @property
    def allows(self) -> bool:
        """Whether a call may be tried again, or a further copy sent: the bucket is more than half full."""
        return self._level * 2 > self._full

    def failed(self) -> None:
        """A call failed in a way that counts: with a code that may be tried again, or a pushback that forbids it."""
        self._level = max(0, self._level - 1000)

    def succeeded(self) -> None:
        """A call succeeded."""
        self._level = min(self._full, self._level + self._gain)

    def replaced(self, config: RetryThrottling) -> RetryThrottle:
        """Returns a bucket for another config, as full as this one is: a new config is no news of the servers."""
        return RetryThrottle(config, share=self._level / self._full)


class Retries:
    """The attempts of one call with a retry policy, one after the other.

    Attributes:
        previous_attempts: how many there were before the current one; what :data:`PREVIOUS_ATTEMPTS` tells.
        committed: whether the call stays with its attempt: response headers have arrived, or what was sent is no longer
            held ("When Retries are Valid"). Whoever sees that sets it.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        throttle: RetryThrottle | None = None,
        *,
        limit: int = MAX_ATTEMPTS,
        uniform: Callable[[float, float], float] | None = None,
    ) -> None:
        """Prepares the first attempt.

        Args:
            policy: the method's.
            throttle: the channel's; None where the config has none.
            limit: attempts at most, whatever the policy says.
            uniform: gives a random number between two; None for ``random.uniform``.
        """
        self.previous_attempts = 0
        self.committed = False
        self._policy = policy
        self._throttle = throttle
        self._max_attempts = min(policy.max_attempts, limit)
        self._uniform = uniform or random.uniform
        self._backoff = min(policy.initial_backoff, policy.max_backoff)

    def failed(self, code: StatusCode, pushback: Pushback | None = None) -> float | None:
        """Tells that an attempt failed; transparent retries are none of these.

        Returns:
            The seconds to wait before the next attempt; None if the call ends with this failure.
        """
        retryable = code in self._policy.retryable_status_codes
        refused = pushback is not None and pushback.delay is None
        if self._throttle is not None and (retryable or refused):
            self._throttle.failed()
        # A pushback with a delay does not make a code retryable: only the policy knows what may run twice.
        if not retryable or refused or self.committed or self.previous_attempts + 1 >= self._max_attempts:
            return None
        if self._throttle is not None and not self._throttle.allows:
            return None
        self.previous_attempts += 1
        if pushback is not None and pushback.delay is not None:
            self._backoff = min(self._policy.initial_backoff, self._policy.max_backoff)
            return pushback.delay
        delay = self._uniform(1 - _JITTER, 1 + _JITTER) * self._backoff
        self._backoff = min(self._backoff * self._policy.backoff_multiplier, self._policy.max_backoff)
        return delay

    def succeeded(self) -> None:
        """Tells that the call ended with OK."""
        if self._throttle is not None:
            self._throttle.succeeded()


class Hedges:
    """The copies of one call with a hedging policy, side by side. Times are seconds of one monotonic clock.

    Attributes:
        sent: how many copies were sent.
        running: how many of them have no result yet.
        next_at: when the next one is due; None when no more will be sent.
    """

    def __init__(
        self, policy: HedgingPolicy, throttle: RetryThrottle | None = None, *, limit: int = MAX_ATTEMPTS
    ) -> None:
        """Prepares the first copy, which is due at once; arguments as those of :class:`Retries`."""
        self.sent = 0
        self.running = 0
        self.next_at: float | None = 0.0
        self._policy = policy
        self._throttle = throttle
        self._max_attempts = min(policy.max_attempts, limit)

    def send(self, now: float) -> bool:
        """Asks whether to send a copy now; if so it counts as sent.

        The first one always is. Later ones are not while the channel is throttled, and then there are no more.
        """
        if self.next_at is None or now < self.next_at:
            return False
        if self.sent and self._throttle is not None and not self._throttle.allows:
            self.next_at = None
            return False
        self.sent += 1
        self.running += 1
        self.next_at = now + self._policy.hedging_delay if self.sent < self._max_attempts else None
        return True

    def commit(self) -> None:
        """Sends no more: one copy has response headers, or what was sent is no longer held."""
        self.next_at = None

    def failed(self, now: float, code: StatusCode, pushback: Pushback | None = None) -> bool:
        """Tells that a copy failed.

        Returns:
            Whether the call ends with this failure, and all other copies are cancelled; otherwise it goes on with those
            that run, or with the one that is due at ``next_at``.
        """
        self.running -= 1
        fatal = code not in self._policy.non_fatal_status_codes
        refused = pushback is not None and pushback.delay is None
        if self._throttle is not None and (refused or not fatal):
            self._throttle.failed()
        if fatal:
            self.next_at = None
            return True
        if refused:
            self.next_at = None
        elif self.next_at is not None:
            self.next_at = now + (pushback.delay or 0.0 if pushback is not None else 0.0)
        if self.next_at is not None and self._throttle is not None and not self._throttle.allows:
            self.next_at = None
        return self.next_at is None and self.running == 0

    def succeeded(self) -> None:
        """Tells that a copy ended with OK: the call has, and all other copies are cancelled."""
        self.running = 0
        self.next_at = None
        if self._throttle is not None:
            self._throttle.succeeded()
