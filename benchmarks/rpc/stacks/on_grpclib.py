"""The service on grpclib."""
# ruff: noqa: N802  # methods have the names of the .proto

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bench_grpc import BenchBase, BenchStub
from bench_pb2 import Count, Message
from grpclib.client import Channel
from grpclib.server import Server


class _Service(BenchBase):
    async def Unary(self, stream: Any) -> None:
        await stream.send_message(await stream.recv_message())

    async def Download(self, stream: Any) -> None:
        request = await stream.recv_message()
        for number in range(request.count):
            await stream.send_message(Message(number=number))

    async def Chat(self, stream: Any) -> None:
        async for request in stream:
            await stream.send_message(request)


class _Client:
    def __init__(self, stub: Any, port: int) -> None:
        self._stub = stub
        self._port = port
        self._held: list[Any] = []

    def unary(self, payload: bytes) -> Any:
        return self._stub.Unary(Message(number=1, payload=payload))

    async def download(self, count: int) -> None:
        received = 0
        async with self._stub.Download.open() as stream:
            await stream.send_message(Count(count=count), end=True)
            async for _ in stream:
                received += 1
        assert received == count

    async def chat(self, rounds: int) -> None:
        async with self._stub.Chat.open() as stream:
            for number in range(1, rounds + 1):
                await stream.send_message(Message(number=number))
                reply = await stream.recv_message()
                assert reply.number == number
            await stream.end()
            assert await stream.recv_message() is None

    async def first_call(self) -> None:
        async with Channel("127.0.0.1", self._port) as channel:
            await BenchStub(channel).Unary(Message(number=1))

    async def hold_connections(self, count: int) -> None:
        for _ in range(count):
            channel = Channel("127.0.0.1", self._port)
            await BenchStub(channel).Unary(Message(number=1))
            self._held.append(channel)


@asynccontextmanager
async def serve() -> AsyncIterator[int]:
    """Runs the server."""
    # Of the protocol TCP by name: asyncio sets TCP_NODELAY only on such sockets, and without it every call waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = Server([_Service()])
    await server.start(sock=listener)
    try:
        yield listener.getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[_Client]:
    """Connects the client."""
    channel = Channel("127.0.0.1", port)
    try:
        yield _Client(BenchStub(channel), port)
    finally:
        channel.close()
