"""Where a channel connects to and a server listens (gRPC's "Name Resolution" names the target schemes)."""

from __future__ import annotations

import socket
from collections.abc import Container
from typing import TypeAlias

from minirpc.frozen import frozen
from minirpc.rpc.percent import percent_decode

__all__ = [
    "Address",
    "Target",
    "TcpAddress",
    "UnixAddress",
    "host_of",
    "is_number",
    "parse_dns_target",
    "parse_listen_address",
    "parse_static_target",
    "split_target",
]


_NUMBERS = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
_set = object.__setattr__


@frozen
class TcpAddress:
    """A host, by name or number, and a port.

    Attributes:
        host: a DNS name, an IPv4 address, or an IPv6 address without brackets.
        port: 0 to 65535; 0 only for listening, where the system then chooses.
    """

    host: str
    port: int

    # a resolver makes thousands, and load balancing looks them up
    def __init__(self, host: str, port: int) -> None:
        _set(self, "host", host)
        _set(self, "port", port)

    def __eq__(self, other: object) -> bool:
        if type(other) is not TcpAddress:
            return NotImplemented
        return self.host == other.host and self.port == other.port

    def __hash__(self) -> int:
        return hash((self.host, self.port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@frozen
class UnixAddress:
    """The path of a Unix domain socket."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


Address: TypeAlias = TcpAddress | UnixAddress


@frozen
class Target:
    """What a channel was given to connect to, taken apart: ``scheme://authority/path``.

    Attributes:
        scheme: what kind of name it is; ``dns`` where the target has none.
        authority: who is to be asked for the name; mostly empty.
        path: the name, without a leading slash.
        text: the target as it was given.
    """

    scheme: str
    authority: str
    path: str
    text: str

    def __str__(self) -> str:
        return self.text


def split_target(text: str, schemes: Container[str]) -> Target:
    """Takes a target apart. One whose scheme is none of ``schemes``, nor looks like one, is a name for DNS.

    Raises:
        ValueError: it has a scheme that is none of these.
    """
    scheme, separator, rest = text.partition(":")
    if separator and scheme in schemes:
        if scheme == "unix":  # unix://path would have the path's beginning for an authority
            return Target(scheme, "", rest, text)
        authority = ""
        if rest.startswith("//"):
            authority, _, rest = rest[2:].partition("/")
        return Target(scheme, authority, rest, text)
    if separator and rest.startswith("//"):
        raise ValueError(
            f"target {text!r} has the scheme {scheme!r}; there are host:port, dns:, ipv4:, ipv6:, unix:, static: and "
            "what register_resolver has added"
        )
    return Target("dns", "", text, text)


def parse_static_target(target: Target) -> list[Address]:
    """Reads the addresses of ``ipv4:a:p,b:p``, ``ipv6:[a]:p``, ``unix:/path`` and ``static:`` (a list of any of them).

    The brackets of ``ipv6:`` may be percent-encoded, as URIs have them.

    Raises:
        ValueError: none of these, no port, or what is after ``ipv4:`` or ``ipv6:`` is no number of that kind.
    """
    if target.scheme == "unix":
        return [_parse_unix(target.path, target.text)]
    if target.scheme in _NUMBERS:
        return [_parse_number(each, target) for each in _unquote(target.path).split(",")]
    return [
        _parse_unix(address.removeprefix("unix:"), target.text)
        if address.startswith("unix:")
        else _parse_host_and_port(address, target.text)
        for address in target.path.split(",")
    ]


def _parse_number(text: str, target: Target) -> TcpAddress:
    address = _parse_host_and_port(text, target.text)
    if not _is_of(_NUMBERS[target.scheme], address.host.partition("%")[0]):  # %eth0: a link-local one's interface
        kind = "IPv4" if target.scheme == "ipv4" else "IPv6"
        raise ValueError(f"{target.text!r}: {address.host!r} is no {kind} address; names go with dns: or static:")
    return address


def parse_dns_target(target: Target) -> TcpAddress:
    """Reads ``host:port`` or ``dns:///host:port``.

    Raises:
        ValueError: no port, or the target names a DNS server, of which the system's resolver has no use.
    """
    if target.authority:
        raise ValueError(
            f"target {target.text!r} names a DNS server, which the system's resolver cannot ask: "
            "install minirpc[dns] and import minirpc.dns"
        )
    return _parse_host_and_port(target.path, target.text)


def parse_listen_address(address: str) -> TcpAddress | UnixAddress:
    """Reads an address to listen on: ``host:port`` (port 0: any free port), ``[::]:port`` or ``unix:/path``.

    Raises:
        ValueError: none of these.
    """
    if address.startswith("unix:"):
        return _parse_unix(address.removeprefix("unix:"), address)
    return _parse_host_and_port(address, address)


def _parse_unix(path: str, target: str) -> UnixAddress:
    if path.startswith("//"):
        path = path[2:]
        if not path.startswith("/"):
            raise ValueError(f"{target!r}: the path after unix:// must be absolute")
    if not path:
        raise ValueError(f"{target!r} has no path")
    return UnixAddress(_unquote(path))


def _parse_host_and_port(text: str, target: str) -> TcpAddress:
    host, separator, port = text.rpartition(":")
    if not separator or not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError(f"{target!r} is not host:port with a port from 0 to 65535")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{target!r}: an IPv6 address needs brackets, as in [::1]:50051")
    return TcpAddress(host, int(port))


def is_number(host: str) -> bool:
    """Whether a host is an IPv4 or an IPv6 address, the latter perhaps with its interface (``fe80::1%eth0``)."""
    number, separator, interface = host.partition("%")
    return (_is_of(socket.AF_INET6, number) and bool(interface or not separator)) or _is_of(socket.AF_INET, host)


def _is_of(family: int, number: str) -> bool:
    try:
        socket.inet_pton(family, number)
    except (OSError, ValueError):  # the latter for what is not ASCII, or has a NUL
        return False
    return True


def _unquote(text: str) -> str:
    return percent_decode(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")  # as for files


def host_of(authority: str) -> str:
    """The host of an authority ``host``, ``host:port`` or ``[::1]:port``."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]
