"""The service config of a channel: its own, the one that the resolver delivers, and what holds for a call.

The resolver's config counts, and the channel's own where the resolver has none. One from the resolver that means
nothing is passed over: the last good one stays. Where there is none yet, the resolution counts as failed (gRFC A21).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from minirpc.aio.balancer import BalancerFactory
from minirpc.aio.policy_registry import policy_of
from minirpc.aio.subchannel import Failure
from minirpc.errors import ConfigError
from minirpc.frozen import frozen
from minirpc.rpc.retry import Hedges, Retries, RetryThrottle
from minirpc.rpc.service_config import HealthCheckConfig, MethodConfig, ServiceConfig
from minirpc.rpc.service_config_json import parse_service_config

__all__ = ["AttemptRules", "Balancing", "ServiceConfigs"]

_log = logging.getLogger("minirpc.channel")

AttemptRules: TypeAlias = Retries | Hedges | None
"""What decides about the attempts of one call; None for one attempt."""

_EMPTY = ServiceConfig()


@frozen
class Balancing:
    """How calls are spread over the endpoints.

    Attributes:
        factory: makes the policy.
        health_check: what servers are asked for; None to leave that to the channel.
    """

    factory: BalancerFactory
    health_check: HealthCheckConfig | None


class ServiceConfigs:
    """What the service config of a channel is now.

    Attributes:
        active: whether calls have to ask for their method's config; False keeps all this away from them.
        pending: whether the resolver's config is still to come, which calls wait for.
        throttle: stops retries while too much fails; None where the config says nothing of it.
        balancing: how calls are spread over the endpoints.
    """

    def __init__(
        self,
        own: ServiceConfig | str | Mapping[str, Any] | None,
        load_balancing: BalancerFactory,
        *,
        pending: bool,
        enable_retries: bool,
    ) -> None:
        """Begins with the channel's own config.

        Args:
            own: the channel's own config; None for none.
            load_balancing: the policy where no config chooses one.
            pending: whether the resolver may deliver a config.
            enable_retries: whether policies of retries and hedging are followed.

        Raises:
            ConfigError: the config means nothing; with the path.
        """
        self.pending = pending
        self.throttle: RetryThrottle | None = None
        self._load_balancing = load_balancing
        self._enable_retries = enable_retries
        self._own = None if own is None else _read(own, ignore_unknown=False)
        self._current: ServiceConfig | None = None
        self._waiting: dict[Callable[[Failure | None], object], None] = {}
        self._use(self._own)
        self._activate()

    def _use(self, config: ServiceConfig | None) -> None:
        config = config or _EMPTY
        if config == self._current:
            return
        self.balancing = self._choose(config)  # before anything else is changed: it may raise
        self._current = config
        throttling = config.retry_throttling if self._enable_retries else None
        if throttling is None:
            self.throttle = None
        elif self.throttle is None:
            self.throttle = RetryThrottle(throttling)
        elif self.throttle.config != throttling:
            self.throttle = self.throttle.replaced(throttling)

    def _activate(self) -> None:
        config = self._current or _EMPTY
        self.active = self.pending or bool(config.method_config) or config.retry_throttling is not None

    def _choose(self, config: ServiceConfig) -> Balancing:
        return Balancing(policy_of(config) or self._load_balancing, config.health_check_config)

    # -- what the resolver says

    def resolved(self, delivered: ServiceConfig | str | Mapping[str, Any] | None, target: str) -> None:
        """Takes what a resolution has brought.

        Args:
            delivered: the resolver's config; None if it has none.
            target: the channel's target, for the log.

        Raises:
            ConfigError: it means nothing, and there is no other one to go on with.
        """
        was_pending = self.pending
        try:
            config = self._own if delivered is None else _read(delivered, ignore_unknown=True)
            self._use(config)
        except (ConfigError, TypeError) as error:
            if was_pending and self._own is None:
                raise
            _log.warning("%s: the resolver's service config is not used: %s; the last good one stays", target, error)
        self.pending = False
        self._activate()

    def wait(self, settled: Callable[[Failure | None], object]) -> None:
        """Calls ``settled`` when the resolver's config is there, or, with the failure, when it cannot be had."""
        self._waiting[settled] = None

    def forget(self, settled: Callable[[Failure | None], object]) -> None:
        """Does not call it any more."""
        self._waiting.pop(settled, None)

    def tell(self, failure: Failure | None = None) -> None:
        """Tells those who wait."""
        for settled in list(self._waiting):
            if settled in self._waiting:
                if failure is None:
                    del self._waiting[settled]
                settled(failure)

    # -- for calls

    def for_method(self, path: str) -> MethodConfig | None:
        """Returns what holds for a method."""
        return None if self._current is None else self._current.for_method(path)

    def rules(self, config: MethodConfig | None) -> AttemptRules:
        """Returns what decides about the attempts of a new call."""
        if config is None or not self._enable_retries:
            return None
        if config.retry_policy is not None:
            return Retries(config.retry_policy, self.throttle)
        if config.hedging_policy is not None:
            return Hedges(config.hedging_policy, self.throttle)
        return None


def _read(config: ServiceConfig | str | Mapping[str, Any], *, ignore_unknown: bool) -> ServiceConfig:
    if isinstance(config, ServiceConfig):
        return config
    if not isinstance(config, str | bytes | Mapping):
        raise TypeError(
            f"a service config is a ServiceConfig, JSON or a dict, not "
            f"{type(config).__module__}.{type(config).__qualname__}"
        )
    return parse_service_config(config, ignore_unknown=ignore_unknown)
