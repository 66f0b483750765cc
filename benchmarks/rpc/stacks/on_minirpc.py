"""The service on minirpc."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from generated_minirpc.bench_pb import Count, Message
from generated_minirpc.bench_rpc import BenchServicer, BenchStub

from minirpc.aio import Channel, Context, Http2Options, Server

_MAX_SIZE = 1 << 28
_STREAMS = Http2Options(max_concurrent_streams=1 << 20)  # no limit, as with the other stacks


class _Service(BenchServicer):
    async def unary(self, request: Any, context: Context) -> Any:
        return request

    async def download(self, request: Any, context: Context) -> AsyncIterator[Any]:
        for number in range(request.count):
            yield Message(number=number)

    async def chat(self, requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        async for request in requests:
            yield request


class _Client:
    def __init__(self, stub: Any, address: str) -> None:
        self._stub = stub
        self._address = address
        self._held: list[Any] = []

    def unary(self, payload: bytes) -> Any:
        return self._stub.unary(Message(number=1, payload=payload))

    async def download(self, count: int) -> None:
        received = 0
        async for _ in self._stub.download(Count(count=count)):
            received += 1
        assert received == count

    async def chat(self, rounds: int) -> None:
        async with self._stub.chat() as call:
            for number in range(1, rounds + 1):
                await call.send(Message(number=number))
                reply = await call.receive()
                assert reply.number == number
            await call.done_writing()
            assert await call.receive() is None

    async def first_call(self) -> None:
        async with Channel(self._address) as channel:
            await BenchStub(channel).unary(Message(number=1))

    async def hold_streams(self, count: int) -> None:
        for _ in range(count):
            call = self._stub.chat()
            await call.send(Message(number=1))
            await call.receive()
            self._held.append(call)

    async def hold_connections(self, count: int) -> None:
        for _ in range(count):
            channel = Channel(self._address)
            await BenchStub(channel).unary(Message(number=1))
            self._held.append(channel)


@asynccontextmanager
async def serve() -> AsyncIterator[int]:
    """Runs the server."""
    async with Server([_Service()], max_receive_message_size=_MAX_SIZE, http2_options=_STREAMS) as server:
        yield int((await server.start("127.0.0.1:0")).rpartition(":")[2])


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[_Client]:
    """Connects the client."""
    address = f"127.0.0.1:{port}"
    async with Channel(address, max_receive_message_size=_MAX_SIZE) as channel:
        yield _Client(BenchStub(channel), address)
