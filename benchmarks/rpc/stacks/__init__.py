"""The same service and the same client, once with each library; ``STACKS`` has them by name.

Each module has two functions: ``serve()`` runs the server inside ``async with`` and gives its port, ``connect(port)``
gives a :class:`Client` in the same way. They import generated code, so they can be loaded only where that is on the
path. All speak of one service, so that the client of one stack can call the server of another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["STACKS", "Client", "Stack"]


class Client(Protocol):
    """The calls that are measured.

    A client whose class has ``blocking = True`` has plain functions in place of coroutines: it is run by threads.
    """

    def unary(self, payload: bytes) -> Awaitable[Any]:
        """Sends a message with this payload and waits for it to come back."""

    async def download(self, count: int) -> None:
        """Receives so many small messages in one call."""

    async def chat(self, rounds: int) -> None:
        """Sends so many small messages in one call, each after the answer to the one before."""

    async def first_call(self) -> None:
        """Makes a new channel, one small unary call on it, and closes it."""

    async def hold_streams(self, count: int) -> None:
        """Opens so many calls of ``Chat``, takes one answer on each, and leaves them open."""

    async def hold_connections(self, count: int) -> None:
        """Makes so many channels with a connection each, and leaves them open after one small unary call."""


@dataclass(frozen=True)
class Stack:
    """One library.

    Attributes:
        module: the module in this package.
        generator: the code generator (see :func:`benchmarks.toolchain.generate`); None where there are no messages.
        requires: the distributions that must be installed.
        loop: the event loop, ``asyncio`` or ``uvloop``.
        only: the workloads that it has; None for all.
        holds: whether it can hold thousands of streams open: not where each takes a thread, nor where the server
            stops at 100 of them.
    """

    module: str
    generator: str | None
    requires: Sequence[str] = ()
    loop: str = "asyncio"
    only: Sequence[str] | None = None
    holds: bool = True


STACKS: Mapping[str, Stack] = {
    "grpc.aio": Stack("on_grpc_aio", "google", ["grpcio"]),
    "grpcio sync": Stack("on_grpc_sync", "google", ["grpcio"], holds=False),
    "minirpc": Stack("on_minirpc", "minirpc"),
    "minirpc on uvloop": Stack("on_minirpc", "minirpc", ["uvloop"], loop="uvloop"),
    "grpclib": Stack("on_grpclib", "grpclib", ["grpclib"], holds=False),
    "bare TCP": Stack("on_tcp", None, only=["unary, 1 in flight"], holds=False),
    "bare TCP on uvloop": Stack("on_tcp", None, ["uvloop"], loop="uvloop", only=["unary, 1 in flight"], holds=False),
}
"""The libraries by name; the first is the one that the others are compared with. Bare TCP, which echoes as many bytes
as a call takes with its frames, is what the event loop and the system leave to be had."""
