"""The values that gates take, over all units, sequences and time steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import INK, colour_of, meta_of
from rnnviz.figures.theme import Explained, axis, empty, figure, stacked
from rnnviz.glossary import axis_title, lookup
from rnnviz.trace import Trace

GATE_VALUES = Explained(
    "Values of the gates",
    "How often each gate takes each value, over all units, sequences and time steps. The outline: step 0.",
    "Two peaks at the ends: the gates work like switches. One in the middle: they have not learned to open or shut.",
)
BINS = 40
ROW, GAP, HEAD, FOOT = 104, 52, 72, 34  # pixels


def gate_values(trace: Trace, layer: int = 0, untrained: Trace | None = None) -> go.Figure:
    """A histogram for each gate of one layer, as shares of its existing values."""
    if not trace.gates:
        return empty(GATE_VALUES.title, "This cell has no gates.", 220)
    tall, domains = stacked(-(-len(trace.gates) // 2), ROW, GAP)
    traces: list[Any] = []
    layout: dict[str, Any] = {"annotations": [], "margin": {"l": 46, "r": 14, "t": HEAD, "b": FOOT}, "bargap": 0}
    lost = 0
    for k, gate in enumerate(trace.gates):
        ref, bounds = "" if k == 0 else str(k + 1), lookup(gate).bounds or (0.0, 1.0)
        axes = {"xaxis": f"x{ref}", "yaxis": f"y{ref}"}
        across = {"domain": [0.57, 1] if k % 2 else [0, 0.43], "range": list(bounds)}
        layout[f"xaxis{ref}"] = axis("", anchor=f"y{ref}", tickvals=[*bounds, sum(bounds) / 2], **across)
        up = {"domain": list(domains[k // 2]), "rangemode": "tozero", "nticks": 3, "tickformat": ".0%"}
        layout[f"yaxis{ref}"] = axis("", anchor=f"x{ref}", **up)
        place = {"xref": f"x{ref} domain", "yref": f"y{ref} domain", "x": 0, "y": 1, "xanchor": "left"}
        words = {"text": axis_title(gate, ""), "yanchor": "bottom", "showarrow": False, "font": {"size": 11}}
        layout["annotations"].append(place | words)
        shares, edges, bad = shares_of(trace, gate, layer)
        lost += bad
        middles, colour = (edges[1:] + edges[:-1]) / 2, colour_of(gate)
        hover = f"{gate} near %{{x:.2f}}: %{{y:.1%}} of its values<extra></extra>"
        bars = {"type": "bar", "x": middles, "y": shares, "marker": {"color": colour, "line": {"width": 0}}}
        traces.append(bars | axes | {"meta": meta_of(colour), "hovertemplate": hover, "name": gate})
        if untrained is not None:
            before = shares_of(untrained, gate, layer)[0]
            steps = {"type": "scatter", "mode": "lines", "x": edges, "y": np.append(before, before[-1:])}
            steps |= {"line": {"color": INK, "width": 1.5, "shape": "hv"}, "meta": {"ink": True}}
            traces.append(steps | axes | {"hovertemplate": f"step 0: {hover}", "name": "step 0"})
    notes = ["outline: step 0"] * (untrained is not None) + [f"{lost:,} values are no numbers"] * bool(lost)
    height = HEAD + tall + FOOT
    first = layout.pop("xaxis"), layout.pop("yaxis")
    return figure(traces, GATE_VALUES.title, *first, note="; ".join(notes), height=height, **layout)


def shares_of(trace: Trace, gate: str, layer: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Share of a gate's existing values in each bin, the bins' edges, and how many values are no numbers."""
    low, high = lookup(gate).bounds or (0.0, 1.0)
    values = trace.gates[gate][layer]
    values = values.ravel() if trace.mask.all() else values[trace.mask].ravel()
    good = np.isfinite(values)
    if not good.all():
        values = values[good]
    place = ((np.clip(values, low, high) - low) * (BINS / (high - low))).astype(
        np.int16
    )  # numpy's own is 5 times slower
    counts = np.bincount(np.minimum(place, BINS - 1), minlength=BINS)
    return counts / max(len(values), 1), np.linspace(low, high, BINS + 1), int((~good).sum())
