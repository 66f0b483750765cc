"""Our client against grpcio's servers, grpcio's clients against our server, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from echo import Echo, EchoStub
from grpcio_echo import UNLIMITED, AioEcho, Callables, SyncEcho, aio_server, sync_server

from minirpc.aio import Channel, Server
from minirpc.errors import RpcError, StatusCode

METADATA = [("x-a", "1"), ("x-b-bin", b"\x00\xff,="), ("x-a", "two words")]
MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈 100%\t\n"
LARGE = [1 << 20, 20 << 20]


@asynccontextmanager
async def stub_on_grpcio(kind: str, **channel_options: Any) -> AsyncIterator[EchoStub]:
    server = aio_server(AioEcho()) if kind == "aio" else sync_server(SyncEcho())
    async with server as address, Channel(address, **channel_options) as channel:
        yield EchoStub(channel)


# -- our client, grpcio's server

both_kinds = pytest.mark.parametrize("kind", ["aio", "sync"])


@both_kinds
async def test_four_kinds(kind: str) -> None:
    async with stub_on_grpcio(kind) as stub:
        assert await stub.unary(b"hello") == b"hello"
        assert [reply async for reply in stub.down(b"5")] == [b"0", b"1", b"2", b"3", b"4"]
        assert await stub.up([b"ab", b"c", b""]) == b"3 3"
        async with stub.bidi() as call:
            for number in range(5):
                await call.send(b"%d" % number)
                assert await call.receive() == b"%d" % number
            await call.done_writing()
            assert await call.receive() is None
        assert [reply async for reply in stub.bidi([b"a", b"b"])] == [b"a", b"b"]


@both_kinds
async def test_metadata(kind: str) -> None:
    async with stub_on_grpcio(kind) as stub:
        call = stub.unary(b"", metadata=METADATA)
        await call
        assert sorted(map(repr, await call.initial_metadata())) == sorted(map(repr, METADATA))
        assert sorted(map(repr, await call.trailing_metadata())) == sorted(map(repr, METADATA))


@both_kinds
async def test_statuses(kind: str) -> None:
    async with stub_on_grpcio(kind) as stub:
        with pytest.raises(RpcError) as caught:
            await stub.fail(f"9|{MESSAGE}|".encode() + b"\x00\xffdetails")
        error = caught.value
        assert (error.code, error.message) == (StatusCode.FAILED_PRECONDITION, MESSAGE)
        assert error.details == b"\x00\xffdetails"
        assert ("x-reason", "asked for") in error.trailing_metadata
        with pytest.raises(RpcError) as caught:
            await stub.in_thread(b"")
        assert caught.value.code is StatusCode.UNIMPLEMENTED


@both_kinds
@pytest.mark.parametrize("size", LARGE)
async def test_large_messages(kind: str, size: int) -> None:
    async with stub_on_grpcio(kind, max_receive_message_size=size) as stub:
        message = bytes(range(256)) * (size // 256)
        assert await stub.unary(message) == message
        assert await stub.up([message]) == b"1 %d" % size


@both_kinds
async def test_200_calls_in_flight(kind: str) -> None:
    async with stub_on_grpcio(kind) as stub:
        assert await asyncio.gather(*(stub.unary(b"%d" % n) for n in range(200))) == [b"%d" % n for n in range(200)]


async def test_deadline_reaches_grpcio() -> None:
    service = AioEcho()
    async with aio_server(service) as address, Channel(address) as channel:
        with pytest.raises(RpcError) as caught:
            await EchoStub(channel).sleep(b"", timeout=0.5)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        assert await service.events.get() == "started"
        assert await service.events.get() == "cancelled"


async def test_cancellation_reaches_grpcio() -> None:
    service = AioEcho()
    async with aio_server(service) as address, Channel(address) as channel:
        task = asyncio.ensure_future(EchoStub(channel).sleep(b""))
        assert await service.events.get() == "started"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await service.events.get() == "cancelled"


async def test_calls_queue_beyond_the_limit_of_grpcio() -> None:
    options = [("grpc.max_concurrent_streams", 3)]
    async with aio_server(AioEcho(), options) as address, Channel(address) as channel:
        stub = EchoStub(channel)
        assert await asyncio.gather(*(stub.unary(b"%d" % n) for n in range(50))) == [b"%d" % n for n in range(50)]


async def test_message_over_the_limit_of_grpcio() -> None:
    async with aio_server(AioEcho(), []) as address, Channel(address) as channel:
        stub = EchoStub(channel)
        with pytest.raises(RpcError) as caught:
            await stub.unary(bytes(5 << 20))
        assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        assert await stub.unary(b"on") == b"on"


async def test_drain_by_grpcio_loses_no_call() -> None:
    """grpcio closes the connection every few calls (max_connection_age); every call must succeed."""
    options = [("grpc.max_connection_age_ms", 200), ("grpc.max_connection_age_grace_ms", 5000)]
    loop = asyncio.get_running_loop()
    async with aio_server(AioEcho(), options) as address, Channel(address) as channel:
        stub = EchoStub(channel)
        end = loop.time() + 1.5

        async def work() -> int:
            count = 0
            while loop.time() < end:
                assert await stub.unary(b"x") == b"x"
                count += 1
            return count

        assert min(await asyncio.gather(*(work() for _ in range(10)))) > 0


# -- grpcio's client, our server


@asynccontextmanager
async def aio_client(service: Echo, **server_options: Any) -> AsyncIterator[Callables]:
    async with Server([service], **server_options) as server:
        address = await server.start("127.0.0.1:0")
        async with grpc.aio.insecure_channel(address, options=UNLIMITED) as channel:
            yield Callables(channel)


async def test_grpcio_aio_four_kinds() -> None:
    async with aio_client(Echo()) as stub:
        assert await stub.unary(b"hello") == b"hello"
        assert await stub.in_thread(b"hello") == b"hello"
        assert [reply async for reply in stub.down(b"5")] == [b"0", b"1", b"2", b"3", b"4"]
        assert await stub.up(iter([b"ab", b"c", b""])) == b"3 3"
        call = stub.bidi()
        for number in range(5):
            await call.write(b"%d" % number)
            assert await call.read() == b"%d" % number
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF


async def test_grpcio_aio_metadata() -> None:
    async with aio_client(Echo()) as stub:
        call = stub.unary(b"", metadata=METADATA)
        await call
        assert sorted(map(repr, map(tuple, await call.initial_metadata()))) == sorted(map(repr, METADATA))
        assert sorted(map(repr, map(tuple, await call.trailing_metadata()))) == sorted(map(repr, METADATA))


async def test_grpcio_aio_statuses() -> None:
    async with aio_client(Echo()) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.fail(f"9|{MESSAGE}|".encode() + b"\x00\xffdetails")
        assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert caught.value.details() == MESSAGE
        assert ("grpc-status-details-bin", b"\x00\xffdetails") in list(caught.value.trailing_metadata())
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.unknown(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("size", LARGE)
async def test_grpcio_aio_large_messages(size: int) -> None:
    async with aio_client(Echo(), max_receive_message_size=size) as stub:
        message = bytes(range(256)) * (size // 256)
        assert await stub.unary(message) == message


async def test_grpcio_aio_message_over_our_limit() -> None:
    async with aio_client(Echo()) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.unary(bytes(5 << 20))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "max_receive_message_size" in (caught.value.details() or "")
        assert await stub.unary(b"on") == b"on"


async def test_grpcio_aio_200_calls_in_flight() -> None:
    async with aio_client(Echo()) as stub:
        assert await asyncio.gather(*(stub.unary(b"%d" % n) for n in range(200))) == [b"%d" % n for n in range(200)]


async def test_grpcio_aio_deadline() -> None:
    service = Echo()
    async with aio_client(service) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.sleep(b"", timeout=0.5)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await service.events.get() == "started"
        assert await service.events.get() == "cancelled"


async def test_grpcio_aio_cancellation() -> None:
    service = Echo()
    async with aio_client(service) as stub:
        call = stub.sleep(b"")
        assert await service.events.get() == "started"
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await service.events.get() == "cancelled"


async def test_drain_of_our_server_loses_no_call_of_grpcio() -> None:
    """The first of two servers is stopped with grace, under load; every call must succeed."""
    loop = asyncio.get_running_loop()
    first = Server([Echo()])
    async with Server([Echo()]) as second:
        target = f"ipv4:{await first.start('127.0.0.1:0')},{await second.start('127.0.0.1:0')}"
        async with grpc.aio.insecure_channel(target) as channel:
            stub = Callables(channel)
            stopped = asyncio.Event()

            async def work() -> int:
                count = 0
                while not stopped.is_set():
                    assert await stub.unary(b"x") == b"x"
                    count += 1
                return count

            workers = [loop.create_task(work()) for _ in range(10)]
            await asyncio.sleep(0.1)
            await first.stop(10)
            await asyncio.sleep(0.1)
            stopped.set()
            assert min(await asyncio.gather(*workers)) > 0


def use_sync_client(address: str) -> None:
    with grpc.insecure_channel(address, options=UNLIMITED) as channel:
        stub = Callables(channel)
        assert stub.unary(b"hello") == b"hello"
        assert stub.in_thread(b"hello") == b"hello"
        assert list(stub.down(b"5")) == [b"0", b"1", b"2", b"3", b"4"]
        assert stub.up(iter([b"ab", b"c"])) == b"2 3"
        assert list(stub.bidi(iter([b"a", b"b"]))) == [b"a", b"b"]
        reply, call = stub.unary.with_call(b"", metadata=METADATA)
        assert reply == b""
        assert sorted(map(repr, map(tuple, call.initial_metadata()))) == sorted(map(repr, METADATA))
        assert sorted(map(repr, map(tuple, call.trailing_metadata()))) == sorted(map(repr, METADATA))
        with pytest.raises(grpc.RpcError) as caught:
            stub.fail(f"5|{MESSAGE}|".encode())
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND  # type: ignore[attr-defined]
        assert caught.value.details() == MESSAGE  # type: ignore[attr-defined]
        with pytest.raises(grpc.RpcError) as caught:
            stub.sleep(b"", timeout=0.5)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED  # type: ignore[attr-defined]
        large = bytes(1 << 20)
        assert stub.unary(large) == large
        futures = [stub.unary.future(b"%d" % n) for n in range(200)]
        assert [future.result() for future in futures] == [b"%d" % n for n in range(200)]
        stream = stub.bidi(endless())
        assert next(stream) == b"x"
        stream.cancel()
        with contextlib.suppress(grpc.RpcError):
            list(stream)


def endless() -> Iterator[bytes]:
    while True:
        yield b"x"


async def test_grpcio_sync_client() -> None:
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0")
        await asyncio.to_thread(use_sync_client, address)
    await asyncio.get_running_loop().shutdown_default_executor()
