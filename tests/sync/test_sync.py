"""The blocking client against a server in another thread, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from echo import SERVICE, Echo, EchoStub

from minirpc import aio
from minirpc.aio import AuthContext, CallCredentials, ChannelState, ClientCall, ClientProceed
from minirpc.errors import RpcError, StatusCode
from minirpc.sync import Channel, GenericStub

METADATA = [("x-a", "1"), ("x-bytes-bin", b"\x00\xff")]


@pytest.fixture
def stub(server: Any) -> Iterator[Any]:
    with Channel(server.address) as channel:
        yield EchoStub(channel)


def numbers(count: int) -> Iterator[bytes]:
    return (b"%d" % number for number in range(count))


# -- the four kinds


def test_unary(stub: Any) -> None:
    assert stub.unary(b"hello", timeout=5) == b"hello"
    with stub.unary.start(b"x", metadata=METADATA) as call:
        assert call.initial_metadata() == tuple(METADATA)
        assert call.result() == b"x"
        assert call.result() == b"x"
        assert call.trailing_metadata() == tuple(METADATA)
        assert call.status().code is StatusCode.OK
        assert call.done()
        assert call.peer().startswith("ipv4:127.0.0.1:")


def test_server_stream(stub: Any) -> None:
    assert list(stub.down(b"1000")) == list(numbers(1000))
    assert list(stub.down(b"0")) == []
    with stub.down(b"2") as call:
        assert [call.receive(), call.receive(), call.receive(), call.receive()] == [b"0", b"1", None, None]


def test_client_stream(stub: Any) -> None:
    assert stub.up(numbers(11)) == b"11 12"
    assert stub.up([]) == b"0 0"
    with stub.up.start() as call:
        call.send(b"ab")
        call.send(b"c")
        assert call.finish() == b"2 3"


def test_bidi(stub: Any) -> None:
    assert list(stub.bidi(numbers(100))) == list(numbers(100))
    with stub.bidi(metadata=METADATA) as call:
        assert call.initial_metadata() == tuple(METADATA)
        for number in numbers(10):
            call.send(number)
            assert call.receive() == number
        call.done_writing()
        assert call.receive() is None


def test_generic_calls(stub: Any) -> None:
    generic = GenericStub(stub._channel)
    assert generic.unary_unary(f"/{SERVICE}/Unary")(b"x") == b"x"
    assert list(generic.unary_stream(f"/{SERVICE}/Down")(b"2")) == [b"0", b"1"]
    assert generic.stream_unary(f"/{SERVICE}/Up")([b"ab", b"c"]) == b"2 3"
    assert list(generic.stream_stream(f"/{SERVICE}/Bidi")([b"x"])) == [b"x"]


def test_interceptors(server: Any) -> None:
    async def add(call: ClientCall, proceed: ClientProceed) -> None:
        await proceed(metadata=[*call.metadata, ("x-added", "1")])

    with Channel(server.address, interceptors=[add]) as channel:
        call = EchoStub(channel).unary.start(b"")
        assert call.initial_metadata() == (("x-added", "1"),)
        assert call.result() == b""


def test_credentials_of_a_call(stub: Any) -> None:
    async def get(context: AuthContext) -> list[tuple[str, str]]:
        return [("x-from", context.method)]

    with stub.unary.start(b"", credentials=CallCredentials(get, allow_plaintext=True)) as call:
        assert call.trailing_metadata() == (("x-from", "/test.Echo/Unary"),)
    with pytest.raises(ValueError, match="allow_plaintext"):
        stub.unary(b"", credentials=CallCredentials(get))


def test_compression_of_each_message(server: Any) -> None:
    class Mirror(Echo):
        async def bidi(self, requests: AsyncIterator[bytes], context: aio.Context) -> AsyncIterator[bytes]:
            received = [(request, context.request_compressed) async for request in requests]
            context.set_compression("gzip")
            for request, context.compress in received:
                yield request

    choices = [True, False, False, True]
    running = type(server)(Mirror())
    try:
        with Channel(running.address, compression="gzip") as channel, EchoStub(channel).bidi() as call:
            for compress in choices:
                call.send(bytes(1000), compress=compress)
            call.done_writing()
            assert call.status().code is StatusCode.OK  # all have arrived: they come in one batch
            assert [call.response_compressed for _ in call] == choices
    finally:
        running.stop()


# -- how calls end


def test_failures(stub: Any) -> None:
    with pytest.raises(RpcError) as caught:
        stub.fail(b"5|gone|\x01")
    error = caught.value
    assert (error.code, error.message, error.details) == (StatusCode.NOT_FOUND, "gone", b"\x01")
    assert error.trailing_metadata == (("x-reason", "asked for"),)
    with pytest.raises(RpcError):
        stub.down(b"no number").receive()
    with pytest.raises(ValueError, match="reserved"):
        stub.unary(b"", metadata={"grpc-timeout": "1S"})


def test_deadlines(stub: Any, server: Any) -> None:
    stub.unary(b"")  # the connection is there then
    for call in (stub.sleep, lambda request, timeout: stub.sleep.start(request, timeout=timeout).result()):
        with pytest.raises(RpcError) as caught:
            call(b"", timeout=0.5)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        assert [server.next_event(), server.next_event()] == ["started", "cancelled"]


def test_closing_a_call_cancels_it_from_any_thread(stub: Any, server: Any) -> None:
    with stub.sleep.start(b"") as call, ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(call.result)
        assert server.next_event() == "started"
        call.close()
        with pytest.raises(RpcError) as caught:
            waiting.result(20)
        assert caught.value.code is StatusCode.CANCELLED
        assert server.next_event() == "cancelled"


@pytest.mark.parametrize("forget", [False, True])
def test_leaving_a_call_cancels_it(forget: bool, stub: Any, server: Any) -> None:
    if forget:
        call = stub.sleep.start(b"")
        assert server.next_event() == "started"
        del call
        gc.collect()
    else:
        with stub.sleep.start(b""):
            assert server.next_event() == "started"
    assert server.next_event() == "cancelled"


def test_closing_the_channel_ends_what_runs(server: Any) -> None:
    channel = Channel(server.address)
    stub: Any = EchoStub(channel)
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(stub.sleep, b"") for _ in range(8)]
        assert {server.next_event() for _ in range(8)} == {"started"}
        closing = [threading.Thread(target=channel.close) for _ in range(4)]
        for thread in closing:
            thread.start()
        channel.close()
        for thread in closing:
            thread.join(20)
        for future in waiting:
            with pytest.raises(RpcError) as caught:
                future.result(20)
            assert caught.value.code is StatusCode.CANCELLED
    channel.close()
    for use in (stub.unary, stub.unary.start, stub.down):
        with pytest.raises(RuntimeError, match="closed"):
            use(b"")
    assert not [thread for thread in threading.enumerate() if thread.name == "minirpc-sync"]


def test_requests_that_raise(stub: Any) -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        stub.up(failing())
    with pytest.raises(RpcError, match="ZeroDivisionError: mine") as caught:
        list(stub.bidi(failing()))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert stub.unary(b"still here") == b"still here"


def test_endless_requests_stop_with_the_call(stub: Any) -> None:
    closed = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(1000)
        finally:
            closed.set()

    with stub.bidi(endless()) as call:
        assert call.receive() == bytes(1000)
    assert closed.wait(20)


# -- threads and event loops


def test_many_threads(stub: Any) -> None:
    def work(number: int) -> bytes:
        assert list(stub.bidi(numbers(20))) == list(numbers(20))
        return stub.unary(b"%d" % number)  # type: ignore[no-any-return]

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(work, range(64))) == list(numbers(64))


async def test_where_an_event_loop_runs() -> None:
    async with aio.Server([EchoServicer()]) as server:
        address = await server.start("127.0.0.1:0")
        # the server shares this loop, which a blocking call would stop: it blocks in a thread
        with ThreadPoolExecutor(1) as threads:
            assert await asyncio.get_running_loop().run_in_executor(threads, _ask, address) == b"x"
    with Channel("127.0.0.1:1") as channel, pytest.raises(RpcError) as caught:
        EchoStub(channel).unary(b"")  # type: ignore[call-overload]
    assert caught.value.code is StatusCode.UNAVAILABLE


def _ask(address: str) -> bytes:
    with Channel(address) as channel:
        stub: Any = EchoStub(channel)
        return stub.unary(b"x")  # type: ignore[no-any-return]


class EchoServicer(aio.Servicer):
    methods = EchoStub

    async def unary(self, request: bytes, context: aio.Context) -> bytes:
        return request

    in_thread = down = up = bidi = fail = sleep = unary


# -- mixing the worlds up


async def test_async_use_of_blocking_calls_says_what_is_wrong(stub: Any) -> None:
    with pytest.raises(TypeError, match=r"minirpc\.aio\.Channel"):
        async for _ in stub.down(b"1"):
            pass
    with pytest.raises(TypeError, match=r"minirpc\.aio\.Channel"):
        await stub.unary.start(b"")
    with pytest.raises(TypeError, match=r"minirpc\.aio\.Channel"):
        async with stub.bidi():
            pass
    with pytest.raises(TypeError, match=r"minirpc\.aio\.Channel"):
        async with stub._channel:
            pass

    async def requests() -> Any:
        yield b""

    for method in (stub.up, stub.bidi):
        with pytest.raises(TypeError, match="must be an iterable, not async_generator"):
            method(requests())


async def test_blocking_use_of_async_calls_says_what_is_wrong() -> None:
    async with aio.Channel("127.0.0.1:1") as channel:
        stub: Any = EchoStub(channel)
        call = stub.unary(b"")
        with pytest.raises(AttributeError, match="await it"):
            call.distance  # noqa: B018
        call.cancel()
        call = stub.down(b"")
        with pytest.raises(TypeError, match="async for"):
            list(call)
        with pytest.raises(TypeError, match="async with"), call:
            pass
        with pytest.raises(TypeError, match=r"minirpc\.sync\.Channel"), channel:  # type: ignore[attr-defined]
            pass
        call.cancel()


def test_stubs_take_channels_only() -> None:
    with pytest.raises(TypeError, match=r"minirpc\.sync\.Channel, not builtins\.str"):
        EchoStub("127.0.0.1:1")  # type: ignore[arg-type]


def test_blocking_on_the_channels_own_loop_is_refused(server: Any) -> None:
    async def block(call: ClientCall, proceed: ClientProceed) -> None:
        stub.unary(b"")

    with Channel(server.address, interceptors=[block]) as channel:
        stub: Any = EchoStub(channel)
        with pytest.raises(RpcError, match="own event loop"):
            stub.unary(b"")


def test_a_channel_that_nobody_closed_is_warned_of_and_closed(server: Any) -> None:
    channel = Channel(server.address)
    stub: Any = EchoStub(channel)
    stub.unary(b"")
    [thread] = [thread for thread in threading.enumerate() if thread.name == "minirpc-sync"]
    with pytest.warns(ResourceWarning, match="unclosed"):
        del channel, stub
        gc.collect()
    thread.join(20)
    assert not thread.is_alive()


# -- processes

PROGRAM = """
import logging, os, sys
from echo import EchoStub
from minirpc.sync import Channel
from minirpc.errors import RpcError
logging.getLogger("asyncio").setLevel(logging.ERROR)  # debug mode tells of slow callbacks
channel = Channel(sys.argv[1])
stub = EchoStub(channel)
assert stub.unary(b"x") == b"x"
call = stub.sleep.start(b"")
stream = stub.down(b"2000")
assert stream.receive() == b"0"
"""
EXIT = "print('end')"
FORK = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # CPython 3.12 warns of every fork of a process with threads
child = os.fork()
if child == 0:
    for use in (stub.unary, stub.down, lambda _: call.result(), lambda _: stream.receive() and list(stream)):
        try:
            use(b"")
        except RuntimeError as error:
            assert "forked" in str(error), error
        else:
            raise SystemExit("no error in the child")
    channel.close()
    with Channel(sys.argv[1]) as own:
        assert EchoStub(own).unary(b"child") == b"child"
    print("child", flush=True)
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
assert stub.unary(b"parent") == b"parent"
print("end")
"""


@pytest.mark.parametrize(("rest", "says"), [(EXIT, "end\n"), (FORK, "child\nend\n")])
def test_programs_end_cleanly_without_closing(rest: str, says: str, server: Any, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM + rest))
    support = Path(__file__).parents[1] / "support"
    finished = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", program, server.address],
        env={"PYTHONPATH": f"{support}:{Path(__file__).parents[2]}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, says, "")


# -- connectivity


def test_state_connecting_and_waiting(server: Any) -> None:
    with Channel(server.address) as channel:
        assert channel.state is ChannelState.IDLE
        channel.connect(timeout=10)
        assert channel.state is ChannelState.READY
        assert channel.wait_for_state(ChannelState.READY, timeout=10) is ChannelState.READY
        with pytest.raises(TimeoutError):
            channel.wait_for_state(ChannelState.SHUTDOWN, timeout=0.01)
    assert channel.state is ChannelState.SHUTDOWN
    with Channel("127.0.0.1:1", wait_for_ready=True) as channel:
        with pytest.raises(RpcError, match="cannot connect to 127"):
            channel.connect(wait_for_ready=False)
        with pytest.raises(TimeoutError):
            channel.connect(timeout=0.01)
        with pytest.raises(RpcError, match="while connecting to 127"):
            EchoStub(channel).unary(b"", timeout=0.05)
        with pytest.raises(RpcError, match="cannot connect to 127"):
            EchoStub(channel).unary(b"", wait_for_ready=False)
