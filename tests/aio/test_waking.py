"""Tasks that wait for the network: they go on in the middle of a read, and must not notice."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from contextvars import ContextVar

import pytest
from echo import Echo, EchoStub, echo_pair

from minirpc.aio import Channel, Context, Server
from minirpc.errors import RpcError, StatusCode

_DEPTH: ContextVar[int] = ContextVar("_DEPTH", default=0)


class _Gate(Echo):
    """Answers its unary calls all together, when so many are there."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._open = asyncio.Event()

    async def unary(self, request: bytes, context: Context) -> bytes:
        self._size -= 1
        if not self._size:
            self._open.set()
        await self._open.wait()
        return request


async def test_a_task_keeps_its_context_and_is_the_current_one() -> None:
    async with echo_pair() as stub:

        async def count(start: int) -> None:
            _DEPTH.set(start)
            me = asyncio.current_task()
            for step in range(1, 20):
                assert await stub.unary(b"x") == b"x"
                assert asyncio.current_task() is me
                assert _DEPTH.get() == start + step - 1
                _DEPTH.set(start + step)

        await asyncio.gather(*(count(1000 * number) for number in range(20)))
        assert _DEPTH.get() == 0


async def test_the_usual_ways_to_wait_for_a_call() -> None:
    async with echo_pair() as stub:
        assert await asyncio.wait_for(stub.unary(b"1"), 10) == b"1"
        assert await asyncio.gather(stub.unary(b"2"), stub.unary(b"3")) == [b"2", b"3"]
        assert await asyncio.shield(stub.unary(b"4")) == b"4"
        done, _ = await asyncio.wait([asyncio.ensure_future(stub.unary(b"5"))])
        assert done.pop().result() == b"5"
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asyncio.wait_for(stub.unary(b"6"), None)) for _ in range(3)]
        assert [task.result() for task in tasks] == [b"6"] * 3
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stub.sleep(b"60"), 0.05)


async def test_a_woken_task_may_cancel_another_that_the_same_read_wakes() -> None:
    async with echo_pair(_Gate(2)) as stub:
        tasks: list[asyncio.Task[str]] = []

        async def call(number: int) -> str:
            try:
                await stub.unary(b"x")
            except asyncio.CancelledError:
                return "cancelled"
            tasks[1 - number].cancel()
            return "first"

        tasks += [asyncio.create_task(call(number)) for number in range(2)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert "first" in results
        # where one read brings both answers, the other is cancelled after its call has succeeded
        assert all(result in ("first", "cancelled") or isinstance(result, asyncio.CancelledError) for result in results)


async def test_a_woken_task_may_close_the_channel() -> None:
    async with Server([_Gate(8)]) as server:
        channel = Channel(await server.start("127.0.0.1:0"))
        stub = EchoStub(channel)

        async def call() -> str:
            try:
                await stub.unary(b"x")
            except RpcError as error:
                return error.code.name
            await channel.close()
            with pytest.raises(RuntimeError, match="is closed"):
                await stub.unary(b"too late")
            return "OK"

        codes = await asyncio.gather(*(call() for _ in range(8)))
        assert {"OK"} <= set(codes) <= {"OK", "CANCELLED", "UNAVAILABLE"}


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_ends_it_out_of_a_woken_task(interrupt: type[BaseException]) -> None:
    ended: list[str] = []

    async def main() -> None:
        async with echo_pair(_Gate(5)) as stub:

            async def call(number: int) -> None:
                try:
                    await stub.unary(b"x")
                    if number == 0:
                        raise interrupt
                    await asyncio.sleep(60)
                finally:
                    ended.append("call")

            with suppress(KeyboardInterrupt, SystemExit):  # the loop raises it again
                await asyncio.gather(*(call(number) for number in range(5)))

    with pytest.raises(interrupt):
        asyncio.run(main())
    assert ended == ["call"] * 5


def test_what_ends_the_program_in_the_middle_of_a_read_leaves_nobody_waiting() -> None:
    """A policy that hears of a call's end raises when the first of several replies has been taken up."""
    ended: list[int] = []
    left: list[StatusCode] = []

    def leave(code: StatusCode) -> None:
        left.append(code)
        if len(left) == 1:
            raise SystemExit

    async def main() -> None:
        async with Server([_Gate(3)]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
            await channel.connect()
            for subchannel in channel.routing.subchannels:
                subchannel.on_call_end = leave
            stub = EchoStub(channel)

            async def call(number: int) -> None:
                try:
                    await stub.unary(b"x")
                finally:
                    ended.append(number)

            await asyncio.wait([asyncio.create_task(call(number)) for number in range(3)])

    with pytest.raises(SystemExit):
        asyncio.run(main())
    assert sorted(ended) == [0, 1, 2]


async def test_a_handler_that_answers_each_message_is_woken_by_each() -> None:
    class Talker(Echo):
        async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
            me = asyncio.current_task()
            async for request in requests:
                assert asyncio.current_task() is me
                yield request
            yield b"end"

    async with echo_pair(Talker()) as stub, stub.bidi() as call:
        for number in range(50):
            await call.send(b"%d" % number)
            assert await call.receive() == b"%d" % number
        await call.done_writing()
        assert [reply async for reply in call] == [b"end"]


async def test_two_tasks_cannot_receive_from_one_call() -> None:
    async with echo_pair() as stub, stub.bidi() as call:
        await call.send(b"first")
        assert await call.receive() == b"first"
        waiting = asyncio.create_task(call.receive())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await call.receive()
        waiting.cancel()
        await asyncio.wait([waiting])
        await call.send(b"second")
        assert await call.receive() == b"second"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
async def test_handlers_run_where_all_tasks_are_eager() -> None:
    asyncio.get_running_loop().set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
    async with echo_pair(_Gate(3)) as stub:
        assert await asyncio.gather(*(stub.unary(b"x") for _ in range(3))) == [b"x"] * 3
        assert not [task for task in asyncio.all_tasks() if "reserve" in task.get_name()]
