"""``python -m benchmarks.rpc.profile``: where the processor time of a call goes, at each end."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.rpc.processes import PROTO, Pair, connected
from benchmarks.rpc.sampler import PARTS
from benchmarks.rpc.workloads import WORKLOADS
from benchmarks.toolchain import generate, table, versions

_STACK = "minirpc"
_WORKLOADS = ("unary, 100 in flight", "unary, 1 in flight", "server streaming, 1 stream", "bidi ping-pong, 1 stream")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rpc.profile", description="Says where time goes.")
    parser.add_argument("--quick", action="store_true", help="try it: too few samples to say anything")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for the documentation")
    parser.add_argument("--seconds", type=float, default=5.0, help="time for each workload (%(default)s)")
    arguments = parser.parse_args()
    seconds = 0.1 if arguments.quick else arguments.seconds
    order = {"seconds": seconds, "calls": 1 << 30}
    rows = []
    with tempfile.TemporaryDirectory(prefix="minirpc-benchmark-") as name:
        generate(PROTO, "minirpc", Path(name) / "generated_minirpc", services=True)
        with connected(Pair(_STACK, _STACK), {_STACK: Path(name)}, "apart") as (server, client):
            for workload in _WORKLOADS:
                client.ask({"workload": workload, "seconds": seconds / 10, "calls": order["calls"]})
                before = server.ask(None)
                server.ask("sample")
                client.ask("sample")
                done, _, client_time = client.ask({"workload": workload, **order})
                for side, process, time in (
                    ("client", client, client_time),
                    ("server", server, server.ask(None) - before),
                ):
                    shares = process.ask("samples")
                    rows.append(
                        [
                            f"{workload} ({WORKLOADS[workload].unit})",
                            side,
                            *(f"{shares[part] * time / done * 1e6:.1f}" for part in PARTS),
                            f"{time / done * 1e6:.1f}",
                        ]
                    )
    print(table(rows, ["workload", "side", *PARTS, "together"], labels=2, markdown=arguments.markdown))
    print()
    print(f"Microseconds of processor time for one unit, by samples. {versions('minirpc', 'h2')}.")


if __name__ == "__main__":
    main()
