"""Connections that come, drain, break and come again; and servers that are no gRPC servers."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from typing import Any

import h2.events
import pytest
from echo import Echo, EchoStub, echo_pair
from h2.events import Event
from hyperframe.frame import HeadersFrame
from raw_server import Peer, raw_server

from minirpc.aio import Channel, Server
from minirpc.aio.subchannel import Subchannel
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import MAX_STREAM_ID

OK_HEADERS = [(":status", "200"), ("content-type", "application/grpc")]
LARGE = bytes(271_828)


def is_request_end(event: Event) -> bool:
    return isinstance(event, h2.events.StreamEnded)


def acknowledge(peer: Peer, event: Event) -> None:
    if isinstance(event, h2.events.DataReceived) and event.flow_controlled_length:
        peer.http2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)


async def free_address() -> str:
    """An address where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{sock.getsockname()[1]}"


# -- connecting


async def test_nothing_is_connected_before_the_first_call() -> None:
    async with raw_server(lambda peer, event: None) as server:
        async with Channel(server.address):
            await asyncio.sleep(0.02)
        assert server.connections == 0


async def test_refused_connection_is_unavailable() -> None:
    async with Channel(await free_address()) as channel:
        stub = EchoStub(channel)
        results = await asyncio.gather(*(stub.unary(b"").status() for _ in range(3)))
        assert {status.code for status in results} == {StatusCode.UNAVAILABLE}
        with pytest.raises(RpcError, match="cannot connect to 127") as caught:
            await stub.unary(b"")
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.peer == ""


@pytest.mark.parametrize("host", ["a" * 70 + ".test", "nobody.invalid", "no\0body"])
async def test_host_that_has_no_address(host: str) -> None:
    async with Channel(f"{host}:1") as channel:
        with pytest.raises(RpcError, match=f"cannot connect to {host}:1") as caught:
            await EchoStub(channel).unary(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE
    await asyncio.get_running_loop().shutdown_default_executor()


async def test_first_address_that_answers_is_taken() -> None:
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0")
        async with Channel(f"ipv4:{await free_address()},{address}") as channel:
            assert await EchoStub(channel).unary(b"x") == b"x"


async def test_server_that_speaks_http_1() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listener, Channel(f"127.0.0.1:{listener.sockets[0].getsockname()[1]}") as channel:
        with pytest.raises(RpcError, match="the peer speaks HTTP/1") as caught:
            await EchoStub(channel).unary(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE


async def test_server_that_never_speaks() -> None:
    async def wait_for_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(wait_for_the_end, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, Channel(f"127.0.0.1:{port}", connect_timeout=0.05) as channel:
        with pytest.raises(RpcError, match=r"cannot connect to .* within 0.05 s") as caught:
            await EchoStub(channel).unary(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE


async def test_lost_connection_is_made_again() -> None:
    def on_event(peer: Peer, event: Event) -> None:
        if is_request_end(event):
            if peer.number == 1:
                peer.writer.transport.abort()
            else:
                peer.reply(event.stream_id, b"second")

    async with raw_server(on_event) as server, Channel(server.address) as channel:
        stub = EchoStub(channel)
        with pytest.raises(RpcError, match="connection") as caught:
            await stub.unary(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE
        assert caught.value.peer == f"ipv4:{server.address}"
        assert await stub.unary(b"") == b"second"
        assert server.connections == 2


async def test_server_restarted_on_its_port() -> None:
    first = Server([Echo()])
    address = await first.start("127.0.0.1:0")
    async with Channel(address) as channel:
        stub = EchoStub(channel)
        assert await stub.unary(b"1") == b"1"
        await first.stop()
        async with Server([Echo()]) as second:
            await second.start(address)
            assert await stub.unary(b"2") == b"2"


# -- GOAWAY and transparent retries


@pytest.mark.parametrize("request_", [b"small", LARGE])
async def test_unprocessed_call_is_retried_on_a_new_connection(request_: bytes) -> None:
    received: dict[int, int] = {}

    def on_event(peer: Peer, event: Event) -> None:
        acknowledge(peer, event)
        if peer.number == 1 and isinstance(event, h2.events.RequestReceived):
            peer.http2.close_connection(last_stream_id=0)
        if isinstance(event, h2.events.DataReceived):
            received[peer.number] = received.get(peer.number, 0) + len(event.data or b"")
        if peer.number == 2 and is_request_end(event):
            peer.reply(event.stream_id, b"done")

    async with raw_server(on_event) as server, Channel(server.address) as channel:
        assert await EchoStub(channel).unary(request_) == b"done"
        assert [reply async for reply in EchoStub(channel).down(request_)] == [b"done"]
        assert received[2] == 2 * (5 + len(request_))


async def test_refused_stream_is_retried_once() -> None:
    refused: list[int] = []

    def on_event(peer: Peer, event: Event) -> None:
        if is_request_end(event):
            if len(refused) in (0, 2, 3):
                refused.append(event.stream_id)
                peer.http2.reset_stream(event.stream_id, 7)
            else:
                refused.append(0)
                peer.reply(event.stream_id, b"done")

    async with raw_server(on_event) as server, Channel(server.address) as channel:
        stub = EchoStub(channel)
        assert await stub.unary(b"") == b"done"
        with pytest.raises(RpcError, match="REFUSED_STREAM") as caught:
            await stub.unary(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE


async def test_refused_stream_of_requests_is_not_retried_once_sent() -> None:
    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, h2.events.DataReceived):
            peer.http2.reset_stream(event.stream_id, 7)

    async with raw_server(on_event) as server, Channel(server.address) as channel:
        async with EchoStub(channel).bidi() as call:
            await call.send(b"x")
            with pytest.raises(RpcError) as caught:
                await call.receive()
        assert caught.value.code is StatusCode.UNAVAILABLE


async def test_goaway_with_the_settings() -> None:
    """A server that shuts down as the client comes in: the call goes to the next one, which connects again."""

    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, h2.events.RemoteSettingsChanged) and peer.number == 1:
            peer.http2.close_connection(last_stream_id=0)
        if is_request_end(event):
            peer.reply(event.stream_id, b"second")

    def hold(peer: Peer) -> None:
        """Sends nothing with the preface, so that SETTINGS and GOAWAY arrive in one read."""

    async with raw_server(on_event, on_connect=hold) as server, Channel(server.address) as channel:
        assert await EchoStub(channel).unary(b"") == b"second"


@pytest.mark.parametrize("turns", range(8))
async def test_goaway_a_moment_after_the_settings(turns: int) -> None:
    """So many turns of the loop after them: in some, the connection is good already and not in use yet."""

    def leave(peer: Peer, left: int) -> None:
        if left:
            asyncio.get_running_loop().call_soon(leave, peer, left - 1)
        else:
            peer.http2.close_connection(last_stream_id=0)
            peer.flush()

    def on_connect(peer: Peer) -> None:
        peer.flush()
        if peer.number == 1:
            leave(peer, turns)

    def on_event(peer: Peer, event: Event) -> None:
        if is_request_end(event) and peer.number > 1:  # what came to the first was not processed
            peer.reply(event.stream_id, b"second")

    async with raw_server(on_event, on_connect) as server, Channel(server.address) as channel:
        assert await EchoStub(channel).unary(b"") == b"second"
        assert server.connections == 2


async def test_servers_that_always_go_away_are_unavailable() -> None:
    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, h2.events.RemoteSettingsChanged):
            peer.http2.close_connection(last_stream_id=0)

    async with raw_server(on_event, on_connect=lambda peer: None) as server, Channel(server.address) as channel:
        with pytest.raises(RpcError, match="takes no calls on this connection") as caught:
            await EchoStub(channel).unary(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE
        assert server.connections == 2


async def test_goaway_with_an_error_is_told() -> None:
    def on_event(peer: Peer, event: Event) -> None:
        if is_request_end(event):
            peer.http2.close_connection(11, b"too_many_pings", last_stream_id=event.stream_id)
            peer.flush()
            peer.writer.close()

    async with raw_server(on_event) as server, Channel(server.address) as channel:
        with pytest.raises(RpcError, match="ENHANCE_YOUR_CALM too_many_pings") as caught:
            await EchoStub(channel).unary(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE


async def test_drain_loses_no_call() -> None:
    """Servers are stopped with grace, one after the other, under load from many workers; every call must succeed."""
    loop = asyncio.get_running_loop()
    servers = [Server([Echo()]) for _ in range(5)]
    addresses = [await server.start("127.0.0.1:0") for server in servers]
    done = asyncio.Event()
    async with Channel("ipv4:" + ",".join(addresses)) as channel:
        stub = EchoStub(channel)

        async def work() -> int:
            count = 0
            while not done.is_set():
                assert await stub.unary(b"x") == b"x"
                count += 1
            return count

        workers = [loop.create_task(work()) for _ in range(10)]
        for server in servers[:-1]:
            await asyncio.sleep(0.05)
            await server.stop(10)
        done.set()
        assert min(await asyncio.gather(*workers)) > 0
    await servers[-1].stop()


async def test_running_calls_end_well_in_a_drain() -> None:
    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        async with EchoStub(channel).bidi() as call:
            await call.send(b"before")
            assert await call.receive() == b"before"
            stopping = asyncio.create_task(server.stop(10))
            await asyncio.sleep(0.02)
            await call.send(b"during")
            assert await call.receive() == b"during"
            assert not stopping.done()
            await call.done_writing()
            assert await call.receive() is None
        await stopping


# -- limits


async def test_cancelled_call_leaves_the_queue() -> None:
    service = Echo()
    async with echo_pair(service, server_options={"max_concurrent_streams": 1}) as stub:
        blocking = asyncio.ensure_future(stub.sleep(b""))
        assert await service.events.get() == "started"
        queued = stub.unary(b"", timeout=0.02)
        with pytest.raises(RpcError) as caught:
            await queued
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        (running,) = stub._channel.routing.streams
        assert isinstance(running.carrier, Subchannel)
        assert running.carrier.call_count == 1
        blocking.cancel()


# -- responses that are none


def respond(headers: list[tuple[str, str]], body: bytes = b"", trailers: list[tuple[str, str]] | None = None) -> Any:
    def on_event(peer: Peer, event: Event) -> None:
        if is_request_end(event):
            peer.http2.send_headers(event.stream_id, headers, end_stream=not body and trailers is None)
            if body:
                peer.http2.send_data(event.stream_id, body, end_stream=trailers is None)
            if trailers is not None:
                peer.http2.send_headers(event.stream_id, trailers, end_stream=True)

    return on_event


MESSAGE = b"\0\0\0\0\1x"


@pytest.mark.parametrize(
    ("on_event", "code", "message"),
    [
        (respond([(":status", "503")]), StatusCode.UNAVAILABLE, "HTTP status 503"),
        (respond([(":status", "503"), ("content-type", "text/html")], b"<html>"), StatusCode.UNAVAILABLE, "503"),
        (respond([(":status", "401")]), StatusCode.UNAUTHENTICATED, "401"),
        (respond([(":status", "200"), ("content-type", "text/html")], b"<html>"), StatusCode.UNKNOWN, "text/html"),
        (respond([(":status", "200"), ("content-type", "application/grpc-web")], b"x"), StatusCode.UNKNOWN, "grpc-web"),
        (respond([*OK_HEADERS, ("content-length", "5")], MESSAGE), StatusCode.INTERNAL, "HTTP/2"),
        (respond([(":status", "200")], b"x"), StatusCode.UNKNOWN, "no content-type"),
        (respond([(":status", "200")]), StatusCode.UNKNOWN, "no content-type"),
        (respond(OK_HEADERS), StatusCode.UNKNOWN, "no grpc-status"),
        (respond(OK_HEADERS, MESSAGE, [("x-a", "b")]), StatusCode.UNKNOWN, "no grpc-status"),
        (respond(OK_HEADERS, MESSAGE), StatusCode.INTERNAL, "without a status"),
        (respond(OK_HEADERS, MESSAGE[:-1]), StatusCode.INTERNAL, "middle of a message"),
        (respond(OK_HEADERS, MESSAGE[:-1], [("grpc-status", "0")]), StatusCode.INTERNAL, "middle of a message"),
        (respond(OK_HEADERS, b"\1" + MESSAGE[1:], [("grpc-status", "0")]), StatusCode.INTERNAL, "compressed flag"),
        (respond(OK_HEADERS, MESSAGE * 2, [("grpc-status", "0")]), StatusCode.UNIMPLEMENTED, "more than one"),
        (respond(OK_HEADERS, b"", [("grpc-status", "0")]), StatusCode.UNIMPLEMENTED, "no message"),
        (respond(OK_HEADERS, MESSAGE, [("grpc-status", "x")]), StatusCode.UNKNOWN, "UNKNOWN"),
        (respond([*OK_HEADERS, ("x-bin", "!")], MESSAGE, [("grpc-status", "0")]), StatusCode.INTERNAL, "base64"),
        (respond(OK_HEADERS, MESSAGE, [("grpc-status", "0"), ("x-bin", "!")]), StatusCode.INTERNAL, "base64"),
        (respond([*OK_HEADERS, ("grpc-status", "7"), ("grpc-message", "no%21")]), StatusCode.PERMISSION_DENIED, "no!"),
        (respond([(":status", "503"), ("grpc-status", "5")]), StatusCode.NOT_FOUND, "NOT_FOUND"),
        (respond([*OK_HEADERS, ("connection", "close")]), StatusCode.INTERNAL, "PROTOCOL_ERROR"),
    ],
)
async def test_response_that_is_no_good(
    on_event: Callable[[Peer, Event], None], code: StatusCode, message: str
) -> None:
    async with raw_server(on_event) as server, Channel(server.address) as channel:
        for _ in range(2):  # the connection lives on
            with pytest.raises(RpcError, match=re.escape(message)) as caught:
                await EchoStub(channel).unary(b"")
            assert caught.value.code is code
        assert server.connections == 1


async def test_trailers_without_end_of_stream_end_one_call() -> None:
    def on_event(peer: Peer, event: Event) -> None:
        if is_request_end(event):
            peer.http2.send_headers(event.stream_id, OK_HEADERS)
            trailers = HeadersFrame(event.stream_id, peer.http2.encoder.encode([("grpc-status", "0")]))
            trailers.flags.add("END_HEADERS")
            peer.writer.write(peer.http2.data_to_send() + trailers.serialize())

    async with raw_server(on_event) as server, Channel(server.address) as channel:
        for _ in range(2):
            with pytest.raises(RpcError, match="PROTOCOL_ERROR") as caught:
                await EchoStub(channel).unary(b"", timeout=10)
            assert caught.value.code is StatusCode.INTERNAL
        assert server.connections == 1


async def test_connection_without_stream_identifiers_left_is_replaced() -> None:
    async with echo_pair() as stub:
        await stub.unary(b"x")
        (first,) = stub._channel.routing.connections
        first.engine._next_stream_id = MAX_STREAM_ID - 2  # type: ignore[attr-defined]
        assert await asyncio.gather(*(stub.unary(b"x", timeout=10) for _ in range(6))) == [b"x"] * 6
        await first.closed


# -- misuse


async def test_closed_channel() -> None:
    async with Server([Echo()]) as server:
        channel = Channel(await server.start("127.0.0.1:0"))
        await EchoStub(channel).unary(b"")
        await channel.close()
        await channel.close()
        with pytest.raises(RuntimeError, match="is closed"):
            await EchoStub(channel).unary(b"")


async def test_close_that_is_cancelled_has_ended_the_calls() -> None:
    service = Echo()
    async with Server([service]) as server:
        channel = Channel(await server.start("127.0.0.1:0"))
        call = asyncio.ensure_future(EchoStub(channel).sleep(b"").status())
        assert await service.events.get() == "started"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await channel.close(grace=60)
        assert (await call).code is StatusCode.CANCELLED
        assert await service.events.get() == "cancelled"


def test_second_loop_is_told() -> None:
    channel = Channel("127.0.0.1:1")

    async def call() -> None:
        with pytest.raises(RpcError, match="cannot connect"):
            await EchoStub(channel).unary(b"")

    asyncio.run(call())
    with pytest.raises(RuntimeError, match=r"belongs to .* and was used from .* a Channel of its own"):
        asyncio.run(call())
