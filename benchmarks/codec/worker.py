"""Times one library's program in a process of its own, and prints the times as JSON.

Usage: ``python -m benchmarks.codec.worker LIBRARY ENGINE FOLDER SECONDS REPEATS``. ``FOLDER/LIBRARY`` has the program
and the generated code, ``FOLDER/reference`` the encoded datasets. What the program builds, and what it decodes and
encodes again, goes to ``FOLDER/LIBRARY ENGINE``, so that it can be compared.
"""

from __future__ import annotations

import json
import os
import sys
import timeit
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.toolchain import pin

__all__ = ["file_name", "main"]


def file_name(dataset: str) -> str:
    """The name of a dataset's file."""
    return f"{dataset.replace(' ', '_')}.bin"


def _choose_engine(library: str, engine: str) -> None:
    """Has the library use one of its engines. To be called before the library is imported."""
    match library:
        case "google":
            os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python" if engine == "pure" else engine
        case "minirpc":
            os.environ["MINIRPC_IMPLEMENTATION"] = engine
        case "protobuf-py" if engine == "pure":
            sys.modules["protobuf_ext"] = None  # type: ignore[assignment]  # its import then fails, and it falls back


def _running_engine(library: str) -> str:
    """Which of its engines a library that has been imported uses."""
    match library:
        case "google":
            name: str = import_module("google.protobuf.internal.api_implementation").Type()
            return "pure" if name == "python" else name
        case "minirpc":
            return str(import_module("minirpc.wire").IMPLEMENTATION)
        case _:
            return "ext" if sys.modules.get("protobuf_ext") else "pure"


def _time(statement: str, names: dict[str, Any], seconds: float, repeats: int) -> float:
    """The time of one execution in seconds: the least of several repeats, each as long as ``seconds`` at least.

    Many short repeats find the moments in which nothing else runs. Statements that take long get fewer of them.
    """
    # timeit switches the garbage collector off; what it costs is a part of what the program costs.
    timer = timeit.Timer(statement, "import gc; gc.enable()", globals=names)
    count, taken = 1, timer.timeit(1)
    while taken < seconds:
        count = max(count * 2, int(count * seconds / max(taken, 1e-7)))
        taken = timer.timeit(count)
    times = [taken]
    while len(times) < repeats and sum(times) < 4 * repeats * seconds:
        times.append(timer.timeit(count))
    return min(times) / count


def main(library: str, engine: str, folder: Path, seconds: float, repeats: int) -> None:
    """Measures every statement of a library's program."""
    pin(0)
    _choose_engine(library, engine)
    sys.path.insert(0, str(folder / library))
    program = import_module("program")
    running = _running_engine(library)
    if running != engine:
        raise SystemExit(f"{library} runs its engine {running!r}, not {engine!r}")
    outputs = folder / f"{library} {engine}"
    outputs.mkdir(exist_ok=True)
    results: dict[str, dict[str, float]] = {}
    for dataset, statements in program.STATEMENTS.items():
        file = file_name(dataset)
        names = vars(program) | {"data": (folder / "reference" / file).read_bytes()}
        names["message"] = eval(statements["decode"], names)
        (outputs / f"decoded-{file}").write_bytes(eval(statements["encode"], names))
        (outputs / f"built-{file}").write_bytes(eval(statements["build + encode"], names))
        results[dataset] = {
            operation: _time(statement, names, seconds, repeats) for operation, statement in statements.items()
        }
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
