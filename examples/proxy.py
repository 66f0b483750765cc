"""A transparent proxy: it passes the calls of any service on to another server, without knowing a .proto file.

    python -m examples.proxy 127.0.0.1:50050 127.0.0.1:50051

Messages of all four kinds pass as bytes, with metadata, statuses and trailers. Deadlines pass because calls that a
handler makes inherit that of the call that it serves; cancellation, because leaving ``async with`` cancels the call.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

from minirpc import RpcError
from minirpc.aio import Channel, Context, FallbackHandler, GenericStub, Server, forwardable


def forward_to(channel: Channel) -> FallbackHandler:
    """Returns a server's fallback that passes every call on."""
    stub = GenericStub(channel)

    async def forward(requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        method = stub.stream_stream(context.method)
        async with method(requests, metadata=forwardable(context.metadata)) as call:
            try:
                initial = await call.initial_metadata()
                if initial or not call.done():
                    await context.send_initial_metadata(forwardable(initial))
                async for response in call:
                    yield response
            except RpcError as error:
                context.set_trailing_metadata(forwardable(tuple(error.trailing_metadata)))
                raise
            context.set_trailing_metadata(forwardable(await call.trailing_metadata()))

    return forward


async def main(address: str, target: str) -> None:
    """Serves at an address until SIGTERM or SIGINT."""
    async with Channel(target) as channel:
        await Server([], fallback=forward_to(channel)).serve(address)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
