"""The status page of the front end in a real browser: it shows the replicas, their versions and their calls."""

from __future__ import annotations

import asyncio
import html
import shutil
import socket
import subprocess
from pathlib import Path

import httpx
import pytest
import uvicorn
from echo import Echo, EchoStub
from geo_programs import TIMEOUT, Start

from minirpc.aio import (
    Channel,
    Endpoint,
    Proceed,
    RoundRobin,
    Server,
    ServerCall,
    StaticResolver,
    TcpAddress,
    Weighted,
)
from minirpc.services.status_page import StatusPage

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def browser(url: str, profile: Path) -> list[str]:
    """Returns the command that prints the document as a browser has it after some seconds."""
    assert CHROMIUM is not None
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=4000"]
    return [CHROMIUM, *flags, f"--user-data-dir={profile}", "--dump-dom", url]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_a_browser_shows_replicas_and_versions(start: Start, tmp_path: Path) -> None:
    replicas = [start("back_end", "--port", "0", "--version", version).address for version in ("v1", "v2")]
    targets = ",".join(replicas)
    front_end = start("kubernetes.front_end", "--port", "0", "--back-end", f"static:{targets},127.0.0.1:1").address
    for _ in range(20):
        query = {"from": "Kyiv", "to": "Lviv"}
        assert httpx.get(f"{front_end}/distance", params=query, timeout=TIMEOUT, trust_env=False).status_code == 200
    command = browser(f"{front_end}/status/", tmp_path)
    ended = subprocess.run(command, capture_output=True, text=True, timeout=2 * TIMEOUT, check=True)
    seen = html.unescape(ended.stdout)
    assert "Whom the front end talks to" in seen
    for address in replicas:
        assert f'class="address">{address}<' in seen
    assert seen.count('class="end c') == 2, "two replicas have told their versions"
    assert ">v1: " in seen
    assert ">v2: " in seen
    assert "transient failure" in seen
    assert "20 ok" in seen
    assert ">live<" in seen


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
async def test_a_browser_shows_the_weights_of_groups_and_of_endpoints(tmp_path: Path) -> None:
    status = StatusPage("the caller", version_key="version")

    def versioned(version: str) -> Server:
        async def tell(call: ServerCall, proceed: Proceed) -> None:
            call.context.add_initial_metadata({"version": version})
            await proceed()

        return Server([Echo()], interceptors=[tell])

    async with versioned("v1") as one, versioned("v1") as two, versioned("v2") as three:
        endpoints = []
        for server, version, weight in ((one, "v1", 1), (two, "v1", 3), (three, "v2", 1)):
            host, _, port = (await server.start("127.0.0.1:0")).rpartition(":")
            address = TcpAddress(host, int(port))
            endpoints.append(Endpoint((address,), weight=weight, attributes={"version": version}))
        policy = Weighted({"v1": 90, "v2": 10}, child=RoundRobin())
        resolver = StaticResolver(endpoints)
        listener = socket.create_server(("127.0.0.1", 0))
        web = uvicorn.Server(uvicorn.Config(status, log_level="warning", lifespan="off"))
        serving = asyncio.ensure_future(web.serve(sockets=[listener]))
        async with Channel(
            "canary", resolver=resolver, load_balancing=policy, interceptors=[status.note_version]
        ) as channel:
            for _ in range(60):
                await EchoStub(channel).unary(b"x", timeout=10)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            looking = await asyncio.create_subprocess_exec(
                *browser(url, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            async with asyncio.timeout(2 * TIMEOUT):
                seen = html.unescape((await looking.communicate())[0].decode())
            policy.set_weights({"v1": 50, "v2": 50})
            shown = {each["group"]: each for each in status.snapshot()["channels"][-1]["subchannels"]}
        web.should_exit = True
        await serving
    assert " · group v1, weight 90 · weight 1" in seen
    assert " · group v1, weight 90 · weight 3" in seen
    assert " · group v2, weight 10 · weight 1" in seen
    assert "% of the calls" in seen
    assert (shown["v1"]["group_weight"], shown["v2"]["group_weight"]) == (50, 50), "as soon as they have changed"
