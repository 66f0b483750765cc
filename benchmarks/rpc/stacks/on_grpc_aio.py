"""The service on grpcio's asyncio API."""
# ruff: noqa: N802  # methods have the names of the .proto

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
from bench_pb2 import Count, Message
from bench_pb2_grpc import BenchServicer, BenchStub, add_BenchServicer_to_server

_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_OWN_CONNECTION = [*_OPTIONS, ("grpc.use_local_subchannel_pool", 1)]  # channels to one server share one otherwise


class _Service(BenchServicer):
    async def Unary(self, request: Any, context: Any) -> Any:
        return request

    async def Download(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for number in range(request.count):
            yield Message(number=number)

    async def Chat(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        async for request in requests:
            yield request


class _Client:
    def __init__(self, stub: Any, address: str) -> None:
        self._stub = stub
        self._address = address
        self._held: list[Any] = []

    def unary(self, payload: bytes) -> Any:
        return self._stub.Unary(Message(number=1, payload=payload))

    async def download(self, count: int) -> None:
        received = 0
        async for _ in self._stub.Download(Count(count=count)):
            received += 1
        assert received == count

    async def chat(self, rounds: int) -> None:
        call = self._stub.Chat()
        for number in range(1, rounds + 1):
            await call.write(Message(number=number))
            reply = await call.read()
            assert reply.number == number
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF

    async def first_call(self) -> None:
        async with grpc.aio.insecure_channel(self._address, options=_OWN_CONNECTION) as channel:
            await BenchStub(channel).Unary(Message(number=1))

    async def hold_streams(self, count: int) -> None:
        for _ in range(count):
            call = self._stub.Chat()
            await call.write(Message(number=1))
            await call.read()
            self._held.append(call)

    async def hold_connections(self, count: int) -> None:
        for _ in range(count):
            channel = grpc.aio.insecure_channel(self._address, options=_OWN_CONNECTION)
            await BenchStub(channel).Unary(Message(number=1))
            self._held.append(channel)


@asynccontextmanager
async def serve() -> AsyncIterator[int]:
    """Runs the server."""
    server = grpc.aio.server(options=_OPTIONS)
    add_BenchServicer_to_server(_Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[_Client]:
    """Connects the client."""
    address = f"127.0.0.1:{port}"
    async with grpc.aio.insecure_channel(address, options=_OPTIONS) as channel:
        yield _Client(BenchStub(channel), address)
