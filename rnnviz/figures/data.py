"""What was brought: the series of a table, and how often each token of a text occurs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import INK
from rnnviz.figures.row_panels import row_panels
from rnnviz.figures.scales import LIMIT
from rnnviz.figures.theme import Explained, axis, empty, figure, plain
from rnnviz.figures.tokens import visible

SERIES = Explained(
    "Your table",
    "One panel per column, rows in the file's order. Rows left of a dashed line train, those in the shade judge.",
    "A level right of the line that never occurs on its left: the network is asked about what it never saw.",
)
TOKENS = Explained(
    "How often each occurs",
    "How often each character, or word of a category, occurs, the most frequent first.",
    "Many that occur a few times only: each is a class that can hardly be learnt.",
)
ROW, MOST = 84, 8  # pixels, and columns drawn
MOST_BORDERS = 60  # between sequences; more would hide what they divide


def series_preview(
    values: Sequence[np.ndarray] | np.ndarray,
    columns: Sequence[str],
    train_fraction: float | None = None,
    bounds: Sequence[int] | np.ndarray = (),
) -> go.Figure:
    """The columns (N,) of a table as small multiples, or (N, C); gaps (NaN) stay open.

    train_fraction: where, in time order, training data end. bounds: rows at which sequences begin and end.
    """
    series = list(np.asarray(values).T if isinstance(values, np.ndarray) else values)
    rows = len(series[0]) if series else 0
    shown = min(len(series), MOST) if rows else 0
    if not shown:
        return empty(SERIES.title, "This table has no numbers.", 220)
    cut = None if train_fraction is None else train_fraction * rows
    shapes = []
    borders = list(bounds[1:-1])
    for row in borders[: MOST_BORDERS if len(borders) <= MOST_BORDERS else 0]:
        border = {"type": "line", "x0": int(row), "x1": int(row), "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
        shapes.append(border | {"line": {"color": INK, "width": 0.8, "dash": "dot"}})
    if cut is not None:
        wall = {"type": "line", "x0": cut, "x1": cut, "y0": 0, "y1": 1, "yref": "paper"}
        side = {"type": "rect", "x0": cut, "x1": rows, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
        shapes += [
            wall | {"line": {"color": INK, "width": 1.5, "dash": "dash"}},
            side | {"fillcolor": "rgba(127,127,127,0.10)", "line": {"width": 0}},
        ]
    note = [] if cut is None else [f"left of the line: training ({train_fraction:.0%}); right: held-out"]
    note += [f"{len(borders) + 1:,} sequences"] * bool(borders)
    note += [f"{len(series) - shown:,} more columns"] * (len(series) > shown)
    note += ["drawn by lowest and highest values"] * (rows > LIMIT)
    names = [plain(column) or f"column {k + 1}" for k, column in enumerate(columns[:shown])]
    hover = "%{y:.6~g}<br>row %{x:,}<extra></extra>"
    words = "; ".join(note)
    return row_panels(series[:shown], names, SERIES.title, ROW, hover, gaps=True, note=words, shapes=shapes)


def token_frequencies(labels: Sequence[str], counts: np.ndarray, most: int = 40, what: str = "Character") -> go.Figure:
    """How often each token occurs: labels (V) and counts (V,); the `most` frequent ones. what: a token is."""
    counts = np.asarray(counts)
    if not len(counts):
        return empty(TOKENS.title, "This text has no characters.", 240)
    order = np.argsort(-counts, kind="stable")[:most]
    names = [visible(labels[k]) for k in order]
    share = counts[order] / max(1, counts.sum())
    bar = {
        "type": "bar",
        "x": np.arange(len(order)),
        "y": counts[order],
        "marker": {"color": INK},
        "meta": {"ink": True},
    }
    hover = "%{text}: %{y:,} times, %{customdata:.2%}<extra></extra>"
    bar |= {"text": names, "textposition": "none", "customdata": share, "hovertemplate": hover}
    place = {"tickvals": np.arange(len(order)), "ticktext": names, "tickangle": 0, "showgrid": False}
    rare = int((counts < 10).sum())
    note = f"{len(counts):,} different; {rare:,} occur fewer than 10 times"
    return figure([bar], TOKENS.title, axis(plain(what), **place), axis("Times"), note=note, height=240, bargap=0.2)
