"""The load balancing policies ``pick_first``, ``round_robin`` and ``least_request``.

(gRPC's "Load Balancing in gRPC", gRFC A61 for endpoints with several addresses, gRFC A48 for least_request.)
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any, Self

from minirpc.aio.balancer import Balancer, BalancerHost, FailingPicker, Pick, PickedCall, Share, WaitingPicker
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.resolver import Endpoint
from minirpc.aio.spread import SpreadBalancer
from minirpc.aio.subchannel import Subchannel
from minirpc.chance import random
from minirpc.errors import ConfigError
from minirpc.frozen import frozen
from minirpc.rpc.service_config_json import Fields, read_bool, read_uint32

__all__ = ["LeastRequest", "PickFirst", "RoundRobin"]


@frozen
class PickFirst:
    """All calls go to one address: the first, in the resolver's order, that could be connected to.

    Attributes:
        shuffle: take the endpoints in an order of chance, so that clients do not all choose the same.
    """

    shuffle: bool = False

    def __call__(self, host: BalancerHost) -> Balancer:
        """Makes the policy for a channel."""
        return _PickFirstBalancer(host, self.shuffle)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Reads ``{"shuffleAddressList": true}`` (gRFC A62)."""
        fields = Fields(config, "")
        shuffle = fields.take("shuffle_address_list", read_bool, False)
        return fields.build(cls, {"shuffle": shuffle}, False)


class _PickFirstBalancer(Balancer):
    def __init__(self, host: BalancerHost, shuffle: bool) -> None:
        super().__init__(host)
        self._shuffle = shuffle
        self._subchannel: Subchannel | None = None

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Stays with the connection if its address is still there, or else connects again."""
        if self._shuffle:
            endpoints = random.sample(endpoints, len(endpoints))
        addresses = [address for endpoint in endpoints for address in endpoint.addresses]
        if self._subchannel is None:
            self._subchannel = self.host.create_subchannel(addresses)
            self._subchannel.watches_health = False  # gRFC A17: there is no other one to turn to
        else:
            self._subchannel.update(addresses)
            if self._subchannel.state is not ChannelState.IDLE:
                return
        self._subchannel.connect()

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """Reports the only subchannel's state as the channel's."""
        match subchannel.state:
            case ChannelState.READY:
                self.host.update(subchannel.state, self)
            case ChannelState.TRANSIENT_FAILURE:
                assert subchannel.failure is not None
                self.host.update(subchannel.state, FailingPicker(subchannel.failure))
            case ChannelState.IDLE | ChannelState.CONNECTING:
                self.host.update(subchannel.state, WaitingPicker(subchannel.connect))

    def pick(self, call: PickedCall) -> Pick:  # noqa: ARG002
        """Picks the only subchannel."""
        return self._subchannel

    def connect(self) -> None:
        """Connects."""
        if self._subchannel is not None:
            self._subchannel.connect()

    def close(self) -> None:
        """Ends the subchannel."""
        if self._subchannel is not None:
            self._subchannel.shut_down()


@frozen
class RoundRobin:
    """Calls go in turn to all endpoints that are connected, in proportion to the weights where those differ."""

    def __call__(self, host: BalancerHost) -> Balancer:
        """Makes the policy for a channel."""
        return _RoundRobinBalancer(host)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Reads ``{}``."""
        return Fields(config, "").build(cls, {}, False)


class _RoundRobinBalancer(SpreadBalancer):
    def __init__(self, host: BalancerHost) -> None:
        super().__init__(host)
        # Clients that start together must not all begin with the same server.
        self._next = random.randrange(1 << 30)
        self._weights: dict[Subchannel, int] = {}
        self._weights_changed = False
        # With weights: whose turn is next is who is due first (earliest deadline first), and each is due again after a
        # time that its weight divides. Entries of subchannels that are no longer READY, or have another entry by now,
        # are dropped when their turn comes.
        self._turns: list[tuple[float, int, Subchannel]] | None = None  # None while all weights are the same
        self._entries: dict[Subchannel, int] = {}
        self._entry = 0
        self._now = 0.0

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Takes the weights, too."""
        super().update_endpoints(endpoints)
        if len({endpoint.weight for endpoint in endpoints}) < 2:
            self._turns = None
            self._entries.clear()
        elif self._turns is None or self._weights_changed:
            self._turns = []
            self._now = 0.0
            for subchannel in self.ready:
                self.became_ready(subchannel)
        self._weights_changed = False

    def endpoint_known(self, subchannel: Subchannel, endpoint: Endpoint) -> None:
        """Remembers the weight."""
        before = self._weights.get(subchannel, endpoint.weight)
        self._weights_changed = self._weights_changed or before != endpoint.weight
        self._weights[subchannel] = endpoint.weight

    def endpoint_gone(self, subchannel: Subchannel) -> None:
        """Forgets the weight."""
        del self._weights[subchannel]

    def became_ready(self, subchannel: Subchannel) -> None:
        """Gives it a turn, where there are turns; not at once, or many that come together had them together."""
        if self._turns is not None:
            self._take_turn(subchannel, random.random())

    def _take_turn(self, subchannel: Subchannel, part: float) -> None:
        assert self._turns is not None
        self._entry += 1
        self._entries[subchannel] = self._entry
        due = self._now + part / self._weights.get(subchannel, 1)
        heapq.heappush(self._turns, (due, self._entry, subchannel))

    def share_of(self, subchannel: Subchannel) -> Share:
        """Tells the weight."""
        return Share(self._weights.get(subchannel))

    def pick(self, call: PickedCall) -> Pick:  # noqa: ARG002
        """Picks the next one."""
        if self.waiting:
            self.connect_to_another()
        ready = self.ready
        if not ready:
            return None
        turns = self._turns
        while turns:
            due, entry, subchannel = heapq.heappop(turns)
            if self._entries.get(subchannel) != entry:
                continue
            if not self.is_ready(subchannel):
                del self._entries[subchannel]
                continue
            self._now = due
            self._take_turn(subchannel, 1.0)
            return subchannel
        self._next += 1
        return ready[self._next % len(ready)]


@frozen
class LeastRequest:
    """Of a few endpoints, drawn by chance, the one with the fewest calls of this client (gRFC A48).

    Two are as good as looking at all: no endpoint that has become slow gets more than a few calls, and clients do not
    run after one and the same. It picks in a time that does not depend on the number of endpoints.

    Attributes:
        choices: how many to draw, 2 or more; beyond 10 is taken for 10.
    """

    choices: int = 2

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for a number that is out of range."""
        if self.choices < 2:
            raise ConfigError("choiceCount", f"must be at least 2, not {self.choices}")

    def __call__(self, host: BalancerHost) -> Balancer:
        """Makes the policy for a channel."""
        return _LeastRequestBalancer(host, min(self.choices, 10))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Reads ``{"choiceCount": 2}``."""
        fields = Fields(config, "")
        return fields.build(cls, {"choices": fields.take("choice_count", read_uint32, 2)}, False)


class _LeastRequestBalancer(SpreadBalancer):
    def __init__(self, host: BalancerHost, choices: int) -> None:
        super().__init__(host)
        self._choices = choices

    def pick(self, call: PickedCall) -> Pick:  # noqa: ARG002
        """Picks the least busy of a few, the first drawn among equals."""
        if self.waiting:
            self.connect_to_another()
        ready = self.ready
        if not ready:
            return None
        count = len(ready)
        best = ready[int(random.random() * count)]
        least = best.call_count
        for _ in range(self._choices - 1):
            other = ready[int(random.random() * count)]
            calls = other.call_count
            if calls < least:
                best, least = other, calls
        return best
