"""The load balancing policies ``pick_first`` and ``round_robin`` (gRPC's "Load Balancing in gRPC", gRFC A61)."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from minirpc.aio.balancer import (
    Balancer,
    BalancerFactory,
    BalancerHost,
    FailingPicker,
    Pick,
    PickedCall,
    WaitingPicker,
)
from minirpc.aio.connectivity import ChannelState
from minirpc.aio.resolver import Endpoint
from minirpc.aio.subchannel import Failure, Subchannel
from minirpc.aio.target import Address

__all__ = ["PickFirst", "RoundRobin", "balancer_names", "find_balancer", "register_balancer"]


class PickFirst(Balancer):
    """All calls go to one address: the first, in the resolver's order, that could be connected to."""

    def __init__(self, host: BalancerHost) -> None:
        super().__init__(host)
        self._subchannel: Subchannel | None = None

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Stays with the connection if its address is still there, or else connects again."""
        addresses = [address for endpoint in endpoints for address in endpoint.addresses]
        if self._subchannel is None:
            self._subchannel = self.host.create_subchannel(addresses)
        else:
            self._subchannel.update(addresses)
            if self._subchannel.state is not ChannelState.IDLE:
                return
        self._subchannel.connect()

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """Reports the only subchannel's state as the channel's."""
        match subchannel.state:
            case ChannelState.READY:
                self.host.update(subchannel.state, self)
            case ChannelState.TRANSIENT_FAILURE:
                assert subchannel.failure is not None
                self.host.update(subchannel.state, FailingPicker(subchannel.failure))
            case ChannelState.IDLE | ChannelState.CONNECTING:
                self.host.update(subchannel.state, WaitingPicker(subchannel.connect))

    def pick(self, call: PickedCall) -> Pick:  # noqa: ARG002
        """Picks the only subchannel."""
        return self._subchannel

    def connect(self) -> None:
        """Connects."""
        if self._subchannel is not None:
            self._subchannel.connect()

    def close(self) -> None:
        """Ends the subchannel."""
        if self._subchannel is not None:
            self._subchannel.shut_down()


class RoundRobin(Balancer):
    """Calls go to the endpoints that are connected, in turn. All are connected to, again when a connection is lost."""

    def __init__(self, host: BalancerHost) -> None:
        super().__init__(host)
        self._subchannels: dict[tuple[Address, ...], Subchannel] = {}
        self._states: dict[Subchannel, ChannelState] = {}
        self._counts = dict.fromkeys(ChannelState, 0)
        # Those that are READY, and the place of each: so one comes or goes without a look at the others.
        self._ready: list[Subchannel] = []
        self._places: dict[Subchannel, int] = {}
        # Clients that start together must not all begin with the same server.
        self._next = random.randrange(1 << 30)  # noqa: S311
        self._failure = Failure("no endpoint could be connected to")
        self._updating = False

    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Keeps the subchannels of the endpoints that stay."""
        self._updating = True
        old, self._subchannels = self._subchannels, {}
        for endpoint in endpoints:
            if endpoint.addresses in self._subchannels:
                continue
            subchannel = old.pop(endpoint.addresses, None)
            if subchannel is None:
                subchannel = self.host.create_subchannel(endpoint.addresses)
                self._note(subchannel)
            self._subchannels[endpoint.addresses] = subchannel
            subchannel.connect()
        for subchannel in old.values():
            subchannel.shut_down()
        self._updating = False
        self._report()

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """Connects again where a connection was lost."""
        self._note(subchannel)
        if subchannel.failure is not None:
            self._failure = subchannel.failure
        if subchannel.state is ChannelState.IDLE:
            subchannel.connect()
        elif not self._updating:
            self._report()

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
            self._places[subchannel] = len(self._ready)
            self._ready.append(subchannel)
        elif state is not ChannelState.READY and place is not None:
            last = self._ready.pop()
            del self._places[subchannel]
            if last is not subchannel:
                self._ready[place] = last
                self._places[last] = place

    def _report(self) -> None:
        """READY if one is; else CONNECTING if one is; else TRANSIENT_FAILURE."""
        counts = self._counts
        if counts[ChannelState.READY]:
            self.host.update(ChannelState.READY, self)
        elif counts[ChannelState.CONNECTING] or counts[ChannelState.IDLE]:
            self.host.update(ChannelState.CONNECTING, WaitingPicker())
        elif counts[ChannelState.TRANSIENT_FAILURE]:
            self.host.update(ChannelState.TRANSIENT_FAILURE, FailingPicker(self._failure))

    def pick(self, call: PickedCall) -> Pick:  # noqa: ARG002
        """Picks the next one."""
        ready = self._ready
        if not ready:
            return None
        self._next += 1
        return ready[self._next % len(ready)]

    def connect(self) -> None:
        """Nothing: there is no subchannel that does not connect."""

    def close(self) -> None:
        """Ends all subchannels."""
        self._updating = True
        for subchannel in self._subchannels.values():
            subchannel.shut_down()


_factories: dict[str, BalancerFactory] = {"pick_first": PickFirst, "round_robin": RoundRobin}


def register_balancer(name: str, factory: BalancerFactory) -> None:
    """Lets channels use a policy by its name: ``Channel(…, load_balancing=name)``."""
    _factories[name] = factory


def balancer_names() -> Collection[str]:
    """Returns the names of all policies."""
    return _factories.keys()


def find_balancer(name: str) -> BalancerFactory:
    """Returns the policy with this name.

    Raises:
        ValueError: there is none.
    """
    try:
        return _factories[name]
    except KeyError:
        known = ", ".join(sorted(_factories))
        raise ValueError(f"there is no load balancing {name!r}; there are {known}") from None
