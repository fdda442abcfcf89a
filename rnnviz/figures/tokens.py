"""One sequence of tokens: what should come, what the network finds likeliest, and how sure it is of the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.heat import colour_bar, heat, note
from rnnviz.figures.theme import axis, empty, figure, plain
from rnnviz.glossary import axis_title

TITLE = "Predictions"
PER_LINE, LINES = 32, 4  # tokens of a strip
# Dark throughout, so that white letters can be read on all of it (contrast above 4).
_SCALE = [[0.0, "#440154"], [0.5, "#3B528B"], [1.0, "#1B8257"]]
_VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍"}


def tokens(outputs: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Outputs (T, O), right tokens (T,): per line the target above the likeliest token, coloured by p(target).

    names: of the O tokens; the strip has room for two letters of each, the rest shows on hovering.
    """
    count = min(len(targets), PER_LINE * LINES)
    if not count:
        return empty(TITLE, "This sequence has no time steps.")
    chances, right_ones = softmax(outputs[:count]), targets[:count]
    given = chances[np.arange(count), right_ones]
    bad = ~np.isfinite(given)
    likeliest = np.where(np.isfinite(chances), chances, -1.0).argmax(1)
    lines, wide = -(-count // PER_LINE), min(count, PER_LINE)
    # three rows of cells per line: targets, likeliest tokens, and a gap
    grid, text = np.full((3 * lines, wide), np.nan), np.full((3 * lines, wide), "", object)
    spot = np.full((3 * lines, wide, 3), "", object)
    for t in range(count):
        row, column = 3 * (t // PER_LINE), t % PER_LINE
        both = names[right_ones[t]], "NaN" if bad[t] else names[likeliest[t]]
        grid[row : row + 2, column] = given[t]
        text[row, column], text[row + 1, column] = (visible(name, 2) for name in both)
        spot[row : row + 2, column] = (t, *(visible(name, 16) for name in both))
    absent = text == ""
    hover = "time step %{customdata[0]}<br>target %{customdata[1]}, likeliest %{customdata[2]}"
    letters = {"family": "monospace", "size": 12, "color": "#FFFFFF"}
    traces = heat(
        grid,
        np.arange(wide),
        np.arange(3 * lines),
        scale=_SCALE,
        limits=(0, 1),
        absent=absent,
        hover=hover + "<br>p(target) = %{z:.3f}<extra></extra>",
        bar=colour_bar("p(target)"),
        axes=("x", "y"),
        **{"text": text, "customdata": spot, "texttemplate": "%{text}", "textfont": letters, "ygap": 1},
    )
    right = int((likeliest == right_ones)[~bad].sum())
    words = [f"upper row: target; lower: likeliest token; {right} of {count} right", note(grid, absent, why="")]
    words += [f"first {count} of {len(targets)} time steps"] * (count < len(targets))
    starts = {"tickvals": [3 * k + 0.5 for k in range(lines)], "ticktext": [PER_LINE * k for k in range(lines)]}
    yaxis = axis(axis_title("time_step"), showgrid=False, **starts, range=[3 * lines - 1.5, -0.5])
    xaxis = axis("", showticklabels=False, showgrid=False, ticks="")
    told = "; ".join(filter(None, words))
    return figure(traces, TITLE, xaxis, yaxis, note=told, height=110 + 62 * lines, colour_bar=True)


def softmax(outputs: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis; rows that are not finite stay NaN."""
    outputs = np.asarray(outputs, float)
    outputs = np.where(np.isfinite(outputs).all(-1, keepdims=True), outputs, np.nan)
    raised = np.exp(outputs - outputs.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def visible(name: str, limit: int = 16) -> str:
    """A token or label as text that can be seen: white space by its sign, long names cut."""
    return _VISIBLE.get(name) or plain(name, limit) or "␣"
