"""The status page as an ASGI application: its figures, its headers, and what it refuses."""

from __future__ import annotations

import gc
import json
from typing import Any

import httpx
import pytest
from echo import Echo, EchoStub

from minirpc.aio import Channel, Context, Proceed, Server, ServerCall
from minirpc.services.status_page import StatusPage


class Versioned(Echo):
    async def unary(self, request: bytes, context: Context) -> bytes:
        return request


async def tell_version(call: ServerCall, proceed: Proceed) -> None:
    call.context.add_initial_metadata({"my-version": "v7"})
    await proceed()


def client(status: StatusPage) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=status), base_url="http://status")


async def test_figures_of_a_channel_and_of_a_server() -> None:
    gc.collect()
    status = StatusPage("me", version_key="my-version")
    async with Server([Versioned()], interceptors=[tell_version]) as server:
        address = await server.start("127.0.0.1:0")
        async with Channel(address, interceptors=[status.note_version]) as channel, client(status) as browser:
            for _ in range(3):
                await EchoStub(channel).unary(b"x")
            await EchoStub(channel).fail(b"5|no|").status()
            data: Any = (await browser.get("/data")).json()
    assert data["name"] == "me"
    found = next(each for each in data["channels"] if each["target"] == address)
    assert (found["state"], found["started"], found["succeeded"], found["failed"]) == ("ready", 4, 3, 1)
    end = found["subchannels"][0]
    assert (end["addresses"], end["version"], end["succeeded"]) == (address, "v7", 3)
    served = next(each for each in data["servers"] if each["listens"] == [address])
    assert (served["started"], len(served["clients"])) == (4, 1)


async def test_the_last_error_is_shown() -> None:
    gc.collect()
    status = StatusPage()
    async with Channel("127.0.0.1:1") as channel, client(status) as browser:
        await EchoStub(channel).unary(b"x").status()
        data: Any = (await browser.get("/data")).json()
    found = next(each for each in data["channels"] if each["target"] == "127.0.0.1:1")
    assert "cannot connect to 127.0.0.1:1" in found["last_error"]["text"]


@pytest.mark.parametrize(
    ("method", "path", "code"), [("GET", "/", 200), ("HEAD", "/", 200), ("POST", "/data", 405), ("GET", "/other", 404)]
)
async def test_requests(method: str, path: str, code: int) -> None:
    async with client(StatusPage()) as browser:
        response = await browser.request(method, path)
    assert response.status_code == code
    assert response.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    if method == "GET" and code == 200:
        nonce = response.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
        assert response.text.count(f'nonce="{nonce}"') == 2
        assert "NONCE" not in response.text


async def test_what_peers_say_is_bounded() -> None:
    gc.collect()
    status = StatusPage(version_key="my-version")

    async def shout(call: ServerCall, proceed: Proceed) -> None:
        call.context.add_initial_metadata({"my-version": "v" * 5000})
        await proceed()

    async with (
        Server([Versioned()], interceptors=[shout]) as server,
        Channel(await server.start("127.0.0.1:0"), interceptors=[status.note_version]) as channel,
    ):
        await EchoStub(channel).unary(b"x")
        found = next(each for each in status.snapshot()["channels"] if each["id"] == channel.routing.number)
        assert 0 < len(found["subchannels"][0]["version"]) < 1000
        assert len(json.dumps(found)) < 5000
