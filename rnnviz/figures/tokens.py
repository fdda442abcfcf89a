"""One sequence of tokens: what should come, what the network finds likeliest, and how sure it is of the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import SEQUENTIAL
from rnnviz.figures.heat import colour_bar, heat
from rnnviz.figures.theme import axis, empty, figure, plain
from rnnviz.glossary import axis_title

TITLE = "Predictions"
PER_LINE, LINES = 32, 4  # tokens of a strip
_VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍"}


def tokens(outputs: np.ndarray, targets: np.ndarray, names: Sequence[str], sequence: int = 0) -> go.Figure:
    """Outputs (T, O), right tokens (T,): per line the target above the likeliest token, coloured by p(target)."""
    chances = softmax(outputs)
    count = min(len(targets), PER_LINE * LINES)
    if not count:
        return empty(TITLE, "This sequence has no time steps.")
    given = chances[np.arange(count), targets[:count]]
    bad = ~np.isfinite(given)
    guess = np.where(np.isfinite(chances[:count]), chances[:count], -1).argmax(1)
    rows = -(-count // PER_LINE)
    wide = min(count, PER_LINE)
    grid = np.full((rows * 3, wide), np.nan)
    text = np.full(grid.shape, "", object)
    spot = np.full((*grid.shape, 3), "", object)
    absent = np.ones(grid.shape, bool)
    for t in range(count):
        row, column = 3 * (t // PER_LINE), t % PER_LINE
        best = "?" if bad[t] else names[guess[t]]
        grid[row : row + 2, column], absent[row : row + 2, column] = given[t], False
        text[row, column], text[row + 1, column] = names[targets[t]], best
        spot[row : row + 2, column] = (str(t), names[targets[t]], best)
    hover = "time step %{customdata[0]}<br>target %{customdata[1]}, likeliest %{customdata[2]}"
    traces = heat(
        grid, np.arange(wide), np.arange(len(grid)), scale=SEQUENTIAL, limits=(0, 1), absent=absent, text=text,
        hover=hover + "<br>p(target) = %{z:.3f}<extra></extra>", bar=colour_bar("p(target)"), customdata=spot,
        texttemplate="%{text}", textfont={"family": "monospace", "size": 12}, ygap=1,
    )  # fmt: skip
    right = int((guess == targets[:count])[~bad].sum())
    words = f"upper row: target; lower: likeliest token; {right} of {count} right" + (
        f"; first {count} of {len(targets)} time steps" if count < len(targets) else ""
    )
    starts = [3 * k + 0.5 for k in range(rows)]
    yaxis = axis(
        axis_title("time_step"), tickvals=starts, ticktext=[str(PER_LINE * k) for k in range(rows)], showgrid=False
    )
    yaxis["range"] = [len(grid) - 1.5, -0.5]
    xaxis = axis("", showticklabels=False, showgrid=False, ticks="")
    return figure(
        traces,
        TITLE,
        xaxis,
        yaxis,
        note=words,
        height=110 + 62 * rows,
        colour_bar=True,
        plot_bgcolor="rgba(0,0,0,0)",
    )


def softmax(outputs: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis; rows that are not finite stay NaN."""
    outputs = np.asarray(outputs, float)
    outputs = np.where(np.isfinite(outputs).all(-1, keepdims=True), outputs, np.nan)
    raised = np.exp(outputs - outputs.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def visible(name: str) -> str:
    """A token or label as text that can be seen: white space by its sign."""
    return _VISIBLE.get(name) or plain(name, 16)
