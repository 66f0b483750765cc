"""The server against requests that no gRPC client would send, and the server's life."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import h2.events
import pytest
from echo import Echo, EchoStub
from raw_client import MESSAGE, RawClient, raw_client

from minirpc.aio import Channel, Context, Server, Servicer
from minirpc.aio.service import unimplemented
from minirpc.errors import RpcError, StatusCode

# -- requests


async def test_raw_request_is_served() -> None:
    async with raw_client() as client:
        fields, body, endings = await client.ask({})
        assert (fields[":status"], fields["content-type"], fields["grpc-status"]) == ("200", "application/grpc", "0")
        assert (body, endings) == (MESSAGE, ["end"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({":method": "GET"}, {":status": "405", "allow": "POST"}),
        ({"content-type": "text/plain"}, {":status": "415"}),
        ({"content-type": "application/grpc-web"}, {":status": "415"}),
        ({"content-type": None}, {":status": "415"}),
        ({"te": None}, {"grpc-status": "0"}),
        ({"content-type": "application/grpc+proto"}, {"grpc-status": "0"}),
        ({"content-type": "application/grpc;charset=utf-8"}, {"grpc-status": "0"}),
        (
            {":path": "/test.Echo/Nothing"},
            {"grpc-status": "12", "grpc-message": "this server has no method /test.Echo/Nothing"},
        ),
        ({":path": "*"}, {"grpc-status": "12"}),
        ({"grpc-encoding": "snappy"}, {"grpc-status": "12", "grpc-accept-encoding": "identity,deflate,gzip,zstd"}),
        ({"grpc-encoding": "identity"}, {"grpc-status": "0"}),
        ({"grpc-timeout": "1"}, {"grpc-status": "13"}),
        ({"grpc-timeout": "123456789S"}, {"grpc-status": "13"}),
        ({"grpc-timeout": "10S"}, {"grpc-status": "0"}),
        ({"x-bin": "!"}, {"grpc-status": "13"}),
    ],
)
async def test_request_headers(changes: dict[str, str | None], expected: dict[str, str]) -> None:
    async with raw_client() as client:
        for end in (True, False):
            if expected.get("grpc-status") == "0" and not end:
                continue
            fields, _, _ = await client.ask(changes, end=end)
            assert expected.items() <= fields.items()
        fields, _, _ = await client.ask({})
        assert fields["grpc-status"] == "0", "the connection lives on"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_request_that_is_not_grpc_is_answered_in_http(method: str) -> None:
    async with raw_client() as client:
        fields, body, endings = await client.ask({":method": method, "content-type": None}, b"")
        assert (fields[":status"], fields["content-type"], endings) == ("405", "text/plain", ["end"])
        assert (body != b"") == (method == "GET")
        assert method == "HEAD" or int(fields["content-length"]) == len(body)


async def test_request_that_is_not_grpc_and_never_ends_is_stopped() -> None:
    """By its size; its stream is given back, as the calls after it show."""
    async with raw_client(max_concurrent_streams=1) as client:
        await client.ask({})  # the window is known then
        stream_id = client.send({"content-type": "text/plain"}, bytes(16_000), end=False)
        for _ in range(4):
            client.http2.send_data(stream_id, bytes(16_000))
        fields, _, endings = await client.receive(stream_id, until="reset 0")
        assert (fields[":status"], endings) == ("415", ["end", "reset 0"])
        fields, _, _ = await client.ask({})
        assert fields["grpc-status"] == "0"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", "12"),  # no message
        (MESSAGE * 2, "12"),  # two messages
        (MESSAGE[:-1], "13"),  # cut
        (MESSAGE[:3], "13"),
        (b"\1" + MESSAGE[1:], "13"),  # compressed, without an encoding
        (struct.pack(">BL", 0, 2**32 - 1), "8"),  # over the limit, known from the prefix
    ],
)
async def test_request_bodies(body: bytes, status: str) -> None:
    async with raw_client() as client:
        fields, reply, _ = await client.ask({}, body)
        assert (fields["grpc-status"], reply) == (status, b"")
        fields, _, _ = await client.ask({":path": "/test.Echo/Up"}, body)
        assert fields["grpc-status"] == ("0" if status == "12" else status)


async def test_over_the_limit_is_refused_before_the_message_comes() -> None:
    async with raw_client() as client:
        fields, _, _ = await client.ask({}, struct.pack(">BL", 0, 5 << 20), end=False)
        assert fields["grpc-status"] == "8"
        assert "5242880 bytes" in fields["grpc-message"]
        assert "max_receive_message_size (4194304 bytes)" in fields["grpc-message"]


async def test_unfinished_request_is_stopped_after_the_reply() -> None:
    class Service(Echo):
        async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
            return await anext(requests)

    async with raw_client(Service()) as client:
        stream_id = client.send({":path": "/test.Echo/Up"}, MESSAGE, end=False)
        fields, body, _ = await client.receive(stream_id)
        assert (fields["grpc-status"], body) == ("0", MESSAGE)
        # RST_STREAM(NO_ERROR) follows: h2 says so by refusing to send on.
        await client.ask({})
        with pytest.raises(h2.exceptions.StreamClosedError):
            client.http2.send_data(stream_id, MESSAGE)


async def test_reply_that_is_not_taken_in_time_is_reset() -> None:
    class Service(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            return bytes(100_000)  # more than the window, which this client never opens

    async with raw_client(Service()) as client:
        fields, _, endings = await client.ask({"grpc-timeout": "100m"})
        assert fields[":status"] == "200"
        assert endings == ["reset 8", "end"]


async def test_request_trailers_end_the_request() -> None:
    async with raw_client() as client:
        stream_id = client.send({}, MESSAGE, end=False)
        client.http2.send_headers(stream_id, [("x-trailer", "1")], end_stream=True)
        fields, body, _ = await client.receive(stream_id)
        assert (fields["grpc-status"], body) == ("0", MESSAGE)


@pytest.mark.parametrize(
    "junk", [b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", bytes.fromhex("1603010200010001fc0303"), bytes(100)]
)
async def test_junk_closes_its_connection_alone(junk: bytes) -> None:
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0")
        host, port = address.split(":")
        async with Channel(address) as channel:
            stub = EchoStub(channel)
            assert await stub.unary(b"x") == b"x"
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(junk)
            answer = await reader.read()  # until the server closes
            assert b"\x07" in answer, "a GOAWAY says why"
            writer.close()
            assert await stub.unary(b"x") == b"x"


async def test_call_that_came_with_a_fault_ends_quietly(caplog: pytest.LogCaptureFixture) -> None:
    """A request, and in the same read a frame that ends the connection: nobody is left to answer."""
    async with Server([Echo()]) as server:
        host, port = (await server.start("127.0.0.1:0")).split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        client = RawClient(reader, writer)
        for changes in ({}, {":path": "/test.Echo/Bidi"}, {":path": "/test.Echo/Down"}):
            client.send(changes, b"\0\0\0\0\x015")
        ping_on_a_stream = struct.pack(">HBBBL", 0, 8, 6, 0, 1) + bytes(8)
        writer.write(client.http2.data_to_send() + ping_on_a_stream)
        assert b"\x07" in await reader.read()
        writer.close()
    assert not [record for record in caplog.records if record.name.startswith("minirpc")]


# -- services


async def test_method_that_is_not_overridden() -> None:
    class Base(Servicer):
        methods = EchoStub

        async def unary(self, request: bytes, context: Context) -> bytes:
            unimplemented()

        def in_thread(self, request: bytes, context: Context) -> bytes:
            unimplemented()

        def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
            unimplemented()

        async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
            unimplemented()

        def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
            unimplemented()

        fail = sleep = unary

    async with Server([Base()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        for call in (stub.unary(b""), stub.in_thread(b""), stub.up([b""])):
            with pytest.raises(RpcError, match="does not implement") as caught:
                await call
            assert caught.value.code is StatusCode.UNIMPLEMENTED
        for stream in (stub.down(b""), stub.bidi([b""])):
            with pytest.raises(RpcError, match="does not implement"):
                await anext(stream)


async def test_streams_may_be_returned_or_awaited() -> None:
    class Service(Echo):
        def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
            return super().down(request, context)

        async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:  # type: ignore[override]
            return requests

    async with Server([Service()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        assert [reply async for reply in stub.down(b"2")] == [b"0", b"1"]
        assert [reply async for reply in stub.bidi([b"a"])] == [b"a"]


def test_services_are_checked() -> None:
    with pytest.raises(ValueError, match=r"two services have the method /test\.Echo/Unary"):
        Server([Echo(), Echo()])

    class Incomplete(Servicer):
        methods = EchoStub

    with pytest.raises(AttributeError, match="unary"):
        Server([Incomplete()])
    for wrong in (Echo, EchoStub, "echo"):
        with pytest.raises(TypeError, match="a service is an instance of a generated servicer"):
            Server([wrong])  # type: ignore[list-item]


async def test_blocking_handlers_do_not_block_each_other() -> None:
    barrier = threading.Barrier(4)

    class Service(Echo):
        def in_thread(self, request: bytes, context: Context) -> bytes:
            barrier.wait(10)
            return request

    async with Server([Service()], handler_threads=4) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        assert await asyncio.gather(*(stub.in_thread(b"x") for _ in range(4))) == [b"x"] * 4


# -- life


async def test_address_in_use() -> None:
    async with Server([Echo()]) as first, Server([Echo()]) as second:
        address = await first.start("127.0.0.1:0")
        with pytest.raises(OSError, match="in use"):
            await second.start(address)


async def test_silent_connection_does_not_hold_the_stop() -> None:
    server = Server([Echo()])
    host, port = (await server.start("127.0.0.1:0")).split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    assert await reader.read(9)  # the server's SETTINGS; the client sends nothing
    async with asyncio.timeout(5):
        await server.stop(60)
    await reader.read()
    writer.close()


async def test_connection_that_does_not_answer_the_ping_is_drained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minirpc.aio.drain._PING_TIMEOUT", 0.05)
    server = Server([Echo()])
    host, port = (await server.start("127.0.0.1:0")).split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    client = RawClient(reader, writer)
    writer.write(client.http2.data_to_send())
    await reader.read(9)
    await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        await server.stop(60)
    await reader.read()
    writer.close()


async def test_calls_after_the_last_goaway_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client repeats them elsewhere, so they must not be served here as well."""
    monkeypatch.setattr("minirpc.aio.drain._PING_TIMEOUT", 0)
    server = Server([Echo()])
    host, port = (await server.start("127.0.0.1:0")).split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    client = RawClient(reader, writer)
    client.send({":path": "/test.Echo/Up"}, end=False)
    writer.write(client.http2.data_to_send())
    late = client.send({})
    received = b""
    while struct.pack(">HBBBL", 0, 0, 4, 1, 0) not in received:  # SETTINGS are acknowledged
        received += await reader.read(65_536)
    stopping = asyncio.create_task(server.stop(60))
    while received.count(struct.pack(">HBBBL", 0, 8, 7, 0, 0)) < 2:  # GOAWAY
        received += await reader.read(65_536)
    writer.write(client.http2.data_to_send())
    while struct.pack(">HBBBLL", 0, 4, 3, 0, late, 7) not in received:  # RST_STREAM(REFUSED_STREAM)
        received += await reader.read(65_536)
    writer.close()
    await stopping


async def test_new_server_may_take_the_path_during_a_drain(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/server.sock"
    service = Echo()
    old = Server([service])
    await old.start(address)
    async with Channel(address) as old_channel, Server([Echo()]) as new, Channel(address) as new_channel:
        running = asyncio.ensure_future(EchoStub(old_channel).sleep(b"", timeout=60))
        await service.events.get()
        stopping = asyncio.create_task(old.stop(60))
        await asyncio.sleep(0)
        await new.start(address)
        running.cancel()
        await stopping
        assert await EchoStub(new_channel).unary(b"x") == b"x"


async def test_stopped_server_does_not_start() -> None:
    server = Server([])
    await server.stop()
    await server.stop()
    with pytest.raises(RuntimeError, match="has been stopped"):
        await server.start("127.0.0.1:0")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_serve_drains_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/server.sock"
    serving = asyncio.create_task(Server([Echo()]).serve(address, grace=10))
    async with Channel(address) as channel:
        stub = EchoStub(channel)
        while (await stub.unary(b"").status()).code is not StatusCode.OK:  # noqa: ASYNC110  # until the socket is there
            await asyncio.sleep(0.01)
        async with stub.bidi() as call:
            await call.send(b"before")
            assert await call.receive() == b"before"
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.02)
            await call.send(b"after the signal")
            assert await call.receive() == b"after the signal"
            await call.done_writing()
            assert await call.receive() is None
        await serving


async def test_serve_says_where_it_listens(tmp_path: Path) -> None:
    heard: list[Sequence[str]] = []

    def on_listening(addresses: Sequence[str]) -> None:
        heard.append(addresses)
        os.kill(os.getpid(), signal.SIGTERM)  # handled already: the test goes on

    async with asyncio.timeout(10):
        await Server([Echo()]).serve("127.0.0.1:0", f"unix:{tmp_path}/server.sock", on_listening=on_listening)
    ((tcp, unix),) = heard
    assert tcp.startswith("127.0.0.1:")
    assert not tcp.endswith(":0")
    assert unix == f"unix:{tmp_path}/server.sock"


async def test_handler_that_does_not_end_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minirpc.aio.server._CANCEL_TIMEOUT", 0.05)
    release = asyncio.Event()

    class Stubborn(Echo):
        async def sleep(self, request: bytes, context: Context) -> bytes:
            self.events.put_nowait("started")
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue
            return b""

    service = Stubborn()
    server = Server([service])
    async with Channel(await server.start("127.0.0.1:0")) as channel:
        task = asyncio.ensure_future(EchoStub(channel).sleep(b""))
        await service.events.get()
        await server.stop()
        with pytest.raises(RpcError, match="shutting down"):
            await task
    assert "handler of /test.Echo/Sleep does not end" in caplog.text
    release.set()
