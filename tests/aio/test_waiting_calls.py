"""How many calls of a channel may wait, and which ones are refused when it is enough."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from echo import Echo, EchoStub
from frames import FramePeer, frame_server, goaway

from minirpc.aio import Channel, Endpoint, GenericStub, Resolution, Resolver, Server, TcpAddress
from minirpc.errors import RpcError, StatusCode


async def assert_refused(channel: Channel, count: int, limit: int, **options: Any) -> None:
    with pytest.raises(
        RpcError,
        match=f"{count} calls of this channel would wait for a connection or for room on one; "
        f"max_waiting_calls is {limit}",
    ) as caught:
        await EchoStub(channel).unary(b"", timeout=10, **options)
    assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED


def test_a_limit_that_is_none() -> None:
    with pytest.raises(ValueError, match="max_waiting_calls must be more than 0, not 0"):
        Channel("127.0.0.1:1", max_waiting_calls=0)


async def test_calls_that_wait_for_room_on_a_connection() -> None:
    service = Echo()
    async with (
        Server([service], max_concurrent_streams=1) as server,
        Channel(await server.start("127.0.0.1:0"), max_waiting_calls=2) as channel,
    ):
        stub = EchoStub(channel)
        async with stub.sleep(b""):
            assert await service.events.get() == "started"
            waiting = [asyncio.ensure_future(stub.unary(b"%d" % number)) for number in range(2)]
            await asyncio.sleep(0)
            await assert_refused(channel, 3, 2)
            waiting.pop().cancel()
            await asyncio.sleep(0)
            waiting.append(asyncio.ensure_future(stub.unary(b"1")))  # in whose place another one may wait
            await asyncio.sleep(0)
            await assert_refused(channel, 3, 2)
        assert await asyncio.gather(*waiting) == [b"0", b"1"]
        assert await asyncio.gather(*(stub.unary(b"x") for _ in range(3))) == [b"x"] * 3


@pytest.mark.parametrize("with_config", [False, True])
async def test_calls_that_wait_for_a_connection(with_config: bool) -> None:
    """Also behind a policy of retries, whose attempts are what waits."""
    policy = {"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1}
    policy["retryableStatusCodes"] = ["UNAVAILABLE"]  # type: ignore[assignment]
    config = {"methodConfig": [{"name": [{}], "retryPolicy": policy}]}
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{sock.getsockname()[1]}"
        async with Channel(
            address, max_waiting_calls=3, wait_for_ready=True, service_config=config if with_config else None
        ) as channel:
            waiting = [asyncio.ensure_future(EchoStub(channel).unary(b"").status()) for _ in range(3)]
            await asyncio.sleep(0)
            await assert_refused(channel, 4, 3)
        for each in waiting:
            assert (await each).code is StatusCode.CANCELLED


async def test_calls_that_wait_for_the_service_config() -> None:
    found = asyncio.Event()

    async with Server([Echo()]) as server:
        port = (await server.start("127.0.0.1:0")).rpartition(":")[2]
        address = TcpAddress("127.0.0.1", int(port))

        class Slow(Resolver):
            async def watch(self) -> AsyncIterator[Resolution]:
                await found.wait()
                yield Resolution((Endpoint((address,)),))
                await asyncio.get_running_loop().create_future()

        async with Channel("x:///y", resolver=Slow(), max_waiting_calls=2) as channel:
            stub = EchoStub(channel)
            waiting = [asyncio.ensure_future(stub.unary(b"%d" % number)) for number in range(2)]
            await asyncio.sleep(0)
            await assert_refused(channel, 3, 2)
            found.set()
            assert await asyncio.gather(*waiting) == [b"0", b"1"]
            assert await asyncio.gather(*(stub.unary(b"x") for _ in range(3))) == [b"x"] * 3


async def test_calls_that_come_back_from_a_connection_are_not_refused() -> None:
    """A server goes away without having taken its calls, while as many wait as may."""

    async def behave(peer: FramePeer) -> None:
        if peer.number == 1:
            for _ in range(3):
                await peer.next_call()
            peer.send(goaway(0))
        while True:
            stream_id, message = await peer.next_call()
            await peer.reply(stream_id, message)

    async with (
        frame_server(behave, initial={3: 3}) as server,
        Channel(server.address, max_waiting_calls=2) as channel,
    ):
        await channel.connect()
        echo = GenericStub(channel).unary_unary("/test.Echo/Unary")
        replies = await asyncio.gather(*(echo(b"%d" % number, timeout=10) for number in range(5)))
        assert replies == [b"0", b"1", b"2", b"3", b"4"]
        assert len(server.peers) == 2
