"""The same decoder told the right symbols and left to itself, one above the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.heat import colour_bar, heat, note
from rnnviz.figures.theme import Explained, axis, empty, figure
from rnnviz.figures.tokens import visible
from rnnviz.glossary import axis_title

PER_LINE = 20  # symbols that a telephone has room for
WRITING = Explained(
    "Teacher forcing and free running",
    "With teacher forcing the decoder reads the right symbol before, whatever it said itself; running free it reads "
    "its own. The greener, the surer it was of the symbol; a frame marks one that differs from the target.",
    "Frames that go on to the end below, but not above: one mistake leads to the next once the decoder reads its own.",
)
# Dark throughout, so that white letters can be read on all of it (contrast above 4).
_SCALE = [[0.0, "#440154"], [0.5, "#3B528B"], [1.0, "#1B8257"]]


@dataclass(frozen=True)
class Row:
    """One line of symbols. name; symbols: T of them; chances: (T,) the probability that each had, None for none."""

    name: str
    symbols: Sequence[str]
    chances: np.ndarray | None = None


def writing_figure(target: Row, *others: Row) -> go.Figure:
    """The target and what was written, symbol by symbol; long ones in several lines."""
    rows = (target, *others)
    time = max((len(row.symbols) for row in rows), default=0)
    if not time:
        return empty(WRITING.title, "Nothing was written.")
    lines, wide = -(-time // PER_LINE), min(time, PER_LINE)
    tall = (len(rows) + 1) * lines - 1  # a gap between lines
    chances, text = np.full((tall, wide), np.nan), np.full((tall, wide), "", object)
    steps, frames = np.zeros((tall, wide), int), []
    names = [""] * tall
    for k, row in enumerate(rows):
        for t, symbol in enumerate(row.symbols):
            place = k + t // PER_LINE * (len(rows) + 1), t % PER_LINE
            text[place], steps[place] = visible(symbol, 2), t
            chances[place] = 1.0 if row.chances is None else row.chances[t]
            names[place[0]] = row.name if t < PER_LINE else f"t ≥ {t - t % PER_LINE}"
            if k and (t >= len(target.symbols) or symbol != target.symbols[t]):
                frames.append(place)
    absent = text == ""
    look: dict[str, Any] = {"text": text, "customdata": steps, "texttemplate": "%{text}", "ygap": 2, "xgap": 1}
    letters = {"family": "monospace", "size": 12, "color": "#FFFFFF"}
    traces = heat(
        chances,
        np.arange(wide),
        np.arange(tall),
        scale=_SCALE,
        limits=(0, 1),
        hover="time step %{customdata}: %{text}<br>p = %{z:.3f}<extra></extra>",
        bar=colour_bar("p"),
        absent=absent,
        textfont=letters,
        **look,
    )
    mark = {"symbol": "square-open", "size": 14 if wide <= 12 else 11, "color": "#FFFFFF", "line": {"width": 1.2}}
    points = {"x": [column for _, column in frames], "y": [row for row, _ in frames], "marker": mark}
    traces.append({"type": "scatter", "mode": "markers", "hoverinfo": "skip", **points})
    named = [k for k, name in enumerate(names) if name]
    ticks = {"tickvals": named, "ticktext": [names[k] for k in named], "ticks": ""}
    yaxis = axis("", showgrid=False, range=[tall - 0.5, -0.5], **ticks)
    title = axis_title("time_step") + (f", {PER_LINE} to a line" if lines > 1 else "")
    ends: dict[str, Any] = {"range": [-0.5, wide - 0.5], "tick0": 0, "dtick": max(1, -(-wide // 12))}
    xaxis = axis(title, showgrid=False, showticklabels=lines == 1, ticks="", **ends)
    told = f"framed: {len(frames)} that {'differs' if len(frames) == 1 else 'differ'} from the target"
    words = "; ".join(filter(None, (told if frames else "all as the target", note(chances, absent, why=""))))
    layout: dict[str, Any] = {"height": 54 + 46 + 28 * tall, "margin": {"l": 100, "r": 78, "t": 54, "b": 46}}
    shared = ["x"] if lines == 1 else []
    return figure(traces, WRITING.title, xaxis, yaxis, note=words, colour_bar=True, time=shared, **layout)
