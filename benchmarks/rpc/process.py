"""A server's or a client's process: it takes orders as lines of JSON, and answers each with one.

Usage: ``python -m benchmarks.rpc.process server STACK FOLDER PLACEMENT``, or ``client STACK FOLDER PLACEMENT PORT``:
``FOLDER`` has the generated code, ``PLACEMENT`` says on which processors to run. The first line out is the server's
port, or ``null``. Then both answer ``null`` with the processor time that they have used, in seconds, ``"memory"``
with what they take of it, in bytes, ``"sample"`` with ``null``, and ``"samples"`` with where they have spent their time
since (see :mod:`~benchmarks.rpc.sampler`). A client answers ``{"workload": …, "seconds": …, "calls": …}`` with what it
counted, the time it took, and the processor time it used; and ``{"hold": …, "count": …}``, for which it opens streams
or connections and keeps them, with ``null``. Both end with their input.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.rpc.sampler import Sampler
from benchmarks.rpc.stacks import STACKS
from benchmarks.rpc.workloads import WORKLOADS, run
from benchmarks.toolchain import pin

__all__ = ["main"]


def _cpu_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _memory() -> int:
    gc.collect()
    statm = Path("/proc/self/statm")  # of Linux alone
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


async def _orders() -> AsyncIterator[Any]:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        async for line in reader:
            yield json.loads(line)
    finally:
        transport.close()


def _answers() -> Mapping[str | None, Callable[[], Any]]:
    """What both sides answer."""
    sampler = Sampler()
    return {None: _cpu_time, "memory": _memory, "sample": sampler.start, "samples": sampler.stop}


async def _server(stack: ModuleType) -> None:
    answers = _answers()
    async with stack.serve() as port:
        _say(port)
        async for order in _orders():
            _say(answers[order]())


async def _client(stack: ModuleType, port: int) -> None:
    answers = _answers()
    async with stack.connect(port) as client:
        _say(None)
        async for order in _orders():
            if isinstance(order, str):
                _say(answers[order]())
            elif "hold" in order:
                hold = client.hold_streams if order["hold"] == "streams" else client.hold_connections
                _say(await hold(order["count"]))
            else:
                before = _cpu_time()
                done, taken = await run(WORKLOADS[order["workload"]], client, order["seconds"], order["calls"])
                _say([done, taken, _cpu_time() - before])


def _place(role: str, placement: str) -> None:
    """Chooses the processor: ``apart`` from the other process, ``together`` with it, or ``free`` for any."""
    if placement != "free":
        pin(1 if role == "client" and placement == "apart" else 0)


def main(role: str, stack_name: str, folder: str, placement: str, *port: str) -> None:
    """Runs until the input ends."""
    sys.path.insert(0, folder)
    _place(role, placement)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 1 << 14)), hard))  # a thousand connections
    stack = STACKS[stack_name]
    module = import_module(f"benchmarks.rpc.stacks.{stack.module}")
    factory = import_module("uvloop").new_event_loop if stack.loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_server(module) if role == "server" else _client(module, int(port[0])))


if __name__ == "__main__":
    main(*sys.argv[1:])
