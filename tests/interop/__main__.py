"""Plays all interoperability cases between all pairs: ``python -m tests.interop``.

The exit status is 0 if nothing failed. Programs that are missing, and cannot be installed, are told; with ``CI=true``
in the environment they are failures.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tests.interop import toolchain
from tests.interop.cases import CASES
from tests.interop.matrix import ETCD, GEO, PAIRS, Outcome, Pair, play_pair
from tests.interop.peers import etcd, geo

_BEGIN, _END = "<!-- begin of the tables -->", "<!-- end of the tables -->"

Results: TypeAlias = dict[tuple[str, str], list[Outcome]]
"""The outcomes of a case between a pair: without TLS first, then with TLS."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays, prints the tables and what failed, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop", description=__doc__)
    parser.add_argument("--only", default="", metavar="REGEX", help="only the pairs whose names match")
    parser.add_argument("--cases", default="", metavar="CASE,CASE", help="only these cases")
    parser.add_argument("--jobs", type=int, default=2, help="pairs that play at the same time (%(default)s)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="a Markdown file to write the tables into")
    options = parser.parse_args(arguments)
    begin = time.monotonic()
    toolchain.make_certificates()
    official, others = asyncio.run(
        _play(re.compile(options.only), set(filter(None, options.cases.split(","))), options.jobs)
    )
    tables = f"{_table(official)}\n{_table(others)}" if others else _table(official)
    sys.stdout.write(f"\n{tables}\n")
    if options.write:
        _write(options.write, tables)
    told = [*_told(official), *_told(others)]
    failed = sum(1 for kind, _ in told if kind == "failed" or (kind == "missing" and os.environ.get("CI") == "true"))
    for kind, line in told:
        sys.stdout.write(f"{kind}: {line}\n")
    sys.stdout.write(f"{failed} failed, {time.monotonic() - begin:.0f} s\n")
    return 1 if failed else 0


async def _play(only: re.Pattern[str], names: set[str], jobs: int) -> tuple[Results, Results]:
    """Plays all pairs; returns the results of the official cases, and those of etcd's."""
    turns = asyncio.Semaphore(jobs)

    async def play(results: Results, pair: Pair, tls: bool, cases: Iterable[str]) -> None:
        chosen = [case for case in cases if not names or case in names]
        if not only.search(pair.name) or not chosen:
            return
        async with turns:
            begin = time.monotonic()
            outcomes = await play_pair(pair, tls, chosen)
        took = time.monotonic() - begin
        bad = sum(outcome.kind == "failed" for outcome in outcomes.values())
        sys.stdout.write(f"{pair.name}{', TLS' if tls else ''}: {bad} of {len(outcomes)} failed, {took:.1f} s\n")
        sys.stdout.flush()
        for case, outcome in outcomes.items():
            results.setdefault((pair.name, case), []).insert(1 if tls else 0, outcome)

    official: Results = {}
    others: Results = {}
    async with asyncio.TaskGroup() as group:
        for tls in (False, True):
            for pair in PAIRS:
                group.create_task(play(official, pair, tls, CASES))
            group.create_task(play(others, ETCD, tls, etcd.CASES))
        for pair in GEO:
            group.create_task(play(official, pair, False, geo.CASES))
    return official, others


def _table(results: Mapping[tuple[str, str], Sequence[Outcome]]) -> str:
    """Renders results as a Markdown table: a row for each case, a column for each pair."""
    order = [*CASES, *geo.CASES, *etcd.CASES]
    pairs = [pair.name for pair in (*PAIRS, ETCD) if any(name == pair.name for name, _ in results)]
    cases = sorted({case for _, case in results}, key=order.index)
    rows = [["case", *pairs]]
    rows += [[f"`{case}`", *(_cell(results.get((pair, case), ())) for pair in pairs)] for case in cases]
    widths = [max(len(row[column]) for row in rows) for column in range(len(pairs) + 1)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def _cell(outcomes: Sequence[Outcome]) -> str:
    words = {"passed": "✓", "failed": "✗", "missing": "?", "impossible": "-"}
    if {outcome.kind for outcome in outcomes} == {"impossible"}:
        return "-"
    return " ".join(words[outcome.kind] for outcome in outcomes)


def _told(results: Mapping[tuple[str, str], Sequence[Outcome]]) -> list[tuple[str, str]]:
    """Returns what did not pass, each with its kind and a line for people; what is alike is told once."""
    lines: dict[tuple[str, str], None] = {}
    for (pair, case), outcomes in sorted(results.items()):
        for tls, outcome in enumerate(outcomes):
            if outcome.kind == "failed":
                lines[outcome.kind, f"{pair}{', TLS' if tls else ''}: {case}: {outcome.reason}"] = None
            elif outcome.kind == "missing":
                lines[outcome.kind, f"{pair}: {outcome.reason}"] = None
    return list(lines)


def _write(file: Path, tables: str) -> None:
    """Writes the tables between the two marks of a file."""
    text = file.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    file.write_text(f"{before}{_BEGIN}\n\n{tables}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
