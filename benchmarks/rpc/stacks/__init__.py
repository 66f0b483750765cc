"""The same service and the same client, once with each library; ``STACKS`` has them by name.

Each module has two functions: ``serve()`` runs the server inside ``async with`` and gives its port, ``connect(port)``
gives a :class:`Client` in the same way. They import generated code, so they can be loaded only where that is on the
path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["STACKS", "Client", "Stack"]


class Client(Protocol):
    """The calls that are measured."""

    def unary(self, payload: bytes) -> Awaitable[Any]:
        """Sends a message with this payload and waits for it to come back."""

    async def download(self, count: int) -> None:
        """Receives so many small messages in one call."""

    async def chat(self, rounds: int) -> None:
        """Sends so many small messages in one call, each after the answer to the one before."""


@dataclass(frozen=True)
class Stack:
    """One library.

    Attributes:
        module: the module in this package.
        generator: the code generator (see :func:`benchmarks.toolchain.generate`).
        requires: the distributions that must be installed.
    """

    module: str
    generator: str
    requires: Sequence[str] = ()


STACKS: Mapping[str, Stack] = {
    "grpc.aio": Stack("on_grpc_aio", "google", ["grpcio"]),
    "minirpc": Stack("on_minirpc", "minirpc"),
    "grpclib": Stack("on_grpclib", "grpclib", ["grpclib"]),
}
"""The libraries by name; the first is the one that the others are compared with."""
