"""Columns of a table over its rows, one panel below another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.lines import line
from rnnviz.figures.theme import THIN, axis, figure, stacked

GAP = 26  # pixels


def row_panels(
    series: Sequence[np.ndarray],
    names: Sequence[str],
    title: str,
    row: int,
    hover: str,
    gaps: bool = False,
    more: Callable[[int], list[dict[str, Any]]] = lambda k: [],
    **layout: Any,
) -> go.Figure:
    """One panel for each series (N,), at least one, under its name. row: pixels of a panel; gaps: as for `line`.

    more: traces that go into the k-th panel beside its line. layout: note, shapes.
    """
    rows, count = len(series[0]), len(series)
    tall, domains = stacked(count, row, GAP)
    axes: dict[str, Any] = {}
    traces: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    at = np.arange(rows)
    for k, (values, name) in enumerate(zip(series, names, strict=True)):
        ref = "" if k == 0 else str(k + 1)
        place = {"xaxis": "x", "yaxis": f"y{ref}"}
        traces += line(at, values, name, width=THIN + 0.4, hover=hover, axes=("x", f"y{ref}"), gaps=gaps)
        traces += [each | place for each in more(k)]
        axes[f"yaxis{ref}"] = axis("", anchor="x", domain=domains[k], nticks=4)
        heading = {"text": name, "xref": "paper", "yref": f"y{ref} domain", "x": 0, "y": 1, "showarrow": False}
        words.append(heading | {"xanchor": "left", "yanchor": "bottom", "font": {"size": 11}})
    xaxis = axis("Row", anchor="y" if count == 1 else f"y{count}", tickformat=",d", range=[0, max(rows, 1)])
    layout |= {"height": 72 + tall + 46, "margin": {"l": 66, "r": 14, "t": 72, "b": 46}, "annotations": words}
    return figure(traces, title, xaxis, axes.pop("yaxis"), **layout, **axes)
