"""Where a channel connects to and a server listens (gRPC's "Name Resolution" names the target schemes)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["TcpAddress", "UnixAddress", "parse_listen_address", "parse_target"]


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A host, by name or number, and a port.

    Attributes:
        host: a DNS name, an IPv4 address, or an IPv6 address without brackets.
        port: 0 to 65535; 0 only for listening, where the system then chooses.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """The path of a Unix domain socket."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


def parse_target(target: str) -> list[TcpAddress | UnixAddress]:
    """Reads a channel's target: ``host:port``, ``dns:///host:port``, ``ipv4:a:p,b:p``, ``ipv6:[a]:p``, ``unix:/path``.

    Raises:
        ValueError: none of these, or no port.
    """
    scheme, separator, rest = target.partition(":")
    if separator and scheme == "dns":
        # dns:[//authority/]host:port; the system's resolver has no use for an authority.
        if rest.startswith("//"):
            authority, _, rest = rest[2:].partition("/")
            if authority:
                raise ValueError(f"target {target!r} names a DNS server; only the system's resolver is supported")
        return [_parse_host_and_port(rest, target)]
    if separator and scheme in ("ipv4", "ipv6"):
        return [_parse_host_and_port(address, target) for address in rest.removeprefix("///").split(",")]
    if separator and scheme == "unix":
        return [_parse_unix(rest, target)]
    if separator and rest.startswith("//"):
        raise ValueError(
            f"target {target!r} has the scheme {scheme!r}; there are host:port, dns:, ipv4:, ipv6: and unix:"
        )
    return [_parse_host_and_port(target, target)]


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
    return UnixAddress(unquote(path))


def _parse_host_and_port(text: str, target: str) -> TcpAddress:
    host, separator, port = text.rpartition(":")
    if not separator or not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError(f"{target!r} is not host:port with a port from 0 to 65535")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{target!r}: an IPv6 address needs brackets, as in [::1]:50051")
    return TcpAddress(host, int(port))
