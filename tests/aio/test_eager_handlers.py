"""Handlers begin without a task of their own, and nothing in them can tell."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import pytest
from echo import Echo, EchoStub

from minirpc.aio import Channel, Context, Server
from minirpc.errors import RpcError, StatusCode

_mark: ContextVar[str] = ContextVar("mark", default="")


class Probe(Echo):
    """Notes what a handler sees before and after it has waited, as the request says."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []
        self.child: asyncio.Task[None] | None = None

    async def unary(self, request: bytes, context: Context) -> bytes:
        task = asyncio.current_task()
        assert task is not None
        self.seen.append((task, task.get_name(), _mark.get()))
        _mark.set(request.decode())
        if request == b"twice":
            await asyncio.sleep(0)
            self.seen.append((asyncio.current_task(), task.get_name(), _mark.get()))
            assert task in asyncio.all_tasks()
        elif request == b"timeout":
            with suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await asyncio.Event().wait()
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(0))
        elif request == b"child":
            self.child = asyncio.ensure_future(asyncio.Event().wait())  # type: ignore[arg-type]
            self.events.put_nowait("waits")
            await self.child
        elif request == b"cancel myself":
            task.cancel()
            await asyncio.sleep(0)
        elif request == b"cancel myself in vain":
            task.cancel()
        return request


@pytest.fixture
def probe() -> Probe:
    return Probe()


async def _warm(stub: EchoStub) -> None:
    """Calls until handlers begin in the task that is kept for them."""
    for _ in range(3):
        await stub.unary(b"")


async def test_a_handler_has_one_task_and_a_context_of_its_own(probe: Probe) -> None:
    async with Server([probe]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        await _warm(stub)
        probe.seen.clear()
        for request in (b"once", b"twice", b"once"):
            assert await stub.unary(request) == request
        (_, *first), (task, *second), (same, *later), (_, *last) = probe.seen
        assert task is same
        assert first == second == last == ["handler of /test.Echo/Unary", ""]
        assert later == ["handler of /test.Echo/Unary", "twice"]


async def test_timeouts_and_groups_work_from_the_first_step(probe: Probe) -> None:
    async with Server([probe]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        await _warm(stub)
        assert await stub.unary(b"timeout", timeout=20) == b"timeout"


async def test_cancelling_reaches_what_the_handler_waits_for(probe: Probe) -> None:
    async with Server([probe]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        await _warm(stub)
        call = asyncio.ensure_future(stub.unary(b"child"))
        assert await probe.events.get() == "waits"
        assert probe.child is not None
        call.cancel()
        await asyncio.wait([probe.child])
        assert probe.child.cancelled()


async def test_a_handler_that_cancels_itself(probe: Probe) -> None:
    async with Server([probe]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        await _warm(stub)
        with pytest.raises(RpcError) as caught:
            await stub.unary(b"cancel myself")
        assert caught.value.code is StatusCode.CANCELLED
        await _warm(stub)
        assert await stub.unary(b"cancel myself in vain") == b"cancel myself in vain"
        assert await stub.unary(b"twice") == b"twice"


async def test_what_is_kept_for_handlers_is_nobody_elses_task(probe: Probe) -> None:
    async with Server([probe]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        await _warm(EchoStub(channel))
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_both_sides_send_without_delay(probe: Probe) -> None:
    async with Server([probe]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        await EchoStub(channel).unary(b"")
        for connection in (*server.connections, *channel.routing.connections):
            sock = connection.transport_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
