"""Fixtures for tests of the protoc plugin."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from plugin_runs import PROTOS, TESTS, Output, protoc

_package_numbers = itertools.count()

Generate = Callable[..., Output]


@pytest.fixture
def generate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generate:
    """A function that writes .proto files, runs protoc on them and returns the :class:`Output`.

    Args of the function:
        files: the text of the .proto files, by their paths; proto3, unless they begin otherwise.
        only: the files to name to protoc; all if not given.
        options: of the plugin.
        folder: the output of an earlier call, to write into once more.
        fails: whether protoc must fail rather than succeed.
    """
    monkeypatch.syspath_prepend(tmp_path)

    def run(
        files: Mapping[str, str],
        *,
        only: Sequence[str] = (),
        options: str = "",
        folder: str = "",
        fails: bool = False,
    ) -> Output:
        source = tmp_path / "protos"
        for path, text in files.items():
            target = source / path
            target.parent.mkdir(parents=True, exist_ok=True)
            head = "" if text.lstrip().startswith(("syntax", "edition", "//")) else 'syntax = "proto3";\n'
            target.write_text(head + text, encoding="utf-8")
        output = tmp_path / (folder or f"generated_{next(_package_numbers)}")
        output.mkdir(exist_ok=True)
        option = [f"--python_minirpc_opt={options}"] if options else []
        finished = protoc(f"--python_minirpc_out={output}", *option, *(only or files), cwd=source)
        assert (finished.returncode != 0) == fails, finished.stderr
        importlib.invalidate_caches()
        return Output(output, finished.stderr)

    return run


@pytest.fixture(scope="session")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Output:
    """What the plugin writes for all of ``protos/`` today."""
    output = tmp_path_factory.mktemp("regenerated")
    protos = sorted(path.relative_to(PROTOS) for path in PROTOS.rglob("*.proto"))
    finished = protoc(f"--python_minirpc_out={output}", *protos, cwd=PROTOS)
    assert (finished.returncode, finished.stderr) == (0, "")
    return Output(output, finished.stderr)


@pytest.fixture(scope="session")
def golden() -> Callable[[str], ModuleType]:
    """A function that imports a module of ``golden/``."""
    sys.path.insert(0, str(TESTS / "plugin"))
    try:
        importlib.import_module("golden")
    finally:
        sys.path.remove(str(TESTS / "plugin"))
    return lambda module: importlib.import_module(f"golden.{module}")
