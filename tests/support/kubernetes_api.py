"""An API server of Kubernetes, as far as EndpointSlices go, and labels of pods.

It can list in pages, watch and write, knows tokens and rights, and speaks TLS.

It does what "Kubernetes API Concepts" says: one resource version for all objects, which every change raises; a watch
that continues from any version that is not compacted, else 410; bookmarks; responses of a watch in chunks, one JSON
object a line, which end after ``timeoutSeconds``; failures as ``Status`` objects.

``python kubernetes_api.py PORT TOKEN`` serves one alone, to be filled by POST, PUT and DELETE as a real one.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import ssl
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, Self

from aiohttp import web

API = "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
PODS = "/api/v1/namespaces/{namespace}/pods"
_FIRST_VERSION = 1000
_V1 = {"groupVersion": "discovery.k8s.io/v1", "version": "v1"}
# what a client finds out first that knows no more than the server's address, such as kubectl
_DISCOVERY: dict[str, dict[str, Any]] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [{"name": "discovery.k8s.io", "versions": [_V1], "preferredVersion": _V1}],
    },
    "/apis/discovery.k8s.io/v1": {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": "discovery.k8s.io/v1",
        "resources": [
            {
                "name": "endpointslices",
                "singularName": "endpointslice",
                "namespaced": True,
                "kind": "EndpointSlice",
                "verbs": ["create", "delete", "list", "update", "watch"],
            }
        ],
    },
}


class ApiServer:
    """The server, on a port of 127.0.0.1, until the block ends.

    Attributes:
        url: where it is.
        rights: the verbs that each token may use.
        lists, watches: how many were answered with 200.
        gone_in_stream: whether an old version is told by an event in a response of 200, or by the response's status;
            real servers do both.
        failing: a status to answer everything with.
        pods: the labels of pods, by namespace and name.
        pod_rights: the tokens that may get and list pods.
        pod_questions: how often somebody asked for pods.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.rights: dict[str, set[str]] = {"good": {"list", "watch", "create", "update", "delete"}}
        self.lists = self.watches = 0
        self.pods: dict[tuple[str, str], dict[str, str]] = {}
        self.pod_rights = {"good"}
        self.pod_questions = 0
        self.gone_in_stream = True
        self.failing: int | None = None
        self.url = ""
        self.version = _FIRST_VERSION
        self._tls = tls
        self._port = port
        self._objects: dict[tuple[str, str], dict[str, Any]] = {}
        self._log: list[tuple[int, str, dict[str, Any]]] = []  # version, type, object
        self._compacted = _FIRST_VERSION  # versions before it are no longer known
        self._changed = asyncio.Condition()
        self._open: list[asyncio.BaseTransport] = []  # those of watches
        self._bookmarks = 0
        app = web.Application()
        for path, found in _DISCOVERY.items():
            app.router.add_get(path, partial(_discover, found))
        app.router.add_get(API, self._get)
        app.router.add_get(PODS, self._list_pods)
        app.router.add_get(PODS + "/{name}", self._get_pod)
        app.router.add_post(API, self._create)
        app.router.add_put(API + "/{name}", self._update)
        app.router.add_delete(API + "/{name}", self._delete)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.drop_watches()
        await self._runner.cleanup()

    # -- what a test does to it

    async def put(self, namespace: str, value: Mapping[str, Any]) -> None:
        """Creates or replaces a slice."""
        key = namespace, value["metadata"]["name"]
        kind = "MODIFIED" if key in self._objects else "ADDED"
        await self._change(kind, key, copy.deepcopy(dict(value)))

    async def remove(self, namespace: str, name: str) -> None:
        """Deletes a slice."""
        await self._change("DELETED", (namespace, name), self._objects[namespace, name])

    async def touch(self) -> None:
        """Changes something that no watch is for: the version grows."""
        await self._change("ADDED", ("elsewhere", f"x{self.version}"), {"metadata": {"name": "x", "labels": {}}})

    async def bookmark(self) -> None:
        """Has every watch that allows it told how far it is."""
        async with self._changed:
            self._bookmarks += 1
            self._changed.notify_all()

    def compact(self) -> None:
        """Forgets all changes so far."""
        self._compacted = self.version

    def drop_watches(self) -> None:
        """Breaks the connections of all watches."""
        for transport in self._open:
            assert isinstance(transport, asyncio.WriteTransport)
            transport.abort()

    @property
    def watching(self) -> int:
        """How many watches are open."""
        return len(self._open)

    async def _change(self, kind: str, key: tuple[str, str], value: dict[str, Any]) -> dict[str, Any]:
        async with self._changed:
            self.version += 1
            metadata = {**value["metadata"], "namespace": key[0], "resourceVersion": str(self.version)}
            value = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", **value, "metadata": metadata}
            if kind == "DELETED":
                del self._objects[key]
            else:
                self._objects[key] = value
            self._log.append((self.version, kind, value))
            self._changed.notify_all()
        return value

    # -- what a client asks

    def _refusal(self, request: web.Request, verb: str) -> web.Response | None:
        if self.failing is not None:
            return _status(self.failing, "InternalError", "the test wants it so", {"Retry-After": "0"})
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.rights:
            return _status(401, "Unauthorized", "Unauthorized")
        if verb not in self.rights[token]:
            return _status(
                403,
                "Forbidden",
                f'endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:default:{token}" cannot '
                f'{verb} resource "endpointslices" in API group "discovery.k8s.io" in the namespace '
                f'"{request.match_info["namespace"]}"',
            )
        return None

    async def _get(self, request: web.Request) -> web.StreamResponse:
        watching = request.query.get("watch") in ("1", "true")
        refusal = self._refusal(request, "watch" if watching else "list")
        if refusal is not None:
            return refusal
        return await (self._watch(request) if watching else self._list(request))

    def _pod_refusal(self, request: web.Request) -> web.Response | None:
        self.pod_questions += 1
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.pod_rights:
            return _status(403, "Forbidden", "pods is forbidden")
        return self._refusal(request, "list")

    async def _list_pods(self, request: web.Request) -> web.Response:
        if (refusal := self._pod_refusal(request)) is not None:
            return refusal
        assert "as=PartialObjectMetadataList" in request.headers["Accept"]
        namespace, limit = request.match_info["namespace"], int(request.query["limit"])
        start = int(request.query.get("continue") or 0)
        names = sorted(name for space, name in self.pods if space == namespace)
        metadata = {"resourceVersion": "7"} | ({"continue": str(start + limit)} if start + limit < len(names) else {})
        page = [self._pod(namespace, name) for name in names[start : start + limit]]
        return web.json_response({"kind": "PartialObjectMetadataList", "metadata": metadata, "items": page})

    async def _get_pod(self, request: web.Request) -> web.Response:
        if (refusal := self._pod_refusal(request)) is not None:
            return refusal
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        if (namespace, name) not in self.pods:
            return _status(404, "NotFound", f'pods "{name}" not found')
        return web.json_response(self._pod(namespace, name))

    def _pod(self, namespace: str, name: str) -> dict[str, Any]:
        labels = self.pods[namespace, name]
        return {"kind": "PartialObjectMetadata", "metadata": {"name": name, "namespace": namespace, "labels": labels}}

    async def _list(self, request: web.Request) -> web.Response:
        names = sorted(key for key, value in self._objects.items() if _selected(request, key[0], value))
        version, start = self.version, 0
        if token := request.query.get("continue"):
            version, start = json.loads(base64.urlsafe_b64decode(token))
            if version < self._compacted:
                return _status(410, "Expired", "The provided continue parameter is too old")
        limit = int(request.query.get("limit", "0")) or len(names)
        metadata: dict[str, Any] = {"resourceVersion": str(version)}
        if start + limit < len(names):
            metadata["continue"] = base64.urlsafe_b64encode(json.dumps([version, start + limit]).encode()).decode()
            metadata["remainingItemCount"] = len(names) - start - limit
        self.lists += 1
        return web.json_response(
            {
                "kind": "EndpointSliceList",
                "apiVersion": "discovery.k8s.io/v1",
                "metadata": metadata,
                "items": [self._objects[key] for key in names[start : start + limit]],
            }
        )

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        version = int(request.query.get("resourceVersion") or "0")
        gone = 0 < version < self._compacted
        message = f"too old resource version: {version} ({self._compacted})"
        if gone and not self.gone_in_stream:
            return _status(410, "Expired", message)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        if gone:
            await _send(response, "ERROR", _status_object(410, "Expired", message))
            return response
        self.watches += 1
        transport = request.transport
        assert transport is not None
        self._open.append(transport)
        try:
            async with asyncio.timeout(float(request.query.get("timeoutSeconds") or "1800")):
                await self._tell_changes(request, response, version)
        except (TimeoutError, ConnectionError):
            pass
        finally:
            self._open.remove(transport)
        return response

    async def _tell_changes(self, request: web.Request, response: web.StreamResponse, version: int) -> None:
        namespace = request.match_info["namespace"]
        bookmarks = request.query.get("allowWatchBookmarks") == "true"
        if not version:
            for (_, _), value in sorted(self._objects.items()):
                if _selected(request, namespace, value):
                    await _send(response, "ADDED", value)
            version = self.version
        told = self._bookmarks
        while True:
            for number, kind, value in list(self._log):
                if number > version:
                    version = number
                    if _selected(request, namespace, value):
                        await _send(response, kind, value)
            if told != self._bookmarks and bookmarks:
                mark = {"kind": "EndpointSlice", "metadata": {"resourceVersion": str(version)}}
                await _send(response, "BOOKMARK", mark)
            told = self._bookmarks
            async with self._changed:
                while self.version <= version and told == self._bookmarks:
                    await self._changed.wait()

    async def _create(self, request: web.Request) -> web.Response:
        return self._refusal(request, "create") or await self._write(request, await request.json())

    async def _update(self, request: web.Request) -> web.Response:
        return self._refusal(request, "update") or await self._write(request, await request.json())

    async def _write(self, request: web.Request, value: dict[str, Any]) -> web.Response:
        key = request.match_info["namespace"], value["metadata"]["name"]
        exists = key in self._objects
        if request.method == "POST" and exists:
            return _status(409, "AlreadyExists", f'endpointslices.discovery.k8s.io "{key[1]}" already exists')
        stored = await self._change("MODIFIED" if exists else "ADDED", key, value)
        return web.json_response(stored, status=200 if exists else 201)

    async def _delete(self, request: web.Request) -> web.Response:
        key = request.match_info["namespace"], request.match_info["name"]
        refusal = self._refusal(request, "delete")
        if refusal is None and key not in self._objects:
            refusal = _status(404, "NotFound", f'endpointslices.discovery.k8s.io "{key[1]}" not found')
        if refusal is not None:
            return refusal
        return web.json_response(await self._change("DELETED", key, self._objects[key]))


async def _discover(found: Mapping[str, Any], request: web.Request) -> web.Response:
    return web.json_response(found)


def _selected(request: web.Request, namespace: str, value: Mapping[str, Any]) -> bool:
    metadata = value["metadata"]
    if request.match_info["namespace"] != metadata.get("namespace", namespace):
        return False
    selector = request.query.get("labelSelector", "")
    wanted = [each.partition("=")[::2] for each in selector.split(",") if each]
    return all(metadata.get("labels", {}).get(key) == text for key, text in wanted)


def _status_object(code: int, reason: str, message: str) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


def _status(code: int, reason: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(_status_object(code, reason, message), status=code, headers=headers)


async def _send(response: web.StreamResponse, kind: str, value: Mapping[str, Any]) -> None:
    await response.write(json.dumps({"type": kind, "object": value}).encode() + b"\n")


def endpoint(address: str, *, pod: str = "", zone: str = "", hints: tuple[str, ...] = (), **conditions: bool) -> Any:
    """Returns an endpoint of a slice; conditions that are not given are those of a pod that is ready."""
    found: dict[str, Any] = {
        "addresses": [address],
        "conditions": {"ready": True, "serving": True, "terminating": False} | conditions,
    }
    if pod:
        found["targetRef"] = {"kind": "Pod", "namespace": "prod", "name": pod, "uid": f"uid-{pod}"}
        found["nodeName"] = f"node-of-{pod}"
    if zone:
        found["zone"] = zone
    if hints:
        found["hints"] = {"forZones": [{"name": each} for each in hints]}
    return found


def endpoint_slice(
    name: str, *endpoints: Any, service: str = "geo", kind: str = "IPv4", ports: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Returns a slice as the controller of EndpointSlices makes it."""
    return {
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/service-name": service,
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
        },
        "addressType": kind,
        "endpoints": list(endpoints),
        "ports": [
            {"name": each, "port": number, "protocol": "TCP"}
            for each, number in ({"grpc": 50051} if ports is None else ports).items()
        ],
    }


async def _main() -> None:
    async with ApiServer(port=int(sys.argv[1])) as server:
        server.rights = {sys.argv[2]: server.rights["good"]}
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
