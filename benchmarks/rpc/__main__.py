"""``python -m benchmarks.rpc``: calls beside the peers' as a table."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.rpc.stacks import STACKS
from benchmarks.rpc.workloads import WORKLOADS
from benchmarks.toolchain import ROOT, generate, installed, table, versions
from minirpc.wire import IMPLEMENTATION

PROTO = Path(__file__).parent / "bench.proto"
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


class _Process:
    """A process of :mod:`benchmarks.rpc.process`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders, self._answers = process.stdin, process.stdout

    def ask(self, order: Any) -> Any:
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        return self.answer()

    def answer(self) -> Any:
        line = self._answers.readline()
        if not line:
            raise SystemExit("a process of the benchmark has failed")
        return json.loads(line)


@contextmanager
def _started(*arguments: str) -> Iterator[_Process]:
    command = [sys.executable, "-m", "benchmarks.rpc.process", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield _Process(process)
            process.communicate(timeout=10)  # closes its input, at which it ends
        finally:
            process.kill()


def _measure(stack: str, folder: Path, placement: str, seconds: float, calls: int) -> dict[str, Sample]:
    """Measures all workloads on one connection."""
    samples = {}
    with _started("server", stack, str(folder), placement) as server:
        port = server.answer()
        with _started("client", stack, str(folder), placement, str(port)) as client:
            client.answer()
            for workload in WORKLOADS:
                client.ask({"workload": workload, "seconds": seconds / 5, "calls": calls})  # warm-up
                before = server.ask(None)
                done, taken, client_cpu = client.ask({"workload": workload, "seconds": seconds, "calls": calls})
                server_cpu = server.ask(None) - before
                samples[workload] = Sample(done / taken, server_cpu / done, client_cpu / done)
    return samples


def _render(samples: Mapping[str, Sequence[Mapping[str, Sample]]], *, markdown: bool) -> str:
    headers = ["workload", "stack", "rate /s", "least", "most", "CPU µs server", "CPU µs client"]
    rows = []
    for workload, description in WORKLOADS.items():
        baseline = [run[workload] for run in samples[BASELINE]]
        for stack, runs in samples.items():
            own = [run[workload] for run in runs]
            rates = [sample.rate for sample in own]
            rows.append(
                [
                    f"{workload} ({description.unit})",
                    stack,
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
    arguments = parser.parse_args()
    runs, calls = (1, 3) if arguments.quick else (arguments.runs, arguments.calls)

    stacks = {name: stack for name, stack in STACKS.items() if installed(*stack.requires)}
    missing = [name for name in STACKS if name not in stacks]
    samples: dict[str, list[dict[str, Sample]]] = {name: [] for name in stacks}
    with tempfile.TemporaryDirectory(prefix="minirpc-benchmark-") as name:
        folders = {}
        for stack_name, stack in stacks.items():
            folders[stack_name] = Path(name) / stack.module
            # minirpc's modules import each other relatively: they are a package inside the folder
            code = folders[stack_name] / "generated_minirpc" if stack.generator == "minirpc" else folders[stack_name]
            generate(PROTO, stack.generator, code, services=True)
        # Every stack in turn, not all runs of one: the machine's mood changes.
        for _ in range(runs):
            for stack_name, folder in folders.items():
                samples[stack_name].append(_measure(stack_name, folder, arguments.placement, arguments.seconds, calls))
    print(_render(samples, markdown=arguments.markdown))
    print()
    print(f"Medians of {runs} runs; in parentheses the ratio to {BASELINE}. CPU is the processor time for one unit.")
    print(f"{versions('minirpc', 'grpcio', 'protobuf', 'grpclib', 'h2')}; minirpc's codec is {IMPLEMENTATION}.")
    if missing:
        print(f"Not here: {', '.join(missing)} (the peers come with minirpc[bench]).")


if __name__ == "__main__":
    main()
