"""Plays the proof: ``python -m tests.proof [ROW …]``. Prints timelines, and what each row has shown.

Replicas of a service are scaled, rolled, killed and cut off while clients call it all the time, as Kubernetes would
have it, with real processes, real signals, real DNS and EndpointSlices. The exit status is 0 if every row held. Rows
for which something is missing are told; with CI=true in the environment that is a failure.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.interop.toolchain import MissingError, debian_program
from tests.proof.network import missing_for_network
from tests.proof.processes import ProgramError
from tests.proof.report import timeline
from tests.proof.rows import ROWS, Row
from tests.proof.stage import Stage, open_stage

_BEGIN, _END = "<!-- begin of the results -->", "<!-- end of the results -->"


async def _play(row: Row, picture: Path | None) -> str:
    """Plays a row, prints its timelines, and returns what it has shown."""
    async with open_stage(nodes=row.nodes) as stage:
        try:
            return await row.play(stage)
        finally:
            if any(client.records for client in stage.clients):
                _show(stage, picture)


def _show(stage: Stage, picture: Path | None) -> None:
    clients = [client for client in stage.clients if client.records]
    began = min(each.start for client in clients for each in client.records)
    print(timeline(clients, stage.events, began), flush=True)
    if picture is not None:
        from tests.proof.plot import plot  # what it needs is not there for the tests

        plot(picture, clients, stage.events)


async def _outcome(row: Row, picture: Path | None) -> tuple[str, str]:
    """Plays a row and returns ``held``, ``FAILED`` or ``missing``, and what is to be told of it."""
    try:
        debian_program("dnsmasq", "dnsmasq-base")
        if row.nodes:
            debian_program("ip", "iproute2")
            if missing := await missing_for_network():
                return "missing", missing
    except MissingError as error:
        return "missing", str(error)
    try:
        return "held", await _play(row, picture)
    except (AssertionError, TimeoutError, ProgramError) as error:
        return "FAILED", f"{type(error).__name__}: {error}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays rows and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(row.name for row in ROWS))
    parser.add_argument("--plot", type=Path, metavar="FILE", help="an SVG file to draw the last row into")
    parser.add_argument("--write", type=Path, metavar="FILE", help="a Markdown file to write the results into")
    options = parser.parse_args(arguments)
    if unknown := set(options.rows) - {row.name for row in ROWS}:
        parser.error(f"there is no row {', '.join(sorted(unknown))}")
    chosen = [row for row in ROWS if not options.rows or row.name in options.rows]
    results = []
    for row in chosen:
        print(f"== {row.name}: {row.what}", flush=True)
        kind, told = asyncio.run(_outcome(row, options.plot if row is chosen[-1] else None))
        print(f"{kind}: {told}\n", flush=True)
        results.append((row, kind, told))
    lines = ["| row | what happens | what clients notice |", "|--|--|--|"]
    lines += [
        f"| `{row.name}` | {row.what} | {told if kind == 'held' else f'{kind}: {told}'} |"
        for row, kind, told in results
    ]
    table = "\n".join(lines)
    print(table)
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        before, rest = text.split(_BEGIN)
        options.write.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{rest.split(_END)[1]}", encoding="utf-8")
    kinds = [kind for _, kind, _ in results]
    return 1 if "FAILED" in kinds else 0  # what a machine cannot do is told, and no fault


if __name__ == "__main__":
    sys.exit(main())
