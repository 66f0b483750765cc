"""The service config: what the owner of a service says about how clients call it.

It is JSON, as for gRPC's other implementations (its schema is ``grpc.service_config.ServiceConfig`` in protobuf's JSON
form), or the classes here, whose attributes are the fields of that schema in snake_case. Times are seconds.

A mistake is a :class:`minirpc.errors.ConfigError` that begins with the path, in the names of JSON:
``methodConfig[2].retryPolicy.maxAttempts: must be at least 2, not 1``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from minirpc.errors import ConfigError, StatusCode
from minirpc.frozen import frozen

__all__ = [
    "HealthCheckConfig",
    "HedgingPolicy",
    "LoadBalancingConfig",
    "MethodConfig",
    "MethodName",
    "RetryPolicy",
    "RetryThrottling",
    "ServiceConfig",
    "json_name",
]

_MAX_UINT32 = 0xFFFF_FFFF


def json_name(attribute: str) -> str:
    """Returns the name that an attribute has in JSON."""
    first, *others = attribute.split("_")
    return first + "".join(map(str.capitalize, others))


def _check(attribute: str, good: bool, rule: str, value: object) -> None:
    if not good:
        raise ConfigError(json_name(attribute), f"must be {rule}, not {value!r}")


def _check_seconds(attribute: str, seconds: float, *, zero: bool) -> None:
    good = math.isfinite(seconds) and (seconds >= 0 if zero else seconds > 0)
    _check(attribute, good, "at least 0 s" if zero else "more than 0 s", seconds)


def _check_codes(attribute: str, codes: Collection[StatusCode]) -> None:
    if StatusCode.OK in codes:
        raise ConfigError(json_name(attribute), "OK is no failure")


@frozen
class RetryPolicy:
    """When a failed call is tried again (gRFC A6).

    Attributes:
        max_attempts: attempts in all, the first one included; at least 2. Clients make no more than 5 (see
            ``retry.MAX_ATTEMPTS``).
        initial_backoff: seconds before the second attempt, before jitter.
        max_backoff: seconds that no wait exceeds, before jitter.
        backoff_multiplier: what each wait is longer than the one before.
        retryable_status_codes: the codes after which there is another attempt.
    """

    max_attempts: int
    initial_backoff: float
    max_backoff: float
    backoff_multiplier: float
    retryable_status_codes: frozenset[StatusCode]

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for values that are out of range."""
        _check("max_attempts", self.max_attempts >= 2, "at least 2", self.max_attempts)
        _check_seconds("initial_backoff", self.initial_backoff, zero=False)
        _check_seconds("max_backoff", self.max_backoff, zero=False)
        good = math.isfinite(self.backoff_multiplier) and self.backoff_multiplier > 0
        _check("backoff_multiplier", good, "more than 0", self.backoff_multiplier)
        if not self.retryable_status_codes:
            raise ConfigError("retryableStatusCodes", "must name at least one code")
        _check_codes("retryable_status_codes", self.retryable_status_codes)


@frozen
class HedgingPolicy:
    """When further copies of a call are sent while it runs (gRFC A6). Only for methods that may run more than once.

    Attributes:
        max_attempts: copies in all; at least 2. Clients send no more than 5 (see ``retry.MAX_ATTEMPTS``).
        hedging_delay: seconds between two copies; 0 sends all at once.
        non_fatal_status_codes: the codes after which the other copies go on; any other one ends the call.
    """

    max_attempts: int
    hedging_delay: float = 0.0
    non_fatal_status_codes: frozenset[StatusCode] = frozenset()

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for values that are out of range."""
        _check("max_attempts", self.max_attempts >= 2, "at least 2", self.max_attempts)
        _check_seconds("hedging_delay", self.hedging_delay, zero=True)
        _check_codes("non_fatal_status_codes", self.non_fatal_status_codes)


@frozen
class RetryThrottling:
    """When a client stops to try again because too much fails (gRFC A6); for all methods together.

    Attributes:
        max_tokens: what the bucket holds; 1 to 1000. A failure takes one token, and at half of it retries stop.
        token_ratio: what a success puts back, in steps of a thousandth.
    """

    max_tokens: int
    token_ratio: float

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for values that are out of range."""
        _check("max_tokens", 1 <= self.max_tokens <= 1000, "1 to 1000", self.max_tokens)
        good = math.isfinite(self.token_ratio) and self.token_ratio >= 0.001
        _check("token_ratio", good, "at least 0.001", self.token_ratio)


@frozen
class MethodName:
    """What a method config is for: one method, all methods of a service, or, without a service, all methods.

    Attributes:
        service: the full name: ``acme.library.v1.Library``.
        method: the name as in the .proto file.
    """

    service: str = ""
    method: str = ""

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for a name that no call has."""
        if self.method and not self.service:
            raise ConfigError("method", f"{self.method!r} needs a service beside it")
        for attribute, name in (("service", self.service), ("method", self.method)):
            _check(attribute, "/" not in name, "a name without '/'", name)

    @property
    def key(self) -> str:
        """The path of the method, or what the paths of all methods begin with."""
        return f"/{self.service}/{self.method}" if self.service else ""


@frozen
class MethodConfig:
    """What holds for some methods. None everywhere means that nothing is said.

    Attributes:
        name: the methods. The most specific name counts; a config without names is for no method.
        wait_for_ready: whether calls wait for a connection when there is none.
        timeout: seconds; the shorter one of this and the caller's counts.
        max_request_message_bytes: the largest message to send; the smaller one of this and the channel's counts.
        max_response_message_bytes: the largest message to receive, likewise.
        retry_policy, hedging_policy: at most one of the two.
    """

    name: tuple[MethodName, ...] = ()
    wait_for_ready: bool | None = None
    timeout: float | None = None
    max_request_message_bytes: int | None = None
    max_response_message_bytes: int | None = None
    retry_policy: RetryPolicy | None = None
    hedging_policy: HedgingPolicy | None = None

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for values that are out of range, or contradict each other."""
        if self.timeout is not None:
            _check_seconds("timeout", self.timeout, zero=True)
        for attribute in ("max_request_message_bytes", "max_response_message_bytes"):
            size = getattr(self, attribute)
            _check(attribute, size is None or 0 <= size <= _MAX_UINT32, f"0 to {_MAX_UINT32}", size)
        if self.retry_policy is not None and self.hedging_policy is not None:
            raise ConfigError("hedgingPolicy", "there is a retryPolicy already; a method has at most one of the two")


@frozen
class LoadBalancingConfig:
    """A balancing policy and how it is set up.

    Attributes:
        policy: its name: ``round_robin``.
        config: what the policy itself reads.
    """

    policy: str
    config: Mapping[str, Any] = field(default_factory=dict)


@frozen
class HealthCheckConfig:
    """Client-side health checking (gRFC A17).

    Attributes:
        service_name: what to ask the health service for, ``""`` for the server as a whole; None to ask nothing.
    """

    service_name: str | None = None


@frozen
class ServiceConfig:
    """The service config of one target.

    Attributes:
        load_balancing_config: balancing policies; the first one that the client knows counts.
        method_config: what holds for which methods.
        retry_throttling: when retries stop; None for never.
        health_check_config: whether servers are asked for their health.
    """

    load_balancing_config: tuple[LoadBalancingConfig, ...] = ()
    method_config: tuple[MethodConfig, ...] = ()
    retry_throttling: RetryThrottling | None = None
    health_check_config: HealthCheckConfig | None = None
    _by_key: Mapping[str, MethodConfig] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for a name that is there twice."""
        found: dict[str, MethodConfig] = {}
        for index, config in enumerate(self.method_config):
            for number, name in enumerate(config.name):
                if found.setdefault(name.key, config) is not config or name in config.name[:number]:
                    raise ConfigError(
                        f"methodConfig[{index}].name[{number}]", f"{name.key or 'all methods'} was named before"
                    )
        object.__setattr__(self, "_by_key", found)

    def for_method(self, path: str) -> MethodConfig | None:
        """Returns what holds for a method, by its most specific name; None if nothing does.

        Args:
            path: ``/package.Service/Method``.
        """
        found = self._by_key
        return found.get(path) or found.get(path[: path.rfind("/") + 1]) or found.get("")

    def choose_policy(self, known: Collection[str]) -> LoadBalancingConfig | None:
        """Returns the first policy that is known; None where the config leaves the choice to the client.

        Args:
            known: names of policies.

        Raises:
            ConfigError: policies are listed, and none of them is known.
        """
        for choice in self.load_balancing_config:
            if choice.policy in known:
                return choice
        if not self.load_balancing_config:
            return None
        names = ", ".join(choice.policy for choice in self.load_balancing_config)
        raise ConfigError("loadBalancingConfig", f"none of {names} is known; there are {', '.join(sorted(known))}")
