"""Fixtures that run the example's programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from geo_programs import ROOT, Start, started

sys.path.append(str(ROOT))  # the examples are not installed


@pytest.fixture
def start() -> Iterator[Start]:
    """A function that starts a program, which ends with the test."""
    with ExitStack() as programs:
        yield lambda *arguments: programs.enter_context(started(*arguments))


@pytest.fixture(scope="session")
def back_end() -> Iterator[str]:
    """The address of a back end."""
    with started("back_end", "--port", "0") as program:
        yield program.address


@pytest.fixture(scope="session")
def front_end(back_end: str) -> Iterator[str]:
    """The URL of a front end before :func:`back_end`."""
    with started("front_end", "--port", "0", "--back-end", back_end) as program:
        yield program.address
