"""Several runs over one another, each a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import CELL_STYLES
from rnnviz.figures.lines import line
from rnnviz.figures.scales import decades, log_axis, spans
from rnnviz.figures.theme import STRONG, Explained, axis, empty, figure, plain
from rnnviz.glossary import axis_title, lookup

RUNS = Explained(
    "Runs over one another",
    "Each line is one run, on sequences never trained on. Runs with the same seed saw the same batches: what parts "
    "them is what was set differently.",
    "Two forks of one run that meet again: what was changed did not matter for long.",
)
STYLES = (*CELL_STYLES[2:6], *CELL_STYLES[:2])  # the coloured ones first
MOST = len(STYLES)


def runs_figure(series: Sequence[tuple[str, np.ndarray, np.ndarray]], quantity: str = "heldout_loss") -> go.Figure:
    """(name, steps (E,), values (E,)) of each run, over steps; log axis above 1.5 decades.

    quantity: glossary name of the values. At most six runs; names may come from a visitor.
    """
    entry = lookup(quantity)
    title = entry.label[:1].upper() + entry.label[1:]
    series = [each for each in series[:MOST] if len(each[1])]
    if not series:
        return empty(title, "Nothing was checked on held-out data yet.", 340)
    known = [values for _, _, values in series]
    low, high = decades(*known)
    log = not entry.bounds and spans(*known)
    traces: list[dict[str, Any]] = []
    for (name, steps, values), (colour, dash) in zip(series, STYLES, strict=False):
        hover = f"{entry.label} %{{y:.4~g}}<br>step %{{x:,}}<extra>{plain(name, 40)}</extra>"
        look: dict[str, Any] = {"dash": dash, "width": STRONG, "floor": 10.0**low if log else None}
        traces += line(steps, values, plain(name, 40), colour, hover=hover, **look)
    yaxis = log_axis(axis_title(quantity), low, high) if log else axis(axis_title(quantity), rangemode="tozero")
    if entry.bounds:
        yaxis["range"] = [entry.bounds[0] - 0.03, entry.bounds[1] + 0.03]
    xaxis = axis(axis_title("step", ""), rangemode="tozero", tickformat=",d")
    if not any(steps[-1] for _, steps, _ in series):
        xaxis["range"] = [0, 100]  # of whole steps, before there are some
    return figure(traces, title, xaxis, yaxis, height=340, legend=True)
