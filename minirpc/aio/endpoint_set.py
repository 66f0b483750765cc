"""The endpoints of a policy, and what a new list changes in them: with 10,000 of them, most of what an update costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minirpc.aio.resolver import Endpoint

__all__ = ["EndpointChanges", "EndpointSet"]


@dataclass(frozen=True, slots=True)
class EndpointChanges:
    """What differs between one list of endpoints and the next.

    An endpoint that another object stands for now is in both: what it was, and what it is.

    Attributes:
        gone: those that were there.
        new: those that are there now, in the order of the list.
    """

    gone: Sequence[Endpoint]
    new: Sequence[Endpoint]


class EndpointSet:
    """Endpoints as objects. Resolvers mostly hand the same ones out again: so no hash of any is needed to compare.

    The objects are kept, hence their :func:`id` stays theirs.
    """

    def __init__(self) -> None:
        self._known: dict[int, Endpoint] = {}

    def __len__(self) -> int:
        return len(self._known)

    def update(self, endpoints: Iterable[Endpoint], *, everything: bool = False) -> EndpointChanges:
        """Takes the endpoints that there are now.

        Args:
            endpoints: the endpoints.
            everything: whether to tell of all that were there as gone, and of all that are there as new.
        """
        before, now = self._known, {id(endpoint): endpoint for endpoint in endpoints}
        self._known = now
        if everything or not before:
            return EndpointChanges(list(before.values()), list(now.values()))
        gone = [endpoint for key, endpoint in before.items() if key not in now]
        if not gone and len(now) == len(before):
            return EndpointChanges((), ())
        return EndpointChanges(gone, [endpoint for key, endpoint in now.items() if key not in before])
