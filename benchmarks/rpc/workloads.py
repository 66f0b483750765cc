"""What is measured, and how long a client does it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from benchmarks.rpc.stacks import Client

__all__ = ["WORKLOADS", "Workload", "run"]

_SMALL = b"0123456789"
_LARGE = bytes(1 << 20)
_HUGE = bytes(64 << 20)
_BATCH = 500  # messages or rounds in one streaming call


@dataclass(frozen=True)
class Workload:
    """One thing that clients do.

    Attributes:
        operation: starts a call.
        in_flight: calls at once.
        batch: what one call counts for: one RPC, or so many messages.
        unit: what is counted.
    """

    operation: Callable[[Client], Awaitable[Any]]
    in_flight: int
    batch: int
    unit: str


def _unary(client: Client) -> Awaitable[Any]:
    return client.unary(_SMALL)


def _download(client: Client) -> Awaitable[Any]:
    return client.download(_BATCH)


def _chat(client: Client) -> Awaitable[Any]:
    return client.chat(_BATCH)


def _echo(client: Client) -> Awaitable[Any]:
    return client.unary(_LARGE)


def _echo_huge(client: Client) -> Awaitable[Any]:
    return client.unary(_HUGE)


def _first_call(client: Client) -> Awaitable[Any]:
    return client.first_call()


WORKLOADS: Mapping[str, Workload] = {
    "unary, 1 in flight": Workload(_unary, 1, 1, "RPC"),
    "unary, 10 in flight": Workload(_unary, 10, 1, "RPC"),
    "unary, 100 in flight": Workload(_unary, 100, 1, "RPC"),
    "server streaming, 1 stream": Workload(_download, 1, _BATCH, "message"),
    "server streaming, 8 streams": Workload(_download, 8, _BATCH, "message"),
    "bidi ping-pong, 1 stream": Workload(_chat, 1, _BATCH, "round trip"),
    "echo of 1 MiB, 1 in flight": Workload(_echo, 1, 1, "MiB"),
    "echo of 64 MiB, 1 in flight": Workload(_echo_huge, 1, 64, "MiB"),
    "connect + first call": Workload(_first_call, 1, 1, "connection"),
}
"""All workloads by name."""


async def run(workload: Workload, client: Client, seconds: float, calls: int) -> tuple[int, float]:
    """Makes calls until the time is over or so many are made, and waits for those that run.

    Returns:
        What was counted, and the time it took in seconds.
    """
    begin = perf_counter()
    end = begin + seconds
    left = calls
    done = 0

    def more() -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and perf_counter() < end

    async def caller() -> None:
        nonlocal done
        while more():
            await workload.operation(client)
            done += workload.batch

    def blocking_caller() -> None:
        nonlocal done
        while more():
            workload.operation(client)
            done += workload.batch

    if getattr(client, "blocking", False):
        with ThreadPoolExecutor(workload.in_flight) as threads:
            for waiting in [threads.submit(blocking_caller) for _ in range(workload.in_flight)]:
                waiting.result()
    else:
        await asyncio.gather(*(caller() for _ in range(workload.in_flight)))
    return done, perf_counter() - begin
