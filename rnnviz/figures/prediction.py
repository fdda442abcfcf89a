"""What the network says beside what it should say, chosen by the shapes and kinds of the two arrays alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import INK, SEQUENTIAL
from rnnviz.figures.heat import colour_bar, heat, note
from rnnviz.figures.lines import line
from rnnviz.figures.theme import Explained, axis, empty, figure, stacked
from rnnviz.figures.tokens import softmax, tokens, visible
from rnnviz.glossary import axis_title
from rnnviz.trace import Trace

PREDICTIONS = Explained(
    "Predictions",
    "The target is the broad pale line, the output is drawn thin. Where they meet, the network is right.",
    "An output that stays level: the network ignores its input and answers with the mean.",
)
POINTS = Explained(
    PREDICTIONS.title,
    "One point for each held-out sequence: the target across, the output up. On the dashed line the network is right.",
    "Points in a level row: the network ignores its input and answers with the mean.",
)
CLASSES = Explained(
    PREDICTIONS.title,
    "One row for each held-out sequence; the brighter, the likelier the network takes that class to be. "
    "The frame marks the right one.",
    "Rows that are all alike: the network ignores its input and answers how common each class is.",
)
TOKENS = Explained(
    PREDICTIONS.title,
    "In every pair of rows, what is right stands above what the network takes to be likeliest. The greener, the "
    "likelier it takes the right one to be.",
    "The same answer below throughout: the network ignores its input and answers with what is commonest.",
)
MOST = 6  # outputs drawn as curves
ROOM = 32  # letters below a figure on a telephone


def words_for(trace: Trace) -> str:
    """Which entry of FIGURES says how to read what `predictions_figure` draws."""
    whole = trace.targets is not None and np.issubdtype(trace.targets.dtype, np.integer)
    if trace.outputs is not None and trace.outputs.ndim == 2:
        return "classes" if whole else "points"
    return "strip" if whole else "predictions"


def predictions_figure(trace: Trace, sequence: int = 0, labels: Sequence[str] | None = None) -> go.Figure:
    """Outputs against targets of the recorded sequences.

    outputs (B, O), targets (B, O): target against output, one point a sequence. targets (B,) whole numbers:
    the probability of every class. outputs and targets (B, T, O): curves of one sequence. targets (B, T)
    whole numbers: the tokens of one sequence. labels: names of outputs, classes or tokens (default trace.labels).
    """
    if trace.outputs is None or trace.targets is None:
        return empty(PREDICTIONS.title, "No outputs recorded yet.")
    outputs, targets = np.asarray(trace.outputs), np.asarray(trace.targets)
    names = [str(name) for name in (trace.labels if labels is None else labels)]
    names += [str(k) for k in range(len(names), outputs.shape[-1])]
    shown = [visible(name, 24) for name in names]
    whole = np.issubdtype(targets.dtype, np.integer)
    if outputs.ndim == 2:
        return classes(outputs, targets, shown) if whole else scatter(outputs, targets, shown)
    mask = trace.mask[sequence]
    outputs, targets = outputs[sequence][mask], targets[sequence][mask]
    return tokens(outputs, targets, names) if whole else curves(outputs, targets, shown, sequence)


def scatter(outputs: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> go.Figure:
    """(B, O) each: target across, output up, and the line on which they are equal."""
    targets = targets.reshape(outputs.shape)
    both = np.concatenate([outputs.ravel(), targets.ravel()])
    finite = both[np.isfinite(both)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    margin = 0.08 * (high - low) or 0.5
    ends = np.array([low - margin, high + margin])
    hover = "on this line output = target<extra></extra>"
    traces = line(ends, ends, "output = target", dash="dash", width=1.2, hover=hover)
    symbols = ("circle", "square", "diamond", "triangle-up", "cross", "x")
    for k in range(outputs.shape[-1]):
        mark = {"color": INK, "size": 10, "symbol": symbols[k % len(symbols)]}
        name = names[k] if outputs.shape[-1] > 1 else "one sequence"
        points = {
            "type": "scatter",
            "mode": "markers",
            "x": targets[:, k],
            "y": outputs[:, k],
            "marker": mark,
            "meta": {"ink": True},
        }
        words = "sequence %{customdata}<br>target %{x:.4g}, output %{y:.4g}<extra></extra>"
        traces.append(points | {"name": name, "customdata": np.arange(len(outputs)), "hovertemplate": words})
    lost = int((~np.isfinite(outputs)).sum())
    words = f"{lost} outputs are NaN or infinite and cannot be drawn" if lost else "one point per held-out sequence"
    xaxis, yaxis = axis("Target"), axis(axis_title("outputs"))
    return figure(traces, PREDICTIONS.title, xaxis, yaxis, note=words, legend=outputs.shape[-1] > 1)


def classes(outputs: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Outputs (B, O), right classes (B,): a map of probabilities, the right class of each sequence framed."""
    chances = softmax(outputs)
    rows, columns = np.arange(len(chances)), np.arange(chances.shape[1])
    hover = "sequence %{y}, class %{text}<br>p = %{z:.3f}<extra></extra>"
    text = np.broadcast_to(np.array(names[: chances.shape[1]]), chances.shape)
    bar = colour_bar("p")
    traces = heat(chances, columns, rows, scale=SEQUENTIAL, limits=(0, 1), hover=hover, bar=bar, text=text)
    mark = {"symbol": "square-open", "size": 16, "color": "#FFFFFF", "line": {"width": 2.5}}
    frame: dict[str, Any] = {"type": "scatter", "mode": "markers", "x": targets, "y": rows, "marker": mark}
    frame |= {"hoverinfo": "skip", "cliponaxis": False}
    ring = frame | {"marker": mark | {"size": 20, "color": "#000000", "line": {"width": 1.5}}}
    right = int((chances.argmax(1) == targets).sum())
    words = note(chances) or f"framed: the right class; {right} of {len(rows)} right"
    shown = {"tickvals": columns, "ticktext": list(names[: len(columns)]), "showgrid": False}
    longest = max(map(len, names))
    below = 46 + (6 * longest if len(columns) * longest > ROOM else 0)  # names stand upright where they are many
    shown["tickangle"] = 90 if below > 46 else 0
    xaxis = axis("Class", range=[-0.5, len(columns) - 0.5], **shown)
    yaxis = axis("Held-out sequence", tickformat="d", showgrid=False, range=[len(rows) - 0.5, -0.5])
    layout: dict[str, Any] = {"height": 254 + below, "margin": {"l": 66, "r": 78, "t": 54, "b": below}}
    return figure([*traces, frame, ring], PREDICTIONS.title, xaxis, yaxis, note=words, colour_bar=True, **layout)


def curves(outputs: np.ndarray, targets: np.ndarray, names: Sequence[str], sequence: int = 0) -> go.Figure:
    """Outputs and targets (T, O) of one sequence over time; a panel for each of the first outputs."""
    time, count = np.arange(len(outputs)), min(outputs.shape[-1], MOST)
    targets = targets.reshape(outputs.shape)
    tall, domains = stacked(count, 178 if count == 1 else 84, 26)
    traces: list[Any] = []
    axes: dict[str, Any] = {}
    heads: list[Any] = []
    for k in range(count):
        ref = "" if k == 0 else str(k + 1)
        own: dict[str, Any] = {"axes": ("x", f"y{ref}"), "showlegend": k == 0}
        words = "%{y:.4~g}<br>time step %{x}<extra></extra>"
        traces += line(time, targets[:, k], "target", width=6, opacity=0.35, hover=f"target {words}", **own)
        traces += line(time, outputs[:, k], "output", hover=f"output {words}", **own)
        title = "" if count > 1 else names[0] if names[0] != "0" else axis_title("outputs")
        axes[f"yaxis{ref}"] = axis(title, anchor="x", domain=domains[k], nticks=4 if count > 1 else 6)
        head = {"text": names[k], "xref": "paper", "yref": f"y{ref} domain", "x": 0, "y": 1, "showarrow": False}
        heads.append(head | {"xanchor": "left", "yanchor": "bottom", "font": {"size": 11}})
    more = outputs.shape[-1] - count
    note = f"sequence {sequence}" + (f"; {more} more outputs are not drawn" if more else "")
    xaxis = axis(axis_title("time_step"), anchor="y" if count == 1 else f"y{count}")
    layout: dict[str, Any] = {"note": note, "legend": True, "time": ["x"], "height": 94 + tall + 46}
    layout["margin"] = {"l": 66, "r": 14, "t": 94, "b": 46}
    layout["annotations"] = heads if count > 1 else []
    return figure(traces, PREDICTIONS.title, xaxis, axes.pop("yaxis"), **layout, **axes)
