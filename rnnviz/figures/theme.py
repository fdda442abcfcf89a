"""One look for every figure: colours by kind of quantity, fixed sizes, the same on light and dark pages.

Conventions that the drawing component relies on:
- Backgrounds are transparent and `layout.font.color` is left to the component, which sets the page's text colour.
- A trace in neutral ink (hidden states, gradients) has `meta={"ink": True}` and a mid grey, readable on both
  backgrounds; the component replaces that grey by the page's text colour.
- A trace whose colour is pale on white has `meta={"on_light": "#..."}`: the same hue, dark enough
  (contrast 3 to 1); a component that knows the page to be light may use it.
- `layout.meta["time"]` lists the x axes that run over time steps t: where a shared time cursor is drawn.
- `layout.meta["path"]` holds x, y (and z), one place for each time step: where the cursor is a point on a path.
- `layout.meta["unit"]` says what of a point clicked on names its unit: `"y"` or `"customdata"`.
- `layout.uirevision` is constant, so a zoom survives new data; heights and margins do not depend on data.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from rnnviz.figures.colours import GRID
from rnnviz.figures.drawing import Drawing
from rnnviz.glossary import axis_title

LINE, THIN, STRONG = 2.0, 1.0, 2.6


@dataclass(frozen=True)
class Explained:
    """What a page says beside a figure. title; how_to_read and surprising: one line each."""

    title: str
    how_to_read: str
    surprising: str


def plain(text: object, limit: int = 40) -> str:
    """Text of unknown origin as plotly will show it letter by letter: its mark-up and templates disarmed."""
    words = " ".join(str(text).split())
    words = words if len(words) <= limit else words[: limit - 1] + "…"
    return html.escape(words, quote=False).replace("%{", "% {")


def wrapped(text: object, width: int = 12) -> str:
    """`plain` text in at most two lines, for the head of a narrow panel."""
    words, lines = plain(text, 2 * width).split(" "), [""]
    for word in words:
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= width or len(lines) == 2 or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return "<br>".join(lines)


def axis(title: str = "", **changes: Any) -> dict[str, Any]:
    """An axis in the house style; `changes` go on top."""
    base: dict[str, Any] = {
        "title": {"text": title, "font": {"size": 12}, "standoff": 6},
        "gridcolor": GRID,
        "linecolor": GRID,
        "zeroline": False,
        "tickfont": {"size": 11},
        "automargin": False,
    }
    return base | changes


def steps_axis(last: float, room: float = 1.0) -> dict[str, Any]:
    """An axis over optimiser steps from 0 to the last, which is 1 at least; ticks at whole steps only."""
    last = max(1.0, last)
    ticks = {"dtick": 1} if last < 6 else {}
    return axis(axis_title("step", ""), range=[0, last * room], tickformat=",d", **ticks)


def figure(
    traces: Sequence[Any],
    title: str,
    xaxis: dict[str, Any],
    yaxis: dict[str, Any],
    *,
    note: str = "",
    height: int = 300,
    legend: bool = False,
    colour_bar: bool = False,
    time: Sequence[str] = (),
    **layout: Any,
) -> go.Figure:
    """A figure in the house style. note: a second line under the title. time: axes for the time cursor."""
    head = {"text": title, "x": 0, "xref": "container", "y": 1, "yanchor": "top", "font": {"size": 14}}
    head["pad"] = {"l": 8, "t": 6}
    head["subtitle"] = {"text": note, "font": {"size": 11}}
    base: dict[str, Any] = {
        "title": head,
        "height": height,
        "margin": {"l": 66, "r": 78 if colour_bar else 14, "t": 76 if legend else 54, "b": 46},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12},
        "showlegend": legend,
        "uirevision": "rnnviz",
        "hovermode": "closest",
        "xaxis": xaxis,
        "yaxis": yaxis,
        "meta": {"time": list(time)},
    }
    if legend:
        place = {"orientation": "h", "x": 0, "xref": "container", "yref": "container", "y": 1 - 44 / height}
        base["legend"] = place | {"yanchor": "top", "font": {"size": 11}, "itemwidth": 30}
    base["meta"] |= layout.pop("meta", {})
    return Drawing(list(traces), base | layout)


def stacked(count: int, row: int, gap: int) -> tuple[int, list[tuple[float, float]]]:
    """The height in pixels of `count` panels one above the other, and the domain of each, the top one first."""
    tall = row * count + gap * (count - 1)
    tops = [1 - k * (row + gap) / tall for k in range(count)]
    return tall, [(max(0.0, top - row / tall), top) for top in tops]


def empty(title: str, words: str, height: int = 300) -> go.Figure:
    """A figure that has nothing to show yet and says so."""
    note = {"text": words, "showarrow": False, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
    hidden = {"visible": False}
    return figure([], title, hidden, hidden, height=height, annotations=[note])
