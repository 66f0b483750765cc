"""A server's or a client's process: it takes orders as lines of JSON, and answers each with one.

Usage: ``python -m benchmarks.rpc.process server STACK FOLDER PLACEMENT``, or ``client STACK FOLDER PLACEMENT PORT``:
``FOLDER`` has the generated code, ``PLACEMENT`` says on which processors to run. The first line out is the server's
port, or ``null``. Then a server answers ``null`` with the processor time that it has used, in seconds; a client answers
``{"workload": …, "seconds": …, "calls": …}`` with what it counted, the time it took, and the processor time it used.
Both end with their input.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import AsyncIterator
from importlib import import_module
from types import ModuleType
from typing import Any

from benchmarks.rpc.stacks import STACKS
from benchmarks.rpc.workloads import WORKLOADS, run
from benchmarks.toolchain import pin

__all__ = ["main"]


def _cpu_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


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


async def _server(stack: ModuleType) -> None:
    async with stack.serve() as port:
        _say(port)
        async for _ in _orders():
            _say(_cpu_time())


async def _client(stack: ModuleType, port: int) -> None:
    async with stack.connect(port) as client:
        _say(None)
        async for order in _orders():
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
    stack = import_module(f"benchmarks.rpc.stacks.{STACKS[stack_name].module}")
    asyncio.run(_server(stack) if role == "server" else _client(stack, int(port[0])))


if __name__ == "__main__":
    main(*sys.argv[1:])
