"""What goes to the loggers, and what does not."""

from __future__ import annotations

import asyncio
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import echo
import pytest
from echo import SERVICE, Echo, EchoStub, echo_pair

from minirpc.aio import Channel, Context, Server, Stub
from minirpc.aio.service import UnaryUnary
from minirpc.errors import RpcError
from minirpc.rpc.method import RAW
from minirpc.testing import Network, channel_to

CLIENT = r"ipv4:127\.0\.0\.1:\d+"


class Unknown(Stub):
    call = UnaryUnary("/test.Nobody/Nothing", RAW, RAW)


@pytest.fixture
def trace(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG, "minirpc.trace"):
        yield caplog


async def test_nothing_above_debug_while_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "minirpc"):
        async with echo_pair() as stub:
            await stub.unary(b"")
            with pytest.raises(RpcError):
                await stub.fail(b"5|gone|")
            with pytest.raises(RpcError):
                await stub.sleep(b"", timeout=0.01)
    records = [record for record in caplog.records if record.name.startswith("minirpc")]
    assert records
    assert [record.getMessage() for record in records if record.levelno > logging.DEBUG] == []


async def test_failed_calls_have_peer_method_and_cause(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "minirpc"):
        async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
            with pytest.raises(RpcError):
                await EchoStub(channel).fail(b"5|gone\nfor good|")
            with pytest.raises(RpcError):
                await Unknown(channel).call(b"")
    text = caplog.text
    outcome = r"ended with NOT_FOUND: 'gone\\nfor good'"
    assert re.search(rf"minirpc.server.*call of /test.Echo/Fail from {CLIENT} {outcome}", text)
    assert re.search(rf"minirpc.channel.*call of /test.Echo/Fail at {CLIENT} {outcome}", text)
    assert re.search(rf"minirpc.server.*call of '/test.Nobody/Nothing' from {CLIENT} refused: no such method", text)


async def test_faults_of_the_program_are_errors_with_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            raise LookupError("inside")

    async with echo_pair(Broken()) as stub:
        with pytest.raises(RpcError):
            await stub.unary(b"")
    (record,) = [record for record in caplog.records if record.name == "minirpc.server"]
    assert record.levelno == logging.ERROR
    assert re.search(rf"/test.Echo/Unary, called from {CLIENT}", record.getMessage())
    assert record.exc_info is not None
    assert "inside" in caplog.text


async def test_lost_connections_are_told_with_their_cause(caplog: pytest.LogCaptureFixture) -> None:
    network = Network()
    with caplog.at_level(logging.INFO, "minirpc"):
        async with channel_to(Echo(), network=network) as channel:
            stub = EchoStub(channel)
            await stub.unary(b"")
            network.cut()
            network.refusing = True
            with pytest.raises(RpcError):
                await stub.unary(b"")
    assert "connection from in-memory:client-1 ended: connection lost: the connection was cut" in caplog.text
    assert "connection to in-memory:server-1 ended: connection lost: the connection was cut" in caplog.text
    assert "cannot connect to in-memory:1: the network refuses connections" in caplog.text


async def test_peer_that_breaks_the_protocol(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "minirpc"):
        async with Server([Echo()]) as server:
            host, _, port = (await server.start("127.0.0.1:0")).partition(":")
            for sent in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"nonsense"):
                reader, writer = await asyncio.open_connection(host, int(port))
                writer.write(sent)
                await reader.read()
                writer.close()
    text = caplog.text
    assert re.search(rf"connection from {CLIENT} ended: .*the peer speaks HTTP/1", text)
    assert re.search(rf"connection from {CLIENT} ended: .*the peer speaks TLS, and this side does not", text)
    assert re.search(rf"connection from {CLIENT} ended: .*preface", text)


# -- frame trace


async def test_trace_of_a_call(trace: pytest.LogCaptureFixture) -> None:
    async with channel_to(Echo()) as channel:
        metadata = {"authorization": "Bearer xyzzy", "x-api-key": "xyzzy", "x-note": "two words"}
        await EchoStub(channel).unary(b"hello", metadata=metadata)
    lines = [record.getMessage() for record in trace.records if record.name == "minirpc.trace"]
    text = "\n".join(lines)
    assert re.search(r"#\d+ in-memory:server-1 -> SETTINGS .*ENABLE_PUSH=0", text)
    assert re.search(rf"#\d+ in-memory:server-1 -> stream 1 HEADERS .*:path=/{SERVICE}/Unary .*x-note=two words", text)
    assert re.search(rf"#\d+ in-memory:client-1 <- stream 1 HEADERS .*:path=/{SERVICE}/Unary .*x-note=two words", text)
    assert re.search(r"#\d+ in-memory:server-1 -> stream 1 DATA END_STREAM 10 bytes", text)
    assert re.search(r"#\d+ in-memory:server-1 <- stream 1 HEADERS END_STREAM grpc-status=0", text)
    assert "authorization=<12 bytes not shown>" in text
    assert "xyzzy" not in text
    assert "hello" not in text
    assert all("\n" not in line for line in lines)


async def test_trace_of_faults(trace: pytest.LogCaptureFixture) -> None:
    network, service = Network(fragment=5, seed=0), Echo()
    async with channel_to(service, network=network) as channel:
        stub = EchoStub(channel)
        call = asyncio.ensure_future(stub.sleep(b""))
        await service.events.get()
        network.reset_calls()
        with pytest.raises(RpcError):
            await call
        network.go_away()
        await stub.unary(b"")
    assert re.search(r"in-memory:client-1 -> stream 1 RST_?STREAM INTERNAL_ERROR", trace.text)
    assert re.search(r"in-memory:client-1 -> GOAWAY NO_ERROR last stream 2147483647", trace.text)
    assert re.search(r"in-memory:server-1 -> PING ACK 676f206177617900", trace.text)


async def test_trace_of_what_is_no_http_2(trace: pytest.LogCaptureFixture) -> None:
    async with Server([Echo()]) as server:
        host, _, port = (await server.start("127.0.0.1:0")).partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.read()
        writer.close()
    assert re.search(rf"{CLIENT} <- what follows cannot be read: the peer speaks HTTP/1", trace.text)


async def test_root_logger_at_debug_shows_no_frames_and_no_credentials(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with echo_pair() as stub:
            await stub.unary(b"", metadata={"authorization": "xyzzy"})
    assert "minirpc.trace" not in {record.name for record in caplog.records}
    assert "xyzzy" not in caplog.text


PROGRAM = """
import asyncio
from echo import Echo, EchoStub
from minirpc.testing import channel_to

async def main():
    async with channel_to(Echo()) as channel:
        await EchoStub(channel).unary(b"")

asyncio.run(main())
"""


@pytest.mark.parametrize(("wanted", "shown"), [
    ("", r"\A\Z"),
    ("frames", r"(?s)-> stream 1 HEADERS.*<- stream 1 HEADERS"),
    ("farmes", r"\AMINIRPC_TRACE: 'farmes' is no trace; there is 'frames'\n\Z"),
])  # fmt: skip
def test_trace_by_the_environment(wanted: str, shown: str) -> None:
    environment = {"MINIRPC_TRACE": wanted, "PYTHONPATH": str(Path(echo.__file__).parent)}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert re.search(shown, result.stderr), result.stderr
    assert result.stdout == ""
