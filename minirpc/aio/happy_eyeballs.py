"""Which of several addresses to connect to: happy eyeballs (RFC 8305, and gRFC A61 for what gRPC makes of it).

An attempt begins when the one before it has failed, or has taken a while; the first that succeeds wins. So an address
that swallows packets costs a quarter of a second, and not the whole time that connecting may take.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from minirpc.aio.target import Address, UnixAddress

__all__ = ["AllFailedError", "connect_to_first", "interleave"]

ATTEMPT_DELAY = 0.25  # seconds; RFC 8305 section 8, "Connection Attempt Delay"
_TOLD = 3  # failures that the message names


class Abortable(Protocol):
    """A connection, as far as it matters here."""

    def abort(self) -> None:
        """Closes it at once."""


ConnectionT = TypeVar("ConnectionT", bound=Abortable)


class AllFailedError(Exception):
    """No address could be connected to. The message says why for each; what the last one failed of is the cause.

    Attributes:
        failures: what each attempt has raised, at least one.
    """

    def __init__(self, failures: Sequence[Exception]) -> None:
        told = [str(failure) for failure in failures[-_TOLD:]]
        if len(failures) > _TOLD:
            told.append(f"and {len(failures) - _TOLD} other addresses")
        super().__init__("; ".join(told))
        self.failures = failures


def interleave(addresses: Iterable[Address]) -> list[Address]:
    """Orders addresses so that families take turns, each in its own order, the first address's family first."""
    families: dict[str, deque[Address]] = {}
    for address in dict.fromkeys(addresses):
        family = "unix" if isinstance(address, UnixAddress) else "6" if ":" in address.host else "4"
        families.setdefault(family, deque()).append(address)
    ordered: list[Address] = []
    while families:
        for family, members in list(families.items()):
            ordered.append(members.popleft())
            if not members:
                del families[family]
    return ordered


async def connect_to_first(
    addresses: Sequence[Address], connect: Callable[[Address], Awaitable[ConnectionT]]
) -> ConnectionT:
    """Connects to the first address that answers.

    Args:
        addresses: at least one, in the order in which to try them.
        connect: connects to one. What it raises is a failure of this address; its text names the address.

    Raises:
        AllFailedError: none could be connected to.
    """
    if len(addresses) == 1:
        return await _connect_to_only(addresses[0], connect)
    waiting = deque(addresses)
    running: dict[asyncio.Future[ConnectionT], None] = {}
    failures: list[Exception] = []
    winner: ConnectionT | None = None
    try:
        while winner is None:
            if waiting:
                running[asyncio.ensure_future(connect(waiting.popleft()))] = None
            elif not running:
                raise AllFailedError(failures) from failures[-1].__cause__
            done, _ = await asyncio.wait(
                running, timeout=ATTEMPT_DELAY if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                del running[task]
                if task.cancelled():  # not by us: something in it was
                    failures.append(RuntimeError("connecting was cancelled"))
                    continue
                try:
                    winner = _one_of(winner, task.result())
                except Exception as error:  # noqa: BLE001  # whatever it is, there may be another address
                    failures.append(error)
        await _end(running)
        return winner
    except asyncio.CancelledError:
        if winner is not None:
            winner.abort()
        await _end(running)
        raise


async def _connect_to_only(address: Address, connect: Callable[[Address], Awaitable[ConnectionT]]) -> ConnectionT:
    """Connects to an address beside which there is none: that takes no race, and no task of its own."""
    try:
        return await connect(address)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # Not by us: something in it was.
        raise AllFailedError([RuntimeError("connecting was cancelled")]) from error
    except Exception as error:  # noqa: BLE001  # whatever it is, it is this address's
        raise AllFailedError([error]) from error.__cause__


def _one_of(first: ConnectionT | None, second: ConnectionT) -> ConnectionT:
    """Of two connections that were made at the same time, keeps the first."""
    if first is None:
        return second
    second.abort()
    return first


async def _end(running: Iterable[asyncio.Future[ConnectionT]]) -> None:
    """Ends attempts, and closes the connections of those that have succeeded meanwhile."""
    tasks = list(running)
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and task.exception() is None:
            task.result().abort()
