"""The states of channels and subchannels (gRPC's "Connectivity Semantics and API"), and those who watch them."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Container

__all__ = ["ChannelState", "StateWatch"]


class ChannelState(enum.Enum):
    """How a channel stands to its servers.

    Attributes:
        IDLE: it has no connection and makes none: the next call makes it connect.
        CONNECTING: it looks its target up or connects. Calls wait.
        READY: there is a connection.
        TRANSIENT_FAILURE: it could not connect, and tries again after a back-off. Calls fail, or wait if they are told
            to (``wait_for_ready``).
        SHUTDOWN: it was closed.
    """

    IDLE = "idle"
    CONNECTING = "connecting"
    READY = "ready"
    TRANSIENT_FAILURE = "transient failure"
    SHUTDOWN = "shutdown"


class StateWatch:
    """A state, and those who wait for it to change.

    Attributes:
        state: the state. :meth:`change` changes it.
    """

    def __init__(self) -> None:
        self.state = ChannelState.IDLE
        self._waiters: dict[asyncio.Future[ChannelState], Container[ChannelState]] = {}

    def change(self, state: ChannelState) -> None:
        """Changes the state, and wakes those who wait for it if it is another one."""
        if state is self.state or self.state is ChannelState.SHUTDOWN:
            return
        self.state = state
        for waiter, wanted in list(self._waiters.items()):
            if state in wanted and not waiter.done():
                waiter.set_result(state)

    async def reached(self, wanted: Container[ChannelState]) -> ChannelState:
        """Waits until the state is one of these, if only for a moment, and returns which."""
        if self.state in wanted:
            return self.state
        waiter: asyncio.Future[ChannelState] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = wanted
        try:
            return await waiter
        finally:
            del self._waiters[waiter]

    async def changed_from(self, state: ChannelState) -> ChannelState:
        """Waits until the state is not this one, and returns it."""
        others = frozenset(ChannelState) - {state}
        while self.state is state:
            await self.reached(others)
        return self.state

    async def states(self) -> AsyncIterator[ChannelState]:
        """Yields the state and then each that follows, the last of them if several have; ends after SHUTDOWN."""
        state = self.state
        yield state
        while state is not ChannelState.SHUTDOWN:
            state = await self.changed_from(state)
            yield state
