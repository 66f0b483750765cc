"""The load balancing policy ``ring_hash`` (gRFC A42; A76 for the header): calls with the same header share a server.

The ring is made as in gRPC, of points that hashes give each endpoint, but not of the same points: hashes are BLAKE2b,
not xxHash, so clients of other implementations choose otherwise.
"""

from __future__ import annotations

import asyncio
import math
import random
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import Any, Self

from minirpc.aio.balancer import Balancer, BalancerHost, FailingPicker, Pick, PickedCall
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.hashing import call_hash, endpoint_points, header_key
from minirpc.aio.policy_registry import register_policy
from minirpc.aio.resolver import Endpoint
from minirpc.aio.subchannel import Failure, Subchannel
from minirpc.aio.target import Address
from minirpc.errors import ConfigError
from minirpc.frozen import frozen
from minirpc.rpc.service_config_json import Fields, read_string, read_uint32

__all__ = ["Ring", "RingHash"]

_MAX_RING_SIZE = 1 << 23
_POINTS = 128  # for each unit of weight, within the limits of the ring
_FEW_POINTS = 256  # below that, a change of the ring is done one by one
_SLOT_BITS = 24
_SLOT_MASK = (1 << _SLOT_BITS) - 1
_MAX_STEPS = 8  # endpoints that are looked at, after which any one that is READY will do


@frozen
class RingHash:
    """Calls whose metadata have the same value go to the same endpoint, as long as that is there.

    One endpoint more or less moves only the calls that it gets or had. Endpoints are connected to when the first call
    is for them. When one cannot be connected to, its calls go to the next one on the ring.

    Attributes:
        header: the key of the metadata. Calls without it go anywhere.
        min_ring_size: points on the ring at least. The more each endpoint has, the more even are their shares.
        max_ring_size: points at most, but one for each endpoint; up to 8,388,608. A point takes some 50 bytes.
    """

    header: str
    min_ring_size: int = 1024
    max_ring_size: int = 1 << 17

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` for values that are out of range."""
        if not 1 <= self.max_ring_size <= _MAX_RING_SIZE:
            raise ConfigError("maxRingSize", f"must be 1 to {_MAX_RING_SIZE}, not {self.max_ring_size}")
        if not 1 <= self.min_ring_size <= self.max_ring_size:
            raise ConfigError("minRingSize", f"must be 1 to maxRingSize, not {self.min_ring_size}")
        try:
            header_key(self.header)
        except ValueError as error:
            raise ConfigError("requestHashHeader", str(error)) from None

    def __call__(self, host: BalancerHost) -> Balancer:
        """Makes the policy for a channel."""
        return _RingHashBalancer(host, self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Reads ``{"requestHashHeader": "user", "minRingSize": 1024, "maxRingSize": 4096}``."""
        fields = Fields(config, "")
        usual = cls("any")
        values = {
            "header": fields.take("request_hash_header", read_string),
            "min_ring_size": fields.take("min_ring_size", read_uint32, min(1024, usual.max_ring_size)),
            "max_ring_size": fields.take("max_ring_size", read_uint32, usual.max_ring_size),
        }
        return fields.build(cls, values, False)


class Ring:
    """Endpoints at points of a ring. An update changes the points of those that come, go, or change their share.

    Args:
        min_size, max_size: points in all; see :class:`RingHash`.
    """

    def __init__(self, min_size: int, max_size: int) -> None:
        self._min_size = min_size
        self._max_size = max_size
        # Each point with the slot of its endpoint in the lowest bits: so one sorted list of integers is all.
        self._points: list[int] = []
        self._slots: dict[tuple[Address, ...], int] = {}
        self._counts: dict[tuple[Address, ...], int] = {}
        self._members: list[tuple[Address, ...]] = []  # by slot
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._points)

    def update(self, weights: Mapping[tuple[Address, ...], int]) -> None:
        """Takes the endpoints, by their addresses, and their weights."""
        wanted = self._counts_for(weights)
        gone: list[int] = []
        for key in [key for key, count in self._counts.items() if wanted.get(key) != count]:
            gone += self._points_of(key)
            self._free.append(self._slots.pop(key))
            del self._counts[key]
        new: list[int] = []
        for key, count in wanted.items():
            if key in self._counts:
                continue
            if self._free:
                slot = self._free.pop()
                self._members[slot] = key
            else:
                slot = len(self._members)
                self._members.append(key)
            self._slots[key] = slot
            self._counts[key] = count
            new += self._points_of(key)
        points = self._points
        if len(gone) + len(new) < _FEW_POINTS:
            for point in gone:
                del points[bisect_left(points, point)]
            for point in new:
                insort(points, point)
        else:
            if gone:
                missing = set(gone)
                points = [point for point in points if point not in missing]
            self._points = sorted(points + new)

    def _points_of(self, key: tuple[Address, ...]) -> list[int]:
        slot = self._slots[key]
        return [point & ~_SLOT_MASK | slot for point in endpoint_points(key, self._counts[key])]

    def _counts_for(self, weights: Mapping[tuple[Address, ...], int]) -> dict[tuple[Address, ...], int]:
        """How many points each endpoint gets: as many whatever the others are, within the limits of the ring."""
        total = sum(weights.values()) or 1
        factor = min(max(_POINTS, self._min_size / total), self._max_size / total)
        return {key: max(1, math.ceil(factor * weight - 1e-9)) for key, weight in weights.items()}

    def walk(self, number: int, steps: int) -> list[tuple[Address, ...]]:
        """Returns the endpoint at a number of 64 bits, and those that follow it, each once, up to so many points on."""
        points = self._points
        if not points:
            return []
        at = bisect_left(points, number)
        found = dict.fromkeys(points[(at + step) % len(points)] & _SLOT_MASK for step in range(min(steps, len(points))))
        return [self._members[slot] for slot in found]

    def find(self, number: int) -> tuple[Address, ...]:
        """Returns the endpoint at a number of 64 bits; there is one at least."""
        points = self._points
        at = bisect_left(points, number)
        return self._members[points[at if at < len(points) else 0] & _SLOT_MASK]


class _RingHashBalancer(Balancer):
    def __init__(self, host: BalancerHost, policy: RingHash) -> None:
        super().__init__(host)
        self._key = header_key(policy.header)
        self._ring = Ring(policy.min_ring_size, policy.max_ring_size)
        self._subchannels: dict[tuple[Address, ...], Subchannel] = {}
        self._states: dict[Subchannel, ChannelState] = {}
        self._by_state: dict[ChannelState, dict[Subchannel, None]] = {state: {} for state in ChannelState}
        self._ready: list[Subchannel] | None = None  # those that are READY; None when that is to be looked up
        self._failure = Failure("no endpoint could be connected to")
        self._quiet = False  # whether changes of state are not reported now, as this policy makes them itself
        self._report_due: asyncio.Handle | None = None

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Keeps the subchannels of the endpoints that stay, and most of the ring."""
        self._quiet = True
        weights: dict[tuple[Address, ...], int] = {}
        for endpoint in endpoints:
            weights.setdefault(endpoint.addresses, endpoint.weight)
        for key in self._subchannels.keys() - weights.keys():
            self._subchannels.pop(key).shut_down()
        for key in weights:
            if key not in self._subchannels:
                self._subchannels[key] = subchannel = self.host.create_subchannel(key)
                self._note(subchannel)
        self._ring.update(weights)
        self._quiet = False
        self._report()

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """Takes note. Only what has failed, or is asked for, is connected to again."""
        before = self._states.get(subchannel)
        self._note(subchannel)
        if subchannel.failure is not None:
            self._failure = subchannel.failure
        if subchannel.state is ChannelState.IDLE and before is ChannelState.TRANSIENT_FAILURE:
            self._connect(subchannel)
        if not self._quiet:
            self._report()

    def _note(self, subchannel: Subchannel) -> None:
        state, before = subchannel.state, self._states.get(subchannel)
        self._ready = None
        if before is not None:
            self._by_state[before].pop(subchannel, None)
        if state is ChannelState.SHUTDOWN:
            self._states.pop(subchannel, None)
        else:
            self._states[subchannel] = state
            self._by_state[state][subchannel] = None

    def _report(self) -> None:
        """Sets the state of the whole, as gRFC A42 aggregates it: with two failures it counts as failed."""
        if self._report_due is not None:
            self._report_due.cancel()
            self._report_due = None
        found = self._by_state
        failed = len(found[ChannelState.TRANSIENT_FAILURE])
        if found[ChannelState.READY]:
            self.host.update(ChannelState.READY, self)
            return
        if failed and not found[ChannelState.CONNECTING] and found[ChannelState.IDLE]:
            self._connect(next(iter(found[ChannelState.IDLE])))  # without calls nobody else would
        if failed and failed == len(self._states):
            self.host.update(ChannelState.TRANSIENT_FAILURE, FailingPicker(self._failure))
        elif failed >= 2:
            self.host.update(ChannelState.TRANSIENT_FAILURE, self)  # calls for the others wait nevertheless
        elif found[ChannelState.CONNECTING]:
            self.host.update(ChannelState.CONNECTING, self)
        elif found[ChannelState.IDLE]:
            self.host.update(ChannelState.IDLE, self)

    def pick(self, call: PickedCall) -> Pick:
        """Picks the endpoint at the call's place on the ring, or the next one after those that have failed."""
        number = call_hash(call, self._key)
        if number is None:
            number = random.getrandbits(64)
        subchannel = self._subchannels[self._ring.find(number)]
        if subchannel.connection is not None and subchannel.state is ChannelState.READY:
            return subchannel
        for key in self._ring.walk(number, 4 * _MAX_STEPS)[:_MAX_STEPS]:
            subchannel = self._subchannels[key]
            match subchannel.state:
                case ChannelState.READY:
                    return subchannel
                case ChannelState.IDLE:
                    self._connect(subchannel)
                    return None
                case ChannelState.CONNECTING:
                    return None
        if self._ready is None:
            self._ready = list(self._by_state[ChannelState.READY])
        return self._ready[number % len(self._ready)] if self._ready else self._failure

    def _connect(self, subchannel: Subchannel) -> None:
        """Connects, and reports that later: this may be on the way of a call, of which the report would ask again."""
        was, self._quiet = self._quiet, True
        subchannel.connect()
        self._quiet = was
        if self._report_due is None:
            self._report_due = asyncio.get_running_loop().call_soon(self._report)

    def connect(self) -> None:
        """Connects to one endpoint, by chance, if none is or is being connected to."""
        found = self._by_state
        if found[ChannelState.IDLE] and not (found[ChannelState.READY] or found[ChannelState.CONNECTING]):
            self._connect(random.choice(list(found[ChannelState.IDLE])))  # noqa: S311

    def close(self) -> None:
        """Ends all subchannels."""
        self._quiet = True
        if self._report_due is not None:
            self._report_due.cancel()
        for subchannel in self._subchannels.values():
            subchannel.shut_down()


for _name in ("ring_hash", "ring_hash_experimental"):  # the latter is gRPC's
    register_policy(_name, RingHash.from_config)
