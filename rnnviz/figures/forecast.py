"""Forecasts that read their own last value, over several steps, with a band over seeds; and walk-forward validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import COLOURS, GRID, INK
from rnnviz.figures.lines import band, line
from rnnviz.figures.theme import STRONG, THIN, Explained, axis, empty, figure, plain
from rnnviz.glossary import axis_title

FORECAST = Explained(
    "Free-running forecast",
    "Up to the grey part the network reads the series (pale line); in it, it reads its own forecasts. The band reaches "
    "from the lowest to the highest of several seeds.",
    "A forecast that falls flat to a constant, or that runs away: small errors have grown by being read again.",
)
HORIZON = Explained(
    "Error by how far ahead",
    "The root mean square error of forecasts so many time steps ahead. Below the dotted line it beats repeating the "
    "last value, below the dashed one it beats the mean.",
    "The line crosses the dashed one: from there on the forecast is worse than knowing nothing but the mean.",
)
FOLDS = Explained(
    "Walk-forward validation",
    "Each fold trains on everything before it and is judged on what follows. Lower is better; the open square is the "
    "baseline there.",
    "Folds that differ by more than the network differs from its baseline: one split alone would have misled.",
)
HEIGHT = 320
FORECASTED = "#0072B2"


def forecast_figure(truth: np.ndarray, forecasts: np.ndarray, name: str = "") -> go.Figure:
    """truth (T + 1,) of one window and forecasts (S, H) of its last H values by S seeds, the run's own first."""
    if not len(truth):
        return empty(FORECAST.title, "There is no window to forecast.", HEIGHT)
    begin = len(truth) - forecasts.shape[1]
    time, ahead = np.arange(len(truth)), np.arange(begin, len(truth))
    traces: list[dict[str, Any]] = []
    if len(forecasts) > 1:
        traces.append(band(ahead, forecasts.min(0), forecasts.max(0), "over seeds", FORECASTED))
    hover = "%{y:.4~g}<br>time step %{x}<extra>"
    traces += line(time, truth, "what happened", hover=hover + "what happened</extra>", width=STRONG + 1.6, opacity=0.4)
    if len(forecasts) > 1:
        middle = np.median(forecasts, axis=0)
        words = hover + "median over seeds</extra>"
        traces += line(ahead, middle, "median over seeds", FORECASTED, width=THIN + 0.5, dash="dot", hover=words)
    traces += line(ahead, forecasts[0], "this run", FORECASTED, width=STRONG, hover=hover + "this run</extra>")
    free = {"type": "rect", "x0": begin - 0.5, "x1": len(truth) - 0.5, "yref": "paper", "y0": 0, "y1": 1}
    shapes = [free | {"fillcolor": "rgba(127,127,127,0.10)", "line": {"width": 0}, "layer": "below"}]
    title = f"{FORECAST.title}: {plain(name)}" if name else FORECAST.title
    note = f"on its own for {forecasts.shape[1]} time steps"
    note += f"; band: lowest and highest of {len(forecasts)} seeds" if len(forecasts) > 1 else ""
    xaxis = axis(axis_title("time_step"), range=[0, len(truth) - 0.5], tickformat=",d")
    return figure(
        traces, title, xaxis, axis("Value"), note=note, height=HEIGHT, legend=True, shapes=shapes, time=("x",)
    )


def horizon_figure(horizons: np.ndarray, repeated: np.ndarray, average: np.ndarray) -> go.Figure:
    """Root mean square errors by time steps ahead: (S, H) of S seeds, the run's own first, of repeating the last value
    (H,) and of the mean (H,)."""
    if not horizons.shape[1]:
        return empty(HORIZON.title, "There is nothing to forecast.", HEIGHT)
    ahead = np.arange(1, horizons.shape[1] + 1)
    hover = "RMSE %{y:.4~g}<br>%{x} ahead<extra>"
    traces: list[dict[str, Any]] = []
    if len(horizons) > 1:
        traces.append(band(ahead, horizons.min(0), horizons.max(0), "over seeds", FORECASTED))
    traces += line(
        ahead, repeated, "last value", hover=hover + "repeating the last value</extra>", dash="dot", width=1.6
    )
    traces += line(ahead, average, "mean", hover=hover + "always the mean</extra>", dash="dash", width=1.6)
    traces += line(ahead, horizons[0], "this run", FORECASTED, hover=hover + "this run</extra>", width=STRONG)
    beats = int((horizons[0] < np.minimum(repeated, average)).sum())
    note = f"better than both guesses at {beats} of {len(ahead)} distances"
    xaxis = axis("Time steps ahead", range=[0.5, len(ahead) + 0.5], tickformat=",d")
    return figure(
        traces,
        HORIZON.title,
        xaxis,
        axis("RMSE (target units)", rangemode="tozero"),
        note=note,
        height=HEIGHT,
        legend=True,
    )


def folds_figure(train: np.ndarray, end: np.ndarray, loss: np.ndarray, baseline: np.ndarray) -> go.Figure:
    """Folds, each trained on the first `train` (0 to 1) of a series and judged up to `end`: loss and baseline (K,)."""
    if not len(loss):
        return empty(FOLDS.title, "No fold has been trained.", HEIGHT)
    traces: list[dict[str, Any]] = []
    middles = (np.asarray(train) + np.asarray(end)) / 2
    for k, (begin, stop) in enumerate(zip(train, end, strict=True)):
        bar = {
            "type": "scatter",
            "mode": "lines",
            "x": [0, begin],
            "y": [k + 1, k + 1],
            "yaxis": "y2",
            "showlegend": False,
        }
        words = f"fold {k + 1}: the first {begin:.0%} train<extra></extra>"
        traces.append(bar | {"line": {"color": GRID, "width": 7}, "hovertemplate": words, "name": "trains"})
        words = f"fold {k + 1}: judged from {begin:.0%} to {stop:.0%}<extra></extra>"
        judged = {"x": [begin, stop], "line": {"color": INK, "width": 7}, "meta": {"ink": True}}
        traces.append(bar | judged | {"hovertemplate": words, "name": "is judged"})
    hover = "loss %{y:.4~g}<extra></extra>"
    dots = {"type": "scatter", "mode": "lines+markers", "x": middles, "y": loss, "name": "this network"}
    traces.append(
        dots
        | {
            "marker": {"color": FORECASTED, "size": 9},
            "line": {"color": FORECASTED, "width": 1.5},
            "hovertemplate": hover,
        }
    )
    if np.isfinite(baseline).any():
        mark = {"symbol": "square-open", "size": 9, "color": COLOURS["ink"], "line": {"width": 2}}
        guess = {"type": "scatter", "mode": "markers", "x": middles, "y": baseline, "name": "baseline", "marker": mark}
        traces.append(guess | {"meta": {"ink": True}, "hovertemplate": "baseline %{y:.4~g}<extra></extra>"})
    better = int((loss < baseline).sum())
    note = (
        f"mean loss {np.mean(loss):.4g}, spread {np.std(loss):.2g}; better than its baseline in {better} of {len(loss)}"
    )
    tops = {"domain": [0.42, 1], "rangemode": "tozero"}
    rows = axis(
        "Fold", domain=[0, 0.27], range=[len(loss) + 0.6, 0.4], tickvals=list(range(1, len(loss) + 1)), showgrid=False
    )
    xaxis = axis("Share of the series, in order of time", range=[0, 1], tickformat=".0%", anchor="y2")
    layout: dict[str, Any] = {"yaxis2": rows | {"anchor": "x"}}
    yaxis = axis("Held-out loss", **tops)
    return figure(traces, FOLDS.title, xaxis, yaxis, note=note, height=HEIGHT + 20, legend=True, **layout)
