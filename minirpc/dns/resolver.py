"""A resolver that asks DNS servers itself, to know how long their answers hold, and which weights a service has."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import random
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.resolver

from minirpc.aio import Endpoint, Resolution, Resolver, StaticResolver, Target, TcpAddress

__all__ = ["TtlDnsResolver"]

_JITTER = 0.2  # by what part a time between two look-ups is longer, at random
_MAX_TARGETS = 1000  # of an SRV record set; those beyond are left out
_MAX_QUERIES = 20  # at a time


class TtlDnsResolver(Resolver):
    """All IPv4 and IPv6 addresses of a host, or the servers that SRV records name, for as long as the records hold.

    A name that begins with an underscore, such as ``_grpc._tcp.geo.example``, has SRV records (RFC 2782): each of the
    servers with the best priority is an endpoint, with its port, its weight and all its addresses. Otherwise each
    address of the host is an endpoint, IPv6 first.

    A name of which DNS knows nothing is left to the system, which has a hosts file, too.
    """

    delivers_service_config = False

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        nameserver: TcpAddress | None = None,
        min_refresh: float = 5.0,
        max_refresh: float = 300.0,
        timeout: float = 5.0,
    ) -> None:
        """Prepares; nothing is asked yet.

        Args:
            host: the name.
            port: the port on all addresses; None for a name with SRV records, which have their own.
            nameserver: whom to ask, by number; None for the system's name servers.
            min_refresh, max_refresh: seconds after which the name is looked up again, at least and at most; in between,
                the shortest TTL counts. Up to a fifth more, by chance. A look-up for a reason is :meth:`resolve_now`.
            timeout: seconds for the answer to one question.

        Raises:
            ValueError: a number is out of range, or the port is missing, or there is one that SRV records have.
        """
        if not (0 < min_refresh <= max_refresh and timeout > 0):
            raise ValueError("0 < min_refresh <= max_refresh and timeout > 0 are needed, in seconds")
        self._by_srv = host.startswith("_")
        if self._by_srv != (port is None):
            raise ValueError(f"{host!r} {'has its ports in SRV records' if self._by_srv else 'needs a port'}")
        self._host = host
        self._port = port or 0
        self._nameserver = nameserver
        self._min_refresh = min_refresh
        self._max_refresh = max_refresh
        self._timeout = timeout
        self._wanted = asyncio.Event()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._host}>"

    @classmethod
    def from_target(cls, target: Target) -> Resolver:
        """Returns the resolver of a target: ``host:port``, ``dns:///host:port``, ``dns:///_service._tcp.host``.

        The same with a name server: ``dns://10.0.0.1:53/host:port``.

        Raises:
            ValueError: the target cannot be read.
        """
        nameserver = None
        if target.authority:
            nameserver = _parse(target.authority, 53, target.text)
            if not _is_number(nameserver.host):
                raise ValueError(f"target {target.text!r}: a name server is given by its number")
        if target.path.startswith("_"):
            return cls(target.path, nameserver=nameserver)
        address = _parse(target.path, None, target.text)
        if _is_number(address.host):
            return StaticResolver([address])
        return cls(address.host, address.port, nameserver=nameserver)

    async def watch(self) -> AsyncIterator[Resolution]:
        """Looks the name up, and again when the answers have had their time or there is a reason; tells changes.

        Raises:
            OSError: the name cannot be looked up now.
        """
        known: tuple[Endpoint, ...] | None = None
        while True:
            self._wanted.clear()
            endpoints, ttl = await self._look_up()
            if known is None or set(endpoints) != set(known):  # servers rotate the order
                known = endpoints
                yield Resolution(endpoints)
            wait = min(max(ttl, self._min_refresh), self._max_refresh)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait * random.uniform(1, 1 + _JITTER)):  # noqa: S311
                    await self._wanted.wait()

    def resolve_now(self) -> None:
        """Looks the name up again."""
        self._wanted.set()

    async def _look_up(self) -> tuple[tuple[Endpoint, ...], float]:
        """Returns the endpoints, and the seconds for which they hold."""
        try:
            queries = _Queries(self._nameserver, self._timeout)
            if self._by_srv:
                endpoints = await self._find_servers(queries)
            else:
                addresses = await self._find_addresses(queries, self._host, self._port)
                endpoints = [Endpoint((address,)) for address in addresses]
        except (dns.exception.DNSException, UnicodeError) as error:
            raise OSError(f"no address of {self._host}: {error}") from error
        if not endpoints:
            raise OSError(f"no address of {self._host}")
        return tuple(endpoints), queries.ttl

    async def _find_servers(self, queries: _Queries) -> list[Endpoint]:
        records = await queries.ask(self._host, "SRV")
        best = min((record.priority for record in records), default=0)
        # "." is no server: the service is decidedly not there (RFC 2782)
        chosen = [record for record in records if record.priority == best and len(record.target.labels) > 1]
        found = await asyncio.gather(
            *(self._find_addresses(queries, record.target.to_text(), record.port) for record in chosen[:_MAX_TARGETS])
        )
        return [
            Endpoint(tuple(addresses), weight=max(record.weight, 1))
            for record, addresses in zip(chosen, found, strict=False)
            if addresses
        ]

    async def _find_addresses(self, queries: _Queries, host: str, port: int) -> Sequence[TcpAddress]:
        records: list[Any] = []
        if host.rstrip(".").rpartition(".")[2] != "localhost":  # RFC 6761: not for DNS
            for answer in await asyncio.gather(queries.ask(host, "AAAA"), queries.ask(host, "A")):
                records += answer
        if records or self._nameserver is not None:
            return [TcpAddress(record.address, port) for record in records]
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(TcpAddress(str(sockaddr[0]), port) for *_, sockaddr in found))


class _Queries:
    """The questions of one look-up.

    Attributes:
        ttl: the shortest time to live of the answers so far, in seconds; infinite while there is none.
    """

    def __init__(self, nameserver: TcpAddress | None, timeout: float) -> None:
        self.ttl = float("inf")
        # made for each look-up: the system's configuration may have changed
        self._resolver = dns.asyncresolver.Resolver(configure=nameserver is None)
        if nameserver is not None:
            self._resolver.nameservers = [nameserver.host]
            self._resolver.port = nameserver.port
        self._timeout = timeout
        self._free = asyncio.Semaphore(_MAX_QUERIES)

    async def ask(self, name: str, kind: str) -> list[Any]:
        """Returns the records of this kind; none where the server says that there are none.

        Raises:
            DNSException: no server has said anything of use. Also where another kind of records could be had: half of
                the endpoints are worse than those of before.
        """
        async with self._free:
            try:
                answer = await self._resolver.resolve(
                    name, kind, raise_on_no_answer=False, lifetime=self._timeout, search=True
                )
            except dns.resolver.NXDOMAIN:
                return []
        if answer.rrset is None:
            return []
        self.ttl = min(self.ttl, float(answer.rrset.ttl))
        return list(answer.rrset)


def _parse(text: str, default_port: int | None, target: str) -> TcpAddress:
    host, separator, port = text.rpartition(":")
    if default_port is not None and (not separator or text.endswith("]")):
        host, port = text, str(default_port)
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError(f"{target!r} is not host:port with a port from 0 to 65535")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{target!r}: an IPv6 address needs brackets, as in [::1]:50051")
    return TcpAddress(host, int(port))


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
