"""What has happened, in text: calls of each second by the replica that has answered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from tests.proof.stage import Client

__all__ = ["timeline"]


def timeline(client: Client, events: Sequence[tuple[float, str]], began: float) -> str:
    """Returns a table: a line for each second, a column for each replica, the calls that failed, and what happened."""
    pods: dict[str, str] = {}
    counts: dict[int, Counter[str]] = {}
    for each in client.records:
        second = math.floor(each.start - began)
        counts.setdefault(second, Counter())[each.pod] += 1
        if each.pod:
            pods.setdefault(each.pod, each.version)
    names = sorted(pods, key=lambda name: (name.partition("-")[0], int(name.rpartition("-")[2])))
    happened: dict[int, list[str]] = {}
    for when, text in events:
        happened.setdefault(math.floor(when - began), []).append(text)
    titles = [f"{name} {pods[name]}" for name in names]
    lines = [" ".join([f"{client.name:>24}", *(f"{title:>9}" for title in titles), "   failed"])]
    for second in range(min(counts), max(counts) + 1):
        calls = counts.get(second, Counter())
        cells = [f"{calls[name] or '.':>9}" for name in names]
        told = "; ".join(happened.get(second, []))
        lines.append(" ".join([f"{second:>22} s", *cells, f"{calls[''] or '.':>9}", f"  {told}".rstrip()]))
    return "\n".join(lines)
