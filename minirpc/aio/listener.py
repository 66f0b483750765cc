"""Listening sockets: they accept connections, and live through times without file descriptors.

asyncio's own listeners turn the dual stack of IPv6 off, and log a traceback for each second without descriptors. There
is no task that listens: whoever waits for all tasks of a loop would wait for ever.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from minirpc.aio.inspection import register
from minirpc.aio.lifetime import hold
from minirpc.aio.target import TcpAddress, UnixAddress
from minirpc.lazy import lazy

if TYPE_CHECKING:
    import pathlib
else:
    pathlib = lazy("pathlib")

__all__ = ["Listener", "bind"]

_log = logging.getLogger("minirpc.server")

_BACKLOG = 1024  # connections that wait to be accepted; the kernel has a limit of its own
_ACCEPTS_IN_TURN = 16  # connections; however many there are, the others have their turn
_RETRY_DELAY = 0.5  # seconds to wait when connections cannot be accepted

_Where: TypeAlias = tuple[Any, ...]
"""A socket's address: host and port, and what else the family has."""


async def bind(address: TcpAddress | UnixAddress) -> list[socket.socket]:
    """Returns sockets that listen on an address: one for each of a host's addresses, all on one port.

    ``::`` takes IPv4 as well, where the system has it.

    Raises:
        OSError: the address cannot be bound; its text names the address.
    """
    with ExitStack() as opened:
        sockets: list[socket.socket] = []
        try:
            if isinstance(address, UnixAddress):
                sockets.append(_bind_unix(address.path))
                opened.callback(sockets[-1].close)
            else:
                for family, where in await _resolve(address):
                    sock = _open_tcp(family)
                    if sock is None:
                        continue
                    opened.callback(sock.close)
                    port = sockets[0].getsockname()[1] if sockets else address.port
                    _bind_tcp(sock, (where[0], port, *where[2:]), dual_stack=address.host == "::")
                    sockets.append(sock)
                if not sockets:
                    raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
            for sock in sockets:
                sock.setblocking(False)
                sock.listen(_BACKLOG)
        except OSError as error:
            reason = error.strerror or str(error)
            raise OSError(error.errno, f"cannot listen on {address}: {reason}") from error
        opened.pop_all()
        return sockets


async def _resolve(address: TcpAddress) -> list[tuple[int, _Where]]:
    """Returns the families and the addresses of a host. One that is a number needs no resolver, nor a thread for it."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            socket.inet_pton(family, address.host)
            return [(family, (address.host, address.port))]
    found = await asyncio.get_running_loop().getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return list(dict.fromkeys((family, where) for family, _, _, _, where in found))


def _open_tcp(family: int) -> socket.socket | None:
    """Returns a socket, or None where the system lacks the family."""
    try:
        return socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:
            return None
        raise


def _bind_tcp(sock: socket.socket, where: _Where, *, dual_stack: bool) -> None:
    if os.name == "posix" and sys.platform != "cygwin":
        # Connections of a server that has just ended do not keep the next one from its port.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sock.family == socket.AF_INET6 and hasattr(socket, "IPPROTO_IPV6"):
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not dual_stack)
    sock.bind(where)


def _bind_unix(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if not path.startswith("\0"):
            _remove_stale(pathlib.Path(path))
        sock.bind(path)
    except BaseException:
        sock.close()
        raise
    return sock


def _remove_stale(path: pathlib.Path) -> None:
    """Removes the socket that a server which did not end well has left behind."""
    with suppress(FileNotFoundError):
        if path.is_socket():
            path.unlink()


class Listener:
    """Accepts the connections of one socket.

    Attributes:
        loop: the event loop.
        name: the address that it listens on.
        number: what it is found by, see :func:`minirpc.aio.inspection.register`.
    """

    def __init__(
        self,
        sock: socket.socket,
        loop: asyncio.AbstractEventLoop,
        make_protocol: Callable[[], asyncio.BaseProtocol],
        accepts_in_turn: int | None = None,
    ) -> None:
        """Begins to accept.

        Args:
            sock: a socket that listens, and does not block. The listener closes it.
            loop: the event loop.
            make_protocol: gives the protocol for a connection.
            accepts_in_turn: connections to accept at most in one turn of the loop; None for some.
        """
        self._sock = sock
        self.name = _name_of(sock)
        self.number = register(self)
        self.loop = loop
        self._make_protocol = make_protocol
        self._accepts_in_turn = accepts_in_turn or _ACCEPTS_IN_TURN
        self._arriving: set[asyncio.Task[None]] = set()
        self._exhausted = False
        self._retry: asyncio.TimerHandle | None = None
        hold(self)
        self._resume()

    @property
    def address(self) -> Any:
        """The address as the socket gives it; None when it is closed."""
        return self._sock.getsockname() if self._sock.fileno() >= 0 else None

    @property
    def descriptor(self) -> int:
        """The number of the socket's file, or -1 when it is closed."""
        return self._sock.fileno()

    def close(self) -> None:
        """Stops; the address is free from now on. May be called again."""
        if self._sock.fileno() < 0:
            return
        self._pause()
        if self._retry is not None:
            self._retry.cancel()
        self._sock.close()

    def leave_to_parent(self) -> None:
        """Closes this process's copy: see :class:`minirpc.aio.lifetime.SocketHolder`."""
        self.close()

    async def wait_closed(self) -> None:
        """Waits until the connections that have been accepted are told to their protocols."""
        if self._arriving:
            await asyncio.wait(self._arriving)

    def _resume(self) -> None:
        self.loop.add_reader(self._sock.fileno(), self._accept)

    def _pause(self) -> None:
        self.loop.remove_reader(self._sock.fileno())

    def _accept(self) -> None:
        """Accepts some of the connections that wait; the loop calls again while there are more."""
        for _ in range(self._accepts_in_turn):
            try:
                sock, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # No descriptors, no memory, or the network is down: it would fail again at once.
                if not self._exhausted:
                    self._exhausted = True
                    _log.warning("cannot accept connections on %s for now: %s", self.name, error.strerror)
                self._pause()
                self._retry = self.loop.call_later(_RETRY_DELAY, self._resume)
                return
            if self._exhausted:
                self._exhausted = False
                _log.warning("accepting connections on %s again", self.name)
            sock.setblocking(False)
            task = self.loop.create_task(self._begin(sock))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    async def _begin(self, sock: socket.socket) -> None:
        try:
            await self.loop.connect_accepted_socket(self._make_protocol, sock)
        except Exception as error:  # noqa: BLE001  # a socket that is of no use: the others are
            _log.debug("a connection that was accepted on %s did not begin: %s", self.name, error)
            sock.close()


def _name_of(sock: socket.socket) -> str:
    name = sock.getsockname()
    if sock.family == socket.AF_INET6:
        return f"[{name[0]}]:{name[1]}"
    return f"{name[0]}:{name[1]}" if sock.family == socket.AF_INET else f"unix:{name}"
