"""Policies under lists that change at random, with endpoints that fail and come back: who is left, and who is reached.

Subchannels are real, but connect without a socket: so there can be hundreds, and hundreds of lists.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from minirpc.aio import (
    Backoff,
    Balancer,
    ChannelState,
    Endpoint,
    Failure,
    LeastRequest,
    OutlierDetection,
    PolicyChoice,
    RingHash,
    RoundRobin,
    Subchannel,
    Subset,
    TcpAddress,
    WaitingPicker,
    Weighted,
)
from minirpc.aio.balancer import Picker
from minirpc.aio.policy_registry import find_balancer
from minirpc.aio.target import Address
from minirpc.aio.waiting_calls import WaitingCalls

POLICIES: dict[str, Callable[[], PolicyChoice]] = {
    "round_robin": RoundRobin,
    "least_request": LeastRequest,
    "ring_hash": lambda: RingHash("user", 16, 512),
    "weighted": lambda: Weighted({"v1": 1, "v2": 1}),
    "outlier_detection": lambda: OutlierDetection(LeastRequest()),
    "subset": lambda: Subset(400, client="x"),
}


class Idle:
    """Stands for a connection without calls."""

    stream_count = 0


class Wireless(Subchannel):
    """Is READY as soon as it is told to connect."""

    def turn(self, state: ChannelState) -> None:
        if state is not self._state:
            self._failure = Failure("as told") if state is ChannelState.TRANSIENT_FAILURE else None
            self.connection = Idle() if state is ChannelState.READY else None  # type: ignore[assignment]
            self._state = state
            self._owner.subchannel_changed(self)

    def connect(self) -> None:
        if self._state is ChannelState.IDLE:
            self.turn(ChannelState.READY)

    def shut_down(self) -> None:
        self.turn(ChannelState.SHUTDOWN)


class Host:
    """A channel for a policy."""

    def __init__(self) -> None:
        self.balancer: Balancer
        self.picker: Picker = WaitingPicker()
        self.living: dict[Wireless, None] = {}

    def create_subchannel(self, addresses: Sequence[Address]) -> Subchannel:
        owner: Any = self
        made = Wireless(owner, owner, addresses, Backoff(), asyncio.get_running_loop(), WaitingCalls(None))
        self.living[made] = None
        return made

    def update(self, state: ChannelState, picker: Picker) -> None:
        self.picker = picker

    def subchannel_changed(self, subchannel: Any) -> None:
        if subchannel.state is ChannelState.SHUTDOWN:
            del self.living[subchannel]
        self.balancer.subchannel_changed(subchannel)


class Call:
    path = "/a.B/C"

    def __init__(self, user: int) -> None:
        self.request_headers = [(b":path", b"/a.B/C"), (b"user", b"%d" % user)]

    def add_done_callback(self, callback: Callable[[], object]) -> None: ...


class Lists:
    """Makes lists: mostly of the same objects, some of new ones with the same addresses, some with an address twice."""

    def __init__(self, size: int, chance: random.Random) -> None:
        self._pool = [TcpAddress(f"10.0.{number >> 8}.{number & 255}", 80) for number in range(size)]
        self._known: dict[TcpAddress, Endpoint] = {}
        self._chance = chance

    def _make(self, address: TcpAddress) -> Endpoint:
        return Endpoint(
            (address,),
            weight=self._chance.choice([1, 1, 2, 5]),
            attributes={"version": f"v{1 + sum(map(ord, address.host)) % 2}"},
        )

    def next(self) -> list[Endpoint]:
        chance = self._chance
        addresses = chance.sample(self._pool, chance.randint(1, len(self._pool)))
        for address in addresses:
            if address not in self._known or chance.random() < 0.15:
                self._known[address] = self._make(address)
        endpoints = [self._known[address] for address in addresses]
        if chance.random() < 0.4:
            endpoints += [self._make(address) for address in addresses[:3]]
            chance.shuffle(endpoints)
        return endpoints


def some_fail(host: Host, chance: random.Random) -> None:
    for each in list(host.living):
        if each.state is ChannelState.TRANSIENT_FAILURE:
            each.turn(chance.choice([ChannelState.READY, ChannelState.TRANSIENT_FAILURE]))
        elif each.state is ChannelState.READY and chance.random() < 0.06:
            each.turn(chance.choice([ChannelState.IDLE, ChannelState.TRANSIENT_FAILURE]))


def addresses_of(subchannels: Sequence[Subchannel]) -> list[Address]:
    return sorted((each.addresses[0] for each in subchannels), key=str)


@pytest.mark.parametrize("size", [3, 140])
@pytest.mark.parametrize("policy", POLICIES)
async def test_whatever_the_lists_endpoints_of_the_last_one_are_reached_and_no_others(policy: str, size: int) -> None:
    chance = random.Random(f"{policy} {size}")
    random.seed(size)
    lists, host = Lists(size, chance), Host()
    host.balancer = find_balancer(POLICIES[policy]())(host)
    endpoints: list[Endpoint] = []
    for _ in range(20):
        endpoints = lists.next()
        host.balancer.update_endpoints(endpoints)
        some_fail(host, chance)
        await asyncio.sleep(0)
        for _ in range(chance.choice([5, size])):
            picked = host.picker.pick(Call(chance.randrange(1 << 30)))
            assert not isinstance(picked, Subchannel) or picked.state is ChannelState.READY
        there = {each.addresses[0] for each in endpoints}
        found = addresses_of(list(host.living))
        assert there.issuperset(found)
        assert len(found) == len(set(found)), "one connection for each address"
    for each in list(host.living):
        each.turn(ChannelState.READY)
    await asyncio.sleep(0)
    wanted = {each.addresses[0] for each in endpoints}
    reached: set[Address] = set()
    for _ in range(400 * size):
        picked = host.picker.pick(Call(chance.randrange(1 << 30)))
        await asyncio.sleep(0)
        if isinstance(picked, Subchannel):
            reached.add(picked.addresses[0])
        if reached == wanted:
            break
    assert reached == wanted
    host.balancer.close()
    assert not host.living
