"""The load balancing policy ``outlier_detection`` (gRFC A50): endpoints whose calls fail are left out for a while."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import field
from dataclasses import fields as dataclass_fields
from typing import Any, Self

from minirpc.aio.balancer import Balancer, BalancerHost, Picker, WrappingBalancer
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.endpoint_set import EndpointSet
from minirpc.aio.policies import RoundRobin
from minirpc.aio.policy_registry import PolicyChoice, find_balancer, read_child
from minirpc.aio.resolver import Endpoint
from minirpc.aio.subchannel import Bar, Failure, Subchannel
from minirpc.aio.target import Address
from minirpc.errors import ConfigError, StatusCode
from minirpc.frozen import frozen
from minirpc.rpc.service_config import json_name
from minirpc.rpc.service_config_json import Fields, read_duration, read_uint32

__all__ = ["FailurePercentage", "OutlierDetection", "SuccessRate"]

_log = logging.getLogger("minirpc.channel")

_BY = "outlier_detection"
# What says something about the server. INVALID_ARGUMENT, NOT_FOUND and their like say something about the request.
_FAILURES = frozenset(
    {
        StatusCode.UNKNOWN,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.RESOURCE_EXHAUSTED,
        StatusCode.UNIMPLEMENTED,
        StatusCode.INTERNAL,
        StatusCode.UNAVAILABLE,
        StatusCode.DATA_LOSS,
    }
)


def _check(attribute: str, good: bool, rule: str, value: object) -> None:
    if not good:
        raise ConfigError(json_name(attribute), f"must be {rule}, not {value!r}")


@frozen
class SuccessRate:
    """Ejects endpoints whose part of successful calls is far below that of the others.

    Attributes:
        stdev_factor: how far below the mean, in thousandths of the standard deviation.
        enforcement_percentage: the probability with which one is ejected, in percent.
        minimum_hosts: how many endpoints must have had enough calls for any to be judged.
        request_volume: how many calls in an interval are enough.
    """

    stdev_factor: int = 1900
    enforcement_percentage: int = 100
    minimum_hosts: int = 5
    request_volume: int = 100

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for values that are out of range."""
        percentage = self.enforcement_percentage
        _check("enforcement_percentage", 0 <= percentage <= 100, "0 to 100", percentage)
        for name in ("stdev_factor", "minimum_hosts", "request_volume"):
            _check(name, getattr(self, name) >= 0, "at least 0", getattr(self, name))


@frozen
class FailurePercentage:
    """Ejects endpoints of whose calls more than a part has failed.

    Attributes:
        threshold: that part, in percent.
        enforcement_percentage, minimum_hosts, request_volume: as for :class:`SuccessRate`.
    """

    threshold: int = 85
    enforcement_percentage: int = 100
    minimum_hosts: int = 5
    request_volume: int = 50

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for values that are out of range."""
        for name in ("threshold", "enforcement_percentage"):
            _check(name, 0 <= getattr(self, name) <= 100, "0 to 100", getattr(self, name))
        for name in ("minimum_hosts", "request_volume"):
            _check(name, getattr(self, name) >= 0, "at least 0", getattr(self, name))


@frozen
class OutlierDetection:
    """Leaves endpoints out for a while whose calls fail, and has another policy place the calls on the rest.

    An endpoint that was ejected comes back after ``base_ejection_time``, after twice that when it is ejected again, and
    so on. For each interval in which it is well, it has one ejection less behind it.

    Attributes:
        child: the policy that places the calls.
        consecutive_failures: after how many calls in succession that fail an endpoint is ejected at once; None for
            never. (gRFC A50 does not have this; Envoy has.)
        success_rate: None to judge nobody by that.
        failure_percentage: None to judge nobody by that.
        interval: seconds from one judgement by rates to the next, and between looks at who comes back.
        base_ejection_time: seconds of the first ejection.
        max_ejection_time: seconds that no ejection exceeds, unless ``base_ejection_time`` does.
        max_ejection_percent: what part of the endpoints may be ejected at a time. One of two or more may always be.
        failure_codes: the codes that are failures. By default those that say something about the server; in gRFC A50,
            all but OK.
    """

    child: PolicyChoice = field(default_factory=RoundRobin)
    consecutive_failures: int | None = 5
    success_rate: SuccessRate | None = None
    failure_percentage: FailurePercentage | None = None
    interval: float = 10.0
    base_ejection_time: float = 30.0
    max_ejection_time: float = 300.0
    max_ejection_percent: int = 10
    failure_codes: frozenset[StatusCode] = _FAILURES

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for values that are out of range, and ``ValueError`` for a child that is none."""
        for name in ("interval", "base_ejection_time", "max_ejection_time"):
            seconds = getattr(self, name)
            _check(name, math.isfinite(seconds) and seconds > 0, "more than 0 s", seconds)
        _check("max_ejection_percent", 0 <= self.max_ejection_percent <= 100, "0 to 100", self.max_ejection_percent)
        failures = self.consecutive_failures
        _check("consecutive_failures", failures is None or failures >= 1, "at least 1", failures)
        if StatusCode.OK in self.failure_codes:
            raise ConfigError("failureCodes", "OK is no failure")
        find_balancer(self.child)

    def __call__(self, host: BalancerHost) -> Balancer:
        """Makes the policy for a channel."""
        return _OutlierBalancer(host, self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Reads gRPC's ``OutlierDetectionLoadBalancingConfig``, with ``consecutiveFailures`` besides."""
        fields = Fields(config, "")
        usual = cls()
        values = {
            "child": fields.take("child_policy", read_child),
            "consecutive_failures": fields.take("consecutive_failures", read_uint32, None),
            "success_rate": fields.take("success_rate_ejection", _reader_of(SuccessRate), None),
            "failure_percentage": fields.take("failure_percentage_ejection", _reader_of(FailurePercentage), None),
            "interval": fields.take("interval", read_duration, usual.interval),
            "base_ejection_time": fields.take("base_ejection_time", read_duration, usual.base_ejection_time),
            "max_ejection_time": fields.take("max_ejection_time", read_duration, usual.max_ejection_time),
            "max_ejection_percent": fields.take("max_ejection_percent", read_uint32, usual.max_ejection_percent),
        }
        return fields.build(cls, values, False)


def _reader_of(made: type[Any]) -> Any:
    def read(value: Any, path: str) -> Any:
        fields = Fields(value, path)
        usual = made()
        values = {
            each.name: fields.take(each.name, read_uint32, getattr(usual, each.name)) for each in dataclass_fields(made)
        }
        return fields.build(made, values, False)

    return read


class _Record:
    """What is known of one endpoint.

    Attributes:
        subchannel: its subchannel; None while it has none.
        successes, failures: calls of this interval.
        in_succession: calls that have failed, one after another.
        ejected_at: since when it is left out, in the loop's time; None while it is not.
        ejections: how often it was ejected, less those that are forgiven.
    """

    __slots__ = ("ejected_at", "ejections", "failures", "in_succession", "subchannel", "successes")

    def __init__(self) -> None:
        self.subchannel: Subchannel | None = None
        self.successes = self.failures = self.in_succession = self.ejections = 0
        self.ejected_at: float | None = None

    @property
    def success_rate(self) -> float:
        return self.successes / max(self.successes + self.failures, 1)


class _OutlierBalancer(WrappingBalancer):
    def __init__(self, host: BalancerHost, policy: OutlierDetection) -> None:
        super().__init__(host)
        self._policy = policy
        self._loop = asyncio.get_running_loop()
        self._records: dict[tuple[Address, ...], _Record] = {}
        self._known = EndpointSet()
        self._endpoints: dict[tuple[Address, ...], int] = {}  # how many there are with these addresses
        self._ejected = 0
        self.child = find_balancer(policy.child)(self)
        self._timer = self._loop.call_later(policy.interval, self._judge)

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Forgets who is gone."""
        gone, new = self._known.update(endpoints)
        counts = self._endpoints
        for endpoint in new:
            counts[endpoint.addresses] = counts.get(endpoint.addresses, 0) + 1
        for endpoint in gone:
            key = endpoint.addresses
            counts[key] -= 1
            if counts[key]:
                continue
            del counts[key]
            record = self._records.pop(key, None)
            if record is not None and record.ejected_at is not None:
                self._ejected -= 1
        self.child.update_endpoints(endpoints)

    def close(self) -> None:
        """Judges no more, and closes the child."""
        self._timer.cancel()
        super().close()

    # -- balancer.BalancerHost, for the child

    def create_subchannel(self, addresses: Sequence[Address]) -> Subchannel:
        """Makes a subchannel whose calls are counted."""
        subchannel = self.host.create_subchannel(addresses)
        key = tuple(addresses)
        if key not in self._endpoints:
            return subchannel  # several endpoints in one, as for pick_first: there is nothing to choose from
        record = self._records.setdefault(key, _Record())
        record.subchannel = subchannel
        subchannel.on_call_end = lambda code: self._count(record, code)
        if record.ejected_at is not None:
            self._bar(record)
        return subchannel

    def update(self, state: ChannelState, picker: Picker) -> None:
        """Passes on what the child says."""
        self.host.update(state, picker)

    # -- counting and judging

    def _count(self, record: _Record, code: StatusCode) -> None:
        if code not in self._policy.failure_codes:
            record.in_succession = 0
            record.successes += 1
            return
        record.failures += 1
        record.in_succession += 1
        limit = self._policy.consecutive_failures
        # Calls that were running when it was ejected do not count again.
        if limit is not None and record.in_succession >= limit and record.ejected_at is None:
            record.in_succession = 0
            self._eject(record, f"{limit} calls in succession have failed")

    def _may_eject(self) -> bool:
        total = len(self._endpoints)
        if not self._ejected:
            return total >= 2 and self._policy.max_ejection_percent > 0
        return (self._ejected + 1) * 100 <= self._policy.max_ejection_percent * total

    def _eject(self, record: _Record, why: str) -> None:
        if not self._may_eject():
            return
        self._ejected += 1
        record.ejections += 1
        record.ejected_at = self._loop.time()
        assert record.subchannel is not None
        names = ", ".join(map(str, record.subchannel.addresses[:3]))
        _log.warning("%s gets no calls for %.3g s: %s", names, self._time_out(record), why)
        # Not at once: this may be in the middle of the end of a call.
        self._loop.call_soon(self._bar, record)

    def _bar(self, record: _Record) -> None:
        if record.subchannel is not None and record.ejected_at is not None:
            names = ", ".join(map(str, record.subchannel.addresses[:3]))
            record.subchannel.bar(_BY, Bar(Failure(f"{names} was ejected, since calls to it fail")))

    def _time_out(self, record: _Record) -> float:
        policy = self._policy
        longest = max(policy.base_ejection_time, policy.max_ejection_time)
        return min(policy.base_ejection_time * record.ejections, longest)

    def _judge(self) -> None:
        """Judges the calls of the interval that is over, and has those come back whose time has come."""
        policy = self._policy
        self._timer = self._loop.call_later(policy.interval, self._judge)
        records = list(self._records.values())
        if policy.success_rate is not None:
            self._judge_success_rates(records, policy.success_rate)
        if policy.failure_percentage is not None:
            self._judge_failures(records, policy.failure_percentage)
        now = self._loop.time()
        for record in records:
            record.successes = record.failures = 0
            if record.ejected_at is None:
                record.ejections = max(record.ejections - 1, 0)
            elif now >= record.ejected_at + self._time_out(record):
                record.ejected_at = None
                self._ejected -= 1
                if record.subchannel is not None:
                    _log.info("%r gets calls again", record.subchannel)
                    record.subchannel.bar(_BY, None)

    def _judge_success_rates(self, records: Sequence[_Record], rule: SuccessRate) -> None:
        judged = _with_volume(records, rule.request_volume)
        if not judged or len(judged) < rule.minimum_hosts:
            return
        rates = [record.success_rate for record in judged]
        mean = math.fsum(rates) / len(rates)
        deviation = math.sqrt(math.fsum((rate - mean) ** 2 for rate in rates) / len(rates))
        least = mean - deviation * rule.stdev_factor / 1000
        for record in judged:
            if record.success_rate < least and record.ejected_at is None and _by_chance(rule.enforcement_percentage):
                self._eject(record, f"{record.success_rate:.1%} of its calls succeed, of all {mean:.1%}")

    def _judge_failures(self, records: Sequence[_Record], rule: FailurePercentage) -> None:
        judged = _with_volume(records, rule.request_volume)
        if not judged or len(judged) < rule.minimum_hosts:
            return
        for record in judged:
            failed = 100 * (1 - record.success_rate)
            if failed > rule.threshold and record.ejected_at is None and _by_chance(rule.enforcement_percentage):
                self._eject(record, f"{failed:.3g} % of its calls fail")


def _with_volume(records: Sequence[_Record], volume: int) -> list[_Record]:
    return [record for record in records if record.successes + record.failures >= max(volume, 1)]


def _by_chance(percentage: int) -> bool:
    return random.random() * 100 < percentage  # noqa: S311
