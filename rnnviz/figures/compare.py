"""Cells beside one another: medians and bands over seeds, and what each costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import cell_style
from rnnviz.figures.lines import band, line, rule
from rnnviz.figures.scales import decades, log_axis, spans
from rnnviz.figures.theme import STRONG, Explained, axis, empty, figure, plain
from rnnviz.glossary import axis_title, lookup

BANDS = Explained(
    "Comparison over seeds",
    "Each line is the median over seeds, its band reaches from the best to the worst seed. Where bands "
    "overlap, the difference may be luck.",
    "A band much wider than the others': that cell's result depends on the first weights.",
)
COST = Explained(
    "Cost",
    "Shorter bars are cheaper. Multiply-adds are counted, time is measured on this machine.",
    "A cell with fewer multiply-adds that takes longer: fused kernels are not equally good for all cells.",
)

Series = Sequence[tuple[str, np.ndarray, np.ndarray]]


def bands_figure(
    series: Series,
    quantity: str = "heldout_loss",
    *,
    unit: str | None = None,
    baseline: float | None = None,
    title: str = BANDS.title,
) -> go.Figure:
    """(label, steps (K,), values (seeds, K)) per cell: median and range over seeds, over steps.

    quantity: glossary name of the values. Values that are not finite are left out of the median, and the
    legend counts the seeds that have any. Log axis above 1.5 decades.
    """
    series = [(label, np.asarray(x), np.atleast_2d(np.asarray(y, float))) for label, x, y in series if len(x)]
    if not series:
        return empty(title, "Nothing has been trained yet.", 340)
    known = [y for _, _, y in series] + ([] if baseline is None else [np.array([baseline])])
    bounds = lookup(quantity).bounds
    low, high = decades(*known)
    log = not bounds and spans(*known)
    traces: list[Any] = []
    for k, (label, steps, values) in enumerate(series):
        colour, dash = cell_style(label, k)
        median, least, most = _over_seeds(values)
        lost = int((~np.isfinite(values)).any(1).sum())
        name = plain(label) + (f" ({lost} of {len(values)} seeds diverged)" if lost else "")
        if len(values) > 1:
            traces.append(band(steps, least, most, name, colour))
        hover = f"median {lookup(quantity).label} %{{y:.4~g}}<br>step %{{x:,}}, {len(values)} seeds"
        floor = 10.0**low if log else None
        traces += line(
            steps,
            median,
            name,
            colour,
            dash=dash,
            width=STRONG,
            floor=floor,
            hover=f"{hover}<extra>{plain(label)}</extra>",
        )
    if baseline is not None:
        ends = np.concatenate([steps for _, steps, _ in series])
        hover = f"baseline {baseline:.4g}<extra></extra>"
        traces.append(rule(baseline, "baseline", hover, np.array([ends.min(), ends.max()])))
    label = axis_title(quantity, unit)
    yaxis = log_axis(label, low, high) if log else axis(label, rangemode="tozero")
    if bounds:
        yaxis["range"] = [bounds[0] - 0.03, bounds[1] + 0.03]
    seeds = sorted({len(y) for _, _, y in series})
    words = "median and range over " + " or ".join(map(str, seeds)) + (" seed" if seeds == [1] else " seeds")
    xaxis = axis(axis_title("step", ""), rangemode="tozero", tickformat=",d")
    return figure(traces, title, xaxis, yaxis, note=words, height=340, legend=True)


def cost_figure(rows: Sequence[tuple[str, float, float, float | None]]) -> go.Figure:
    """One (label, parameters, multiply-adds per time step, ms per training step or None) per cell, as bars."""
    if not rows:
        return empty(COST.title, "Nothing to compare yet.", 240)
    names = ("parameters", "multiply_adds", "seconds_per_step")
    labels = [plain(row[0]) for row in rows]
    colours = [cell_style(row[0], k)[0] for k, row in enumerate(rows)]
    axes: dict[str, Any] = {}
    traces: list[Any] = []
    heads: list[Any] = []
    for k, name in enumerate(names):
        ref, top = "" if k == 0 else str(k + 1), 1 - k * 0.355
        values = np.array([np.nan if row[k + 1] is None else float(row[k + 1]) for row in rows])  # type: ignore[arg-type]
        text = ["not measured" if np.isnan(v) else f"{v:,.4g}" if k == 2 else f"{v:,.0f}" for v in values]
        most = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
        x = {"anchor": f"y{ref}", "range": [0, 1.25 * most or 1.0], "showticklabels": False, "showgrid": False}
        axes[f"xaxis{ref}"] = axis("", **x)  # the numbers stand beside the bars
        y = {
            "anchor": f"x{ref}",
            "domain": [max(0.0, top - 0.29), top],
            "autorange": "reversed",
            "showgrid": False,
        }
        axes[f"yaxis{ref}"] = axis("", **y)
        bar = {"type": "bar", "orientation": "h", "x": np.nan_to_num(values), "y": labels, "text": text}
        look = {"marker": {"color": colours}, "textposition": "outside", "cliponaxis": False}
        hover = {
            "name": lookup(name).label,
            "hovertemplate": f"%{{y}}<br>{lookup(name).label} %{{text}}<extra></extra>",
        }
        traces.append(bar | look | hover | {"xaxis": f"x{ref}", "yaxis": f"y{ref}"})
        head = {"text": axis_title(name), "x": 0, "y": top, "xref": "paper", "yref": "paper", "showarrow": False}
        heads.append(head | {"xanchor": "left", "yanchor": "bottom", "font": {"size": 12}})
    layout: dict[str, Any] = {"height": 140 + 72 * len(rows), "margin": {"l": 128, "r": 14, "t": 56, "b": 14}}
    layout |= {"annotations": heads, "bargap": 0.35}
    return figure(traces, COST.title, axes.pop("xaxis"), axes.pop("yaxis"), **layout, **axes)


def _over_seeds(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median, least and most over the seeds (S, K) that are finite; NaN where none is."""
    median, least, most = np.full((3, values.shape[1]), np.nan)
    there = np.isfinite(values).any(0)
    if there.any():
        finite = np.where(np.isfinite(values), values, np.nan)[:, there]
        median[there], least[there], most[there] = (
            np.nanmedian(finite, 0),
            np.nanmin(finite, 0),
            np.nanmax(finite, 0),
        )
    return median, least, most
