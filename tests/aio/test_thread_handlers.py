"""Plain ``def`` handlers of the four kinds, each in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from echo import Echo, EchoStub, echo_pair

from minirpc.aio import Context, Servicer
from minirpc.aio.service import StreamUnary
from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.method import RAW, Codec


class ThreadEcho(Servicer):
    """The echo service without a line of asyncio."""

    methods = EchoStub

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self.threads: set[int] = set()

    def tell(self, event: str) -> None:
        self.threads.add(threading.get_ident())
        self.loop.call_soon_threadsafe(self.events.put_nowait, event)

    def unary(self, request: bytes, context: Context) -> bytes:
        context.send_initial_metadata([("x-initial", "early")])
        context.set_trailing_metadata([("x-trailing", "late")])
        return request

    in_thread = unary

    def down(self, request: bytes, context: Context) -> Iterator[bytes]:
        context.send_initial_metadata([("x-initial", "early")])
        context.set_trailing_metadata([("x-trailing", "late")])
        for number in range(int(request)):
            self.tell(str(number))
            yield b"%d" % number

    def up(self, requests: Iterator[bytes], context: Context) -> bytes:
        return b" ".join(requests)

    def bidi(self, requests: Iterator[bytes], context: Context) -> Iterator[bytes]:
        try:
            for request in requests:
                self.tell(request.decode())
                yield request
            self.tell("requests ended")
        finally:
            self.tell("cancelled" if context.cancelled() else "ended")

    def fail(self, request: bytes, context: Context) -> bytes:
        context.abort(StatusCode.NOT_FOUND, "nothing here")

    def sleep(self, request: bytes, context: Context) -> bytes:
        self.tell("started")
        while not context.cancelled():
            pass
        self.tell("cancelled")
        return request


async def test_four_kinds() -> None:
    service = ThreadEcho()
    async with echo_pair(service) as stub:
        assert await stub.unary(b"one") == b"one"
        assert [reply async for reply in stub.down(b"3")] == [b"0", b"1", b"2"]
        assert await stub.up([b"a", b"b", b"c"]) == b"a b c"
        assert await stub.up([]) == b""
        assert [reply async for reply in stub.bidi([b"x", b"y"])] == [b"x", b"y"]
        assert [reply async for reply in stub.bidi([])] == []
    assert threading.get_ident() not in service.threads


async def test_metadata() -> None:
    async with echo_pair(ThreadEcho()) as stub:
        for call in (stub.unary(b""), stub.down(b"0"), stub.down(b"2")):
            assert await call.initial_metadata() == (("x-initial", "early"),)
            if call._method.server_streaming:
                async for _ in call:  # type: ignore[union-attr]
                    pass
            assert await call.trailing_metadata() == (("x-trailing", "late"),)


async def test_initial_metadata_arrive_before_the_first_response() -> None:
    release = threading.Event()

    class Service(Echo):
        def in_thread(self, request: bytes, context: Context) -> bytes:
            context.send_initial_metadata([("x-initial", "early")])
            with pytest.raises(RuntimeError, match="have been sent"):
                context.send_initial_metadata()
            release.wait(30)
            return b"response"

    async with echo_pair(Service()) as stub:
        call = stub.in_thread(b"")
        try:
            assert await call.initial_metadata() == (("x-initial", "early"),)
        finally:
            release.set()
        assert await call == b"response"


async def test_conversation_takes_turns() -> None:
    async with echo_pair(ThreadEcho()) as stub, stub.bidi() as call:
        for number in range(20):
            await call.send(b"%d" % number)
            assert await call.receive() == b"%d" % number
        await call.done_writing()
        assert await call.receive() is None


async def test_slow_reader_holds_the_generator_back() -> None:
    service = ThreadEcho()

    def down(request: bytes, context: Context) -> Iterator[bytes]:
        for number in range(50):
            service.tell(str(number))
            yield bytes(1 << 20)

    service.down = down  # type: ignore[method-assign]
    async with echo_pair(service) as stub, stub.down(b"") as call:
        await call.receive()
        await asyncio.sleep(0.2)
        assert service.events.qsize() < 10  # windows and buffers are full
        for _ in range(49):
            assert await call.receive() is not None
        assert await call.receive() is None


# -- how they fail


class Failing(ThreadEcho):
    def down(self, request: bytes, context: Context) -> Iterator[bytes]:
        yield b"first"
        raise KeyError("secret")

    def bidi(self, requests: Iterator[bytes], context: Context) -> Iterator[bytes]:
        yield from requests
        context.abort(StatusCode.DATA_LOSS, "no more")

    def up(self, requests: Iterator[bytes], context: Context) -> bytes:
        raise StopIteration


async def test_failures() -> None:
    async with echo_pair(Failing()) as stub:
        with pytest.raises(RpcError, match="nothing here") as caught:
            await stub.fail(b"")
        assert caught.value.code is StatusCode.NOT_FOUND
        for call, code in ((stub.down(b""), StatusCode.UNKNOWN), (stub.bidi([b"first"]), StatusCode.DATA_LOSS)):
            assert await anext(call) == b"first"
            with pytest.raises(RpcError) as caught:
                await anext(call)
            assert caught.value.code is code
            assert "secret" not in caught.value.message
        with pytest.raises(RpcError) as caught:
            await stub.up([b""])
        assert caught.value.code is StatusCode.UNKNOWN


async def test_request_that_is_no_message_is_raised_in_the_thread() -> None:
    seen: list[str] = []

    class Service(ThreadEcho):
        def up(self, requests: Iterator[bytes], context: Context) -> bytes:
            try:
                list(requests)
            except RpcError as error:
                seen.append(error.code.name)
                raise
            return b""

    def decode(data: bytes) -> bytes:
        raise ValueError(data)

    class Stub(EchoStub):
        up = StreamUnary(EchoStub.up.path, Codec(RAW.encode, decode), RAW)

    Service.methods = Stub
    async with echo_pair(Service()) as stub:
        with pytest.raises(RpcError, match="cannot decode request") as caught:
            await stub.up([b""])
        assert caught.value.code is StatusCode.INTERNAL
    assert seen == ["INTERNAL"]


# -- how they end early


@pytest.mark.parametrize("end", ["cancel", "deadline"])
async def test_thread_that_waits_for_a_request_is_woken(end: str) -> None:
    service = ThreadEcho()
    async with echo_pair(service) as stub:
        async with stub.bidi(timeout=0.3 if end == "deadline" else None) as call:
            await call.send(b"one")
            assert await call.receive() == b"one"
            if end == "deadline":
                with pytest.raises(RpcError) as caught:
                    await call.receive()
                assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        assert [await service.events.get() for _ in range(2)] == ["one", "cancelled"]


async def test_thread_that_waits_for_requests_of_one_response_is_woken() -> None:
    service = ThreadEcho()
    ended: asyncio.Future[str] = service.loop.create_future()

    def up(requests: Iterator[bytes], context: Context) -> bytes:
        try:
            for request in requests:
                service.tell(request.decode())
        except RpcError as error:
            service.loop.call_soon_threadsafe(ended.set_result, error.code.name)
            raise
        return b""

    service.up = up  # type: ignore[method-assign]
    async with echo_pair(service) as stub:
        async with stub.up() as call:
            await call.send(b"one")
            assert await service.events.get() == "one"
        assert await ended == "CANCELLED"


async def test_generator_that_waits_to_send_is_closed() -> None:
    service = ThreadEcho()

    def down(request: bytes, context: Context) -> Iterator[bytes]:
        try:
            while True:
                yield bytes(1 << 20)
        finally:
            service.tell("cancelled" if context.cancelled() else "ended")

    service.down = down  # type: ignore[method-assign]
    async with echo_pair(service) as stub:
        async with stub.down(b"") as call:
            await call.receive()
        assert await service.events.get() == "cancelled"


async def test_busy_thread_sees_that_the_call_is_cancelled() -> None:
    service = ThreadEcho()
    async with echo_pair(service) as stub:
        task = asyncio.ensure_future(stub.sleep(b""))
        assert await service.events.get() == "started"
        task.cancel()
        assert await service.events.get() == "cancelled"


async def test_calls_beyond_the_pool_wait_and_are_never_started_if_cancelled() -> None:
    service = ThreadEcho()
    async with echo_pair(service, server_options={"handler_threads": 1}) as stub, stub.bidi() as busy:
        await busy.send(b"busy")
        assert await busy.receive() == b"busy"
        for call in (stub.down(b"1", timeout=0.2), stub.bidi([b"never"], timeout=0.2)):
            with pytest.raises(RpcError) as caught:
                [reply async for reply in call]
            assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        await busy.done_writing()
        assert await busy.receive() is None
        assert await stub.up([b"free"]) == b"free"
        assert [service.events.get_nowait() for _ in range(service.events.qsize())] == [
            "busy",
            "requests ended",
            "ended",
        ]


# -- what else a plain function may be


async def test_plain_functions_around_async_handlers() -> None:
    class Service(Echo):
        def unary(self, request: bytes, context: Context) -> Any:  # type: ignore[override]
            return super().unary(request, context)

        def up(self, requests: AsyncIterator[bytes], context: Context) -> Any:  # type: ignore[override]
            return super().up(requests, context)

        def down(self, request: bytes, context: Context) -> Any:  # type: ignore[override]
            return [b"a", b"list"] if request == b"list" else super().down(request, context)

        def bidi(self, requests: AsyncIterator[bytes], context: Context) -> Any:  # type: ignore[override]
            return super().bidi(requests, context)

    async with echo_pair(Service()) as stub:
        assert await stub.unary(b"x") == b"x"
        assert await stub.up([b"x", b"yz"]) == b"2 3"
        assert [reply async for reply in stub.down(b"2")] == [b"0", b"1"]
        assert [reply async for reply in stub.down(b"list")] == [b"a", b"list"]
        assert [reply async for reply in stub.bidi([b"x"])] == [b"x"]


async def test_compression_of_each_message_from_a_thread() -> None:
    class Service(ThreadEcho):
        def bidi(self, requests: Iterator[bytes], context: Context) -> Iterator[bytes]:
            context.set_compression("gzip")
            for request in requests:
                context.compress = not context.request_compressed
                yield request

    async with echo_pair(Service(), compression="gzip") as stub, stub.bidi() as call:
        for compress in (True, False, False, True):
            await call.send(bytes(1000), compress=compress)
            assert await call.receive() == bytes(1000)
            assert call.response_compressed is not compress
