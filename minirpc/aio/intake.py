"""How one connection takes up what arrives: how much of it at a time, when it stops, and what it only drops."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from minirpc.aio.read_buffers import ReadBuffer
from minirpc.http2 import Engine

__all__ = ["Intake", "IntakeOwner"]

_TIME_IN_TURN = 0.005  # seconds; a read may hold thousands of small frames, for all of which others would wait
_MAX_UNREAD_REPLIES = 1 << 18  # bytes of answers to frames, made while the socket is full, above which reading stops
_MAX_DISCARDED = 1 << 18  # bytes that are read, and dropped, after a GOAWAY for a fault


class IntakeOwner(Protocol):
    """What an intake needs of its connection."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop."""
        ...

    @property
    def engine(self) -> Engine:
        """The HTTP/2 engine, which gets the bytes."""
        ...

    @property
    def bytes_written(self) -> int:
        """How many bytes have left the engine."""
        ...

    @property
    def client_side(self) -> bool:
        """Whether this side has opened the connection."""
        ...

    def bytes_taken(self, *, backlog: bool) -> None:
        """The engine has had some of what arrived. With a backlog, :meth:`Intake.new_turn` is due in the next turn of
        the loop."""

    def taking_failed(self) -> None:
        """The engine has raised an exception, which goes on."""


class Intake:
    """What a connection reads.

    Attributes:
        buffer: what to read into.
        receiving: whether the engine is at it.
        last_read: the loop's time at which bytes last arrived.
    """

    def __init__(self, owner: IntakeOwner) -> None:
        """Prepares; it begins with :meth:`begin`."""
        self.buffer = ReadBuffer()
        self.last_read = owner.loop.time()
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self.receiving = False
        self._until = 0.0  # when to stop in this turn of the loop: a loop may read several times in one
        self._backlog = False  # whether the engine holds frames that are for a later turn
        self._socket_full = False
        self._unread_replies = 0  # bytes that the peer's frames made this side send since the socket is full
        self._discard: int | None = None  # bytes that are still read, for nothing, once the peer has broken the rules

    def begin(self, transport: asyncio.Transport) -> None:
        """The transport is there."""
        self._transport = transport
        self.last_read = self._owner.loop.time()

    def end(self) -> None:
        """The transport is gone."""
        self._transport = None
        # Engine and connection know each other: without this, the buffer would wait for the garbage collector.
        self.buffer.release()

    @property
    def is_open(self) -> bool:
        """Whether what arrives is taken up, now or in the next turns: not while answers pile up that nobody reads."""
        return self._transport is not None and (self._transport.is_reading() or self._backlog) and not self._choked

    def take(self, size: int) -> None:
        """So many bytes have been read into the buffer."""
        self.last_read = self._owner.loop.time()
        if self._discard is not None:
            self._discard -= size
            if self._discard < 0:
                self._pause()
            self.buffer.release()
            return
        self._receive(self.buffer.get()[:size])
        self.buffer.release()  # the engine has copied what it keeps

    def _receive(self, data: bytes | memoryview) -> None:
        owner, engine = self._owner, self._owner.engine
        was_full = self._socket_full
        made = owner.bytes_written + engine.output_size if was_full else 0
        now = time.monotonic()
        if now >= self._until:
            self._until = now + _TIME_IN_TURN
        self.receiving = True
        try:
            self._backlog = engine.receive(data, self._until)
        except BaseException:  # an error of ours, or KeyboardInterrupt
            owner.taking_failed()
            raise
        finally:
            self.receiving = False
        if was_full and owner.client_side:  # what its tasks send now answers nothing
            self._unread_replies += owner.bytes_written + engine.output_size - made
        owner.bytes_taken(backlog=self._backlog)
        if was_full and not owner.client_side:
            # Messages wait for the socket, but answers to frames (PING, SETTINGS, refused streams) are made at once: a
            # peer that asks for them without reading them must not fill our memory.
            self._unread_replies += owner.bytes_written + engine.output_size - made
        if self._backlog or self._choked:
            self._pause()

    def new_turn(self) -> None:
        """Goes on with what the last turn has left: every connection has its share of each."""
        self._until = 0.0
        if self._backlog and not self._choked:
            if self._transport is None or self._transport.is_closing() or self._discard is not None:
                self._backlog = False
            else:
                self._receive(b"")
                self._resume()

    def socket_is_full(self) -> None:
        """What is written waits from now on."""
        self._socket_full = True

    def socket_has_room(self) -> None:
        """The peer has read some of what was written."""
        self._socket_full = False
        self._unread_replies = 0
        if self._backlog:
            self._owner.bytes_taken(backlog=True)  # which has a turn to come
        else:
            self._resume()

    def discard(self) -> None:
        """From now on a little is read, for nothing: see :meth:`Connection._leave`."""
        self._discard = _MAX_DISCARDED
        if self._backlog:
            self._backlog = False
            self._resume()

    @property
    def _choked(self) -> bool:
        return self._unread_replies > _MAX_UNREAD_REPLIES

    def _pause(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def _resume(self) -> None:
        sated = self._discard is not None and self._discard < 0
        if self._transport is not None and not (self._backlog or self._choked or sated):
            self._transport.resume_reading()
