"""Gates over time: the mean over units and where most units lie, one row per kind of gate, one column per cell.

Gates that do the same work share a row and a colour, so the LSTM's f stands beside the GRU's z.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import COLOURS, colour_of
from rnnviz.figures.lines import band, line
from rnnviz.figures.theme import STRONG, Explained, axis, empty, figure, plain, stacked, wrapped
from rnnviz.glossary import axis_title, lookup
from rnnviz.trace import Trace

GATES = Explained(
    "Gates over time",
    "The line is the mean over units, the band holds the middle 80 % of them. Gates in one row do the same work.",
    "A gate that keeps the past (f, z) near 0 throughout: nothing is remembered. All bands flat: the gates ignore "
    "the input.",
)
ROW, GAP, HEAD, FOOT = 100, 24, 72, 44  # pixels


def gate_traces(trace: Trace, layer: int = 0, sequence: int | None = None) -> go.Figure:
    """Every gate of one layer: mean over units with a 10-90 % band; of one sequence, or of all together."""
    return gates_side_by_side([("", trace)], layer, sequence)


def gates_side_by_side(items: Sequence[tuple[str, Trace]], layer: int = 0, sequence: int | None = None) -> go.Figure:
    """(label, trace) for each column; a row per kind of gate, with one range for the whole row."""
    without = [plain(label) or "this cell" for label, trace in items if not trace.gates]
    items = [(label, trace) for label, trace in items if trace.gates]
    rows = _rows(trace for _, trace in items)
    if not rows:
        return empty(GATES.title, "No gates: " + ", ".join(without) if without else "Nothing recorded yet.", 220)
    tall, domains = stacked(len(rows), ROW, GAP)
    head = HEAD + (34 if any(label for label, _ in items) else 0)
    axes: dict[str, Any] = {}
    traces: list[Any] = []
    words: list[dict[str, Any]] = []
    for row, (kind, bounds) in enumerate(rows):
        for column, (label, trace) in enumerate(items):
            number = row * len(items) + column + 1
            ref = "" if number == 1 else str(number)
            gate = next((name for name in trace.gates if lookup(name).kind == kind), None)
            axes |= _axes(ref, row, column, len(items), len(rows), domains[row], bounds)
            where = {"xref": f"x{ref} domain", "yref": f"y{ref} domain", "showarrow": False}
            if row == 0 and label:
                title = {"text": wrapped(label), "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 16}
                words.append(where | title | {"align": "left", "font": {"size": 12}})
            if gate is None:
                words.append(where | {"text": "no such gate", "x": 0.5, "y": 0.5, "font": {"size": 11}})
                traces.append({"type": "scatter", "xaxis": f"x{ref}", "yaxis": f"y{ref}", "x": [], "y": []})
                continue
            name = {"text": axis_title(gate, ""), "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"}
            words.append(where | name | {"font": {"size": 11}})
            traces += _gate(trace, gate, layer, sequence, (f"x{ref}", f"y{ref}"))
    first = axes.pop("xaxis"), axes.pop("yaxis")
    note = "mean over units, band of the middle 80 %" + (f", sequence {sequence}" if sequence is not None else "")
    names = {trace.layer_names[layer] for _, trace in items if len(trace.layer_names) > 1}
    note += f", {names.pop()}" if len(names) == 1 else ""
    note += f"; no gates: {', '.join(without)}" if without else ""
    margin = {"l": 46, "r": 14, "t": head, "b": FOOT}
    time = [f"x{k}" if k > 1 else "x" for k in range(1, len(rows) * len(items) + 1)]
    return figure(
        traces,
        GATES.title,
        *first,
        note=note,
        height=head + tall + FOOT,
        time=time,
        annotations=words,
        margin=margin,
        **axes,
    )


def _rows(traces: Any) -> list[tuple[str, tuple[float, float]]]:
    """The kinds of gate that occur, in the order of the colour table, with the range of each."""
    found = {lookup(name).kind: lookup(name).bounds or (0.0, 1.0) for trace in traces for name in trace.gates}
    return [(kind, found[kind]) for kind in COLOURS if kind in found]


def _axes(ref, row, column, columns, rows, domain, bounds) -> dict[str, Any]:
    gap = 0.03 if columns > 1 else 0.0
    wide = (1 - gap * (columns - 1)) / columns
    left = column * (wide + gap)
    last = row == rows - 1
    x = axis(axis_title("time_step") if last else "", domain=[left, min(1.0, left + wide)], anchor=f"y{ref}")
    x |= {"matches": "x", "showticklabels": last} if ref else {"showticklabels": last}
    margin = 0.06 * (bounds[1] - bounds[0])
    y = axis("", domain=list(domain), anchor=f"x{ref}", range=[bounds[0] - margin, bounds[1] + margin])
    y |= {"tickvals": sorted({*bounds, sum(bounds) / 2}), "showticklabels": column == 0}
    return {f"xaxis{ref}": x, f"yaxis{ref}": y}


def _gate(trace: Trace, gate: str, layer: int, sequence: int | None, axes: tuple[str, str]) -> list[Any]:
    values = np.asarray(trace.gates[gate][layer], np.float32)  # (B, T, H)
    rows = slice(None) if sequence is None else slice(sequence, sequence + 1)
    values = np.where(trace.mask[rows][..., None], values[rows], np.nan)
    values = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)  # (T, sequences x units)
    mean, low, high = _middle(values)
    shown = slice(0, int(np.flatnonzero(trace.mask[rows].any(0)).max(initial=0)) + 1)  # without common padding
    x, colour = np.arange(len(values))[shown], colour_of(gate)
    hover = f"{lookup(gate).label} {gate}, mean %{{y:.3f}}<br>time step %{{x}}<extra></extra>"
    lines = line(x, mean[shown], gate, colour, width=STRONG, hover=hover, axes=axes)
    return [band(x, low[shown], high[shown], gate, colour, axes), *lines]


def _middle(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, 10 % and 90 % point of every row's finite values (T, N); NaN where a row has none.

    Written out because numpy's nanpercentile takes a tenth of a second for 100,000 values.
    """
    finite = np.isfinite(values)
    count = finite.sum(1)
    ordered = np.sort(np.where(finite, values, np.nan), axis=1)  # NaN goes last
    rows, last = np.arange(len(values)), np.maximum(count - 1, 0)
    points = []
    for share in (0.1, 0.9):
        place = share * last
        below = np.floor(place).astype(int)
        first, second = ordered[rows, below], ordered[rows, np.minimum(below + 1, last)]
        points.append(first + (place - below) * (second - first))
    total = np.where(finite, values, 0).sum(1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), points[0], points[1]
