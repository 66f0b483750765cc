"""One replica: ``python -m tests.proof.replica '{"name": "geo-1", "version": "v1", "address": "127.0.0.2:50051", …}'``.

A server as one would write it for Kubernetes: with health, drained at SIGTERM. It prints a line when it listens. Lines
on its standard input make it ill: ``slow 500`` (milliseconds that each call takes longer), ``fail UNAVAILABLE`` (a
status with which each call ends at once), ``well``.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import Any

from minirpc.aio import ConnectionLimits, Context, Server, Servicer, Stub
from minirpc.aio.service import UnaryUnary
from minirpc.errors import StatusCode
from minirpc.rpc.method import RAW
from minirpc.services.health import Health
from tests.proof.service import METHOD, answer


class WorkStub(Stub):
    """The service of the proof."""

    do = UnaryUnary(METHOD, RAW, RAW)


class Work(Servicer):
    """Serves it, under a name."""

    methods = WorkStub

    def __init__(self, name: str, version: str) -> None:
        self._answer = answer(name, version)
        self._slow = 0.0
        self._failing: StatusCode | None = None

    async def do(self, request: bytes, context: Context) -> bytes:
        """Works for as many milliseconds as the request says."""
        if self._failing is not None:
            context.abort(self._failing, "this replica is ill")
        await asyncio.sleep(int(request) / 1000 + self._slow)
        return self._answer

    async def obey(self) -> None:
        """Reads what becomes of this replica; it goes with whoever has started it."""
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async for line in reader:
            verb, *arguments = line.decode().split()
            self._slow = float(arguments[0]) / 1000 if verb == "slow" else 0.0
            self._failing = StatusCode[arguments[0]] if verb == "fail" else None
        signal.raise_signal(signal.SIGTERM)


async def main(options: dict[str, Any]) -> None:
    """Serves until SIGTERM."""
    work = Work(options["name"], options["version"])
    server = Server(
        [work, Health([work])],
        max_connection_age=options["max_connection_age"],
        # clients of the proof find dead connections within seconds
        connection_limits=ConnectionLimits(ping_min_time=0.5, ping_without_calls=True),
    )
    obeying = asyncio.create_task(work.obey())

    def listening(_: object) -> None:
        print("listening", flush=True)

    await server.serve(options["address"], delay=options["delay"], grace=options["grace"], on_listening=listening)
    obeying.cancel()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
