"""What a channel's target stands for: resolvers find the endpoints behind a name, and go on finding them.

To have a kind of name of your own, write a :class:`Resolver` and give it to one channel, ``Channel(name,
resolver=…)``, or to all whose target has a scheme: ``register_resolver("consul", lambda target: …)``.
"""

from __future__ import annotations

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, ClassVar, TypeAlias

from minirpc.aio.target import (
    Address,
    Target,
    TcpAddress,
    is_number,
    parse_dns_target,
    parse_static_target,
    split_target,
)
from minirpc.chance import random
from minirpc.frozen import frozen
from minirpc.rpc.service_config import ServiceConfig

__all__ = [
    "DnsResolver",
    "Endpoint",
    "Resolution",
    "Resolver",
    "StaticResolver",
    "create_resolver",
    "parse_target",
    "register_resolver",
]

REFRESH = 30.0
"""Seconds between two look-ups of a name, for policies to which new endpoints matter."""

_set = object.__setattr__
_JITTER = 0.2  # by what part of itself the time between two look-ups is shorter or longer


@frozen
class Endpoint:
    """One server, which may have several addresses: one for each network or IP version, say.

    Attributes:
        addresses: where it is; at least one.
        weight: its share of the calls, for load balancing that looks at it: 1 or more.
        zone: where it runs; empty where that is unknown.
        attributes: anything else that load balancing wants to know of it, such as labels.
    """

    addresses: tuple[Address, ...]
    weight: int = 1
    zone: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)

    # a resolver makes thousands, and load balancing compares them with those that it has
    def __init__(
        self,
        addresses: tuple[Address, ...],
        weight: int = 1,
        zone: str = "",
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        """Raises ``ValueError`` for an endpoint without an address, and for a weight below 1."""
        if not addresses:
            raise ValueError("an endpoint has at least one address")
        if weight < 1:
            raise ValueError(f"the weight of an endpoint is at least 1, not {weight}")
        _set(self, "addresses", addresses)
        _set(self, "weight", weight)
        _set(self, "zone", zone)
        _set(self, "attributes", {} if attributes is None else attributes)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Endpoint:
            return NotImplemented
        return (
            self.addresses == other.addresses
            and self.weight == other.weight
            and self.zone == other.zone
            and self.attributes == other.attributes
        )

    def __hash__(self) -> int:
        return hash((self.addresses, self.weight, self.zone))


@frozen
class Resolution:
    """What a name stands for now.

    Attributes:
        endpoints: the servers, in the order of preference. Without any, calls fail.
        service_config: what the owner of the service says about how to call it, typed, as JSON, or as what
            ``json.loads`` makes of it; None for nothing, and then the channel's own counts. One that means nothing is
            logged, and the last good one stays.
    """

    endpoints: tuple[Endpoint, ...]
    service_config: ServiceConfig | str | Mapping[str, Any] | None = None


class Resolver(ABC):
    """Finds the endpoints behind a name. It is used on one event loop, by one channel.

    Attributes:
        delivers_service_config: whether resolutions may have a service config. Calls wait for the first resolution
            then, since it says how to make them.
    """

    delivers_service_config: ClassVar[bool] = True

    @abstractmethod
    def watch(self) -> AsyncIterator[Resolution]:
        """Yields what the name stands for, and again whenever that has changed.

        Mostly an asynchronous generator. When it ends, the last resolution stays. An exception is a failure: the
        channel goes on with the last resolution, and calls ``watch`` again after a back-off. The iteration is cancelled
        when the channel is closed or idle; after that, ``watch`` may be called again.
        """

    def resolve_now(self) -> None:  # noqa: B027  # a hint, which many resolvers have no use for
        """Says that the last resolution may be out of date: a connection failed, or its server goes away.

        The channel calls this seldom (see ``resolve_interval`` of :class:`minirpc.aio.Channel`).
        """


class StaticResolver(Resolver):
    """Endpoints that are known from the beginning.

    Args:
        endpoints: the endpoints; an address stands for an endpoint that has only this one.

    Attributes:
        resolution: what the name stands for, always.
    """

    delivers_service_config = False

    def __init__(self, endpoints: Iterable[Endpoint | Address]) -> None:
        self.resolution = Resolution(
            tuple(each if isinstance(each, Endpoint) else Endpoint((each,)) for each in endpoints)
        )

    async def watch(self) -> AsyncIterator[Resolution]:
        """Yields the endpoints, once."""
        yield self.resolution


class DnsResolver(Resolver):
    """All IPv4 and IPv6 addresses of a host, in the system's order (RFC 6724), each an endpoint.

    Args:
        host: a host name.
        port: the port on all its addresses.
        refresh: seconds between two look-ups without any reason, a fifth more or less; None for never. A look-up for a
            reason is :meth:`resolve_now`.
    """

    delivers_service_config = False

    def __init__(self, host: str, port: int, *, refresh: float | None = None) -> None:
        if refresh is not None and not refresh > 0:
            raise ValueError(f"refresh must be more than 0 seconds or None, not {refresh}")
        self._address = TcpAddress(host, port)
        self._refresh = refresh
        self._wanted = asyncio.Event()

    def keep_fresh(self) -> None:
        """Looks the host up from time to time, if nothing was said of that: new endpoints matter to the channel."""
        if self._refresh is None:
            self._refresh = REFRESH

    async def watch(self) -> AsyncIterator[Resolution]:
        """Looks the host up, and again whenever there is a reason."""
        while True:
            self._wanted.clear()
            yield Resolution(tuple(Endpoint((address,)) for address in await self._look_up()))
            delay = None
            if self._refresh is not None:
                delay = self._refresh * random.uniform(1 - _JITTER, 1 + _JITTER)
            try:
                async with asyncio.timeout(delay):
                    await self._wanted.wait()
            except TimeoutError:
                pass

    def resolve_now(self) -> None:
        """Looks the host up again."""
        self._wanted.set()

    async def _look_up(self) -> Iterable[TcpAddress]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                self._address.host, self._address.port, type=socket.SOCK_STREAM
            )
        except Exception as error:  # a name that cannot be one is a ValueError
            raise OSError(f"no address of {self._address.host}: {getattr(error, 'strerror', None) or error}") from error
        return dict.fromkeys(TcpAddress(str(sockaddr[0]), int(sockaddr[1])) for *_, sockaddr in found)


ResolverFactory: TypeAlias = Callable[[Target], Resolver]


def _resolve_by_dns(target: Target) -> Resolver:
    address = parse_dns_target(target)
    return DnsResolver(address.host, address.port)


def _resolve_statically(target: Target) -> Resolver:
    return StaticResolver(parse_static_target(target))


_STATIC = dict.fromkeys(("ipv4", "ipv6", "unix", "static"), _resolve_statically)
_factories: dict[str, ResolverFactory] = {"dns": _resolve_by_dns, **_STATIC}


def register_resolver(scheme: str, factory: ResolverFactory) -> None:
    """Has targets with this scheme, ``scheme://authority/path``, resolved by what the factory makes.

    Args:
        scheme: the scheme, in lower case. One that is there already is replaced for channels made from now on.
        factory: makes the resolver of a channel; raises ``ValueError`` for a target that it cannot read.

    Raises:
        ValueError: the scheme is no lower-case scheme of a URI.
    """
    if not (scheme.isascii() and scheme[:1].isalpha() and scheme.islower() and set("+-.").issuperset(_signs(scheme))):
        raise ValueError(f"{scheme!r} is no scheme: lower-case letters, digits, '+', '-' and '.', a letter first")
    _factories[scheme] = factory


def _signs(text: str) -> Iterable[str]:
    return (character for character in text if not character.isalnum())


def parse_target(text: str) -> Target:
    """Takes a target apart.

    Raises:
        ValueError: it has a scheme that is not registered.
    """
    return split_target(text, _factories)


def create_resolver(target: Target) -> tuple[Resolver, list[Address] | None]:
    """Makes the resolver for a target, and returns with it the addresses that the target itself names.

    These are the resolver's own if it is a static one, the host of a ``dns`` target, and else None.

    Raises:
        ValueError: the target cannot be read.
    """
    factory = _factories[target.scheme]
    resolver = factory(target)
    if factory is _resolve_statically:
        return resolver, parse_static_target(target)
    if target.scheme != "dns":
        return resolver, None
    try:
        address = parse_dns_target(target)
    except ValueError:
        if factory is _resolve_by_dns:
            raise
        return resolver, None  # a resolver in place of ours understands more
    if is_number(address.host):
        resolver = StaticResolver([address])  # without a thread and a look-up
    return resolver, [address]
