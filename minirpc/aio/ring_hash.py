"""The load balancing policy ``ring_hash`` (gRFC A42; A76 for the header): calls with the same header share a server.

The ring is made as in gRPC, of points that hashes give each endpoint, but not of the same points: hashes are BLAKE2b,
not xxHash, so clients of other implementations choose otherwise.
"""

from __future__ import annotations

import asyncio
import math
import random
import sys
from array import array
from bisect import bisect_left, insort
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

from minirpc.aio.balancer import Balancer, BalancerHost, FailingPicker, Pick, PickedCall, Share
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.endpoint_set import EndpointSet
from minirpc.aio.hashing import call_hash, endpoint_points, header_key
from minirpc.aio.resolver import Endpoint
from minirpc.aio.subchannel import Failure, Subchannel
from minirpc.aio.target import Address
from minirpc.errors import ConfigError
from minirpc.frozen import frozen
from minirpc.rpc.service_config_json import Fields, read_string, read_uint32

__all__ = ["Ring", "RingHash"]

_MAX_RING_SIZE = 1 << 23
_POINTS = 128  # for each unit of weight, within the limits of the ring
_FEW_POINTS = 64  # below that, a change of the ring is done one by one
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
    """Endpoints at points of a ring. A change is one of the points of those that come, go, or change their share.

    Args:
        min_size, max_size: points in all; see :class:`RingHash`.

    Attributes:
        weights: the endpoints, by their addresses, and their weights. To be changed by the methods alone.
    """

    def __init__(self, min_size: int, max_size: int) -> None:
        self.weights: dict[tuple[Address, ...], int] = {}
        self._min_size = min_size
        self._max_size = max_size
        self._total = 0  # of all weights
        self._counts: dict[int, int] = {}  # how many points those with each weight have
        # Each point with the slot of its endpoint in the lowest bits: so one sorted list of integers is all.
        self._points: list[int] = []
        self._slots: dict[tuple[Address, ...], int] = {}
        self._members: list[tuple[Address, ...]] = []  # by slot
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._points)

    def update(self, weights: Mapping[tuple[Address, ...], int]) -> None:
        """Has these endpoints with these weights, and no others. It looks at each."""
        old = self.weights
        gone = [key for key, weight in old.items() if weights.get(key) != weight]
        self.change(gone, {key: weight for key, weight in weights.items() if old.get(key) != weight})

    def change(self, gone: Collection[tuple[Address, ...]], new: Mapping[tuple[Address, ...], int]) -> None:
        """Takes some endpoints away, and then some in. What others there are mostly does not matter.

        Args:
            gone: endpoints that are there; also those whose weight changes.
            new: endpoints that are not, or no longer, with their weights.
        """
        counts = self._counts
        lost = self._points_of([(key, 0, counts[self.weights[key]]) for key in gone])
        for key in gone:
            self._total -= self.weights.pop(key)
            self._free.append(self._slots.pop(key))
        self._total += sum(new.values())
        self._counts = {weight: self._count_for(weight) for weight in {*self.weights.values(), *new.values()}}
        changed = {weight for weight, count in self._counts.items() if counts.get(weight, count) != count}
        more = []
        if changed:  # the ring has come to a bound of its size: all others get some points, or lose some
            others = [(key, counts[weight], weight) for key, weight in self.weights.items() if weight in changed]
            lost += self._points_of([(key, self._counts[weight], before) for key, before, weight in others])
            more = [(key, before, self._counts[weight]) for key, before, weight in others]
        for key in new:
            if self._free:
                slot = self._free.pop()
                self._members[slot] = key
            else:
                slot = len(self._members)
                self._members.append(key)
            self._slots[key] = slot
        self.weights.update(new)
        self._replace(lost, self._points_of([*more, *((key, 0, self._counts[weight]) for key, weight in new.items())]))

    def _replace(self, lost: Sequence[int], gained: Sequence[int]) -> None:
        points = self._points
        if len(lost) + len(gained) < _FEW_POINTS:
            for point in lost:
                del points[bisect_left(points, point)]
            for point in gained:
                insort(points, point)
            return
        if lost:
            missing = set(lost)
            points = [point for point in points if point not in missing]
        self._points = sorted([*points, *gained])

    def _points_of(self, wanted: Sequence[tuple[tuple[Address, ...], int, int]]) -> list[int]:
        """Returns points of endpoints, the slot of each in its lowest bits.

        Args:
            wanted: for each endpoint the first of its points, and the one after the last.
        """
        hashes, slots = [], []
        for key, first, end in wanted:
            if first < end:
                hashes.append(endpoint_points(key, end)[8 * first :])
                slots.append(self._slots[key].to_bytes(8, "little") * (end - first))
        # As bytes, the lowest first: thousands of endpoints have a hundred thousand points.
        words, low = bytearray().join(hashes), b"".join(slots)
        for place in range(_SLOT_BITS // 8):
            words[place::8] = low[place::8]
        points = array("Q", bytes(words))
        if sys.byteorder == "big":
            points.byteswap()
        return points.tolist()

    def _count_for(self, weight: int) -> int:
        """How many points an endpoint gets: as many whatever the others are, within the limits of the ring."""
        total = self._total or 1
        if _POINTS * total <= self._max_size:
            factor = max(_POINTS, self._min_size / total)
        else:
            # Halved until it fits, not divided: a number that changed with each endpoint would move all of them.
            factor = 2.0 ** math.floor(math.log2(self._max_size / total))
        return max(1, math.ceil(factor * weight - 1e-9))

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
        self._known = EndpointSet()
        self._has_twins = False  # whether several endpoints have the same addresses
        self._subchannels: dict[tuple[Address, ...], Subchannel] = {}  # of endpoints that were asked for
        self._states: dict[Subchannel, ChannelState] = {}
        self._by_state: dict[ChannelState, dict[Subchannel, None]] = {state: {} for state in ChannelState}
        self._ready: list[Subchannel] | None = None  # those that are READY; None when that is to be looked up
        self._failure = Failure("no endpoint could be connected to")
        self._quiet = False  # whether changes of state are not reported now, as this policy makes them itself
        self._report_due: asyncio.Handle | None = None

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Keeps the subchannels of the endpoints that stay, and most of the ring."""
        self._quiet = True
        ring = self._ring
        old, now = self._known.update(endpoints, everything=self._has_twins)
        gone = {endpoint.addresses: endpoint.weight for endpoint in old}
        new: dict[tuple[Address, ...], int] = {}
        for endpoint in now:
            new.setdefault(endpoint.addresses, endpoint.weight)
        known = not ring.weights.keys().isdisjoint(new.keys() - gone.keys()) if ring.weights else False
        self._has_twins = known or len(new) < len(now)
        if known:  # it has come to light that one of these is the twin of another
            new = {}
            for endpoint in endpoints:
                new.setdefault(endpoint.addresses, endpoint.weight)
            gone = dict(ring.weights)
        for key in [key for key in gone if new.get(key) == gone[key]]:
            del gone[key], new[key]  # another object says the same
        ring.change(gone, new)
        for key in gone:
            if key not in new and key in self._subchannels:
                self._subchannels.pop(key).shut_down()
        self._quiet = False
        self._report()

    def _subchannel_of(self, key: tuple[Address, ...]) -> Subchannel:
        """Returns the subchannel of an endpoint, which is made when it is first asked for."""
        subchannel = self._subchannels.get(key)
        if subchannel is None:
            subchannel = self._subchannels[key] = self.host.create_subchannel(key)
            self._note(subchannel)
        return subchannel

    def _an_idle_one(self) -> Subchannel | None:
        """Returns one of the endpoints that are not connected to, by chance, of those that nobody has asked for first.

        None if there is none.
        """
        if len(self._subchannels) < len(self._ring.weights):
            key = self._ring.find(random.getrandbits(64))
            if key in self._subchannels:
                key = next(key for key in self._ring.weights if key not in self._subchannels)
            return self._subchannel_of(key)
        idle = self._by_state[ChannelState.IDLE]
        return random.choice(list(idle)) if idle else None  # noqa: S311

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
        if failed and not found[ChannelState.CONNECTING]:
            idle = self._an_idle_one()
            if idle is not None:
                self._connect(idle)  # without calls nobody else would
        if failed and failed == len(self._ring.weights):
            self.host.update(ChannelState.TRANSIENT_FAILURE, FailingPicker(self._failure))
        elif failed >= 2:
            self.host.update(ChannelState.TRANSIENT_FAILURE, self)  # calls for the others wait nevertheless
        elif found[ChannelState.CONNECTING]:
            self.host.update(ChannelState.CONNECTING, self)
        else:
            self.host.update(ChannelState.IDLE, self)

    def pick(self, call: PickedCall) -> Pick:
        """Picks the endpoint at the call's place on the ring, or the next one after those that have failed."""
        number = call_hash(call, self._key)
        if number is None:
            number = random.getrandbits(64)
        first = self._subchannels.get(self._ring.find(number))
        if first is not None and first.connection is not None and first.state is ChannelState.READY:
            return first
        for key in self._ring.walk(number, 4 * _MAX_STEPS)[:_MAX_STEPS]:
            subchannel = self._subchannel_of(key)
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

    def share_of(self, subchannel: Subchannel) -> Share:
        """Tells the weight of an endpoint with one address."""
        return Share(self._ring.weights.get(tuple(subchannel.addresses)))

    def connect(self) -> None:
        """Connects to one endpoint, by chance, if none is or is being connected to."""
        found = self._by_state
        if not (found[ChannelState.READY] or found[ChannelState.CONNECTING]):
            idle = self._an_idle_one()
            if idle is not None:
                self._connect(idle)

    def close(self) -> None:
        """Ends all subchannels."""
        self._quiet = True
        if self._report_due is not None:
            self._report_due.cancel()
        for subchannel in self._subchannels.values():
            subchannel.shut_down()
