"""Hashes by which calls and endpoints are spread: the same in every process, and too long to meet by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b

from minirpc.aio.balancer import PickedCall
from minirpc.aio.target import Address

__all__ = ["call_hash", "endpoint_points", "endpoint_rank", "header_key", "weighted_rank"]

_WORDS = 8  # in a digest
_SCALE = 2.0**-64


def header_key(name: str) -> bytes:
    """Returns a metadata key as it is in headers.

    Raises:
        ValueError: it is no key of metadata.
    """
    key = name.lower()
    if not key or not key.isascii() or not set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_."):
        raise ValueError(f"{name!r} is no metadata key")
    return key.encode()


def call_hash(call: PickedCall, key: bytes) -> int | None:
    """Returns the hash of a call's values of a metadata key, 64 bits; None if it has none."""
    values = [value for name, value in call.request_headers if name == key]
    if not values:
        return None
    return int.from_bytes(blake2b(b",".join(values), digest_size=8).digest(), "big")


def _name_of(addresses: Sequence[Address]) -> bytes:
    return (str(addresses[0]) if len(addresses) == 1 else "|".join(map(str, addresses))).encode()


def endpoint_points(addresses: Sequence[Address], count: int) -> bytes:
    """Returns points of an endpoint on a ring of 64 bits, 8 bytes each. A longer list begins with the shorter one."""
    name = _name_of(addresses)
    if count <= _WORDS:
        return blake2b(b"0 %b" % name).digest()[: 8 * count]
    blocks = [blake2b(b"%d %b" % (block, name)).digest() for block in range((count + _WORDS - 1) // _WORDS)]
    return b"".join(blocks)[: 8 * count]


def endpoint_rank(addresses: Sequence[Address], seed: bytes) -> int:
    """Returns a number of 64 bits, by which each seed puts endpoints into an order of its own."""
    return int.from_bytes(blake2b(b"%b %b" % (seed, _name_of(addresses)), digest_size=8).digest(), "big")


def weighted_rank(name: str, weight: float, seed: int) -> float:
    """Returns what makes ``name`` the greatest of several for a part of all seeds that is in proportion to its weight.

    (Rendezvous hashing with weights: a weight that changes moves no more seeds than it must.)
    """
    digest = blake2b(name.encode(), digest_size=8, key=seed.to_bytes(8, "big")).digest()
    return -weight / math.log((int.from_bytes(digest, "big") + 0.5) * _SCALE)
