"""Handlers and streams of requests that raise what they should not: the call ends all the same, and says why."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from echo import Echo, EchoStub, echo_pair

from minirpc.aio import Context
from minirpc.errors import RpcError, StatusCode


class Catastrophe(BaseException):
    """What ``except Exception`` does not catch."""


UNFIT = "no status for a failed call"
WRONG: Any = "neither a status code nor bytes"
WRONG_TEXT: Any = 5


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (Catastrophe("secret"), StatusCode.UNKNOWN, "raised an exception"),
        (StopIteration("secret"), StatusCode.UNKNOWN, "raised an exception"),
        (StopAsyncIteration("secret"), StatusCode.UNKNOWN, "raised an exception"),
        (RpcError(StatusCode.OK, "secret"), StatusCode.INTERNAL, UNFIT),
        (RpcError(WRONG, "secret"), StatusCode.INTERNAL, UNFIT),
        (RpcError(StatusCode.ABORTED, WRONG_TEXT), StatusCode.INTERNAL, UNFIT),
        (RpcError(StatusCode.ABORTED, details=WRONG), StatusCode.INTERNAL, UNFIT),
    ],
)
async def test_handler_that_raises(
    error: BaseException, code: StatusCode, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Service(Echo):
        async def unary(self, request: bytes, context: Context) -> bytes:
            raise error

        def in_thread(self, request: bytes, context: Context) -> bytes:
            raise error

        async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
            yield b"0"
            raise error

    async with echo_pair(Service()) as stub:
        for call in (stub.unary(b"", timeout=10), stub.in_thread(b"", timeout=10)):
            with pytest.raises(RpcError, match=message) as caught:
                await call
            assert caught.value.code is code
            assert "secret" not in caught.value.message
        status = await stub.down(b"", timeout=10).status()
        assert status.code is code
    logged = [record for record in caplog.records if record.name == "minirpc.server"]
    assert len(logged) == 3
    assert all(record.exc_info for record in logged)


async def cancelled_requests() -> AsyncIterator[bytes]:
    yield b"x"
    raise asyncio.CancelledError


async def catastrophic_requests() -> AsyncIterator[bytes]:
    yield b"x"
    raise Catastrophe


def catastrophic_list() -> Iterator[bytes]:
    yield b"x"
    raise Catastrophe


@pytest.mark.parametrize("requests", [cancelled_requests, catastrophic_requests, catastrophic_list])
async def test_requests_that_raise(requests: Callable[[], Any]) -> None:
    async with echo_pair() as stub:
        unheard: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context["exception"]))
        with pytest.raises(RpcError, match="the stream of requests raised C") as caught:
            await stub.up(requests(), timeout=10)
        assert caught.value.code is StatusCode.CANCELLED
        assert isinstance(caught.value.__cause__, Catastrophe | asyncio.CancelledError)
        del caught
        gc.collect()
        assert all(isinstance(error, Catastrophe) for error in unheard)


async def _unary(stub: EchoStub) -> None:
    await stub.unary(b"x", timeout=10)


async def _down(stub: EchoStub) -> None:
    async for _ in stub.down(b"2"):
        pass


async def _bidi(stub: EchoStub) -> None:
    async with stub.bidi() as call:
        await call.send(b"x")
        await call.receive()
        await call.done_writing()
        await call.receive()


async def _failing(stub: EchoStub) -> None:
    try:
        await stub.fail(b"5|not found|")
    except RpcError:
        return


async def _late(stub: EchoStub) -> None:
    try:
        await stub.sleep(b"", timeout=0.001)
    except RpcError:
        return


@pytest.mark.parametrize("make_call", [_unary, _down, _bidi, _failing, _late])
async def test_calls_leave_no_work_for_the_garbage_collector(make_call: Callable[[EchoStub], Awaitable[None]]) -> None:
    async with echo_pair() as stub:
        await make_call(stub)
        await asyncio.sleep(0.01)
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                await make_call(stub)
            await asyncio.sleep(0.01)
            assert gc.collect() < 20, "less than one object for each call"
        finally:
            gc.enable()
