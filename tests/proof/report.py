"""What has happened, in text: calls of each second by the replica that has answered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from tests.proof.stage import Client

__all__ = ["order_of", "timeline"]


def order_of(pod: str) -> tuple[str, int]:
    """Returns what pods are sorted by: their Deployment, and when they were made."""
    name, _, number = pod.partition("-")
    return name, int(number)


def timeline(clients: Sequence[Client], events: Sequence[tuple[float, str]], began: float) -> str:
    """Returns a table for each client: a line for each second, a column for each replica; and what happened then."""
    happened: dict[int, list[str]] = {}
    for when, text in events:
        happened.setdefault(math.floor(when - began), []).append(text)
    lines = []
    for client in clients:
        versions = {each.pod: each.version for each in client.records if each.pod}
        pods = sorted(versions, key=order_of)
        widths = [max(9, len(pod) + 3) for pod in pods]
        titles = [f"{f'{pod} {versions[pod]}':>{width}}" for pod, width in zip(pods, widths, strict=True)]
        lines.append(" ".join([f"{client.name:>22}", *titles, " failed"]))
        counts: dict[int, Counter[str]] = {}
        for each in client.records:
            counts.setdefault(math.floor(each.start - began), Counter())[each.pod] += 1
        for second in range(min(counts), max(counts) + 1):
            calls = counts.get(second, Counter())
            cells = [f"{calls[pod] or '.':>{width}}" for pod, width in zip(pods, widths, strict=True)]
            told = "; ".join(happened.get(second, []))
            lines.append(" ".join([f"{second:>20} s", *cells, f"{calls[''] or '.':>7}", f"  {told}"]).rstrip())
    return "\n".join(lines)
