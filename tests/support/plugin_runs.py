"""Running the protoc plugin through the real protoc, and importing what it wrote."""

from __future__ import annotations

import functools
import importlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).parent.parent
PROTOS = TESTS / "plugin/protos"
GOLDEN = TESTS / "plugin/golden"


def protoc(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs ``python -m minirpc protoc`` in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "minirpc", "protoc", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(TESTS.parent), "PATH": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@functools.cache
def golden_set() -> bytes:
    """A ``FileDescriptorSet`` of all of ``protos/``, with comments."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "set.bin")
        protos = sorted(path.relative_to(PROTOS) for path in PROTOS.rglob("*.proto"))
        options = ["--include_imports", "--include_source_info", f"--descriptor_set_out={target}"]
        finished = protoc(*options, *protos, cwd=PROTOS)
        assert finished.returncode == 0, finished.stderr
        return target.read_bytes()


def golden_module(name: str) -> ModuleType:
    """Imports a module of ``golden/``."""
    sys.path.insert(0, str(TESTS / "plugin"))
    try:
        return importlib.import_module(f"golden.{name}")
    finally:
        sys.path.remove(str(TESTS / "plugin"))


GOLDEN_MODULES = sorted(".".join(path.relative_to(GOLDEN).with_suffix("").parts) for path in GOLDEN.rglob("*_pb.py"))


@dataclass(frozen=True)
class Output:
    """What a run of protoc gave.

    Attributes:
        folder: the output folder, a package of its own that can be imported.
        errors: what protoc said; "" where all went well.
    """

    folder: Path
    errors: str

    def files(self) -> dict[str, str]:
        """The contents of the files, by their paths below the output folder."""
        paths = sorted(self.folder.rglob("*.py"))
        return {path.relative_to(self.folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}

    def load(self, module: str) -> ModuleType:
        """Imports a generated module by its name below the output folder."""
        return importlib.import_module(f"{self.folder.name}.{module}")
