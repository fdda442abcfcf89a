"""A text as the network reads it, in the colours of one unit, as in Karpathy, Johnson and Li (2015), section 4."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import ABSENT, DIVERGING
from rnnviz.figures.heat import colour_bar, heat, note
from rnnviz.figures.states import state_limit
from rnnviz.figures.theme import Explained, axis, figure
from rnnviz.figures.tokens import cell, letters, per_line, visible
from rnnviz.glossary import axis_title, lookup
from rnnviz.trace import Trace

LINES = 12  # what is longer would push all else off the page
READING = Explained(
    "What a unit reads",
    "The sequence as a text, line by line. The colour of a character or word is the state of the unit once it has read "
    "it: blue is negative, red positive.",
    "Colour that keeps to a part of the text: within quotes, within brackets, along a line. Karpathy, Johnson and Li "
    "(2015) found such units; most have no meaning that can be named.",
)


def reading_figure(
    trace: Trace,
    tokens: np.ndarray,
    names: Sequence[str],
    unit: int,
    state: str = "h",
    layer: int = 0,
    sequence: int = 0,
) -> go.Figure:
    """One unit's state over the tokens (T,) that one sequence is made of, in lines that a telephone has room for.

    names: of all tokens that there are. A space is an empty cell. At most twelve lines are drawn. The colours are
    those of the state's heat map.
    """
    across, whole = per_line(names), trace.states[state][layer, sequence]  # (T, H)
    time = min(len(whole), across * LINES)
    lines, wide = -(-time // across), min(time, across)
    steps, rest = np.arange(lines * wide).reshape(lines, wide), lines * wide - time
    exists = trace.mask[sequence]
    absent = np.append(~exists[:time], np.ones(rest, bool)).reshape(steps.shape)
    values = np.append(whole[:time, unit], np.full(rest, np.nan)).reshape(steps.shape)
    read = [names[token] if there else "" for token, there in zip(tokens, exists, strict=True)][:time] + [""] * rest
    limit = state_limit(state, whole)
    traces = heat(
        values,
        np.arange(wide),
        np.arange(lines),
        scale=DIVERGING,
        limits=(-limit, limit),
        hover=f"time step %{{customdata}}: %{{hovertext}}<br>{state} = %{{z:.3f}}<extra></extra>",
        bar=colour_bar(lookup(state).symbol),
        absent=absent,
        text=_cells(["" if name in ("", " ", "␣") else cell(name) for name in read], steps),
        hovertext=_cells([visible(name, 24) for name in read], steps),
        customdata=steps,
        texttemplate="%{text}",
        # in no colour of its own: plotly takes one that stands out from the cell
        textfont=letters(names) | {"weight": 600},
        ygap=2,
    )
    told = [note(values, absent, why="")]
    if time < (length := int(trace.lengths[sequence])):
        told.append(f"first {time} of {length} time steps")
    where = f", {trace.layer_names[layer]}" if len(trace.layer_names) > 1 else ""
    starts = {"tickvals": np.arange(lines), "ticktext": [across * k for k in range(lines)], "ticks": ""}
    return figure(
        traces,
        f"Unit {unit} reads: {lookup(state).label} {lookup(state).symbol}{where}, sequence {sequence}",
        axis("", showgrid=False, showticklabels=False, ticks="", range=[-0.5, wide - 0.5]),
        axis(axis_title("time_step"), showgrid=False, range=[lines - 0.5, -0.5], **starts),
        note="; ".join(filter(None, told)),
        height=54 + max(24 * lines, 96) + 16,
        colour_bar=True,
        margin={"l": 66, "r": 78, "t": 54, "b": 16},
        plot_bgcolor=ABSENT,
        meta={"path": {"x": (steps % wide).ravel().tolist(), "y": (steps // wide).ravel().tolist()}},
    )


def _cells(words: list[str], steps: np.ndarray) -> np.ndarray:
    return np.array(words, object).reshape(steps.shape)
