"""Targets are resolved by dnspython in these tests alone: to import ``minirpc.dns`` changes that for the process."""

from __future__ import annotations

import pytest

from minirpc.aio import resolver

_before = dict(resolver._factories)

import minirpc.dns  # noqa: E402, F401

_after = dict(resolver._factories)
resolver._factories.clear()
resolver._factories.update(_before)


@pytest.fixture(autouse=True)
def resolved_by_dnspython(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after ``import minirpc.dns``."""
    monkeypatch.setattr(resolver, "_factories", _after)
