"""The echo service on grpcio: servers (aio and sync) and multi-callables, all on raw bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import grpc
from echo import SERVICE

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def _echoed(context: Any) -> list[tuple[str, str | bytes]]:
    return [(key, value) for key, value in context.invocation_metadata() if key.startswith("x-")]


class AioEcho:
    def __init__(self) -> None:
        self.events: asyncio.Queue[str] = asyncio.Queue()

    async def unary(self, request: bytes, context: Any) -> bytes:
        await context.send_initial_metadata(_echoed(context))
        context.set_trailing_metadata(_echoed(context))
        return request

    async def down(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        for number in range(int(request)):
            yield b"%d" % number

    async def up(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        sizes = [len(request) async for request in requests]
        return b"%d %d" % (len(sizes), sum(sizes))

    async def bidi(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        await context.send_initial_metadata(_echoed(context))
        context.set_trailing_metadata(_echoed(context))
        async for request in requests:
            yield request

    async def fail(self, request: bytes, context: Any) -> bytes:
        code, message, details = request.split(b"|")
        context.set_trailing_metadata([("x-reason", "asked for"), ("grpc-status-details-bin", details)])
        await context.abort(_code(int(code)), message.decode())

    async def sleep(self, request: bytes, context: Any) -> bytes:
        self.events.put_nowait("started")
        try:
            await asyncio.Event().wait()
        finally:
            self.events.put_nowait("cancelled")
        return request


class SyncEcho:
    def unary(self, request: bytes, context: Any) -> bytes:
        context.send_initial_metadata(_echoed(context))
        context.set_trailing_metadata(_echoed(context))
        return request

    def down(self, request: bytes, context: Any) -> Iterator[bytes]:
        for number in range(int(request)):
            yield b"%d" % number

    def up(self, requests: Iterator[bytes], context: Any) -> bytes:
        sizes = [len(request) for request in requests]
        return b"%d %d" % (len(sizes), sum(sizes))

    def bidi(self, requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        context.send_initial_metadata(_echoed(context))
        context.set_trailing_metadata(_echoed(context))
        yield from requests

    def fail(self, request: bytes, context: Any) -> bytes:
        code, message, details = request.split(b"|")
        context.set_trailing_metadata([("x-reason", "asked for"), ("grpc-status-details-bin", details)])
        context.abort(_code(int(code)), message.decode())


def _code(number: int) -> grpc.StatusCode:
    return next(code for code in grpc.StatusCode if code.value[0] == number)


def _generic_handler(service: Any) -> grpc.GenericRpcHandler:
    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(service.unary),
        "Down": grpc.unary_stream_rpc_method_handler(service.down),
        "Up": grpc.stream_unary_rpc_method_handler(service.up),
        "Bidi": grpc.stream_stream_rpc_method_handler(service.bidi),
        "Fail": grpc.unary_unary_rpc_method_handler(service.fail),
    }
    if isinstance(service, AioEcho):
        handlers["Sleep"] = grpc.unary_unary_rpc_method_handler(service.sleep)
    return grpc.method_handlers_generic_handler(SERVICE, handlers)


def add_echo(server: Any, service: Any) -> None:
    """Adds the service to a server of either kind."""
    server.add_generic_rpc_handlers((_generic_handler(service),))


@asynccontextmanager
async def aio_server(service: AioEcho, options: list[tuple[str, Any]] = UNLIMITED) -> AsyncIterator[str]:
    server = grpc.aio.server(options=options)
    add_echo(server, service)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@asynccontextmanager
async def sync_server(service: SyncEcho) -> AsyncIterator[str]:
    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool, options=UNLIMITED)
        add_echo(server, service)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            await asyncio.to_thread(server.stop(None).wait)
    await asyncio.get_running_loop().shutdown_default_executor()


class Callables:
    """grpcio's client of the echo service on a channel of either kind."""

    def __init__(self, channel: Any) -> None:
        self.unary = channel.unary_unary(f"/{SERVICE}/Unary")
        self.in_thread = channel.unary_unary(f"/{SERVICE}/InThread")
        self.down = channel.unary_stream(f"/{SERVICE}/Down")
        self.up = channel.stream_unary(f"/{SERVICE}/Up")
        self.bidi = channel.stream_stream(f"/{SERVICE}/Bidi")
        self.fail = channel.unary_unary(f"/{SERVICE}/Fail")
        self.sleep = channel.unary_unary(f"/{SERVICE}/Sleep")
        self.unknown = channel.unary_unary("/test.Nobody/Nothing")
