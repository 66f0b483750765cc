"""The tables of the codec benchmark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import geometric_mean, median
from typing import TypeAlias

from benchmarks.codec.worker import MEMORY
from benchmarks.toolchain import table

__all__ = ["SMALL", "Figures", "render"]

Figures: TypeAlias = Mapping[str, Mapping[str, Sequence[float]]]
"""One engine's figures (seconds; bytes for memory): for each dataset and operation, one from each process."""

SMALL = 1_000
"""Messages of fewer bytes have a mean of their own: what most calls send."""

_Statistic: TypeAlias = Callable[[Sequence[float]], float]


def render(
    figures: Mapping[str, Figures],
    baseline: str,
    sizes: Mapping[str, int],
    operations: Sequence[str],
    *,
    markdown: bool,
) -> str:
    """Lays out all tables.

    Args:
        figures: the figures by the engines' names.
        baseline: the engine that the others are compared with.
        sizes: the encoded size of each dataset, in bytes.
        operations: what was measured.
        markdown: as GitHub reads it.
    """
    small = [dataset for dataset, size in sizes.items() if size < SMALL]
    parts = [_title(f"Relative to {baseline}: geometric mean over the datasets", markdown)]
    means: list[tuple[str, _Statistic, Iterable[str]]] = [
        ("Of the least figures of all processes:", min, sizes),
        ("Of the median figures of all processes:", median, sizes),
    ]
    if small and len(small) < len(sizes):
        means.append((f"Of the least figures, messages below {SMALL:,} bytes only:", min, small))
    for title, statistic, datasets in means:
        rows = []
        for engine in figures:
            ratios = [_ratios(figures, engine, baseline, operation, datasets, statistic) for operation in operations]
            rows.append([engine, *(_ratio(geometric_mean(found)) if found else "-" for found in ratios)])
        parts += [title, table(rows, ["engine", *operations], markdown=markdown)]
    for operation in operations:
        unit = "bytes" if operation == MEMORY else "ns"
        parts.append(_title(f"{operation}: {unit} of {baseline}, and the others relative to it", markdown))
        rows = []
        for dataset, size in sizes.items():
            base = figures[baseline][dataset].get(operation)
            cells = [_cell(figures[engine][dataset].get(operation), base) for engine in figures if engine != baseline]
            rows.append([dataset, f"{size:,}", _absolute(base, unit), *cells])
        others = [engine for engine in figures if engine != baseline]
        parts.append(table(rows, ["dataset", "bytes", baseline, *others], markdown=markdown))
    return "\n\n".join(parts)


def _title(text: str, markdown: bool) -> str:
    return f"### {text}" if markdown else text


def _ratios(
    figures: Mapping[str, Figures],
    engine: str,
    baseline: str,
    operation: str,
    datasets: Iterable[str],
    statistic: _Statistic,
) -> list[float]:
    """The ratios of the datasets on which both engines have figures."""
    found = []
    for dataset in datasets:
        own, base = figures[engine][dataset].get(operation), figures[baseline][dataset].get(operation)
        if own and base:
            found.append(statistic(own) / statistic(base))
    return found


def _absolute(figures: Sequence[float] | None, unit: str) -> str:
    if not figures:
        return "-"
    return f"{min(figures) * (1 if unit == 'bytes' else 1e9):,.0f}"


def _cell(figures: Sequence[float] | None, baseline: Sequence[float] | None) -> str:
    return _ratio(min(figures) / min(baseline)) if figures and baseline else "-"


def _ratio(value: float) -> str:
    if value < 0.1:
        return f"{value:.3f}"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
