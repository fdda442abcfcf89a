"""Cells beside one another: medians and bands over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import cell_style
from rnnviz.figures.lines import band, line, rule
from rnnviz.figures.scales import decades, log_axis, spans
from rnnviz.figures.theme import STRONG, Explained, axis, empty, figure, plain, steps_axis
from rnnviz.glossary import axis_title, lookup

BANDS = Explained(
    "Comparison over seeds",
    "Each line is the median over seeds, its band reaches from the best to the worst seed. Where bands "
    "overlap, the difference may be luck.",
    "A band much wider than the others': that cell's result depends on the first weights.",
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
    xaxis = steps_axis(max(x[-1] for _, x, _ in series))
    return figure(traces, title, xaxis, yaxis, note=words, height=340, legend=True)


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
