"""What a search found: one map of learning rate and hidden size for each cell, or points where it drew them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnnviz.figures.colours import ABSENT, BAD, INK, SEQUENTIAL
from rnnviz.figures.heat import colour_bar, heat, note
from rnnviz.figures.scales import decades, log10, power, spans, ticks
from rnnviz.figures.theme import Explained, axis, figure, plain
from rnnviz.glossary import lookup

SEARCH = Explained(
    "What the search found",
    "Every square is one experiment, judged on sequences never trained on (the median over its seeds). Bright is good, "
    "magenta has diverged, a frame marks the best. Click one to open it.",
    "A best square at the edge of the map: what is better may lie outside. A good square among bad ones: luck.",
)
HEIGHT = 340
FRAME = "#111111"  # on the best square, which is bright


def search_map(
    label: str,
    rates: Sequence[float],
    sizes: Sequence[int],
    values: np.ndarray,
    numbers: np.ndarray,
    quantity: str,
    limits: Limits,
    best: int | None = None,
) -> go.Figure:
    """A heat map for one cell. values: (R, S) of learning rates and hidden sizes, NaN where a run diverged; numbers:
    (R, S) the number of each experiment, which a click gives, -1 where it is not done yet. best: the number of the
    best.
    """
    absent, shown = numbers < 0, limits.scaled(values)
    words = [[_short(value) if np.isfinite(value) else "" for value in row] for row in values]
    x, y = [f"{size:g}" for size in sizes], [f"{rate:g}" for rate in rates]
    entry = lookup(quantity)
    traces = heat(
        shown,
        x,
        y,
        scale=limits.scale,
        limits=limits.ends,
        hover=f"{entry.label} %{{text}}<br>%{{x}} units, learning rate %{{y}}<extra>{plain(label)}</extra>",
        bar=limits.bar(entry.label),
        absent=absent,
        customdata=numbers,
        text=words,
        texttemplate="%{text}",
        xgap=2,
        ygap=2,
    )
    for mark in traces[1:]:  # what diverged can be clicked on as well
        mark["customdata"] = numbers
    kinds: dict[str, Any] = {"type": "category", "showgrid": False}
    frames = [
        {"type": "rect", "x0": column - 0.45, "x1": column + 0.45, "y0": row - 0.42, "y1": row + 0.42}
        | {"line": {"color": FRAME, "width": 3}}
        for row, column in (np.argwhere(numbers == best).tolist() if best is not None else ())
    ]
    marks = note(values, absent, why="not done yet")
    return _figure(traces, label, axis("Hidden units", **kinds), axis("Learning rate", **kinds), marks, shapes=frames)


def search_points(
    label: str,
    rates: np.ndarray,
    sizes: np.ndarray,
    values: np.ndarray,
    numbers: np.ndarray,
    quantity: str,
    limits: Limits,
    best: int | None = None,
    within: tuple[Sequence[float], Sequence[float]] = ((), ()),
) -> go.Figure:
    """The same for experiments drawn at random: (N,) each, those that are done. within: learning rates and hidden
    sizes between which they were drawn, which are labelled.
    """
    entry, finite = lookup(quantity), np.isfinite(values)
    traces: list[dict[str, Any]] = []
    for name, which in (("done", finite), ("diverged", ~finite)):
        marker: dict[str, Any] = {"size": 15, "line": {"width": 1, "color": INK}}
        if name == "done":
            marker |= {"color": limits.scaled(values[which]), "colorscale": limits.scale, "showscale": True}
            marker |= {"cmin": limits.ends[0], "cmax": limits.ends[1], "colorbar": limits.bar(entry.label)}
        else:
            marker |= {"color": BAD}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": sizes[which],
                "y": rates[which],
                "marker": marker,
                "customdata": numbers[which],
                "text": [_short(value) if np.isfinite(value) else "diverged" for value in values[which]],
                "hovertemplate": f"{entry.label} %{{text}}<br>%{{x}} units, learning rate %{{y}}"
                f"<extra>{plain(label)}</extra>",
                "meta": {},
            }
        )
    if best is not None and (numbers == best).any():
        traces.append(_ring(sizes[numbers == best], rates[numbers == best]))
    words = "magenta: diverged" if (~finite).any() else ""
    return _figure(traces, label, _log_axis("Hidden units", within[1]), _log_axis("Learning rate", within[0]), words)


class Limits:
    """One colour scale for all cells: bright is good, logarithmic where values span more than one and a half decades.

    values: all that are drawn. higher: whether more is better. ends: of the scale, of its logarithm where log.
    """

    def __init__(self, values: np.ndarray, higher: bool) -> None:
        finite = values[np.isfinite(values)]
        self.higher, self.log = higher, not higher and spans(finite)
        turned = [[place, SEQUENTIAL[-1 - k][1]] for k, (place, _) in enumerate(SEQUENTIAL)]
        self.scale, self.ends = SEQUENTIAL if higher else turned, self._ends(finite)

    def _ends(self, finite: np.ndarray) -> tuple[float, float]:
        if not finite.size:
            return 0.0, 1.0
        if self.log:
            exponents = decades(finite)
            return float(exponents[0]), float(exponents[1])
        least, most = float(finite.min()), float(finite.max())
        return least, most if most > least else least + 1e-9 + abs(least) * 1e-3

    def scaled(self, values: np.ndarray) -> np.ndarray:
        return log10(values) if self.log else values

    def bar(self, title: str) -> dict[str, Any]:
        if not self.log:
            return colour_bar(title)
        at = ticks(*map(int, self.ends))
        return colour_bar(title, tickvals=at, ticktext=[power(k) for k in at])


def _ring(x: Any, y: Any) -> dict[str, Any]:
    """The mark of the best point, which lets clicks through."""
    marker = {"symbol": "circle-open", "size": 26, "color": INK, "line": {"width": 3}}
    look = {"type": "scatter", "mode": "markers", "name": "best", "marker": marker, "meta": {"ink": True}}
    return look | {"x": x, "y": y, "hoverinfo": "skip"}


def _log_axis(title: str, within: Sequence[float]) -> dict[str, Any]:
    """Over these values and a little more, each of them labelled; over what is drawn, where there are none."""
    if not within:
        return axis(title, type="log")
    ends = np.log10([min(within) / 1.3, max(within) * 1.3]).tolist()
    values = list(within)
    return axis(title, type="log", range=ends, tickvals=values, ticktext=[f"{value:g}" for value in values])


def _figure(traces: list[Any], label: str, xaxis: Any, yaxis: Any, words: str, **more: Any) -> go.Figure:
    more |= {"plot_bgcolor": ABSENT, "meta": {"unit": "customdata"}, "colour_bar": True}
    return figure(traces, plain(label), xaxis, yaxis, note=words, height=HEIGHT, **more)


def _short(value: float) -> str:
    """Two or three digits, as fit into a square."""
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.3g}"
