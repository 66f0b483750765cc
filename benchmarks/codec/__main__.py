"""``python -m benchmarks.codec``: the codec beside its peers, as tables."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.codec.engines import BASELINE, ENGINES, Engine
from benchmarks.codec.prepare import Bench, messages
from benchmarks.codec.programs import OPERATIONS
from benchmarks.codec.report import render
from benchmarks.codec.worker import MEMORY, Job
from benchmarks.toolchain import ROOT, versions

_DISTRIBUTIONS = ("minirpc", "protobuf", "protobuf-py", "betterproto2", "googleapis-common-protos")


def _chosen(names: Iterable[str], wanted: Sequence[str] | None, what: str) -> list[str]:
    """Those of the names that were asked for, in their order; all if nothing was."""
    names = list(names)
    for name in wanted or ():
        if name not in names:
            raise SystemExit(f"no {what} {name!r}; there are: {', '.join(names)}")
    return [name for name in names if not wanted or name in wanted]


def _measure(job: Job) -> dict[str, dict[str, float | str]]:
    command = [sys.executable, "-m", "benchmarks.codec.worker"]
    result = subprocess.run(
        command,
        input=json.dumps(asdict(job)),
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
        text=True,
        encoding="utf-8",
    )
    figures: dict[str, dict[str, float | str]] = json.loads(result.stdout)
    return figures


class _Run:
    """The figures of a run, and why some are missing."""

    def __init__(self, bench: Bench, engines: Sequence[Engine]) -> None:
        self._bench = bench
        self.figures: dict[str, dict[str, dict[str, list[float]]]] = {
            engine.name: {dataset: {} for dataset in bench.sizes} for engine in engines
        }
        self.faults: dict[tuple[str, str], dict[str, str]] = {}

    def add(self, engine: Engine, results: dict[str, dict[str, float | str]]) -> None:
        """Adds the figures of one process, without those of work that was not done well.

        Raises:
            SystemExit: the baseline's work was not, or minirpc's.
        """
        for dataset, figures in results.items():
            for operation, figure in figures.items():
                fault = figure if isinstance(figure, str) else self._bench.fault(engine.name, dataset, operation)
                if not fault and not isinstance(figure, str):
                    self.figures[engine.name][dataset].setdefault(operation, []).append(figure)
                elif engine.library in (BASELINE.library, "minirpc"):
                    raise SystemExit(f"{engine.name}, {operation} of {dataset!r}: {fault}")
                else:
                    self.faults.setdefault((engine.name, fault), {})[f"{operation} of {dataset}"] = fault


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.codec", description="Measures the codec engines.")
    parser.add_argument("--quick", action="store_true", help="one process of each engine, few repeats, no slow peers")
    parser.add_argument("--small", action="store_true", help="try the benchmark: the large datasets are small ones")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for the documentation")
    for name, what in (("dataset", "dataset"), ("operation", "operation"), ("engine", "engine")):
        parser.add_argument(f"--{name}", action="append", metavar="NAME", help=f"only this {what}; may be repeated")
    parser.add_argument("--processes", type=int, help="processes for each engine but the slow ones (3; --quick: 1)")
    parser.add_argument("--repeats", type=int, help="most repeats in each process (25; --quick: 5)")
    parser.add_argument("--seconds", type=float, help="least time of one repeat (0.003; --quick: 0.001)")
    arguments = parser.parse_args()
    quick = {"processes": 1, "repeats": 5, "seconds": 0.001}
    for name, default in (quick if arguments.quick else {"processes": 3, "repeats": 25, "seconds": 0.003}).items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, default)
    return arguments


def main() -> None:
    """Measures and prints."""
    arguments = _arguments()
    names = _chosen((engine.name for engine in ENGINES), arguments.engine, "engine")
    wanted = [engine for engine in ENGINES if engine.name in names or engine is BASELINE]
    if arguments.quick and not arguments.engine:
        wanted = [engine for engine in wanted if not engine.slow]
    operations = _chosen([*OPERATIONS, MEMORY], arguments.operation, "operation")
    processes: int = arguments.processes if operations != [MEMORY] else 1
    engines = [engine for engine in wanted if engine.available]
    missing = [engine.name for engine in wanted if engine not in engines]

    trees = messages(small=arguments.small)
    trees = {name: trees[name] for name in _chosen(trees, arguments.dataset, "dataset")}
    with tempfile.TemporaryDirectory(prefix="minirpc-benchmark-") as name:
        bench = Bench(Path(name), {engine.library for engine in engines}, trees)
        run = _Run(bench, engines)
        # One process of each engine after the other, not all of one engine: the machine's mood changes.
        for number in range(processes):
            timed = [operation for operation in operations if operation != MEMORY or number == 0]
            for engine in engines:
                if engine.slow and number:
                    continue
                print(f"{number + 1}/{processes}: {engine.name}", file=sys.stderr)
                memory = (4 if arguments.small else 16) << 20
                job = Job(engine.name, name, list(trees), timed, arguments.seconds, arguments.repeats, memory)
                run.add(engine, _measure(job))
    print(render(run.figures, BASELINE.name, bench.sizes, operations, markdown=arguments.markdown))
    print()
    print(f"{versions(*_DISTRIBUTIONS)}; {processes} processes (slow peers: 1), up to {arguments.repeats} repeats.")
    for (engine_name, fault), where in run.faults.items():
        print(f"Left out of {engine_name}: {', '.join(where)} ({fault}).")
    if missing:
        print(f"Not here: {', '.join(missing)} (the peers come with minirpc[bench]).")


if __name__ == "__main__":
    main()
