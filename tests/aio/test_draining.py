"""Connections that end without losing what was under way: servers that stop, clients that leave at the same time."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest
from certificates import authority_pem, server_pair
from echo import Echo, EchoStub
from grpcio_echo import Callables
from hyperframe.frame import GoAwayFrame, PingFrame, RstStreamFrame
from stranger import HELLO_WITH_WINDOWS, Stranger, stranger

from minirpc.aio import Channel, ClientTls, Context, ErrorCode, Server, ServerTls
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import MAX_STREAM_ID


class Counting(Echo):
    """Counts the calls that reach it."""

    def __init__(self, answer: bytes = b"x") -> None:
        super().__init__()
        self.calls = 0
        self._answer = answer

    async def unary(self, request: bytes, context: Context) -> bytes:
        self.calls += 1
        return self._answer

    async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        self.events.put_nowait("started")
        async for request in requests:
            yield request


def server_tls() -> ServerTls:
    pair = server_pair()
    return ServerTls(certificate=pair.certificate, key=pair.key)


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority_pem().decode())
    context.set_alpn_protocols(["h2"])
    return context


async def drain_begins(client: Stranger) -> bytes:
    """Reads the first GOAWAY of a drain, and returns the data of the PING behind it."""
    goaway = await client.until(lambda frame: isinstance(frame, GoAwayFrame))
    assert isinstance(goaway, GoAwayFrame)
    assert (goaway.last_stream_id, goaway.error_code) == (MAX_STREAM_ID, ErrorCode.NO_ERROR)
    ping = await client.until(lambda frame: isinstance(frame, PingFrame))
    assert isinstance(ping, PingFrame)
    return ping.opaque_data


# -- what is taken and what is not


async def test_calls_before_the_second_goaway_run_and_those_after_it_do_not() -> None:
    service = Counting()
    async with Server([service]) as server, stranger(await server.start("127.0.0.1:0")) as client:
        client.writer.write(client.call(1, "Bidi", None))
        assert await service.events.get() == "started"
        stopping = asyncio.create_task(server.stop(10))
        data = await drain_begins(client)
        client.writer.write(client.call(3, "Unary"))
        await client.answer(3)
        assert service.calls == 1
        client.writer.write(PingFrame(0, data, flags=["ACK"]).serialize())
        goaway = await client.until(lambda frame: isinstance(frame, GoAwayFrame))
        assert isinstance(goaway, GoAwayFrame)
        assert goaway.last_stream_id == 3
        client.writer.write(client.call(5, "Unary"))
        refusal = await client.until(lambda frame: frame.stream_id == 5)
        assert isinstance(refusal, RstStreamFrame)
        assert refusal.error_code == ErrorCode.REFUSED_STREAM
        client.writer.write(client.end(1))
        await client.answer(1)
        assert await client.until(lambda frame: False) is None  # the end of the connection, in order
        client.writer.close()
        await stopping
        assert service.calls == 1


async def test_client_that_never_answers_the_ping_does_not_hold_up_the_end() -> None:
    service = Counting()
    async with Server([service]) as server, stranger(await server.start("127.0.0.1:0")) as client:
        client.writer.write(client.call(1, "Bidi", None))
        assert await service.events.get() == "started"
        stopping = asyncio.create_task(server.stop(0.1))
        await drain_begins(client)
        farewell = await client.farewell()
        assert farewell == (ErrorCode.NO_ERROR, b"")
        client.writer.close()
        await stopping


@pytest.mark.parametrize("grace", [None, 0.1])
async def test_calls_that_do_not_end_are_unavailable(grace: float | None) -> None:
    service = Echo()
    server = Server([service])
    async with Channel(await server.start("127.0.0.1:0")) as channel:
        call = asyncio.ensure_future(EchoStub(channel).sleep(b"").status())
        assert await service.events.get() == "started"
        await server.stop(grace)
        status = await call
        assert (status.code, status.message) == (StatusCode.UNAVAILABLE, "the server is shutting down")
        assert await service.events.get() == "cancelled"


async def test_both_sides_leave_at_once() -> None:
    server = Server([Echo()])
    channel = Channel(await server.start("127.0.0.1:0"))
    async with EchoStub(channel).bidi() as call:
        await call.send(b"before")
        assert await call.receive() == b"before"
        ends = asyncio.gather(server.stop(10), channel.close(10))
        for number in range(3):
            await asyncio.sleep(0.01)
            await call.send(b"%d" % number)
            assert await call.receive() == b"%d" % number
        await call.done_writing()
        assert await call.receive() is None
    await ends


# -- the last response arrives


@pytest.mark.parametrize("tls", [False, True], ids=["plaintext", "tls"])
async def test_client_that_goes_on_sending_reads_to_the_end(tls: bool) -> None:
    """What lies unread in a socket that is closed resets its connection, and takes what was sent last with it."""
    service = Counting(answer=bytes(2 << 20))
    async with Server([service]) as server:
        address = await server.start("127.0.0.1:0", tls=server_tls() if tls else None)
        context = client_context() if tls else None
        async with stranger(address, HELLO_WITH_WINDOWS, context=context, receive_buffer=1 << 16) as client:

            async def chatter() -> None:
                for stream_id in range(3, 1001, 2):
                    client.writer.write(client.call(stream_id, "Unary", bytes(1000)))
                    await asyncio.sleep(0.005)

            client.writer.write(client.call(1, "Unary") + GoAwayFrame(0).serialize())
            chattering = asyncio.create_task(chatter())
            for number in itertools.count():
                if await client.until(lambda frame: True) is None:
                    break
                await asyncio.sleep(0.002 if number < 32 else 0)
            chattering.cancel()
            assert not client.reset
            assert [frame for frame in client.frames if frame.stream_id == 1 and "END_STREAM" in frame.flags]
    assert service.calls == 1


async def test_drain_over_tls_loses_no_call() -> None:
    """Servers are stopped with grace, one after the other, under load; every call must succeed."""
    loop = asyncio.get_running_loop()
    servers = [Server([Echo()]) for _ in range(4)]
    addresses = [await server.start("127.0.0.1:0", tls=server_tls()) for server in servers]
    done = asyncio.Event()
    tls = ClientTls(ca=authority_pem(), server_name="localhost")
    async with Channel("ipv4:" + ",".join(addresses), tls=tls) as channel:
        stub = EchoStub(channel)

        async def work() -> int:
            count = 0
            while not done.is_set():
                assert await stub.unary(bytes(5000)) == bytes(5000)
                count += 1
            return count

        workers = [loop.create_task(work()) for _ in range(8)]
        for server in servers[:-1]:
            await asyncio.sleep(0.05)
            await server.stop(10)
        done.set()
        assert min(await asyncio.gather(*workers)) > 0
    await servers[-1].stop()


async def test_server_is_replaced_on_its_port_under_the_load_of_grpcio() -> None:
    """Calls that wait for a server, as grpcio's may, succeed all."""
    loop = asyncio.get_running_loop()
    server = Server([Echo()])
    address = await server.start("127.0.0.1:0")
    done = asyncio.Event()
    options = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.min_reconnect_backoff_ms", 50)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        callables = Callables(channel)

        async def work() -> int:
            count = 0
            while not done.is_set():
                assert await callables.unary(b"x", wait_for_ready=True, timeout=20) == b"x"
                count += 1
            return count

        workers = [loop.create_task(work()) for _ in range(8)]
        for _ in range(3):
            await asyncio.sleep(0.1)
            stopping = loop.create_task(server.stop(10))
            await asyncio.sleep(0)
            server = Server([Echo()])
            await server.start(address)
            await stopping
        await asyncio.sleep(0.1)
        done.set()
        assert min(await asyncio.gather(*workers)) > 0
        await server.stop(1)


async def test_connection_that_comes_while_the_server_stops_is_turned_away() -> None:
    service = Echo()
    server = Server([service])
    address = await server.start("127.0.0.1:0")
    async with Channel(address) as channel:
        call = asyncio.ensure_future(EchoStub(channel).sleep(b"").status())
        assert await service.events.get() == "started"
        stopping = asyncio.create_task(server.stop(0.2))
        await asyncio.sleep(0)
        async with Channel(address) as late:
            with pytest.raises(RpcError) as caught:
                await EchoStub(late).unary(b"")
            assert caught.value.code is StatusCode.UNAVAILABLE
        await stopping
        assert (await call).code is StatusCode.UNAVAILABLE
