"""The load balancing policy ``weighted``: groups of endpoints that each get a share of the calls, as for a canary."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from minirpc.aio.balancer import Balancer, BalancerHost, Pick, PickedCall, Picker, Share, WaitingPicker
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.hashing import call_hash, header_key, weighted_rank
from minirpc.aio.policies import RoundRobin
from minirpc.aio.policy_registry import PolicyChoice, find_balancer, read_child
from minirpc.aio.resolver import Endpoint
from minirpc.aio.spread import aggregate_state
from minirpc.aio.subchannel import Failure, Subchannel
from minirpc.aio.target import Address
from minirpc.errors import ConfigError
from minirpc.rpc.service_config_json import Fields, read_number, read_string

__all__ = ["Weighted"]


class Weighted:
    """Shares calls out between groups of endpoints, in proportion to the groups' weights, whatever their sizes.

    A group without a connected endpoint leaves its calls to the others. A group with the weight 0, or without a
    weight, is connected to and gets no call.

    One object may serve several channels, and :meth:`set_weights` then changes all of them.

    Args:
        weights: the weights by the groups' names: 0 or more, and one of them more than 0.
        by: the attribute of endpoints that is the name of their group (without it, ``""``), or a function that says it.
        sticky: a metadata key: calls with the same value go to the same group, and when weights change no more of them
            move than must. Calls without it go by chance.
        child: the policy within each group.

    Raises:
        ValueError: weights or key are not as they should be (``ConfigError``), or there is no such child.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        *,
        by: str | Callable[[Endpoint], str] = "version",
        sticky: str | None = None,
        child: PolicyChoice | None = None,
    ) -> None:
        self.by = by
        try:
            self.sticky = None if sticky is None else header_key(sticky)
        except ValueError as error:
            raise ConfigError("stickyHeader", str(error)) from None
        self.child = find_balancer(RoundRobin() if child is None else child)
        self.weights: Mapping[str, float] = {}
        self.set_weights(weights)

    def __repr__(self) -> str:
        return f"Weighted({dict(self.weights)!r})"

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Changes the weights, from the next call on. Safe to call from any thread.

        Raises:
            ValueError: one is below 0 or no number, or none is above 0.
        """
        for name, weight in weights.items():
            if not (math.isfinite(weight) and weight >= 0):
                raise ConfigError(f"weights.{name}", f"must be at least 0, not {weight!r}")
        if not any(weights.values()):
            raise ConfigError("weights", "one group must have a weight of more than 0")
        self.weights = dict(weights)

    def group_of(self, endpoint: Endpoint) -> str:
        """Returns the name of an endpoint's group."""
        return endpoint.attributes.get(self.by, "") if isinstance(self.by, str) else self.by(endpoint)

    def __call__(self, host: BalancerHost) -> Balancer:
        """Makes the policy for a channel."""
        return _WeightedBalancer(host, self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Reads ``{"weights": {"v1": 90, "v2": 10}, "by": "version", "stickyHeader": "user", "childPolicy": […]}``."""
        fields = Fields(config, "")
        values = {
            "weights": fields.take("weights", _read_weights),
            "by": fields.take("by", read_string, "version"),
            "sticky": fields.take("sticky_header", read_string, None),
            "child": fields.take("child_policy", read_child, None),
        }
        return fields.build(cls, values, False)


def _read_weights(value: Any, path: str) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise ConfigError(path, "must be an object with the weights of the groups")
    return {str(name): read_number(weight, f"{path}.{name}") for name, weight in value.items()}


class _Group:
    """One group: the channel of its policy.

    Attributes:
        state: the state of its policy.
        picker: its policy's.
    """

    def __init__(self, owner: _WeightedBalancer, name: str) -> None:
        self.name = name
        self.state = ChannelState.CONNECTING
        self.picker: Picker = WaitingPicker()
        self._owner = owner
        self.balancer = owner.policy.child(self)

    def create_subchannel(self, addresses: Sequence[Address]) -> Subchannel:
        """Makes a subchannel, of which this group hears."""
        subchannel = self._owner.host.create_subchannel(addresses)
        self._owner.groups_of[subchannel] = self
        return subchannel

    def update(self, state: ChannelState, picker: Picker) -> None:
        """Takes the state of the group, and has that of the whole set."""
        self.state = state
        self.picker = picker
        self._owner.report()


class _WeightedBalancer(Balancer):
    """The policy at work.

    Attributes:
        policy: what it does; its weights may change at any time.
        groups_of: whose each subchannel is.
    """

    def __init__(self, host: BalancerHost, policy: Weighted) -> None:
        super().__init__(host)
        self.policy = policy
        self.groups_of: dict[Subchannel, _Group] = {}
        self._groups: dict[str, _Group] = {}
        self._updating = False

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Gives each group its endpoints."""
        sorted_out: dict[str, list[Endpoint]] = {}
        for endpoint in endpoints:
            sorted_out.setdefault(self.policy.group_of(endpoint), []).append(endpoint)
        self._updating = True
        for name in self._groups.keys() - sorted_out.keys():
            self._groups.pop(name).balancer.close()
        for name, members in sorted_out.items():
            if name not in self._groups:
                self._groups[name] = _Group(self, name)
            self._groups[name].balancer.update_endpoints(members)
        self._updating = False
        self.report()

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """Tells the group."""
        group = self.groups_of.get(subchannel)
        if group is None:
            return
        if subchannel.state is ChannelState.SHUTDOWN:
            del self.groups_of[subchannel]
        group.balancer.subchannel_changed(subchannel)

    def report(self) -> None:
        """Sets the state of the whole: that of the group that is best off."""
        if self._updating:
            return
        counts = dict.fromkeys(ChannelState, 0)
        for group in self._groups.values():
            counts[group.state] += 1
        idle = counts[ChannelState.IDLE] and not counts[ChannelState.READY] and not counts[ChannelState.CONNECTING]
        self.host.update(ChannelState.IDLE if idle else aggregate_state(counts), self)

    def pick(self, call: PickedCall) -> Pick:
        """Picks a group, and has it pick."""
        weights = self.policy.weights
        groups = [group for name, group in self._groups.items() if weights.get(name, 0) > 0]
        if not groups:
            known, wanted = (", ".join(map(repr, sorted(names))) for names in (self._groups, weights))
            return Failure(f"load balancing: no endpoint is in a group with a weight: there are {known}, not {wanted}")
        # Those that have an endpoint; else those that may have one soon (a policy that connects for a call is IDLE).
        usable = (
            [group for group in groups if group.state is ChannelState.READY]
            or [group for group in groups if group.state is not ChannelState.TRANSIENT_FAILURE]
            or groups
        )
        return self._choose(usable, weights, call).picker.pick(call)

    def _choose(self, groups: Sequence[_Group], weights: Mapping[str, float], call: PickedCall) -> _Group:
        if len(groups) == 1:
            return groups[0]
        number = None if self.policy.sticky is None else call_hash(call, self.policy.sticky)
        if number is not None:
            seed = number
            return max(groups, key=lambda group: weighted_rank(group.name, weights[group.name], seed))
        rest = random.random() * sum(weights[group.name] for group in groups)  # noqa: S311
        for group in groups:
            rest -= weights[group.name]
            if rest < 0:
                return group
        return groups[-1]

    def share_of(self, subchannel: Subchannel) -> Share:
        """Tells the group and its weight, with what the policy within the group says."""
        group = self.groups_of.get(subchannel)
        if group is None:
            return Share()
        weight = self.policy.weights.get(group.name, 0)
        return replace(group.balancer.share_of(subchannel), group=group.name, group_weight=weight)

    def connect(self) -> None:
        """Has all groups connect."""
        for group in self._groups.values():
            group.balancer.connect()

    def close(self) -> None:
        """Closes all groups."""
        self._updating = True
        for group in self._groups.values():
            group.balancer.close()
