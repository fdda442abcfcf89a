"""What is left of a series when its forecast is taken away: over time, as a histogram, and against itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import GRID, INK
from rnnviz.figures.lines import line
from rnnviz.figures.theme import STRONG, THIN, Explained, axis, empty, figure, plain
from rnnviz.glossary import axis_title

RESIDUALS = Explained(
    "Residuals",
    "Target less output at the last time step of each held-out window, in the order of time.",
    "Stretches above or below zero, or a spread that grows: the forecast misses something that lasts.",
)
HISTOGRAM = Explained(
    "Histogram of the residuals",
    "How often each size of error occurs. The line: a normal distribution of the same mean and spread.",
    "A peak beside zero (the forecast is off on average), or ends far outside the line (rare, large misses).",
)
CORRELATION = Explained(
    "Autocorrelation of the residuals",
    "How an error goes with the one k time steps before it. Inside the grey band it looks like noise.",
    "Bars outside the band: errors could be foretold from the errors before, so something was left to learn.",
)
BY_TIME = Explained(
    "Error by time step",
    "The root mean square error at each time step of a window: what it helps to have read more.",
    "A line that stays flat from the first time step: what was read long ago is not used.",
)
BINS, HEIGHT = 41, 280


def residuals_figure(last: np.ndarray, name: str = "") -> go.Figure:
    """Residuals (N,) of one output."""
    if not len(last):
        return empty(RESIDUALS.title, "There is no residual.", HEIGHT)
    hover = "residual %{y:.4~g}<br>window %{x:,}<extra></extra>"
    traces = line(np.arange(len(last)), last, "residual", width=THIN + 0.4, hover=hover)
    title = f"{RESIDUALS.title}: {plain(name)}" if name else RESIDUALS.title
    shapes = [{"type": "line", "x0": 0, "x1": len(last), "y0": 0, "y1": 0, "line": {"color": INK, "width": 1}}]
    xaxis = axis("Held-out window, in order of time", range=[0, max(len(last) - 1, 1)], tickformat=",d")
    return figure(traces, title, xaxis, axis("Target less output"), height=HEIGHT, shapes=shapes)


def histogram_figure(last: np.ndarray) -> go.Figure:
    """The same residuals (N,) in bins, as shares."""
    good = np.asarray(last)[np.isfinite(last)]
    if not len(good):
        return empty(HISTOGRAM.title, "No residual is a finite number.", HEIGHT)
    mean, spread = float(good.mean()), float(good.std())
    counts, edges = np.histogram(good, BINS)
    middles, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    bars = {"type": "bar", "x": middles, "y": counts / len(good), "name": "residuals", "meta": {"ink": True}}
    bars |= {"marker": {"color": INK, "opacity": 0.55, "line": {"width": 0}}}
    bars |= {"hovertemplate": "near %{x:.3~g}: %{y:.1%}<extra></extra>"}
    traces: list[dict[str, Any]] = [bars]
    if spread > 0:
        density = np.exp(-((middles - mean) ** 2) / (2 * spread**2)) / (spread * np.sqrt(2 * np.pi))
        hover = "normal: %{y:.1%}<extra></extra>"
        traces += line(middles, density * width, "normal", "#A0694B", width=STRONG - 0.6, hover=hover)
    note = f"mean {mean:.3g}, spread {spread:.3g}"
    xaxis, yaxis = axis("Target less output"), axis("Share", tickformat=".0%", rangemode="tozero")
    return figure(traces, HISTOGRAM.title, xaxis, yaxis, note=note, height=HEIGHT, bargap=0.02)


def correlation_figure(correlation: np.ndarray, noise: float) -> go.Figure:
    """Autocorrelation (K + 1,) of one output's residuals; what lies within ±noise is none. Lag 0 is not drawn."""
    values = np.asarray(correlation)[1:]
    if not len(values):
        return empty(CORRELATION.title, "Windows are too short for this.", HEIGHT)
    lags = np.arange(1, len(values) + 1)
    bars = {"type": "bar", "x": lags, "y": values, "name": "autocorrelation", "meta": {"ink": True}}
    bars |= {"marker": {"color": INK, "line": {"width": 0}}}
    bars |= {"hovertemplate": "%{x} time steps before: %{y:.3f}<extra></extra>"}
    band = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": -noise, "y1": noise, "layer": "below"}
    shapes = [band | {"fillcolor": GRID, "line": {"width": 0}}]
    outside = int((np.abs(values) > noise).sum())
    note = f"{outside} of {len(values)} bars outside ±{noise:.2g}"
    xaxis = axis("Time steps before", range=[0.4, len(values) + 0.6], tickformat=",d")
    yaxis = axis("Correlation r", range=[-1.05, 1.05])
    return figure([bars], CORRELATION.title, xaxis, yaxis, note=note, height=HEIGHT, shapes=shapes, bargap=0.35)


def by_time_figure(by_time: np.ndarray) -> go.Figure:
    """Root mean square error (T,) at each time step of a window."""
    if not len(by_time):
        return empty(BY_TIME.title, "There is no time step.", HEIGHT)
    hover = "RMSE %{y:.4~g}<br>time step %{x}<extra></extra>"
    traces = line(np.arange(len(by_time)), by_time, "error", width=STRONG, hover=hover)
    xaxis = axis(axis_title("time_step"), range=[0, max(len(by_time) - 1, 1)], tickformat=",d")
    yaxis = axis("RMSE (target units)", rangemode="tozero")
    return figure(traces, BY_TIME.title, xaxis, yaxis, height=HEIGHT)


def names_of(labels: Sequence[str], count: int) -> list[str]:
    """Names of `count` outputs; their numbers where there are none."""
    return [str(label) for label in labels[:count]] + [str(k) for k in range(len(labels), count)]
