"""Measures each load balancing policy with many endpoints, and prints a table: ``python -m benchmarks.balancing``.

Times are those of the processor. The subchannels are real, and READY, though there is no connection behind one: what is
measured is the policy.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tabulate import tabulate

from minirpc.aio import (
    Backoff,
    ChannelState,
    Endpoint,
    LeastRequest,
    OutlierDetection,
    PolicyChoice,
    RingHash,
    RoundRobin,
    Subset,
    TcpAddress,
    Weighted,
)
from minirpc.aio.balancer import Balancer, Picker, WaitingPicker
from minirpc.aio.policy_registry import find_balancer
from minirpc.aio.subchannel import Subchannel
from minirpc.aio.target import Address
from minirpc.aio.waiting_calls import WaitingCalls

POLICIES: dict[str, Callable[[], PolicyChoice]] = {
    "round_robin": RoundRobin,
    "round_robin, with weights": RoundRobin,
    "least_request": LeastRequest,
    "weighted 90/10": lambda: Weighted({"v1": 90, "v2": 10}),
    "weighted 90/10, sticky": lambda: Weighted({"v1": 90, "v2": 10}, sticky="user"),
    "ring_hash": lambda: RingHash("user"),
    "outlier_detection, round_robin": OutlierDetection,
    "subset of 20, round_robin": lambda: Subset(20, client="pod-1"),
}


class Connection:
    """Stands for a connection without calls."""

    stream_count = 0


class ReadySubchannel(Subchannel):
    """Is READY as soon as it is told to connect."""

    def connect(self) -> None:
        if self._state is ChannelState.IDLE:
            self.connection = Connection()  # type: ignore[assignment]
            self._state = ChannelState.READY
            self._owner.subchannel_changed(self)

    def shut_down(self) -> None:
        self._state = ChannelState.SHUTDOWN
        self._owner.subchannel_changed(self)


class Host:
    """A channel for a policy."""

    def __init__(self) -> None:
        self.balancer: Balancer | None = None
        self.picker: Picker = WaitingPicker()
        self.connections = 0

    def create_subchannel(self, addresses: Sequence[Address]) -> Subchannel:
        owner: Any = self
        return ReadySubchannel(owner, owner, addresses, Backoff(), asyncio.get_running_loop(), WaitingCalls(None))

    def update(self, state: ChannelState, picker: Picker) -> None:
        self.picker = picker

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        self.connections += subchannel.state is ChannelState.READY
        assert self.balancer is not None
        self.balancer.subchannel_changed(subchannel)


class Call:
    """What a policy sees of a call."""

    path = "/geo.Geo/Find"

    def __init__(self, user: int) -> None:
        self.request_headers = [
            (b":method", b"POST"),
            (b":scheme", b"http"),
            (b":path", b"/geo.Geo/Find"),
            (b":authority", b"geo:80"),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
            (b"user-agent", b"grpc-python-minirpc"),
            (b"user", b"%d" % user),
        ]

    def add_done_callback(self, callback: Callable[[], object]) -> None: ...


def make_endpoints(count: int, *, first: int = 0, weighted: bool = False) -> list[Endpoint]:
    return [
        Endpoint(
            (TcpAddress(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 80),),
            weight=1 + number % 3 if weighted else 1,
            attributes={"version": "v2" if number % 10 == 0 else "v1"},
        )
        for number in range(first, first + count)
    ]


def milliseconds(run: Callable[[], object]) -> float:
    began = time.thread_time()
    run()
    return (time.thread_time() - began) * 1e3


async def measure(name: str, count: int, picks: int) -> list[Any]:
    weighted = name.endswith("with weights")
    endpoints = make_endpoints(count + max(count // 10, 1), weighted=weighted)
    calls = [Call(user) for user in range(picks)]
    gc.collect()
    tracemalloc.start()
    host = Host()
    balancer = host.balancer = find_balancer(POLICIES[name]())(host)
    balancer.update_endpoints(endpoints[:count])
    for call in calls[: max(picks // 10, 1)]:
        host.picker.pick(call)
    await asyncio.sleep(0)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    balancer.close()
    host = Host()
    balancer = host.balancer = find_balancer(POLICIES[name]())(host)
    first = milliseconds(lambda: balancer.update_endpoints(endpoints[:count]))
    at_once = host.connections
    for call in calls:  # a policy that connects for a call
        host.picker.pick(call)
    await asyncio.sleep(0)
    rounds = []
    for _ in range(5):
        began = time.thread_time_ns()
        for call in calls:
            host.picker.pick(call)
        rounds.append((time.thread_time_ns() - began) / picks)
    in_all = host.connections
    shifted = [endpoints[shift : count + shift] for shift in (1, 0, 1, 0, 1)]
    one = statistics.median(milliseconds(partial(balancer.update_endpoints, each)) for each in shifted)
    tenth = milliseconds(partial(balancer.update_endpoints, endpoints[-count:]))
    again = make_endpoints(count + max(count // 10, 1), weighted=weighted)[-count:]  # as a look-up in DNS finds them
    same = milliseconds(partial(balancer.update_endpoints, again))
    balancer.close()
    return [name, count, min(rounds), first, one, tenth, same, used / count, at_once, in_all]


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.balancing", description=__doc__)
    parser.add_argument("--endpoints", type=int, nargs="+", default=[10, 10_000])
    parser.add_argument("--picks", type=int, default=20_000)
    options = parser.parse_args()
    rows = [await measure(name, count, options.picks) for name in POLICIES for count in options.endpoints]
    headers = ["policy", "endpoints", "pick, ns", "first list, ms", "one replaced, ms", "a tenth replaced, ms"]
    headers += ["the same again, ms", "bytes each", "connections at once", "after the calls"]
    print(
        tabulate(rows, headers, tablefmt="github", floatfmt=("", "", ".0f", ".2f", ".2f", ".2f", ".2f", ".0f", "", ""))
    )


if __name__ == "__main__":
    asyncio.run(main())
