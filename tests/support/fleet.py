"""Several servers that say who they are, and channels to them whose endpoints change."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from echo import Echo, EchoStub

from minirpc.aio import Backoff, Channel, ChannelState, Context, Endpoint, Resolution, Resolver, Server, TcpAddress

QUICK = Backoff(initial=0.02, maximum=0.02)


class Named(Echo):
    """Answers with its name."""

    def __init__(self, name: bytes) -> None:
        super().__init__()
        self.name = name

    async def unary(self, request: bytes, context: Context) -> bytes:
        return self.name


class Fleet:
    """Servers that answer with their numbers."""

    def __init__(self) -> None:
        self.stack = AsyncExitStack()
        self.servers: list[Server] = []
        self.addresses: list[TcpAddress] = []

    async def __aenter__(self) -> Fleet:
        return self

    async def __aexit__(self, *args: object) -> None:
        await self.stack.aclose()

    async def add(self) -> TcpAddress:
        server = await self.stack.enter_async_context(Server([Named(b"%d" % len(self.servers))]))
        host, _, port = (await server.start("127.0.0.1:0")).rpartition(":")
        self.servers.append(server)
        self.addresses.append(TcpAddress(host, int(port)))
        return self.addresses[-1]


class Changing(Resolver):
    """What it finds is put into a queue; an exception there is raised."""

    def __init__(self) -> None:
        self.found: asyncio.Queue[Resolution | Exception] = asyncio.Queue()
        self.hints = 0
        self.watches = 0

    def put(self, *addresses: TcpAddress) -> None:
        self.found.put_nowait(Resolution(tuple(Endpoint((address,)) for address in addresses)))

    async def watch(self) -> AsyncIterator[Resolution]:
        self.watches += 1
        while True:
            found = await self.found.get()
            if isinstance(found, Exception):
                raise found
            yield found

    def resolve_now(self) -> None:
        self.hints += 1


async def who(channel: Channel, calls: int) -> Counter[bytes]:
    return Counter([await EchoStub(channel).unary(b"", timeout=10) for _ in range(calls)])


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def ready_count(channel: Channel) -> int:
    return sum(each.state is ChannelState.READY for each in channel.routing.subchannels)
