"""``python -m benchmarks.http2``: the engine beside stock h2, both ends of a connection in one process, as a table."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Sequence
from time import process_time

from benchmarks.http2.engine import EngineEndpoint
from benchmarks.http2.stock import StockEndpoint
from benchmarks.http2.workloads import WORKLOADS, Endpoint, Workload, settle
from benchmarks.toolchain import pin, table, versions
from minirpc.http2 import Http2Options

OPTIONS = Http2Options()
ENGINES: dict[str, Callable[[bool], Endpoint]] = {
    "h2": lambda client_side: StockEndpoint(OPTIONS, client_side=client_side),
    "minirpc": lambda client_side: EngineEndpoint(OPTIONS, client_side=client_side),
}


def measure(create: Callable[[bool], Endpoint], workload: Workload, repeats: int) -> float:
    """Returns the processor time of one repeat, both ends, in microseconds."""
    client, server = create(True), create(False)
    settle(client, server)
    workload(client, server, repeats // 10)  # the header tables fill
    gc.collect()
    start = process_time()
    workload(client, server, repeats)
    return (process_time() - start) / repeats * 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http2", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="figures of each, of which the least counts")
    parser.add_argument("--quick", action="store_true", help="a try, with figures of no value")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args(arguments)
    pin(0)
    rows = []
    for name, (workload, unit, repeats) in WORKLOADS.items():
        best = dict.fromkeys(ENGINES, float("inf"))
        for _ in range(1 if options.quick else options.rounds):
            for engine, create in ENGINES.items():  # in turn: what disturbs one disturbs the other
                figure = measure(create, workload, repeats // 10 if options.quick else repeats)
                best[engine] = min(best[engine], figure)
        stock, own = best.values()
        rows.append([name, unit, *(f"{figure:.1f}" for figure in best.values()), f"{stock / own:.1f}"])
    print(versions("h2", "hpack", "hyperframe"))
    print(table(rows, ["workload", "unit", *ENGINES, "times faster"], labels=2, markdown=options.markdown))


if __name__ == "__main__":
    main()
