"""The four kinds of calls, metadata and statuses, our client against our server over real sockets."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from echo import Echo, EchoStub, echo_pair

import minirpc
from minirpc.aio import Channel, Context, Server
from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.method import RAW, Codec

METADATA = [("x-a", "1"), ("x-a", "two words"), ("x-bytes-bin", b"\x00\xff,="), ("x-empty-bin", b"")]


async def numbers(count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        await asyncio.sleep(0)
        yield b"%d" % number


# -- the four kinds


async def test_unary() -> None:
    async with echo_pair() as stub:
        assert await stub.unary(b"hello") == b"hello"
        assert await stub.unary(b"") == b""


async def test_unary_in_a_thread() -> None:
    async with echo_pair() as stub:
        assert await asyncio.gather(*(stub.in_thread(b"%d" % n) for n in range(20))) == [b"%d" % n for n in range(20)]


async def test_server_stream() -> None:
    async with echo_pair() as stub:
        assert [reply async for reply in stub.down(b"5")] == [b"0", b"1", b"2", b"3", b"4"]
        assert [reply async for reply in stub.down(b"0")] == []


async def test_client_stream_of_an_iterable() -> None:
    async with echo_pair() as stub:
        assert await stub.up(numbers(11)) == b"11 12"
        assert await stub.up([b"ab", b"", b"c"]) == b"3 3"
        assert await stub.up([]) == b"0 0"


async def test_client_stream_by_hand() -> None:
    async with echo_pair() as stub, stub.up() as call:
        await call.send(b"ab")
        await call.send(b"c")
        assert await call.finish() == b"2 3"


async def test_bidi_ping_pong() -> None:
    async with echo_pair() as stub, stub.bidi() as call:
        for number in range(10):
            await call.send(b"%d" % number)
            assert await call.receive() == b"%d" % number
        await call.done_writing()
        assert await call.receive() is None
        assert await call.receive() is None


async def test_bidi_of_an_iterable() -> None:
    async with echo_pair() as stub:
        assert [reply async for reply in stub.bidi(numbers(5))] == [b"0", b"1", b"2", b"3", b"4"]


async def test_bidi_iterated_inside_the_block() -> None:
    async with echo_pair() as stub, stub.bidi() as call:
        await call.send(b"a")
        await call.send(b"b")
        await call.done_writing()
        assert [reply async for reply in call] == [b"a", b"b"]


async def test_requests_and_replies_at_the_same_time() -> None:
    async with echo_pair() as stub, stub.bidi() as call:

        async def send() -> None:
            for number in range(500):
                await call.send(b"%d" % number)
            await call.done_writing()

        async with asyncio.TaskGroup() as group:
            group.create_task(send())
            received = [reply async for reply in call]
        assert received == [b"%d" % number for number in range(500)]


async def test_many_calls_share_a_connection() -> None:
    async with echo_pair() as stub:
        replies = await asyncio.gather(*(stub.unary(b"%d" % n) for n in range(200)))
        assert replies == [b"%d" % n for n in range(200)]


async def test_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "echo.sock"
    async with Server([Echo()]) as server:
        address = await server.start(f"unix:{path}")
        for target in (address, f"unix://{path}"):
            async with Channel(target) as channel:
                call = EchoStub(channel).unary(b"hello")
                assert await call == b"hello"
                assert call.peer() == f"unix:{path}"
    assert not path.exists()


async def test_several_addresses() -> None:
    async with Server([Echo()]) as server:
        addresses = [await server.start("127.0.0.1:0") for _ in range(2)]
        assert len(set(addresses)) == 2
        for address in addresses:
            async with Channel(f"dns:///{address}") as channel:
                assert await EchoStub(channel).unary(b"x") == b"x"


# -- metadata


async def test_metadata_both_ways() -> None:
    async with echo_pair() as stub:
        call = stub.unary(b"", metadata=METADATA)
        assert await call.initial_metadata() == tuple(METADATA)
        assert await call == b""
        assert await call.trailing_metadata() == tuple(METADATA)
        assert (await call.status()).code is StatusCode.OK


async def test_initial_metadata_arrive_before_the_first_message() -> None:
    async with echo_pair() as stub, stub.bidi(metadata=METADATA) as call:
        assert await call.initial_metadata() == tuple(METADATA)
        await call.done_writing()
        assert await call.receive() is None
        assert await call.trailing_metadata() == tuple(METADATA)


async def test_metadata_are_checked_when_the_call_is_made() -> None:
    async with echo_pair() as stub:
        with pytest.raises(ValueError, match="reserved"):
            stub.unary(b"", metadata={"grpc-timeout": "1S"})
        with pytest.raises(TypeError, match="must be bytes"):
            stub.unary(b"", metadata={"a-bin": "text"})


async def test_context_tells_of_the_call() -> None:
    seen: list[Context] = []

    class Service(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            seen.append(context)
            with pytest.raises(ValueError, match="other than OK"):
                context.abort(StatusCode.OK)
            await context.send_initial_metadata()
            with pytest.raises(RuntimeError, match="have been sent"):
                await context.send_initial_metadata()
            return b""

    async with echo_pair(Service()) as stub:
        await stub.unary(b"", metadata={"k": "v"}, timeout=60)
    (context,) = seen
    assert context.method == "/test.Echo/Unary"
    assert context.peer.startswith("ipv4:127.0.0.1:")
    assert ("k", "v") in context.metadata
    assert ("user-agent", f"grpc-python-minirpc/{minirpc.__version__}") in context.metadata
    remaining = context.time_remaining()
    assert remaining is not None
    assert 0 < remaining <= 60
    assert not context.cancelled()


# -- statuses


@pytest.mark.parametrize(
    "message", ["plain", "", "50% é\n☺ 😈", "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"]
)
async def test_status_and_message(message: str) -> None:
    async with echo_pair() as stub:
        call = stub.fail(b"5|" + message.encode() + b"|\x00details\xff")
        with pytest.raises(RpcError) as caught:
            await call
        error = caught.value
        assert (error.code, error.message, error.details) == (StatusCode.NOT_FOUND, message, b"\x00details\xff")
        assert error.trailing_metadata == (("x-reason", "asked for"),)
        assert error.peer.startswith("ipv4:127.0.0.1:")
        assert (await call.status()).code is StatusCode.NOT_FOUND


async def test_unhandled_exception_is_logged_and_not_leaked(caplog: pytest.LogCaptureFixture) -> None:
    class Service(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            raise ZeroDivisionError("secret")

    async with echo_pair(Service()) as stub:
        with caplog.at_level(logging.ERROR, "minirpc.server"), pytest.raises(RpcError) as caught:
            await stub.unary(b"")
    assert caught.value.code is StatusCode.UNKNOWN
    assert "secret" not in caught.value.message
    (record,) = caplog.records
    assert record.name == "minirpc.server"
    assert "/test.Echo/Unary" in record.getMessage()
    assert record.exc_info is not None
    caplog.clear()


async def test_messages_before_a_failure_are_delivered() -> None:
    class Service(Echo):
        async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
            yield b"one"
            yield b"two"
            context.abort(StatusCode.DATA_LOSS, "lost")

    async with echo_pair(Service()) as stub:
        received = []
        with pytest.raises(RpcError, match="DATA_LOSS: lost"):
            async for reply in stub.down(b""):
                received.append(reply)  # noqa: PERF401
        assert received == [b"one", b"two"]


async def test_unknown_method() -> None:
    class OtherStub(EchoStub):
        unary = type(EchoStub.unary)("/test.Other/Nothing", RAW, RAW)
        up = type(EchoStub.up)("/test.Other/Up", RAW, RAW)

    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        with pytest.raises(RpcError, match=r"/test\.Other/Nothing") as caught:
            await OtherStub(channel).unary(b"")
        assert caught.value.code is StatusCode.UNIMPLEMENTED
        with pytest.raises(RpcError, match=r"/test\.Other/Up"):
            await OtherStub(channel).up(numbers(3))
        assert await EchoStub(channel).unary(b"still works") == b"still works"


def refuse(data: bytes) -> bytes:
    raise ValueError(f"cannot use {data!r}")


async def test_codec_failures_fail_that_call_alone(caplog: pytest.LogCaptureFixture) -> None:
    picky_codec = Codec(lambda data: refuse(data) if data == b"bad" else data, RAW.decode)
    refusing_codec = Codec(RAW.encode, lambda data: refuse(data) if data == b"bad" else data)

    class PickyStub(EchoStub):
        unary = type(EchoStub.unary)("/test.Echo/Unary", picky_codec, refusing_codec)
        down = type(EchoStub.down)("/test.Echo/Down", picky_codec, refusing_codec)

    class Refusing(Echo):
        methods = type(
            "Methods", (EchoStub,), {"unary": type(EchoStub.unary)("/test.Echo/Unary", refusing_codec, picky_codec)}
        )

        async def unary(self, request: bytes, context: Context) -> bytes:
            return b"bad" if request == b"answer badly" else request

    async with Server([Refusing()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        with pytest.raises(RpcError, match=r"cannot encode request of /test\.Echo/Unary") as caught:
            await PickyStub(channel).unary(b"bad")
        assert caught.value.code is StatusCode.INTERNAL
        assert isinstance(caught.value.__cause__, ValueError)
        stub = EchoStub(channel)
        with pytest.raises(RpcError, match=r"cannot decode request of /test\.Echo/Unary: cannot use b'bad'") as caught:
            await stub.unary(b"bad")
        assert caught.value.code is StatusCode.INTERNAL
        with pytest.raises(RpcError, match=r"cannot encode response of /test\.Echo/Unary") as caught:
            await stub.unary(b"answer badly")
        assert caught.value.code is StatusCode.INTERNAL
        assert await stub.unary(b"good") == b"good"
    caplog.clear()


async def test_response_that_cannot_be_decoded() -> None:
    codec = Codec(RAW.encode, refuse)

    class RefusingStub(EchoStub):
        unary = type(EchoStub.unary)("/test.Echo/Unary", RAW, codec)
        down = type(EchoStub.down)("/test.Echo/Down", RAW, codec)

    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = RefusingStub(channel)
        for failing in (stub.unary(b"x"), anext(stub.down(b"3"))):
            with pytest.raises(RpcError, match="cannot decode response of") as caught:
                await failing
            assert caught.value.code is StatusCode.INTERNAL
            assert isinstance(caught.value.__cause__, ValueError)
        call = stub.unary(b"x")
        with pytest.raises(RpcError):
            await call
        assert (await call.status()).code is StatusCode.INTERNAL


# -- sizes


async def test_request_over_the_limit_of_the_server() -> None:
    async with echo_pair(server_options={"max_receive_message_size": 1000}) as stub:
        assert len(await stub.unary(bytes(1000))) == 1000
        with pytest.raises(RpcError, match=r"1001 bytes .* max_receive_message_size \(1000 bytes\)") as caught:
            await stub.unary(bytes(1001))
        assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        assert len(await stub.unary(bytes(1000))) == 1000


async def test_response_over_the_limit_of_the_client() -> None:
    async with echo_pair(max_receive_message_size=1000) as stub:
        with pytest.raises(RpcError, match=r"1001 bytes .* max_receive_message_size \(1000 bytes\)") as caught:
            await stub.unary(bytes(1001))
        assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        assert len(await stub.unary(bytes(1000))) == 1000


async def test_request_over_the_send_limit_never_leaves() -> None:
    async with echo_pair(max_send_message_size=10) as stub:
        with pytest.raises(RpcError, match=r"11 bytes .* max_send_message_size \(10 bytes\)") as caught:
            await stub.unary(bytes(11))
        assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        async with stub.up() as call:
            with pytest.raises(RpcError, match="max_send_message_size"):
                await call.send(bytes(11))
            await call.send(bytes(10))
            assert await call.finish() == b"1 10"


@pytest.mark.parametrize("size", [1 << 20, 20 << 20])
async def test_large_messages(size: int) -> None:
    message = bytes(range(256)) * (size // 256)
    limit = {"max_receive_message_size": size}
    async with echo_pair(server_options=limit, **limit) as stub:
        assert await stub.unary(message) == message
        assert await stub.up([message, message]) == b"2 %d" % (2 * size)
        async with stub.bidi() as call:
            await call.send(message)
            assert await call.receive() == message


# -- use and misuse


async def test_call_that_is_never_awaited_warns() -> None:
    async with echo_pair() as stub:
        with pytest.warns(RuntimeWarning, match=r"/test\.Echo/Unary was never awaited"):
            stub.unary(b"")
            gc.collect()


async def test_one_call_may_be_awaited_by_several_and_again() -> None:
    async with echo_pair() as stub:
        call = stub.unary(b"x")
        assert await asyncio.gather(call, call) == [b"x", b"x"]
        assert await call == b"x"


async def test_two_receivers_are_told() -> None:
    async with echo_pair() as stub, stub.bidi() as call:
        first = asyncio.create_task(call.receive())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task is already receiving"):
            await call.receive()
        await call.done_writing()
        assert await first is None


async def test_sending_after_the_end_is_told() -> None:
    async with echo_pair() as stub, stub.bidi() as call:
        await call.done_writing()
        with pytest.raises(RuntimeError, match="has been ended"):
            await call.send(b"late")
    async with echo_pair() as stub, stub.bidi([b"x"]) as call:
        with pytest.raises(RuntimeError, match="takes no others"):
            await call.send(b"late")


async def test_failing_stream_of_requests_fails_the_call() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"one"
        raise OSError("disk on fire")

    async with echo_pair() as stub:
        with pytest.raises(RpcError, match="disk on fire") as caught:
            await stub.up(failing())
        assert caught.value.code is StatusCode.CANCELLED
        assert isinstance(caught.value.__cause__, OSError)


async def test_repr_tells_the_state() -> None:
    async with echo_pair() as stub:
        call = stub.unary(b"")
        assert repr(call) == "<UnaryCall /test.Echo/Unary not started>"
        await call
        assert repr(call) == "<UnaryCall /test.Echo/Unary OK>"
        assert repr(EchoStub.bidi) == "<StreamStream /test.Echo/Bidi stream -> stream>"
