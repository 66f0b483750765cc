"""The TLS layer as a transport: what it promises to the connection above it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from certificates import authority_pem, server_pair

from minirpc.aio import ClientTls, ErrorCode, PeerIdentity, ServerTls
from minirpc.aio.tls import ContextSource
from minirpc.aio.tls_layer import TlsLayer
from minirpc.testing.memory import Link, Quality


class End:
    """A connection that keeps what it is told."""

    def __init__(self) -> None:
        self.failure = ""
        self.identity: PeerIdentity | None = None
        self.transport: asyncio.Transport | None = None
        self.told: list[str] = []
        self.changed = asyncio.Event()
        self.received = bytearray()
        self.pause_at: int | None = None
        self._buffer = memoryview(bytearray(100))

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self.changed.set()

    def handshake_started(self, transport: asyncio.Transport) -> None:
        self._tell("handshake")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._tell("made")

    def refuse(self, error_code: ErrorCode, reason: str) -> None:
        self._tell(reason)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def release_buffer(self) -> None: ...

    def buffer_updated(self, nbytes: int) -> None:
        self.received += self._buffer[:nbytes]
        self.changed.set()
        if self.pause_at is not None and len(self.received) >= self.pause_at and self.transport is not None:
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        self._tell("eof")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._tell("lost" if exc is None else f"lost: {exc}")

    def pause_writing(self) -> None:
        self._tell("pause")

    def resume_writing(self) -> None:
        self._tell("resume")


async def until(end: End, condition: Callable[[], bool]) -> None:
    while not condition():
        end.changed.clear()
        await end.changed.wait()


async def told(end: End, what: str) -> None:
    await until(end, lambda: what in end.told)


@asynccontextmanager
async def two_ends() -> AsyncIterator[tuple[End, End, Link]]:
    loop = asyncio.get_running_loop()
    pair = server_pair()
    client, server = End(), End()
    link = Link(loop, Quality(), ("client", "server"), lambda link: None)
    trust = ContextSource(ClientTls(ca=authority_pem()))
    shown = ContextSource(ServerTls(certificate=pair.certificate, key=pair.key))
    link.connect(TlsLayer(client, trust, loop, server_name="localhost"), TlsLayer(server, shown, loop))
    await told(client, "made")
    await told(server, "made")
    yield client, server, link
    link.cut()


async def test_order_of_what_is_told() -> None:
    async with two_ends() as (client, server, _):
        assert client.transport is not None
        client.transport.write(b"hello")
        client.transport.close()
        await told(server, "lost")
    assert server.received == b"hello"
    assert server.told == ["handshake", "made", "eof", "lost"]
    assert client.told == ["handshake", "made", "lost"]


async def test_reading_pauses_with_bytes_that_are_decrypted_already() -> None:
    async with two_ends() as (client, server, _):
        assert client.transport is not None
        assert server.transport is not None
        server.pause_at = 250
        sent = bytes(range(256)) * 100
        client.transport.write(sent)
        await asyncio.sleep(0.01)
        assert server.received == sent[:300]
        assert not server.transport.is_reading()
        server.pause_at = None
        server.transport.resume_reading()
        await until(server, lambda: server.received == sent)
        assert server.transport.is_reading()


async def test_writing_pauses_while_the_peer_does_not_read() -> None:
    async with two_ends() as (client, server, _):
        assert client.transport is not None
        assert server.transport is not None
        server.transport.pause_reading()
        client.transport.write(bytes(100_000))
        assert client.told[-1] == "pause"
        assert client.transport.get_write_buffer_size() >= 100_000
        server.transport.resume_reading()
        await told(client, "resume")


@pytest.mark.parametrize("damaged", [0, 1, 5, 20])
async def test_damaged_record_ends_the_connection(damaged: int) -> None:
    async with two_ends() as (client, server, link):
        assert client.transport is not None
        record = bytearray(b"\x17\x03\x03\x00\x18" + bytes(24))
        record[damaged] ^= 0xFF
        link.client.write(record)
        await until(server, lambda: server.told[-1].startswith("lost"))
        assert server.failure.startswith("TLS: ")
        assert server.received == b""
