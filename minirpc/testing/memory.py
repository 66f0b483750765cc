"""A connection without a socket: two transports, each of which delivers what is written to the other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Link", "MemoryTransport", "Quality"]

_LOW_WATER = 1 << 14
_HIGH_WATER = 1 << 16


class Quality:
    """How a link carries bytes now; both of its directions ask before each piece."""

    stalled = False

    def piece_size(self, available: int) -> int:
        """Returns how many of the bytes that have arrived one read shall give: 1 to ``available``."""
        return available

    def delay(self) -> float:
        """Returns the seconds that what is written now takes."""
        return 0.0


class Link:
    """Two ends of a connection.

    Attributes:
        client, server: the transports.
        budget: bytes until the link breaks, for each end that receives; None for no limit.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        quality: Quality,
        names: tuple[str, str],
        on_lost: Callable[[Link], object],
    ) -> None:
        self.quality = quality
        self.client = MemoryTransport(self, loop, names[1])
        self.server = MemoryTransport(self, loop, names[0])
        self.client.other, self.server.other = self.server, self.client
        self.budget: dict[MemoryTransport, int] = {}
        self._on_lost = on_lost

    def connect(self, client: asyncio.BufferedProtocol, server: asyncio.BufferedProtocol) -> None:
        """Tells both protocols that they are connected."""
        self.server.begin(server)
        self.client.begin(client)

    def cut(self) -> None:
        """Breaks the connection: both ends lose it, and what is under way."""
        for end in (self.server, self.client):
            end.lose(ConnectionResetError("the connection was cut"))

    def resume(self) -> None:
        """Goes on after a stall."""
        for end in (self.server, self.client):
            end.schedule()

    def end_lost(self) -> None:
        """Reports the end of the link, once both transports are gone."""
        if self.client.lost and self.server.lost:
            self._on_lost(self)


class MemoryTransport(asyncio.Transport):
    """One end of a link."""

    other: MemoryTransport

    def __init__(self, link: Link, loop: asyncio.AbstractEventLoop, peer_name: str) -> None:
        super().__init__({"peername": peer_name})
        self.lost = False
        self._link = link
        self._loop = loop
        self._protocol: asyncio.BufferedProtocol | None = None
        self._arriving: deque[tuple[float, memoryview | None]] = deque()  # with the time of arrival; None is the end
        self._scheduled = False
        self._reading = True
        self._closing = False
        self._unsent = 0
        self._write_paused = False
        self._high = _HIGH_WATER
        self._low = _LOW_WATER

    def begin(self, protocol: asyncio.BufferedProtocol) -> None:
        """Connects a protocol."""
        self._protocol = protocol
        protocol.connection_made(self)

    # -- asyncio.Transport

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Returns the protocol."""
        assert self._protocol is not None
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Replaces the protocol."""
        assert isinstance(protocol, asyncio.BufferedProtocol)
        self._protocol = protocol

    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        return self._closing

    def is_reading(self) -> bool:
        """Whether what arrives is given to the protocol."""
        return self._reading

    def pause_reading(self) -> None:
        """Holds what arrives."""
        self._reading = False

    def resume_reading(self) -> None:
        """Gives what has arrived."""
        self._reading = True
        self.schedule()

    def get_write_buffer_size(self) -> int:
        """Bytes that the other end has not taken."""
        return self._unsent

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Sets when the protocol is told to pause and to resume writing."""
        self._high = _HIGH_WATER if high is None else high
        self._low = self._high // 4 if low is None else low

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sends."""
        if self._closing or not data:
            return
        self._unsent += len(data)
        self._send(memoryview(bytes(data)))
        if self._unsent > self._high and not self._write_paused and self._protocol is not None:
            self._write_paused = True
            self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """Whether :meth:`write_eof` works: not here."""
        return False

    def close(self) -> None:
        """Delivers what was written, then ends the connection."""
        if not self._closing:
            self._closing = True
            self._send(None)
            self._loop.call_soon(self.lose, None)

    def abort(self) -> None:
        """Ends the connection at once."""
        self._closing = True
        self._loop.call_soon(self.lose, None)
        self._loop.call_soon(self.other.lose, ConnectionResetError("connection reset by the other end"))

    # -- the way to the other end

    def _send(self, data: memoryview | None) -> None:
        other = self.other
        if other.lost:
            self._taken(0 if data is None else len(data))
            return
        due = self._loop.time() + self._link.quality.delay()
        if other._arriving:
            due = max(due, other._arriving[-1][0])  # bytes do not overtake each other
        other._arriving.append((due, data))
        other.schedule()

    def schedule(self) -> None:
        """Sees to it that what has arrived is delivered, one piece in each turn of the loop."""
        if self._scheduled or self.lost or not self._arriving or not self._reading or self._link.quality.stalled:
            return
        self._scheduled = True
        due = self._arriving[0][0]
        if due > self._loop.time():
            self._loop.call_at(due, self._deliver)
        else:
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        self._scheduled = False
        if self.lost or not self._arriving or not self._reading or self._link.quality.stalled:
            return
        assert self._protocol is not None
        due, data = self._arriving.popleft()
        if data is None:
            self._protocol.eof_received()
            self.close()
            return
        buffer = memoryview(self._protocol.get_buffer(-1))
        size = self._link.quality.piece_size(min(len(data), len(buffer)))
        budget = self._link.budget.get(self)
        if budget is not None:
            size = min(size, budget)
            self._link.budget[self] = budget - size
        if size < len(data):
            self._arriving.appendleft((due, data[size:]))
        buffer[:size] = data[:size]
        self.other._taken(size)
        self._protocol.buffer_updated(size)
        if budget is not None and budget <= size:
            self._link.cut()
        self.schedule()

    def _taken(self, size: int) -> None:
        self._unsent -= size
        if self._write_paused and self._unsent <= self._low and not self.lost and self._protocol is not None:
            self._write_paused = False
            self._protocol.resume_writing()

    def lose(self, error: Exception | None) -> None:
        """Ends this end of the connection."""
        if self.lost:
            return
        self.lost = self._closing = True
        self._arriving.clear()
        if self._protocol is not None:
            self._protocol.connection_lost(error)
        self._link.end_lost()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Knows the other end's name, as ``peername``."""
        return super().get_extra_info(name, default)
