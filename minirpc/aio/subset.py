"""The load balancing policy ``subset`` (gRFC A68): each client uses some of many endpoints."""

from __future__ import annotations

import heapq
import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Self

from minirpc.aio.balancer import Balancer, BalancerHost, WrappingBalancer
from minirpc.aio.endpoint_set import EndpointSet
from minirpc.aio.hashing import endpoint_rank
from minirpc.aio.policies import RoundRobin
from minirpc.aio.policy_registry import PolicyChoice, find_balancer, read_child
from minirpc.aio.resolver import Endpoint
from minirpc.errors import ConfigError
from minirpc.frozen import frozen
from minirpc.rpc.service_config_json import Fields, read_string, read_uint32

__all__ = ["Subset"]


@frozen
class Subset:
    """Gives another policy no more than ``size`` of the endpoints, so that a client has no more connections than that.

    Which ones, a hash of each endpoint and of the client decides: clients differ, and share the endpoints evenly. One
    that goes is replaced by one other; one that comes is taken by few clients.

    Attributes:
        size: how many, 1 or more.
        child: the policy that gets them.
        client: who the client is, such as the name of its pod: with the same name and endpoints the same are chosen.
            Without it, each channel is a client of its own.
    """

    size: int
    child: PolicyChoice = field(default_factory=RoundRobin)
    client: str = ""

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for a size that is out of range, and ``ValueError`` for a child that is none."""
        if self.size < 1:
            raise ConfigError("subsetSize", f"must be at least 1, not {self.size}")
        find_balancer(self.child)

    def __call__(self, host: BalancerHost) -> Balancer:
        """Makes the policy for a channel."""
        return _SubsetBalancer(host, self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Reads ``{"subsetSize": 20, "childPolicy": [{"round_robin": {}}], "client": "pod-1"}``."""
        fields = Fields(config, "")
        values = {
            "size": fields.take("subset_size", read_uint32),
            "child": fields.take("child_policy", read_child, RoundRobin()),
            "client": fields.take("client", read_string, ""),
        }
        return fields.build(cls, values, False)


class _SubsetBalancer(WrappingBalancer):
    def __init__(self, host: BalancerHost, policy: Subset) -> None:
        super().__init__(host)
        self._size = policy.size
        self._seed = policy.client.encode()[:64] or os.urandom(8)
        self.child = find_balancer(policy.child)(host)
        self._known = EndpointSet()
        self._ranks: dict[int, int] = {}  # by the id() of the endpoints that are known

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Passes the chosen ones on, in the order of the resolver."""
        gone, new = self._known.update(endpoints)
        ranks = self._ranks
        for endpoint in gone:
            del ranks[id(endpoint)]
        for endpoint in new:
            ranks[id(endpoint)] = endpoint_rank(endpoint.addresses, self._seed)
        if len(ranks) > self._size:
            # As a set: endpoints with the same addresses have the same rank, and count once.
            last = heapq.nsmallest(self._size, set(ranks.values()))[-1]
            endpoints = [endpoint for endpoint in endpoints if ranks[id(endpoint)] <= last]
        self.child.update_endpoints(endpoints)
