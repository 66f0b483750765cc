"""The benchmarks run from end to end and give their tables. What they measure here is of no value."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _run(benchmark: str, *arguments: str) -> str:
    command = [sys.executable, "-m", benchmark, "--quick", *arguments]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False, timeout=240
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def _rows(output: str, first_cell: str) -> list[list[str]]:
    """The rows of all Markdown tables that begin with a cell, without that cell."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in output.splitlines() if line[:1] == "|"]
    return [row[1:] for row in rows if row[0] == first_cell]


def test_the_codec_benchmark_measures_each_operation_on_each_dataset() -> None:
    output = _run("benchmarks.codec", "--small", "--markdown", "--repeats=1", "--seconds=0")
    titles = [line for line in output.splitlines() if line.startswith("### ")]
    assert len(titles) == 12  # the summary and eleven operations
    for engine in ("google upb", "minirpc pure"):
        summaries = _rows(output, engine)
        assert [len(cells) for cells in summaries] == [11, 11, 11]  # least, median, small messages
        assert all(float(cell.replace(",", "")) > 0 for cells in summaries for cell in cells[:-1])
    assert _rows(output, "google upb")[0][:-1] == ["1.00"] * 10
    for dataset in ("tiny", "packed doubles", "descriptors + source"):
        assert len(_rows(output, dataset)) == 11
    assert "Left out" not in output


def test_a_part_of_the_codec_benchmark_can_be_chosen() -> None:
    arguments = ["--engine=google pure", "--dataset=tiny", "--operation=encode", "--operation=from_json"]
    output = _run("benchmarks.codec", "--markdown", *arguments)
    assert _rows(output, "engine") == [["encode", "from_json"]] * 2
    assert _rows(output, "dataset") == [["bytes", "google upb", "google pure"]] * 2
    assert len(_rows(output, "google pure")) == 2  # one dataset: no mean of small ones beside that of all


def test_the_rpc_benchmark_measures_each_stack_with_each_workload() -> None:
    output = _run("benchmarks.rpc", "--markdown", "--stacks", "minirpc", "bare TCP", "--pairs")
    for workload in (
        "unary, 1 in flight (RPC)",
        "unary, 10 in flight (RPC)",
        "unary, 100 in flight (RPC)",
        "server streaming, 1 stream (message)",
        "server streaming, 8 streams (message)",
        "bidi ping-pong, 1 stream (round trip)",
        "echo of 1 MiB, 1 in flight (MiB)",
        "echo of 64 MiB, 1 in flight (MiB)",
        "connect + first call (connection)",
    ):
        rows = {stack: cells for stack, *cells in _rows(output, workload)}
        assert {"grpc.aio", "minirpc", "grpc.aio → minirpc", "minirpc → grpc.aio"} <= rows.keys()
        assert ("bare TCP" in rows) == (workload == "unary, 1 in flight (RPC)")
        assert all(len(cells) == 5 for cells in rows.values())
        assert all("(1.00)" in rows["grpc.aio"][column] for column in (0, 3, 4))
    for stack in ("grpc.aio", "minirpc"):
        memory, starts = _rows(output, stack)[-2:]
        assert [len(memory), len(starts)] == [4, 4]
        assert all(memory + starts)


def test_the_tables_can_be_read_on_a_terminal() -> None:
    output = _run("benchmarks.codec", "--dataset=tiny", "--operation=decode")
    assert "|" not in output
    assert "Relative to google upb: geometric mean over the datasets" in output.splitlines()


def test_the_profile_says_where_the_time_of_both_ends_goes() -> None:
    output = _run("benchmarks.rpc.profile", "--markdown")
    assert len(_rows(output, "workload")) == 1
    for workload in ("unary, 1 in flight (RPC)", "unary, 100 in flight (RPC)"):
        rows = _rows(output, workload)
        assert [row[0] for row in rows] == ["client", "server"]
        assert all(float(row[-1]) > 0 for row in rows)


def test_the_benchmark_of_workers_measures_one_process_and_two() -> None:
    output = _run("benchmarks.rpc.workers", "--markdown")
    for work in ("0 ms", "1 ms"):
        assert [cells[:2] for cells in _rows(output, work)] == [
            [stack, workers] for stack in ("minirpc", "grpc.aio") for workers in ("1", "2")
        ]
