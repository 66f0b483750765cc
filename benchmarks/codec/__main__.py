"""``python -m benchmarks.codec``: the codec beside its peers, as tables."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from benchmarks.codec.datasets import datasets
from benchmarks.codec.programs import DIALECTS, write_program
from benchmarks.codec.report import render
from benchmarks.codec.worker import file_name
from benchmarks.toolchain import ROOT, generate, installed, versions

PROTO = Path(__file__).parent / "datasets.proto"
MESSAGES = "datasets_pb2"


@dataclass(frozen=True)
class Engine:
    """One row of the tables.

    Attributes:
        library: the key of the library in ``DIALECTS``, which is also its code generator.
        variant: which of the library's engines.
        requires: the distributions that must be installed.
        module: a module that must be there: a compiled engine that may not have been built.
    """

    library: str
    variant: str
    requires: Sequence[str] = ()
    module: str = "minirpc"

    @property
    def name(self) -> str:
        """What the row is called."""
        return f"{self.library} {self.variant}"

    @property
    def available(self) -> bool:
        """Whether the engine can be measured here."""
        return installed(*self.requires) and find_spec(self.module) is not None


BASELINE = Engine("google", "upb")
ENGINES = (
    BASELINE,
    Engine("minirpc", "compiled", module="minirpc._codec"),
    Engine("protobuf-py", "ext", ["protobuf-py-ext", "protoc-gen-py"]),
    Engine("minirpc", "pure"),
    Engine("protobuf-py", "pure", ["protobuf-py-pure", "protoc-gen-py"]),
    Engine("google", "pure"),
)


def _prepare(folder: Path, libraries: set[str], *, quick: bool) -> dict[str, int]:
    """Puts the programs, the generated code and the encoded datasets into a folder, and returns the datasets' sizes."""
    messages = datasets(quick=quick)
    for library in sorted(libraries):
        generate(PROTO, library, folder / library)
    sys.path.insert(0, str(folder / BASELINE.library))
    schema = FileDescriptorProto()
    import_module(MESSAGES).DESCRIPTOR.CopyToProto(schema)
    for library in libraries:
        text = write_program(DIALECTS[library], schema, messages)
        (folder / library / "program.py").write_text(text, encoding="utf-8")
    program = import_module("program")
    (folder / "reference").mkdir()
    sizes = {}
    for dataset, statements in program.STATEMENTS.items():
        data = eval(statements["build + encode"], vars(program))
        (folder / "reference" / file_name(dataset)).write_bytes(data)
        sizes[dataset] = len(data)
    return sizes


def _measure(folder: Path, engine: Engine, seconds: float, repeats: int) -> dict[str, dict[str, float]]:
    arguments = (engine.library, engine.variant, folder, seconds, repeats)
    command = [sys.executable, "-m", "benchmarks.codec.worker", *map(str, arguments)]
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT)
    times: dict[str, dict[str, float]] = json.loads(result.stdout)
    return times


def _check(folder: Path, engine: Engine) -> None:
    """Stops if an engine did not work on the messages that the baseline works on."""
    program = import_module("program")
    for dataset, statements in program.STATEMENTS.items():
        expected = eval(statements["build"], vars(program))
        for kind in ("built", "decoded"):
            data = (folder / engine.name / f"{kind}-{file_name(dataset)}").read_bytes()
            if eval(statements["decode"], vars(program) | {"data": data}) != expected:
                raise SystemExit(f"{engine.name}: the {kind} message {dataset!r} is not the expected one")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.codec", description="Measures the codec engines.")
    parser.add_argument("--quick", action="store_true", help="try the benchmark: small messages, times of no value")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for the documentation")
    parser.add_argument("--processes", type=int, default=3, help="processes for each engine (%(default)s)")
    parser.add_argument("--repeats", type=int, default=25, help="most repeats in each process (%(default)s)")
    parser.add_argument("--seconds", type=float, default=0.003, help="least time of one repeat (%(default)s)")
    arguments = parser.parse_args()
    processes, repeats, seconds = (
        (1, 1, 0.0) if arguments.quick else (arguments.processes, arguments.repeats, arguments.seconds)
    )

    engines = [engine for engine in ENGINES if engine.available]
    missing = [engine.name for engine in ENGINES if engine not in engines]
    times: dict[str, dict[str, dict[str, list[float]]]] = {engine.name: {} for engine in engines}
    with tempfile.TemporaryDirectory(prefix="minirpc-benchmark-") as name:
        folder = Path(name)
        sizes = _prepare(folder, {engine.library for engine in engines}, quick=arguments.quick)
        # One process of each engine after the other, not all of one engine: the machine's mood changes.
        for _ in range(processes):
            for engine in engines:
                for dataset, results in _measure(folder, engine, seconds, repeats).items():
                    for operation, taken in results.items():
                        times[engine.name].setdefault(dataset, {}).setdefault(operation, []).append(taken)
                _check(folder, engine)
    print(render(times, BASELINE.name, sizes, markdown=arguments.markdown))
    print()
    print(f"{versions('minirpc', 'protobuf', 'protobuf-py')}; {processes} processes, up to {repeats} repeats each.")
    if missing:
        print(f"Not here: {', '.join(missing)} (the peers come with minirpc[bench]).")


if __name__ == "__main__":
    main()
