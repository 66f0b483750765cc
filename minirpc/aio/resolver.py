"""What a channel's target stands for: resolvers find the endpoints behind a name, and go on finding them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from minirpc.aio.target import TcpAddress, UnixAddress

__all__ = ["Endpoint", "Resolution", "Resolver", "register_resolver"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server, which may have several addresses.

    Attributes:
        addresses: where it is; at least one.
        weight: its share of the calls.
        zone: where it runs; empty where that is unknown.
        attributes: anything else that load balancing wants to know of it.
    """

    addresses: tuple[TcpAddress | UnixAddress, ...]
    weight: int = 1
    zone: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name stands for now.

    Attributes:
        endpoints: the servers.
    """

    endpoints: tuple[Endpoint, ...]


class Resolver(ABC):
    """Finds the endpoints behind a name."""

    @abstractmethod
    def watch(self) -> AsyncIterator[Resolution]:
        """Yields what the name stands for, and again whenever that has changed."""

    def resolve_now(self) -> None:  # noqa: B027  # a hint
        """Says that the last resolution may be out of date."""


_factories: dict[str, Callable[[Any], Resolver]] = {}
ResolverFactory: TypeAlias = Callable[[Any], Resolver]


def register_resolver(scheme: str, factory: ResolverFactory) -> None:
    """Has targets with this scheme resolved by what the factory makes."""
    _factories[scheme] = factory
