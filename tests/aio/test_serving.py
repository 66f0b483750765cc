"""``Server.serve`` as a process: what a signal does to calls under way; load shedding, and the listener for probes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import pytest
from certificates import server_pair
from echo import Echo, EchoStub
from grpcio_echo import Callables

from minirpc.aio import Channel, Server, ServerTls
from minirpc.errors import RpcError, StatusCode
from minirpc.services.health import Health, HealthCheckRequest, HealthStub, ServingStatus
from minirpc.services.reflection import with_reflection

SUPPORT = Path(__file__).parents[1] / "support"
NOT_SERVING, SERVING = ServingStatus.NOT_SERVING, ServingStatus.SERVING


class Process:
    """A server that runs as a program of its own."""

    def __init__(self, process: asyncio.subprocess.Process, line: list[str]) -> None:
        self.process = process
        self.line = line

    @property
    def address(self) -> str:
        return self.line[0]

    @property
    def health(self) -> str:
        return self.line[1]

    async def end(self) -> tuple[int, str]:
        """Waits for the end, and returns the exit code and what was said last."""
        output, _ = await self.process.communicate()
        return self.process.returncode or 0, output.decode().strip()


@asynccontextmanager
async def served(*arguments: str, prefix: tuple[str, ...] = ()) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *prefix,
        sys.executable,
        SUPPORT / "served.py",
        *arguments,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": f"{SUPPORT}:{SUPPORT.parents[1]}"},
    )
    try:
        assert process.stdout is not None
        yield Process(process, (await process.stdout.readline()).decode().split())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        process._transport.close()  # type: ignore[attr-defined]  # else its pipes wait for the collector


# -- signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_under_load_fails_no_call(number: signal.Signals) -> None:
    async with served("0.5", "10") as first, served("0", "10") as second:
        channel = Channel(f"static:{first.address},{second.address}", load_balancing="round_robin")
        peer = grpc.aio.insecure_channel(f"ipv4:{first.address},{second.address}")
        async with channel, peer, Channel(first.health) as probe:
            done = asyncio.Event()
            healths = [each.status async for each in _watch_until(probe, SERVING)]
            stub, callables = EchoStub(channel), Callables(peer)

            async def ours() -> int:
                count = 0
                while not done.is_set():
                    assert await stub.unary(b"20") == b"20"
                    count += 1
                return count

            async def theirs() -> int:
                count = 0
                while not done.is_set():
                    assert await callables.unary(b"20", wait_for_ready=True, timeout=20) == b"20"
                    count += 1
                return count

            load = [asyncio.create_task(work()) for work in (ours, ours, ours, theirs, theirs, theirs)]
            await asyncio.sleep(0.2)
            watching = asyncio.create_task(_drained(probe))
            await asyncio.sleep(0.1)
            first.process.send_signal(number)
            healths += await watching
            assert healths == [SERVING, SERVING, NOT_SERVING], "watchers are told before anything else happens"
            assert await stub.unary(b"x") == b"x"
            async with Channel(first.address) as late:  # the delay: it takes calls as before
                assert await EchoStub(late).unary(b"x") == b"x"
            assert await first.end() == (0, "served")
            await asyncio.sleep(0.2)
            done.set()
            assert min(await asyncio.gather(*load)) > 0


async def _watch_until(channel: Channel, status: ServingStatus) -> AsyncIterator[object]:
    async for response in HealthStub(channel).watch(HealthCheckRequest()):
        yield response
        if response.status is status:
            return


async def _drained(channel: Channel) -> list[ServingStatus]:
    """What a watcher hears until the server is NOT_SERVING."""
    return [each.status async for each in _watch_until(channel, NOT_SERVING)]


async def test_calls_that_outlive_the_grace_are_unavailable() -> None:
    async with served("0", "0.3") as server, Channel(server.address) as channel:
        async with EchoStub(channel).down(b"") as call:
            assert await call.receive() == b"begun"
            slow = asyncio.ensure_future(EchoStub(channel).unary(b"100"))
            await asyncio.sleep(0.05)
            server.process.terminate()
            assert await slow == b"100", "within the grace"
            status = await call.status()
        assert (status.code, status.message) == (StatusCode.UNAVAILABLE, "the server is shutting down")
        assert await server.end() == (0, "served")


@pytest.mark.parametrize(("delay", "grace"), [("600", "600"), ("0", "600")], ids=["in the delay", "in the grace"])
async def test_a_second_signal_forces(delay: str, grace: str) -> None:
    async with served(delay, grace) as server, Channel(server.address) as channel, Channel(server.health) as probe:
        async with EchoStub(channel).down(b"") as call:
            assert await call.receive() == b"begun"
            assert await _drained_after(server, probe) is NOT_SERVING
            server.process.terminate()
            assert (await call.status()).code is StatusCode.UNAVAILABLE
        assert await server.end() == (0, "served")


async def _drained_after(server: Process, probe: Channel) -> ServingStatus:
    """Has the server stop, and returns what a watcher hears of it."""
    watch = aiter(HealthStub(probe).watch(HealthCheckRequest()))
    assert (await anext(watch)).status is SERVING
    server.process.terminate()
    return (await anext(watch)).status


async def test_a_signal_before_anything_listens() -> None:
    async with served("600", "600", "slow-start") as server:
        assert server.line == ["starting"]
        server.process.terminate()
        assert await server.end() == (0, "served"), "it does not begin to serve, and waits for nobody"


def _first_child(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


@pytest.mark.skipif(os.name != "posix" or not shutil.which("unshare") or os.geteuid() != 0, reason="needs root")
async def test_as_the_first_process_of_a_container() -> None:
    """The kernel gives PID 1 no signal that it does not handle, and kills it for none."""
    prefix = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
    async with served("0.2", "10", prefix=prefix) as server, Channel(server.address) as channel:
        slow = asyncio.ensure_future(EchoStub(channel).unary(b"500"))
        await asyncio.sleep(0.1)
        os.kill(_first_child(server.process.pid), signal.SIGTERM)
        assert await slow == b"500"
        assert await server.end() == (0, "served")


# -- the listener for probes


async def test_probes_get_health_and_nothing_else() -> None:
    pair = server_pair()
    service = Echo()
    server = Server([service, Health([service])])
    listening: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        server.serve(
            "127.0.0.1:0",
            tls=ServerTls(certificate=pair.certificate, key=pair.key),
            health_address="127.0.0.1:0",
            on_listening=lambda addresses: listening.set_result(list(addresses)),
        )
    )
    _, probe = await listening
    async with Channel(probe) as channel, grpc.aio.insecure_channel(probe) as peer:
        assert (await HealthStub(channel).check(HealthCheckRequest(service="test.Echo"))).status is SERVING
        status = await EchoStub(channel).unary(b"").status()
        assert (status.code, status.message) == (StatusCode.UNIMPLEMENTED, "only the health service is served here")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await Callables(peer).unary(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    os.kill(os.getpid(), signal.SIGTERM)
    await serving


async def test_probes_need_a_health_service() -> None:
    with pytest.raises(ValueError, match="no health service"):
        await Server([Echo()]).serve("127.0.0.1:0", health_address="127.0.0.1:0")


# -- load


async def test_too_many_calls_are_refused_and_probes_are_not() -> None:
    service = Echo()
    health = Health([service])
    async with (
        Server(with_reflection([service, health]), max_concurrent_calls=2) as server,
        Channel(await server.start("127.0.0.1:0")) as channel,
        Channel(await server.start("127.0.0.1:0")) as other,
    ):
        held = [EchoStub(each).sleep(b"") for each in (channel, other)]
        waiting = [asyncio.ensure_future(call.status()) for call in held]
        for _ in held:
            assert await service.events.get() == "started"
        for each in (channel, other):
            with pytest.raises(RpcError) as caught:
                await EchoStub(each).unary(b"")
            assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
            assert "max_concurrent_calls=2" in caught.value.message
            watch = HealthStub(each).watch(HealthCheckRequest())
            assert (await anext(aiter(watch))).status is SERVING
            watch.cancel()
        held[0].cancel()
        assert (await waiting[0]).code is StatusCode.CANCELLED
        assert await service.events.get() == "cancelled"
        assert await EchoStub(other).unary(b"x") == b"x", "there is room again"
        held[1].cancel()
        await waiting[1]


@pytest.mark.parametrize("limit", [0, -1])
def test_limits_of_calls_are_numbers_of_calls(limit: int) -> None:
    with pytest.raises(ValueError, match="max_concurrent_calls"):
        Server([], max_concurrent_calls=limit)
