"""The service on grpcio's blocking API: a thread for each call, on both sides."""
# ruff: noqa: N802  # methods have the names of the .proto

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import Any

import grpc
from bench_pb2 import Count, Message
from bench_pb2_grpc import BenchServicer, BenchStub, add_BenchServicer_to_server

_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_OWN_CONNECTION = [*_OPTIONS, ("grpc.use_local_subchannel_pool", 1)]
_THREADS = 10  # what grpcio's own examples have


class _Service(BenchServicer):
    def Unary(self, request: Any, context: Any) -> Any:
        return request

    def Download(self, request: Any, context: Any) -> Iterator[Any]:
        for number in range(request.count):
            yield Message(number=number)

    def Chat(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        yield from requests


class _Client:
    blocking = True

    def __init__(self, stub: Any, address: str) -> None:
        self._stub = stub
        self._address = address
        self._held: list[Any] = []

    def unary(self, payload: bytes) -> Any:
        return self._stub.Unary(Message(number=1, payload=payload))

    def download(self, count: int) -> None:
        assert sum(1 for _ in self._stub.Download(Count(count=count))) == count

    def chat(self, rounds: int) -> None:
        requests: SimpleQueue[Any] = SimpleQueue()
        call = self._stub.Chat(iter(requests.get, None))
        for number in range(1, rounds + 1):
            requests.put(Message(number=number))
            assert next(call).number == number
        requests.put(None)
        assert next(call, None) is None

    def first_call(self) -> None:
        with grpc.insecure_channel(self._address, options=_OWN_CONNECTION) as channel:
            BenchStub(channel).Unary(Message(number=1))

    async def hold_connections(self, count: int) -> None:
        for _ in range(count):
            channel = grpc.insecure_channel(self._address, options=_OWN_CONNECTION)
            BenchStub(channel).Unary(Message(number=1))
            self._held.append(channel)


@asynccontextmanager
async def serve() -> AsyncIterator[int]:
    """Runs the server."""
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_OPTIONS)
    add_BenchServicer_to_server(_Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[_Client]:
    """Connects the client."""
    address = f"127.0.0.1:{port}"
    with grpc.insecure_channel(address, options=_OPTIONS) as channel:
        yield _Client(BenchStub(channel), address)
