"""Two hosts with a cable between them that can be cut: network namespaces of Linux, joined by a veth pair.

Nothing of it is to be seen from outside: both namespaces are those of threads of this process, and go with them. A cut
cable drops packets without a word, as a router that has lost its power: frames then go to a hardware address that
nobody has.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from minirpc.aio import Address, TcpAddress

_CLONE_NEWNET = 0x40000000
_NOBODY = "02:00:00:00:00:99"

T = TypeVar("T")


class Host:
    """One network namespace.

    Attributes:
        address: its IPv4 address.
    """

    def __init__(self, number: int) -> None:
        self.address = f"10.0.0.{number}"
        self.hardware = f"02:00:00:00:00:{number:02x}"
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=self.address)

    def run(self, function: Callable[[], T]) -> T:
        """Calls a function there."""
        return self.thread.submit(function).result()

    def ip(self, *arguments: object) -> None:
        """Runs ``ip``."""
        self.run(lambda: subprocess.run(["ip", *map(str, arguments)], check=True, capture_output=True))

    def listen(self) -> socket.socket:
        """A socket that listens there."""
        return self.run(lambda: socket.create_server((self.address, 0)))

    async def connect(self, address: Address, protocol: asyncio.BufferedProtocol) -> object:
        """Connects from there; a connector of channels."""
        assert isinstance(address, TcpAddress)
        loop = asyncio.get_running_loop()
        sock = self.run(socket.socket)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, (address.host, address.port))
            return await loop.create_connection(lambda: protocol, sock=sock)
        except BaseException:
            sock.close()
            raise


class Cable:
    """What joins two hosts.

    Attributes:
        hosts: the two.
    """

    def __init__(self) -> None:
        self.hosts = (Host(1), Host(2))

    def lay(self) -> None:
        """Raises:
        OSError: the process may not have network namespaces, or there is no program ``ip``.
        """
        one, two = self.hosts
        for host in self.hosts:
            host.run(_leave_network)
        try:
            other = two.run(threading.get_native_id)
            one.ip("link", "add", "v", "address", one.hardware, "type", "veth", "peer", "name", "v", "netns", other)
            two.ip("link", "set", "v", "address", two.hardware)
            for host in self.hosts:
                host.ip("address", "add", f"{host.address}/24", "dev", "v")
                host.ip("link", "set", "v", "up")
        except subprocess.CalledProcessError as error:
            raise OSError(error.stderr) from None
        self.mend()

    def cut(self) -> None:
        """No packet passes any more."""
        self._know(_NOBODY, _NOBODY)

    def mend(self) -> None:
        """Packets pass again."""
        self._know(self.hosts[1].hardware, self.hosts[0].hardware)

    def _know(self, *neighbours: str) -> None:
        for host, other, neighbour in zip(self.hosts, reversed(self.hosts), neighbours, strict=True):
            host.ip("neighbour", "replace", other.address, "lladdr", neighbour, "dev", "v", "nud", "permanent")

    def remove(self) -> None:
        """The namespaces go with their threads."""
        for host in self.hosts:
            host.thread.shutdown()


def _leave_network() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@contextmanager
def cable() -> Iterator[Cable]:
    """Two hosts and their cable.

    Raises:
        OSError: see :meth:`Cable.lay`.
    """
    made = Cable()
    try:
        made.lay()
        yield made
    finally:
        made.remove()
