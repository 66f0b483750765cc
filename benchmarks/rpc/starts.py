"""How long programs take to start: what clients and servers import, and a client's way to its first reply."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.toolchain import ROOT

__all__ = ["PROGRAMS", "Programs", "Starts", "measure_starts"]

_ASYNC = """
import asyncio, sys
async def main(port):
    {body}
    print(reply.number, flush=True)
asyncio.run(main(int(sys.argv[1])))
"""


@dataclass(frozen=True)
class Programs:
    """What programs of one stack consist of, with generated code.

    Attributes:
        messages: imports generated messages alone.
        client: imports what a client needs.
        server: imports what a server needs.
        call: makes one call to the port that is the first argument, and prints the number of the reply.
    """

    messages: str
    client: str
    server: str
    call: str


@dataclass(frozen=True)
class Starts:
    """Seconds beyond a bare interpreter that imports take; for the first reply, seconds with all that it takes."""

    messages: float
    client: float
    server: float
    first_reply: float


_GOOGLE = "from bench_pb2 import Message"

PROGRAMS: Mapping[str, Programs] = {
    "grpc.aio": Programs(
        _GOOGLE,
        f"import grpc.aio\n{_GOOGLE}\nfrom bench_pb2_grpc import BenchStub",
        f"import grpc.aio\n{_GOOGLE}\nfrom bench_pb2_grpc import BenchServicer, add_BenchServicer_to_server",
        _ASYNC.format(
            body="async with grpc.aio.insecure_channel(f'127.0.0.1:{port}') as channel:\n"
            "        reply = await BenchStub(channel).Unary(Message(number=1))"
        ),
    ),
    "grpcio sync": Programs(
        _GOOGLE,
        f"import grpc\n{_GOOGLE}\nfrom bench_pb2_grpc import BenchStub",
        "import grpc\nfrom concurrent.futures import ThreadPoolExecutor\n"
        f"{_GOOGLE}\nfrom bench_pb2_grpc import BenchServicer, add_BenchServicer_to_server",
        "\nimport sys\nwith grpc.insecure_channel(f'127.0.0.1:{sys.argv[1]}') as channel:\n"
        "    print(BenchStub(channel).Unary(Message(number=1)).number, flush=True)\n",
    ),
    "minirpc": Programs(
        "from generated_minirpc.bench_pb import Message",
        "from minirpc.aio import Channel\nfrom generated_minirpc.bench_pb import Message\n"
        "from generated_minirpc.bench_rpc import BenchStub",
        "from minirpc.aio import Context, Server\nfrom generated_minirpc.bench_pb import Message\n"
        "from generated_minirpc.bench_rpc import BenchServicer",
        _ASYNC.format(
            body="async with Channel(f'127.0.0.1:{port}') as channel:\n"
            "        reply = await BenchStub(channel).unary(Message(number=1))"
        ),
    ),
    "grpclib": Programs(
        _GOOGLE,
        f"from grpclib.client import Channel\n{_GOOGLE}\nfrom bench_grpc import BenchStub",
        f"from grpclib.server import Server\n{_GOOGLE}\nfrom bench_grpc import BenchBase",
        _ASYNC.format(
            body="async with Channel('127.0.0.1', port) as channel:\n"
            "        reply = await BenchStub(channel).Unary(Message(number=1))"
        ),
    ),
}
"""The programs of each stack that has an import of its own."""


def measure_starts(programs: Programs, folder: Path, port: int, runs: int) -> Starts:
    """Starts each program several times; the least counts.

    All modules are compiled when that one is taken, as an installation leaves them.

    Args:
        programs: what to start.
        folder: has the generated code.
        port: where a server of any stack listens, the same for all stacks.
        runs: how often each is started.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(folder)

    def taken(program: str) -> float:
        command = [sys.executable, "-c", program, str(port)]
        begin = perf_counter()
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()  # the reply's number; or the end, of a program that prints nothing
            end = perf_counter()
            process.communicate()
        if process.returncode:
            raise SystemExit("a program of the benchmark has failed")
        return end - begin

    texts = ["", programs.messages, programs.client, programs.server, programs.client + programs.call]
    least = [float("inf")] * len(texts)
    for _ in range(runs):
        least = [min(before, taken(text)) for before, text in zip(least, texts, strict=True)]
    bare, messages, client, server, first_reply = least
    return Starts(messages - bare, client - bare, server - bare, first_reply)
