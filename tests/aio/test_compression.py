"""Compression: who chooses it, who sees it, and what goes over the wire."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio
import h2.events
import pytest
from echo import SERVICE, Echo, EchoStub, echo_pair
from grpcio_echo import AioEcho, SyncEcho, aio_server, sync_server
from h2.events import Event
from raw_client import raw_client
from raw_server import Peer, raw_server

from minirpc.aio import Channel, Context, Server
from minirpc.errors import RpcError, StatusCode

BIG = b"large and compressible " * 1000
COMPRESSIONS = ["deflate", "gzip", "zstd"]


class Probe(Echo):
    """Says of each request whether it had come compressed, and does with each response as its request says.

    Requests are ``compression|choice``: a compression to set for the call or nothing, and whether to compress this
    response (``yes``, ``no``); what follows is for size alone.
    """

    @staticmethod
    def _reply(request: bytes, context: Context) -> bytes:
        compression, choice, *_ = request.decode().split("|")
        if compression:
            with suppress(RuntimeError):  # a later message of a stream
                context.set_compression(compression)
        context.compress = choice != "no"
        return f"{context.request_compression} {context.request_compressed} ".encode() + BIG

    async def unary(self, request: bytes, context: Context) -> bytes:
        return self._reply(request, context)

    def in_thread(self, request: bytes, context: Context) -> bytes:
        return self._reply(request, context)

    async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        async for request in requests:
            yield self._reply(request, context)


def request(compression: str = "", choice: str = "yes") -> bytes:
    return f"{compression}|{choice}|".encode() + BIG


def said(reply: bytes | None) -> str:
    assert reply is not None
    assert reply.endswith(BIG)
    return reply[: -len(BIG)].decode().strip()


# -- who chooses


@pytest.mark.parametrize("name", COMPRESSIONS)
async def test_channel_and_server_choose_for_all_calls(name: str) -> None:
    async with echo_pair(Probe(), compression=name, server_options={"compression": name}) as stub:
        for method in (stub.unary, stub.in_thread):
            call = method(request())
            assert said(await call) == f"{name} True"
            assert call.response_compressed


async def test_nobody_chooses() -> None:
    async with echo_pair(Probe()) as stub:
        call = stub.unary(request())
        assert said(await call) == "identity False"
        assert not call.response_compressed


async def test_call_chooses() -> None:
    async with echo_pair(Probe(), compression="gzip") as stub:
        assert said(await stub.unary(request(), compression="deflate")) == "deflate True"
        assert said(await stub.unary(request(), compression="identity")) == "identity False"
        assert said(await stub.unary(request())) == "gzip True"


async def test_handler_chooses() -> None:
    async with echo_pair(Probe(), server_options={"compression": "deflate"}) as stub:
        for compression, choice, compressed in (
            ("gzip", "yes", True),
            ("gzip", "no", False),
            ("identity", "yes", False),
            ("", "yes", True),
        ):
            call = stub.unary(request(compression, choice))
            await call
            assert call.response_compressed is compressed


async def test_each_message_of_a_stream() -> None:
    async with echo_pair(Probe(), compression="gzip") as stub, stub.bidi() as call:
        for compress, choice in ((True, "no"), (False, "yes"), (False, "no"), (True, "yes")):
            await call.send(request("zstd", choice), compress=compress)
            assert said(await call.receive()) == f"gzip {compress}"
            assert call.response_compressed is (choice == "yes")


async def test_message_that_would_grow_is_sent_as_it_is() -> None:
    async with echo_pair(compression="gzip", server_options={"compression": "gzip"}) as stub:
        call = stub.unary(b"x")
        assert await call == b"x"
        assert not call.response_compressed


async def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="compression must be one of"):
        Channel("127.0.0.1:1", compression="lzma")
    with pytest.raises(ValueError, match="compression must be one of"):
        Server([Echo()], compression="lzma")
    async with echo_pair() as stub:
        with pytest.raises(ValueError, match="compression must be one of"):
            stub.unary(b"", compression="lzma")


async def test_handler_chooses_too_late_or_wrongly() -> None:
    class Service(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            with pytest.raises(ValueError, match="compression must be one of"):
                context.set_compression("lzma")
            assert context.set_compression("gzip") is True
            await context.send_initial_metadata()
            with pytest.raises(RuntimeError, match="before the first response"):
                context.set_compression("gzip")
            return BIG

    async with echo_pair(Service()) as stub:
        call = stub.unary(b"")
        assert await call == BIG
        assert call.response_compressed


# -- what a server takes and sends


@pytest.mark.parametrize(
    ("accept", "accepted"),
    [(None, False), ("identity", False), ("identity,br", False), ("br, gzip", True)],
)
async def test_responses_come_in_what_the_client_reads(accept: str | None, accepted: bool) -> None:
    replies: list[bool] = []

    class Service(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            replies.append(context.set_compression("gzip"))
            return BIG

    async with raw_client(Service()) as client:
        fields, body, _ = await client.ask({"grpc-accept-encoding": accept})
        assert fields["grpc-accept-encoding"] == "identity,deflate,gzip,zstd"
        assert fields.get("grpc-encoding") == ("gzip" if accepted else None)
        assert body[0] == accepted
        assert (zlib.decompress(body[5:], wbits=31) if accepted else body[5:]) == BIG
    assert replies == [accepted]


def framed(message: bytes, flag: int) -> bytes:
    return bytes([flag]) + len(message).to_bytes(4, "big") + message


PACKED = zlib.compress(b"request", wbits=31)


@pytest.mark.parametrize("path", ["/test.Echo/Unary", "/test.Echo/Bidi"])
@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", framed(PACKED, 1), "0"),
        ("gzip", framed(b"request", 0), "0"),
        ("gzip", framed(PACKED, 2), "13"),
        ("gzip", framed(b"request", 1), "13"),
        ("deflate", framed(PACKED, 1), "13"),
        ("gzip", framed(PACKED[:-1], 1), "13"),
        ("identity", framed(PACKED, 1), "13"),
        (None, framed(PACKED, 1), "13"),
        ("gzip", framed(zlib.compress(bytes((4 << 20) + 1), wbits=31), 1), "8"),
        ("br", framed(b"request", 1), "12"),
    ],
)
async def test_requests(path: str, encoding: str | None, body: bytes, status: str) -> None:
    async with raw_client() as client:
        fields, reply, _ = await client.ask({"grpc-encoding": encoding, ":path": path}, body)
        assert fields["grpc-status"] == status
        assert status != "0" or reply[5:] == b"request"
        if status == "12":
            assert fields["grpc-accept-encoding"] == "identity,deflate,gzip,zstd"
        fields, _, _ = await client.ask({})
        assert fields["grpc-status"] == "0", "the connection lives on"


# -- what a client takes and sends


def respond(peer: Peer, event: Event, encoding: str | None, body: bytes) -> None:
    if isinstance(event, h2.events.StreamEnded):
        headers = [(":status", "200"), ("content-type", "application/grpc")]
        if encoding is not None:
            headers.append(("grpc-encoding", encoding))
        peer.http2.send_headers(event.stream_id, headers)
        peer.http2.send_data(event.stream_id, body)
        peer.http2.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("gzip", framed(PACKED, 1), b"request"),
        ("br", framed(PACKED, 1), "the server compresses with 'br', which was not offered"),
        (None, framed(PACKED, 1), "no grpc-encoding"),
        ("gzip", framed(b"garbage", 1), "not valid gzip"),
        ("gzip", framed(zlib.compress(bytes(8 << 20), wbits=31), 1), "inflates to more than"),
    ],
)
async def test_responses(encoding: str | None, body: bytes, expected: bytes | str) -> None:
    requests: list[dict[str, str]] = []

    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            requests.append({name.decode(): value.decode() for name, value in event.headers})
        respond(peer, event, encoding, body)

    async with raw_server(on_event) as server, Channel(server.address) as channel:
        stub = EchoStub(channel)
        if isinstance(expected, bytes):
            assert await stub.unary(b"") == expected
            assert [reply async for reply in stub.down(b"")] == [expected]
        else:
            code = StatusCode.RESOURCE_EXHAUSTED if "inflates" in expected else StatusCode.INTERNAL
            with pytest.raises(RpcError, match=expected) as caught:
                await stub.unary(b"")
            assert caught.value.code is code
            with pytest.raises(RpcError, match=expected) as caught:
                [reply async for reply in stub.down(b"")]
            assert caught.value.code is code
        await stub.unary(b"", compression="zstd").status()
    assert [fields["grpc-accept-encoding"] for fields in requests] == ["identity,deflate,gzip,zstd"] * 3
    assert [fields.get("grpc-encoding") for fields in requests] == [None, None, "zstd"]


# -- with grpcio

GRPCIO = {"gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}


@pytest.mark.parametrize("name", GRPCIO)
async def test_grpcio_client(name: str) -> None:
    async with Server([Probe()]) as server:
        target = await server.start("127.0.0.1:0")
        async with grpc.aio.insecure_channel(target) as channel:
            unary: Any = channel.unary_unary(f"/{SERVICE}/Unary")
            bidi: Any = channel.stream_stream(f"/{SERVICE}/Bidi")
            assert said(await unary(request(name))) == "identity False"
            assert said(await unary(request(name), compression=GRPCIO[name])) == f"{name} True"
            requests = iter([request(name), request(name, "no")])
            replies = [said(reply) async for reply in bidi(requests, compression=GRPCIO[name])]
            assert replies == [f"{name} True"] * 2


class CompressingSync(SyncEcho):
    def __init__(self, compression: grpc.Compression) -> None:
        self.compression = compression

    def unary(self, request: bytes, context: Any) -> bytes:
        context.set_compression(self.compression)
        return request


@pytest.mark.parametrize("name", GRPCIO)
async def test_grpcio_servers(name: str) -> None:
    options = [("grpc.default_compression_algorithm", int(GRPCIO[name]))]
    for running in (aio_server(AioEcho(), options), sync_server(CompressingSync(GRPCIO[name]))):
        async with running as target, Channel(target, compression=name) as channel:
            stub = EchoStub(channel)
            call = stub.unary(BIG)
            assert await call == BIG
            assert call.response_compressed
            async with stub.bidi() as stream:
                for compress in (True, False):
                    await stream.send(BIG, compress=compress)
                    assert await stream.receive() == BIG
