"""What policies have in common that spread calls over endpoints: a subchannel for each, and which of them are READY."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from minirpc.aio.balancer import Balancer, BalancerHost, FailingPicker, Pick, PickedCall, WaitingPicker
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.resolver import Endpoint
from minirpc.aio.subchannel import Failure, Subchannel
from minirpc.aio.target import Address

__all__ = ["SpreadBalancer", "aggregate_state"]


def aggregate_state(counts: dict[ChannelState, int]) -> ChannelState:
    """The state of the whole: READY if one is; else CONNECTING if one is or will be; else TRANSIENT_FAILURE."""
    if counts[ChannelState.READY]:
        return ChannelState.READY
    if counts[ChannelState.CONNECTING] or counts[ChannelState.IDLE]:
        return ChannelState.CONNECTING
    return ChannelState.TRANSIENT_FAILURE


class SpreadBalancer(Balancer):
    """Connects to all endpoints, again when a connection is lost. What is left to do is to pick one that is READY.

    One that comes or goes costs the same whatever the number of others.

    Attributes:
        ready: the subchannels that are READY, in no order.
    """

    def __init__(self, host: BalancerHost) -> None:
        super().__init__(host)
        self.ready: list[Subchannel] = []
        self._places: dict[Subchannel, int] = {}  # in the list above
        self._endpoints: dict[int, Endpoint] = {}  # by id(): they are kept, so that ids stay theirs
        self._has_twins = False  # whether several endpoints have the same addresses
        self._subchannels: dict[tuple[Address, ...], Subchannel] = {}
        self._states: dict[Subchannel, ChannelState] = {}
        self._counts = dict.fromkeys(ChannelState, 0)
        self._failure = Failure("no endpoint could be connected to")
        self._updating = False

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Keeps the subchannels of the endpoints that stay."""
        self._updating = True
        # Resolvers mostly hand the same objects out again: a look at the hash of each would be most of what this costs.
        before, self._endpoints = self._endpoints, {id(endpoint): endpoint for endpoint in endpoints}
        if self._has_twins:  # of which one may go and the other stay
            gone, new = list(before.values()), list(endpoints)
        else:
            gone = [endpoint for key, endpoint in before.items() if key not in self._endpoints]
            new = [endpoint for key, endpoint in self._endpoints.items() if key not in before]
        self._has_twins = False
        old = {endpoint.addresses: self._subchannels.pop(endpoint.addresses, None) for endpoint in gone}
        for endpoint in new:
            addresses = endpoint.addresses
            if addresses in self._subchannels:
                self._has_twins = True
                continue
            subchannel = old.pop(addresses, None)
            if subchannel is None:
                subchannel = self.host.create_subchannel(addresses)
                self._note(subchannel)
            self._subchannels[addresses] = subchannel
            self.endpoint_known(subchannel, endpoint)
            subchannel.connect()
        for leaving in old.values():
            if leaving is not None:
                leaving.shut_down()
                self.endpoint_gone(leaving)
        self._updating = False
        self._report()

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
        """Picks one of :attr:`ready`; None if that is empty."""

    def connect(self) -> None:
        """Nothing: there is no subchannel that does not connect."""

    def close(self) -> None:
        """Ends all subchannels."""
        self._updating = True
        for subchannel in self._subchannels.values():
            subchannel.shut_down()
