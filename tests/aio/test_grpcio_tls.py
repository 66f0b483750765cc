"""TLS with grpcio on the other side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from certificates import Pair, authority_pem, client_pair, issue, server_pair
from echo import Echo, EchoStub
from grpcio_echo import UNLIMITED, AioEcho, Callables, add_echo

from minirpc.aio import Channel, ClientTls, Context, Server, ServerTls
from minirpc.errors import RpcError, StatusCode

LARGE = bytes(range(256)) * 8192  # 2 MiB
TRUST = ClientTls(ca=authority_pem())


class Named(Echo):
    """Answers with the name in the client's certificate."""

    async def unary(self, request: bytes, context: Context) -> bytes:
        return request if context.identity is None else str(context.identity.common_name).encode()


@asynccontextmanager
async def grpcio_server(*, mutual: bool) -> AsyncIterator[str]:
    pair = server_pair()
    server = grpc.aio.server(options=UNLIMITED)
    add_echo(server, AioEcho())
    credentials = grpc.ssl_server_credentials(
        [(pair.key, pair.certificate)], authority_pem() if mutual else None, require_client_auth=mutual
    )
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


def mutual_tls(pair: Pair) -> ClientTls:
    return ClientTls(ca=authority_pem(), certificate=pair.certificate, key=pair.key)


@pytest.mark.parametrize("mutual", [False, True])
async def test_our_client(mutual: bool) -> None:
    async with (
        grpcio_server(mutual=mutual) as address,
        Channel(address, tls=mutual_tls(client_pair()) if mutual else TRUST) as channel,
    ):
        stub = EchoStub(channel)
        assert await stub.unary(LARGE[: 1 << 20], metadata={"x-a": "1"}) == LARGE[: 1 << 20]
        assert [reply async for reply in stub.down(b"100")] == [b"%d" % n for n in range(100)]
        assert await stub.up([LARGE, b"x"]) == b"2 %d" % (len(LARGE) + 1)
        assert [reply async for reply in stub.bidi([b"a", b"b"])] == [b"a", b"b"]
        assert await asyncio.gather(*(stub.unary(b"%d" % n) for n in range(100))) == [b"%d" % n for n in range(100)]


@pytest.mark.parametrize(("client", "hint"), [
    (None, "does the server expect TLS"),
    (TRUST, "does the server demand a client's certificate"),
    (mutual_tls(issue("client", by="another")), "does the server demand a client's certificate"),
])  # fmt: skip
async def test_grpcio_closes_the_connection_without_a_word(client: ClientTls | None, hint: str) -> None:
    async with grpcio_server(mutual=True) as address, Channel(address, tls=client) as channel:
        with pytest.raises(RpcError, match=hint) as caught:
            await EchoStub(channel).unary(b"", timeout=20)
        assert caught.value.code is StatusCode.UNAVAILABLE


@pytest.mark.parametrize("mutual", [False, True])
async def test_our_server(mutual: bool) -> None:
    ours, theirs = server_pair(), client_pair()
    tls = ServerTls(certificate=ours.certificate, key=ours.key, client_ca=authority_pem() if mutual else None)
    key, chain = (theirs.key, theirs.certificate) if mutual else (None, None)
    credentials = grpc.ssl_channel_credentials(authority_pem(), key, chain)
    async with Server([Named()], max_receive_message_size=len(LARGE)) as server:
        address = await server.start("127.0.0.1:0", tls=tls)
        async with grpc.aio.secure_channel(address, credentials, UNLIMITED) as channel:
            echo = Callables(channel)
            assert await echo.unary(b"") == (b"the client" if mutual else b"")
            assert await echo.up(iter([LARGE, b"x"])) == b"2 %d" % (len(LARGE) + 1)
            assert [reply async for reply in echo.down(b"100")] == [b"%d" % n for n in range(100)]
            assert [reply async for reply in echo.bidi(iter([b"a", LARGE]))] == [b"a", LARGE]


async def test_our_server_refuses_grpcio_without_a_certificate() -> None:
    pair = server_pair()
    async with Server([Echo()]) as server:
        tls = ServerTls(certificate=pair.certificate, key=pair.key, client_ca=authority_pem())
        address = await server.start("127.0.0.1:0", tls=tls)
        async with grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(authority_pem())) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await Callables(channel).unary(b"", timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
