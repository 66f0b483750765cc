"""Keeps the endpoints of a Kubernetes service, as the API server tells them: list, then watch, and again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from minirpc.aio.resolver import Endpoint, Resolution, Resolver
from minirpc.kubernetes.api import ApiClient
from minirpc.kubernetes.cluster import Cluster
from minirpc.kubernetes.errors import ExpiredError, KubernetesError
from minirpc.kubernetes.pods import PodLabels
from minirpc.kubernetes.service_name import ServiceName
from minirpc.kubernetes.slices import SliceSet

__all__ = ["KubernetesResolver"]

_log = logging.getLogger("minirpc.kubernetes")

_PASSING = {None, 401, 403, 429, 503}  # failures that say nothing of what was asked for
_SHORT_WATCH = 0.5  # seconds; when a watch is over so soon, the next one has to wait
_STEADY = 60.0  # seconds that a watch without a change has lasted, for what failed before to be forgotten


class KubernetesResolver(Resolver):
    """The ready endpoints of a service, and each change of them.

    Before the first list is there, a failure is raised, and the channel tells its calls. After that the resolver holds
    what it knows and goes on trying by itself: pods do not go away because an API server does. A service that has no
    endpoints, or does not exist, has an empty list.

    Endpoints have ``zone``, and the attributes ``pod``, ``node`` and ``hint_zones`` where the cluster tells them, and
    labels of their pods, where those are asked for. An endpoint whose labels cannot be read now comes when they can.
    """

    delivers_service_config = False

    def __init__(
        self,
        name: ServiceName | str,
        *,
        cluster: Cluster | None = None,
        zone: str | None = None,
        pod_labels: Sequence[str] = (),
        watch_seconds: float = 300.0,
        min_backoff: float = 1.0,
        max_backoff: float = 30.0,
    ) -> None:
        """Prepares; the API server is asked when the channel needs it.

        Args:
            name: ``service.namespace:port``; see :class:`ServiceName` for what may be left out.
            cluster: where to ask; by default that of the pod, or else that of the kubeconfig file.
            zone: only endpoints that are meant for this zone (topology aware routing), where all have such hints.
            pod_labels: labels of pods that endpoints have as attributes, such as ``version``. The account needs the
                verbs ``get`` and ``list`` on pods for that.
            watch_seconds: how long one watch lasts, up to a fifth less; the next one continues it.
            min_backoff, max_backoff: seconds to wait after a failure: at first, and at most. The wait doubles each
                time, and is shortened by chance, by up to a half.

        Raises:
            ValueError: the name cannot be read, or a time is out of range.
        """
        if not (0 < min_backoff <= max_backoff and watch_seconds >= 1):
            raise ValueError("0 < min_backoff <= max_backoff and watch_seconds >= 1 are needed")
        self._name = ServiceName.parse(name) if isinstance(name, str) else name
        self._cluster = cluster
        self._zone = zone
        self._pod_labels = PodLabels(pod_labels) if pod_labels else None
        self._watch_seconds = watch_seconds
        self._min_backoff = min_backoff
        self._max_backoff = max_backoff
        self._hurry = asyncio.Event()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"

    @classmethod
    def from_target(cls, target: Any) -> KubernetesResolver:
        """Returns the resolver of a channel's target ``kubernetes:///service.namespace:port``.

        ``?zone=eu-1a&pod-labels=version,track`` behind it is what the arguments are called so.

        Raises:
            ValueError: the target cannot be read.
        """
        if target.authority:
            raise ValueError(f"target {target.text!r} names a cluster; kubernetes:///service.namespace:port does not")
        path, _, query = target.path.partition("?")
        options = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True)) if query else {}
        labels = [label for label in options.pop("pod-labels", "").split(",") if label]
        zone = options.pop("zone", None)
        if options:
            raise ValueError(
                f"target {target.text!r}: {', '.join(options)} is no option; there are zone and pod-labels"
            )
        return cls(path, zone=zone, pod_labels=labels)

    def resolve_now(self) -> None:
        """Ends a wait after a failure. A watch that works knows of nothing newer."""
        self._hurry.set()

    async def watch(self) -> AsyncIterator[Resolution]:
        """Yields the endpoints, and again whenever they have changed.

        Raises:
            KubernetesError: there is no first list.
        """
        known: tuple[Endpoint, ...] | None = None
        state = _State(SliceSet(self._name.service, self._name.port, self._zone))
        loop = asyncio.get_running_loop()
        backoff = self._min_backoff
        while True:
            began = loop.time()
            resumed = state.version is not None
            state.watched = False
            failure: KubernetesError | None = None
            try:
                async with contextlib.aclosing(self._follow(state)) as changes:
                    async for endpoints in changes:
                        usable, failed = await self._label(endpoints)
                        if failed is not None:
                            # Those whose labels are known do for now; better those of before than none.
                            usable = (usable or known) if known else None
                        if usable is not None and usable != known:
                            known = usable
                            yield Resolution(usable)
                        if failed is not None:
                            state.version = None  # else nobody asks again before something changes
                            raise failed
            except KubernetesError as error:
                if known is None and not isinstance(error, ExpiredError):
                    raise
                failure = error
            lasted = loop.time() - began
            if state.watched or lasted > _STEADY:
                backoff = self._min_backoff
            if isinstance(failure, ExpiredError):
                _log.debug("%s: %s; listing anew", self._name, failure)
                state.version = None
                if resumed:
                    continue  # to be expected; where what was just listed is too old as well, the server needs time
            elif failure is not None:
                _log.warning("%s: going on with %d endpoints: %s", self._name, len(known or ()), failure)
                if failure.status not in _PASSING:
                    state.version = None  # perhaps it is the version that the server does not like
            elif lasted > _SHORT_WATCH:
                continue  # its time was over
            wait = max(backoff, failure.retry_after if failure is not None else 0.0)
            backoff = min(backoff * 2, self._max_backoff)
            await self._pause(wait * random.uniform(0.5, 1.0))  # noqa: S311

    async def _label(
        self, endpoints: tuple[Endpoint, ...]
    ) -> tuple[tuple[Endpoint, ...] | None, KubernetesError | None]:
        """Returns the endpoints with their labels; or those whose labels are known, and why not all are."""
        if self._pod_labels is None:
            return endpoints, None

        async def read(names: Collection[str]) -> Mapping[str, Mapping[str, str]]:
            # Another connection: the watch has its own.
            cluster = self._cluster or Cluster.find()
            async with ApiClient(cluster, self._name.service, self._name.namespace or cluster.namespace) as api:
                return await api.pod_labels(names)

        try:
            return await self._pod_labels.add(endpoints, read), None
        except KubernetesError as error:
            return self._pod_labels.known(endpoints), error

    async def _pause(self, seconds: float) -> None:
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    async def _follow(self, state: _State) -> AsyncGenerator[tuple[Endpoint, ...], None]:
        """Lists if need be, then watches once; yields the endpoints whenever something was told."""
        cluster = self._cluster or Cluster.find()
        # A connection for each watch: so it has the token and the certificates of now, and servers that were added
        # behind one address get their share.
        async with ApiClient(cluster, self._name.service, self._name.namespace or cluster.namespace) as api:
            if state.version is None:
                items, version = await api.list_slices()
                state.slices.replace(items)
                state.version = version
                yield state.slices.endpoints()
            seconds = self._watch_seconds * random.uniform(0.8, 1.0)  # noqa: S311
            async with contextlib.aclosing(api.watch_slices(state.version, seconds)) as batches:
                async for batch in batches:
                    for event in batch:
                        state.apply(event)
                    state.watched = True
                    yield state.slices.endpoints()


class _State:
    """What was told so far, and up to which resource version; None before a list."""

    def __init__(self, slices: SliceSet) -> None:
        self.slices = slices
        self.version: str | None = None
        self.watched = False  # whether this watch has told anything

    def apply(self, event: Mapping[str, Any]) -> None:
        """Takes one event of a watch.

        Raises:
            ExpiredError: the event says that the watch cannot go on: list anew.
            KubernetesError: it is no event.
        """
        kind, value = event.get("type"), event.get("object")
        if kind == "ERROR":
            said = value.get("message") if isinstance(value, Mapping) else None
            raise ExpiredError(f"the API server ended the watch: {said or value!r:.200}")
        metadata = value.get("metadata") if isinstance(value, Mapping) else None
        version = metadata.get("resourceVersion") if isinstance(metadata, Mapping) else None
        if not isinstance(version, str) or not version:
            raise ExpiredError(f"an event {kind!r:.80} has no resource version")
        if kind in ("ADDED", "MODIFIED"):
            self.slices.put(value)
        elif kind == "DELETED":
            self.slices.remove(value)
        elif kind != "BOOKMARK":
            _log.debug("an event of the unknown type %r", kind)
        self.version = version
