"""The endpoints of a policy, and what a new list changes in them: with 10,000 of them, most of what an update costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minirpc.aio.resolver import Endpoint

__all__ = ["EndpointSet"]


class EndpointSet:
    """Endpoints as objects. Resolvers mostly hand the same ones out again: so no hash of any is needed to compare.

    The objects are kept, hence their :func:`id` stays theirs.
    """

    def __init__(self) -> None:
        self._known: dict[int, Endpoint] = {}

    def update(
        self, endpoints: Iterable[Endpoint], *, everything: bool = False
    ) -> tuple[Sequence[Endpoint], Sequence[Endpoint]]:
        """Takes the endpoints that there are now.

        Args:
            endpoints: the endpoints.
            everything: whether to tell of all that were there as gone, and of all that are there as new.

        Returns:
            Those that are gone, and those that are new, in the order of the list. An endpoint for which another object
            stands now is in both: as what it was, and as what it is.
        """
        before, now = self._known, {id(endpoint): endpoint for endpoint in endpoints}
        self._known = now
        if everything or not before:
            return list(before.values()), list(now.values())
        gone = [endpoint for key, endpoint in before.items() if key not in now]
        if not gone and len(now) == len(before):
            return (), ()
        return gone, [endpoint for key, endpoint in now.items() if key not in before]
