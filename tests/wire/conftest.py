"""Runs the codec's tests on both engines."""

from __future__ import annotations

import pytest
from engines import COMPILED_IS_HERE, ENGINES, PURE, Engine

_SKIP = pytest.mark.skip(reason="the compiled engine is not built")


@pytest.fixture(
    scope="session",
    params=ENGINES if COMPILED_IS_HERE else [PURE, pytest.param(None, id="compiled", marks=_SKIP)],
    ids=lambda engine: engine.name if engine else "compiled",
)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    engine: Engine = request.param
    return engine


@pytest.fixture(scope="session")
def both() -> list[Engine]:
    """The engines, to be compared."""
    if not COMPILED_IS_HERE:
        pytest.skip("the compiled engine is not built")
    return ENGINES
