"""Deadlines and cancellation, from both sides."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import suppress

import h2.events
import pytest
from echo import Echo, EchoStub, echo_pair
from h2.events import Event
from raw_server import Peer, raw_server

from minirpc.aio import Channel, Context, Server
from minirpc.aio.deadlines import Deadlines
from minirpc.errors import RpcError, StatusCode


async def numbers_forever() -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0)
        yield b"x"


# -- deadlines


async def test_deadline_ends_the_call_on_both_sides() -> None:
    service = Echo()
    async with echo_pair(service) as stub:
        with pytest.raises(RpcError, match="deadline passed") as caught:
            await stub.sleep(b"", timeout=0.3)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        assert await service.events.get() == "started"
        assert await service.events.get() == "cancelled"
        assert await stub.unary(b"on") == b"on"


async def test_deadline_is_enforced_by_the_server_alone() -> None:
    """The client of this test does not watch the clock: it is the server's status that it sees."""
    service = Echo()
    async with echo_pair(service) as stub:
        call = stub.sleep(b"", timeout=0.3)
        task = asyncio.ensure_future(call)
        assert await service.events.get() == "started"
        assert call._stream is not None
        assert call._stream.deadline_slot is not None
        Deadlines.remove(call._stream)
        with pytest.raises(RpcError) as caught:
            await task
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        assert await service.events.get() == "cancelled"


async def test_deadline_of_a_stream() -> None:
    service = Echo()
    async with echo_pair(service) as stub:
        with pytest.raises(RpcError) as caught:
            async with stub.bidi(timeout=0.3) as call:
                await call.send(b"x")
                assert await call.receive() == b"x"
                await call.receive()
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        with pytest.raises(RpcError) as caught:
            await stub.up(numbers_forever(), timeout=0.05)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED


async def test_deadline_covers_connecting() -> None:
    """The server accepts, and says nothing."""

    async def wait_for_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(wait_for_the_end, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, Channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(RpcError, match="before a connection was ready") as caught:
            await EchoStub(channel).unary(b"", timeout=0.05)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED


async def test_deadline_that_has_passed_already() -> None:
    async with echo_pair() as stub:
        with pytest.raises(RpcError) as caught:
            await stub.unary(b"", timeout=0)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("seconds", [float("inf"), float("nan")])
async def test_timeout_must_be_finite(seconds: float) -> None:
    async with echo_pair() as stub:
        with pytest.raises(ValueError, match="finite"):
            stub.unary(b"", timeout=seconds)
        assert await stub.unary(b"x", timeout=1e300) == b"x"


async def test_deadline_is_inherited_by_calls_of_a_handler() -> None:
    remaining: list[float | None] = []

    class BackEnd(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            remaining.append(context.time_remaining())
            return b""

    async with echo_pair(BackEnd()) as back_end:

        class FrontEnd(Echo):
            async def unary(self, request: bytes, context: Context) -> bytes:
                await back_end.unary(b"")
                await back_end.unary(b"", timeout=1)
                await back_end.unary(b"", timeout=1000)
                return b""

        async with echo_pair(FrontEnd()) as front_end:
            await front_end.unary(b"", timeout=50)
            await front_end.unary(b"")
    inherited, own, longer, none, second_own, second_longer = remaining
    assert inherited is not None and 1 < inherited <= 50
    assert own is not None and own <= 1
    assert longer is not None and 1 < longer <= 50
    assert none is None
    assert second_own is not None and second_own <= 1
    assert second_longer is not None and second_longer > 50


async def test_deadline_is_inherited_only_where_wanted() -> None:
    remaining: list[float | None] = []

    class BackEnd(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            remaining.append(context.time_remaining())
            return b""

    async with Server([BackEnd()]) as server:
        target = await server.start("127.0.0.1:0")
        async with Channel(target) as bound, Channel(target, inherit_deadline=False) as free:

            class FrontEnd(Echo):
                async def unary(self, request: bytes, context: Context) -> bytes:
                    for channel in (bound, free):
                        for choice in (None, True, False):
                            await EchoStub(channel).unary(b"", inherit_deadline=choice)
                    await EchoStub(free).unary(b"", timeout=1000)
                    return b""

            async with echo_pair(FrontEnd()) as front_end:
                await front_end.unary(b"", timeout=50)
    default, yes, no, free_default, free_yes, free_no, own = remaining
    assert all(seconds is not None and seconds <= 50 for seconds in (default, yes, free_yes))
    assert no is free_default is free_no is None
    assert own is not None and own > 50


async def test_deadline_is_inherited_by_a_thread_and_its_own_loop() -> None:
    remaining: list[float | None] = []

    class BackEnd(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            remaining.append(context.time_remaining())
            return b"from the back end"

    async with Server([BackEnd()]) as server:
        target = await server.start("127.0.0.1:0")

        async def ask() -> bytes:
            async with Channel(target) as channel:
                return await EchoStub(channel).unary(b"")

        class FrontEnd(Echo):
            def in_thread(self, request: bytes, context: Context) -> bytes:
                return asyncio.run(ask())

        async with echo_pair(FrontEnd()) as front_end:
            assert await front_end.in_thread(b"", timeout=50) == b"from the back end"
            assert await front_end.in_thread(b"") == b"from the back end"
    first, second = remaining
    assert first is not None and 1 < first <= 50
    assert second is None


async def test_expired_call_of_a_handler_is_its_own_failure() -> None:
    """The inherited deadline ends the inner call; the outer one ends with its own status."""
    async with echo_pair(Echo()) as back_end:
        codes: list[StatusCode] = []

        class FrontEnd(Echo):
            async def unary(self, request: bytes, context: Context) -> bytes:
                try:
                    return await back_end.sleep(b"", timeout=0.05)
                except RpcError as error:
                    codes.append(error.code)
                    return b"without the back end"

        async with echo_pair(FrontEnd()) as front_end:
            assert await front_end.unary(b"", timeout=50) == b"without the back end"
        assert codes == [StatusCode.DEADLINE_EXCEEDED]


async def test_context_in_a_thread_says_cancelled() -> None:
    loop = asyncio.get_running_loop()
    seen = loop.create_future()

    class Service(Echo):
        def in_thread(self, request: bytes, context: Context) -> bytes:
            while not context.cancelled():
                pass
            loop.call_soon_threadsafe(seen.set_result, context.time_remaining())
            return b""

    async with echo_pair(Service()) as stub:
        with pytest.raises(RpcError) as caught:
            await stub.in_thread(b"", timeout=0.3)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        assert await seen == 0


# -- cancellation by the client


async def test_cancelling_the_task_cancels_the_handler() -> None:
    service = Echo()
    async with echo_pair(service) as stub:
        call = stub.sleep(b"")
        task = asyncio.ensure_future(call)
        assert await service.events.get() == "started"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await service.events.get() == "cancelled"
        assert (await call.status()).code is StatusCode.CANCELLED


async def test_asyncio_timeout_cancels_the_handler() -> None:
    service = Echo()
    async with echo_pair(service) as stub:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await stub.sleep(b"")
        assert await service.events.get() == "started"
        assert await service.events.get() == "cancelled"


async def test_cancelling_the_call_is_an_rpc_error() -> None:
    service = Echo()
    async with echo_pair(service) as stub:
        call = stub.sleep(b"")
        task = asyncio.ensure_future(call)
        assert await service.events.get() == "started"
        call.cancel()
        with pytest.raises(RpcError) as caught:
            await task
        assert caught.value.code is StatusCode.CANCELLED
        assert await service.events.get() == "cancelled"
        call.cancel()  # without effect


async def test_cancelling_before_the_start() -> None:
    async with echo_pair() as stub:
        call = stub.unary(b"")
        call.cancel()
        with pytest.raises(RpcError) as caught:
            await call
        assert caught.value.code is StatusCode.CANCELLED


class Watched(Echo):
    """Tells when its stream's handler ends, and how."""

    async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        self.events.put_nowait("started")
        try:
            while True:
                yield b"x"
        finally:
            self.events.put_nowait("cancelled" if context.cancelled() else "ended")


async def test_leaving_the_block_early_cancels() -> None:
    service = Watched()
    async with echo_pair(service) as stub:
        async with stub.down(b"") as call:
            assert await call.receive() == b"x"
        assert (await call.status()).code is StatusCode.CANCELLED
        assert [await service.events.get() for _ in range(2)] == ["started", "cancelled"]


async def test_breaking_out_of_the_loop_cancels() -> None:
    service = Watched()
    async with echo_pair(service) as stub:
        async for _ in stub.down(b""):
            break
        gc.collect()
        assert [await service.events.get() for _ in range(2)] == ["started", "cancelled"]


async def test_cancelled_iteration_cancels() -> None:
    service = Echo()

    async def iterate(stub: EchoStub) -> None:
        async for _ in stub.bidi(numbers_forever()):
            pass

    async with echo_pair(service) as stub:
        task = asyncio.create_task(iterate(stub))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_timeout_around_one_receive_leaves_the_call_alive() -> None:
    async with echo_pair() as stub, stub.bidi() as call:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await call.receive()
        await call.send(b"still here")
        assert await call.receive() == b"still here"


async def test_failing_task_group_cancels_its_calls() -> None:
    service = Echo()

    async def fail() -> None:
        assert await service.events.get() == "started"
        raise KeyError

    async with echo_pair(service) as stub:
        with pytest.raises(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(stub.sleep(b"").status())
                group.create_task(stub.sleep(b"")._single_response())
                group.create_task(fail())
        gc.collect()
        assert sorted([await service.events.get() for _ in range(3)]) == ["cancelled", "cancelled", "started"]


async def test_cancelled_calls_give_their_places_back() -> None:
    service = Echo()
    async with echo_pair(service, server_options={"max_concurrent_streams": 2}) as stub:
        for _ in range(20):
            calls = [asyncio.ensure_future(stub.sleep(b"")) for _ in range(2)]
            queued = asyncio.ensure_future(stub.unary(b"turn"))
            for _ in calls:
                assert await service.events.get() == "started"
            assert not queued.done()
            for call in calls:
                call.cancel()
            assert await queued == b"turn"
            for _ in calls:
                assert await service.events.get() == "cancelled"


@pytest.mark.parametrize("end", ["cancel", "deadline"])
async def test_handler_cleans_up_with_all_that_it_started(end: str) -> None:
    """A ``finally`` may wait, and so may the tasks of a group; nothing of it is cut short."""
    service = Echo()

    class Service(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(2):
                        group.create_task(service.sleep(b"", context))
            finally:
                assert context.cancelled()
                await asyncio.sleep(0.01)
                service.events.put_nowait("cleaned up")
            return b""

    async with echo_pair(Service()) as stub:
        call = stub.unary(b"", timeout=0.3 if end == "deadline" else None)
        task = asyncio.ensure_future(call)
        assert [await service.events.get() for _ in range(2)] == ["started"] * 2
        if end == "cancel":
            call.cancel()
        with pytest.raises(RpcError) as caught:
            await task
        assert caught.value.code is (StatusCode.CANCELLED if end == "cancel" else StatusCode.DEADLINE_EXCEEDED)
        assert [await service.events.get() for _ in range(3)] == ["cancelled"] * 2 + ["cleaned up"]


async def test_timeouts_inside_a_handler_are_its_own() -> None:
    async with echo_pair(Echo()) as back_end:

        class FrontEnd(Echo):
            async def unary(self, request: bytes, context: Context) -> bytes:
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await back_end.sleep(b"")
                return b"without the back end"

        async with echo_pair(FrontEnd()) as front_end:
            assert await front_end.unary(b"", timeout=50) == b"without the back end"


# -- cancellation by the server


async def test_handler_that_cancels_itself() -> None:
    class Service(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            raise asyncio.CancelledError

    async with echo_pair(Service()) as stub:
        with pytest.raises(RpcError, match="handler was cancelled") as caught:
            await stub.unary(b"")
        assert caught.value.code is StatusCode.CANCELLED


@pytest.mark.parametrize(
    ("error_code", "code"),
    [
        (0, StatusCode.INTERNAL),
        (2, StatusCode.INTERNAL),
        (8, StatusCode.CANCELLED),
        (11, StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_reset_by_the_server(error_code: int, code: StatusCode) -> None:
    def on_event(peer: Peer, event: Event) -> None:
        if isinstance(event, h2.events.StreamEnded):
            peer.http2.reset_stream(event.stream_id, error_code)

    async with raw_server(on_event) as server, Channel(server.address) as channel:
        with pytest.raises(RpcError, match="server reset the stream") as caught:
            await EchoStub(channel).unary(b"")
        assert caught.value.code is code


async def test_stopped_server_cancels_after_its_grace() -> None:
    service = Echo()
    server = Server([service])
    async with Channel(await server.start("127.0.0.1:0")) as channel:
        task = asyncio.ensure_future(EchoStub(channel).sleep(b""))
        assert await service.events.get() == "started"
        await server.stop(0.05)
        with pytest.raises(RpcError, match="shutting down") as caught:
            await task
        assert caught.value.code is StatusCode.UNAVAILABLE
        assert await service.events.get() == "cancelled"


async def test_closed_channel_cancels_its_calls() -> None:
    service = Echo()
    async with Server([service]) as server:
        channel = Channel(await server.start("127.0.0.1:0"))
        task = asyncio.ensure_future(EchoStub(channel).sleep(b""))
        assert await service.events.get() == "started"
        await channel.close(grace=0.02)
        with pytest.raises(RpcError, match="channel was closed") as caught:
            await task
        assert caught.value.code is StatusCode.CANCELLED
        assert await service.events.get() == "cancelled"
