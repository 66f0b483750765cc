"""Everything that ends connections at once, under load: none of it costs a call, and nothing is left of it."""

from __future__ import annotations

import asyncio
import itertools
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from echo import Echo, EchoStub
from grpcio_echo import Callables

from minirpc.aio import Backoff, Channel, ConnectionLimits, Keepalive, Server

SUPPORT = Path(__file__).parents[1] / "support"
EAGER = Keepalive(time=0.02, timeout=20, without_calls=True, allow_short_time=True)
SERVER_OPTIONS: dict[str, Any] = {
    "max_connection_age": 0.15,
    "max_connection_idle": 0.05,
    "keepalive": EAGER,
    "connection_limits": ConnectionLimits(ping_min_time=0, ping_without_calls=True),
}
CHANNEL_OPTIONS: dict[str, Any] = {
    "keepalive": EAGER,
    "idle_timeout": 0.05,
    "wait_for_ready": True,
    "backoff": Backoff(initial=0.02, maximum=0.05),
}


async def ours(stub: EchoStub) -> None:
    """A call of each kind, and a message before and after a pause in which the connection grows old."""
    assert await stub.unary(b"x", timeout=30) == b"x"
    assert await stub.up([b"ab"] * 3, timeout=30) == b"3 6"
    assert [reply async for reply in stub.down(b"3", timeout=30)] == [b"0", b"1", b"2"]
    async with stub.bidi(timeout=30) as call:
        await call.send(b"before")
        assert await call.receive() == b"before"
        await asyncio.sleep(random.uniform(0, 0.2))
        await call.send(b"after")
        assert await call.receive() == b"after"
        await call.done_writing()
        assert await call.receive() is None


async def grpcios(stub: Callables) -> None:
    assert await stub.unary(b"x", timeout=30, wait_for_ready=True) == b"x"
    call = stub.bidi(timeout=30, wait_for_ready=True)
    for message in (b"before", b"after"):
        await call.write(message)
        assert await call.read() == message
        await asyncio.sleep(random.uniform(0, 0.1))
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


async def work(rounds: int, call: Callable[[], Awaitable[None]]) -> None:
    for _ in range(rounds):
        await call()
        await asyncio.sleep(random.choice([0, 0, 0.15]))  # the last one is enough to become idle


async def load(*channels: Channel, grpcio: grpc.aio.Channel | None = None) -> None:
    calls: list[Callable[[], Awaitable[None]]] = [partial(ours, EchoStub(channel)) for channel in channels]
    if grpcio is not None:
        calls.append(partial(grpcios, Callables(grpcio)))
    await asyncio.gather(*(work(4, call) for call in calls for _ in range(3)))


async def restarts(address: str, until: asyncio.Future[Any]) -> int:
    """Has ever new servers on one address, each of which drains; returns how many there were."""
    for count in itertools.count(1):
        async with Server([Echo()], **SERVER_OPTIONS) as server:
            await server.start(address)
            await asyncio.wait([until], timeout=0.25)
            await server.stop(20)
        if until.done():
            return count
    raise AssertionError("unreachable")


async def test_age_idleness_keepalive_and_restarts_at_once() -> None:
    async with Server([Echo()]) as first:
        address = await first.start("127.0.0.1:0")
    options = [
        ("grpc.keepalive_time_ms", 20),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.client_idle_timeout_ms", 1000),  # the least that it takes
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
    ]
    async with (
        Channel(address, **CHANNEL_OPTIONS) as one,
        Channel(address, load_balancing="round_robin", **CHANNEL_OPTIONS) as two,
        grpc.aio.insecure_channel(address, options=options) as grpcio,
    ):
        loading = asyncio.ensure_future(load(one, two, grpcio=grpcio))
        restarting = asyncio.ensure_future(restarts(address, loading))
        await asyncio.wait([loading, restarting], return_when=asyncio.FIRST_EXCEPTION)
        await loading
        assert await restarting > 1


FORKING = """
import asyncio, os, sys, warnings
import test_interplay as interplay
from echo import EchoStub
from minirpc.aio import Channel

warnings.simplefilter("ignore", DeprecationWarning)  # CPython 3.12 warns of forks of processes with threads

def leave(channel):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # uvloop lets the other tasks run on before it unwinds
    try:
        EchoStub(channel).unary(b"").status().send(None)
    except RuntimeError as error:
        assert "before this process was forked" in str(error), error
        print("child", flush=True)
        sys.exit()

def wait(child):
    pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status

async def main():
    async with interplay.Server([interplay.Echo()]) as first:
        address = await first.start("127.0.0.1:0")
    async with Channel(address, **interplay.CHANNEL_OPTIONS) as channel:
        loading = asyncio.ensure_future(interplay.load(channel))
        restarting = asyncio.ensure_future(interplay.restarts(address, loading))
        for _ in range(5):
            child = os.fork()
            if child == 0:
                leave(channel)
            await asyncio.to_thread(wait, child)
            await asyncio.sleep(0.1)
        await loading
        await restarting
    assert asyncio.all_tasks() == {asyncio.current_task()}
    print("parent")

with asyncio.Runner(loop_factory=LOOP.new_event_loop) as runner:
    runner.run(main())
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_forks_on_top_of_it(loop: str, tmp_path: Path) -> None:
    pytest.importorskip(loop)
    program = tmp_path / "program.py"
    program.write_text(f"import {loop}\n{FORKING}".replace("LOOP", loop))
    finished = subprocess.run(
        [sys.executable, "-W", "error", program],
        env={"PYTHONPATH": f"{SUPPORT}:{SUPPORT.parents[1]}:{Path(__file__).parent}"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.splitlines() == ["child"] * 5 + ["parent"]
