"""A call that may take several attempts: retries and hedging (gRFC A6), as the caller's call object sees it.

It is a stream that never has a connection: its attempts do. What the caller sends is kept, and goes to each of them,
until the call is committed to one: its response headers have arrived, too much was sent to be kept, or no other one can
follow. From then on the call is that attempt. Deadline and cancellation are the call's, and end all attempts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from minirpc.aio.client_stream import ClientStream, StreamCarrier
from minirpc.aio.deadlines import Deadlines
from minirpc.aio.service_configs import AttemptRules
from minirpc.aio.stream import CROWDED_READS, StreamConnection
from minirpc.aio.subchannel import Failure
from minirpc.aio.waiter import Waiter
from minirpc.errors import StatusCode
from minirpc.http2 import ErrorCode, Header
from minirpc.rpc.framing import PREFIX_SIZE
from minirpc.rpc.retry import PREVIOUS_ATTEMPTS, Hedges, Pushback, Retries, find_pushback
from minirpc.rpc.status import Status

__all__ = ["RetryingStream"]

_log = logging.getLogger("minirpc.channel")


class RetryingStream(ClientStream):
    """A call with a policy of retries or of hedging; or one that has to wait until it is known which one it has."""

    waited_for_name = False

    def __init__(self, *args: Any, begin: Callable[[ClientStream], object], **options: Any) -> None:
        """Prepares a call; :meth:`start` starts it.

        Args:
            args, options: those of :class:`ClientStream`.
            begin: sends an attempt on its way, with the credentials that it takes.
        """
        super().__init__(*args, **options)
        self._begin = begin
        self._rules: AttemptRules = None
        self._attempts: list[_Attempt] = []  # those that run
        self._winner: _Attempt | None = None  # the one that the call is committed to
        self._launched = 0
        self._tried: list[StreamCarrier] = []  # where attempts have been that have failed
        self._overflown = False  # more was sent than is kept: the call is committed to the next attempt
        self._next: asyncio.TimerHandle | None = None  # when there is another attempt
        self._last: Status | None = None  # of the attempt that failed last
        self._senders: list[Waiter] = []
        self._heard: StreamConnection | None = None  # of the attempt that was heard of last

    def start(self, rules: AttemptRules) -> None:
        """Makes the first attempt."""
        self._rules = rules
        if rules is not None and self._request is not None and self._retry_buffer is not None:
            # One request is kept whatever its size, as long as those of all calls have room together.
            if self._retry_buffer.take(len(self._request)):
                self._held_room = len(self._request)
            else:
                self._overflown = True
        if isinstance(rules, Hedges):
            self._hedge()
        else:
            self._launch(0)

    def adapt(self, *, deadline: float | None, wait_for_ready: bool, max_receive_message_size: int) -> None:
        """Takes what the method's config says, before the first attempt; arguments as for the constructor."""
        self.wait_for_ready = wait_for_ready
        self._max_receive_message_size = max_receive_message_size
        if deadline != self._deadline and deadline is not None:
            Deadlines.remove(self)
            self._deadline = deadline
            self._source.deadlines.add(self, deadline, self._loop)

    def resolution_failed(self, failure: Failure) -> None:
        """The target cannot be resolved now, so what holds for the call is not known."""
        if not self.wait_for_ready:
            self.fail(failure.code, failure.message, failure.cause)

    # -- attempts

    def _launch(self, previous: int) -> None:
        headers = list(self._headers)
        if previous:
            headers.append((PREVIOUS_ATTEMPTS, b"%d" % previous))
        attempt = _Attempt(
            self._source,
            self._loop,
            headers,
            request=self._request,
            single_response=self._single_response,
            deadline=self._deadline,
            max_receive_message_size=self._max_receive_message_size,
            max_receive_metadata_size=self._max_receive_metadata_size,
            encoding=self.send_encoding,
            wait_for_ready=self.wait_for_ready,
            retry_buffer=self._retry_buffer,
        )
        attempt.join(self)
        if previous:
            running = [each.carrier for each in self._attempts if each.carrier is not None]
            attempt.avoided = [*self._tried, *running]
        if self.listeners:
            attempt.listeners = self.listeners
            attempt.begin_attempt(waited_for_name=self.waited_for_name and not self._launched)
        self._launched += 1
        self._attempts.append(attempt)
        for message, compress in self._held or ():
            attempt.write(message, compress)
        if self._request is None and self._ending is not None:
            attempt.end_requests()
        if self._overflown or self._rules is None:
            self._commit(attempt)
        self._begin(attempt)

    def _hedge(self) -> None:
        """Sends the copies that are due."""
        rules = self._rules
        assert isinstance(rules, Hedges)
        while not self.over and self._winner is None and rules.send(self._loop.time()):
            self._launch(rules.sent - 1)
        self._schedule_hedge(rules)

    def _schedule_hedge(self, rules: Hedges) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if rules.next_at is not None and not self.over:
            self._next = self._loop.call_at(rules.next_at, self._hedge)

    def _commit(self, attempt: _Attempt) -> None:
        """Stays with an attempt: it is the call from now on, and the others end."""
        self._winner = attempt
        self._request = None
        self._drop_held()
        if isinstance(self._rules, Retries):
            self._rules.committed = True
        elif isinstance(self._rules, Hedges):
            self._rules.commit()
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self.inbox = attempt.inbox
        self._end_attempts(attempt)
        self._wake_reader()
        self._wake_senders()

    def _end_attempts(self, winner: _Attempt | None = None) -> None:
        attempts, self._attempts = self._attempts, [] if winner is None else [winner]
        for attempt in attempts:
            if attempt is not winner:
                attempt.cancel()

    def headers_known(self, attempt: _Attempt) -> None:
        """An attempt has its response headers."""
        if self.over:
            return
        self._heard = attempt.connection
        if self._winner is None:
            self._commit(attempt)
        self.peer = attempt.peer
        self.receive_encoding = attempt.receive_encoding
        self.initial_metadata = attempt.initial_metadata
        self._wake_watchers()
        if self.on_headers is not None:
            self.on_headers()

    def attempt_over(self, attempt: _Attempt, pushback: Pushback | None) -> None:
        """An attempt has ended: the call has, too, or another attempt follows."""
        if attempt not in self._attempts:
            return
        self._attempts.remove(attempt)
        self._heard = attempt.connection
        status = attempt.status
        assert status is not None
        rules = self._rules
        if status.code is StatusCode.OK:
            if rules is not None:
                rules.succeeded()
            self._conclude(attempt, status)
            return
        if isinstance(rules, Hedges):
            ends = rules.failed(self._loop.time(), status.code, pushback) or attempt is self._winner
            delay = None
        else:
            delay = None if rules is None else rules.failed(status.code, pushback)
            ends = delay is None
        if ends:
            self._conclude(attempt, status)
            return
        self._last = status
        if attempt.carrier is not None:
            self._tried.append(attempt.carrier)
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("attempt %d of %s failed with %s", self._launched, self.path, status.code.name)
        if isinstance(rules, Hedges):
            self._schedule_hedge(rules)
        elif delay is not None:
            self._next = self._loop.call_later(delay, self._launch, self._launched)

    def _conclude(self, attempt: _Attempt, status: Status) -> None:
        """The call ends as this attempt has."""
        self.peer = attempt.peer
        self.trailing_metadata = attempt.trailing_metadata
        self.inbox = attempt.inbox
        self._finish(status)

    # -- sending

    def write(self, message: bytes, compress: bool = True) -> None:
        """Gives a message to all attempts, and keeps it for those that may follow."""
        if self.over:
            return
        if self._winner is not None:
            self._winner.write(message, compress)
            return
        assert self._held is not None
        fits = self._has_room(PREFIX_SIZE + len(message))
        self._held.append((message, compress))
        for attempt in list(self._attempts):
            attempt.write(message, compress)
        if not fits and self._winner is None and not self.over:
            self._overflown = True
            if self._attempts:
                # the one that has got farthest, or the first
                self._commit(min(self._attempts, key=lambda attempt: attempt.holds_output))

    def begin_sending(self, message: bytes, compress: bool = True) -> Coroutine[Any, Any, None]:
        """Leaves it to :meth:`send_request`."""
        return self.send_request(message, compress)

    async def send(self, message: bytes, compress: bool = True) -> None:
        """Gives a message to all attempts, and waits until it has left with one of them, or the call is over."""
        self.write(message, compress)
        waited = False
        while not self.over and all(attempt.holds_output for attempt in self._attempts):
            sender = Waiter(self._loop)
            self._senders.append(sender)
            await sender
            waited = True
        if not waited and any(each.connection is not None and each.connection.crowded for each in self._attempts):
            await asyncio.sleep(0)  # as in Stream.send

    def end_output(self, trailers: Sequence[Header] = ()) -> None:
        """Ends the stream of requests of all attempts."""
        self._ending = trailers
        for attempt in list(self._attempts):
            attempt.end_requests()

    def wake_senders_of(self, attempt: _Attempt) -> None:
        """An attempt has sent all that it had."""
        if self._senders and attempt in self._attempts:
            self._heard = attempt.connection
            self._wake_senders()

    def _wake_senders(self) -> None:
        senders, self._senders = self._senders, []
        for sender in senders:
            self._wake(sender)

    def _wake(self, waiter: Waiter) -> None:
        """Has a task go on; with what the connection of an attempt has read, if it was that."""
        if self._heard is not None:
            self._heard.wake(waiter)
        else:
            super()._wake(waiter)

    # -- receiving

    def poll(self) -> bytes | None:
        """Returns the next message of the attempt that the call is committed to, if it is there."""
        crowded = self._winner is None or self._read_in_a_row >= CROWDED_READS
        return None if crowded or self._winner is None else self._winner.poll()

    async def read(self) -> bytes | None:
        """Waits for the next message of the attempt that the call is committed to; None when no more will come.

        Raises:
            RuntimeError: another task is reading already.
        """
        while self._winner is None and not self.over:
            if self._reader is not None:
                raise RuntimeError("another task is already receiving from this call")
            self._reader = Waiter(self._loop)
            try:
                await self._reader
            finally:
                self._reader = None
        if self._winner is None:
            return None
        if self._read_in_a_row >= CROWDED_READS:  # of what was inflated; the attempt counts the rest
            await self._give_way()
        return await self._winner.read()

    def open_message(self, message: bytes) -> bytes:
        """Has the attempt open it: its observers hear of that."""
        attempt = self._winner or self
        opened = super().open_message(message) if attempt is self else attempt.open_message(message)
        self.message_compressed = attempt.message_compressed
        return opened

    # -- ending

    def expire(self) -> None:
        """The deadline has passed."""
        attempt = self._attempts[-1] if self._attempts else None
        what = "the deadline passed"
        if attempt is None and self._last is not None:
            what += f" before attempt {self._launched + 1}"
        elif attempt is None or attempt.connection is None:
            what += f" before a connection was ready, {self._source.waiting_for(attempt or self)}"
        if self._last is not None:
            what += f"; an attempt before had failed with {self._last.code.name}: {self._last.message}"
        self.fail(StatusCode.DEADLINE_EXCEEDED, what)

    def _finish(self, status: Status, reset_code: ErrorCode = ErrorCode.NO_ERROR) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._request = None
        # Callbacks of the end see no attempt that still runs.
        self._end_attempts()
        super()._finish(status, reset_code)
        self._wake_senders()


class _Attempt(ClientStream):
    """One attempt of a call. Its deadline is the call's, and is watched there."""

    counts = False
    takes_room = False  # the call has, for the same messages
    _owner: RetryingStream | None = None
    _pushback: Pushback | None = None

    def join(self, owner: RetryingStream) -> None:
        """Belongs to a call from now on."""
        self._owner = owner
        Deadlines.remove(self)

    def headers_received(self, headers: Sequence[Header], end_stream: bool) -> None:
        known = self.initial_metadata is not None
        super().headers_received(headers, end_stream)
        if not known and self.initial_metadata is not None and self._owner is not None:
            self._owner.headers_known(self)

    def _trailers_received(self, headers: Sequence[Header]) -> None:
        self._pushback = find_pushback(headers)
        super()._trailers_received(headers)

    def _wake_writers(self) -> None:
        super()._wake_writers()
        if self._owner is not None:
            self._owner.wake_senders_of(self)

    def _finish(self, status: Status, reset_code: ErrorCode = ErrorCode.NO_ERROR) -> None:
        super()._finish(status, reset_code)
        owner, self._owner = self._owner, None  # each would keep the other
        if owner is not None:
            owner.attempt_over(self, self._pushback)
