"""Nothing but the documented errors escapes, whatever comes in, in every format; on the engine that is chosen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hostile import PROPERTIES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("count", [25, pytest.param(5_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_only_documented_errors_escape(holds: Callable[[st.DataObject], None], count: int) -> None:
    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data: st.DataObject) -> None:
        holds(data)

    run()
