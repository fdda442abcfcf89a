"""How the gradient fades or grows on its way back through time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.analysis.norms import norms as norms_of
from rnnviz.figures.colours import ABSENT, INK, cell_style, meta_of
from rnnviz.figures.heat import log_heat, note
from rnnviz.figures.lines import line
from rnnviz.figures.marks import Marks, on_rows
from rnnviz.figures.scales import block, decades, log_axis
from rnnviz.figures.theme import STRONG, Explained, axis, empty, figure, plain
from rnnviz.glossary import axis_title, lookup
from rnnviz.run import History
from rnnviz.trace import Trace

GRAD_NORMS = Explained(
    "Gradient norm at every time step",
    "Read from right to left: the gradient starts at the loss and travels back in time. A straight line on this "
    "log axis means the same factor at every time step; the dotted line is what theory expects.",
    "A line that stays level over the whole sequence, or one that rises to the left: an exploding gradient.",
)
FLOW_OVER_TRAINING = Explained(
    "Gradient over training",
    "One row per recorded step, the latest on top; time from left to right; bright where the gradient is large.",
    "Bright colour spreading to the left: training has opened a path for the gradient to early time steps.",
)
LAYER_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px,2px", "2px,5px")
_WIDEST = 256  # columns or rows of a map

Items = Trace | Sequence[tuple[str, np.ndarray]]


def grad_norms_figure(
    items: Items, expected: Mapping[str, float] | None = None, *, quantity: str = "state_grads"
) -> go.Figure:
    """Norm of dL/dh_t against t on a log axis: every layer of a Trace, or (label, norms (T,)) for several cells.

    A Trace's norms are over batch and units. expected: label (a Trace's layer name) -> factor per time
    step that theory gives; drawn dotted from the last norm back. quantity: glossary name of what is shown.
    """
    series, layers = _series(items)
    if not series:
        return empty(GRAD_NORMS.title, _why_none(items))
    low, high = decades(*(norms for _, norms in series))
    traces: list[Any] = []
    slopes: list[Any] = []
    words: list[str] = []
    for k, (label, norms) in enumerate(series):
        colour, dash = (INK, LAYER_DASHES[k % len(LAYER_DASHES)]) if layers else cell_style(label, k)
        shown = plain(label)
        hover = f"{lookup(quantity).symbol} = %{{y:.3~g}}<br>time step %{{x}}<extra>{shown}</extra>"
        time = np.arange(len(norms))
        traces += line(time, norms, shown, colour, dash=dash, width=STRONG, floor=10.0**low, hover=hover)
        factor = (expected or {}).get(label)
        if factor is not None:
            slopes += _slope(norms, factor, shown, colour, low)
            words.append(f"{shown} × {factor:.3g}")
    for k, slope in enumerate(slopes):
        slope["showlegend"] = k == 0
    several = len(series) > 1 or bool(slopes)
    theory = "expected per time step: " + ", ".join(words) if words else ""
    yaxis = log_axis(axis_title(quantity), low, high)
    xaxis = axis(axis_title("time_step"))
    return figure([*traces, *slopes], GRAD_NORMS.title, xaxis, yaxis, note=theory, legend=several, time=["x"])


def flow_over_training(history: History, layer: int = 0, *, marks: Marks = (), at: int | None = None) -> go.Figure:
    """Norm of dL/dh_t of the probe batch, history.flow (F, L, T), over training: rows steps, columns t.

    marks: (step, words) of what happened on the way. at: the step looked at.
    """
    title = FLOW_OVER_TRAINING.title
    if not len(history.recorded):
        return empty(title, "No gradient recorded yet.", 280)
    norms = history.flow[:, layer]
    width = -(-norms.shape[1] // _WIDEST)
    norms = block(norms, 1, width, np.maximum.reduceat)
    hover = f"{lookup('state_grads').symbol} = %{{customdata:.3~g}}<br>time step %{{x}}, step %{{y:,}}<extra></extra>"
    # Rows are a list of steps, not a scale: recordings are not evenly spaced once the record is thinned.
    steps = [f"{step:,}" for step in history.recorded]
    time = np.arange(norms.shape[1]) * width
    traces = log_heat(norms, time, steps, hover=hover, title=lookup("state_grads").symbol)
    every = max(1, -(-len(steps) // 6))
    rows = [-0.5, len(steps) - 0.5]
    yaxis = axis("Step", type="category", range=rows, showgrid=False, tickvals=steps[::every])
    words = note(norms, zeros=True) or (f"largest of {width} time steps in each cell" if width > 1 else "")
    xaxis = axis(axis_title("time_step"), showgrid=False)
    layout: dict[str, Any] = {"note": words, "height": 280, "colour_bar": True, "time": ["x"], "plot_bgcolor": ABSENT}
    return figure(traces, title, xaxis, yaxis, **layout, **on_rows(marks, at, history.recorded))


def _series(items: Items) -> tuple[list[tuple[str, np.ndarray]], bool]:
    """(label, norms) pairs, and whether they are the layers of one Trace."""
    if not isinstance(items, Trace):
        return [(label, np.asarray(norms)) for label, norms in items if len(norms)], False
    if items.state_grads is None:
        return [], True
    layers, batch, time, units = items.size
    vectors = items.state_grads["h"].swapaxes(1, 2).reshape(layers, time, batch * units)
    return list(zip(items.layer_names, norms_of(vectors), strict=True)), True


def _why_none(items: Items) -> str:
    reason = items.why_no_grads if isinstance(items, Trace) else None
    return f"No gradient recorded: {plain(reason, 90)}" if reason else "No gradient recorded yet."


def _slope(norms: np.ndarray, factor: float, label: str, colour: str, low: float) -> list[dict[str, Any]]:
    """The expected norms, from the last positive one back: norm · factor^(distance), as far as the axis goes."""
    good = np.flatnonzero(np.isfinite(norms) & (norms > 0))
    if not len(good) or not factor > 0:
        return []
    last = int(good[-1])
    logs = np.log10(float(norms[last])) + np.log10(factor) * np.arange(last, -1, -1)
    inside = np.flatnonzero(np.abs(logs) < 300)
    inside = inside[logs[inside] >= low - 1]
    look = {"color": colour, "width": 1.6, "dash": "2px,3px"}
    base = {"type": "scatter", "mode": "lines", "name": "expected", "line": look}
    hover = f"expected %{{y:.3~g}}<br>time step %{{x}}<extra>{label}</extra>"
    return [base | {"x": inside, "y": 10.0 ** logs[inside], "hovertemplate": hover, "meta": meta_of(colour)}]
