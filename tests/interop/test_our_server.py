"""minirpc's server and messages against grpcio's clients and Google's messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import grpc
import pytest
from interop_grpcio import OPTIONS, Client
from interop_minirpc import echo_service, running, unencodable_service
from interop_peers import PAIRS, UNICODE_MESSAGE, Generated, Journal, echoed, eventually, sample

from minirpc import StatusCode

Connect = Callable[[str], AbstractAsyncContextManager[Client]]
Connected = Callable[[], AbstractAsyncContextManager[tuple[Client, Journal]]]


@pytest.fixture
def connected(generated: Generated, grpcio_client: Connect) -> Connected:
    """Each of grpcio's clients, connected to our server, and our server's journal."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[tuple[Client, Journal]]:
        journal = Journal()
        async with running(echo_service(generated, journal)) as address, grpcio_client(address) as client:
            yield client, journal

    return connect


async def test_a_message_with_every_field_kind_is_equal_on_both_sides(
    connected: Connected, generated: Generated
) -> None:
    async with connected() as (client, journal):
        outcome = await client.call("Unary", sample(generated.pb2))
    assert journal.requests == [sample(generated.pb)]
    assert outcome.messages == [sample(generated.pb2)]
    assert outcome.code == 0


async def test_client_streaming(connected: Connected, generated: Generated) -> None:
    chunk = generated.pb2.Chunk
    async with connected() as (client, _):
        some = await client.call("Collect", chunk(payload=b"a"), chunk(), chunk(payload=b"bc"))
        none = await client.call("Collect")
    assert some.messages == [chunk(number=3, payload=b"abc")]
    assert none.messages == [chunk()]


async def test_server_streaming(connected: Connected, generated: Generated) -> None:
    async with connected() as (client, _):
        many = await client.call("Repeat", generated.pb2.RepeatRequest(count=100, payload=b"p"))
        nothing = await client.call("Repeat", generated.pb2.RepeatRequest())
    assert many.messages == [generated.pb2.Chunk(number=number, payload=b"p") for number in range(100)]
    assert (nothing.messages, nothing.code) == ([], 0)


async def test_bidirectional_streaming_in_lockstep(connected: Connected, generated: Generated) -> None:
    chunks = [generated.pb2.Chunk(number=number) for number in range(1, 30)]
    async with connected() as (client, _):
        assert await client.converse("Chat", *chunks) == chunks
        assert (await client.call("Chat", *chunks)).messages == chunks


async def test_metadata_both_ways(connected: Connected, generated: Generated) -> None:
    async with connected() as (client, _):
        for method, request in (("Unary", generated.pb2.EveryKind()), ("Chat", generated.pb2.Chunk())):
            outcome = await client.call(method, request, metadata=PAIRS)
            assert outcome.code == 0
            assert echoed(outcome.initial) == PAIRS
            assert echoed(outcome.trailing) == PAIRS


@pytest.mark.parametrize("code", [code for code in StatusCode if code is not StatusCode.OK])
async def test_each_status_arrives_with_its_message(
    connected: Connected, generated: Generated, code: StatusCode
) -> None:
    request = generated.pb2.Failure(code=code, message=UNICODE_MESSAGE)
    async with connected() as (client, _):
        unary = await client.call("Fail", request)
        late = await client.call("FailLate", request)
    assert (unary.messages, unary.code, unary.message) == ([], code, UNICODE_MESSAGE)
    assert (late.messages, late.code, late.message) == ([generated.pb2.Chunk(number=1)], code, UNICODE_MESSAGE)


async def test_a_failure_carries_details_and_metadata(connected: Connected, generated: Generated) -> None:
    details = bytes(range(200))
    async with connected() as (client, _):
        request = generated.pb2.Failure(code=StatusCode.ABORTED, details=details)
        outcome = await client.call("Fail", request, metadata=PAIRS)
    assert dict(outcome.trailing)["grpc-status-details-bin"] == details
    assert echoed(outcome.initial) == PAIRS
    assert echoed(outcome.trailing) == PAIRS


@pytest.mark.parametrize("method", ["Wait", "WaitStream"])
async def test_a_deadline_ends_the_call_on_both_sides(connected: Connected, generated: Generated, method: str) -> None:
    async with connected() as (client, journal):
        outcome = await client.call(method, generated.pb2.Chunk(), timeout=0.25)
        await eventually(lambda: journal.cancelled == 1)
    assert outcome.code == StatusCode.DEADLINE_EXCEEDED
    [remaining] = journal.time_remaining
    assert remaining is not None
    assert 0 < remaining <= 0.26  # grpcio rounds up


@pytest.mark.parametrize("method", ["Wait", "WaitStream"])
async def test_cancelling_a_call_reaches_our_handler(connected: Connected, generated: Generated, method: str) -> None:
    async with connected() as (client, journal):
        outcome = await client.cancel(
            method, generated.pb2.Chunk(), lambda: eventually(lambda: len(journal.time_remaining) == 1)
        )
        await eventually(lambda: journal.cancelled == 1)
        # The connection lives on.
        assert (await client.call("Unary", generated.pb2.EveryKind())).code == 0
    assert outcome.code == StatusCode.CANCELLED
    assert len(journal.peers) == 1


async def test_messages_of_a_mebibyte(connected: Connected, generated: Generated) -> None:
    payload = bytes(range(256)) * 4096
    chunk = generated.pb2.Chunk(payload=payload)
    async with connected() as (client, _):
        [reply] = (await client.call("Unary", generated.pb2.EveryKind(bytes_value=payload))).messages
        assert reply.bytes_value == payload
        [joined] = (await client.call("Collect", *[chunk] * 3)).messages
        assert joined.payload == payload * 3
        repeated = await client.call("Repeat", generated.pb2.RepeatRequest(count=3, payload=payload))
        assert [part.payload for part in repeated.messages] == [payload] * 3
        assert (await client.call("Chat", *[chunk] * 3)).messages == [chunk] * 3


async def test_two_hundred_calls_in_flight_share_one_connection(connected: Connected, generated: Generated) -> None:
    party = generated.pb2.Party(size=200)
    async with connected() as (client, journal):
        # Nobody is answered before all have arrived.
        outcomes = await asyncio.gather(*(client.call("Meet", party, timeout=30) for _ in range(200)))
    assert [outcome.messages for outcome in outcomes] == [[party]] * 200
    assert len(journal.peers) == 1


async def test_a_response_without_an_encoding_is_internal_and_names_the_field(
    generated: Generated, grpcio_client: Connect
) -> None:
    async with running(unencodable_service(generated)) as address, grpcio_client(address) as client:
        outcome = await client.call("Collect")
        untouched = await client.call("Unary", generated.pb2.EveryKind())
    assert outcome.code == StatusCode.INTERNAL
    assert "minirpc.interop.Chunk.number" in outcome.message
    assert untouched.code == StatusCode.UNIMPLEMENTED


async def test_a_request_that_cannot_be_decoded_fails_that_call_alone(generated: Generated) -> None:
    journal = Journal()
    async with (
        running(echo_service(generated, journal)) as address,
        grpc.aio.insecure_channel(address, options=OPTIONS) as channel,
    ):
        meet = channel.unary_unary("/minirpc.interop.Echo/Meet")
        waiting = meet(b"\x08\x02")
        await eventually(lambda: len(journal.peers) == 1)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await meet(b"\x08\xff")  # a varint without its end
        assert await meet(b"\x08\x02") == b"\x08\x02"
        assert await waiting == b"\x08\x02"
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "minirpc.interop.Party.size" in caught.value.details()


async def test_our_messages_travel_on_grpcios_channel(generated: Generated) -> None:
    journal = Journal()
    every_kind: Any = generated.pb.EveryKind
    async with (
        running(echo_service(generated, journal)) as address,
        grpc.aio.insecure_channel(address, options=OPTIONS) as channel,
    ):
        unary = channel.unary_unary(
            "/minirpc.interop.Echo/Unary",
            request_serializer=every_kind.SerializeToString,
            response_deserializer=every_kind.FromString,
        )
        assert await unary(sample(generated.pb)) == sample(generated.pb)
    assert journal.requests == [sample(generated.pb)]
