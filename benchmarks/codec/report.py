"""The tables of the codec benchmark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import geometric_mean, median
from typing import TypeAlias

from benchmarks.codec.programs import OPERATIONS
from benchmarks.toolchain import table

__all__ = ["Times", "render"]

Times: TypeAlias = Mapping[str, Mapping[str, Sequence[float]]]
"""One engine's times in seconds: for each dataset and operation, one time from each process."""


def render(times: Mapping[str, Times], baseline: str, sizes: Mapping[str, int], *, markdown: bool) -> str:
    """Lays out all tables.

    Args:
        times: the times by the engines' names.
        baseline: the engine that the others are compared with.
        sizes: the encoded size of each dataset, in bytes.
        markdown: as GitHub reads it.
    """
    parts = [_title(f"Time relative to {baseline}: geometric mean over the datasets", markdown)]
    for name, statistic in (("least", min), ("median", median)):
        parts.append(f"Of the {name} times of all processes:")
        parts.append(_summary(times, baseline, statistic, markdown))
    for dataset, size in sizes.items():
        parts.append(_title(f"{dataset}, {size:,} bytes: ns, and relative to {baseline}", markdown))
        rows = []
        for engine, results in times.items():
            cells = (_cell(results[dataset][name], times[baseline][dataset][name]) for name in OPERATIONS)
            rows.append([engine, *cells])
        parts.append(table(rows, ["engine", *OPERATIONS], markdown=markdown))
    return "\n\n".join(parts)


def _title(text: str, markdown: bool) -> str:
    return f"### {text}" if markdown else text


def _summary(
    times: Mapping[str, Times], baseline: str, statistic: Callable[[Sequence[float]], float], markdown: bool
) -> str:
    rows = []
    for engine, results in times.items():
        means = []
        for operation in OPERATIONS:
            ratios = [
                statistic(results[dataset][operation]) / statistic(times[baseline][dataset][operation])
                for dataset in results
            ]
            means.append(_ratio(geometric_mean(ratios)))
        rows.append([engine, *means])
    return table(rows, ["engine", *OPERATIONS], markdown=markdown)


def _cell(times: Sequence[float], baseline: Sequence[float]) -> str:
    return f"{min(times) * 1e9:,.0f} ({_ratio(min(times) / min(baseline))})"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"
