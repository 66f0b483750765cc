"""The timeline as a picture (SVG): who has answered, by matplotlib."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.proof.report import order_of
from tests.proof.stage import Client

__all__ = ["plot"]

_BINS_PER_SECOND = 2
_SHADES = {"v1": "Blues", "v2": "Oranges"}


def plot(path: Path, clients: Sequence[Client], events: Sequence[tuple[float, str]]) -> None:
    """Writes a picture with a band for each replica, in the colour of its version, for each client.

    Args:
        path: the file to write.
        clients: whose calls.
        events: what has happened; SIGTERMs are marked.
    """
    # text stays text, and the same input gives the same bytes
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "minirpc", "font.size": 9})
    figure = Figure(figsize=(9, 2.1 * len(clients) + 0.8), layout="constrained")
    axes = figure.subplots(len(clients), 1, sharex=True, squeeze=False)[:, 0]
    began = max(min(each.start for each in client.records) for client in clients) + 0.5  # when all of them are there
    end = max(math.floor(each.start - began) for client in clients for each in client.records)
    for axis, client in zip(axes, clients, strict=True):
        versions = {each.pod: each.version for each in client.records if each.pod}
        pods = sorted(versions, key=lambda pod: (versions[pod], order_of(pod)))
        bins = Counter((each.pod, math.floor((each.start - began) * _BINS_PER_SECOND)) for each in client.records)
        times = [number / _BINS_PER_SECOND for number in range(end * _BINS_PER_SECOND)]
        bands = [[bins[pod, number] * _BINS_PER_SECOND for number in range(len(times))] for pod in pods]
        colours = []
        for pod in pods:
            same = [each for each in pods if versions[each] == versions[pod]]
            shade = 0.35 + 0.5 * same.index(pod) / max(1, len(same) - 1)
            colours.append(mpl.colormaps[_SHADES[versions[pod]]](shade))
        axis.stackplot(times, bands, colors=colours, labels=[f"{pod} {versions[pod]}" for pod in pods], linewidth=0)
        for when, text in events:
            if "SIGTERM" in text and when >= began:
                axis.axvline(when - began, color="black", linewidth=0.7, linestyle=":")
        failed = sum(each.code != "OK" for each in client.records)
        axis.set_title(f"{client.name}: {len(client.records):,} calls, {failed} failed", loc="left", fontsize=9)
        axis.set_ylabel("calls/s")
        axis.set_xlim(0, times[-1])
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("seconds; dotted: a replica gets SIGTERM")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
