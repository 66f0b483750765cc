"""Runs ``async def`` tests, each on a fresh event loop, and checks that none leaves anything behind."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from leaks import assert_nothing_left

settings.register_profile("without time", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without time")

# The loops of tests are in debug mode, in which each callback notes where it was made: a fifth of all tests' time,
# for ten frames. These are those that a warning needs.
asyncio.constants.DEBUG_STACK_DEPTH = 3

_TIMEOUT = 60.0  # seconds after which a test hangs, rather than being slow
_SOAK_TIMEOUT = 1800.0


def pytest_collection_finish() -> None:
    """Sets apart what was imported: no test left it behind, and looking through it after each takes long."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def registries_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test, or an example in the documentation, registers (resolvers, policies) is forgotten after it."""
    for name, registry in (("resolver", "_factories"), ("policy_registry", "_readers")):
        module = sys.modules.get(f"minirpc.aio.{name}")
        if module is not None:
            monkeypatch.setattr(module, registry, dict(getattr(module, registry)))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    function = pyfuncitem.obj
    if not inspect.iscoroutinefunction(function):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in names}
    timeout = _SOAK_TIMEOUT if pyfuncitem.get_closest_marker("soak") else _TIMEOUT
    threads_before = set(threading.enumerate())

    async def supervised() -> None:
        async with asyncio.timeout(timeout):
            await function(**arguments)
        await assert_nothing_left(threads_before)

    with asyncio.Runner(debug=True) as runner:
        runner.run(supervised())
    return True
