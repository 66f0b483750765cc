"""A server as a program of its own, for tests that send it signals.

``python served.py DELAY GRACE [slow-start]`` prints the addresses that it listens on: its service, and its health.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

from echo import Echo

from minirpc.aio import Context, Server
from minirpc.services.health import Health


class Working(Echo):
    """Calls that take a while: as many milliseconds as the request says."""

    async def unary(self, request: bytes, context: Context) -> bytes:
        if request.isdigit():
            await asyncio.sleep(int(request) / 1000)
        return request

    async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        """Says that it has begun, and runs until it is cancelled."""
        yield b"begun"
        await asyncio.get_running_loop().create_future()


async def main(delay: float, grace: float, how: str) -> None:
    service = Working()
    server = Server([service, Health([service])])

    def listening(addresses: object) -> None:
        print(*addresses, flush=True)

    if how == "slow-start":
        bind = server._listen

        async def slowly(*arguments: object) -> str:
            print("starting", flush=True)  # signals are handled from here on
            await asyncio.sleep(0.5)
            return await bind(*arguments)

        server._listen = slowly  # type: ignore[method-assign]
    await server.serve("127.0.0.1:0", delay=delay, grace=grace, health_address="127.0.0.1:0", on_listening=listening)
    print("served", flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
