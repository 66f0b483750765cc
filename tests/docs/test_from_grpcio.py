"""What docs/from-grpcio.md says of grpcio's behaviour, and of ours beside it, is so."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from minirpc import RpcError, StatusCode
from minirpc.aio import Backoff, Channel, Context, GenericStub, Server
from minirpc.testing import channel_to


def path(name: str) -> str:
    return f"/acme.store.v1.Store/{name}"


# -- the same handlers twice: theirs for each name, ours as a fallback


class TheirHandlers(grpc.GenericRpcHandler):
    def __init__(self) -> None:
        self.address = ""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        name = handler_call_details.method.rpartition("/")[2]
        if name == "Add":
            return grpc.stream_unary_rpc_method_handler(lambda requests, context: b"%d" % len(list(requests)))
        return grpc.unary_unary_rpc_method_handler(getattr(self, name.lower()))

    def echo(self, request: bytes, context: Any) -> bytes:
        return b"".join(f"{key}={value};".encode() for key, value in context.invocation_metadata() if key[0] != "u")

    def broken(self, request: bytes, context: Any) -> bytes:
        raise ValueError("a secret")

    def missing(self, request: bytes, context: Any) -> bytes:
        context.abort(grpc.StatusCode.NOT_FOUND, "nothing there")
        raise AssertionError

    def swallow(self, request: bytes, context: Any) -> bytes:
        try:
            self.missing(request, context)
        except Exception:
            return b"fine"
        raise AssertionError

    def left(self, request: bytes, context: Any) -> bytes:
        return str(context.time_remaining()).encode()

    def forward(self, request: bytes, context: Any) -> bytes:
        with grpc.insecure_channel(self.address) as channel:
            return channel.unary_unary(path(request.decode()))(b"")


async def our_handler(requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
    name = context.method.rpartition("/")[2]
    if name == "Broken":
        raise ValueError("a secret")
    if name == "Missing":
        context.abort(StatusCode.NOT_FOUND, "nothing there")
    if name == "Swallow":
        try:
            context.abort(StatusCode.NOT_FOUND, "nothing there")
        except Exception:
            yield b"fine"
        return
    received = [request async for request in requests]
    if name == "Left":
        yield str(context.time_remaining()).encode()
    elif name == "Forward":
        async with channel_to(Server([], fallback=our_handler)) as channel:
            yield await GenericStub(channel).unary_unary(path(received[0].decode()))(b"")
    else:
        yield b"%d" % len(received)


@contextmanager
def their_server(address: str = "127.0.0.1:0") -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4))
    handlers = TheirHandlers()
    server.add_generic_rpc_handlers((handlers,))
    port = server.add_insecure_port(address)
    handlers.address = f"127.0.0.1:{port}"
    server.start()
    try:
        yield handlers.address
    finally:
        server.stop(None).wait()


@pytest.fixture
def theirs() -> Iterator[grpc.Channel]:
    with their_server() as address, grpc.insecure_channel(address) as channel:
        yield channel


def their_error(channel: grpc.Channel, name: str, request: bytes = b"", **options: Any) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary(path(name))(request, timeout=options.pop("timeout", 10), **options)
    error: Any = raised.value
    return error.code().name, error.details()


async def our_error(channel: Channel, name: str, request: bytes = b"") -> tuple[str, str]:
    with pytest.raises(RpcError) as raised:
        await GenericStub(channel).unary_unary(path(name))(request, timeout=10)
    return raised.value.code.name, raised.value.message


def test_their_handlers_fail_as_the_page_says(theirs: grpc.Channel) -> None:
    code, details = their_error(theirs, "Broken")
    assert code == "UNKNOWN"
    assert "a secret" in details
    assert their_error(theirs, "Swallow") == ("NOT_FOUND", "nothing there")
    assert their_error(theirs, "Forward", b"Missing")[0] == "UNKNOWN"


async def test_our_handlers_fail_as_the_page_says() -> None:
    async with channel_to(Server([], fallback=our_handler)) as channel:
        code, message = await our_error(channel, "Broken")
        assert code == "UNKNOWN"
        assert "a secret" not in message
        assert await GenericStub(channel).unary_unary(path("Swallow"))(b"") == b"fine"
        assert await our_error(channel, "Forward", b"Missing") == ("NOT_FOUND", "nothing there")


def test_their_deadlines(theirs: grpc.Channel) -> None:
    left = theirs.unary_unary(path("Forward"))(b"Left", timeout=10)
    assert float(left) > 1e18  # without a deadline, for that is not inherited


async def test_our_deadlines() -> None:
    async with channel_to(Server([], fallback=our_handler)) as channel:
        method = GenericStub(channel).unary_unary
        assert float(await method(path("Forward"))(b"Left", timeout=10)) <= 10
        assert await method(path("Left"))(b"") == b"None"
        with pytest.raises(RpcError, match="DEADLINE_EXCEEDED"):
            await method(path("Left"))(b"", timeout=0)


def test_their_metadata(theirs: grpc.Channel) -> None:
    echo = theirs.unary_unary(path("Echo"))
    assert echo(b"", metadata=[("grpc-x", "1"), ("a", b"2"), ("b", " 3 ")]) == b"grpc-x=1;a=2;b= 3 ;"  # type: ignore[list-item]
    assert their_error(theirs, "Echo", metadata=[("Key", "1")])[0] == "INTERNAL"
    with pytest.raises(ValueError, match="unpack"):
        echo(b"", metadata={"a": "b"})  # type: ignore[arg-type]


async def test_our_metadata() -> None:
    async with channel_to(Server([], fallback=our_handler)) as channel:
        echo = GenericStub(channel).unary_unary(path("Echo"))
        for pair in (("grpc-x", "1"), ("b", " 3 "), ("Key", "1")):
            with pytest.raises(ValueError, match=repr(pair[0])):
                echo(b"", metadata=[pair])
        with pytest.raises(TypeError, match="'a'"):
            echo(b"", metadata=[("a", b"2")])
        assert await echo(b"", metadata={"a": "b"}) == b"1"


def test_their_failing_requests(theirs: grpc.Channel) -> None:
    def requests() -> Iterator[bytes]:
        yield b""
        raise ValueError("no more")

    with pytest.raises(grpc.RpcError, match="Exception iterating requests!"):
        theirs.stream_unary(path("Add"))(requests(), timeout=10)


async def test_calls_of_their_asyncio_and_ours() -> None:
    async def requests() -> AsyncIterator[bytes]:
        yield b""
        raise ValueError("no more")

    with their_server() as address:
        async with grpc.aio.insecure_channel(address) as channel:
            call = channel.unary_unary(path("Left"))(b"", timeout=10)
            ended = asyncio.Event()
            call.add_done_callback(lambda _: ended.set())
            await ended.wait()  # although nobody awaits the call
            call = channel.unary_unary(path("Left"))(b"", timeout=10)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            with pytest.raises(asyncio.CancelledError):
                await channel.stream_unary(path("Add"))(requests(), timeout=10)
    async with channel_to(Server([], fallback=our_handler)) as ours:
        our_call = GenericStub(ours).unary_unary(path("Left"))(b"")
        assert "not started" in repr(our_call)
        our_call.cancel()
        with pytest.raises(RpcError, match="CANCELLED"):
            await our_call
        with pytest.raises(RpcError, match="CANCELLED") as raised:
            await GenericStub(ours).stream_unary(path("Add"))(requests())
        assert isinstance(raised.value.__cause__, ValueError)


async def test_addresses() -> None:
    with their_server("[::]:0") as address:  # which is 127.0.0.1 and the port
        with grpc.insecure_channel(address) as channel:
            assert channel.unary_unary(path("Echo"))(b"", timeout=10) == b""
        with their_server(address) as again:
            assert again == address
    async with Server([], fallback=our_handler) as server:
        port = (await server.start("[::]:0")).rpartition(":")[2]
        async with Channel(f"127.0.0.1:{port}") as ours:
            await GenericStub(ours).unary_unary(path("Echo"))(b"", timeout=10)
        async with Server([], fallback=our_handler) as second:
            with pytest.raises(OSError, match="in use"):
                await second.start(f"[::]:{port}")


async def test_a_server_that_comes_late() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"127.0.0.1:{port}"
    backoff = [("grpc.min_reconnect_backoff_ms", 60_000), ("grpc.initial_reconnect_backoff_ms", 60_000)]
    with grpc.insecure_channel(address, backoff) as channel:
        async with Channel(address, backoff=Backoff(initial=60)) as ours:
            assert (await our_error(ours, "Echo"))[0] == "UNAVAILABLE"
            assert their_error(channel, "Echo")[0] == "UNAVAILABLE"
            with their_server(address):
                assert their_error(channel, "Echo")[0] == "UNAVAILABLE"
                assert (await our_error(ours, "Echo"))[0] == "UNAVAILABLE"
        async with Channel(address, backoff=Backoff(initial=0.05)) as ours:
            assert (await our_error(ours, "Echo"))[0] == "UNAVAILABLE"
            with their_server(address):
                call = GenericStub(ours).unary_unary(path("Echo"))(b"", timeout=10, wait_for_ready=True)
                assert await call == b""
