"""What have in common policies that spread calls over endpoints: a subchannel for each, and which of them are READY."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from minirpc.aio.balancer import Balancer, BalancerHost, FailingPicker, Pick, PickedCall, WaitingPicker
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.endpoint_set import EndpointSet
from minirpc.aio.resolver import Endpoint
from minirpc.aio.subchannel import Failure, Subchannel
from minirpc.aio.target import Address
from minirpc.chance import random

__all__ = ["SpreadBalancer", "aggregate_state"]

_AT_ONCE = 100


def aggregate_state(counts: dict[ChannelState, int]) -> ChannelState:
    """The state of the whole: READY if one is; else CONNECTING if one is or will be; else TRANSIENT_FAILURE."""
    if counts[ChannelState.READY]:
        return ChannelState.READY
    if counts[ChannelState.CONNECTING] or counts[ChannelState.IDLE]:
        return ChannelState.CONNECTING
    return ChannelState.TRANSIENT_FAILURE


class SpreadBalancer(Balancer):
    """Connects to all endpoints, again when a connection is lost. What is left to do is to pick one that is READY.

    Where there are more than 100, it connects to that many, by chance, and then to one more with each call, and for
    each that cannot be connected to: no endpoint costs more than its place in a list before there is a use for it. One
    that comes or goes costs the same whatever the number of others.

    Attributes:
        ready: the subchannels that are READY, in no order.
        waiting: endpoints without a subchannel, as there was no need for one yet.
    """

    def __init__(self, host: BalancerHost) -> None:
        super().__init__(host)
        self.ready: list[Subchannel] = []
        self.waiting: list[Endpoint] = []
        self._places: dict[Subchannel, int] = {}  # in `ready`
        self._known = EndpointSet()
        self._has_twins = False  # whether several endpoints have the same addresses
        self._subchannels: dict[tuple[Address, ...], Subchannel] = {}
        self._served: dict[int, Subchannel] = {}  # by the id() of the endpoints that have one
        self._states: dict[Subchannel, ChannelState] = {}
        self._counts = dict.fromkeys(ChannelState, 0)
        self._failure = Failure("no endpoint could be connected to")
        self._updating = False

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Keeps the subchannels of the endpoints that stay."""
        self._updating = True
        gone, new = self._known.update(endpoints, everything=self._has_twins)  # of twins one may go and the other stay
        if gone and self.waiting:
            ids = set(map(id, gone))
            self.waiting = [endpoint for endpoint in self.waiting if id(endpoint) not in ids]
        self._has_twins = False
        leaving: dict[tuple[Address, ...], Subchannel] = {}
        for endpoint in gone:
            subchannel = self._served.pop(id(endpoint), None)
            if subchannel is not None:
                leaving[endpoint.addresses] = subchannel
                del self._subchannels[endpoint.addresses]
        # This and what comes next are the only looks at the hashes of addresses.
        for endpoint in new:
            kept = leaving.pop(endpoint.addresses, None) if leaving else None
            if kept is None:
                self.waiting.append(endpoint)
            else:
                self._serve(endpoint, kept)
        for subchannel in leaving.values():
            subchannel.shut_down()
            self.endpoint_gone(subchannel)
        self._connect_enough()
        self._updating = False
        self._report()

    def _serve(self, endpoint: Endpoint, subchannel: Subchannel) -> None:
        self._subchannels[endpoint.addresses] = self._served[id(endpoint)] = subchannel
        self.endpoint_known(subchannel, endpoint)
        subchannel.connect()

    def _connect_enough(self) -> None:
        """Connects to endpoints that wait, as many as are to be READY without being asked for."""
        counts, waiting = self._counts, self.waiting
        while waiting:
            room = _AT_ONCE - counts[ChannelState.READY] - counts[ChannelState.CONNECTING] - counts[ChannelState.IDLE]
            if room <= 0:
                return
            if room >= len(waiting):
                waiting.reverse()  # the order of the resolver
                while waiting:
                    self._connect_to(waiting.pop())
                return
            self._connect_to_another()

    def connect_to_another(self) -> None:
        """Connects to one of the endpoints that wait, of which there is one. For picks: the host hears nothing."""
        if self._counts[ChannelState.CONNECTING] < _AT_ONCE:
            was, self._updating = self._updating, True
            self._connect_to_another()
            self._updating = was

    def _connect_to_another(self) -> None:
        """Chooses by chance, so that clients of the same list do not all have the same servers."""
        waiting = self.waiting
        at = int(random.random() * len(waiting))
        waiting[at], waiting[-1] = waiting[-1], waiting[at]
        self._connect_to(waiting.pop())

    def _connect_to(self, endpoint: Endpoint) -> None:
        if endpoint.addresses in self._subchannels:
            self._has_twins = True
            return
        subchannel = self.host.create_subchannel(endpoint.addresses)
        self._note(subchannel)
        self._serve(endpoint, subchannel)

    def endpoint_known(self, subchannel: Subchannel, endpoint: Endpoint) -> None:
        """Tells of the endpoint that a subchannel is for, when that is new or another object than before."""

    def endpoint_gone(self, subchannel: Subchannel) -> None:
        """Tells of a subchannel whose endpoint is no longer there."""

    def became_ready(self, subchannel: Subchannel) -> None:
        """Tells of a subchannel that takes calls from now on."""

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """Connects again where a connection was lost."""
        self._note(subchannel)
        if subchannel.failure is not None:
            self._failure = subchannel.failure
        if subchannel.state is ChannelState.IDLE:
            subchannel.connect()
        elif not self._updating:
            if self.waiting and subchannel.state is ChannelState.TRANSIENT_FAILURE:
                self._updating = True
                self._connect_enough()
                self._updating = False
            self._report()

    def is_ready(self, subchannel: Subchannel) -> bool:
        """Whether a subchannel is among those that take calls."""
        return subchannel in self._places

    def _note(self, subchannel: Subchannel) -> None:
        """Counts a subchannel under its state, and knows whether it takes calls."""
        before, state = self._states.get(subchannel), subchannel.state
        if before is not None:
            self._counts[before] -= 1
        if state is ChannelState.SHUTDOWN:
            self._states.pop(subchannel, None)
        else:
            self._states[subchannel] = state
            self._counts[state] += 1
        place = self._places.get(subchannel)
        if state is ChannelState.READY and place is None:
            self._places[subchannel] = len(self.ready)
            self.ready.append(subchannel)
            self.became_ready(subchannel)
        elif state is not ChannelState.READY and place is not None:
            last = self.ready.pop()
            del self._places[subchannel]
            if last is not subchannel:
                self.ready[place] = last
                self._places[last] = place

    def _report(self) -> None:
        match aggregate_state(self._counts):
            case ChannelState.READY:
                self.host.update(ChannelState.READY, self)
            case ChannelState.CONNECTING:
                self.host.update(ChannelState.CONNECTING, WaitingPicker())
            case _ if self._states:
                self.host.update(ChannelState.TRANSIENT_FAILURE, FailingPicker(self._failure))

    @abstractmethod
    def pick(self, call: PickedCall) -> Pick:
        """Picks one of :attr:`ready`; None if that is empty. Where some are :attr:`waiting`, connects to another."""

    def connect(self) -> None:
        """Nothing: there is no subchannel that does not connect."""

    def close(self) -> None:
        """Ends all subchannels."""
        self._updating = True
        self.waiting.clear()
        for subchannel in self._subchannels.values():
            subchannel.shut_down()
