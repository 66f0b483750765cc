"""A server in a thread of its own, as a blocking client's server is: elsewhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from echo import Echo

from minirpc.aio import Server


class EchoServer:
    """Serves while its thread runs.

    Attributes:
        address: where.
        service: what.
        loop: its event loop.
    """

    def __init__(self, service: Echo) -> None:
        self.service = service
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)))
        self._thread.start()
        ready.wait()

    async def _serve(self, ready: threading.Event) -> None:
        self.loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with Server([self.service]) as server:
            self.address = await server.start("127.0.0.1:0")
            ready.set()
            await self._stop.wait()

    def next_event(self) -> str:
        """Waits for what a handler notes."""
        return asyncio.run_coroutine_threadsafe(self.service.events.get(), self.loop).result(20)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@pytest.fixture
def server() -> Iterator[EchoServer]:
    running = EchoServer(Echo())
    yield running
    running.stop()
