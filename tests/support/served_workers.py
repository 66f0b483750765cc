"""A server of two workers, for tests that send it signals.

``python served_workers.py FILE [broken]`` prints its addresses. Its service tells the worker's process; a worker cannot
start while FILE exists.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from echo import Echo

from minirpc.aio import Context, Server, serve
from minirpc.services.health import Health


class Telling(Echo):
    async def unary(self, request: bytes, context: Context) -> bytes:
        await asyncio.sleep(int(request) / 1000)
        return b"%d" % os.getpid()


def make_server() -> Server:
    if Path(sys.argv[1]).exists():
        raise RuntimeError("the application is broken")
    return Server([Telling(), Health()])


def listening(addresses: object) -> None:
    print(*addresses, flush=True)


if __name__ == "__main__":
    serve(make_server, "127.0.0.1:0", workers=2, grace=10.0, health_address="127.0.0.1:0", on_listening=listening)
    print("served", flush=True)
