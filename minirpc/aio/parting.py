"""How a connection's transport is closed: what was sent last is to arrive, and nobody is waited for without end."""

from __future__ import annotations

import asyncio

from minirpc.aio.transports import unacknowledged

__all__ = ["LINGER", "LINGER_AFTER_FAILURE", "Parting"]

LINGER = 30.0
"""Seconds for the peer to take the rest of a connection that ends well."""

LINGER_AFTER_FAILURE = 1.0
"""The same where only a GOAWAY is still worth sending."""

_LEAVE_TIMEOUT = 1.0  # seconds for a client to close a connection that is drained, before the server does


class Parting:
    """The end of one connection's transport.

    Attributes:
        said: whether the peer has been told that nothing follows, and closing is left to it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.said = False
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._abort_timer: asyncio.TimerHandle | None = None
        self._leave_timer: asyncio.TimerHandle | None = None

    def begin(self, transport: asyncio.Transport) -> None:
        """The transport is there."""
        self._transport = transport

    def end(self) -> None:
        """The transport is gone."""
        self._transport = None
        for timer in (self._abort_timer, self._leave_timer):
            if timer is not None:
                timer.cancel()

    def leave_to_peer(self, linger: float) -> bool:
        """Says that nothing follows, and for a while leaves it to the peer to close.

        A socket that is closed while bytes lie in it unread resets its connection (RFC 1122, section 4.2.2.13), and a
        reset can overtake the last response.

        Args:
            linger: see :meth:`close`.

        Returns:
            False if that is not possible.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        try:
            transport.write_eof()
        except (NotImplementedError, OSError):  # the transport has no such thing, or the socket has gone
            return False
        self.said = True
        self._wait_for_close(self._loop.time() + linger)
        return True

    def _wait_for_close(self, limit: float) -> None:
        """Closes after a while in which the peer had everything and did not close, but not much after ``limit``."""
        self._leave_timer = self._loop.call_later(_LEAVE_TIMEOUT, self._end_of_while, limit)

    def _end_of_while(self, limit: float) -> None:
        transport = self._transport
        held = transport is not None and (transport.get_write_buffer_size() or unacknowledged(transport))
        if held and self._loop.time() < limit:
            self._wait_for_close(limit)
        else:
            self.close(LINGER_AFTER_FAILURE)

    def close(self, linger: float) -> None:
        """Closes the transport after what was written.

        Args:
            linger: seconds for the peer to take that. A closed transport with a full buffer waits without end for a
                peer that does not read, and the streams would wait with it.
        """
        if self._transport is not None:
            self._transport.close()
            when = self._loop.time() + linger
            if self._abort_timer is None or when < self._abort_timer.when():
                if self._abort_timer is not None:
                    self._abort_timer.cancel()
                self._abort_timer = self._loop.call_at(when, self.abort)

    def abort(self) -> None:
        """Closes the transport at once."""
        if self._transport is not None:
            self._transport.abort()
