"""Which engine runs, and who decides."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from engines import COMPILED_IS_HERE

from minirpc import wire

SHOW = "from minirpc import wire; print(wire.IMPLEMENTATION, wire.Plan.__module__, wire.decode_varint(b'\\x05')[0])"
HIDDEN = "import sys; sys.modules['minirpc._codec'] = None\n"  # as if it had not been built


def python(program: str, implementation: str | None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "MINIRPC_IMPLEMENTATION"}
    if implementation is not None:
        environment["MINIRPC_IMPLEMENTATION"] = implementation
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_this_process_runs_the_expected_engine() -> None:
    expected = os.environ.get("MINIRPC_EXPECT_ENGINE")
    assert wire.IMPLEMENTATION in ("pure", "compiled")
    if expected:
        assert expected == wire.IMPLEMENTATION
    forced = os.environ.get("MINIRPC_IMPLEMENTATION")
    if forced:
        assert forced == wire.IMPLEMENTATION


def test_pure_is_forced() -> None:
    assert python(SHOW, "pure").stdout == "pure minirpc.wire.plan 5\n"


def test_pure_does_not_load_the_compiled_engine() -> None:
    program = "import minirpc.message, sys; print([name for name in sys.modules if name.startswith('minirpc._')])"
    assert python(program, "pure").stdout == "[]\n"


@pytest.mark.skipif(not COMPILED_IS_HERE, reason="the compiled engine is not built")
@pytest.mark.parametrize("implementation", ["compiled", "", None])
def test_compiled_is_forced_and_preferred(implementation: str | None) -> None:
    assert python(SHOW, implementation).stdout == "compiled minirpc._codec 5\n"


@pytest.mark.parametrize("implementation", ["", None])
def test_pure_takes_the_place_of_an_engine_that_is_not_there(implementation: str | None) -> None:
    assert python(HIDDEN + SHOW, implementation).stdout == "pure minirpc.wire.plan 5\n"


def test_compiled_cannot_be_forced_where_it_is_not_there() -> None:
    result = python(HIDDEN + SHOW, "compiled")
    assert result.returncode == 1
    assert "ImportError: MINIRPC_IMPLEMENTATION is 'compiled', but this install has no compiled engine" in result.stderr


def test_nonsense_is_refused() -> None:
    result = python(SHOW, "Pure")
    assert result.returncode == 1
    assert "ImportError: MINIRPC_IMPLEMENTATION is 'Pure'; it can be 'pure' or 'compiled'" in result.stderr
