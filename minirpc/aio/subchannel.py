"""One endpoint of a channel: its state, its connection, and the calls that are made on it.

A subchannel connects when it is told to, to whichever of the endpoint's addresses answers first. Where none does, it
tries again after a back-off, until it succeeds or is shut down. After it has lost a connection it waits to be told.

It may be connected and nevertheless not to be used: *barred*, by a health check or because its calls fail too often.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from minirpc.aio.backoff import Backoff
from minirpc.aio.client_stream import ClientStream
from minirpc.aio.connection import Connection
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.connector import ConnectError, Dialer
from minirpc.aio.happy_eyeballs import AllFailedError, connect_to_first, interleave
from minirpc.aio.inspection import CallCounter, History, register
from minirpc.aio.target import Address
from minirpc.aio.waiting_calls import CallQueue, WaitingCalls
from minirpc.errors import StatusCode
from minirpc.frozen import frozen
from minirpc.http2 import ErrorCode, Header, StreamHandler
from minirpc.lazy import lazy

if TYPE_CHECKING:
    from minirpc.aio import health_watch
    from minirpc.aio.health_watch import HealthCheck, HealthWatch
else:
    health_watch = lazy("minirpc.aio.health_watch")

__all__ = ["Bar", "Failure", "Subchannel", "SubchannelOwner"]

_log = logging.getLogger("minirpc.channel")

_Candidate: TypeAlias = tuple[Connection, Address, float]
"""A connection, where it leads, and the loop's time at which connecting has begun."""


@frozen
class Failure:
    """Why calls fail: the status that they end with.

    Attributes:
        message: what is wrong, and where.
        cause: what was raised there, if anything was.
        code: the status code.
    """

    message: str
    cause: BaseException | None = None
    code: StatusCode = StatusCode.UNAVAILABLE


@frozen
class Bar:
    """Why a subchannel that is connected is not used.

    Attributes:
        failure: what calls are told if no other endpoint is to be had; None while that is not decided yet, so that the
            subchannel counts as CONNECTING.
    """

    failure: Failure | None = None


class SubchannelOwner(Protocol):
    """What a subchannel needs of its channel."""

    def spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Runs a coroutine in a task that the channel waits for when it is closed."""
        ...

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """The state of the subchannel has changed."""

    def submit(self, stream: ClientStream) -> None:
        """Takes back a stream that the subchannel can no longer carry: it has not been on a connection."""

    def resolve_now(self) -> None:
        """The endpoints may have changed: one cannot be connected to, or goes away."""

    def connection_made(self, connection: Connection) -> None:
        """There is a connection."""

    def connection_draining(self, connection: Connection) -> None:
        """A connection that was in use takes no new streams."""

    def connection_lost(self, connection: Connection) -> None:
        """A connection has ended."""


class Subchannel:
    """An endpoint, and the connection to it.

    Attributes:
        addresses: the addresses of the endpoint, in the order in which they are tried.
        connection: the connection for new calls; None unless there is one.
        on_call_end: hears of the status of each call that ends here, for policies that learn from it.
        watches_health: whether the server is asked for its health, if the channel is to do that; set before
            :meth:`connect`.
        number: what this subchannel is found by, see :func:`minirpc.aio.inspection.register`.
        calls: counts the calls that it was given. Those that were tried again elsewhere have failed here.
        history: the latest changes of its state.
    """

    def __init__(
        self,
        owner: SubchannelOwner,
        dialer: Dialer,
        addresses: Sequence[Address],
        backoff: Backoff,
        loop: asyncio.AbstractEventLoop,
        waiting: WaitingCalls,
        health_check: HealthCheck | None = None,
    ) -> None:
        self.addresses = interleave(addresses)
        self.connection: Connection | None = None
        self.on_call_end: Callable[[StatusCode], object] | None = None
        self.watches_health = True
        self._state = ChannelState.IDLE  # of connecting
        self._failure: Failure | None = None
        self._bars: dict[str, Bar] = {}  # by who has put them up
        self._health_check = health_check
        self._health: HealthWatch | None = None  # of the connection
        self.calls = CallCounter()
        self.history = History()
        self.number = register(self)
        self._owner = owner
        self._dialer = dialer
        self._backoff = backoff
        self._loop = loop
        self._address: Address | None = None  # the connection's
        self._connecting: asyncio.Task[None] | None = None
        self._candidate: _Candidate | None = None  # what the attempt that is under way tries, if that is one address
        self._adopted: Connection | None = None  # a candidate in use, of which the attempt does not know yet
        self._not_before = 0.0  # the loop's time of the next attempt, at the earliest
        self._departed = False  # whether the last attempt has found a server that goes away
        self._carried_streams = False  # whether the connection did
        self._in_use: set[Connection] = set()  # the current one and those that drain
        self._queue = CallQueue(waiting)  # those for which the server's limit leaves no room
        self._dispatch_scheduled = False

    def __repr__(self) -> str:
        return f"<Subchannel {', '.join(map(str, self.addresses))} {self.state.name}>"

    @property
    def state(self) -> ChannelState:
        """Its state. IDLE: it waits for :meth:`connect`.

        TRANSIENT_FAILURE lasts until there is a connection, also while it tries again, and as long as it is barred.
        """
        if self._bars and self._state is ChannelState.READY:
            undecided = any(bar.failure is None for bar in self._bars.values())
            return ChannelState.CONNECTING if undecided else ChannelState.TRANSIENT_FAILURE
        return self._state

    @property
    def failure(self) -> Failure | None:
        """Why it could not connect last, or is barred; None if it has never failed since it was connected."""
        if self._bars and self._state is ChannelState.READY:
            return next(iter(self._bars.values())).failure
        return self._failure

    @property
    def connections(self) -> list[Connection]:
        """The connection for new calls, and those that drain."""
        return list(self._in_use)

    @property
    def call_count(self) -> int:
        """Calls that are running on the connection for new calls, or wait for room on it."""
        return len(self._queue) + (0 if self.connection is None else self.connection.stream_count)

    # -- for load balancing

    def connect(self) -> None:
        """Connects, and goes on trying; without effect unless IDLE."""
        if self._state is ChannelState.IDLE:
            self._start_connecting(ChannelState.CONNECTING)

    def bar(self, by: str, bar: Bar | None) -> None:
        """Has no new calls come, although it is connected, or ends that (None). Calls that run go on.

        Args:
            by: whose bar it is: each has one.
            bar: why.
        """
        if self._bars.get(by) == bar:
            return
        if bar is None:
            del self._bars[by]
        else:
            self._bars[by] = bar
        if self._state is ChannelState.READY:
            self._owner.subchannel_changed(self)

    def update(self, addresses: Sequence[Address]) -> None:
        """Changes the endpoint's addresses. A connection to an address that is no longer one of them is given up.

        Its calls go on; the subchannel is IDLE then. Where it was connecting, it begins again, without a back-off.
        """
        before, self.addresses = self.addresses, interleave(addresses)
        if set(before) == set(self.addresses):
            return  # DNS servers like to change the order: no reason to begin again
        if self._connecting is not None:
            self._connecting.cancel()
            self._start_connecting(self._state)
        elif self._state is ChannelState.READY and self._address not in self.addresses:
            self._give_up_connection(ChannelState.IDLE)

    def shut_down(self) -> None:
        """Ends the subchannel. Calls that run go on; those that wait for room go back to the channel."""
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = self._candidate = None
        self._give_up_connection(ChannelState.SHUTDOWN)

    # -- for the channel

    def submit(self, stream: ClientStream) -> bool:
        """Opens a stream on the connection, or has it wait for room on it. Returns False if there is no connection."""
        connection = self.connection
        if connection is None:
            return False
        stream.carrier = self
        self.calls.start()
        if not self._queue and connection.engine.can_open_stream and connection.is_open:
            self._carried_streams = True
            stream.attach(connection)
        else:
            self._queue.add(stream)
        return True

    def stream_over(self, stream: ClientStream) -> None:
        """Forgets a stream. Its place on the connection may be the one that a queued stream waits for."""
        self.calls.end(stream.status is not None and stream.status.code is StatusCode.OK)
        self._queue.discard(stream)
        if self.on_call_end is not None and stream.status is not None and stream.connection is not None:
            self.on_call_end(stream.status.code)
        if self._queue and not self._dispatch_scheduled:
            # Not at once: the engine counts the stream until the frame that ended it is done.
            self._dispatch_scheduled = True
            self._loop.call_soon(self._dispatch)

    def _dispatch(self) -> None:
        """Attaches queued streams, first come first served, as far as the connection takes them."""
        self._dispatch_scheduled = False
        connection = self.connection
        while self._queue and connection is not None and connection.engine.can_open_stream and connection.is_open:
            stream = self._queue.take_first()
            self._carried_streams = True
            stream.attach(connection)

    # -- connecting

    def _start_connecting(self, state: ChannelState) -> None:
        self._candidate = None
        names = ", ".join(map(str, self.addresses[:3]))
        self._connecting = self._owner.spawn(self._connect(), f"connect to {names}")
        self._change(state)

    async def _connect(self) -> None:
        failures = 0
        delay = self._not_before - self._loop.time()
        while True:
            if delay > 0:
                await asyncio.sleep(delay)
            began = self._loop.time()
            failure = await self._attempt()
            if failure is None:
                return
            if self._departed and not failures:
                # A server that just goes away says nothing against the others, of which a balancer in front of them has
                # the next one for us. Once: the call that waits need not know.
                failures, delay = 1, 0.0
                continue
            failures += 1
            self._failure = failure
            delay = began + self._backoff.delay(failures) - self._loop.time()
            self._change(ChannelState.TRANSIENT_FAILURE)
            self._owner.resolve_now()

    async def _attempt(self) -> Failure | None:
        """Connects to the first address that answers, or says why none does."""
        began = self._loop.time()
        made: dict[Connection, Address] = {}
        alone = len(self.addresses) == 1

        async def dial(to: Address) -> Connection:
            def begun(connection: Connection) -> None:
                made[connection] = to
                if alone:
                    self._candidate = connection, to, began

            try:
                return await self._dialer.dial(self, to, begun)
            except ConnectError as error:
                _log.info("%r: %s", self._owner, error)
                raise

        try:
            connection = await connect_to_first(self.addresses, dial)
        except AllFailedError as error:
            if self._was_adopted(made):
                return None
            self._departed = any(isinstance(each, ConnectError) and each.departing for each in error.failures)
            return Failure(str(error), error.__cause__)
        if self._was_adopted(made):
            return None
        address = made[connection]
        if connection.draining or not connection.is_open:
            self._departed = connection.goaway_code == ErrorCode.NO_ERROR
            return Failure(f"the connection to {address} ended at once: {connection.failure or 'the peer goes away'}")
        self._use(connection, address, began)
        return None

    def _was_adopted(self, made: Collection[Connection]) -> bool:
        """Whether one of these connections is in use, or has been, since :meth:`_adopt`."""
        if self._adopted not in made:
            return False
        self._adopted = None
        return True

    def _adopt(self, connection: Connection) -> None:
        """Uses the connection of the attempt that is under way, unless its first bytes were its last.

        There is no other to be compared with, so nothing has to wait until the attempt's task has run: the first calls
        leave in the write that acknowledges the server's SETTINGS.
        """
        if self._candidate is None or self._candidate[0] is not connection:
            return
        _, address, began = self._candidate
        self._candidate = None
        if connection.is_open and not connection.draining:
            self._adopted = connection
            self._use(connection, address, began)

    def _use(self, connection: Connection, address: Address, began: float) -> None:
        """Has calls go to a connection, to which connecting has begun at this time of the loop."""
        _log.debug("%r: connected to %s", self._owner, connection.peer)
        self._connecting = None
        self._address = address
        self._not_before = began + self._backoff.delay(1)
        self._carried_streams = False
        self._in_use.add(connection)
        self.connection = connection
        self._failure = None
        if self._health_check is not None and self.watches_health:
            self._watch_health(connection, self._health_check)
        self._change(ChannelState.READY)
        self._dispatch()

    def _change(self, state: ChannelState) -> None:
        if state is not self._state or state is ChannelState.TRANSIENT_FAILURE:  # that one may have another cause now
            self._state = state
            note = self._failure.message if self._failure and state is ChannelState.TRANSIENT_FAILURE else None
            self.history.add(f"{state.name}: {note}" if note else state.name, warning=note is not None)
            self._owner.subchannel_changed(self)

    def _watch_health(self, connection: Connection, check: HealthCheck) -> None:
        """Bars the subchannel until the server says that it serves, and whenever it says otherwise (gRFC A17)."""
        self._bars["health"] = Bar()
        watch = self._health = health_watch.HealthWatch(
            check, connection, self._backoff, self._loop, self._health_changed
        )
        self._owner.spawn(watch.run(), f"watch the health of {connection.peer}")

    def _health_changed(self, unhealthy: str | None) -> None:
        self.bar("health", None if unhealthy is None else Bar(Failure(unhealthy)))

    def _stop_watching_health(self) -> None:
        """Ends the watch, or its stream would hold a connection that drains."""
        if self._health is not None:
            self._health.stop()
            self._health = None
            self._bars.pop("health", None)

    def _give_up_connection(self, state: ChannelState) -> None:
        """Takes no more calls on the connection, which ends after those that run."""
        connection, self.connection = self.connection, None
        self._not_before = 0.0
        self._stop_watching_health()
        if connection is not None:
            connection.retire()
        self._change(state)
        self._return_queue()

    def _return_queue(self) -> None:
        for stream in list(self._queue):
            self._queue.discard(stream)
            stream.carrier = None
            self.calls.end(False)
            self._owner.submit(stream)

    # -- connection.ConnectionOwner

    def connection_made(self, connection: Connection) -> None:
        """Lets the channel know, which closes it in the end."""
        self._owner.connection_made(connection)

    def connection_ready(self, connection: Connection) -> None:
        """The server's limits are known, or have changed."""
        if connection is self.connection:
            self._dispatch()
        elif self._candidate is not None and self._candidate[0] is connection:
            connection.after_read(partial(self._adopt, connection))

    def connection_draining(self, connection: Connection) -> None:
        """Calls that wait, and new ones, go to another connection."""
        if connection is not self.connection:
            return
        self.connection = None
        self._stop_watching_health()
        if self._carried_streams:
            self._not_before = 0.0  # else a server that only accepts connections would get them without end
        self._owner.connection_draining(connection)
        self._change(ChannelState.IDLE)
        self._return_queue()
        self._owner.resolve_now()

    def connection_lost(self, connection: Connection) -> None:
        """Forgets the connection."""
        # One that was never in use is reported by who waited for it.
        told = connection.failed and connection in self._in_use and self._state is not ChannelState.SHUTDOWN
        level = logging.INFO if told else logging.DEBUG
        _log.log(level, "%r: connection to %s ended: %s", self._owner, connection.peer, connection.failure)
        self._in_use.discard(connection)
        self.connection_draining(connection)
        self._owner.connection_lost(connection)

    def stream_opened(
        self,
        connection: Connection,  # noqa: ARG002
        stream_id: int,  # noqa: ARG002
        headers: Sequence[Header],  # noqa: ARG002
        end_stream: bool,  # noqa: ARG002
    ) -> StreamHandler | None:
        """Servers open no streams: push is off, and the engine lets none through."""
        return None
