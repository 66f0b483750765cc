"""The ASGI application: the page, and the figures that it fetches again and again."""

from __future__ import annotations

import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.resources import files
from typing import Any

from minirpc.aio import ClientCall, Server
from minirpc.aio.connection import Connection
from minirpc.aio.inspection import CallCounter, History, everything
from minirpc.aio.interceptors import ClientProceed
from minirpc.aio.routing import Routing
from minirpc.aio.subchannel import Subchannel

__all__ = ["StatusPage"]

_MAX_SHOWN = 200  # channels, subchannels of one, servers, or clients of one: a page of more is of use to nobody
_MAX_VERSIONS = 4096  # peers whose version is remembered; those that have answered last
_MAX_TEXT = 300  # characters of what peers say
_PAGE = files("minirpc.services.status_page").joinpath("page.html").read_text("utf-8")


class StatusPage:
    """The page. Whoever sees it learns who talks to whom: show it to operators alone.

    Args:
        name: what this program is called on the page.
        version_key: the initial metadata in which servers tell their version, for :meth:`note_version`.
    """

    def __init__(self, name: str = "this program", *, version_key: str = "version") -> None:
        self._name = name
        self._version_key = version_key
        self._versions: OrderedDict[str, str] = OrderedDict()  # by peer

    async def note_version(self, call: ClientCall, proceed: ClientProceed) -> None:
        """An interceptor for channels: notes which version of a server has answered."""
        await proceed()
        version = next((value for key, value in call.initial_metadata if key == self._version_key), None)
        if isinstance(version, str) and call.peer:
            self._versions[call.peer] = version[:_MAX_TEXT]
            self._versions.move_to_end(call.peer)
            if len(self._versions) > _MAX_VERSIONS:
                self._versions.popitem(last=False)

    def snapshot(self) -> dict[str, Any]:
        """Returns the figures of this moment, as JSON has them."""
        return {
            "name": self._name,
            "time": time.time(),
            "channels": [self._channel(channel) for _, channel in everything(Routing)[:_MAX_SHOWN]],
            "servers": [_server(server) for _, server in everything(Server)[:_MAX_SHOWN]],
        }

    def _channel(self, channel: Routing) -> dict[str, Any]:
        subchannels = list(channel.subchannels)
        subchannels.sort(key=lambda each: each.number)
        return {
            "id": channel.number,
            "target": channel.target,
            "state": channel.watch.state.value,
            **_counts(channel.calls),
            "last_error": _last_error(channel.history),
            "count": len(subchannels),
            "subchannels": [self._subchannel(channel, each) for each in subchannels[:_MAX_SHOWN]],
        }

    def _subchannel(self, channel: Routing, subchannel: Subchannel) -> dict[str, Any]:
        share = channel.share_of(subchannel)
        peers = [connection.peer for connection in subchannel.connections]
        return {
            "id": subchannel.number,
            "addresses": ", ".join(map(str, subchannel.addresses))[:_MAX_TEXT],
            "version": next((self._versions[peer] for peer in reversed(peers) if peer in self._versions), ""),
            "state": subchannel.state.value,
            "weight": share.weight,
            "group": None if share.group is None else share.group[:_MAX_TEXT],
            "group_weight": share.group_weight,
            **_counts(subchannel.calls),
            "last_error": _last_error(subchannel.history),
        }

    # -- ASGI

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Serves one request (ASGI 3.0)."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"the status page takes HTTP requests, not {scope['type']}")
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        nonce = secrets.token_urlsafe(16)
        headers = {
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "content-security-policy": (
                f"default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'self'; "
                f"style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'"
            ),
        }
        if scope["method"] not in ("GET", "HEAD"):
            status, kind, body = 405, "text/plain", "the status page can only be read\n"
            headers["allow"] = "GET, HEAD"
        elif path in ("", "/"):
            status, kind, body = 200, "text/html", _PAGE.replace("NONCE", nonce)
        elif path == "/data":
            status, kind, body = 200, "application/json", json.dumps(self.snapshot(), separators=(",", ":"))
        else:
            status, kind, body = 404, "text/plain", "no such page\n"
        encoded = body.encode()
        headers |= {"content-type": f"{kind}; charset=utf-8", "content-length": str(len(encoded))}
        pairs = [(key.encode(), value.encode()) for key, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else encoded})


async def _live(
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _server(server: Server) -> dict[str, Any]:
    connections = server.connections
    connections.sort(key=lambda each: each.number)
    return {
        "id": server.number,
        "name": repr(server).strip("<>"),
        "listens": [listener.name for listener in server.listeners],
        **_counts(server.calls),
        "last_error": _last_error(server.history),
        "count": len(connections),
        "clients": [_client(each) for each in connections[:_MAX_SHOWN]],
    }


def _client(connection: Connection) -> dict[str, Any]:
    return {"id": connection.number, "peer": connection.peer, **_counts(connection.stream_counter)}


def _counts(calls: CallCounter) -> dict[str, Any]:
    return {
        "started": calls.started,
        "succeeded": calls.succeeded,
        "failed": calls.failed,
        "running": calls.running,
        "last_call": calls.last_started or None,
    }


def _last_error(history: History) -> dict[str, Any] | None:
    for event in reversed(list(history.events)):
        if event.warning:
            return {"text": event.text[:_MAX_TEXT], "time": event.time}
    return None
