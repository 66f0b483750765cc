"""The check that follows every asynchronous test must be able to fail."""

from __future__ import annotations

import asyncio
import threading

import leaks
import pytest
from leaks import assert_nothing_left


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "_ROUNDS", 2)


async def test_task_is_found() -> None:
    task = asyncio.create_task(asyncio.sleep(60), name="forgotten")
    with pytest.raises(AssertionError, match="forgotten"):
        await assert_nothing_left(set(threading.enumerate()))
    task.cancel()


async def test_listener_and_transports_are_found() -> None:
    listener = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    with pytest.raises(AssertionError, match="Server"):
        await assert_nothing_left(set(threading.enumerate()))
    _, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
    listener.close()
    with pytest.raises(AssertionError, match="Transport"):
        await assert_nothing_left(set(threading.enumerate()))
    writer.close()


async def test_thread_is_found() -> None:
    before = set(threading.enumerate())
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="forgotten")
    thread.start()
    with pytest.raises(AssertionError, match="forgotten"):
        await assert_nothing_left(before)
    release.set()
