"""``minirpc.aio.serve``: workers as real processes, with signals under load."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from echo import EchoStub

from minirpc.aio import Channel, Server, serve
from minirpc.errors import RpcError
from minirpc.services.health import HealthCheckRequest, HealthStub, ServingStatus

SUPPORT = Path(__file__).parents[1] / "support"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


@asynccontextmanager
async def served(broken: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, list[str]]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        SUPPORT / "served_workers.py",
        broken,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": f"{SUPPORT}:{SUPPORT.parents[1]}"},
    )
    assert process.stdout is not None
    try:
        yield process, (await process.stdout.readline()).decode().split()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
        process._transport.close()  # type: ignore[attr-defined]  # else its pipes wait for the collector


async def worker(address: str, milliseconds: int = 0) -> int:
    """The process that takes a new connection."""
    async with Channel(address) as channel:
        return int(await EchoStub(channel).unary(b"%d" % milliseconds, wait_for_ready=True, timeout=20))


async def workers_of(address: str, count: int = 2, without: frozenset[int] = frozenset()) -> frozenset[int]:
    """Connects until so many processes have answered, others than these."""
    found: set[int] = set()
    async with asyncio.timeout(40):
        while len(found) < count:
            found |= set(await asyncio.gather(*(worker(address, 20) for _ in range(4)))) - without
    return frozenset(found)


async def test_sighup_replaces_all_and_sigint_ends_all_without_a_failed_call(tmp_path: Path) -> None:
    async with served(tmp_path / "broken") as (process, (address, health)):
        before = await workers_of(address)
        done = asyncio.Event()

        async def load(reconnects: bool) -> int:
            count = 0
            async with Channel(address) as channel:
                while not done.is_set():
                    await EchoStub(channel).unary(b"5")
                    if reconnects:
                        await worker(address)
                    count += 1
            return count

        async with Channel(health) as probe:
            assert (await HealthStub(probe).check(HealthCheckRequest())).status is ServingStatus.SERVING
        loads = [asyncio.create_task(load(number % 2 == 0)) for number in range(6)]
        os.killpg(process.pid, signal.SIGHUP)  # as a terminal does: the workers hear it too
        after = await workers_of(address, without=before)
        assert len(after) == 2
        while await workers_of(address, 1) & before:
            pass  # an old one drains when its successor serves
        done.set()
        assert min(await asyncio.gather(*loads)) > 0
        async with Channel(address) as channel:
            slow = [asyncio.ensure_future(EchoStub(channel).unary(b"400")) for _ in range(10)]
            slow.append(asyncio.ensure_future(worker(address, 400)))
            await asyncio.sleep(0.1)
            os.killpg(process.pid, signal.SIGINT)
            assert set(map(int, await asyncio.gather(*slow))) <= after
        output, errors = await process.communicate()
        assert (process.returncode, output, errors) == (0, b"served\n", b"")


async def test_sigterm_lets_calls_end(tmp_path: Path) -> None:
    async with served(tmp_path / "broken") as (process, (address, _)):
        slow = [asyncio.create_task(worker(address, 1000)) for _ in range(4)]
        await asyncio.sleep(0.5)
        process.terminate()
        assert all(await asyncio.gather(*slow))
        assert (await process.communicate(), process.returncode) == ((b"served\n", b""), 0)


async def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    async with served(tmp_path / "broken") as (process, (address, _)):
        first, second = await workers_of(address)
        os.kill(first, signal.SIGKILL)
        fresh = await workers_of(address, 1, without=frozenset((first, second)))
        assert fresh.isdisjoint((first, second))
        assert await workers_of(address, 1, without=frozenset(fresh)) == {second}, "the other one was left alone"
        process.terminate()
        await process.communicate()
        assert process.returncode == 0


async def test_successors_that_cannot_start_leave_the_old_ones(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    async with served(broken) as (process, (address, _)):
        before = await workers_of(address)
        broken.touch()
        process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        while b"could not start" not in await process.stderr.readline():
            pass
        assert await workers_of(address) == before


async def test_an_application_that_cannot_start_ends_it(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with served(broken) as (process, line):
        assert line == []
        _, errors = await process.communicate()
        assert process.returncode == 1
        assert b"the application is broken" in errors
        assert b"RuntimeError: a worker could not start" in errors


async def test_workers_end_with_their_supervisor(tmp_path: Path) -> None:
    async with served(tmp_path / "broken") as (process, (address, _)):
        await workers_of(address)
        process.kill()
        await process.wait()
        async with asyncio.timeout(20):
            with pytest.raises(RpcError):
                while True:
                    async with Channel(address) as channel:
                        await EchoStub(channel).unary(b"0")


async def test_where_it_cannot_be_called() -> None:
    with pytest.raises(RuntimeError, match="no event loop runs"):
        serve("module:function", "127.0.0.1:0")


def test_what_is_given_is_checked() -> None:
    with pytest.raises(ValueError, match="workers"):
        serve(lambda: Server([]), "127.0.0.1:0", workers=0)
