"""What calls that end early must give back: memory, flow-control credit, their places."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import h2.events
import pytest
from echo import Echo, EchoStub, echo_pair
from h2.events import Event
from raw_client import raw_client
from raw_server import Peer, raw_server

from minirpc.aio import Channel, Context
from minirpc.errors import RpcError, StatusCode

ROUNDS = 12
VOLUME = 600_000  # bytes: in all rounds together, more than the connection's window of 4 MiB


def _objects() -> int:
    """Counts what calls are made of; not the memory of header blocks, which fills up to its bound meanwhile."""
    gc.collect()
    ours = ("minirpc", "asyncio", "_asyncio")
    return sum(str(type(found).__module__).startswith(ours) for found in gc.get_objects())


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def _cancel_in_some_way(stub: EchoStub, number: int) -> None:
    """Starts a call and ends it before it is over; where it stands then depends on the number."""
    match number % 6:
        case 0:
            stub.sleep(b"").cancel()
        case 1:
            call = stub.sleep(b"")
            task = asyncio.ensure_future(call)
            await asyncio.sleep(0)
            task.cancel()
        case 2:
            with pytest.raises(RpcError) as caught:
                await stub.sleep(b"", timeout=1e-4)
            assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        case 3:
            async with stub.bidi() as stream:
                await stream.send(b"x")
                await stream.receive()
        case 4:
            async for _ in stub.down(b"50"):
                break
        case 5:
            with suppress(TimeoutError):
                async with asyncio.timeout(0):
                    await stub.up(_requests_forever())


async def _requests_forever() -> AsyncIterator[bytes]:
    while True:
        yield bytes(1000)
        await asyncio.sleep(0)


async def _storm(stub: EchoStub, service: Echo, calls: int) -> None:
    for start in range(0, calls, 60):
        await asyncio.gather(*(_cancel_in_some_way(stub, number) for number in range(start, start + 60)))
    assert await stub.unary(b"still here") == b"still here"
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait([task])
    while not service.events.empty():
        service.events.get_nowait()


async def test_cancelled_calls_leave_nothing() -> None:
    asyncio.get_running_loop().set_debug(False)
    service = Echo()
    async with echo_pair(service) as stub:
        await _storm(stub, service, 240)
        before = _objects()
        await _storm(stub, service, 600)
        assert _objects() - before < 50


@pytest.mark.soak
async def test_hundred_thousand_cancelled_calls_leave_memory_flat() -> None:
    asyncio.get_running_loop().set_debug(False)
    service = Echo()
    async with echo_pair(service) as stub:
        await _storm(stub, service, 20_000)
        objects, resident = _objects(), _resident_bytes()
        await _storm(stub, service, 100_000)
        assert _objects() - objects < 50
        assert _resident_bytes() - resident < 8 << 20


class Deaf(Echo):
    """Takes calls and reads nothing of them."""

    async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
        return await self.sleep(b"", context)


async def test_credit_of_expired_calls_returns_to_the_client() -> None:
    """Were it lost, the client's window would be used up after a few rounds; h2 then raises."""
    async with raw_client(Deaf()) as client:
        await client.ask({})  # the server's windows are known after it
        for _ in range(ROUNDS):
            stream_id = client.send({":path": "/test.Echo/Up", "grpc-timeout": "50m"}, b"", end=False)
            for _ in range(0, VOLUME, 15_000):
                client.http2.send_data(stream_id, bytes(15_000))
            fields, _, endings = await client.receive(stream_id)
            assert fields["grpc-status"] == "4"
            assert endings == ["end"] or endings[-2].startswith("reset")
        fields, _, _ = await client.ask({})
        assert fields["grpc-status"] == "0"


async def test_credit_of_cancelled_calls_returns_to_the_server() -> None:
    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            peer.http2.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/grpc")])
            for _ in range(0, VOLUME, 15_000):
                peer.http2.send_data(event.stream_id, bytes(15_000))

    async with raw_server(on_event) as server, Channel(server.address) as channel:
        for _ in range(ROUNDS):
            call = EchoStub(channel).down(b"")
            assert await call.initial_metadata() == ()
            call.cancel()
            assert (await call.status()).code is StatusCode.CANCELLED
        assert server.connections == 1


async def test_volume_of_cancelled_calls_does_not_use_up_the_window() -> None:
    """The same with both ends ours, in both directions, with data under way when the call ends."""

    class Service(Deaf):
        async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
            while True:
                yield bytes(100_000)

    async with echo_pair(Service()) as stub:
        for _ in range(ROUNDS):
            async with stub.down(b"") as call:
                assert await call.receive() is not None
            with pytest.raises(RpcError):
                async with stub.up(timeout=0.05) as sending:
                    while True:
                        await sending.send(bytes(100_000))
        assert await stub.unary(bytes(3_000_000)) == bytes(3_000_000)
