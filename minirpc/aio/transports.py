"""What transports do not say themselves."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress

try:
    import fcntl
    import termios
except ImportError:  # not on Windows
    fcntl = termios = None  # type: ignore[assignment, unused-ignore]

_GATHERS = hasattr(os, "writev")  # not on Windows

__all__ = ["peer_name", "send_without_delay", "unacknowledged", "write_pieces"]

_MAX_PIECES = 256  # that the system takes at once; POSIX grants 16, systems of today 1,024
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


def write_pieces(transport: asyncio.Transport, pieces: Sequence[bytes | bytearray | memoryview]) -> None:
    """Writes pieces one behind the other. Sockets that are not full take large ones from where they are.

    ``transport.writelines`` joins the pieces before Python 3.12, and in the first releases of 3.12 and 3.13 it does not
    say when the buffer is full (CVE-2024-12254).
    """
    if len(pieces) == 1:
        transport.write(pieces[0])
        return
    sock = transport.get_extra_info("socket")
    if sock is None or not _GATHERS or transport.get_extra_info("ssl_object") is not None:
        transport.write(b"".join(pieces))
        return
    taken = 0
    if not transport.get_write_buffer_size():
        # What the transport has was all handed to the system: nothing is overtaken. An error is met again, and dealt
        # with, by the transport.
        with suppress(OSError):
            taken = os.writev(sock.fileno(), pieces[:_MAX_PIECES])
    for piece in pieces:
        size = len(piece)
        if taken >= size:
            taken -= size
        else:
            transport.write(memoryview(piece)[taken:] if taken else piece)
            taken = 0
