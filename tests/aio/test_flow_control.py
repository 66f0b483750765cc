"""Backpressure: a slow reader holds its sender, memory stays bounded, and nobody else is held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from echo import Echo, EchoStub, echo_pair
from h2.events import DataReceived, Event, RequestReceived, StreamEnded
from h2.settings import SettingCodes
from raw_server import Peer, raw_server

from minirpc.aio import Channel, Context, Http2Options, Server
from minirpc.errors import RpcError, StatusCode

SMALL = Http2Options(stream_window=65_535, connection_window=1 << 20)
CHUNK = bytes(10_000)


class Gated(Echo):
    """Its streams wait for the gate before they read."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.sent = 0

    async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
        await self.gate.wait()
        return await super().up(requests, context)

    async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        for _ in range(int(request)):
            yield CHUNK
            self.sent += 1


async def settled(read: object) -> int:
    """Waits until a counter stands still."""
    assert callable(read)
    last = -1
    while last != (now := int(read())):
        last = now
        await asyncio.sleep(0.05)
    return last


async def test_slow_server_holds_the_client() -> None:
    service = Gated()
    sent = 0

    async def send(stub: EchoStub) -> bytes:
        nonlocal sent
        async with stub.up() as call:
            for _ in range(200):
                await call.send(CHUNK)
                sent += 1
            return await call.finish()

    async with echo_pair(service, server_options={"http2_options": SMALL}) as stub:
        task = asyncio.create_task(send(stub))
        held = await settled(lambda: sent)
        # The window, and not one message more than the one that waits.
        assert held * len(CHUNK) <= SMALL.stream_window
        assert await stub.unary(b"other calls go on") == b"other calls go on"
        service.gate.set()
        assert await task == b"200 %d" % (200 * len(CHUNK))


async def test_slow_client_holds_the_server() -> None:
    service = Gated()
    async with echo_pair(service, http2_options=SMALL) as stub, stub.down(b"200") as call:
        assert await call.receive() == CHUNK
        held = await settled(lambda: service.sent)
        assert held * len(CHUNK) <= SMALL.stream_window + len(CHUNK)
        assert await stub.unary(b"other calls go on") == b"other calls go on"
        count = 1
        async for _ in call:
            count += 1
        assert count == 200


async def test_unread_streams_do_not_stall_the_connection() -> None:
    options = Http2Options(stream_window=65_535, connection_window=65_535)
    service = Gated()
    async with echo_pair(service, http2_options=options) as stub:
        calls = [stub.down(b"50") for _ in range(5)]
        for call in calls:
            async with asyncio.timeout(10):
                assert await call.receive() == CHUNK
        assert await stub.unary(bytes(100_000)) == bytes(100_000)
        for call in calls:
            assert len([reply async for reply in call]) == 49


@pytest.mark.parametrize("size", [65_535 - 5, 65_535, 1_000_000])
async def test_message_larger_than_the_window(size: int) -> None:
    options = Http2Options(stream_window=65_535, connection_window=65_535)
    async with echo_pair(server_options={"http2_options": options}, http2_options=options) as stub:
        message = bytes(size)
        assert await stub.unary(message) == message
        async with stub.bidi() as call:
            for _ in range(3):
                await call.send(message)
                assert await call.receive() == message


async def test_many_calls_share_a_small_connection_window() -> None:
    options = Http2Options(stream_window=65_535, connection_window=65_535)
    messages = [bytes([number]) * 50_000 for number in range(100)]
    async with echo_pair(server_options={"http2_options": options}, http2_options=options) as stub:
        assert await asyncio.gather(*map(stub.unary, messages)) == messages


async def test_streams_without_a_window_wait_until_settings_give_them_one() -> None:
    """Two streams may send nothing, while the connection's window is open; a third has a window of its own."""
    requests: dict[int, bytes] = {}

    def no_window(peer: Peer) -> None:
        peer.http2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})
        peer.flush()

    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, RequestReceived):
            requests[event.stream_id] = b""
            if len(requests) == 3:
                peer.http2.increment_flow_control_window(1000, event.stream_id)
        if isinstance(event, DataReceived):
            requests[event.stream_id] += event.data
        if isinstance(event, StreamEnded):
            peer.reply(event.stream_id, requests[event.stream_id][5:])
            peer.http2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 65_535})

    async with raw_server(on_event, on_connect=no_window) as server, Channel(server.address) as channel:
        calls = [EchoStub(channel).unary(b"%d" % number, timeout=10) for number in range(3)]
        assert await asyncio.gather(*calls) == [b"0", b"1", b"2"]


async def test_peer_that_stops_reading_its_socket_holds_the_server() -> None:
    """The windows are wide open; it is the socket that is full."""
    service = Gated()
    wide = Http2Options(stream_window=2**31 - 1, connection_window=2**31 - 1)
    async with echo_pair(service, http2_options=wide) as stub, stub.down(b"5000") as call:
        assert await call.receive() == CHUNK
        (connection,) = stub._channel.routing.connections
        assert connection._transport is not None
        connection._transport.pause_reading()
        held = await settled(lambda: service.sent)
        assert held < 5000
        connection._transport.resume_reading()
        count = 1
        async for _ in call:
            count += 1
        assert count == 5000


async def test_early_status_ends_the_sending() -> None:
    class Service(Echo):
        async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
            await anext(requests)
            context.abort(StatusCode.PERMISSION_DENIED, "enough")

    async def forever() -> AsyncIterator[bytes]:
        while True:
            yield CHUNK

    async with echo_pair(Service(), server_options={"http2_options": SMALL}) as stub:
        for _ in range(5):
            with pytest.raises(RpcError, match="PERMISSION_DENIED: enough"):
                await stub.up(forever())
        async with stub.up() as call:
            with pytest.raises(RpcError, match="enough"):
                while True:
                    await call.send(CHUNK)
            with pytest.raises(RpcError, match="enough"):
                await call.finish()
        assert await stub.unary(b"on") == b"on"


async def test_early_reply_ends_the_sending() -> None:
    class Service(Echo):
        async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
            return await anext(requests)

    closed = 0

    async def forever() -> AsyncIterator[bytes]:
        nonlocal closed
        try:
            while True:
                yield CHUNK
        finally:
            closed += 1

    async with echo_pair(Service(), server_options={"http2_options": SMALL}) as stub:
        for number in range(5):
            assert await stub.up(forever()) == CHUNK
            assert closed == number + 1


async def test_fast_stream_lets_others_run() -> None:
    async with echo_pair(Gated()) as stub:
        stream = stub.down(b"2000")
        assert await stream.receive() == CHUNK

        async def drain() -> int:
            return len([reply async for reply in stream])

        draining = asyncio.create_task(drain())
        for number in range(10):
            assert await stub.unary(b"%d" % number) == b"%d" % number
        assert await draining == 1999


async def test_second_message_where_one_is_due() -> None:
    """A client that sends two messages to a unary method gets a status; so does a client that receives two."""

    class Lax(EchoStub):
        unary = type(EchoStub.bidi)("/test.Echo/Unary", EchoStub.unary.request, EchoStub.unary.response)
        down = type(EchoStub.unary)("/test.Echo/Down", EchoStub.unary.request, EchoStub.unary.response)

    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        lax = Lax(channel)
        for requests, count in (([b"1", b"2"], "more than one"), ([], "no")):
            with pytest.raises(RpcError, match=f"{count} request message") as caught:
                async for _ in lax.unary(requests):
                    pass
            assert caught.value.code is StatusCode.UNIMPLEMENTED
        for request, what in ((b"2", "more than one message"), (b"0", "no message")):
            with pytest.raises(RpcError, match=f"server sent {what}") as caught:
                await lax.down(request)
            assert caught.value.code is StatusCode.UNIMPLEMENTED
        assert await lax.down(b"1") == b"0"
