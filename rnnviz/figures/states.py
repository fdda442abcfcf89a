"""What the units hold, time step by time step: states and gates as maps of unit against time."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import ABSENT, DIVERGING, colour_of, ramp
from rnnviz.figures.heat import colour_bar, heat, note
from rnnviz.figures.scales import round_limit
from rnnviz.figures.theme import Explained, axis, empty, figure
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


def state_heatmap(
    trace: Trace, state: str = "h", layer: int = 0, sequence: int = 0, sort_units: bool = False
) -> go.Figure:
    """One state of one sequence, (H units, T time steps), diverging around zero.

    A state that stays within -1 and 1 is drawn on that range; a larger one on a round symmetric range.
    sort_units: similar units side by side, instead of the recorded order.
    """
    values = trace.states[state][layer, sequence]
    limit = max(1.0, round_limit(values)) if state == "h" else round_limit(values)
    return _heatmap(trace, state, values, layer, sequence, DIVERGING, (-limit, limit), sort_units)


def gate_heatmap(trace: Trace, gate: str, layer: int = 0, sequence: int = 0, sort_units: bool = False) -> go.Figure:
    """One gate of one sequence, (H units, T time steps): 0 to 1 in the gate's colour, candidates diverging."""
    if gate not in trace.gates:
        return empty(_title(gate, trace, layer, sequence), f"This cell has no gate {gate}.", _height(trace))
    values = trace.gates[gate][layer, sequence]
    bounds = lookup(gate).bounds or (0.0, 1.0)
    scale = DIVERGING if bounds[0] < 0 else ramp(colour_of(gate))
    return _heatmap(trace, gate, values, layer, sequence, scale, bounds, sort_units)


def similar_order(values: np.ndarray) -> np.ndarray:
    """An order of the H rows of (H, T) that puts similar ones side by side: by their angle on two components."""
    finite = np.nan_to_num(np.asarray(values, float), posinf=0.0, neginf=0.0)
    centred = finite - finite.mean(1, keepdims=True)
    size = np.linalg.norm(centred, axis=1, keepdims=True)
    if min(centred.shape) < 2 or not size.any():
        return np.arange(len(finite))
    left, _, _ = np.linalg.svd(centred / np.where(size > 0, size, 1), full_matrices=False)
    return np.argsort(np.arctan2(left[:, 1], left[:, 0]), kind="stable")


def _heatmap(trace, name, values, layer, sequence, scale, limits, sort_units) -> go.Figure:
    rows = np.asarray(values).T  # (H, T)
    absent = np.broadcast_to(~trace.mask[sequence], rows.shape)
    order = similar_order(np.where(absent, 0, rows)) if sort_units else np.arange(len(rows))
    units = [f"unit {k}" for k in order] if sort_units else np.arange(len(rows))
    yaxis = axis(axis_title("unit"), zeroline=False, showgrid=False)
    yaxis |= {"showticklabels": False, "ticks": ""} if sort_units else {"tickformat": "d"}
    unit_words = "%{y}" if sort_units else "unit %{y}"
    hover = f"{name} = %{{z:.3f}}<br>{unit_words}, time step %{{x}}<extra></extra>"
    traces = heat(
        rows[order],
        np.arange(rows.shape[1]),
        units,
        scale=scale,
        limits=limits,
        hover=hover,
        bar=colour_bar(lookup(name).symbol),
        absent=absent if absent.any() else None,
    )
    return figure(
        traces,
        _title(name, trace, layer, sequence),
        axis(axis_title("time_step"), showgrid=False),
        yaxis,
        note=note(rows, absent) or ("similar units side by side" if sort_units else ""),
        height=_height(trace),
        colour_bar=True,
        time=["x"],
        plot_bgcolor=ABSENT,
    )


def _title(name: str, trace: Trace, layer: int, sequence: int) -> str:
    where = f", {trace.layer_names[layer]}" if len(trace.layer_names) > 1 else ""
    return f"{axis_title(name, '')}{where}, sequence {sequence}"


def _height(trace: Trace) -> int:
    """Rows of about 5 pixels, within reason; decided by the number of units alone."""
    return int(np.clip(100 + 5 * trace.size[-1], 220, 460))
