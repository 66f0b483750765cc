"""Much work in a process of its own, on debugging allocators: nothing is overrun, used after its end, or kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from engines import COMPILED_IS_HERE

SUPPORT = Path(__file__).parents[1] / "support"


_MANY = pytest.mark.soak


@pytest.mark.parametrize(
    ("engine", "allocator", "count"),
    [
        ("pure", "debug", 1_000),
        ("compiled", "debug", 1_000),
        pytest.param("pure", "debug", 100_000, marks=_MANY),
        pytest.param("compiled", "debug", 100_000, marks=_MANY),
        # every object is a block of the C library's, with checks around it
        pytest.param("compiled", "malloc_debug", 100_000, marks=_MANY),
    ],
)
def test_valid_and_malformed_input_keeps_no_memory(engine: str, allocator: str, count: int) -> None:
    if engine == "compiled" and not COMPILED_IS_HERE:
        pytest.skip("the compiled engine is not built")
    environment = os.environ | {
        "MINIRPC_IMPLEMENTATION": engine,
        "PYTHONMALLOC": allocator,
        "PYTHONPATH": os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-X", "faulthandler", str(SUPPORT / "codec_stress.py"), str(count)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=1800)
    assert result.returncode == 0, result.stderr
    ran, allocates, malformed, kept = result.stdout.split()
    assert (ran, allocates) == (engine, allocator)
    assert int(malformed) >= count
    assert int(kept) < 20
