"""States as paths through their principal components, and one unit beside what it may follow."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.analysis.projection import Projection
from rnnviz.analysis.quantities import Quantity
from rnnviz.figures.colours import INK, SEQUENTIAL, colour_of
from rnnviz.figures.heat import colour_bar
from rnnviz.figures.lines import line
from rnnviz.figures.theme import STRONG, Explained, axis, empty, figure, plain, stacked
from rnnviz.figures.tokens import visible
from rnnviz.glossary import axis_title, lookup
from rnnviz.trace import Trace

TRAJECTORIES = Explained(
    "Trajectories",
    "Every dot is the state at one time step, seen along the directions in which states spread most. The line joins "
    "the time steps of one sequence, from the diamond on.",
    "Paths that end in one place whatever was read: the network has forgotten. Colours that part: it tells them apart.",
)
UNIT_FOLLOWS = Explained(
    "One unit",
    "Above the chosen unit over time, below what it is compared with. Dashed: the unit before training.",
    "A unit with a correlation near 1 or -1 that the network does not need: the readout may ignore it.",
)
HEIGHT, TALL = 400, 460
MOST, APART = 12, 7  # classes named beside the colours; at most one more beside a curve


def trajectories(
    found: Projection,
    trace: Trace,
    quantity: Quantity,
    sequence: int = 0,
    unit: int | None = None,
    untrained: Trace | None = None,
    solid: bool = False,
) -> go.Figure:
    """States in the first two (solid: three) of `found`'s components, coloured by a quantity.

    untrained: drawn hollow, in the same components. unit: its entries in the components are said.
    """
    count = 3 if solid else 2
    if not len(found.explained):
        return empty(TRAJECTORIES.title, "No two states to compare.", TALL if solid else HEIGHT)
    places = _padded(found.of(trace), count)
    values = np.asarray(quantity.over_time(trace), float)
    shown = np.isfinite(places).all(-1)
    kind = "scatter3d" if solid else "scatter"
    points = {"type": kind, "mode": "markers"}
    size = 3 if solid else 5
    traces: list[Any] = []
    if untrained is not None:
        before = _padded(found.of(untrained), count)
        look: dict[str, Any] = {"color": INK, "size": size, "symbol": "circle-open", "opacity": 0.45}
        hollow = points | {"marker": look, "meta": {"ink": True}, "hoverinfo": "skip"}
        traces.append(hollow | _columns(before[np.isfinite(before).all(-1)]))
    values = np.asarray(quantity.over_time(trace), float)[shown]
    look = {"color": values, "colorscale": SEQUENTIAL, "size": size, "opacity": 0.75, "showscale": True}
    look |= {"colorbar": _bar(quantity)} | _limits(values, quantity)
    told = zip(*np.nonzero(shown), _said(quantity, values), strict=True)
    text = [f"sequence {b}, time step {t}<br>{plain(quantity.name)} {said}" for b, t, said in told]
    dots = {"marker": look, "text": text, "hovertemplate": "%{text}<extra></extra>"}
    dots |= {"customdata": np.nonzero(shown)[1], "name": quantity.name}
    traces.append(points | dots | _columns(places[shown]))
    path = np.where(shown[sequence][:, None], places[sequence], np.nan)
    ink = {"hoverinfo": "skip", "meta": {"ink": True}}
    joined = {"type": kind, "mode": "lines", "line": {"color": INK, "width": size / 2}}
    traces.append(joined | ink | _columns(path))
    start = {"color": INK, "size": 2 * size, "symbol": "diamond"}
    traces.append(points | ink | {"marker": start} | _columns(path[np.flatnonzero(shown[sequence])[:1]]))
    axes = [axis(_component(k, found)) for k in range(count)]
    layout: dict[str, Any] = {"height": TALL if solid else HEIGHT, "colour_bar": True}
    marked = {name: [None if np.isnan(v) else float(v) for v in each] for name, each in _columns(path).items()}
    layout["meta"] = {"path": marked}
    if solid:  # the last trace is the point that marks the time
        cursor = {"color": INK, "size": 8, "symbol": "circle-open", "line": {"width": 3}}
        traces.append(points | ink | {"marker": cursor} | _columns(np.zeros((0, 3))))
        scene = {f"{name}axis": _solid(each) for name, each in zip("xyz", axes, strict=True)}
        layout["scene"] = scene | {"aspectmode": "cube", "camera": {"eye": {"x": 1.75, "y": -2.35, "z": 1.0}}}
        layout["margin"] = {"l": 14, "r": 78, "t": 54, "b": 8}
        axes = [axis(visible=False), axis(visible=False)]
    loadings = [] if unit is None else [f"{weight:.2f}" for weight in found.components[:count, unit]]
    notes = [f"unit {unit} weighs {', '.join(loadings)}"] * bool(loadings)
    notes += ["hollow: step 0, along the same directions"] * (untrained is not None)
    title = f"{TRAJECTORIES.title} of the {lookup(found.state).label} {lookup(found.state).symbol}"
    return figure(traces, title, axes[0], axes[1], note="; ".join(notes), **layout)


def unit_follows(
    trace: Trace,
    unit: int,
    quantity: Quantity,
    state: str = "h",
    layer: int = 0,
    sequence: int = 0,
    untrained: Trace | None = None,
) -> go.Figure:
    """One unit of a state over time, above the quantity; of one sequence."""
    tall, domains = stacked(2, 110, 30)
    time = np.flatnonzero(trace.mask[sequence])
    colour, symbol = colour_of(state), lookup(state).symbol
    traces: list[Any] = []
    if untrained is not None:
        before = untrained.states[state][layer, sequence, time, unit]
        traces += line(time, before, "step 0", width=1.5, dash="dash", hover="step 0: %{y:.3f}<extra></extra>")
    values = trace.states[state][layer, sequence, time, unit]
    hover = f"{state} = %{{y:.3f}}<br>time step %{{x}}<extra></extra>"
    traces += line(time, values, state, colour, width=STRONG, hover=hover)
    other = np.asarray(quantity.over_time(trace)[sequence, time], float)
    said = {"text": _said(quantity, other), "hovertemplate": "%{text}<br>time step %{x}<extra></extra>"}
    look: dict[str, Any] = {"axes": ("x", "y2"), "width": 1.5}
    if len(other) <= 2000:  # a longer line is thinned, and its words with it
        look |= said
    traces += line(time, other, "quantity", hover="%{y:.4~g}<br>time step %{x}<extra></extra>", **look)
    title = f"Unit {unit}: {lookup(state).label} {symbol}"
    note = f"sequence {sequence}" + ("; dashed: step 0" if untrained is not None else "")
    layout: dict[str, Any] = {"yaxis2": axis("", domain=list(domains[1]), anchor="x", nticks=4)}
    layout["yaxis2"] |= _class_ticks(quantity, other)
    where = {"xref": "x domain", "x": 0, "xanchor": "left", "showarrow": False, "font": {"size": 11}}
    head = {"text": plain(quantity.name), "yref": "y2 domain", "y": 1, "yanchor": "bottom"}
    layout |= {"annotations": [where | head], "margin": {"l": 52, "r": 14, "t": 58, "b": 44}}
    yaxis = axis("", domain=list(domains[0]), anchor="x", nticks=5)
    xaxis = axis(axis_title("time_step"), anchor="y2")
    return figure(traces, title, xaxis, yaxis, note=note, height=58 + tall + 44, time=["x"], **layout)


def _padded(places: np.ndarray, count: int) -> np.ndarray:
    """(B, T, K) with K = count: directions that there are not are 0."""
    missing = max(count - places.shape[-1], 0)
    first = np.isnan(places[..., :1])
    zeros = np.where(first, np.nan, np.zeros(missing)) if missing else places[..., :0]
    return np.concatenate([places, zeros], -1)[..., :count]


def _component(k: int, found: Projection) -> str:
    share = found.explained[k] if k < len(found.explained) else 0.0
    return f"PC {k + 1} ({100 * share:.0f} % of variance)"


def _solid(flat: dict[str, Any]) -> dict[str, Any]:
    """The same axis for a scene, which knows fewer words."""
    title = {"text": flat["title"]["text"].replace(" of variance", ""), "font": {"size": 11}}
    return {
        "nticks": 5,
        "title": title,
        "gridcolor": flat["gridcolor"],
        "tickfont": {"size": 10},
        "showbackground": False,
    }


def _columns(places: np.ndarray) -> dict[str, np.ndarray]:
    """(N, K) as x, y and, where there are three, z."""
    return dict(zip("xyz", places.T, strict=False))


def _said(quantity: Quantity, values: np.ndarray) -> list[str]:
    if not quantity.classes:
        return [f"{each:.4g}" for each in values]
    return [visible(quantity.classes[int(k)], 24) if 0 <= k < len(quantity.classes) else "none" for k in values]


def _limits(values: np.ndarray, quantity: Quantity) -> dict[str, float]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if quantity.classes:
        low, high = 0.0, float(max(len(quantity.classes) - 1, 1))
    return {"cmin": low, "cmax": high if high > low else low + 1.0}


def _bar(quantity: Quantity) -> dict[str, Any]:
    bar = colour_bar(plain(quantity.name, 24))
    return bar | _names(quantity, range(len(quantity.classes)))


def _class_ticks(quantity: Quantity, values: np.ndarray) -> dict[str, Any]:
    """Of the classes that occur, those that stand apart far enough to be told."""
    far: list[float] = []
    for value in np.unique(values) if quantity.classes else ():
        if not far or value - far[-1] >= np.ptp(values) / APART:
            far.append(value)
    return _names(quantity, far)


def _names(quantity: Quantity, codes: Any) -> dict[str, Any]:
    """Ticks that say the names of classes, at most so many."""
    if not quantity.classes:
        return {}
    codes = [int(k) for k in codes if 0 <= k < len(quantity.classes)]
    some = codes[:: max(1, -(-len(codes) // MOST))]
    return {"tickvals": some, "ticktext": [visible(quantity.classes[k], 10) for k in some]}
