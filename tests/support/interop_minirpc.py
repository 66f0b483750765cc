"""The service of the interop tests on minirpc."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from interop_peers import Generated, Journal, echoed

from minirpc import RpcError, StatusCode
from minirpc.aio import Context, Server, Servicer


def echo_service(generated: Generated, journal: Journal) -> Servicer:
    """An ``Echo`` that notes what it sees in ``journal``."""
    pb = generated.pb

    async def begin(context: Context) -> None:
        journal.peers.add(context.peer)
        pairs = echoed(context.metadata)
        await context.send_initial_metadata(pairs)
        context.set_trailing_metadata(pairs)

    async def wait(context: Context) -> None:
        journal.time_remaining.append(context.time_remaining())
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            journal.cancelled += 1
            raise

    def fail(request: Any, context: Context) -> None:
        context.abort(StatusCode(request.code), request.message, details=request.details or None)

    class Echo(generated.rpc.EchoServicer):
        def __init__(self) -> None:
            self._waiting = 0
            self._complete = asyncio.Event()

        async def unary(self, request: Any, context: Context) -> Any:
            await begin(context)
            journal.requests.append(request)
            return request

        async def collect(self, requests: AsyncIterator[Any], context: Context) -> Any:
            await begin(context)
            payloads = [request.payload async for request in requests]
            return pb.Chunk(number=len(payloads), payload=b"".join(payloads))

        async def repeat(self, request: Any, context: Context) -> AsyncIterator[Any]:
            await begin(context)
            for number in range(request.count):
                yield pb.Chunk(number=number, payload=request.payload)

        async def chat(self, requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            await begin(context)
            async for request in requests:
                yield request

        async def fail(self, request: Any, context: Context) -> Any:
            await begin(context)
            fail(request, context)

        async def fail_late(self, request: Any, context: Context) -> AsyncIterator[Any]:
            await begin(context)
            yield pb.Chunk(number=1)
            fail(request, context)

        async def wait(self, request: Any, context: Context) -> Any:
            await wait(context)

        async def wait_stream(self, request: Any, context: Context) -> AsyncIterator[Any]:
            yield pb.Chunk(number=1)
            await wait(context)

        async def meet(self, request: Any, context: Context) -> Any:
            journal.peers.add(context.peer)
            self._waiting += 1
            if self._waiting == request.size:
                self._complete.set()
            await self._complete.wait()
            return request

    return Echo()


def unencodable_service(generated: Generated) -> Servicer:
    """An ``Echo`` whose answer to ``Collect`` has no encoding: its number is no int32."""

    class Unencodable(generated.rpc.EchoServicer):
        async def collect(self, requests: AsyncIterator[Any], context: Context) -> Any:
            return generated.pb.Chunk(number=2**31)

    return Unencodable()


@asynccontextmanager
async def running(service: Servicer) -> AsyncIterator[str]:
    """Runs a server of ours with one service and gives its address."""
    async with Server([service]) as server:
        yield await server.start("127.0.0.1:0")


async def failure(awaitable: Any) -> RpcError:
    """The error that a call ends with. Fails if it ends well."""
    try:
        reply = await awaitable
    except RpcError as error:
        return error
    raise AssertionError(f"the call ended well, with {reply!r}")
