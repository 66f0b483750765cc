"""Metadata that is too large fails its own call, and nothing else."""

from __future__ import annotations

import grpc.aio
import pytest
from echo import SERVICE, Echo, echo_pair

from minirpc.aio import Context, Server
from minirpc.errors import RpcError, StatusCode


class Service(Echo):
    """Answers with metadata of a size, at a place: requests are ``initial 5000``. Replies with the client's port."""

    async def unary(self, request: bytes, context: Context) -> bytes:
        place, size = request.decode().split()
        large = [("x-large", "x" * int(size))]
        if place == "initial":
            await context.send_initial_metadata(large)
        elif place == "trailing":
            context.set_trailing_metadata(large)
        elif place == "message":
            context.abort(StatusCode.NOT_FOUND, "x" * int(size))
        return context.peer.encode()


@pytest.mark.parametrize("place", ["initial", "trailing", "message"])
async def test_client_refuses(place: str) -> None:
    async with echo_pair(Service()) as stub:
        peer = await stub.unary(b"none 0")
        for size in (17_000, 100_000):
            with pytest.raises(RpcError, match="larger than max") as caught:
                await stub.unary(f"{place} {size}".encode())
            assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        assert await stub.unary(b"initial 15000") == peer, "the connection lives on"


async def test_status_that_did_not_fit_is_named() -> None:
    async with echo_pair(Service()) as stub:
        with pytest.raises(RpcError, match="they held NOT_FOUND"):
            await stub.unary(b"message 20000")


async def test_server_refuses() -> None:
    async with echo_pair(Service()) as stub:
        peer = await stub.unary(b"none 0")
        for size, what in ((17_000, r"max_receive_metadata_size \(16384 bytes\)"), (100_000, "ENHANCE_YOUR_CALM")):
            with pytest.raises(RpcError, match=what) as caught:
                await stub.unary(b"none 0", metadata=[("x-large", "x" * size)])
            assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        assert await stub.unary(b"none 0", metadata=[("x-large", "x" * 5000)]) == peer, "the connection lives on"


async def test_limits_can_be_raised() -> None:
    limits = {"max_receive_metadata_size": 200_000}
    async with echo_pair(server_options=limits, **limits) as stub:
        large = (("x-large", "x" * 100_000),)
        call = stub.unary(b"", metadata=large)
        assert await call == b""
        assert await call.initial_metadata() == await call.trailing_metadata() == large


async def test_limits_can_be_lowered() -> None:
    async with echo_pair(server_options={"max_receive_metadata_size": 1000}) as stub:
        with pytest.raises(RpcError) as caught:
            await stub.unary(b"", metadata=[("x", "x" * 1000)])
        assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        assert await stub.unary(b"") == b""


async def test_grpcio_client() -> None:
    async with Server([Echo()]) as server, grpc.aio.insecure_channel(await server.start("127.0.0.1:0")) as channel:
        unary = channel.unary_unary(f"/{SERVICE}/Unary")
        for size in (17_000, 60_000):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await unary(b"", metadata=[("k", "x" * size)])
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await unary(b"on") == b"on"
