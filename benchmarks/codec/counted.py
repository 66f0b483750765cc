"""Runs minirpc's operations under valgrind, so that their instructions can be counted.

Usage: ``valgrind … python -m benchmarks.codec.counted FOLDER DATASET…``. ``FOLDER`` is one of
:class:`benchmarks.codec.prepare.Bench`. Each operation is run in two processes forked for it, few times and many
times; all that they have in common, from the interpreter's start on, cancels in the difference of their counts. Prints
JSON: for each dataset and operation the ids of both processes, and how many executions one has more.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from benchmarks.codec.worker import file_name

__all__ = ["COUNTED", "main"]

COUNTED = ("decode", "decode + read", "encode", "build", "modify", "equality", "deepcopy", "to_json", "from_json")
"""The operations, of :data:`benchmarks.codec.programs.OPERATIONS`."""

_WARM_UP, _FEW = 60, 10


def _process(repeat: Callable[[int], None], count: int) -> int:
    """The id of a process that has executed the operation so many times. It is over."""
    process = os.fork()
    if process:
        os.waitpid(process, 0)
        return process
    try:
        repeat(count)
    finally:
        os._exit(0)


def main(folder: Path, datasets: list[str]) -> None:
    """Runs every operation on some datasets."""
    sys.path.insert(0, str(folder / "minirpc"))
    program = import_module("program")
    processes: dict[str, dict[str, tuple[int, int, int]]] = {}
    for dataset in datasets:
        names = dict(vars(program))
        names["data"] = (folder / "reference" / file_name(dataset, "build + encode")).read_bytes()
        for name in ("message", "other"):
            names[name] = eval(program.STATEMENTS[dataset]["decode"], names)
        names["text"] = (folder / "reference" / file_name(dataset, "to_json")).read_text(encoding="utf-8")
        large = len(names["data"]) > 100_000
        more = 2 if large else 200
        processes[dataset] = {}
        for operation in COUNTED:
            statement = program.STATEMENTS[dataset][operation]
            exec(f"def repeat(count):\n    for _ in range(count):\n        {statement}", names)
            # the interpreter adapts its bytecode to what runs often, and the plan of a class is made at first use
            names["repeat"](2 if large else _WARM_UP)
            # collections run, as in programs, but what they walk through is only what the operation makes
            gc.collect()
            gc.freeze()
            few = 1 if large else _FEW
            pair = [_process(names["repeat"], count) for count in (few, few + more)]
            processes[dataset][operation] = (pair[0], pair[1], more)
            gc.unfreeze()
    json.dump(processes, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
