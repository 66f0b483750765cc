"""Interceptors on both sides: what they see, what they change, and how the call ends, for the four kinds."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from echo import Echo, EchoStub, echo_pair

from minirpc.aio import (
    Channel,
    ClientCall,
    ClientProceed,
    Context,
    InterceptedCall,
    Proceed,
    Server,
    ServerCall,
    Status,
)
from minirpc.errors import RpcError, StatusCode
from minirpc.services.health import Health, HealthCheckRequest, HealthCheckResponse, HealthStub, ServingStatus

user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")


async def stream(*messages: bytes) -> AsyncIterator[bytes]:
    for message in messages:
        await asyncio.sleep(0)
        yield message


async def call_bidi(stub: EchoStub) -> list[bytes]:
    return [reply async for reply in stub.bidi(stream(b"a", b"b"))]


async def call_unary(stub: EchoStub) -> list[bytes]:
    return [await stub.unary(b"a")]


async def call_up(stub: EchoStub) -> list[bytes]:
    return [await stub.up([b"a", b"b"])]


async def call_down(stub: EchoStub) -> list[bytes]:
    return [reply async for reply in stub.down(b"2")]


KINDS = [(call_unary, [b"a"]), (call_up, [b"2 2"]), (call_down, [b"0", b"1"]), (call_bidi, [b"a", b"b"])]


class Recorder:
    """An interceptor for either side that notes all that it sees."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.ends: list[Status] = []
        self.left: list[str] = []

    async def __call__(self, call: InterceptedCall, proceed: Proceed) -> None:
        def over(status: Status, duration: float) -> None:
            assert duration >= 0
            self.ends.append(status)

        call.add_done_callback(over)

        async def requests() -> AsyncIterator[bytes]:
            async for request in call.requests:
                self.seen.append(b"> " + request)
                yield request

        async def respond(response: bytes) -> None:
            self.seen.append(b"< " + response)
            await call.respond(response)

        try:
            await proceed(requests=requests(), respond=respond)
        except BaseException as error:
            self.left.append(type(error).__name__)
            raise
        self.left.append("returned")


Side = Callable[..., Any]


def on_server(*interceptors: Any, service: Echo | None = None) -> Any:
    return echo_pair(service, server_options={"interceptors": interceptors})


def on_client(*interceptors: Any, service: Echo | None = None) -> Any:
    return echo_pair(service, interceptors=interceptors)


both_sides = pytest.mark.parametrize("side", [on_server, on_client])


@both_sides
@pytest.mark.parametrize(("call", "replies"), KINDS)
async def test_the_four_kinds_pass(
    side: Side, call: Callable[[EchoStub], Awaitable[list[bytes]]], replies: Any
) -> None:
    recorder = Recorder()
    async with side(recorder) as stub:
        assert await call(stub) == replies
        assert [line[2:] for line in recorder.seen if line.startswith(b"<")] == replies
        assert any(line.startswith(b">") for line in recorder.seen)
    assert [status.code for status in recorder.ends] == [StatusCode.OK]
    assert recorder.left == ["returned"]


async def test_messages_are_objects() -> None:
    seen: list[str] = []

    async def look(call: InterceptedCall, proceed: Proceed) -> None:
        async def respond(response: HealthCheckResponse) -> None:
            seen.append(f"{(await call.request()).service} {response.status.name}")
            await call.respond(response)

        await proceed(respond=respond)

    health = Health(["a"])
    async with (
        Server([health], interceptors=[look]) as server,
        Channel(await server.start("127.0.0.1:0"), interceptors=[look]) as channel,
    ):
        stub = HealthStub(channel)
        await stub.check(HealthCheckRequest(service="a"))
        async with stub.watch(HealthCheckRequest(service="a")) as call:
            await call.receive()
            health.set("a", ServingStatus.NOT_SERVING)
            await call.receive()
    assert seen == ["a SERVING"] * 4 + ["a NOT_SERVING"] * 2


@both_sides
@pytest.mark.parametrize(("call", "replies"), KINDS)
async def test_interceptors_replace_requests_and_responses(
    side: Side, call: Callable[[EchoStub], Awaitable[list[bytes]]], replies: Any
) -> None:
    async def doubled(call: InterceptedCall, proceed: Proceed) -> None:
        async def respond(response: bytes) -> None:
            await call.respond(response * 2)

        await proceed(requests=[request async for request in call.requests], respond=respond)

    async with side(doubled) as stub:
        assert await call(stub) == [reply * 2 for reply in replies]


@both_sides
async def test_the_first_interceptor_is_outermost(side: Side) -> None:
    def appending(text: bytes) -> Any:
        async def interceptor(call: InterceptedCall, proceed: Proceed) -> None:
            async def respond(response: bytes) -> None:
                await call.respond(response + b"<" + text)

            await proceed(requests=[await call.request() + b">" + text], respond=respond)

        return interceptor

    async with side(appending(b"1"), appending(b"2")) as stub:
        assert await stub.unary(b"x") == b"x>1>2<2<1"


@both_sides
async def test_an_interceptor_answers_itself(side: Side) -> None:
    class Unreached(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            raise AssertionError

        async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
            raise AssertionError
            yield b""

    async def answer(call: InterceptedCall, proceed: Proceed) -> None:
        for _ in range(2 if call.method.server_streaming else 1):
            await call.respond(b"cached")

    async with side(answer, service=Unreached()) as stub:
        assert await stub.unary(b"x") == b"cached"
        assert await call_bidi(stub) == [b"cached", b"cached"]


@both_sides
async def test_an_interceptor_refuses(side: Side) -> None:
    recorder = Recorder()

    async def refuse(call: InterceptedCall, proceed: Proceed) -> None:
        raise RpcError(StatusCode.PERMISSION_DENIED, "not you", details=b"\x01")

    async with side(recorder, refuse) as stub:
        for call in (call_unary, call_down, call_up, call_bidi):
            with pytest.raises(RpcError, match="not you") as caught:
                await call(stub)
            assert caught.value.code is StatusCode.PERMISSION_DENIED
            assert caught.value.details == b"\x01"
    assert [(status.code, status.message) for status in recorder.ends] == [
        (StatusCode.PERMISSION_DENIED, "not you")
    ] * 4


@both_sides
@pytest.mark.parametrize(
    ("responses", "message"), [(0, "without a response"), (2, "more than one response"), (1, "raised")]
)
async def test_an_interceptor_that_breaks_the_rules(side: Side, responses: int, message: str) -> None:
    async def broken(call: InterceptedCall, proceed: Proceed) -> None:
        for _ in range(responses):
            await call.respond(b"")
        if responses == 1:
            raise ZeroDivisionError("secret")

    async with side(broken) as stub:
        with pytest.raises(RpcError, match=message) as caught:
            await stub.unary(b"")
        unknown = responses == 1 and side is on_server
        assert caught.value.code is (StatusCode.UNKNOWN if unknown else StatusCode.INTERNAL)
        assert isinstance(caught.value.__cause__, ZeroDivisionError) == (responses == 1 and side is on_client)


@both_sides
async def test_the_final_status_is_told_once_when_the_deadline_passes(side: Side) -> None:
    recorder = Recorder()
    service = Echo()
    async with side(recorder, service=service) as stub:
        await stub.unary(b"")  # the connection is there then
        recorder.ends.clear()
        recorder.left.clear()
        with pytest.raises(RpcError) as caught:
            await stub.sleep(b"", timeout=0.5)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        assert [await service.events.get() for _ in range(2)] == ["started", "cancelled"]
    assert len(recorder.ends) == len(recorder.left) == 1
    # the client's timer for the same deadline may be faster than the server's, and resets the stream
    gone = {StatusCode.CANCELLED} if side is on_server else set()
    assert recorder.ends[0].code in {StatusCode.DEADLINE_EXCEEDED} | gone


@both_sides
async def test_the_final_status_is_told_once_when_the_caller_cancels(side: Side) -> None:
    recorder = Recorder()
    service = Echo()
    async with side(recorder, service=service) as stub:
        waiting = asyncio.create_task(_wait_for(stub.sleep(b"")))
        assert await service.events.get() == "started"
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await service.events.get() == "cancelled"
    assert [status.code for status in recorder.ends] == [StatusCode.CANCELLED]
    assert recorder.left == ["CancelledError"]


async def _wait_for(call: Awaitable[bytes]) -> bytes:
    return await call


class Endless(Echo):
    async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        self.events.put_nowait("started")
        try:
            while True:
                yield bytes(1000)
        finally:
            self.events.put_nowait("cancelled")


@both_sides
async def test_the_final_status_of_a_stream_that_nobody_reads(side: Side) -> None:
    recorder = Recorder()
    service = Endless()
    async with side(recorder, service=service) as stub:
        call = stub.down(b"")
        await call.initial_metadata()
        assert await service.events.get() == "started"
        del call
        gc.collect()
        assert await service.events.get() == "cancelled"
    assert [status.code for status in recorder.ends] == [StatusCode.CANCELLED]


@both_sides
async def test_a_stream_that_nobody_reads_holds_its_sender(side: Side) -> None:
    recorder = Recorder()
    async with side(recorder, service=Endless()) as stub:
        async with stub.down(b"") as call:
            assert await call.receive() == bytes(1000)
            before = -1
            while before != len(recorder.seen):
                before = len(recorder.seen)
                await asyncio.sleep(0.1)
        assert before < 3000
    assert [status.code for status in recorder.ends] == [StatusCode.CANCELLED]


async def test_a_closed_channel_ends_what_interceptors_wait_for() -> None:
    recorder = Recorder()
    started = asyncio.Event()

    async def slow(call: ClientCall, proceed: ClientProceed) -> None:
        started.set()
        await asyncio.get_running_loop().create_future()

    async with on_client(recorder, slow) as stub:
        waiting = asyncio.create_task(_wait_for(stub.unary(b"")))
        await started.wait()
    with pytest.raises(RpcError, match="channel was closed"):
        await waiting
    assert [status.code for status in recorder.ends] == [StatusCode.CANCELLED]


async def test_failing_done_callbacks_harm_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def broken(status: Status, duration: float) -> None:
        raise ZeroDivisionError

    async def interceptor(call: InterceptedCall, proceed: Proceed) -> None:
        call.add_done_callback(broken)
        await proceed()

    async with echo_pair(server_options={"interceptors": [interceptor]}, interceptors=[interceptor]) as stub:
        assert await stub.unary(b"x") == b"x"
    assert [record.name for record in caplog.records] == ["minirpc.interceptors"] * 2


# -- the server's side


async def test_server_interceptors_set_context_variables_for_handlers() -> None:
    class Who(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            return user.get().encode()

        def in_thread(self, request: bytes, context: Context) -> bytes:
            return user.get().encode()

        async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
            yield user.get().encode()
            await asyncio.sleep(0)
            yield user.get().encode()

    async def identify(call: ServerCall, proceed: Proceed) -> None:
        token = user.set(str(dict(call.metadata).get("x-user")))
        try:
            await proceed()
        finally:
            user.reset(token)

    async with on_server(identify, service=Who()) as stub:
        metadata = {"x-user": "olena"}
        assert await stub.unary(b"", metadata=metadata) == b"olena"
        assert await stub.in_thread(b"", metadata=metadata) == b"olena"
        assert [reply async for reply in stub.down(b"", metadata=metadata)] == [b"olena", b"olena"]


async def test_server_interceptors_add_metadata_to_those_of_the_handler() -> None:
    async def add(call: ServerCall, proceed: Proceed) -> None:
        call.context.add_initial_metadata({"y-first": "1"})
        try:
            await proceed()
        finally:
            call.context.add_trailing_metadata({"y-last": "2"})

    async with on_server(add) as stub:
        call = stub.unary(b"", metadata={"x-own": "0"})
        assert await call == b""
        assert await call.initial_metadata() == (("y-first", "1"), ("x-own", "0"))
        assert await call.trailing_metadata() == (("x-own", "0"), ("y-last", "2"))
        with pytest.raises(RpcError) as caught:
            await stub.fail(b"5|gone|")
        assert caught.value.trailing_metadata == (("x-reason", "asked for"), ("y-last", "2"))


async def test_server_interceptors_see_what_handlers_raise() -> None:
    class Raising(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            raise KeyError("no such thing")

    async def translate(call: ServerCall, proceed: Proceed) -> None:
        try:
            await proceed()
        except KeyError as error:
            raise RpcError(StatusCode.NOT_FOUND, str(error)) from error

    async with on_server(translate, service=Raising()) as stub:
        with pytest.raises(RpcError, match="no such thing") as caught:
            await stub.unary(b"")
        assert caught.value.code is StatusCode.NOT_FOUND


async def test_what_a_server_interceptor_raises_takes_the_place_of_the_response() -> None:
    async def uncommitted(call: ServerCall, proceed: Proceed) -> None:
        await proceed()
        raise RpcError(StatusCode.ABORTED, "commit failed")

    async with on_server(uncommitted) as stub:
        call = stub.in_thread(b"x")
        with pytest.raises(RpcError, match="commit failed"):
            await call
        assert await call.initial_metadata() == ()


# -- the client's side


class Flaky(Echo):
    """Fails with UNAVAILABLE until the attempt that is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.attempts: list[tuple[Any, ...]] = []

    async def unary(self, request: bytes, context: Context) -> bytes:
        self.attempts.append(context.metadata)
        if len(self.attempts) < int(request):
            context.set_trailing_metadata({"x-attempt": str(len(self.attempts))})
            context.abort(StatusCode.UNAVAILABLE, "not yet")
        await context.send_initial_metadata({"x-attempt": str(len(self.attempts))})
        return b"done"


async def retry(call: ClientCall, proceed: ClientProceed) -> None:
    for last in (False, False, True):
        try:
            await proceed(timeout=5)
        except RpcError as error:
            if last or error.code is not StatusCode.UNAVAILABLE:
                raise
        else:
            return


async def test_client_interceptors_retry() -> None:
    recorder = Recorder()
    attempts = Recorder()
    numbers = iter(range(10))

    async def number(call: ClientCall, proceed: ClientProceed) -> None:
        await proceed(metadata=[*call.metadata, ("x-number", str(next(numbers)))])

    service = Flaky()
    async with on_client(recorder, retry, attempts, number, service=service) as stub:
        call = stub.unary(b"3", metadata={"x-own": "1"})
        assert await call == b"done"
        assert await call.initial_metadata() == (("x-attempt", "3"),)
        assert call.peer().startswith("ipv4:127.0.0.1:")
        sent = [[pair for pair in metadata if pair[0].startswith("x-")] for metadata in service.attempts]
        assert sent == [[("x-own", "1"), ("x-number", str(number))] for number in range(3)]

        with pytest.raises(RpcError, match="not yet") as caught:
            await stub.unary(b"100")
        assert caught.value.trailing_metadata == (("x-attempt", "6"),)
        assert caught.value.peer == call.peer()
    assert [status.code for status in recorder.ends] == [StatusCode.OK, StatusCode.UNAVAILABLE]
    assert attempts.left == ["RpcError", "RpcError", "returned", "RpcError", "RpcError", "RpcError"]


async def test_client_interceptors_see_the_metadata_of_the_server() -> None:
    seen: list[Any] = []

    async def look(call: ClientCall, proceed: ClientProceed) -> None:
        await proceed()
        seen.extend((call.initial_metadata, call.trailing_metadata, call.peer))

    async with on_client(look) as stub:
        call = stub.bidi(stream(b"x"), metadata={"x-a": "1"})
        assert await call.initial_metadata() == (("x-a", "1"),)
        assert [reply async for reply in call] == [b"x"]
        assert await call.trailing_metadata() == (("x-a", "1"),)
        assert seen == [(("x-a", "1"),), (("x-a", "1"),), call.peer()]


async def test_initial_metadata_pass_client_interceptors_before_the_first_message() -> None:
    async with on_client(Recorder()) as stub, stub.bidi(metadata={"x-a": "1"}) as call:
        assert await call.initial_metadata() == (("x-a", "1"),)
        for number in range(50):
            await call.send(b"%d" % number)
            assert await call.receive() == b"%d" % number
        await call.done_writing()
        assert await call.receive() is None


async def _next(requests: AsyncIterator[bytes]) -> bytes:
    return await anext(requests)


async def test_a_handler_may_end_while_a_task_of_its_own_waits_for_requests_of_an_interceptor() -> None:
    class Early(Echo):
        async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
            reader = asyncio.create_task(_next(requests))
            await asyncio.sleep(0)
            yield b"reply"
            reader.add_done_callback(lambda task: ended.set_result(task.exception()))

    async def replaced(call: ServerCall, proceed: Proceed) -> None:
        await proceed(requests=(request async for request in call.requests))

    ended: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
    async with echo_pair(Early(), server_options={"interceptors": [replaced]}) as stub, stub.bidi() as call:
        assert await call.receive() == b"reply"
        assert await call.receive() is None
        assert isinstance(await ended, RpcError)


async def test_failed_calls_end_and_are_logged_behind_client_interceptors(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "minirpc.channel"):
        async with asyncio.timeout(30), on_client(Recorder()) as stub:
            with pytest.raises(RpcError, match="gone"):
                await stub.fail(b"5|gone|")
            with pytest.raises(RpcError) as caught:
                await stub.sleep(b"", timeout=0.05)
    assert "call of /test.Echo/Fail at ipv4:127.0.0.1:" in caplog.text
    assert caught.value.message == "the deadline passed"  # not: before there was a connection


async def test_a_client_interceptor_sets_a_default_deadline() -> None:
    async def impatient(call: ClientCall, proceed: ClientProceed) -> None:
        await proceed(timeout=0.05 if call.time_remaining() is None else None)

    async with on_client(impatient) as stub:
        with pytest.raises(RpcError) as caught:
            await stub.sleep(b"")
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED


async def test_the_deadline_holds_for_what_client_interceptors_do_themselves() -> None:
    async def slow(call: ClientCall, proceed: ClientProceed) -> None:
        remaining = call.time_remaining()
        assert remaining is not None
        assert 0 < remaining <= 0.05
        await asyncio.get_running_loop().create_future()

    async with on_client(slow) as stub:
        with pytest.raises(RpcError) as caught:
            await stub.unary(b"", timeout=0.05)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED


async def test_requests_that_fail_reach_the_caller_through_client_interceptors() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"a"
        raise ZeroDivisionError

    async with on_client(Recorder()) as stub:
        with pytest.raises(RpcError, match="ZeroDivisionError"):
            await stub.up(failing())
        unencodable: Any = 5
        with pytest.raises(RpcError):
            await stub.unary(unencodable)
        assert await stub.up([b"abc"]) == b"1 3"


async def test_messages_through_interceptors_may_be_the_same_object() -> None:
    async with on_client(Recorder()) as stub, stub.up() as call:
        await asyncio.gather(*(call.send(b"x") for _ in range(20)))
        assert await call.finish() == b"20 20"


async def test_calls_of_a_server_that_is_not_there_fail_through_interceptors() -> None:
    async with Server([Echo()]) as server:
        address = await server.start("127.0.0.1:0")
    recorder = Recorder()
    async with Channel(address, interceptors=[recorder, retry]) as channel:
        with pytest.raises(RpcError) as caught:
            await EchoStub(channel).unary(b"")
        assert caught.value.code is StatusCode.UNAVAILABLE
    assert [status.code for status in recorder.ends] == [StatusCode.UNAVAILABLE]


async def test_options_of_a_call_hold_behind_client_interceptors() -> None:
    class Compressed(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            return b"%d" % context.request_compressed

        async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
            return b"".join([b"%d" % context.request_compressed async for _ in requests])

    async with on_client(Recorder(), service=Compressed()) as stub:
        assert await stub.unary(bytes(1000), compression="gzip") == b"1"
        assert await stub.unary(bytes(1000)) == b"0"
        assert await stub.up([bytes(1000)] * 2, compression="deflate") == b"11"


async def test_compression_of_each_message_behind_client_interceptors() -> None:
    class Compressed(Echo):
        async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
            async for request in requests:
                context.compress = context.request_compressed
                yield request

    async def passing(call: ClientCall, proceed: ClientProceed) -> None:
        await proceed()

    async def replacing(call: ClientCall, proceed: ClientProceed) -> None:
        async def requests() -> AsyncIterator[bytes]:
            async for request in call.requests:
                yield request + b"!"

        await proceed(requests=requests())

    options: dict[str, Any] = {"compression": "gzip", "server_options": {"compression": "gzip"}}
    for interceptors, kept in (([Recorder(), passing], True), ([replacing], False)):
        async with echo_pair(Compressed(), interceptors=interceptors, **options) as stub, stub.bidi() as call:
            for compress in (True, False, False, True):
                await call.send(bytes(1000), compress=compress)
                assert await call.receive() is not None
                assert call.response_compressed is (compress if kept else True)
