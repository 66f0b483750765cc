"""A channel and a server in one process, and what goes wrong between them."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

import pytest
from certificates import authority_pem, server_pair
from echo import Echo, EchoStub

from minirpc.aio import Backoff, Channel, ClientTls, Context, ErrorCode, Server, ServerTls, UnaryCall
from minirpc.errors import RpcError, StatusCode
from minirpc.testing import Network, channel_to


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails what connects or listens; the event loop's own pair of sockets is made before."""

    def refuse(*arguments: Any) -> None:
        raise AssertionError("a socket was used")

    for name in ("connect", "connect_ex", "bind", "listen"):
        monkeypatch.setattr(socket.socket, name, refuse)


async def failure_of(call: UnaryCall[bytes, bytes]) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await call
    return caught.value


async def test_four_kinds() -> None:
    async with channel_to(Echo()) as channel:
        stub = EchoStub(channel)
        call = stub.unary(b"hello", metadata={"x-a": "1"})
        assert await call == b"hello"
        assert await call.trailing_metadata() == (("x-a", "1"),)
        assert call.peer() == "in-memory:server-1"
        assert [reply async for reply in stub.down(b"5")] == [b"%d" % n for n in range(5)]
        assert await stub.up([b"ab", b"c"]) == b"2 3"
        async with stub.bidi() as chat:
            await chat.send(b"a")
            assert await chat.receive() == b"a"
        assert (await failure_of(stub.fail(b"5|gone|"))).code is StatusCode.NOT_FOUND


async def test_two_channels_on_one_server() -> None:
    class Peers(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            return context.peer.encode()

    network = Network()
    async with (
        Server([Peers()]) as server,
        channel_to(server, network=network) as one,
        Channel("any.name:1", connector=network.connector(server)) as two,
    ):
        peers = {await EchoStub(channel).unary(b"") for channel in (one, two)}
        assert peers == {b"in-memory:client-1", b"in-memory:client-2"}
        assert network.connections == 2


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("seed", range(2))
async def test_fragments(seed: int, tls: bool) -> None:
    network = Network(fragment=7, seed=seed)
    pair = server_pair()
    secure = ServerTls(certificate=pair.certificate, key=pair.key) if tls else None
    client = ClientTls(ca=authority_pem(), server_name="localhost") if tls else None
    large = os.urandom(300)
    async with (
        Server([Echo()]) as server,
        Channel("in-memory:1", connector=network.connector(server, tls=secure), tls=client) as channel,
    ):
        stub = EchoStub(channel)
        messages = [large + b"%d" % n for n in range(3)]
        assert await asyncio.gather(*(stub.unary(message) for message in messages)) == messages
        assert [reply async for reply in stub.bidi([b"a", large, b""])] == [b"a", large, b""]


async def test_large_messages_wait_for_their_reader() -> None:
    async with channel_to(Echo(), max_receive_message_size=64 << 20) as channel:
        stub = EchoStub(channel)
        large = bytes(3 << 20)
        async with stub.bidi() as call:
            sending = asyncio.create_task(call.send(large))
            assert await call.receive() == large
            await sending


async def test_latency_keeps_the_order() -> None:
    network = Network(latency=(0.0, 0.003), seed=1)
    async with channel_to(Echo(), network=network) as channel:
        numbers = [b"%d" % n for n in range(50)]
        assert [reply async for reply in EchoStub(channel).bidi(numbers)] == numbers


async def test_latency_lets_deadlines_pass() -> None:
    network = Network()
    async with channel_to(Echo(), network=network) as channel:
        stub = EchoStub(channel)
        await stub.unary(b"")
        network.latency = 10.0
        assert (await failure_of(stub.unary(b"", timeout=0.02))).code is StatusCode.DEADLINE_EXCEEDED


async def test_cut() -> None:
    network, service = Network(), Echo()
    async with channel_to(service, network=network) as channel:
        stub = EchoStub(channel)
        sleeping = asyncio.ensure_future(stub.sleep(b""))
        assert await service.events.get() == "started"
        network.cut()
        with pytest.raises(RpcError, match="the connection was cut") as caught:
            await sleeping
        assert caught.value.code is StatusCode.UNAVAILABLE
        assert await service.events.get() == "cancelled"
        assert await stub.unary(b"again") == b"again"
        assert network.connections == 2


@pytest.mark.parametrize("towards_server", [False, True])
async def test_cut_after_some_bytes(towards_server: bool) -> None:
    network = Network()
    async with channel_to(Echo(), network=network) as channel:
        stub = EchoStub(channel)
        await stub.unary(b"")
        network.cut_after(3000, towards_server=towards_server)
        assert (await failure_of(stub.unary(bytes(5000)))).code is StatusCode.UNAVAILABLE
        assert await stub.unary(bytes(5000)) == bytes(5000)


async def test_refused_connections() -> None:
    network = Network()
    network.refusing = True
    async with channel_to(Echo(), network=network, backoff=Backoff(initial=0.02)) as channel:
        stub = EchoStub(channel)
        error = await failure_of(stub.unary(b""))
        assert error.code is StatusCode.UNAVAILABLE
        assert "the network refuses connections" in error.message
        network.refusing = False
        assert await stub.unary(b"x", wait_for_ready=True) == b"x"


async def test_stall() -> None:
    network = Network()
    async with channel_to(Echo(), network=network) as channel:
        stub = EchoStub(channel)
        await stub.unary(b"")
        network.stall()
        assert (await failure_of(stub.unary(b"", timeout=0.02))).code is StatusCode.DEADLINE_EXCEEDED
        waiting = asyncio.ensure_future(stub.unary(b"x"))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        network.resume()
        assert await waiting == b"x"
        assert network.connections == 1


async def test_reset_of_running_calls() -> None:
    network, service = Network(), Echo()
    async with channel_to(service, network=network) as channel:
        sleeping = asyncio.ensure_future(EchoStub(channel).sleep(b""))
        assert await service.events.get() == "started"
        network.reset_calls(ErrorCode.ENHANCE_YOUR_CALM)
        with pytest.raises(RpcError, match="ENHANCE_YOUR_CALM") as caught:
            await sleeping
        assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        assert await service.events.get() == "cancelled"


async def test_reset_of_the_next_call() -> None:
    network = Network()
    async with channel_to(Echo(), network=network) as channel:
        stub = EchoStub(channel)
        network.reset_next()  # refused, and repeated by the channel
        assert await stub.unary(b"x") == b"x"
        network.reset_next(ErrorCode.INTERNAL_ERROR, method="/test.Echo/Unary", times=2)
        assert await stub.up([b"x"]) == b"1 1"
        for _ in range(2):
            assert (await failure_of(stub.unary(b""))).code is StatusCode.INTERNAL
        assert await stub.unary(b"x") == b"x"


async def test_go_away() -> None:
    network = Network()
    async with channel_to(Echo(), network=network) as channel:
        stub = EchoStub(channel)
        async with stub.bidi() as call:
            await call.send(b"1")
            assert await call.receive() == b"1"
            network.go_away()
            await call.send(b"2")
            assert await call.receive() == b"2"
            await call.done_writing()
            assert await call.receive() is None
        assert await stub.unary(b"x") == b"x"
        assert network.connections == 2


async def test_go_away_without_a_look_at_the_calls() -> None:
    network, service = Network(), Echo()
    async with channel_to(service, network=network) as channel:
        sleeping = asyncio.ensure_future(EchoStub(channel).sleep(b""))
        assert await service.events.get() == "started"
        network.go_away(processed=False)
        assert sorted([await service.events.get(), await service.events.get()]) == ["cancelled", "started"]
        assert network.connections == 2
        sleeping.cancel()


async def test_server_stops() -> None:
    network = Network()
    server = Server([Echo()])
    async with channel_to(server, network=network) as channel:
        stub = EchoStub(channel)
        assert await stub.unary(b"x") == b"x"
        await server.stop()
        error = await failure_of(stub.unary(b""))
        assert error.code is StatusCode.UNAVAILABLE
        assert "the server has been stopped" in error.message


async def test_connector_that_raises() -> None:
    async def connect(address: object, protocol: object) -> object:
        raise LookupError("no such place")

    async with Channel("in-memory:1", connector=connect) as channel:
        error = await failure_of(EchoStub(channel).unary(b""))
        assert error.code is StatusCode.UNAVAILABLE
        assert "no such place" in error.message


async def test_wrong_use() -> None:
    async with Server([Echo()]) as server:
        with pytest.raises(TypeError, match="where it is made"):
            async with channel_to(server, Echo()):
                pass
    with pytest.raises(ValueError, match="1 or more"):
        Network().cut_after(0)
