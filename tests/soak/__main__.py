"""Long load on one server and its clients: ``python -m tests.soak``. Memory and descriptors must stay flat.

Prints a curve, as a table, and ends with status 1 if a process has grown. The server is a process of its own. By
default there are 10^6 unary calls and 10^5 streams, which takes some tens of minutes on two cores; the environment
makes it less: ``SOAK_CALLS=100000 SOAK_STREAMS=10000 SOAK_CANCELS=10000 SOAK_CHANNELS=500``.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from minirpc import RpcError, StatusCode
from minirpc.aio import Channel, Server

sys.path.append(str(Path(__file__).parents[1] / "support"))  # pytest finds it by its configuration
from echo import Echo, EchoStub

_WORKERS = 100
_ROWS = 10  # of the table, for each kind of load
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TOLERANCE = 4 << 20  # bytes that a process may have grown between the end of the warm-up and the end
_WARM_UP = 0.3  # of each kind of load
_MIB = 1 << 20


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


# -- load: each function does one piece of work


async def _unary(channel: Channel) -> None:
    assert await EchoStub(channel).unary(b"x" * 100, timeout=60) == b"x" * 100


async def _stream(channel: Channel) -> None:
    stub = EchoStub(channel)
    async with stub.bidi(timeout=60) as call:
        for _ in range(3):
            await call.send(b"message")
            assert await call.receive() == b"message"
        await call.done_writing()
        assert await call.receive() is None
    assert len([reply async for reply in stub.down(b"5", timeout=60)]) == 5
    assert await stub.up([b"a", b"b"], timeout=60) == b"2 2"


async def _cancelled(channel: Channel) -> None:
    """A call that the caller cancels, one whose deadline passes, and one that is left in the middle."""
    stub = EchoStub(channel)
    call = asyncio.ensure_future(stub.sleep(b""))
    await asyncio.sleep(0)
    call.cancel()
    try:
        await call
    except asyncio.CancelledError:
        pass
    else:
        raise AssertionError("a cancelled call has a result")
    status = await stub.sleep(b"", timeout=0.005).status()
    assert status.code is StatusCode.DEADLINE_EXCEEDED, status
    async with stub.down(b"1000", timeout=60) as stream:
        assert await stream.receive() == b"0"


async def _churn(address: str) -> None:
    """A channel for one call."""
    async with Channel(address) as channel:
        await _unary(channel)


async def _broken(address: str) -> None:
    """A connection that is lost under a call."""
    async with Channel(address) as channel:
        await _unary(channel)
        call = asyncio.ensure_future(EchoStub(channel).sleep(b"", timeout=60))
        for _ in range(5):
            await asyncio.sleep(0)
        await channel.close()
        try:
            await call
        except RpcError as error:
            assert error.code is StatusCode.CANCELLED, error


@dataclass
class Load:
    """One kind of load: how often ``work`` is done, and how many do it at the same time."""

    name: str
    count: int
    workers: int
    work: Callable[[], Awaitable[None]]


async def _do(load: Load, count: int) -> None:
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await load.work()

    async with asyncio.TaskGroup() as group:
        for _ in range(load.workers):
            group.create_task(worker())


# -- measuring


@dataclass
class Size:
    """What a process holds now."""

    memory: int
    descriptors: int


def _size_of(pid: int) -> Size:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Size(pages * _PAGE, len(list(Path(f"/proc/{pid}/fd").iterdir())))


class Table:
    """Prints the curve, and finds what has grown."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self._begin = time.monotonic()
        self.faults: list[str] = []
        columns = "".join(f"{f'{name}, MiB':>14}{'files':>7}" for name in pids)
        print(f"{'load':<18}{'done':>10}{'s':>8}{'per s':>9}{columns}")

    async def row(self, name: str, done: int, rate: float) -> dict[str, Size]:
        """Prints how large the processes are without what waits for the garbage collector."""
        gc.collect()
        os.kill(self._pids["server"], signal.SIGUSR1)
        await asyncio.sleep(0.2)
        sizes = {who: _size_of(pid) for who, pid in self._pids.items()}
        columns = "".join(f"{size.memory / _MIB:14.1f}{size.descriptors:7}" for size in sizes.values())
        print(f"{name:<18}{done:>10}{time.monotonic() - self._begin:8.0f}{rate:9.0f}{columns}", flush=True)
        return sizes

    def compare(self, name: str, warm: dict[str, Size], end: dict[str, Size]) -> None:
        for who in self._pids:
            grown = end[who].memory - warm[who].memory
            if grown > _TOLERANCE:
                self.faults.append(f"{name}: the {who} has grown by {grown / _MIB:.1f} MiB")
            if end[who].descriptors > warm[who].descriptors + 5:
                self.faults.append(
                    f"{name}: the {who} has {end[who].descriptors} files, {warm[who].descriptors} before"
                )


async def _soak(address: str, server_pid: int) -> list[str]:
    table = Table({"client": os.getpid(), "server": server_pid})
    async with Channel(address) as channel:
        loads = [
            Load("unary calls", _number("SOAK_CALLS", 1_000_000), _WORKERS, lambda: _unary(channel)),
            Load("streams", _number("SOAK_STREAMS", 100_000) // 3, _WORKERS, lambda: _stream(channel)),
            Load("cancelled calls", _number("SOAK_CANCELS", 100_000) // 3, _WORKERS, lambda: _cancelled(channel)),
            Load("channels", _number("SOAK_CHANNELS", 10_000), 10, lambda: _churn(address)),
            Load("lost connections", _number("SOAK_CHANNELS", 10_000), 10, lambda: _broken(address)),
        ]
        for load in loads:
            warm = None
            for row in range(1, _ROWS + 1):
                begin = time.monotonic()
                count = load.count // _ROWS
                await _do(load, count)
                size = await table.row(load.name, count * row, count / (time.monotonic() - begin))
                if warm is None and row >= _ROWS * _WARM_UP:
                    warm = size
            assert warm is not None
            table.compare(load.name, warm, size)
    return table.faults


async def _serve() -> None:
    class Quiet(Echo):
        def __init__(self) -> None:
            super().__init__()
            self.events = _Nothing()  # type: ignore[assignment]  # a queue that nobody reads would grow

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, gc.collect)
    await Server([Quiet()]).serve("127.0.0.1:0", on_listening=lambda addresses: print(addresses[0], flush=True))


class _Nothing:
    def put_nowait(self, event: str) -> None:
        """Forgets it."""


async def main() -> int:
    """Runs everything, and returns the exit status."""
    command = [sys.executable, "-m", "tests.soak", "--serve"]
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert server.stdout is not None
    address = (await server.stdout.readline()).decode().strip()
    try:
        faults = await _soak(address, server.pid)
    finally:
        server.terminate()
        status = await server.wait()
    if status:
        faults.append(f"the server ended with status {status}")
    print("\n".join(faults) or "flat")
    return 1 if faults else 0


if __name__ == "__main__":
    if "--serve" in sys.argv:
        asyncio.run(_serve())
    else:
        sys.exit(asyncio.run(main()))
