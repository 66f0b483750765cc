"""A resolver at work: what it finds is given to its channel, and after a failure it is asked again."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Protocol

from minirpc.aio.backoff import Backoff
from minirpc.aio.resolver import Resolution, Resolver

__all__ = ["Resolving", "ResolvingOwner"]


class ResolvingOwner(Protocol):
    """What hears of the resolver's findings: the channel."""

    def resolved(self, resolution: Resolution) -> None:
        """The target stands for this now. What it raises counts as a failure of the resolver."""

    def resolution_failed(self, error: Exception) -> None:
        """The resolver has failed; it is asked again."""


class Resolving:
    """Runs a resolver.

    Args:
        owner: hears of what it finds.
        resolver: the resolver.
        backoff: the waits after failures.
        interval: seconds from one resolution to the next hint that it may be out of date, at least.
    """

    def __init__(self, owner: ResolvingOwner, resolver: Resolver, backoff: Backoff, interval: float) -> None:
        self._owner = owner
        self._resolver = resolver
        self._backoff = backoff
        self._interval = interval
        self._loop = asyncio.get_running_loop()
        self._next_hint = 0.0  # when a hint may be given again, in the loop's time; 0 while nothing is known
        self._hint: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Resolves until it is cancelled, or the resolver says that no more will come."""
        failures = 0
        try:
            while True:
                began = self._loop.time()
                self._next_hint = 0.0
                try:
                    if await self._watch_once():
                        return
                    raise RuntimeError("the resolver found nothing")
                except Exception as error:  # noqa: BLE001  # a resolver may be the user's
                    failures = 1 if self._next_hint else failures + 1
                    self._owner.resolution_failed(error)
                await asyncio.sleep(began + self._backoff.delay(failures) - self._loop.time())
        finally:
            if self._hint is not None:
                self._hint.cancel()

    async def _watch_once(self) -> bool:
        """Returns whether the resolver has found anything before it ended."""
        found = False
        async with AsyncExitStack() as stack:
            resolutions = self._resolver.watch()
            close = getattr(resolutions, "aclose", None)
            if close is not None:
                stack.push_async_callback(close)
            async for resolution in resolutions:
                found = True
                self._next_hint = self._loop.time() + self._interval
                self._owner.resolved(resolution)
        return found

    def resolve_now(self) -> None:
        """Tells the resolver that its last resolution may be out of date, now or when enough time has passed."""
        if self._hint is None and self._next_hint:
            self._hint = self._loop.call_at(self._next_hint, self._give_hint)

    def _give_hint(self) -> None:
        self._hint = None
        self._next_hint = self._loop.time() + self._interval
        self._resolver.resolve_now()
