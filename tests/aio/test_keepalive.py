"""Connections whose other end is gone without a word."""

from __future__ import annotations

import asyncio
import math
import socket
from typing import Any

import grpc.aio
import pytest
from echo import Echo, EchoStub
from grpcio_echo import Callables
from hyperframe.frame import PingFrame
from relay import relay_to
from stranger import stranger

from minirpc.aio import Channel, ConnectionLimits, Http2Options, Keepalive, Server
from minirpc.aio.connection import Connection

INDULGENT = ConnectionLimits(ping_min_time=0, ping_without_calls=True)


class Owner:
    """The owner of a client's connection that makes no calls. Implements ``minirpc.aio.connection.ConnectionOwner``."""

    def connection_made(self, connection: Connection) -> None: ...

    def connection_ready(self, connection: Connection) -> None: ...

    def connection_draining(self, connection: Connection) -> None: ...

    def connection_lost(self, connection: Connection) -> None: ...

    def stream_opened(self, *args: Any) -> None: ...


async def connect(address: str, keepalive: Keepalive) -> Connection:
    """Connects a client that makes no calls."""
    loop = asyncio.get_running_loop()
    connection = Connection(Owner(), Http2Options(), loop, client_side=True, keepalive=keepalive)
    host, _, port = address.rpartition(":")
    await loop.create_connection(lambda: connection, host, int(port))
    await connection.wait_until_ready("")
    return connection


# -- options


@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan])
def test_times_are_positive_and_finite(value: float) -> None:
    with pytest.raises(ValueError, match=f"keepalive time must be a positive number of seconds, not {value}"):
        Keepalive(time=value)
    with pytest.raises(ValueError, match="keepalive timeout must"):
        Keepalive(time=1, timeout=value)


def test_client_waits_at_least_ten_seconds() -> None:
    assert Keepalive(time=1).client_time == 10
    assert Keepalive(time=11).client_time == 11
    assert Keepalive(time=1, allow_short_time=True).client_time == 1


# -- half-open connections


async def test_silent_server_is_left() -> None:
    keepalive = Keepalive(time=0.05, timeout=0.1, without_calls=True, allow_short_time=True)
    async with (
        Server([Echo()], connection_limits=INDULGENT) as server,
        relay_to(await server.start("127.0.0.1:0")) as relay,
    ):
        connection = await connect(relay.address, keepalive)
        await asyncio.sleep(0.4)
        assert connection.is_open  # PINGs are answered
        relay.silent = True
        await asyncio.wait_for(connection.closed, 2)
        assert connection.failure == "keepalive: no answer to a PING within 0.1 s"
        assert connection.failed


async def test_without_calls_nothing_is_asked() -> None:
    keepalive = Keepalive(time=0.02, timeout=0.02, allow_short_time=True)
    async with Server([Echo()]) as server, relay_to(await server.start("127.0.0.1:0")) as relay:
        connection = await connect(relay.address, keepalive)
        relay.silent = True
        await asyncio.sleep(0.2)
        assert connection.is_open
        connection.abort()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system's TCP has no user timeout")
async def test_kernel_gives_up_as_early() -> None:
    async with Server([Echo()]) as server:
        connection = await connect(await server.start("127.0.0.1:0"), Keepalive(time=60, timeout=7))
        assert connection._transport is not None
        sock = connection._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7000
        connection.abort()


async def test_silent_client_is_left() -> None:
    service = Echo()
    keepalive = Keepalive(time=0.05, timeout=0.1, without_calls=True)
    async with (
        Server([service], keepalive=keepalive) as server,
        relay_to(await server.start("127.0.0.1:0")) as relay,
        Channel(relay.address) as channel,
    ):
        call = asyncio.ensure_future(EchoStub(channel).sleep(b"").status())
        assert await service.events.get() == "started"
        await asyncio.sleep(0.3)
        assert service.events.empty()  # PINGs are answered
        relay.silent = True
        assert await asyncio.wait_for(service.events.get(), 2) == "cancelled"
        call.cancel()


async def test_server_asks_while_calls_run() -> None:
    service = Echo()
    keepalive = Keepalive(time=0.05, timeout=5)
    async with Server([service], keepalive=keepalive) as server, stranger(await server.start("127.0.0.1:0")) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.until(lambda frame: isinstance(frame, PingFrame))
        client.writer.write(client.call(1, "Sleep"))
        ping = await client.until(lambda frame: isinstance(frame, PingFrame))
        assert ping is not None
        assert "ACK" not in ping.flags


async def test_grpcio_answers() -> None:
    keepalive = Keepalive(time=0.02, timeout=0.5, without_calls=True)
    server = Server([Echo()], keepalive=keepalive)
    async with server, grpc.aio.insecure_channel(await server.start("127.0.0.1:0")) as channel:
        bidi = Callables(channel).bidi()
        for _ in range(4):
            await bidi.write(b"x")
            assert await bidi.read() == b"x"
            await asyncio.sleep(0.2)
        bidi.cancel()
