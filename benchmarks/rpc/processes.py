"""The processes of a server and a client, and orders for them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.rpc.stacks import STACKS
from benchmarks.toolchain import ROOT

__all__ = ["PROTO", "Pair", "Process", "connected", "started"]

PROTO = Path(__file__).parent / "bench.proto"


@dataclass(frozen=True)
class Pair:
    """A client of one stack and a server of another, or of the same."""

    client: str
    server: str

    def __str__(self) -> str:
        return self.client if self.client == self.server else f"{self.client} → {self.server}"

    def has(self, workload: str) -> bool:
        """Whether both stacks have the workload."""
        for stack in (STACKS[self.client], STACKS[self.server]):
            if stack.only is not None and workload not in stack.only:
                return False
        return True


class Process:
    """A process of :mod:`benchmarks.rpc.process`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders, self._answers = process.stdin, process.stdout

    def ask(self, order: Any) -> Any:
        """Gives an order and waits for the answer."""
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        return self.answer()

    def answer(self) -> Any:
        """Waits for an answer."""
        line = self._answers.readline()
        if not line:
            raise SystemExit("a process of the benchmark has failed")
        return json.loads(line)


@contextmanager
def started(*arguments: str) -> Iterator[Process]:
    """Starts one, with the arguments of :mod:`benchmarks.rpc.process`, and ends it."""
    command = [sys.executable, "-m", "benchmarks.rpc.process", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield Process(process)
            with suppress(subprocess.TimeoutExpired):  # a thousand connections take a while to close
                process.communicate(timeout=10)  # closes its input, at which it ends
        finally:
            process.kill()


@contextmanager
def connected(pair: Pair, folders: Mapping[str, Path], placement: str) -> Iterator[tuple[Process, Process]]:
    """Starts a server and a client of it."""
    with started("server", pair.server, str(folders[pair.server]), placement) as server:
        port = server.answer()
        with started("client", pair.client, str(folders[pair.client]), placement, str(port)) as client:
            client.answer()
            yield server, client
