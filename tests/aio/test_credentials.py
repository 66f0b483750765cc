"""Call credentials: metadata that a function gives for each call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from certificates import authority_pem, server_pair
from echo import Echo, EchoStub, echo_pair
from grpcio_echo import AioEcho, Callables, add_echo

from minirpc.aio import (
    AuthContext,
    CallCredentials,
    Channel,
    ClientCall,
    ClientProceed,
    ClientTls,
    Context,
    GenericStub,
    MetadataInput,
    Server,
    ServerTls,
)
from minirpc.errors import RpcError, StatusCode


class Guarded(Echo):
    """Answers with the authorization that came."""

    async def unary(self, request: bytes, context: Context) -> bytes:
        return b",".join(str(value).encode() for key, value in context.metadata if key == "authorization")


class Tokens:
    """Gives a new token each time.

    Attributes:
        asked: the calls that tokens were given for.
    """

    def __init__(self) -> None:
        self.asked: list[AuthContext] = []

    async def get(self, context: AuthContext) -> str:
        await asyncio.sleep(0)
        self.asked.append(context)
        return f"token-{len(self.asked)}"


@asynccontextmanager
async def guarded(credentials: CallCredentials, server_name: str = "localhost") -> AsyncIterator[EchoStub]:
    """A stub over TLS."""
    pair = server_pair()
    async with Server([Guarded()]) as server:
        address = await server.start("127.0.0.1:0", tls=ServerTls(certificate=pair.certificate, key=pair.key))
        tls = ClientTls(ca=authority_pem(), server_name=server_name)
        async with Channel(address, tls=tls, credentials=credentials) as channel:
            yield EchoStub(channel)


async def test_each_call_has_its_own_token() -> None:
    tokens = Tokens()
    async with guarded(CallCredentials.bearer(tokens.get)) as stub:
        assert [await stub.unary(b""), await stub.unary(b"")] == [b"Bearer token-1", b"Bearer token-2"]
        assert await stub.up([b"a", b"b"]) == b"2 2"
        async with stub.bidi() as call:
            await call.send(b"x")
            assert await call.receive() == b"x"
    assert [context.method for context in tokens.asked] == ["/test.Echo/Unary"] * 2 + [
        "/test.Echo/Up",
        "/test.Echo/Bidi",
    ]
    assert tokens.asked[0].method == "/test.Echo/Unary"
    assert {context.service_url for context in tokens.asked} == {"https://localhost/test.Echo"}


async def test_metadata_are_added_to_the_calls_own() -> None:
    async def get(context: AuthContext) -> MetadataInput:
        return [("x-from", "credentials"), ("x-raw-bin", b"\x00")]

    async with guarded(CallCredentials(get)) as stub:
        call = stub.down(b"0", metadata={"x-from": "call"})
        assert [reply async for reply in call] == []
        assert await call.trailing_metadata() == (("x-from", "call"), ("x-from", "credentials"), ("x-raw-bin", b"\x00"))


@pytest.mark.parametrize(("raised", "code", "message"), [
    (RpcError(StatusCode.PERMISSION_DENIED, "locked out"), StatusCode.PERMISSION_DENIED, "locked out"),
    (RpcError(StatusCode.UNAVAILABLE, "later"), StatusCode.UNAVAILABLE, "later"),
    (RpcError(StatusCode.NOT_FOUND, "no such account"), StatusCode.INTERNAL, "no such account"),
    (ConnectionRefusedError("token service"), StatusCode.UNAVAILABLE, "token service"),
    (TimeoutError("too slow"), StatusCode.UNAVAILABLE, "too slow"),
    (LookupError("no secret"), StatusCode.UNAUTHENTICATED, "LookupError.*no secret"),
    (asyncio.CancelledError(), StatusCode.UNAUTHENTICATED, "cancelled"),
])  # fmt: skip
async def test_what_the_function_raises(raised: BaseException, code: StatusCode, message: str) -> None:
    async def get(context: AuthContext) -> str:
        raise raised

    async with guarded(CallCredentials.bearer(get)) as stub:
        with pytest.raises(RpcError, match=message) as caught:
            await stub.unary(b"")
        assert caught.value.code is code
        with pytest.raises(RpcError, match=message):
            async with stub.bidi() as call:
                await call.receive()


async def test_token_that_cannot_be_sent_is_not_shown() -> None:
    async def get(context: AuthContext) -> str:
        return "secret\n"

    async with guarded(CallCredentials.bearer(get)) as stub:
        with pytest.raises(RpcError, match="'authorization'") as caught:
            await stub.unary(b"")
        assert caught.value.code is StatusCode.UNAUTHENTICATED
        assert "secret" not in str(caught.value)


async def test_function_that_hangs() -> None:
    interrupted = asyncio.Event()

    async def get(context: AuthContext) -> str:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            interrupted.set()
        raise AssertionError

    async with guarded(CallCredentials.bearer(get)) as stub:
        with pytest.raises(RpcError) as caught:
            await stub.unary(b"", timeout=0.02)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        await interrupted.wait()
        interrupted.clear()
        waiting = asyncio.ensure_future(stub.unary(b""))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await interrupted.wait()
        left = asyncio.ensure_future(stub.unary(b""))
        await asyncio.sleep(0.01)
    with pytest.raises(RpcError) as caught:  # the channel was closed
        await left
    assert caught.value.code is StatusCode.CANCELLED


async def test_plaintext_only_when_allowed(tmp_path: Path) -> None:
    tokens = Tokens()
    with pytest.raises(ValueError, match="allow_plaintext"):
        Channel("127.0.0.1:1", credentials=CallCredentials.bearer(tokens.get))
    allowed = CallCredentials.bearer(tokens.get, allow_plaintext=True)
    async with echo_pair(Guarded(), credentials=allowed) as stub:
        assert await stub.unary(b"") == b"Bearer token-1"
    assert tokens.asked[0].service_url.startswith("http://127.0.0.1:")
    async with Server([Guarded()]) as server:
        address = await server.start(f"unix:{tmp_path}/socket")
        async with Channel(address, credentials=CallCredentials.bearer(tokens.get)) as channel:
            assert await EchoStub(channel).unary(b"") == b"Bearer token-2"


async def test_grpcio_sees_them_and_sends_its_own() -> None:
    pair = server_pair()

    class Plugin(grpc.AuthMetadataPlugin):
        def __call__(self, context: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None:
            callback((("authorization", f"Bearer {context.service_url}"),), None)

    async with Server([Guarded()]) as server:
        address = await server.start("127.0.0.1:0", tls=ServerTls(certificate=pair.certificate, key=pair.key))
        credentials = grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(authority_pem()), grpc.metadata_call_credentials(Plugin())
        )
        options = [("grpc.ssl_target_name_override", "localhost")]
        async with grpc.aio.secure_channel(address, credentials, options) as channel:
            assert await Callables(channel).unary(b"") == b"Bearer https://localhost/test.Echo"


def fixed(value: str, *, allow_plaintext: bool = False) -> CallCredentials:
    async def get(context: AuthContext) -> MetadataInput:
        return [("x-from", value)]

    return CallCredentials(get, allow_plaintext=allow_plaintext)


async def test_those_of_a_call_follow_those_of_the_channel_to_grpcio() -> None:
    pair = server_pair()
    server = grpc.aio.server()
    add_echo(server, AioEcho())
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(pair.key, pair.certificate)]))
    await server.start()
    tls = ClientTls(ca=authority_pem())
    try:
        async with Channel(f"127.0.0.1:{port}", tls=tls, credentials=fixed("channel")) as channel:
            for values in (["channel", "call"], ["channel"]):
                own = fixed("call") if len(values) > 1 else None
                call = GenericStub(channel).unary_unary("/test.Echo/Unary")(b"", credentials=own)
                await call
                assert await call.trailing_metadata() == tuple(("x-from", value) for value in values)
    finally:
        await server.stop(None)


async def test_those_of_a_call_alone() -> None:
    async def get(context: AuthContext) -> str:
        raise LookupError("no secret")

    async def passing(call: ClientCall, proceed: ClientProceed) -> None:
        await proceed()

    allowed = fixed("call", allow_plaintext=True)
    for interceptors in ((), (passing,)):
        async with echo_pair(interceptors=interceptors) as stub:
            bidi = stub.bidi([b"x"], credentials=allowed)
            assert [reply async for reply in bidi] == [b"x"]
            assert await bidi.trailing_metadata() == (("x-from", "call"),)
            with pytest.raises(ValueError, match="allow_plaintext"):
                stub.up([], credentials=fixed("call"))
            with pytest.raises(TypeError, match=r"CallCredentials, not builtins\.str"):
                stub.down(b"1", credentials="token")  # type: ignore[arg-type]
            with pytest.raises(RpcError, match="no secret") as caught:
                await stub.unary(b"", credentials=CallCredentials.bearer(get, allow_plaintext=True))
            assert caught.value.code is StatusCode.UNAUTHENTICATED
