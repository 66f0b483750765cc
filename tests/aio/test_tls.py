"""TLS on both sides, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from certificates import EXPIRED, Pair, authority_pem, client_pair, issue, server_pair
from echo import Echo, EchoStub
from raw_server import raw_server

from minirpc.aio import Backoff, Channel, ClientTls, Context, PeerIdentity, Server, ServerTls
from minirpc.errors import RpcError, StatusCode

TRUST = ClientTls(ca=authority_pem())
QUICK = Backoff(initial=0.02, maximum=0.02)


def server_tls(**changes: Any) -> ServerTls:
    pair = server_pair()
    return replace(ServerTls(certificate=pair.certificate, key=pair.key), **changes)


def client_tls(**changes: Any) -> ClientTls:
    return replace(TRUST, **changes)


class Whoami(Echo):
    """Remembers who called."""

    def __init__(self) -> None:
        super().__init__()
        self.identity: PeerIdentity | None = None

    async def unary(self, request: bytes, context: Context) -> bytes:
        self.identity = context.identity
        return request


@asynccontextmanager
async def tls_pair(
    server: ServerTls | None = None,
    client: ClientTls | None = TRUST,
    *,
    service: Echo | None = None,
    host: str = "127.0.0.1",
    **channel_options: Any,
) -> AsyncIterator[EchoStub]:
    async with Server([service or Echo()]) as running:
        address = await running.start("127.0.0.1:0", tls=server or server_tls())
        target = address.replace("127.0.0.1", host)
        async with Channel(target, tls=client, **channel_options) as channel:
            yield EchoStub(channel)


async def failure_of(stub: EchoStub) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await stub.unary(b"", timeout=20)
    assert caught.value.code is StatusCode.UNAVAILABLE
    return caught.value


# -- a server of bare TLS


def server_context(pair: Pair | None = None) -> ssl.SSLContext:
    """A context that Python's defaults make, without ALPN."""
    pair = pair or server_pair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(pair.certificate + pair.key)
        file.flush()
        context.load_cert_chain(file.name)
    return context


@asynccontextmanager
async def listener(context: ssl.SSLContext) -> AsyncIterator[str]:
    """Accepts TLS and waits."""

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


# -- it works


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_four_kinds_and_large_messages(version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cadata=authority_pem().decode())
    context.minimum_version = context.maximum_version = version
    large = os.urandom(3 << 20)
    async with tls_pair(client=ClientTls(context=context)) as stub:
        assert await asyncio.gather(*(stub.unary(large) for _ in range(4))) == [large] * 4
        assert [reply async for reply in stub.down(b"1000")] == [b"%d" % n for n in range(1000)]
        assert await stub.up([large, b"x"]) == b"2 %d" % (len(large) + 1)
        async with stub.bidi() as call:
            await call.send(b"a")
            assert await call.receive() == b"a"
            await call.done_writing()
            assert await call.receive() is None


async def test_unix_socket(tmp_path: Path) -> None:
    async with Server([Echo()]) as server:
        address = await server.start(f"unix:{tmp_path}/socket", tls=server_tls())
        async with Channel(address, tls=TRUST) as channel:
            assert await EchoStub(channel).unary(b"x") == b"x"


async def test_one_server_with_and_without_tls() -> None:
    async with Server([Echo()]) as server:
        plain, secure = await server.start("127.0.0.1:0"), await server.start("127.0.0.1:0", tls=server_tls())
        async with Channel(plain) as channel, Channel(secure, tls=TRUST) as secure_channel:
            assert await EchoStub(channel).unary(b"x") == await EchoStub(secure_channel).unary(b"x") == b"x"


async def test_calls_in_flight_finish_when_the_server_stops() -> None:
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0", tls=server_tls())
        async with Channel(address, tls=TRUST) as channel, EchoStub(channel).bidi() as call:
            await call.send(b"1")
            assert await call.receive() == b"1"
            stopping = asyncio.create_task(server.stop(grace=20))
            await call.send(b"2")
            assert await call.receive() == b"2"
            await call.done_writing()
            assert await call.receive() is None
            await stopping


# -- whose certificate


async def test_peers_identity_in_the_context() -> None:
    service = Whoami()
    pair = client_pair()
    client = client_tls(certificate=pair.certificate, key=pair.key)
    async with tls_pair(server_tls(client_ca=authority_pem()), client, service=service) as stub:
        await stub.unary(b"")
    identity = service.identity
    assert identity is not None
    assert identity.common_name == "the client"
    assert identity.dns_names == ("client.test.example",)
    assert identity.emails == ("ops@test.example",)
    assert identity.uris == identity.ip_addresses == ()
    assert ssl.DER_cert_to_PEM_cert(identity.certificate) in pair.certificate.decode()
    assert identity.details["serialNumber"]


async def test_client_without_a_certificate() -> None:
    async with tls_pair(server_tls(client_ca=authority_pem())) as stub:
        assert "demands a certificate" in (await failure_of(stub)).message
    service = Whoami()
    optional = server_tls(client_ca=authority_pem(), client_certificate_optional=True)
    async with tls_pair(optional, service=service) as stub:
        assert await stub.unary(b"x") == b"x"
        assert service.identity is None


@pytest.mark.parametrize(("pair", "reason"), [
    (issue("client", by="another"), "unknown CA"),
    (issue("client", not_after=EXPIRED), "expired"),
])  # fmt: skip
async def test_client_with_a_certificate_that_the_server_does_not_accept(
    pair: Pair, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_tls(certificate=pair.certificate, key=pair.key)
    with caplog.at_level(logging.INFO, "minirpc.server"):
        async with tls_pair(server_tls(client_ca=authority_pem()), client) as stub:
            assert f"does not accept this side's certificate: {reason}" in (await failure_of(stub)).message
    assert re.search(rf"ipv4:127\.0\.0\.1:\d+.*client's certificate is not accepted: .*{reason}", caplog.text)


@pytest.mark.parametrize(("pair", "reason"), [
    (issue("localhost", "127.0.0.1", by="another"), "unknown CA"),
    (issue("localhost", "127.0.0.1", not_after=EXPIRED), "expired"),
    (issue("elsewhere.example", "127.0.0.2"), "hostname mismatch|IP address mismatch"),
])  # fmt: skip
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_servers_certificate_is_not_accepted(
    host: str, pair: Pair, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad = server_tls(certificate=pair.certificate, key=pair.key)
    with caplog.at_level(logging.INFO, "minirpc.server"):
        async with tls_pair(bad, host=host) as stub:
            error = await failure_of(stub)
    assert re.search(
        f"cannot connect to {host}:.*server's certificate is not accepted: .*({reason})", error.message, re.IGNORECASE
    )
    assert isinstance(error.__cause__, ConnectionError)
    assert isinstance(error.__cause__.__cause__, ssl.SSLCertVerificationError)
    assert "does not accept this side's certificate" in caplog.text  # the server learns why
    await asyncio.get_running_loop().shutdown_default_executor()  # it resolved the name


async def test_insecure_skip_verify(caplog: pytest.LogCaptureFixture) -> None:
    pair = issue("elsewhere.example", by="another", not_after=EXPIRED)
    bad = server_tls(certificate=pair.certificate, key=pair.key)
    async with tls_pair(bad, ClientTls(insecure_skip_verify=True)) as stub:
        assert await stub.unary(b"x") == b"x"
    assert "without verification" in caplog.text


async def test_server_name_override() -> None:
    pair = issue("library.example")
    server = server_tls(certificate=pair.certificate, key=pair.key)
    async with tls_pair(server, client_tls(server_name="library.example")) as stub:
        assert await stub.unary(b"x") == b"x"
    async with tls_pair(server, authority="library.example:443") as stub:
        assert await stub.unary(b"x") == b"x"
    async with tls_pair(server, client_tls(server_name="another.example")) as stub:
        assert "'another.example'" in (await failure_of(stub)).message
    async with tls_pair(server, client_tls(server_name=".bad")) as stub:
        assert "TLS" in (await failure_of(stub)).message


# -- both sides must speak the same protocol


async def test_plaintext_server() -> None:
    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0"), tls=TRUST) as channel:
        assert "the server does not speak TLS on this port" in (await failure_of(EchoStub(channel))).message


async def test_plaintext_client() -> None:
    async with tls_pair(client=None) as stub:
        assert "this port speaks TLS, and the client does not" in (await failure_of(stub)).message


async def test_server_without_alpn(caplog: pytest.LogCaptureFixture) -> None:
    context = server_context()
    async with (
        listener(context) as address,
        Channel(address, tls=TRUST) as channel,
    ):
        assert "ALPN negotiated no protocol" in (await failure_of(EchoStub(channel))).message


async def test_client_without_alpn(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "minirpc.server"):
        async with Server([Echo()]) as server:
            host, _, port = (await server.start("127.0.0.1:0", tls=server_tls())).partition(":")
            context = ssl.create_default_context(cadata=authority_pem().decode())
            reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
            assert b"ALPN negotiated no protocol" in await reader.read()  # the debug data of a GOAWAY
            writer.close()
    assert "ALPN negotiated no protocol" in caplog.text


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("side", ["client", "server"])
async def test_old_versions_are_refused(side: str) -> None:
    ours, theirs = server_tls(), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.load_verify_locations(cadata=authority_pem().decode())
    if side == "server":
        theirs = server_context()
    theirs.set_ciphers("ALL:@SECLEVEL=0")
    theirs.minimum_version, theirs.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    if side == "server":
        async with tls_pair(ServerTls(context=theirs)) as stub:
            assert "version" in (await failure_of(stub)).message
    else:
        async with tls_pair(ours, ClientTls(context=theirs)) as stub:
            assert "version" in (await failure_of(stub)).message


async def test_prohibited_cipher_of_own_contexts() -> None:
    pair = issue("127.0.0.1", rsa=True)
    context = server_context(pair)
    client = ssl.create_default_context(cadata=authority_pem().decode())
    for each in (context, client):
        each.set_ciphers("AES128-GCM-SHA256")
        each.maximum_version = ssl.TLSVersion.TLSv1_2
    async with tls_pair(ServerTls(context=context), ClientTls(context=client)) as stub:
        assert "AES128-GCM-SHA256 was negotiated, which RFC 9113 prohibits" in (await failure_of(stub)).message
    async with tls_pair(ServerTls(context=context), TRUST) as stub:  # our own offer has no such cipher
        assert "handshake failure" in (await failure_of(stub)).message


@pytest.mark.parametrize("sent", [b"", b"\x16", b"\x16\x03\x01\xff\xff" + bytes(100), os.urandom(5000)])
async def test_handshake_that_does_not_go_on(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "minirpc.server"):
        async with Server([Echo()]) as server:
            address = await server.start("127.0.0.1:0", tls=server_tls(handshake_timeout=0.05))
            host, _, port = address.partition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(sent)
            await reader.read()
            writer.close()
    assert "TLS" in caplog.text


async def test_damaged_client_hellos() -> None:
    random = Random(1)
    outgoing = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    hello = outgoing.read()
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0", tls=server_tls())
        host, _, port = address.partition(":")
        for _ in range(30):
            damaged = bytearray(hello)
            for _ in range(random.randint(1, 4)):
                damaged[random.randrange(len(damaged))] = random.randrange(256)
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(damaged + bytes(random.randint(0, 100)))
            writer.write_eof()
            await reader.read()
            writer.close()
        async with Channel(address, tls=TRUST) as channel:
            assert await EchoStub(channel).unary(b"x") == b"x"


async def test_server_stops_during_handshakes() -> None:
    async with Server([Echo()]) as server:
        host, _, port = (await server.start("127.0.0.1:0", tls=server_tls())).partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"\x16\x03\x01")
        await asyncio.sleep(0.01)
        await server.stop()
        assert await reader.read() == b""
        writer.close()


async def test_channel_closed_during_a_handshake() -> None:
    async with raw_server(lambda peer, event: None) as silent, Channel(silent.address, tls=TRUST) as channel:
        call = asyncio.ensure_future(EchoStub(channel).unary(b""))
        await asyncio.sleep(0)
        await channel.close()
        with pytest.raises(RpcError) as caught:
            await call
        assert caught.value.code is StatusCode.CANCELLED


# -- certificates that change


async def test_server_certificate_is_renewed_on_disk(tmp_path: Path) -> None:
    certificate, key = issue("127.0.0.1", common_name="old", by="old").write(tmp_path, "server")
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0", tls=ServerTls(certificate=certificate, key=key))
        async with (
            Channel(address, tls=ClientTls(ca=authority_pem("old"))) as channel,
            Channel(address, tls=ClientTls(ca=authority_pem("new")), backoff=QUICK) as later,
            EchoStub(channel).bidi() as call,
        ):
            await call.send(b"before")
            assert await call.receive() == b"before"
            assert "unknown CA" in (await failure_of(EchoStub(later))).message
            issue("127.0.0.1", common_name="new", by="new").write(tmp_path, "server")
            assert await EchoStub(later).unary(b"x", wait_for_ready=True) == b"x"
            await call.send(b"after")
            assert await call.receive() == b"after"


async def test_client_certificate_and_trust_are_renewed_on_disk(tmp_path: Path) -> None:
    certificate, key = issue("client", by="old").write(tmp_path, "client")
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority_pem("another"))
    client = ClientTls(ca=ca, certificate=certificate, key=key)
    async with tls_pair(server_tls(client_ca=authority_pem()), client, backoff=QUICK) as stub:
        assert "unknown CA" in (await failure_of(stub)).message
        ca.write_bytes(authority_pem() + b"\n")
        async with asyncio.timeout(20):
            while "does not accept this side's certificate" not in (await failure_of(stub)).message:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # until the next attempt
        client_pair().write(tmp_path, "client")
        assert await stub.unary(b"x", wait_for_ready=True) == b"x"


async def test_broken_files_leave_the_certificate_from_before(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificate, key = server_pair().write(tmp_path, "server")
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0", tls=ServerTls(certificate=certificate, key=key))
        for broken in (issue("127.0.0.1", common_name="half").certificate, b"not PEM", None):
            certificate.unlink() if broken is None else certificate.write_bytes(broken)
            async with Channel(address, tls=TRUST) as channel:
                assert await EchoStub(channel).unary(b"x") == b"x"
        assert caplog.text.count("the certificates from before stay in use") == 3
        assert str(certificate) in caplog.text


async def test_context_by_a_function() -> None:
    contexts = [server_context(issue("127.0.0.1", by=by)) for by in ("old", "new")]
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0", tls=ServerTls(context=lambda: contexts.pop(0)))
        for by in ("old", "new"):
            async with Channel(address, tls=ClientTls(ca=authority_pem(by))) as channel:
                assert await EchoStub(channel).unary(b"x") == b"x"


async def test_function_that_gives_no_context(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> ssl.SSLContext:
        raise LookupError("no secrets here")

    with caplog.at_level(logging.INFO, "minirpc.server"):
        async with tls_pair(client=ClientTls(context=fail)) as stub:
            assert "no secrets here" in (await failure_of(stub)).message
        async with tls_pair(ServerTls(context=fail)) as stub:
            assert "no secrets here" not in (await failure_of(stub)).message
    assert "no secrets here" in caplog.text


# -- wrong use


def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    missing, text = tmp_path / "missing.pem", tmp_path / "text.pem"
    text.write_text("nothing")
    pair = server_pair()
    with pytest.raises(FileNotFoundError, match=r"TLS ca.*missing"):
        Channel("a:1", tls=ClientTls(ca=missing))
    with pytest.raises(ValueError, match=f"TLS ca .*{text}"):
        Channel("a:1", tls=ClientTls(ca=text))
    with pytest.raises(ValueError, match=r"TLS ca .bytes."):
        Channel("a:1", tls=ClientTls(ca=b""))
    with pytest.raises(FileNotFoundError, match="missing"):
        Channel("a:1", tls=ClientTls(certificate=str(missing)))
    with pytest.raises(FileNotFoundError, match="missing"):
        Channel("a:1", tls=ClientTls(certificate=pair.certificate, key=missing))
    with pytest.raises(ValueError, match="mismatch"):
        Channel("a:1", tls=ClientTls(certificate=pair.certificate, key=issue("b").key))
    with pytest.raises(ValueError, match="a server needs a certificate"):
        ServerTls()
    with pytest.raises(ValueError, match="without client_ca"):
        ServerTls(certificate=text, client_certificate_optional=True)
    with pytest.raises(ValueError, match="not both"):
        ClientTls(ca=text, context=ssl.create_default_context())
    with pytest.raises(ValueError, match="needs its certificate"):
        ClientTls(key=text)


def test_encrypted_keys(tmp_path: Path) -> None:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    pair = client_pair()
    key = serialization.load_pem_private_key(pair.key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    Channel("a:1", tls=ClientTls(certificate=pair.certificate, key=key, key_password="secret"))
    for wrong in ("wrong", None):  # without a password nobody is asked for one
        with pytest.raises(ValueError, match=r"TLS certificate .* with its key .* cannot be used"):
            Channel("a:1", tls=ClientTls(certificate=pair.certificate, key=key, key_password=wrong))


def test_secrets_are_not_shown() -> None:
    options = ServerTls(certificate="a.pem", key=b"PRIVATE KEY", key_password="secret")
    assert "PRIVATE" not in repr(options)
    assert "secret" not in repr(options)
