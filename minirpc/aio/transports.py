"""What transports do not say themselves."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

try:
    import fcntl
    import termios
except ImportError:  # not on Windows
    fcntl = termios = None  # type: ignore[assignment, unused-ignore]

__all__ = ["peer_name", "send_without_delay", "unacknowledged"]

_IPV4_MAPPED = "::ffff:"  # RFC 4291 section 2.5.5.2: how a socket of both stacks names an IPv4 address


def peer_name(transport: asyncio.Transport) -> str:
    """Returns the other side's address as gRPC writes it: ``ipv4:10.0.0.1:50051``, ``ipv6:[::1]:50051``,
    ``unix:/path``."""
    sock = transport.get_extra_info("socket")
    name = transport.get_extra_info("peername")
    if sock is not None and sock.family == socket.AF_INET:
        return f"ipv4:{name[0]}:{name[1]}" if name else ""  # no name: the peer has gone already
    if sock is not None and sock.family == socket.AF_INET6:
        if name and name[0].startswith(_IPV4_MAPPED):
            return f"ipv4:{name[0].removeprefix(_IPV4_MAPPED)}:{name[1]}"
        return f"ipv6:[{name[0]}]:{name[1]}" if name else ""
    if sock is None and name:
        return str(name)  # no socket: the transport says itself what its other end is
    return f"unix:{name or transport.get_extra_info('sockname') or ''}"


def send_without_delay(transport: asyncio.Transport) -> None:
    """Has TCP send what is written at once. asyncio does so only for sockets that name TCP as their protocol: those
    that a listener accepted may not, and would hold the last bytes of a write back until the peer acknowledges others.
    """
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):  # the socket has gone already
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def unacknowledged(transport: asyncio.Transport) -> int:
    """Returns how many bytes the kernel holds that the other side has not taken; 0 where the kernel does not say."""
    sock = transport.get_extra_info("socket")
    if sock is None or fcntl is None or termios is None:
        return 0
    with suppress(OSError):  # no socket of TCP, or it has gone
        (size,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))
        return int(size)
    return 0
