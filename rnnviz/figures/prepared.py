"""A table as a network gets it: every input over the rows, part by part, with the gaps that were filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import BAD, INK, meta_of
from rnnviz.figures.row_panels import row_panels
from rnnviz.figures.scales import thin
from rnnviz.figures.theme import Explained, empty, plain

PREPARED = Explained(
    "As the network gets it",
    "One panel per input, after every step; the parts stand one after another, and gaps that were filled are marked.",
    "A level beyond the training part that never occurs in it, or a column that hardly moves: scaling is not at fault, "
    "the network is asked about what it never saw.",
)
ROW, MOST, STRETCHES = 76, 6, 40  # pixels, inputs drawn, and sequences whose borders are
HOVER = "%{y:.4~g}<br>row %{x:,}<extra></extra>"
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
    values = np.concatenate(list(parts.values()))
    gaps = np.concatenate(list(filled.values())) if filled else np.zeros(values.shape, bool)
    names = [plain(label) or f"input {k + 1}" for k, label in enumerate(labels[:shown])]
    return row_panels(
        list(values[:, :shown].T),
        names,
        PREPARED.title,
        ROW,
        HOVER,
        more=lambda k: _filled(values[:, k], gaps[:, k], names[k]),
        note=_note(parts, len(labels) - shown, int(gaps.sum())),
        shapes=_shapes(parts, bounds or {}),
    )


def _filled(values: np.ndarray, gaps: np.ndarray, name: str) -> list[dict[str, Any]]:
    """Circles where gaps (N,) were filled, few enough to be drawn."""
    if not gaps.any():
        return []
    where = np.flatnonzero(gaps)
    where = where[thin(values[where])]
    return [
        {"type": "scatter", "mode": "markers", "name": f"{name}: was missing", "x": where, "y": values[where]}
        | {"marker": {"color": BAD, "size": 5, "symbol": "circle-open"}, "meta": meta_of(BAD)}
        | {"hovertemplate": "was missing; now " + HOVER}
    ]


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
