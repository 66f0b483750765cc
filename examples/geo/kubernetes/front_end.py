"""The front end as it runs in a cluster: ``kubernetes:///service:port`` for a target, and calls spread over all pods.

``python -m examples.geo.kubernetes.front_end --back-end kubernetes:///geo-back-end:grpc?pod-labels=version``, with
``--weights v1=90,v2=10`` for a canary: what part of the calls goes to each version, however many pods it has.
"""

from __future__ import annotations

import argparse
import os
import sys

import minirpc.kubernetes  # noqa: F401  # channels know the scheme from here on
from examples.geo.front_end import main
from minirpc.aio import PolicyChoice, Weighted


def balancing(weights: str) -> PolicyChoice:
    """Returns the policy for weights of versions such as ``v1=90,v2=10``; without any, every pod gets the same.

    Raises:
        ValueError: they cannot be read.
    """
    if not weights:
        return "round_robin"
    pairs = (pair.partition("=") for pair in weights.split(","))
    return Weighted({version.strip(): float(weight) for version, _, weight in pairs}, by="version")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--weights", default=os.environ.get("GEO_WEIGHTS", ""))
    own, rest = parser.parse_known_args()
    try:
        policy = balancing(own.weights)
    except ValueError as error:
        sys.exit(f"geo front end: --weights {own.weights}: {error}")
    main(rest, load_balancing=policy)
