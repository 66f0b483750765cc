"""Connections whose packets are dropped on the way, between two hosts: each side notices, and life goes on behind it.

What keepalive does is tested in ``test_keepalive.py``; here the kernel's part is the real one.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from echo import Echo, EchoStub
from namespaces import Cable, cable

from minirpc.aio import Backoff, Channel, ChannelState, Context, Keepalive, Server
from minirpc.errors import StatusCode

if sys.platform != "linux":
    pytest.skip("network namespaces are Linux's", allow_module_level=True)

ATTENTIVE = Keepalive(time=0.1, timeout=0.3, allow_short_time=True)
DEAF = Keepalive(time=1000, timeout=0.3)  # which leaves it to TCP, to which it gives the same timeout


@pytest.fixture(scope="module")
def joined() -> Iterator[Cable]:
    try:
        with cable() as made:
            yield made
    except OSError as error:
        pytest.skip(f"no network namespaces here: {error}")


class Watched(Echo):
    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        """Sends once, and without an end after that."""
        try:
            yield b"first"
            await self.go_on.wait()
            while True:
                yield bytes(50_000)
        finally:
            self.events.put_nowait("cancelled")


@asynccontextmanager
async def pair(
    joined: Cable, *, client: Keepalive | None = None, **options: Any
) -> AsyncIterator[tuple[Channel, Watched]]:
    """A channel on one host to a server on the other, and the server's service."""
    there, here = joined.hosts
    service = Watched()
    sock = there.listen()
    async with Server([service], **options) as server:
        server.listen_on(sock)
        channel = Channel(
            f"ipv4:{there.address}:{sock.getsockname()[1]}",
            connector=here.connect,
            keepalive=client,
            connect_timeout=0.5,
            backoff=Backoff(initial=0.1, maximum=0.1),
        )
        async with channel:
            try:
                yield channel, service
            finally:
                joined.mend()


async def assert_works_again(joined: Cable, channel: Channel) -> None:
    """While the cable is cut, calls are UNAVAILABLE or wait; when it is mended, they are served."""
    stub = EchoStub(channel)
    waiting = asyncio.ensure_future(stub.unary(b"x", wait_for_ready=True))
    await channel.wait_for_state(ChannelState.TRANSIENT_FAILURE)
    status = await stub.unary(b"").status()
    assert status.code is StatusCode.UNAVAILABLE
    assert not waiting.done()
    joined.mend()
    assert await waiting == b"x"


async def test_keepalive_of_a_client_finds_that_nobody_answers(joined: Cable) -> None:
    async with pair(joined, client=ATTENTIVE) as (channel, service):
        call = EchoStub(channel).sleep(b"")
        status = asyncio.ensure_future(call.status())
        assert await service.events.get() == "started"
        joined.cut()
        assert (await status).code is StatusCode.UNAVAILABLE
        assert "keepalive: no answer to a PING within 0.3 s" in (await status).message
        await assert_works_again(joined, channel)


@pytest.mark.parametrize("size", [1, 10_000_000], ids=["little", "much"])
async def test_tcp_finds_that_what_a_client_sends_does_not_arrive(joined: Cable, size: int) -> None:
    """Within the timeout of its keepalive, and without one of its PINGs."""
    async with pair(joined, client=DEAF, max_receive_message_size=1 << 30) as (channel, _):
        async with EchoStub(channel).bidi() as call:
            await call.send(b"before")
            assert await call.receive() == b"before"
            joined.cut()
            sending = asyncio.ensure_future(call.send(bytes(size)))
            status = await call.status()
            await asyncio.wait([sending])
            sending.exception()
        assert status.code is StatusCode.UNAVAILABLE
        assert "connection lost" in status.message
        await assert_works_again(joined, channel)


async def test_keepalive_of_a_server_finds_that_a_client_is_gone(joined: Cable) -> None:
    async with pair(joined, keepalive=ATTENTIVE) as (channel, service):
        call = asyncio.ensure_future(EchoStub(channel).sleep(b"").status())
        assert await service.events.get() == "started"
        joined.cut()
        assert await service.events.get() == "cancelled"
        call.cancel()


async def test_tcp_finds_that_what_a_server_sends_does_not_arrive(joined: Cable) -> None:
    async with pair(joined, keepalive=DEAF) as (channel, service), EchoStub(channel).down(b"") as call:
        assert await call.receive() == b"first"
        joined.cut()
        service.go_on.set()  # only now: what has been acknowledged does not show that the client is gone
        assert await service.events.get() == "cancelled"
