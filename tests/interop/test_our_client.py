"""minirpc's client and messages against grpcio's servers and Google's messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import grpc
import pytest
from interop_grpcio import aio_server
from interop_minirpc import failure
from interop_peers import PAIRS, UNICODE_MESSAGE, Generated, Journal, echoed, eventually, sample

from minirpc import StatusCode
from minirpc.aio import Channel
from minirpc.codegen import services_v1

Serve = Callable[[Journal], AbstractAsyncContextManager[str]]


@pytest.fixture
def connected(
    generated: Generated, grpcio_server: Serve
) -> Callable[[], AbstractAsyncContextManager[tuple[Any, Journal]]]:
    """Our stub on a channel to each of grpcio's servers, and that server's journal."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[tuple[Any, Journal]]:
        journal = Journal()
        async with grpcio_server(journal) as address, Channel(address) as channel:
            yield generated.rpc.EchoStub(channel), journal

    return connect


Connected = Callable[[], AbstractAsyncContextManager[tuple[Any, Journal]]]


async def test_a_message_with_every_field_kind_is_equal_on_both_sides(
    connected: Connected, generated: Generated
) -> None:
    async with connected() as (stub, journal):
        reply = await stub.unary(sample(generated.pb))
    assert journal.requests == [sample(generated.pb2)]
    assert reply == sample(generated.pb)


async def test_an_empty_message_is_a_message(connected: Connected, generated: Generated) -> None:
    async with connected() as (stub, journal):
        assert await stub.unary(generated.pb.EveryKind()) == generated.pb.EveryKind()
    assert journal.requests == [generated.pb2.EveryKind()]


async def test_client_streaming(connected: Connected, generated: Generated) -> None:
    chunk = generated.pb.Chunk
    async with connected() as (stub, _):
        given = await stub.collect([chunk(payload=b"a"), chunk(), chunk(payload=b"bc")])
        async with stub.collect() as call:
            for payload in (b"x", b"y"):
                await call.send(chunk(payload=payload))
            sent = await call.finish()
        none = await stub.collect([])
    assert given == chunk(number=3, payload=b"abc")
    assert sent == chunk(number=2, payload=b"xy")
    assert none == chunk()


async def test_server_streaming(connected: Connected, generated: Generated) -> None:
    async with connected() as (stub, _):
        replies = [reply async for reply in stub.repeat(generated.pb.RepeatRequest(count=100, payload=b"p"))]
        nothing = [reply async for reply in stub.repeat(generated.pb.RepeatRequest())]
    assert replies == [generated.pb.Chunk(number=number, payload=b"p") for number in range(100)]
    assert nothing == []


async def test_bidirectional_streaming_in_lockstep(connected: Connected, generated: Generated) -> None:
    chunks = [generated.pb.Chunk(number=number) for number in range(1, 30)]
    async with connected() as (stub, _):
        async with stub.chat() as call:
            for chunk in chunks:
                await call.send(chunk)
                assert await call.receive() == chunk
            await call.done_writing()
            assert await call.receive() is None
        assert [reply async for reply in stub.chat(chunks)] == chunks


async def test_metadata_both_ways(connected: Connected, generated: Generated) -> None:
    async with connected() as (stub, _):
        unary = stub.unary(generated.pb.EveryKind(), metadata=PAIRS)
        await unary
        stream = stub.chat([generated.pb.Chunk()], metadata=PAIRS)
        assert len([reply async for reply in stream]) == 1
        for call in (unary, stream):
            assert echoed(await call.initial_metadata()) == PAIRS
            assert echoed(await call.trailing_metadata()) == PAIRS


@pytest.mark.parametrize("code", [code for code in StatusCode if code is not StatusCode.OK])
async def test_each_status_arrives_with_its_message(
    connected: Connected, generated: Generated, code: StatusCode
) -> None:
    request = generated.pb.Failure(code=code, message=UNICODE_MESSAGE)
    async with connected() as (stub, _):
        unary = await failure(stub.fail(request))
        stream = stub.fail_late(request)
        assert await stream.receive() == generated.pb.Chunk(number=1)
        late = await failure(stream.receive())
    assert (unary.code, unary.message, unary.details) == (code, UNICODE_MESSAGE, None)
    assert (late.code, late.message, late.details) == (code, UNICODE_MESSAGE, None)


async def test_a_failure_carries_details_metadata_and_the_peer(connected: Connected, generated: Generated) -> None:
    details = bytes(range(200))
    request = generated.pb.Failure(code=StatusCode.ABORTED, details=details)
    async with connected() as (stub, journal):
        error = await failure(stub.fail(request, metadata=PAIRS))
        assert error.details == details
        assert echoed(error.initial_metadata) == PAIRS
        assert echoed(error.trailing_metadata) == PAIRS
        assert error.peer.startswith("ipv4:127.0.0.1:")
        assert len(journal.peers) == 1


@pytest.mark.parametrize("method", ["wait", "wait_stream"])
async def test_a_deadline_ends_the_call_on_both_sides(connected: Connected, generated: Generated, method: str) -> None:
    async with connected() as (stub, journal):
        call = getattr(stub, method)(generated.pb.Chunk(), timeout=0.25)
        if method == "wait_stream":
            assert await call.receive() == generated.pb.Chunk(number=1)
            call = call.receive()
        error = await failure(call)
        await eventually(lambda: journal.cancelled == 1)
    assert error.code is StatusCode.DEADLINE_EXCEEDED
    [remaining] = journal.time_remaining
    assert remaining is not None
    assert 0 < remaining <= 0.26  # grpcio rounds up


@pytest.mark.parametrize("method", ["wait", "wait_stream"])
async def test_cancelling_a_call_reaches_the_servers_handler(
    connected: Connected, generated: Generated, method: str
) -> None:
    async with connected() as (stub, journal):
        call = getattr(stub, method)(generated.pb.Chunk())
        waiting = asyncio.ensure_future(call.status())
        await eventually(lambda: len(journal.time_remaining) == 1)
        call.cancel()
        assert (await waiting).code is StatusCode.CANCELLED
        await eventually(lambda: journal.cancelled == 1)


async def test_cancelling_the_waiting_task_reaches_the_servers_handler(
    connected: Connected, generated: Generated
) -> None:
    async with connected() as (stub, journal):
        call = stub.wait(generated.pb.Chunk())
        waiting = asyncio.ensure_future(call)
        await eventually(lambda: len(journal.time_remaining) == 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await eventually(lambda: journal.cancelled == 1)
        # The connection lives on.
        assert await stub.unary(generated.pb.EveryKind()) == generated.pb.EveryKind()
        assert len(journal.peers) == 1


async def test_leaving_a_stream_early_reaches_the_servers_handler(connected: Connected, generated: Generated) -> None:
    async with connected() as (stub, journal):
        async with stub.wait_stream(generated.pb.Chunk()) as call:
            assert await call.receive() == generated.pb.Chunk(number=1)
        await eventually(lambda: journal.cancelled == 1)


async def test_messages_of_a_mebibyte(connected: Connected, generated: Generated) -> None:
    payload = bytes(range(256)) * 4096
    chunk = generated.pb.Chunk(payload=payload)
    async with connected() as (stub, _):
        reply = await stub.unary(generated.pb.EveryKind(bytes_value=payload))
        assert reply.bytes_value == payload
        assert (await stub.collect([chunk] * 3)).payload == payload * 3
        request = generated.pb.RepeatRequest(count=3, payload=payload)
        assert [part.payload async for part in stub.repeat(request)] == [payload] * 3
        assert [part.payload async for part in stub.chat([chunk] * 3)] == [payload] * 3


async def test_two_hundred_calls_in_flight_share_one_connection(connected: Connected, generated: Generated) -> None:
    party = generated.pb.Party(size=200)
    async with connected() as (stub, journal):
        # Nobody is answered before all have arrived.
        replies = await asyncio.gather(*(stub.meet(party, timeout=30) for _ in range(200)))
    assert replies == [party] * 200
    assert len(journal.peers) == 1


async def test_a_request_without_an_encoding_is_internal_and_names_the_field(
    connected: Connected, generated: Generated
) -> None:
    async with connected() as (stub, journal):
        error = await failure(stub.unary(generated.pb.EveryKind(int32s=[1, 2**31])))
        assert await stub.unary(generated.pb.EveryKind()) == generated.pb.EveryKind()
    assert error.code is StatusCode.INTERNAL
    assert "minirpc.interop.EveryKind.int32s[1]" in error.message
    assert len(journal.requests) == 1


async def test_a_response_that_cannot_be_decoded_is_internal(generated: Generated) -> None:
    def add(server: Any) -> None:
        handler = grpc.unary_unary_rpc_method_handler(_answer_garbage)
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler("minirpc.interop.Echo", {"Fail": handler})]
        )

    async with aio_server(add) as address, Channel(address) as channel:
        error = await failure(generated.rpc.EchoStub(channel).fail(generated.pb.Failure()))
    assert error.code is StatusCode.INTERNAL
    assert "minirpc.interop.Chunk" in error.message


async def _answer_garbage(request: bytes, context: Any) -> bytes:
    return b"\x12\x05abc"  # a payload of five bytes, of which there are three


async def test_googles_messages_travel_on_our_channel(generated: Generated, grpcio_server: Serve) -> None:
    class EchoStub(services_v1.Stub):
        unary = services_v1.unary_unary("/minirpc.interop.Echo/Unary", generated.pb2.EveryKind, generated.pb2.EveryKind)

    journal = Journal()
    async with grpcio_server(journal) as address, Channel(address) as channel:
        assert await EchoStub(channel).unary(sample(generated.pb2)) == sample(generated.pb2)
    assert journal.requests == [sample(generated.pb2)]
