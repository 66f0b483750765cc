"""Measures one library's program in a process of its own, and prints the figures as JSON.

Usage: ``python -m benchmarks.codec.worker``, with a JSON object of what :class:`Job` holds on the standard input.
``FOLDER/LIBRARY`` has the program and the generated code, ``FOLDER/reference`` the encoded datasets and their JSON.
What the engine makes of them goes to ``FOLDER/ENGINE``, so that it can be compared.

The output is an object: for each dataset and operation a figure (seconds; bytes for memory), or why there is none.
"""

from __future__ import annotations

import json
import sys
import time
import timeit
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.codec.dialects import DIALECTS
from benchmarks.codec.engines import ENGINES
from benchmarks.codec.memory import bytes_per_message
from benchmarks.toolchain import pin

__all__ = ["MEMORY", "Job", "file_name", "main"]

MEMORY = "memory"
"""The operation that is not timed."""


@dataclass(frozen=True)
class Job:
    """What a process has to do.

    Attributes:
        engine: the engine's name.
        folder: see the module.
        datasets: what to measure.
        operations: what to measure of each.
        seconds: the least time of one repeat.
        repeats: the most repeats.
        memory: about how many bytes of messages are made to measure memory.
    """

    engine: str
    folder: str
    datasets: Sequence[str]
    operations: Sequence[str]
    seconds: float
    repeats: int
    memory: int


def file_name(dataset: str, what: str) -> str:
    """The file with a dataset's message, or with what an engine made of it by one operation."""
    name = f"{dataset}-{what}".replace(" ", "_")
    return f"{name}.json" if what == "to_json" else f"{name}.bin"


def _time(statement: str, names: dict[str, Any], seconds: float, repeats: int) -> float:
    """The processor time of one execution in seconds: the least of several repeats, each of ``seconds`` at least.

    Many short repeats find the moments in which nothing else runs. Statements that take long get fewer of them.
    """
    # Processor time: what else runs on the machine does not count. timeit switches the garbage collector off, but what
    # it costs is a part of what the program costs.
    timer = timeit.Timer(statement, "import gc; gc.enable()", time.process_time, names)
    count, taken = 1, timer.timeit(1)
    while taken < seconds:
        count = max(count * 2, int(count * seconds / max(taken, 1e-7)))
        taken = timer.timeit(count)
    times = [taken]
    while len(times) < repeats and sum(times) < 4 * repeats * seconds:
        times.append(timer.timeit(count))
    return min(times) / count


class _Bench:
    """The program of one library, in this process."""

    def __init__(self, job: Job) -> None:
        self._job = job
        engine = next(engine for engine in ENGINES if engine.name == job.engine)
        engine.choose()
        folder = Path(job.folder)
        sys.path.insert(0, str(folder / engine.library))
        self._program = import_module("program")
        engine.check()
        self._encode = DIALECTS[engine.library].encode.format(message="result")
        self._reference = folder / "reference"
        self._outputs = folder / engine.name
        self._outputs.mkdir(exist_ok=True)

    def measure(self, dataset: str, operations: Iterable[str]) -> dict[str, float | str]:
        """The figures of one dataset, or why there is none."""
        statements = self._program.STATEMENTS[dataset]
        names: dict[str, Any] = dict(vars(self._program))
        names["data"] = (self._reference / file_name(dataset, "build + encode")).read_bytes()
        names["text"] = (self._reference / file_name(dataset, "to_json")).read_text(encoding="utf-8")
        for name in ("message", "other"):
            names[name] = eval(statements["decode"], names)
        figures: dict[str, float | str] = {}
        for operation in operations:
            try:
                figure = self._figure(dataset, operation, statements, names)
            except Exception as error:
                figures[operation] = f"{type(error).__name__}: {str(error)[:200]}"
                continue
            if figure is not None:
                figures[operation] = figure
        return figures

    def _figure(self, dataset: str, operation: str, statements: dict[str, str], names: dict[str, Any]) -> float | None:
        if operation == MEMORY:
            decode = eval(f"lambda: {statements['decode']}", names)
            return bytes_per_message(decode, len(names["data"]), self._job.memory)
        self._keep(dataset, operation, eval(statements[operation], names), names)
        return _time(statements[operation], names, self._job.seconds, self._job.repeats)

    def _keep(self, dataset: str, operation: str, result: Any, names: dict[str, Any]) -> None:
        """Writes what the operation made to a file, as bytes."""
        match operation:
            case "decode + read":
                return
            case "equality":
                if result is not True:
                    raise ValueError("a message is not equal to another one decoded of the same bytes")
                return
            case "to_json":
                result = result.encode()
            case "encode" | "build + encode" | "modify":
                pass
            case _:
                result = eval(self._encode, names | {"result": result})
        (self._outputs / file_name(dataset, operation)).write_bytes(result)


def main() -> None:
    """Measures what the standard input asks for."""
    job = Job(**json.load(sys.stdin))
    pin(0)
    bench = _Bench(job)
    # memory first: later there is much that was freed and that messages would go into
    order = [{MEMORY}.intersection(job.operations), [name for name in job.operations if name != MEMORY]]
    figures: dict[str, dict[str, float | str]] = {dataset: {} for dataset in job.datasets}
    for operations in order:
        for dataset in job.datasets:
            figures[dataset] |= bench.measure(dataset, operations)
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
