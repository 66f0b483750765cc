"""Plays cases one after the other and tells how each went: what all clients written in Python share."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

__all__ = ["play"]


async def play(names: Sequence[str], cases: Mapping[str, Callable[[], Awaitable[None]]], seconds: float) -> int:
    """Plays the cases that are named, each to its end, and returns an exit status: 0 if all of them passed.

    Prints one line for each, a JSON object: ``{"case": "empty_unary", "ok": false, "error": "..."}``.

    Args:
        names: names of cases; ``["all"]`` for all of them.
        cases: the cases by name. A case raises for whatever is not as it must be.
        seconds: how long a case may take.
    """
    status = 0
    for name in cases if list(names) == ["all"] else names:
        error = await _error_of(cases.get(name), seconds)
        outcome: dict[str, object] = {"case": name, "ok": not error}
        if error:
            outcome["error"] = error
            status = 1
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()
    return status


async def _error_of(case: Callable[[], Awaitable[None]] | None, seconds: float) -> str:
    """Plays a case and returns what went wrong, or an empty string."""
    if case is None:
        return "there is no such case"
    try:
        async with asyncio.timeout(seconds):
            await case()
    except TimeoutError:
        return f"not over within {seconds:g} s"
    except BaseExceptionGroup as group:
        return f"{len(group.exceptions)} failures, the first: {group.exceptions[0]!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
