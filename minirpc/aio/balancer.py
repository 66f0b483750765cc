"""Load balancing: which endpoint takes which call. The interface of policies; two of them are in ``policies.py``.

A policy is given the endpoints that the resolver has found. It makes subchannels, has them connect, hears of their
states, and gives the channel a state of the whole and a *picker*. The picker is asked once for each call, and must be
quick: it runs on the way of every call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from minirpc.aio.connectivity import ChannelState
from minirpc.aio.resolver import Endpoint
from minirpc.aio.subchannel import Failure, Subchannel
from minirpc.aio.target import Address
from minirpc.frozen import frozen
from minirpc.http2 import Header

__all__ = [
    "Balancer",
    "BalancerFactory",
    "BalancerHost",
    "FailingPicker",
    "Pick",
    "PickedCall",
    "Picker",
    "Share",
    "WaitingPicker",
    "WrappingBalancer",
]


class PickedCall(Protocol):
    """The call for which an endpoint is picked."""

    @property
    def path(self) -> str:
        """The method's path."""
        ...

    @property
    def request_headers(self) -> Sequence[Header]:
        """The headers that the call begins with, its metadata among them."""
        ...

    def add_done_callback(self, callback: Callable[[], object]) -> None:
        """Calls ``callback`` when the call is over. A call that is tried again may be picked for again before that."""


Pick: TypeAlias = Subchannel | Failure | None
"""Where a call goes: to a subchannel, which should be READY; nowhere, but it fails, or waits if it is to wait for
ready; or nowhere yet (None): it waits for the next picker."""


class Picker(Protocol):
    """Picks an endpoint for each call."""

    def pick(self, call: PickedCall) -> Pick:
        """Picks one. Runs on the event loop, and must not block.

        It is asked again where an earlier attempt of the same call has been to what it picked (retries and hedging).
        """
        ...


class WaitingPicker:
    """Has calls wait, and may have the policy connect."""

    def __init__(self, connect: Callable[[], object] | None = None) -> None:
        self._connect = connect

    def pick(self, call: PickedCall) -> Pick:  # noqa: ARG002
        """Connects."""
        if self._connect is not None:
            self._connect()
        return None


class FailingPicker:
    """Has calls fail, except those that wait for ready."""

    def __init__(self, failure: Failure) -> None:
        self._failure = failure

    def pick(self, call: PickedCall) -> Pick:  # noqa: ARG002
        """Fails."""
        return self._failure


class BalancerHost(Protocol):
    """What a policy needs of its channel."""

    def create_subchannel(self, addresses: Sequence[Address]) -> Subchannel:
        """Makes a subchannel, which is IDLE. The policy shuts it down when it has no more use for it."""
        ...

    def update(self, state: ChannelState, picker: Picker) -> None:
        """Sets the state of the whole, and asks the new picker for the calls that wait."""


@frozen
class Share:
    """What a policy gives an endpoint of the calls; for people to look at.

    Attributes:
        weight: its weight among those that it shares calls with; None where the policy has no weights.
        group: the name of its group; None where there are no groups.
        group_weight: the weight of that group among the groups; None as above.
    """

    weight: int | None = None
    group: str | None = None
    group_weight: float | None = None


class Balancer(ABC):
    """A load balancing policy at work on one channel.

    Args:
        host: the channel.
    """

    def __init__(self, host: BalancerHost) -> None:
        self.host = host

    @abstractmethod
    def update_endpoints(self, endpoints: Sequence[Endpoint]) -> None:
        """Takes the endpoints that there are now, in the order of preference; at least one."""

    @abstractmethod
    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """One of the policy's subchannels has another state, or another failure."""

    @abstractmethod
    def connect(self) -> None:
        """Connects if it is IDLE: somebody wants the channel to be READY."""

    @abstractmethod
    def close(self) -> None:
        """Shuts all subchannels down. Nothing is called after that."""

    def share_of(self, subchannel: Subchannel) -> Share:  # noqa: ARG002
        """Returns what one of its subchannels gets of the calls. May be asked from another thread."""
        return Share()


class WrappingBalancer(Balancer):
    """A policy around another one, which it steers by the endpoints that it passes on.

    Attributes:
        child: the policy inside; set by the constructor of the subclass.
    """

    child: Balancer

    def subchannel_changed(self, subchannel: Subchannel) -> None:
        """Tells the child."""
        self.child.subchannel_changed(subchannel)

    def connect(self) -> None:
        """Has the child connect."""
        self.child.connect()

    def close(self) -> None:
        """Closes the child."""
        self.child.close()

    def share_of(self, subchannel: Subchannel) -> Share:
        """Asks the child."""
        return self.child.share_of(subchannel)


BalancerFactory: TypeAlias = Callable[[BalancerHost], Balancer]
