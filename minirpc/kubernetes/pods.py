"""Labels of pods, which EndpointSlices do not have, as attributes of endpoints: for canaries by a label.

They are read once for each endpoint, not watched: a label is mostly part of a Deployment's template, so what changes it
makes new pods.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from minirpc.aio.resolver import Endpoint

__all__ = ["PodLabels", "ReadLabels"]

ReadLabels: TypeAlias = Callable[[Collection[str]], Awaitable[Mapping[str, Mapping[str, str]]]]
"""Returns the labels of pods by their names; without those that do not exist."""


class PodLabels:
    """Some labels of the pods behind endpoints.

    Args:
        keys: which labels, such as ``version``.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        # By the id() of the endpoint, which is kept with it. The same object for as long as the endpoint is the same.
        self._known: dict[int, tuple[Endpoint, Endpoint]] = {}

    async def add(self, endpoints: Sequence[Endpoint], read: ReadLabels) -> tuple[Endpoint, ...]:
        """Returns the endpoints with the labels among their attributes, where their pods have them.

        Raises:
            KubernetesError: labels that are not known yet cannot be read. Nothing is forgotten.
        """
        known = self._known
        missing = [endpoint for endpoint in endpoints if id(endpoint) not in known]
        names = {endpoint.attributes["pod"] for endpoint in missing if endpoint.attributes.get("pod")}
        labels = await read(names) if names else {}
        for endpoint in missing:
            found = labels.get(endpoint.attributes.get("pod", ""), {})
            chosen = {key: found[key] for key in self._keys if key in found}
            labelled = replace(endpoint, attributes={**endpoint.attributes, **chosen}) if chosen else endpoint
            known[id(endpoint)] = endpoint, labelled
        self._known = {id(endpoint): known[id(endpoint)] for endpoint in endpoints}
        return tuple(self._known[id(endpoint)][1] for endpoint in endpoints)

    def known(self, endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
        """Returns those whose labels are known, with them."""
        return tuple(self._known[id(endpoint)][1] for endpoint in endpoints if id(endpoint) in self._known)
