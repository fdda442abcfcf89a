"""What the units hold, time step by time step: states and gates as maps of unit against time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import ABSENT, DIVERGING, INK, colour_of, ramp
from rnnviz.figures.heat import colour_bar, heat, note
from rnnviz.figures.scales import round_limit
from rnnviz.figures.theme import Explained, axis, empty, figure, plain
from rnnviz.glossary import axis_title, lookup
from rnnviz.trace import Trace

STATE = Explained(
    "State",
    "One row per unit, time from left to right. Blue is negative, red positive, pale near zero.",
    "Rows that never change colour (units in saturation), or all rows turning pale: the state has forgotten.",
)
GATE = Explained(
    "Gate",
    "One row per unit, time from left to right. Pale: the gate is shut; dark: it is open.",
    "A column where every unit opens at once (an event in the input), or rows that stay dark throughout.",
)
FOLLOWERS = Explained(
    "Who follows what",
    "One row per unit, time from left to right. The bars: how closely the unit goes with the chosen quantity, "
    "between -1 and 1.",
    "A single long bar: one unit stands for the quantity. Many short ones: it is spread over all of them.",
)


@dataclass(frozen=True, eq=False)
class Units:
    """How the rows of a heat map stand. chosen: the unit that is marked.

    order: (H,) units, the lowest row first; None: as recorded, or similar ones side by side. bars: what is drawn
    beside them and its (H,) values from -1 to 1, by unit. note: what to say about the order.
    """

    chosen: int | None = None
    order: np.ndarray | None = None
    bars: tuple[str, np.ndarray] | None = None
    note: str = ""


def state_heatmap(
    trace: Trace,
    state: str = "h",
    layer: int = 0,
    sequence: int = 0,
    sort_units: bool = False,
    units: Units | None = None,
    head: str = "",
) -> go.Figure:
    """One state of one sequence, (H units, T time steps), diverging around zero.

    A state that stays within -1 and 1 is drawn on that range; a larger one on a round symmetric range.
    sort_units: similar units side by side, instead of the recorded order. head: what the title begins with.
    """
    values = trace.states[state][layer, sequence]
    limit = state_limit(state, values)
    return _heatmap(
        trace, state, values, layer, sequence, DIVERGING, (-limit, limit), sort_units, units or Units(), head
    )


def state_limit(state: str, values: np.ndarray) -> float:
    """Where the colours of a state end: 1 for one that stays within -1 and 1, else a round number above its values."""
    return max(1.0, round_limit(values)) if state == "h" else round_limit(values)


def gate_heatmap(
    trace: Trace,
    gate: str,
    layer: int = 0,
    sequence: int = 0,
    sort_units: bool = False,
    units: Units | None = None,
    head: str = "",
) -> go.Figure:
    """One gate of one sequence, (H units, T time steps): 0 to 1 in the gate's colour, candidates diverging."""
    if gate not in trace.gates:
        return empty(_title(gate, trace, layer, sequence), f"This cell has no gate {gate}.", _height(trace))
    values = trace.gates[gate][layer, sequence]
    bounds = lookup(gate).bounds or (0.0, 1.0)
    scale = DIVERGING if bounds[0] < 0 else ramp(colour_of(gate))
    return _heatmap(trace, gate, values, layer, sequence, scale, bounds, sort_units, units or Units(), head)


def similar_order(values: np.ndarray) -> np.ndarray:
    """An order of the H rows of (H, T) that puts similar ones side by side: by their angle on two components."""
    finite = np.nan_to_num(np.asarray(values, float), posinf=0.0, neginf=0.0)
    centred = finite - finite.mean(1, keepdims=True)
    size = np.linalg.norm(centred, axis=1, keepdims=True)
    if min(centred.shape) < 2 or not size.any():
        return np.arange(len(finite))
    left, _, _ = np.linalg.svd(centred / np.where(size > 0, size, 1), full_matrices=False)
    return np.argsort(np.arctan2(left[:, 1], left[:, 0]), kind="stable")


def _heatmap(trace, name, values, layer, sequence, scale, limits, sort_units, units, head) -> go.Figure:
    rows = np.asarray(values).T  # (H, T)
    absent = np.broadcast_to(~trace.mask[sequence], rows.shape)
    order, sort_units = units.order, sort_units or units.order is not None
    if order is None:
        order = similar_order(np.where(absent, 0, rows)) if sort_units else np.arange(len(rows))
    names = [f"unit {k}" for k in order] if sort_units else np.arange(len(rows))
    yaxis = axis(axis_title("unit"), zeroline=False, showgrid=False, range=[-0.5, len(rows) - 0.5])
    yaxis |= {"showticklabels": False, "ticks": ""} if sort_units else {"tickformat": "d"}
    unit_words = "%{y}" if sort_units else "unit %{y}"
    hover = f"{name} = %{{z:.3f}}<br>{unit_words}, time step %{{x}}<extra></extra>"
    traces = heat(
        rows[order],
        np.arange(rows.shape[1]),
        names,
        scale=scale,
        limits=limits,
        hover=hover,
        bar=colour_bar(lookup(name).symbol),
        absent=absent if absent.any() else None,
    )
    beside: dict[str, Any] = {}
    if units.bars:
        bars, beside = _bars(units.bars[0], units.bars[1], order, names)
        traces += bars
    return figure(
        traces,
        head + _title(name, trace, layer, sequence),
        axis(axis_title("time_step"), showgrid=False, domain=[0, 0.8 if units.bars else 1]),
        yaxis,
        note=note(rows, absent) or units.note or ("similar units side by side" if sort_units else ""),
        height=_height(trace),
        colour_bar=True,
        time=["x"],
        plot_bgcolor=ABSENT,
        shapes=[] if units.chosen is None else [_mark(units.chosen, order, rows.shape[1])],
        meta={"unit": "y"},
        **beside,
    )


def _mark(unit: int, order: np.ndarray, time: int) -> dict[str, Any]:
    """A small hand at the right of the chosen unit's row."""
    at = {"xsizemode": "pixel", "xanchor": time - 0.5, "ysizemode": "pixel"}
    at["yanchor"] = int(np.flatnonzero(order == unit)[0])
    return at | {"type": "path", "path": "M 1 0 L 10 6 L 10 -6 Z", "fillcolor": INK, "line": {"width": 0}}


def _bars(words: str, values: np.ndarray, order: np.ndarray, names: Any) -> tuple[list[Any], dict[str, Any]]:
    """A bar from zero for every row of the map; a cross where the value is no number."""
    drawn = np.asarray(values, float)[order]
    base = {"type": "bar", "orientation": "h", "y": names, "xaxis": "x2", "yaxis": "y", "name": "", "width": 1}
    hover = f"{plain(words)} %{{x:.2f}}<br>%{{y}}<extra></extra>"
    bars = base | {"x": drawn.astype(np.float32), "marker": {"color": INK}, "meta": {"ink": True}}
    across = axis(plain(words, 24), domain=[0.84, 1], anchor="y", range=[-1, 1], tickvals=[-1, 0, 1], zeroline=True)
    return [bars | {"hovertemplate": hover}], {"xaxis2": across, "bargap": 0}


def _title(name: str, trace: Trace, layer: int, sequence: int) -> str:
    where = f", {trace.layer_names[layer]}" if len(trace.layer_names) > 1 else ""
    return f"{axis_title(name, '')}{where}, sequence {sequence}"


def _height(trace: Trace) -> int:
    """Rows of about 5 pixels, not lower than a curve beside; decided by the number of units alone."""
    return int(np.clip(100 + 5 * trace.size[-1], 280, 460))
