"""Which classes are taken for which, and how often what is said with confidence is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import INK
from rnnviz.figures.heat import colour_bar, heat
from rnnviz.figures.lines import line
from rnnviz.figures.theme import STRONG, Explained, axis, empty, figure
from rnnviz.figures.tokens import visible

CONFUSION = Explained(
    "Confusion matrix",
    "A row for each right class, a column for each answer; the colour is the share of the row. On the diagonal the "
    "answer is right. Click a cell for examples.",
    "A bright cell off the diagonal: two classes that the network cannot tell apart.",
)
CALIBRATION = Explained(
    "Calibration",
    "Of the answers given with some probability, how many are right. On the dashed line probabilities mean what they "
    "say.",
    "Points far below the line: the network is surer than it has any right to be.",
)
MOST, WRITTEN = 24, 14  # classes that are drawn, and up to how many of them counts are written into the cells
HEIGHT = 460
# Dark throughout, so that white figures can be read on all of it (contrast above 4).
_SCALE = [[0.0, "#3A3A45"], [0.02, "#440154"], [0.5, "#3B528B"], [1.0, "#1B8257"]]


def confusion_figure(matrix: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """Counts (C, C), a row for each right class. Of more than MOST classes those that occur most often.

    A click names the cell: `right * C + answer`, whatever is drawn.
    """
    matrix = np.asarray(matrix)
    classes, total = len(matrix), int(matrix.sum())
    if not total:
        return empty(CONFUSION.title, "There is no answer to count.", HEIGHT)
    often = np.sort(np.argsort(-(matrix.sum(1) + matrix.sum(0)), kind="stable")[:MOST])
    counts = matrix[np.ix_(often, often)]
    rows = matrix.sum(1)[often, None]
    shares = np.divide(counts, rows, out=np.zeros(counts.shape), where=rows > 0)
    names = [visible(labels[k], 14) for k in often]
    spot = np.empty((*counts.shape, 4), object)
    for i, j in np.ndindex(*counts.shape):
        spot[i, j] = (int(often[i] * classes + often[j]), names[i], names[j], f"{counts[i, j]:,}")
    at = np.arange(len(often))
    hover = "%{customdata[3]} of class %{customdata[1]}<br>answered %{customdata[2]}: %{z:.1%}<extra></extra>"
    few = len(often) <= WRITTEN
    words: dict[str, Any] = {"customdata": spot, "xgap": 1, "ygap": 1}
    if few:
        text = np.where(counts > 0, counts.astype(str), "").tolist()
        words |= {"text": text, "texttemplate": "%{text}", "textfont": {"size": 12, "color": "#FFFFFF"}}
    bar = colour_bar("share of row", tickformat=".0%")
    traces = heat(shares, at, at, scale=_SCALE, limits=(0, 1), hover=hover, bar=bar, **words)
    shown = {"tickvals": at, "ticktext": names, "showgrid": False}
    right = int(np.trace(matrix))
    note = f"{right:,} of {total:,} held-out answers right"
    note += f"; the {len(often)} most frequent of {classes} classes" * (len(often) < classes)
    xaxis = axis("Answer", **shown, tickangle=-45 if max(map(len, names)) > 3 else 0)
    yaxis = axis("Right class", **shown, autorange="reversed")
    margin = {"l": 96, "r": 78, "t": 54, "b": 84}
    layout: dict[str, Any] = {"meta": {"unit": "customdata"}, "margin": margin}
    return figure(traces, CONFUSION.title, xaxis, yaxis, note=note, height=HEIGHT, colour_bar=True, **layout)


def calibration_figure(sure: np.ndarray, right: np.ndarray, counts: np.ndarray, error: float) -> go.Figure:
    """Mean probability of the answers (K,), share of right ones (K,) and how many there are (K,) in each bin."""
    if not len(sure):
        return empty(CALIBRATION.title, "There is no answer to count.", 300)
    ends = np.array([0.0, 1.0])
    traces: list[dict[str, Any]] = line(
        ends, ends, "as it says", dash="dash", width=1.2, hover="as often right as it says<extra></extra>"
    )
    hover = "p = %{x:.2f}: %{y:.1%} right<br>%{customdata:,} answers<extra></extra>"
    size = 7 + 15 * np.sqrt(counts / counts.max())
    traces += line(
        sure, right, "answers", width=STRONG, hover=hover, mode="lines+markers", customdata=counts,
        marker={"color": INK, "size": size},
    )  # fmt: skip
    xaxis = axis("Probability given to the answer", range=[0, 1.03])
    yaxis = axis("Share right", range=[0, 1.06])
    note = f"larger points: more answers; off by {error:.1%} on average"
    return figure(traces, CALIBRATION.title, xaxis, yaxis, note=note, height=300)
