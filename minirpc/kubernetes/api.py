"""What a resolver asks the API server: to list the slices of a service, to watch them, and for labels of pods.

HTTP is ``aiohttp``'s. The protocol is that of "Kubernetes API Concepts": a list has a resource version, and a watch
tells all changes since one, as JSON objects, one a line, in a response that ends after ``timeoutSeconds``.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncGenerator, Collection, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp

from minirpc.kubernetes.cluster import Cluster
from minirpc.kubernetes.errors import ExpiredError, KubernetesError

__all__ = ["ApiClient"]

_PAGE = 500  # slices; each holds about a hundred endpoints
_MAX_ANSWER = 64 << 20  # bytes of one page
_MAX_EVENT = 16 << 20  # bytes of one line of a watch; etcd holds no object larger than some MiB
_FEW_PODS = 10  # that are asked for one by one; for more, those of the namespace are listed
_POD_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")  # it becomes part of a URL: nothing else may pass
_METADATA_ONLY = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
_SLICE_RIGHTS = "the verbs list and watch on endpointslices"
_POD_RIGHTS = "the verbs get and list on pods"
_MAX_ERROR = 4096  # bytes of an error's body to look at
_CONNECT_TIMEOUT = 10.0  # seconds
_ANSWER_TIMEOUT = 30.0  # seconds for a page, and for a watch to begin or, after its time, to end
# A server that is gone without a word is noticed by TCP, long before a watch is over.
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}  # seconds, seconds, probes


class ApiClient:
    """One connection to the API server, as the context manager that it is.

    Every failure is a ``KubernetesError``.
    """

    def __init__(self, cluster: Cluster, service: str, namespace: str) -> None:
        self._cluster = cluster
        self._url = f"{cluster.server}/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
        self._pods_url = f"{cluster.server}/api/v1/namespaces/{namespace}/pods"
        self._what = f"the endpoints of service {service} in namespace {namespace} at {cluster.server}"
        self._selector = {"labelSelector": f"kubernetes.io/service-name={service}"}
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        credential = await self._cluster.credential()
        if credential.token:
            self._headers["Authorization"] = f"Bearer {credential.token}"
        secure = self._cluster.server.startswith("https:")
        connector = aiohttp.TCPConnector(
            ssl=self._cluster.ssl_context(credential) if secure else True, socket_factory=_make_socket, limit=1
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,  # nothing compressed is asked for, so that nothing can unfold in memory
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT),
        )
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def list_slices(self) -> tuple[list[Any], str]:
        """Returns all slices of the service, and the resource version that they are of.

        Raises:
            ExpiredError: the pages of the list are of different ages; list again.
            KubernetesError: the server gives no list.
        """
        found: list[Any] = []
        parameters = {**self._selector, "limit": str(_PAGE)}
        while True:
            page = await self._get_page(parameters)
            metadata, items = page.get("metadata"), page.get("items")
            if not isinstance(metadata, Mapping) or not isinstance(items, list | None):
                raise KubernetesError(f"{self._what}: the answer is no list")
            found += items or ()
            version, token = metadata.get("resourceVersion"), metadata.get("continue")
            if not isinstance(version, str) or not version:
                raise KubernetesError(f"{self._what}: the list has no resource version")
            if not token or not items:
                return found, version
            parameters["continue"] = str(token)

    async def pod_labels(self, names: Collection[str]) -> dict[str, Mapping[str, str]]:
        """Returns the labels of pods by their names, without those of pods that do not exist.

        Raises:
            KubernetesError: the server does not tell them.
        """
        wanted = {name for name in names if _POD_NAME.fullmatch(name)}
        if len(wanted) > _FEW_PODS:
            return await self._list_pod_labels(wanted)
        found: dict[str, Mapping[str, str]] = {}
        for name in sorted(wanted):
            try:
                pod = await self._get_page({}, f"{self._pods_url}/{name}", _METADATA_ONLY.format(""), _POD_RIGHTS)
            except KubernetesError as error:
                if error.status != 404:
                    raise
            else:
                found[name] = _labels_of(pod)
        return found

    async def _list_pod_labels(self, wanted: Collection[str]) -> dict[str, Mapping[str, str]]:
        found: dict[str, Mapping[str, str]] = {}
        parameters = {"limit": str(_PAGE)}
        while True:
            page = await self._get_page(parameters, self._pods_url, _METADATA_ONLY.format("List"), _POD_RIGHTS)
            metadata, items = page.get("metadata"), page.get("items")
            if not isinstance(metadata, Mapping) or not isinstance(items, list | None):
                raise KubernetesError(f"{self._what}: the answer is no list of pods")
            for each in items or ():
                named = each.get("metadata") if isinstance(each, Mapping) else None
                name = named.get("name") if isinstance(named, Mapping) else None
                if isinstance(name, str) and name in wanted:
                    found[name] = _labels_of(each)
            token = metadata.get("continue")
            if not token or not items:
                return found
            parameters["continue"] = str(token)

    async def _get_page(
        self, parameters: Mapping[str, str], url: str | None = None, accept: str = "", rights: str = _SLICE_RIGHTS
    ) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT), self._request(parameters, url, accept) as response:
                await self._check(response, rights)
                body = await _read_up_to(response, _MAX_ANSWER)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            raise self._failed(error) from error
        if len(body) > _MAX_ANSWER:
            raise KubernetesError(f"{self._what}: the list has more than {_MAX_ANSWER} bytes")
        page = self._parse(body)
        if not isinstance(page, Mapping):
            raise KubernetesError(f"{self._what}: the answer is no list")
        return page

    async def watch_slices(self, version: str, seconds: float) -> AsyncGenerator[list[Mapping[str, Any]], None]:
        """Yields what changes after a resource version: events, as many at once as have arrived.

        It ends when the server ends it, after ``seconds`` or before.

        Raises:
            ExpiredError: the server no longer knows that version.
            KubernetesError: the server does not let us watch, or the connection is lost.
        """
        parameters = {
            **self._selector,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(max(1, round(seconds))),
        }
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT):
                response = await self._request(parameters)
        except (aiohttp.ClientError, OSError) as error:
            raise self._failed(error) from error
        deadline = loop.time() + seconds + _ANSWER_TIMEOUT
        line = bytearray()
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT):
                await self._check(response)
            while True:
                # not around the whole: what a generator's user does between two events is no business of the timeout
                async with asyncio.timeout_at(deadline):
                    chunk = await response.content.readany()
                if not chunk:
                    return
                line += chunk
                lines: list[bytearray] = []
                if b"\n" in chunk:
                    *lines, line = line.split(b"\n")
                if len(line) > _MAX_EVENT:
                    raise KubernetesError(f"{self._what}: an event has more than {_MAX_EVENT} bytes")
                events = [self._parse(each) for each in lines if each.strip()]
                if not all(isinstance(event, Mapping) for event in events):
                    raise KubernetesError(f"{self._what}: an event is no object")
                if events:
                    yield events
        except (aiohttp.ClientError, OSError) as error:
            raise self._failed(error) from error
        finally:
            response.close()

    def _request(self, parameters: Mapping[str, str], url: str | None = None, accept: str = "") -> Any:
        assert self._session is not None
        return self._session.get(
            url or self._url,
            params=parameters,
            headers={**self._headers, "Accept": accept} if accept else self._headers,
            allow_redirects=False,  # the token is for this server
            server_hostname=self._cluster.server_name,
        )

    async def _check(self, response: aiohttp.ClientResponse, rights: str = _SLICE_RIGHTS) -> None:
        """Raises what a response other than 200 says."""
        if response.status == 200:
            return
        body = await _read_up_to(response, _MAX_ERROR)
        try:
            status = json.loads(body)
        except (ValueError, RecursionError):
            status = None
        said = status.get("message") if isinstance(status, Mapping) else None
        message = f"{self._what}: {response.status} {response.reason}{f': {said}' if isinstance(said, str) else ''}"
        if response.status == 401:
            message += " (the token is none, or has expired)"
        elif response.status == 403:
            message += f" (the service account needs a Role with {rights})"
        elif response.status == 410:
            raise ExpiredError(message, status=410)
        wait = response.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 5 else 0.0
        raise KubernetesError(message, status=response.status, retry_after=seconds)

    def _parse(self, data: bytes | bytearray) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise KubernetesError(f"{self._what}: the answer is no JSON: {error}") from None

    def _failed(self, error: Exception) -> KubernetesError:
        reason = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        return KubernetesError(f"{self._what}: {reason}")


def _labels_of(pod: Mapping[str, Any]) -> dict[str, str]:
    metadata = pod.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    if not isinstance(labels, Mapping):
        return {}
    return {str(key): value for key, value in labels.items() if isinstance(value, str)}


async def _read_up_to(response: aiohttp.ClientResponse, limit: int) -> bytearray:
    """Reads a body to its end, or just beyond the limit."""
    body = bytearray()
    while len(body) <= limit:
        chunk = await response.content.readany()
        if not chunk:
            break
        body += chunk
    return body


def _make_socket(address: Any) -> socket.socket:
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):  # not on every system
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made
