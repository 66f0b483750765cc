"""Channels and servers that are forgotten, or used where they do not belong."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest
from echo import Echo, EchoStub

from minirpc.aio import Channel, Server

SUPPORT = Path(__file__).parents[1] / "support"


def _make_channel(address: str) -> Channel:
    return Channel(address)


def _make_server() -> Server:
    return Server([Echo()])


@pytest.mark.parametrize("closing", ["nothing", "the channel", "both"])
def test_what_nobody_closed_is_warned_of(closing: str) -> None:
    async def main() -> None:
        server = _make_server()
        channel = _make_channel(await server.start("127.0.0.1:0"))
        assert await EchoStub(channel).unary(b"x") == b"x"
        if closing != "nothing":
            await channel.close()
        if closing == "both":
            await server.stop()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    told = sorted(str(warning.message) for warning in caught if "unclosed <" in str(warning.message))
    ours = [text for text in told if text.startswith(("unclosed <Channel", "unclosed <Server"))]
    where = {"nothing": ["in _make_channel", "in _make_server"], "the channel": ["in _make_server"], "both": []}[
        closing
    ]
    assert len(ours) == len(where)
    for text, place in zip(ours, where, strict=True):
        assert (place in text) == sys.flags.dev_mode, "says where it was made"


PROGRAM = """
import asyncio, gc, logging, sys, threading
from echo import Echo, EchoStub
from minirpc.aio import Channel, Server
logging.getLogger("asyncio").setLevel(logging.ERROR)  # debug mode tells of slow callbacks

async def main():
    global channel, server, call
    server = Server([Echo()])
    channel = Channel(await server.start("127.0.0.1:0"))
    assert await EchoStub(channel).unary(b"x") == b"x"
    call = EchoStub(channel).bidi()
    await call.send(b"x")
    assert await call.receive() == b"x"
    END

asyncio.run(main())
print("end")
"""
GOOD = "await call.done_writing(); assert await call.receive() is None; await channel.close(); await server.stop()"
FORGETFUL = "pass"


def run(program: str, tmp_path: Path) -> tuple[int, str, str]:
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(program))
    environment = {"PYTHONPATH": f"{SUPPORT}:{SUPPORT.parents[1]}"}
    command = [sys.executable, "-X", "dev", "-W", "error", path]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=50, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def test_program_that_closes_what_it_made_is_silent(tmp_path: Path) -> None:
    assert run(PROGRAM.replace("END", GOOD), tmp_path) == (0, "end\n", "")


def test_the_end_of_the_interpreter_is_none_of_our_noise(tmp_path: Path) -> None:
    status, output, errors = run(PROGRAM.replace("END", FORGETFUL), tmp_path)
    assert (status, output) == (0, "end\n")
    assert "minirpc" not in errors, "asyncio tells of its own transports; that suffices"


async def test_use_in_a_thread_says_what_is_wrong() -> None:
    async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = EchoStub(channel)
        assert await stub.unary(b"x") == b"x"
        with pytest.raises(
            RuntimeError, match=r"<Channel .*> belongs to .*Loop.* where no event loop runs.*minirpc.sync"
        ):
            await asyncio.to_thread(lambda: stub.unary(b"").status().send(None))
        with pytest.raises(RuntimeError, match=r"<Channel .*> belongs to .*Loop.* and was used from .*Loop"):
            await asyncio.to_thread(asyncio.run, stub.unary(b"").status())
        with pytest.raises(RuntimeError, match=r"<Server of test.Echo> belongs to .*Loop.* and was used from .*Loop"):
            await asyncio.to_thread(asyncio.run, server.start("127.0.0.1:0"))
        assert await stub.unary(b"x") == b"x"
    await asyncio.get_running_loop().shutdown_default_executor()
