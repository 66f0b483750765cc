"""``python -m benchmarks.rpc.workers``: what a second process of a server brings, as a table.

minirpc's processes are ``minirpc.aio.serve(workers=N)``; grpc.aio's share the port by SO_REUSEPORT, as grpcio's
examples have it. A call keeps its handler's processor busy for a while. The clients are minirpc's for both, in two
processes with four connections each; they share the processors with the server.

Besides, it is each of its own processes: ``… server STACK WORKERS`` prints its port and serves until SIGTERM, ``…
client PORT MICROSECONDS SECONDS`` prints how many calls it has made, and in what time.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from statistics import median
from time import perf_counter, thread_time
from typing import Any

from benchmarks.toolchain import ROOT, installed, table, versions
from minirpc.aio import Channel, Context, Server, Servicer, Stub, serve
from minirpc.aio.service import UnaryUnary
from minirpc.rpc.method import RAW

_CLIENTS = 2
_CONNECTIONS = 4  # of each client
_IN_FLIGHT = 4  # calls on each connection


class _BusyStub(Stub):
    work = UnaryUnary("/minirpc.benchmarks.Busy/Work", RAW, RAW)


def _work(request: bytes) -> bytes:
    """Takes so many microseconds of the processor."""
    end = thread_time() + int(request) / 1e6
    while thread_time() < end:
        pass
    return request


class _Busy(Servicer):
    methods = _BusyStub

    async def work(self, request: bytes, context: Context) -> bytes:
        return _work(request)


def make_server() -> Server:
    """The application of minirpc's workers."""
    return Server([_Busy()])


def _say_port(addresses: Sequence[str]) -> None:
    print(addresses[0].rpartition(":")[2], flush=True)


async def _serve_grpc(port: int) -> None:
    grpc: Any = importlib.import_module("grpc")
    grpc_aio: Any = importlib.import_module("grpc.aio")

    async def work(request: bytes, context: Any) -> bytes:
        return _work(request)

    server = grpc_aio.server(options=[("grpc.so_reuseport", 1)])
    handlers = {"Work": grpc.unary_unary_rpc_method_handler(work)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("minirpc.benchmarks.Busy", handlers),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    print(port, flush=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await server.stop(0)


async def _client(port: str, microseconds: str, seconds: float) -> None:
    request = microseconds.encode()
    done = 0

    async def call(stub: _BusyStub) -> None:
        nonlocal done
        while perf_counter() < end:
            await stub.work(request)
            done += 1

    async with AsyncExitStack() as stack:
        channels = [await stack.enter_async_context(Channel(f"127.0.0.1:{port}")) for _ in range(_CONNECTIONS)]
        stubs = [_BusyStub(channel) for channel in channels]
        await asyncio.gather(*(stub.work(b"0") for stub in stubs))
        print("ready", flush=True)
        sys.stdin.readline()
        begin = perf_counter()
        end = begin + seconds
        await asyncio.gather(*(call(stub) for stub in stubs for _ in range(_IN_FLIGHT)))
        print(done, perf_counter() - begin, flush=True)


@contextmanager
def _started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.rpc.workers", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit("a process of the benchmark has failed")
    return line


def _measure(stack: str, workers: int, microseconds: int, seconds: float) -> float:
    """Calls in a second, of all clients."""
    with _processes(stack, workers) as port, _clients(port, microseconds, seconds) as clients:
        for client in clients:
            _line(client)
        for client in clients:
            assert client.stdin is not None
            client.stdin.write("\n")
            client.stdin.flush()
        results = [_line(client).split() for client in clients]
        return sum(int(done) / float(taken) for done, taken in results)


@contextmanager
def _processes(stack: str, workers: int) -> Iterator[str]:
    """Starts a server and gives its port."""
    if stack == "minirpc":
        with _started("server", stack, str(workers)) as server:
            yield _line(server).strip()
        return
    with socket.socket() as place:  # keeps the port, and listens on nothing
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        place.bind(("127.0.0.1", 0))
        port = str(place.getsockname()[1])
        with _all_started(workers, "server", stack, port) as servers:
            for server in servers:
                _line(server)
            yield port


@contextmanager
def _clients(port: str, microseconds: int, seconds: float) -> Iterator[list[subprocess.Popen[str]]]:
    with _all_started(_CLIENTS, "client", port, str(microseconds), str(seconds)) as clients:
        yield clients


@contextmanager
def _all_started(count: int, *arguments: str) -> Iterator[list[subprocess.Popen[str]]]:
    if not count:
        yield []
        return
    with _started(*arguments) as first, _all_started(count - 1, *arguments) as others:
        yield [first, *others]


def _compare(arguments: argparse.Namespace) -> None:
    stacks = ["minirpc", *(["grpc.aio"] if installed("grpcio") else [])]
    works = [0, 1000]
    rates: dict[tuple[int, str, int], list[float]] = {}
    for _ in range(arguments.runs):
        for work in works:
            for stack in stacks:
                for workers in (1, 2):
                    rates.setdefault((work, stack, workers), []).append(
                        _measure(stack, workers, work, arguments.seconds)
                    )
    rows = []
    for (work, stack, workers), own in rates.items():
        gain = median(mine / one for mine, one in zip(own, rates[work, stack, 1], strict=True))
        figures = [f"{median(own):,.0f} ({gain:.2f})", f"{min(own):,.0f}", f"{max(own):,.0f}"]
        rows.append([f"{work / 1000:g} ms", stack, str(workers), *figures])
    headers = ["work in a call", "stack", "processes", "calls /s", "least", "most"]
    print(table(rows, headers, labels=2, markdown=arguments.markdown))
    print()
    print(f"Medians of {arguments.runs} runs; in parentheses the ratio to one process.")
    print(versions("minirpc", "grpcio"))


def main() -> None:
    """Measures and prints, or is one of the processes."""
    match sys.argv[1:]:
        case ["server", "minirpc", workers]:
            serve(make_server, "127.0.0.1:0", workers=int(workers), on_listening=_say_port, grace=1.0)
            return
        case ["server", _, port]:
            asyncio.run(_serve_grpc(int(port)))
            return
        case ["client", port, microseconds, seconds]:
            asyncio.run(_client(port, microseconds, float(seconds)))
            return
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rpc.workers", description="Measures a second process.")
    parser.add_argument("--quick", action="store_true", help="try the benchmark: rates of no value")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for the documentation")
    parser.add_argument("--runs", type=int, default=3, help="runs of each row (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each row in a run (%(default)s)")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.runs, arguments.seconds = 1, 0.1
    _compare(arguments)


if __name__ == "__main__":
    main()
