"""A table as a network gets it: every input over the rows, part by part, with the gaps that were filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import BAD, INK, meta_of
from rnnviz.figures.lines import line
from rnnviz.figures.scales import thin
from rnnviz.figures.theme import THIN, Explained, axis, empty, figure, plain, stacked

PREPARED = Explained(
    "As the network gets it",
    "One panel per input, after every step; the parts stand one after another, and gaps that were filled are marked.",
    "A level beyond the training part that never occurs in it, or a column that hardly moves: scaling is not at fault, "
    "the network is asked about what it never saw.",
)
ROW, GAP, MOST, STRETCHES = 76, 26, 6, 40  # pixels, inputs drawn, and sequences whose borders are
SHADES = {"held-out": "rgba(127,127,127,0.10)", "test": "rgba(127,127,127,0.22)"}


def prepared_series(
    parts: Mapping[str, np.ndarray],
    labels: Sequence[str],
    filled: Mapping[str, np.ndarray] | None = None,
    bounds: Mapping[str, np.ndarray] | None = None,
) -> go.Figure:
    """Inputs (N, D) of each part, by its name, as small multiples; the first ones where there are many.

    filled: (N, D) bool of each part, which of them were gaps. bounds: of the sequences in each part.
    """
    shown = min(len(labels), MOST)
    rows = sum(len(inputs) for inputs in parts.values())
    if not (shown and rows):
        return empty(PREPARED.title, "Nothing goes in.", 220)
    tall, domains = stacked(shown, ROW, GAP)
    values = np.concatenate(list(parts.values()))
    gaps = np.concatenate(list(filled.values())) if filled else np.zeros(values.shape, bool)
    axes: dict[str, Any] = {}
    traces: list[Any] = []
    words: list[dict[str, Any]] = []
    at = np.arange(rows)
    for k in range(shown):
        ref = "" if k == 0 else str(k + 1)
        name = plain(labels[k]) or f"input {k + 1}"
        hover = "%{y:.4~g}<br>row %{x:,}<extra></extra>"
        traces += line(at, values[:, k], name, width=THIN + 0.4, hover=hover, axes=("x", f"y{ref}"))
        if gaps[:, k].any():
            mark = {"color": BAD, "size": 5, "symbol": "circle-open"}
            marked = np.flatnonzero(gaps[:, k])
            marked = marked[thin(values[marked, k])]
            traces.append(
                {"type": "scatter", "mode": "markers", "name": f"{name}: was missing", "x": marked}
                | {"y": values[marked, k], "marker": mark, "xaxis": "x", "yaxis": f"y{ref}"}
                | {"hovertemplate": "was missing; now " + hover, "meta": meta_of(BAD)}
            )
        axes[f"yaxis{ref}"] = axis("", anchor="x", domain=domains[k], nticks=4)
        heading = {"text": name, "xref": "paper", "yref": f"y{ref} domain", "x": 0, "y": 1, "showarrow": False}
        words.append(heading | {"xanchor": "left", "yanchor": "bottom", "font": {"size": 11}})
    note = _note(parts, len(labels) - shown, int(gaps.sum()))
    xaxis = axis("Row", anchor="y" if shown == 1 else f"y{shown}", tickformat=",d", range=[0, rows])
    layout: dict[str, Any] = {"height": 72 + tall + 46, "margin": {"l": 66, "r": 14, "t": 72, "b": 46}}
    layout |= {"note": note, "annotations": words, "shapes": _shapes(parts, bounds or {})}
    return figure(traces, PREPARED.title, xaxis, axes.pop("yaxis"), **layout, **axes)


def _shapes(parts: Mapping[str, np.ndarray], bounds: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """A shade over each part but the first, and thin lines between sequences where they are few."""
    shapes, begin = [], 0
    borders: list[float] = []
    for name, inputs in parts.items():
        end = begin + len(inputs)
        if name in SHADES:
            area = {"type": "rect", "x0": begin, "x1": end, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
            shapes.append(area | {"fillcolor": SHADES[name], "line": {"width": 0}})
            wall = {"type": "line", "x0": begin, "x1": begin, "y0": 0, "y1": 1, "yref": "paper"}
            shapes.append(wall | {"line": {"color": INK, "width": 1.5, "dash": "dash"}})
        borders += [begin + float(border) for border in bounds.get(name, [])[1:-1]]
        begin = end
    if len(borders) <= STRETCHES:
        for border in borders:
            thin = {"type": "line", "x0": border, "x1": border, "y0": 0, "y1": 1, "yref": "paper"}
            shapes.append(thin | {"line": {"color": INK, "width": 0.5, "dash": "dot"}})
    return shapes


def _note(parts: Mapping[str, np.ndarray], more: int, gaps: int) -> str:
    words = [", ".join(f"{name} {len(inputs):,}" for name, inputs in parts.items()) + " rows, left to right"]
    words += [f"{gaps:,} gap{'s' * (gaps > 1)} filled (circles)"] * (gaps > 0) + [
        f"{more} more input{'s' * (more > 1)}"
    ] * (more > 0)
    return "; ".join(words)
