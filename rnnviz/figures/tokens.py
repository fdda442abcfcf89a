"""One sequence of tokens: what should come, what the network finds likeliest, and how sure it is of the truth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.heat import colour_bar, heat, note
from rnnviz.figures.theme import axis, empty, figure, plain
from rnnviz.glossary import axis_title

TITLE = "Predictions"
LINES = 6  # of a strip
LETTERS, WORDS, CUT = 32, 36, 12  # a telephone has room for: tokens of one letter, or letters in all; of a token
# Dark throughout, so that white letters can be read on all of it (contrast above 4).
_SCALE = [[0.0, "#440154"], [0.5, "#3B528B"], [1.0, "#1B8257"]]
_CODE = re.compile(r"U\+[0-9A-F]{4,6}")  # the name of a character that cannot be seen
_VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍"}


def tokens(outputs: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Outputs (T, O), right tokens (T,): per line the target above the likeliest token, coloured by p(target).

    names: of the O tokens; long ones are cut, and whole on hovering.
    """
    across = per_line(names)
    count = min(len(targets), across * LINES)
    if not count:
        return empty(TITLE, "This sequence has no time steps.")
    chances, right_ones = softmax(outputs[:count]), targets[:count]
    given = chances[np.arange(count), right_ones]
    bad = ~np.isfinite(given)
    likeliest = np.where(np.isfinite(chances), chances, -1.0).argmax(1)
    lines, wide = -(-count // across), min(count, across)
    # three rows of cells per line: targets, likeliest tokens, and a gap
    grid, text = np.full((3 * lines, wide), np.nan), np.full((3 * lines, wide), "", object)
    spot = np.full((3 * lines, wide, 3), "", object)
    for t in range(count):
        row, column = 3 * (t // across), t % across
        both = names[right_ones[t]], "NaN" if bad[t] else names[likeliest[t]]
        grid[row : row + 2, column] = given[t]
        text[row, column], text[row + 1, column] = (cell(name) for name in both)
        spot[row : row + 2, column] = (t, *(visible(name, 24) for name in both))
    absent = text == ""
    hover = "time step %{customdata[0]}<br>target %{customdata[1]}, likeliest %{customdata[2]}"
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
        textfont=letters(names) | {"color": "#FFFFFF"},
        **{"text": text, "customdata": spot, "texttemplate": "%{text}", "ygap": 1},
    )
    right = int((likeliest == right_ones)[~bad].sum())
    words = [f"{right} of {count} right", note(grid, absent, why="")]
    words += [f"first {count} of {len(targets)} time steps"] * (count < len(targets))
    starts = {"tickvals": [3 * k + 0.5 for k in range(lines)], "ticktext": [across * k for k in range(lines)]}
    yaxis = axis(axis_title("time_step"), showgrid=False, **starts, range=[3 * lines - 1.5, -0.5])
    xaxis = axis("", showticklabels=False, showgrid=False, ticks="")
    told, margin = "; ".join(filter(None, words)), {"l": 66, "r": 78, "t": 54, "b": 16}
    return figure(traces, TITLE, xaxis, yaxis, note=told, height=80 + 62 * lines, colour_bar=True, margin=margin)


def per_line(names: Sequence[str]) -> int:
    """How many tokens of these names stand in a line: it is the same for all sequences of a task."""
    longest = min(max((1 if _CODE.fullmatch(name) else len(name) for name in names), default=1), CUT)
    return LETTERS if longest <= 1 else WORDS // longest


def letters(names: Sequence[str]) -> dict[str, Any]:
    """The font of a strip: letters of equal width where tokens are letters."""
    return {"size": 12} | ({"family": "monospace"} if per_line(names) == LETTERS else {})


def softmax(outputs: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis; rows that are not finite stay NaN."""
    outputs = np.asarray(outputs, float)
    outputs = np.where(np.isfinite(outputs).all(-1, keepdims=True), outputs, np.nan)
    raised = np.exp(outputs - outputs.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def cell(name: str) -> str:
    """A token as it stands in a cell; hovering tells the whole of it."""
    return "¤" if _CODE.fullmatch(name) else visible(name, CUT)


def visible(name: str, limit: int = 16) -> str:
    """A token or label as text that can be seen: white space by its sign, long names cut."""
    return _VISIBLE.get(name) or plain(name, limit) or "␣"
