"""Calls and handlers of any method, with messages as bytes, and a proxy made of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from echo import SERVICE, Echo, EchoStub, echo_pair

from examples.proxy import forward_to
from minirpc.aio import Channel, Context, GenericStub, InterceptedCall, Proceed, Server
from minirpc.errors import RpcError, StatusCode

METADATA = [("x-a", "1"), ("x-a", "two words"), ("x-bytes-bin", b"\x00\xff,="), ("x-empty-bin", b"")]


@asynccontextmanager
async def proxied(service: Echo, **options: Any) -> AsyncIterator[EchoStub]:
    """A client, a proxy and a server, all over sockets."""
    async with (
        Server([service]) as server,
        Channel(await server.start("127.0.0.1:0")) as upstream,
        Server([], fallback=forward_to(upstream)) as proxy,
        Channel(await proxy.start("127.0.0.1:0"), **options) as channel,
    ):
        yield EchoStub(channel)


async def test_generic_calls() -> None:
    async with echo_pair() as stub:
        generic = GenericStub(stub._channel)
        assert await generic.unary_unary(f"/{SERVICE}/Unary")(b"x") == b"x"
        assert [reply async for reply in generic.unary_stream(f"/{SERVICE}/Down")(b"2")] == [b"0", b"1"]
        assert await generic.stream_unary(f"/{SERVICE}/Up")([b"ab", b"c"]) == b"2 3"
        assert [reply async for reply in generic.stream_stream(f"/{SERVICE}/Unary")([b"x"])] == [b"x"]
        with pytest.raises(ValueError, match="not /service/method"):
            generic.unary_unary("Unary")
        with pytest.raises(RpcError) as caught:
            await generic.unary_unary(f"/{SERVICE}/Missing")(b"x")
        assert caught.value.code is StatusCode.UNIMPLEMENTED


async def test_a_fallback_serves_what_no_service_has() -> None:
    seen: list[str] = []

    async def fallback(requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        async for request in requests:
            yield context.method.encode() + b" " + request

    async def watch(call: InterceptedCall, proceed: Proceed) -> None:
        seen.append(call.method.path)
        await proceed()

    options = {"fallback": fallback, "interceptors": [watch]}
    async with echo_pair(server_options=options) as stub:
        assert await stub.unary(b"known") == b"known"
        assert await GenericStub(stub._channel).unary_unary("/any.Thing/AtAll")(b"x") == b"/any.Thing/AtAll x"
    assert seen == [f"/{SERVICE}/Unary", "/any.Thing/AtAll"]


async def test_a_proxy_passes_the_four_kinds() -> None:
    async with proxied(Echo()) as stub:
        assert await stub.unary(b"") == b""
        assert [reply async for reply in stub.down(b"3")] == [b"0", b"1", b"2"]
        assert await stub.up([b"ab", b"", b"c"]) == b"3 3"
        async with stub.bidi(metadata=METADATA) as call:
            assert await call.initial_metadata() == tuple(METADATA)
            for number in range(10):
                await call.send(b"%d" % number)
                assert await call.receive() == b"%d" % number
            await call.done_writing()
            assert await call.receive() is None
            assert await call.trailing_metadata() == tuple(METADATA)


async def test_a_proxy_passes_statuses_with_details_and_trailers() -> None:
    async with proxied(Echo()) as stub:
        with pytest.raises(RpcError) as caught:
            await stub.fail("9|не так|\x01".encode())
        error = caught.value
        assert (error.code, error.message, error.details) == (StatusCode.FAILED_PRECONDITION, "не так", b"\x01")
        assert error.trailing_metadata == (("x-reason", "asked for"),)


async def test_a_proxy_passes_cancellation_and_deadlines() -> None:
    service = Echo()
    async with proxied(service) as stub:
        async with stub.sleep(b"") as call:
            assert await service.events.get() == "started"
            call.cancel()
        assert await service.events.get() == "cancelled"
        with pytest.raises(RpcError) as caught:
            await stub.sleep(b"", timeout=0.5)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        assert [await service.events.get() for _ in range(2)] == ["started", "cancelled"]


async def test_a_cancelled_stream_of_requests_does_not_look_complete() -> None:
    """Or a proxy, whose sender is another task than the handler, would pass half of it on as a whole."""
    ends: asyncio.Queue[str] = asyncio.Queue()

    class Sums(Echo):
        async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
            async def read() -> None:
                try:
                    async for _ in requests:
                        ends.put_nowait("received")
                except RpcError as error:
                    ends.put_nowait(error.code.name)
                else:
                    ends.put_nowait("complete")

            await asyncio.shield(asyncio.create_task(read()))
            return b""

    async with echo_pair(Sums()) as stub:
        async with stub.up() as call:
            await call.send(b"x")
            assert await ends.get() == "received"
        assert await ends.get() == "CANCELLED"
