"""Forked processes: a child never hangs and never disturbs its parent. Each test is a real program."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parents[1] / "support"
BEGIN = """
import asyncio, logging, multiprocessing, os, signal, socket, sys, warnings
from echo import Echo, EchoStub
from minirpc.aio import Channel, Server
from minirpc.errors import RpcError
import minirpc.sync
logging.getLogger("asyncio").setLevel(logging.ERROR)  # debug mode tells of slow callbacks
warnings.simplefilter("ignore", DeprecationWarning)  # CPython 3.12 warns of forks of processes with threads

def wait(child):
    pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status

"""


def run(program: str, tmp_path: Path, *arguments: str) -> str:
    """Runs a program that must end well and say nothing but what it prints."""
    path = tmp_path / "program.py"
    path.write_text(BEGIN + textwrap.dedent(program))
    finished = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", path, *arguments],
        env={"PYTHONPATH": f"{SUPPORT}:{SUPPORT.parents[1]}"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout


LIVE = """
class Counting(Echo):
    peers = set()
    async def bidi(self, requests, context):
        self.peers.add(context.peer)
        async for request in requests:
            yield request

async def main():
    server = Server([Counting()])
    addresses = [await server.start("127.0.0.1:0"), await server.start(f"unix:{sys.argv[2]}")]
    async with server, Channel(addresses[0]) as first, Channel(addresses[1]) as second:
        stubs = EchoStub(first), EchoStub(second)
        calls = [stub.bidi() for stub in stubs]
        for call in calls:
            await call.send(b"1")
            assert await call.receive() == b"1"
        await asyncio.to_thread(int)  # a child that unwinds waits for such threads, which wake its loop
        child = os.fork()
        if child == 0:
            leave(server, first, second, stubs[0], calls[0])
        await asyncio.to_thread(wait, child)
        for call in calls:
            await call.send(b"2")
            assert await call.receive() == b"2"
            await call.done_writing()
            assert await call.receive() is None
        for stub, address in zip(stubs, addresses):
            assert await stub.unary(b"x") == b"x"
            async with Channel(address) as fresh:
                assert await EchoStub(fresh).unary(b"y") == b"y"
        assert len(Counting.peers) == 2, Counting.peers
    print("parent")
"""
LEAVE = {
    "through everything that is open": """
def leave(*_):
    print("child", flush=True)
    sys.exit()
""",
    "by an error of the channel": """
def leave(server, channel, *rest):
    try:
        EchoStub(channel).unary(b"").status().send(None)
    except RuntimeError as error:
        assert "before this process was forked" in str(error), error
        assert "Make a Channel in the child" in str(error), error
        print("child", flush=True)
        sys.exit()
""",
    "on a loop of its own": """
def leave(server, channel, other, stub, call):
    async def main():
        for use in (stub.unary(b""), server.start("127.0.0.1:0")):
            try:
                await use
            except RuntimeError as error:
                assert "before this process was forked" in str(error), error
            else:
                raise AssertionError("no error")
        await channel.close()
        await server.stop(10)
        async with Server([Echo()]) as own, Channel(await own.start("127.0.0.1:0")) as fresh:
            assert await EchoStub(fresh).unary(b"child") == b"child"
        print("child", flush=True)
    import threading
    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    thread.join()
    os._exit(0)
""",
    "by ending a call": """
def leave(server, channel, other, stub, call):
    call.cancel()
    print("child", flush=True)
    sys.exit()
""",
}


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("leave", LEAVE.values(), ids=LEAVE)
def test_child_leaves_its_parents_calls_alone(leave: str, loop: str, tmp_path: Path) -> None:
    pytest.importorskip(loop)
    begin = f"""
import {loop}
with asyncio.Runner(loop_factory={loop}.new_event_loop) as runner:
    runner.run(main())
"""
    assert run(leave + LIVE + begin, tmp_path, "", str(tmp_path / "socket")) == "child\nparent\n"


def test_workers_that_were_forked_before_the_first_use_serve_and_call(tmp_path: Path) -> None:
    """As a pre-fork server does it: the parent makes everything, binds the socket, forks, and only looks on."""
    program = """
    class Named(Echo):
        async def unary(self, request, context):
            return b"%d" % os.getpid()

        async def fail(self, request, context):  # through the channel that was made before the fork
            return await EchoStub(channel).unary(request, timeout=20)

        def in_thread(self, request, context):
            return request

    listening = socket.create_server(("127.0.0.1", 0), backlog=50)
    channel = Channel("127.0.0.1:%d" % listening.getsockname()[1])
    server = Server([Named()])

    async def work():
        listener = await asyncio.get_running_loop().create_server(server.new_connection, sock=listening)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        listener.close()
        await channel.close()
        await server.stop(5)

    workers = []
    for _ in range(2):
        worker = os.fork()
        if worker == 0:
            asyncio.run(work())
            sys.exit()
        workers.append(worker)

    def ask():
        with minirpc.sync.Channel("127.0.0.1:%d" % listening.getsockname()[1]) as channel:
            stub = EchoStub(channel)
            assert stub.in_thread(b"t", timeout=20) == b"t"
            return int(stub.unary(b"", timeout=20)), int(stub.fail(b"", timeout=20))

    answers = {pid for _ in range(10) for pid in ask()}
    assert answers <= set(workers), answers
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
        wait(worker)
    listening.close()
    print("end")
    """
    assert run(program, tmp_path) == "end\n"


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_workers_of_multiprocessing(method: str, tmp_path: Path) -> None:
    program = """
    def work(address):
        inherited = globals().get("inherited")
        if inherited is not None:
            try:
                EchoStub(inherited).unary(b"")
            except RuntimeError as error:
                assert "forked" in str(error), error
            else:
                raise AssertionError("no error")
        with minirpc.sync.Channel(address) as channel:
            assert EchoStub(channel).unary(b"child") == b"child"

    async def aio_work(address):
        async with Channel(address) as channel:
            assert await EchoStub(channel).unary(b"child") == b"child"

    def both(address):
        work(address)
        asyncio.run(aio_work(address))

    async def main():
        global inherited
        context = multiprocessing.get_context(sys.argv[1])
        async with Server([Echo()]) as server:
            address = await server.start("127.0.0.1:0")
            inherited = minirpc.sync.Channel(address)
            await asyncio.to_thread(EchoStub(inherited).unary, b"x")
            worker = context.Process(target=both, args=(address,))
            worker.start()
            await asyncio.to_thread(worker.join, 40)
            assert worker.exitcode == 0, worker
            assert await asyncio.to_thread(EchoStub(inherited).unary, b"x") == b"x"
            await asyncio.to_thread(inherited.close)
            worker.close()
        print("end")

    if __name__ == "__main__":
        asyncio.run(main())
    """
    assert run(program, tmp_path, method) == "end\n"


def test_signal_to_a_child_does_not_stop_the_parents_server(tmp_path: Path) -> None:
    program = """
    async def main():
        server = Server([Echo()])
        listening = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(server.serve("127.0.0.1:0", on_listening=listening.set_result))
        [address] = await listening
        there, here = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(here, b"x")
            while True:
                signal.pause()
        os.read(there, 1)
        os.kill(child, signal.SIGTERM)
        pid, status = await asyncio.to_thread(os.waitpid, child, 0)
        assert os.WTERMSIG(status) == signal.SIGTERM, status
        async with Channel(address) as channel:
            for _ in range(3):
                assert await EchoStub(channel).unary(b"x", timeout=20) == b"x"
        assert not serving.done()
        os.kill(os.getpid(), signal.SIGTERM)
        await serving
        print("end")

    asyncio.run(main())
    """
    assert run(program, tmp_path) == "end\n"
