"""``python -m benchmarks.rpc``: calls beside the peers' as a table."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.rpc.processes import PROTO, Pair, connected, started
from benchmarks.rpc.stacks import STACKS
from benchmarks.rpc.starts import PROGRAMS, measure_starts
from benchmarks.rpc.workloads import WORKLOADS
from benchmarks.toolchain import generate, installed, table, versions
from minirpc.wire import IMPLEMENTATION

BASELINE = next(iter(STACKS))


@dataclass(frozen=True)
class Sample:
    """One measurement.

    Attributes:
        rate: what the workload counts, in a second.
        server_cpu: the server's processor time for one of them, in seconds.
        client_cpu: the client's.
    """

    rate: float
    server_cpu: float
    client_cpu: float


def _measure(
    pair: Pair, folders: Mapping[str, Path], placement: str, workloads: Sequence[str], seconds: float, calls: int
) -> dict[str, Sample]:
    """Measures workloads on one connection."""
    samples = {}
    with connected(pair, folders, placement) as (server, client):
        for workload in workloads:
            if pair.has(workload):
                client.ask({"workload": workload, "seconds": seconds / 5, "calls": calls})  # warm-up
                before = server.ask(None)
                done, taken, client_cpu = client.ask({"workload": workload, "seconds": seconds, "calls": calls})
                server_cpu = server.ask(None) - before
                samples[workload] = Sample(done / taken, server_cpu / done, client_cpu / done)
    return samples


def _measure_memory(pair: Pair, folders: Mapping[str, Path], placement: str, what: str, count: int) -> list[float]:
    """What one idle stream or connection takes: KiB in the server, and in the client."""
    with connected(pair, folders, placement) as processes:
        _, client = processes
        client.ask({"hold": what, "count": count // 10 + 1})  # pools and tables that the first ones fill
        before = [process.ask("memory") for process in processes]
        client.ask({"hold": what, "count": count})
        return [
            (process.ask("memory") - least) / count / 1024 for process, least in zip(processes, before, strict=True)
        ]


def _measure_starts(stacks: Iterable[str], folders: Mapping[str, Path], placement: str, runs: int) -> list[list[str]]:
    """Rows of the table of starts, in milliseconds. All clients call one server, the baseline's."""
    rows = []
    with started("server", BASELINE, str(folders[BASELINE]), placement) as server:
        port = server.answer()
        for name in stacks:
            if name in PROGRAMS:
                starts = measure_starts(PROGRAMS[name], folders[name], port, runs)
                figures = (starts.messages, starts.client, starts.server, starts.first_reply)
                rows.append([name, *(f"{figure * 1e3:,.0f}" for figure in figures)])
    return rows


def _render(samples: Mapping[Pair, Sequence[Mapping[str, Sample]]], workloads: Sequence[str], *, markdown: bool) -> str:
    headers = ["workload", "stack", "rate /s", "least", "most", "CPU µs server", "CPU µs client"]
    rows = []
    for workload in workloads:
        baseline = [run[workload] for run in samples[Pair(BASELINE, BASELINE)]]
        for pair, runs in samples.items():
            if not pair.has(workload):
                continue
            own = [run[workload] for run in runs]
            rates = [sample.rate for sample in own]
            rows.append(
                [
                    f"{workload} ({WORKLOADS[workload].unit})",
                    str(pair),
                    f"{median(rates):,.0f} {_ratio(own, baseline, lambda sample: sample.rate)}",
                    f"{min(rates):,.0f}",
                    f"{max(rates):,.0f}",
                    *(
                        f"{median(map(cpu, own)) * 1e6:,.0f} {_ratio(own, baseline, cpu)}"
                        for cpu in (lambda sample: sample.server_cpu, lambda sample: sample.client_cpu)
                    ),
                ]
            )
    return table(rows, headers, labels=2, markdown=markdown)


def _ratio(own: Sequence[Sample], baseline: Sequence[Sample], figure: Callable[[Sample], float]) -> str:
    """The ratio to the baseline: of each run, then their median, since a run's stacks stand side by side in time."""
    ratios = [figure(sample) / figure(other) for sample, other in zip(own, baseline, strict=True)]
    return f"({median(ratios):.2f})"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rpc", description="Measures calls.")
    parser.add_argument("--quick", action="store_true", help="try the benchmark: few calls, rates of no value")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for the documentation")
    parser.add_argument("--runs", type=int, default=3, help="runs of each stack (%(default)s)")
    parser.add_argument("--seconds", type=float, default=1.5, help="time for each workload in a run (%(default)s)")
    parser.add_argument(
        "--calls", type=int, default=100_000, help="most calls for each workload in a run (%(default)s)"
    )
    parser.add_argument(
        "--placement",
        choices=["apart", "together", "free"],
        default="apart",
        help="server and client on a processor each, both on one, or wherever the system puts them (%(default)s)",
    )
    parser.add_argument("--stacks", nargs="+", choices=STACKS, default=list(STACKS), metavar="STACK", help="only these")
    parser.add_argument("--only", default="", help="only the workloads whose name has this text")
    parser.add_argument(
        "--pairs", action="store_true", help=f"also each stack's client with {BASELINE}'s server, and back"
    )
    parser.add_argument("--no-memory", action="store_true", help="leave out the tables of memory and of starts")
    arguments = parser.parse_args()
    runs, calls = (1, 3) if arguments.quick else (arguments.runs, arguments.calls)
    streams, connections = (20, 5) if arguments.quick else (10_000, 1_000)
    workloads = [name for name in WORKLOADS if arguments.only in name]

    chosen = [name for name in STACKS if name in arguments.stacks or name == BASELINE]
    stacks = {name: STACKS[name] for name in chosen if installed(*STACKS[name].requires)}
    missing = [name for name in chosen if name not in stacks]
    pairs = [Pair(name, name) for name in stacks]
    if arguments.pairs:
        others = [name for name, stack in stacks.items() if stack.generator and name != BASELINE]
        pairs += [Pair(*both) for name in others for both in ((name, BASELINE), (BASELINE, name))]
    samples: dict[Pair, list[dict[str, Sample]]] = {pair: [] for pair in pairs}
    memory = []
    with tempfile.TemporaryDirectory(prefix="minirpc-benchmark-") as name:
        folders = {stack_name: Path(name) / stack_name.replace(" ", "_") for stack_name in stacks}
        for stack_name, stack in stacks.items():
            if stack.generator is not None:
                # minirpc's modules import each other relatively: they are a package inside the folder
                folder = folders[stack_name]
                code = folder / "generated_minirpc" if stack.generator == "minirpc" else folder
                generate(PROTO, stack.generator, code, services=True)
        # Every stack in turn, not all runs of one: the machine's mood changes.
        for _ in range(runs):
            for pair in pairs:
                samples[pair].append(_measure(pair, folders, arguments.placement, workloads, arguments.seconds, calls))
        for stack_name, stack in stacks.items():
            if stack_name in PROGRAMS and not arguments.no_memory:
                pair = Pair(stack_name, stack_name)
                row = [stack_name]
                for what, count in (("streams", streams), ("connections", connections)):
                    if what == "streams" and not stack.holds:
                        row += ["", ""]
                    else:
                        row += [
                            f"{size:,.1f}" for size in _measure_memory(pair, folders, arguments.placement, what, count)
                        ]
                memory.append(row)
        starts = []
        if not arguments.no_memory:
            starts = _measure_starts(stacks, folders, arguments.placement, 2 if arguments.quick else 20)
    print(_render(samples, workloads, markdown=arguments.markdown))
    print()
    print(f"Medians of {runs} runs; in parentheses the ratio to {BASELINE}. CPU is the processor time for one unit.")
    if memory:
        print()
        print(f"Memory of one of {streams:,} idle streams on one connection, and of one of {connections:,} idle")
        print("connections, in KiB:")
        print()
        sides = ["stream, server", "stream, client", "connection, server", "connection, client"]
        print(table(memory, ["stack", *sides], markdown=arguments.markdown))
        print()
    if starts:
        print("Milliseconds beyond a bare interpreter to import generated messages alone, and what a client's and")
        print(f"a server's program imports; and of a client from start to first reply, by a server of {BASELINE}:")
        print()
        print(table(starts, ["stack", "messages", "client", "server", "first reply"], markdown=arguments.markdown))
        print()
    print(
        f"{versions('minirpc', 'grpcio', 'protobuf', 'grpclib', 'h2', 'uvloop')}; minirpc's codec is {IMPLEMENTATION}."
    )
    if missing:
        print(f"Not here: {', '.join(missing)} (the peers come with minirpc[bench]).")


if __name__ == "__main__":
    main()
