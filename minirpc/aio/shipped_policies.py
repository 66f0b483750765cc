"""The load balancing policies that come with minirpc, by their names, and those by which gRPC knows them.

Channels and programs that register their own get at the registry through here, so that a program's policies replace the
shipped ones and not the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minirpc.aio.policies import LeastRequest, PickFirst, RoundRobin
from minirpc.aio.policy_registry import find_balancer, register_balancer, register_policy
from minirpc.lazy import lazy

# ruff: noqa: PLW0108  # the lambdas are there to load no module before its policy is chosen

if TYPE_CHECKING:
    from minirpc.aio import outlier_detection, ring_hash, subset, weighted
else:
    outlier_detection = lazy("minirpc.aio.outlier_detection")
    ring_hash = lazy("minirpc.aio.ring_hash")
    subset = lazy("minirpc.aio.subset")
    weighted = lazy("minirpc.aio.weighted")

__all__ = ["find_balancer", "register_balancer", "register_policy"]

register_policy("pick_first", PickFirst.from_config)
register_policy("round_robin", RoundRobin.from_config)
for _name in ("least_request", "least_request_experimental"):
    register_policy(_name, LeastRequest.from_config)
for _name in ("outlier_detection", "outlier_detection_experimental"):
    register_policy(_name, lambda config: outlier_detection.OutlierDetection.from_config(config))
for _name in ("ring_hash", "ring_hash_experimental"):
    register_policy(_name, lambda config: ring_hash.RingHash.from_config(config))
for _name in ("subset", "random_subsetting_experimental"):
    register_policy(_name, lambda config: subset.Subset.from_config(config))
register_policy("weighted", lambda config: weighted.Weighted.from_config(config))
