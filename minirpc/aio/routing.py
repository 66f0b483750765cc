"""From a channel's calls to connections: finds the endpoints, keeps calls that wait, and has a policy place each.

Three parts work here, each in a module of its own: a *resolver* finds the endpoints behind the channel's name, a *load
balancing policy* makes subchannels of them and picks one for each call, a *subchannel* has the connection to one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from minirpc.aio.backoff import Backoff
from minirpc.aio.balancer import Balancer, FailingPicker, Pick, Picker, Share, WaitingPicker
from minirpc.aio.client_stream import ClientStream
from minirpc.aio.connection import Connection
from minirpc.aio.connectivity import ChannelState, StateWatch
from minirpc.aio.connector import Dialer
from minirpc.aio.deadlines import Deadlines
from minirpc.aio.inspection import CallCounter, History, register
from minirpc.aio.resolver import Resolution, Resolver, StaticResolver
from minirpc.aio.resolving import Resolving
from minirpc.aio.service_configs import ServiceConfigs
from minirpc.aio.subchannel import Failure, Subchannel
from minirpc.aio.target import Address
from minirpc.aio.waiting_calls import CallQueue, WaitingCalls
from minirpc.errors import StatusCode
from minirpc.http2 import ErrorCode, Header
from minirpc.lazy import lazy

if TYPE_CHECKING:
    from minirpc.aio import health_watch
else:
    health_watch = lazy("minirpc.aio.health_watch")

__all__ = ["Routing"]

_log = logging.getLogger("minirpc.channel")

# how often a policy is asked for another server than those that have failed a call, or keep it waiting
_PICKS_AGAIN = 10


class Routing:
    """How the calls of one channel find their connections.

    Attributes:
        loop: the event loop; set before the first call.
        watch: the channel's state, and who waits for it to change.
        failure: why it could not connect last; None when it is READY, or never failed.
        streams: the calls that are not over.
        subchannels: those of the policy that are not shut down.
        connections: all that are open, also those that drain, or carry no calls yet.
        tasks: those in which it resolves and connects.
        health_service: what servers are asked for, by policies that look at their health, where the service config says
            nothing of it; None for nothing.
        health_headers: the headers of such a question but ``:path``.
        number: what the channel is found by, see :func:`minirpc.aio.inspection.register`.
        target: the channel's target.
        calls: counts the calls; where there are interceptors, those that they make.
        history: the latest changes of its state.
        deadlines: those of the calls.
        drained: is set when there are no calls; None while nobody waits for that.
        waiting: counts the calls that have no connection yet.
    """

    loop: asyncio.AbstractEventLoop

    __slots__ = (  # more than what instances share the keys of their dictionaries for
        "__weakref__",
        "_backoff",
        "_balancer",
        "_balancing",
        "_configs",
        "_dialer",
        "_idle_timeout",
        "_idle_timer",
        "_last_use",
        "_picker",
        "_queue",
        "_resolve_interval",
        "_resolved",
        "_resolver",
        "_resolving",
        "_resolving_task",
        "_target",
        "calls",
        "connections",
        "deadlines",
        "drained",
        "failure",
        "health_headers",
        "health_service",
        "history",
        "loop",
        "number",
        "streams",
        "subchannels",
        "target",
        "tasks",
        "waiting",
        "watch",
    )

    def __init__(
        self,
        target: str,
        resolver: Resolver,
        configs: ServiceConfigs,
        dialer: Dialer,
        *,
        backoff: Backoff,
        resolve_interval: float,
        idle_timeout: float | None,
        max_waiting_calls: int | None,
    ) -> None:
        self.watch = StateWatch()
        self.failure: Failure | None = None
        self.streams: set[ClientStream] = set()
        self.subchannels: set[Subchannel] = set()
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.health_service: str | None = None
        self.health_headers: Sequence[Header] = ()
        self.drained: asyncio.Event | None = None
        self.waiting = WaitingCalls(max_waiting_calls)
        self.deadlines = Deadlines()
        self.calls = CallCounter()
        self.history = History()
        self.target = target
        self.number = register(self)
        self._target = target
        self._resolver = resolver
        self._configs = configs
        self._balancing = configs.balancing  # what the policy was made by
        self._dialer = dialer
        self._backoff = backoff
        self._resolve_interval = resolve_interval
        self._idle_timeout = idle_timeout
        self._balancer: Balancer | None = None  # None while nothing is wanted: before the first call, and when idle
        self._resolving: Resolving | None = None
        self._resolving_task: asyncio.Task[None] | None = None
        self._resolved = False  # whether the policy has been given endpoints
        self._picker: Picker = WaitingPicker(self.leave_idle)
        self._queue = CallQueue(self.waiting)  # those that have no place yet
        self._last_use = 0.0  # when the last call ended, in the loop's time
        self._idle_timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Channel {self._target}{' closed' if self.watch.state is ChannelState.SHUTDOWN else ''}>"

    def start(self, stream: ClientStream) -> None:
        """Sends a new stream on its way, unless too many wait already."""
        self.submit(stream)
        self.waiting.admit(stream)

    # -- client_stream.StreamSource, and the rest of subchannel.SubchannelOwner

    def submit(self, stream: ClientStream) -> None:
        """Sends a stream to a subchannel, or keeps it until there is one."""
        self.streams.add(stream)
        picker = self._picker
        placed = self._place(stream)
        if not placed and self._picker is not picker:
            placed = self._place(stream)  # asking had consequences, of which a stream outside the queue is not told
        if not placed:
            self._queue.add(stream)
            if stream.attempt is not None:
                stream.attempt.waits()

    def _place(self, stream: ClientStream) -> bool:
        """Returns whether the stream has a place, or has failed."""
        try:
            picked = self._pick(stream)
        except Exception as error:  # noqa: BLE001  # a policy may be the user's
            picked = self._policy_failed(error)
        if isinstance(picked, Subchannel):
            return picked.submit(stream)
        if picked is None or stream.wait_for_ready:
            return False
        stream.fail(picked.code, picked.message, picked.cause)
        return True

    def _pick(self, stream: ClientStream) -> Pick:
        """Asks the policy; a few times where it says what an earlier attempt of the call has been to.

        A policy may have nothing else, or must not: one that keeps calls with a header together.
        """
        picked = self._picker.pick(stream)
        for _ in range(_PICKS_AGAIN):
            if picked not in stream.avoided:
                break
            picked = self._picker.pick(stream)
        return picked

    def _policy_failed(self, error: Exception) -> Failure:
        _log.error("%r: load balancing failed", self, exc_info=error)
        return Failure(f"load balancing raised {type(error).__name__}: {error}", error, StatusCode.INTERNAL)

    def stream_over(self, stream: ClientStream) -> None:
        """Forgets a stream."""
        streams = self.streams
        streams.discard(stream)
        if stream.status is not None and stream.counts:
            self.calls.end(stream.status.code is StatusCode.OK)
        if stream.carrier is not None:
            stream.carrier.stream_over(stream)
        self._queue.discard(stream)
        if not streams:
            self._last_use = self.loop.time()
            if self.drained is not None:
                self.drained.set()

    def waiting_for(self, stream: ClientStream) -> str:
        """Says what a stream without a connection waits for."""
        if stream.carrier is not None:
            return "while the server had as many streams open as it allows"
        if stream not in self._queue and not self._configs.pending:
            return "while waiting for call credentials"
        reason = "" if self.failure is None else f"; last error: {self.failure.message}"
        return f"while {'connecting to' if self._resolved else 'resolving'} {self._target}{reason}"

    def _change(self, state: ChannelState) -> None:
        if state is not self.watch.state:
            failure = self.failure if state is ChannelState.TRANSIENT_FAILURE else None
            text = state.name if failure is None else f"{state.name}: {failure.message}"
            self.history.add(text, warning=failure is not None)
        self.watch.change(state)

    # -- from IDLE to READY and back

    def leave_idle(self) -> None:
        """Resolves the target, and has the policy connect."""
        if self.watch.state is ChannelState.SHUTDOWN:
            return
        if self._balancer is not None:
            self._balancer.connect()
            return
        self._balancing = self._configs.balancing
        self._balancer = self._balancing.factory(self)
        if self._idle_timeout is not None:
            self._last_use = self.loop.time()
            self._idle_timer = self.loop.call_later(self._idle_timeout, self._become_idle, self._idle_timeout)
        self.update(ChannelState.CONNECTING, WaitingPicker())
        if type(self._resolver) is StaticResolver:
            self.resolved(self._resolver.resolution)  # nothing to wait for, now or later
            return
        self._resolving = Resolving(self, self._resolver, self._backoff, self._resolve_interval)
        self._resolving_task = self.spawn(self._resolving.run(), f"resolve {self._target}")

    def _become_idle(self, timeout: float) -> None:
        """Closes the connections if there was no call for a while; looks again later if there was."""
        remaining = timeout if self.streams else self._last_use + timeout - self.loop.time()
        if remaining > 0:
            # One timer that looks from time to time: one that each call moves would cost each call something.
            self._idle_timer = self.loop.call_later(remaining, self._become_idle, timeout)
            return
        _log.debug("%r: idle after %s s without a call", self, timeout)
        self.stop(ChannelState.IDLE)

    def stop(self, state: ChannelState) -> None:
        """Ends the policy with its subchannels, and the resolver. Calls that run go on."""
        balancer, self._balancer = self._balancer, None
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._resolving_task is not None:
            self._resolving_task.cancel()
        self._resolving = self._resolving_task = None
        self._resolved = False
        self.failure = None
        self._picker = WaitingPicker(self.leave_idle)
        if balancer is not None:
            self._close_balancer(balancer)
        self._change(state)

    def _close_balancer(self, balancer: Balancer) -> None:
        try:
            balancer.close()
        except Exception as error:  # noqa: BLE001  # a policy may be the user's
            self._policy_failed(error)

    def spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Runs a coroutine in a task that is among :attr:`tasks`."""
        task = self.loop.create_task(coroutine, name=name)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    # -- resolving.ResolvingOwner

    def resolved(self, resolution: Resolution) -> None:
        """Gives the policy its endpoints, and the channel its service config.

        Raises:
            ConfigError: the service config means nothing, and the channel has no other one.
        """
        if self._balancer is None:
            return
        if not resolution.endpoints:
            self.resolution_failed(OSError("the resolver found no endpoints"))
            return
        _log.debug("%r: %d endpoints", self, len(resolution.endpoints))
        self._configs.resolved(resolution.service_config, self._target)
        if not self._resolved:
            self._resolved = True
            for stream in self._queue:
                if stream.attempt is not None:
                    stream.attempt.name_resolved()
        try:
            self._follow_config().update_endpoints(resolution.endpoints)
        except Exception as error:  # noqa: BLE001  # a policy may be the user's
            self._fail(self._policy_failed(error))
        self._configs.tell()

    def _follow_config(self) -> Balancer:
        """Returns the policy that the service config wants: the one that works, or a new one in its place."""
        old, wanted = self._balancer, self._configs.balancing
        assert old is not None
        if wanted == self._balancing:
            return old
        self._balancing = wanted
        balancer = wanted.factory(self)
        self._balancer = None  # nothing is heard of the old one
        self._close_balancer(old)
        self._balancer = balancer
        self.update(ChannelState.CONNECTING, WaitingPicker())
        return balancer

    def resolution_failed(self, error: Exception) -> None:
        """Goes on with the endpoints that are known; without any, the channel fails."""
        failure = Failure(f"cannot connect to {self._target}: {error}", error)
        _log.info("%r: cannot resolve the target: %s", self, error)
        if not self._resolved and self._balancer is not None:
            self._fail(failure)
            self._configs.tell(failure)

    def resolve_now(self) -> None:
        """The endpoints may have changed."""
        if self._resolving is not None:
            self._resolving.resolve_now()

    def _fail(self, failure: Failure) -> None:
        self.failure = failure
        self.update(ChannelState.TRANSIENT_FAILURE, FailingPicker(failure))

    def _health_check(self) -> health_watch.HealthCheck | None:
        config = self._balancing.health_check
        service = self.health_service if config is None else config.service_name
        return None if service is None else health_watch.HealthCheck(service, self.health_headers)

    def share_of(self, subchannel: Subchannel) -> Share:
        """Returns what a subchannel gets of the calls, as the policy says. May be called from another thread."""
        try:
            return Share() if self._balancer is None else self._balancer.share_of(subchannel)
        except Exception as error:  # noqa: BLE001  # a policy may be the user's
            self._policy_failed(error)
            return Share()

    # -- balancer.BalancerHost, and the states of its subchannels

    def create_subchannel(self, addresses: Sequence[Address]) -> Subchannel:
        """Makes a subchannel."""
        subchannel = Subchannel(
            self, self._dialer, addresses, self._backoff, self.loop, self.waiting, self._health_check()
        )
        self.subchannels.add(subchannel)
        self.history.add("a subchannel was made", child=subchannel.number)
        return subchannel

    def update(self, state: ChannelState, picker: Picker) -> None:
        """Sets the channel's state, and asks the picker for the calls that wait."""
        if self._balancer is None:
            return
        self._picker = picker
        if state is ChannelState.READY:
            self.failure = None
        self._change(state)
        for stream in list(self._queue):
            if self._picker is not picker:
                return  # one of these calls had consequences, and the rest was asked for again
            # One that is in the queue may have found a place because of another one.
            if stream in self._queue and stream.carrier is None and self._place(stream):
                self._queue.discard(stream)

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """Tells the policy."""
        self.failure = subchannel.failure or self.failure
        if subchannel.state is ChannelState.SHUTDOWN:
            self.subchannels.discard(subchannel)
        if self._balancer is not None:
            self._balancer.subchannel_changed(subchannel)

    def connection_made(self, connection: Connection) -> None:
        """Remembers the connection, to close it in the end."""
        self.connections.add(connection)

    def connection_draining(self, connection: Connection) -> None:
        """Sends fewer PINGs from now on if the server was annoyed by them (gRFC A8)."""
        keepalive = self._dialer.keepalive
        if (
            keepalive is None
            or connection.goaway_code != ErrorCode.ENHANCE_YOUR_CALM
            or connection.goaway_debug_data != b"too_many_pings"
        ):
            return
        time = 2 * keepalive.client_time
        self._dialer.keepalive = replace(keepalive, time=time)
        _log.warning(
            "%r: the server at %s closed the connection because of too many keepalive PINGs; the keepalive time of new "
            "connections is %s s instead of %s s. Give the channel a Keepalive(time=...) that is not below the "
            "server's limit (5 minutes for gRPC servers by default), or raise the limit there",
            self,
            connection.peer,
            time,
            keepalive.client_time,
        )

    def connection_lost(self, connection: Connection) -> None:
        """Forgets the connection."""
        self.connections.discard(connection)
