"""Generated code, and code that uses it, satisfies ``mypy --strict`` and pyright; misuse does not.

The lines that must be errors carry an ignore comment, and both checkers report those that they do not need.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from plugin_runs import GOLDEN, TESTS

SAMPLES = ["blocking.py", "extensions.py", "messages.py", "services.py"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the generated modules and the code that uses them."""
    shutil.copytree(GOLDEN, tmp_path / "golden")
    for sample in SAMPLES:
        shutil.copy(TESTS / "typing" / sample, tmp_path)
    return tmp_path


def check(project: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(TESTS.parent), "MYPYPATH": str(TESTS.parent)}
    finished = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_mypy(project: Path) -> None:
    said = check(
        project,
        "mypy",
        "--strict",
        "--enable-error-code=deprecated",
        "--package=golden",
        *(f"--module={Path(sample).stem}" for sample in SAMPLES),
    )
    assert "no issues found" in said


def test_pyright(project: Path) -> None:
    config = {
        "extraPaths": [str(TESTS.parent)],
        "typeCheckingMode": "standard",
        "reportDeprecated": "error",
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    (project / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    said = check(project, "pyright", "--stats", f"--pythonpath={sys.executable}")
    assert f"Total files checked: {len([*project.rglob('*.py')])}\n" in said
