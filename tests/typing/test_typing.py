"""Generated code, and code that uses it, satisfies ``mypy --strict`` and pyright; misuse does not.

The lines that must be errors carry an ignore comment, and both checkers report those that they do not need.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from plugin_runs import GOLDEN, TESTS

TYPING = TESTS / "typing"
SAMPLES = sorted(path for path in TYPING.glob("*.py") if path.name != Path(__file__).name)


def check(*command: str | Path, **environment: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=TESTS.parent,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_mypy(tmp_path: Path) -> None:
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\nstrict = True\n", encoding="utf-8")
    arguments = [f"--config-file={config}", f"--cache-dir={tmp_path / 'cache'}"]
    check("mypy", *arguments, GOLDEN, *SAMPLES, MYPYPATH=str(GOLDEN.parent))


def test_pyright(tmp_path: Path) -> None:
    config = {
        "include": [str(GOLDEN), *map(str, SAMPLES)],
        "extraPaths": [str(GOLDEN.parent), str(TESTS.parent)],
        "typeCheckingMode": "standard",
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    path = tmp_path / "pyrightconfig.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    check("pyright", "--project", path, "--pythonpath", sys.executable)
