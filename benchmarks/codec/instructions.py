"""``python -m benchmarks.codec.instructions``: instructions of the compiled codec's operations, beside recorded ones.

Times tell of the machine and of what else it does; the number of instructions that an operation takes hardly does: it
differs between compilers, processors' instruction sets and versions of Python, but not from run to run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from benchmarks.codec.counted import COUNTED
from benchmarks.codec.prepare import Bench, messages
from benchmarks.toolchain import ROOT, table

__all__ = ["main"]

_RECORD = Path(__file__).parent / "instructions.json"
_DATASETS = ("tiny", "api response", "log record", "analytics event", "strings", "maps", "packed doubles")
_TOLERANCE = 0.02
"""A count that is larger than the recorded one by more than this part of it is a regression."""


def _count() -> dict[str, dict[str, int]]:
    """The instructions of one execution: for each dataset and operation."""
    trees = messages(small=False)
    with tempfile.TemporaryDirectory(prefix="minirpc-instructions-") as name:
        Bench(Path(name), ["minirpc"], {dataset: trees[dataset] for dataset in _DATASETS})
        command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--log-file=/dev/null"]
        command += [f"--cachegrind-out-file={name}/%p.count", sys.executable, "-m", "benchmarks.codec.counted", name]
        environment = os.environ | {"PYTHONHASHSEED": "0", "MINIRPC_IMPLEMENTATION": "compiled"}
        result = subprocess.run(
            [*command, *_DATASETS], env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
        return {
            dataset: {
                operation: round((_total(name, many) - _total(name, few)) / more)
                for operation, (few, many, more) in operations.items()
            }
            for dataset, operations in json.loads(result.stdout).items()
        }


def _total(folder: str, process: int) -> int:
    """The instructions of a process, of the file that cachegrind has written."""
    for line in (Path(folder) / f"{process}.count").read_text(encoding="utf-8").splitlines():
        if line.startswith("summary:"):
            return int(line.split()[1].replace(",", ""))
    raise SystemExit(f"valgrind has no count for process {process}")


def _platform() -> str:
    """What the counts depend on."""
    compiler = sysconfig.get_config_var("CC") or "cc"
    version = subprocess.run([*compiler.split(), "--version"], capture_output=True, text=True, check=False).stdout
    release = ".".join(platform.python_version_tuple()[:2])
    return f"CPython {release}, {platform.machine()}, {version.partition(chr(10))[0] or compiler}"


def main() -> None:
    """Counts, prints and compares."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.codec.instructions", description=__doc__)
    parser.add_argument("--record", action="store_true", help="note the counts, to be compared with from now on")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for the documentation")
    arguments = parser.parse_args()
    if shutil.which("valgrind") is None:
        raise SystemExit("this needs valgrind, which is a package of most systems: apt-get install valgrind")
    counts, here = _count(), _platform()
    record = json.loads(_RECORD.read_text(encoding="utf-8")) if _RECORD.exists() else {}
    known: dict[str, dict[str, int]] = {} if arguments.record else record.get(here, {})
    rows, slower = [], []
    for dataset, operations in counts.items():
        cells = []
        for operation in COUNTED:
            now, before = operations[operation], known.get(dataset, {}).get(operation)
            change = f" ({now / before - 1:+.1%})" if before else ""
            cells.append(f"{now:,}{change}")
            if before and now > before * (1 + _TOLERANCE):
                slower.append(f"{operation} of {dataset}: {before:,} -> {now:,}")
        rows.append([dataset, *cells])
    print(table(rows, ["dataset", *COUNTED], markdown=arguments.markdown))
    print()
    print(f"Instructions of one execution. {here}.")
    if arguments.record:
        text = json.dumps(record | {here: counts}, indent=2, ensure_ascii=False)
        _RECORD.write_text(f"{text}\n", encoding="utf-8")
    elif not known:
        print(
            f"Nothing is recorded for this platform; {_RECORD.relative_to(ROOT)} has: {', '.join(record) or 'nothing'}."
        )
    if slower:
        raise SystemExit("\n".join([f"more than {_TOLERANCE:.0%} above the recorded count:", *slower]))


if __name__ == "__main__":
    main()
