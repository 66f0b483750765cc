"""Plays the proof: ``python -m tests.proof [ROW …]``. Prints timelines, and what each row has shown.

Replicas of a service are scaled, rolled, killed and cut off while clients call it all the time, as Kubernetes would
have it, with real processes, real signals, real DNS and EndpointSlices. The exit status is 0 if every row held.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from tests.proof.report import timeline
from tests.proof.rows import ROWS, Row
from tests.proof.stage import open_stage


async def _play(row: Row) -> str:
    """Plays a row, prints its timelines, and returns what it has shown."""
    async with open_stage(row.settings, nodes=row.nodes) as stage:
        try:
            return await row.play(stage)
        finally:
            began = min((each.start for client in stage.clients for each in client.records), default=stage.events[0][0])
            for client in stage.clients:
                print(timeline(client, stage.events, began), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays rows and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(row.name for row in ROWS))
    options = parser.parse_args(arguments)
    failed = 0
    for row in ROWS:
        if options.rows and row.name not in options.rows:
            continue
        print(f"== {row.name}: {row.what}", flush=True)
        try:
            print(f"held: {asyncio.run(_play(row))}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"FAILED: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
