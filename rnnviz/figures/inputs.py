"""A few sequences as they go in, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import CELL_STYLES, INK, SEQUENTIAL
from rnnviz.figures.heat import heat
from rnnviz.figures.lines import line
from rnnviz.figures.theme import THIN, Explained, axis, empty, figure, plain, stacked
from rnnviz.glossary import axis_title

INPUTS = Explained(
    "Examples",
    "Held-out sequences as they go in, time from left to right: up to three features as lines, more as rows of a map.",
    "Examples that you would have taken for the other class too.",
)
MOST, ROW, GAP, HEAD, FOOT = 4, 62, 28, 56, 46  # sequences drawn, and pixels


def inputs_figure(sequences: Sequence[np.ndarray], captions: Sequence[str], names: Sequence[str]) -> go.Figure:
    """Sequences (T, D), at most MOST of them, each under its caption. names: of the D features."""
    height = HEAD + FOOT + stacked(MOST, ROW, GAP)[0]
    if not sequences:
        return empty(INPUTS.title, "No held-out sequence is of this kind.", height)
    _, domains = stacked(MOST, ROW, GAP)
    axes: dict[str, Any] = {}
    traces: list[Any] = []
    words: list[dict[str, Any]] = []
    longest = max(len(each) for each in sequences[:MOST])
    every = np.concatenate([each.ravel() for each in sequences[:MOST]])
    finite = every[np.isfinite(every)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    shown = list(zip(sequences, captions, strict=False))[:MOST]
    for k, (values, caption) in enumerate(shown):
        ref = "" if k == 0 else str(k + 1)
        at = ("x", f"y{ref}")
        if values.shape[1] <= 3:
            for d in range(values.shape[1]):
                colour = INK if d == 0 else CELL_STYLES[d + 1][0]
                hover = f"{plain(names[d], 24)} %{{y:.3~g}}<br>time step %{{x}}<extra></extra>"
                traces += line(np.arange(len(values)), values[:, d], plain(names[d], 24), colour, hover=hover, axes=at,
                               width=THIN + 0.6)  # fmt: skip
            axes[f"yaxis{ref}"] = axis("", anchor="x", domain=list(domains[k]), nticks=3, range=_wider(low, high))
        else:
            hover = "feature %{y}, time step %{x}: %{z:.3f}<extra></extra>"
            traces += heat(
                values.T, np.arange(len(values)), np.arange(values.shape[1]), scale=SEQUENTIAL, limits=(low, high),
                hover=hover, bar=None, axes=at,
            )  # fmt: skip
            axes[f"yaxis{ref}"] = axis(
                "", anchor="x", domain=list(domains[k]), autorange="reversed", showgrid=False, tickvals=[]
            )
        place = {"xref": "paper", "yref": f"y{ref} domain", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"}
        words.append(place | {"text": plain(caption, 80), "showarrow": False, "font": {"size": 11}})
    last = "" if len(shown) == 1 else str(len(shown))
    xaxis = axis(axis_title("time_step"), range=[-0.5, longest - 0.5], anchor=f"y{last}", tickformat=",d")
    layout: dict[str, Any] = {"annotations": words, "margin": {"l": 46, "r": 14, "t": HEAD, "b": FOOT}}
    return figure(traces, INPUTS.title, xaxis, axes.pop("yaxis"), height=height, **layout, **axes)


def _wider(low: float, high: float) -> list[float]:
    margin = 0.06 * (high - low) or 0.5
    return [low - margin, high + margin]
