"""Gates unit by unit: how often they are pinned, how long they remember, and what one unit does over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.analysis.gates import MARGIN
from rnnviz.figures.colours import INK, colour_of, meta_of
from rnnviz.figures.lines import line
from rnnviz.figures.scales import decades, log_axis
from rnnviz.figures.theme import STRONG, THIN, Explained, axis, empty, figure, stacked
from rnnviz.glossary import axis_title, lookup
from rnnviz.trace import Trace

SATURATION = Explained(
    "Saturation of every unit",
    "One dot per unit: how much of the time its gate is within 0.1 of the top of its range (right), and of the bottom "
    "(up). Click on one.",
    "Dots at the right end of f or z: units that never forget. Dots at the top of it: they remember nothing.",
)
TIMESCALES = Explained(
    "Memory timescales",
    "One dot per unit, the shortest memory first: after so many time steps 1/e of it is left. The line is T.",
    "All dots far below the line on a task that the network has learned: it remembers by other ways than this gate.",
)
UNIT_GATES = Explained(
    "Gates of one unit",
    "The strong line is the chosen unit, the faint ones are others. Dashed: the same unit before training.",
    "A unit that does what all others do, or whose gates stand still: it may as well not be there.",
)
Shares = Mapping[str, tuple[np.ndarray, np.ndarray]]
Scales = tuple[str, np.ndarray]
OTHERS = 3000  # points of the faint lines of a panel, about
LIMITS = 1e-2, 1e7  # time steps, within which the axis of timescales ends
ROW, GAP, HEAD, FOOT = 100, 24, 72, 44  # pixels
BETWEEN = 0.08  # of the width, between two panels


def saturation_figure(now: Shares, layer: int, unit: int, untrained: Shares | None = None) -> go.Figure:
    """A panel for each gate, a dot for each unit. now, untrained: gate -> (low, high), (L, H) each."""
    if not now:
        return empty(SATURATION.title, "This cell has no gates.", 220)
    columns = 2 if len(now) in (2, 4) else min(len(now), 3)
    tall, domains = stacked(-(-len(now) // columns), 170, 40)
    wide = (1 - BETWEEN * (columns - 1)) / columns
    traces: list[Any] = []
    layout: dict[str, Any] = {"annotations": [], "margin": {"l": 52, "r": 14, "t": HEAD + 10, "b": FOOT}}
    for k, gate in enumerate(now):
        row, column = divmod(k, columns)
        ref = "" if k == 0 else str(k + 1)
        left, lowest = column * (wide + BETWEEN), k + columns >= len(now)
        look = {"range": [-0.06, 1.06], "tickvals": [0, 0.5, 1]}
        across = {"domain": [left, min(left + wide, 1.0)], "anchor": f"y{ref}"} | look
        layout[f"xaxis{ref}"] = axis("Share at the top" if lowest else "", **across)
        up = {"domain": list(domains[row]), "anchor": f"x{ref}", "showticklabels": column == 0} | look
        layout[f"yaxis{ref}"] = axis("" if column else "At the bottom", **up)
        layout["annotations"].append(_head(gate, ref))
        low, high = lookup(gate).bounds or (0.0, 1.0)
        words = f"{gate} > {high - MARGIN:.1f}: %{{x:.0%}} of the time<br>{gate} < {low + MARGIN:.1f}: %{{y:.0%}}"
        words = f"unit %{{customdata}}<br>{words}<extra></extra>"
        axes = {"xaxis": f"x{ref}", "yaxis": f"y{ref}"}
        edge = {"type": "scatter", "x": [0, 1], "y": [1, 0], "mode": "lines", "hoverinfo": "skip"}
        traces.append(edge | axes | {"line": {"color": INK, "width": THIN, "dash": "dot"}, "meta": {"ink": True}})
        if untrained is not None:
            bottom, top = (each[layer] for each in untrained[gate])
            traces.append(_dots(top, bottom, f"step 0<br>{words}", INK) | axes)
        bottom, top = (each[layer] for each in now[gate])
        traces.append(_dots(top, bottom, words, colour_of(gate)) | axes)
        traces.append(_ring(top[unit : unit + 1], bottom[unit : unit + 1], unit) | axes)
    first = layout.pop("xaxis"), layout.pop("yaxis")
    note = f"ring: unit {unit}" + ("; grey: step 0" if untrained is not None else "")
    height = HEAD + 10 + tall + FOOT
    return figure(traces, SATURATION.title, *first, note=note, height=height, meta={"unit": "customdata"}, **layout)


def timescales_figure(
    now: Scales | None, layer: int, unit: int, untrained: Scales | None = None, length: float = 0.0
) -> go.Figure:
    """Memory timescales (L, H) of one layer, sorted, on a log axis. length: T of the task, drawn as a line; 0: none.

    untrained: of the same cell. Timescales of 0, of infinity and beyond the axis are triangles at its ends.
    """
    if now is None:
        return empty(TIMESCALES.title, "This cell has no gate that keeps the past.", 300)
    gate, values = now[0], now[1][layer]
    before = [] if untrained is None else [untrained[1][layer]]
    low, high = decades(*[np.clip(each, *LIMITS) for each in (*before, values)], np.array([length]))
    drawn = [_sorted(each, low, high, "step 0<br>unit", INK) for each in before]
    drawn.append(_sorted(values, low, high, "unit", colour_of(gate)))
    traces = [trace for trace, _ in drawn]
    place = drawn[-1][1].get(unit)
    if place is not None:
        traces.append(_ring(np.array(place[:1]), np.array(place[1:]), unit))
    if length:
        ends, words = np.array([-1.0, len(values)]), f"T = {length:g} time steps<extra></extra>"
        traces += line(ends, np.full(2, float(length)), "T", dash="dash", width=1.5, hover=words)
    notes = [f"ring: unit {unit}"] + ["grey: step 0"] * bool(before) + [f"dashed: T = {length:g}"] * bool(length)
    lost = int(np.isnan(values).sum())
    notes += [f"{lost} are no numbers"] * bool(lost)
    xaxis = axis("Units, the shortest memory first", range=[-1, len(values)], showticklabels=False, showgrid=False)
    yaxis = log_axis(f"-1/ln {gate} (time steps)", low, high)
    return figure(traces, TIMESCALES.title, xaxis, yaxis, note="; ".join(notes), meta={"unit": "customdata"})


def _sorted(
    scales: np.ndarray, low: int, high: int, words: str, colour: str
) -> tuple[dict[str, Any], dict[int, tuple[int, float]]]:
    """Timescales (H,) in ascending order, within the axis; and where each unit stands."""
    order = np.argsort(scales, kind="stable")[: int((~np.isnan(scales)).sum())]  # NaN goes last
    values, rank = scales[order], np.arange(len(order))
    drawn = np.clip(values, 10.0**low, 10.0**high)
    dots = _dots(rank, drawn, f"{words} %{{customdata}}: %{{text}} time steps<extra></extra>", colour)
    usual = dots["marker"]["symbol"]
    beyond = np.where(values > drawn, "triangle-up", np.where(values < drawn, "triangle-down", usual))
    dots["marker"] |= {"symbol": beyond.tolist()}
    dots |= {"customdata": order, "text": [f"{each:.3g}" for each in values]}
    return dots, {int(k): (int(at), float(y)) for k, at, y in zip(order, rank, drawn, strict=True)}


def unit_gates(trace: Trace, unit: int, layer: int = 0, sequence: int = 0, untrained: Trace | None = None) -> go.Figure:
    """A panel for each gate: the chosen unit over time, strong; others faint; before training, dashed."""
    if not trace.gates:
        return empty(UNIT_GATES.title, "This cell has no gates.", 220)
    tall, domains = stacked(len(trace.gates), ROW, GAP)
    time = np.flatnonzero(trace.mask[sequence])
    units = trace.size[-1]
    others = np.setdiff1d(np.arange(units), [unit])
    some = others[:: max(1, len(others) * len(time) // OTHERS + 1)]
    traces: list[Any] = []
    layout: dict[str, Any] = {"annotations": []}
    for k, gate in enumerate(trace.gates):
        ref = "" if k == 0 else str(k + 1)
        colour, bounds = colour_of(gate), lookup(gate).bounds or (0.0, 1.0)
        margin = 0.06 * (bounds[1] - bounds[0])
        layout[f"yaxis{ref}"] = axis(
            "", domain=list(domains[k]), anchor="x", range=[bounds[0] - margin, bounds[1] + margin],
            tickvals=sorted({*bounds, sum(bounds) / 2}),
        )  # fmt: skip
        where = {"xref": "x domain", "yref": f"y{ref} domain", "showarrow": False, "x": 0, "y": 1}
        layout["annotations"].append(
            where | {"text": axis_title(gate, ""), "xanchor": "left", "yanchor": "bottom", "font": {"size": 11}}
        )
        values = np.asarray(trace.gates[gate][layer, sequence], np.float32)[time]  # (T, H)
        axes = ("x", f"y{ref}")
        faint = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False, "opacity": 0.25}
        faint |= {"line": {"color": colour, "width": THIN}, "meta": meta_of(colour), "xaxis": "x", "yaxis": f"y{ref}"}
        traces.append(faint | _broken(time, values[:, some]))
        if untrained is not None:
            before = np.asarray(untrained.gates[gate][layer, sequence, :, unit])[time]
            hover = f"step 0: {gate} = %{{y:.3f}}<extra></extra>"
            traces += line(time, before, "step 0", width=1.5, dash="dash", hover=hover, axes=axes)
        hover = f"unit {unit}: {gate} = %{{y:.3f}}<br>time step %{{x}}<extra></extra>"
        traces += line(time, values[:, unit], gate, colour, width=STRONG, hover=hover, axes=axes)
    note = f"sequence {sequence}; faint: {len(some)} of {len(others)} other units"
    note += "; dashed: step 0" if untrained is not None else ""
    layout["margin"] = {"l": 46, "r": 14, "t": HEAD, "b": FOOT}
    xaxis = axis(axis_title("time_step"), anchor="y" if len(trace.gates) == 1 else f"y{len(trace.gates)}")
    title, height = f"Gates of unit {unit}", HEAD + tall + FOOT
    return figure(traces, title, xaxis, layout.pop("yaxis"), note=note, height=height, time=["x"], **layout)


def _head(gate: str, ref: str) -> dict[str, Any]:
    """The name of a gate above its panel."""
    place = {"x": 0, "y": 1, "xref": f"x{ref} domain", "yref": f"y{ref} domain", "xanchor": "left", "yanchor": "bottom"}
    return place | {"text": axis_title(gate, ""), "showarrow": False, "font": {"size": 11}}


def _dots(x: np.ndarray, y: np.ndarray, hover: str, colour: str) -> dict[str, Any]:
    """A dot for each unit; in ink, of an untrained network, hollow."""
    hollow = colour == INK
    mark = {"color": colour, "size": 7, "symbol": "circle-open" if hollow else "circle"}
    mark |= {"opacity": 0.55 if hollow else 0.75}
    base = {"type": "scatter", "mode": "markers", "x": x, "y": y, "customdata": np.arange(len(x))}
    return base | {"marker": mark, "meta": meta_of(colour), "hovertemplate": hover}


def _ring(x: np.ndarray, y: np.ndarray, unit: int) -> dict[str, Any]:
    mark = {"color": INK, "size": 14, "symbol": "circle-open", "line": {"width": 2}}
    base = {"type": "scatter", "mode": "markers+text", "x": x, "y": y, "text": [str(unit)], "hoverinfo": "skip"}
    return base | {"marker": mark, "meta": {"ink": True}, "textposition": "top center"}


def _broken(x: np.ndarray, values: np.ndarray) -> dict[str, Any]:
    """Many lines (T, N) over x (T,) as one trace, with a gap after each."""
    gap = np.full((1, values.shape[1]), np.nan, np.float32)
    ends = np.append(x, x[-1:] if len(x) else [0])
    finite = np.where(np.isfinite(values), values, np.float32(np.nan))
    return {"x": np.tile(ends, values.shape[1]), "y": np.concatenate([finite, gap]).T.ravel()}
