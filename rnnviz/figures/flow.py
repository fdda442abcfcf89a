"""Gradient flow: from which time step of the loss how much gradient reaches which time step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import ABSENT
from rnnviz.figures.heat import log_heat, note
from rnnviz.figures.scales import block, decades
from rnnviz.figures.theme import Explained, axis, empty, figure, plain, wrapped
from rnnviz.glossary import axis_title, lookup

FLOW = Explained(
    "Gradient flow",
    "Row s: the part of the loss that enters at time step s. Follow the row to the left: how much of its gradient "
    "reaches time step t. Bright along the diagonal only: the network sees the recent past alone.",
    "Brightness far from the diagonal: the loss at s teaches the network what to do much earlier.",
)
# which -> the quantity it shows, and words for the title
PARTS = {
    "matrix": ("flow", ""),
    "cell_matrix": ("cell_flow", "cell state"),
    "through_c": ("cell_flow", "along the cell state alone"),
    "through_h": ("cell_flow", "through the recurrent weights"),
}
_WIDEST = 200  # rows and columns of a map; more are joined, each cell showing its largest


def flow_figure(flow: Any, layer: int = 0, which: str = "matrix") -> go.Figure:
    """T×T map, log10 colours. flow: a GradientFlow, or several as (label, GradientFlow), side by side.

    which: `"matrix"` (by h), or for cells with a cell state `"cell_matrix"`, `"through_c"`, `"through_h"`;
    flows without that part are left out.
    """
    items = flow if isinstance(flow, Sequence) else [("", flow)]
    quantity, words = PARTS[which]
    title = FLOW.title + (f", {words}" if words else "")
    maps = [
        (label, np.asarray(m)[layer]) for label, m in ((a, getattr(f, which, None)) for a, f in items) if m is not None
    ]
    if not maps:
        return empty(title, "This cell has no cell state." if items else "No gradient recorded yet.", 340)
    return flow_maps(maps, title, quantity)


def flow_maps(maps: Sequence[tuple[str, np.ndarray]], title: str, quantity: str = "flow") -> go.Figure:
    """(label, norms (T, T)) side by side on one colour scale; row s, column t."""
    width = -(-max(len(norms) for _, norms in maps) // _WIDEST)
    shown = [_joined(norms, width) for _, norms in maps]
    absent = [~_joined(~impossible(norms), width) for _, norms in maps]
    values = np.concatenate([norms[~out] for norms, out in zip(shown, absent, strict=True)])
    limits, symbol = decades(values), lookup(quantity).symbol
    gap = 0.05 if len(maps) > 1 else 0.0
    wide = (1 - gap * (len(maps) - 1)) / len(maps)
    axes: dict[str, Any] = {}
    traces: list[Any] = []
    labels: list[Any] = []
    for k, (label, _) in enumerate(maps):
        ref, left = "" if k == 0 else str(k + 1), k * (wide + gap)
        at = np.arange(len(shown[k])) * width
        hover = f"{symbol} = %{{customdata:.3~g}}<br>loss at s = %{{y}}, gradient at t = %{{x}}"
        bar = symbol if k == len(maps) - 1 else None
        own: dict[str, Any] = {"absent": absent[k], "axes": (f"x{ref}", f"y{ref}")}
        traces += log_heat(
            shown[k], at, at, hover=f"{hover}<extra>{plain(label)}</extra>", title=bar, limits=limits, **own
        )
        x = {"anchor": f"y{ref}", "domain": [left, min(1.0, left + wide)], "showgrid": False}
        y = {"anchor": f"x{ref}", "autorange": "reversed", "showticklabels": k == 0, "showgrid": False}
        axes[f"xaxis{ref}"] = axis(axis_title("time_step"), **x)
        axes[f"yaxis{ref}"] = axis("Loss at time step s" if k == 0 else "", **y)
        heading = {"text": wrapped(label), "xref": f"x{ref} domain", "yref": "paper", "x": 0, "y": 1.01}
        labels.append(
            heading
            | {"xanchor": "left", "yanchor": "bottom", "showarrow": False, "align": "left", "font": {"size": 12}}
        )
    words = ["empty: cannot be reached"] * any(out.any() for out in absent) + [note(values, zeros=True)]
    words += [f"largest of {width}×{width} in each cell"] * (width > 1)
    layout: dict[str, Any] = {
        "note": "; ".join(filter(None, words)),
        "annotations": labels,
        "plot_bgcolor": ABSENT,
        "height": 380,
    }
    layout |= {"margin": {"l": 60, "r": 84, "t": 88 if len(maps) > 1 else 54, "b": 46}}
    layout |= {"time": ["x", *(f"x{k}" for k in range(2, len(maps) + 1))]}
    return figure(traces, title, axes.pop("xaxis"), axes.pop("yaxis"), **layout, **axes)


def _joined(matrix: np.ndarray, width: int) -> np.ndarray:
    """The largest of every width × width neighbours."""
    return block(block(matrix, 0, width, np.maximum.reduceat), 1, width, np.maximum.reduceat)


def impossible(matrix: np.ndarray) -> np.ndarray:
    """Where no gradient can be: the half beyond the diagonal that is zero throughout (T, T) -> bool.

    A forward layer is zero for t > s, a reverse layer for t < s; below a bidirectional layer nothing is.
    """
    upper = np.triu(np.ones(matrix.shape, bool), 1)
    if not matrix[upper].any():
        return upper
    return upper.T if not matrix[upper.T].any() else np.zeros(matrix.shape, bool)
