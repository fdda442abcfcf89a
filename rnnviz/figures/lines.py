"""Lines that keep their spikes and mark what a line cannot show: NaN, infinity, and zero on a log axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.figures.colours import BAD, INK, faded, meta_of
from rnnviz.figures.scales import thin
from rnnviz.figures.theme import LINE


def line(
    x: np.ndarray,
    y: np.ndarray,
    name: str,
    colour: str = INK,
    *,
    hover: str,
    width: float = LINE,
    dash: str = "solid",
    floor: float | None = None,
    axes: tuple[str, str] = ("x", "y"),
    gaps: bool = False,
    **changes: Any,
) -> list[dict[str, Any]]:
    """Traces of one line y (N,) over x (N,). hover: its template; `changes` go into the line's trace.

    floor: given on a log axis; zeros are drawn there as open triangles. NaN and infinity leave a gap and
    a cross at the height of the largest value; gaps: NaN is nothing but missing, and leaves a gap alone.
    At most 2,000 points; every spike is kept.
    """
    x, y = np.asarray(x), np.asarray(y)
    chosen = thin(y, gaps=gaps)
    x, y = x[chosen], y[chosen]
    good = np.isfinite(y) & ((y > 0) if floor is not None else True)
    base: dict[str, Any] = {"type": "scatter", "xaxis": axes[0], "yaxis": axes[1]}
    drawn = y if good.all() else np.where(good, y, np.nan)
    lonely = len(y) == 1 or not (good[1:] & good[:-1]).any()  # a line needs two neighbours to be seen
    traces = [
        base
        | {
            "name": name,
            "x": x,
            "y": drawn,
            "mode": "lines+markers" if lonely else "lines",
            "line": {"color": colour, "width": width, "dash": dash},
            "marker": {"color": colour, "size": 6},
            "hovertemplate": hover,
            "meta": meta_of(colour),
        }
        | changes
    ]
    if good.all():
        return traces
    top = float(y[good].max()) if good.any() else (floor or 1.0)
    zero, bad = (y == 0) & ~good, np.isinf(y) if gaps else ~np.isfinite(y)
    for found, height, symbol, tint, words in (
        (zero, floor or 0.0, "triangle-down-open", colour, "exactly 0"),
        (bad, top, "x", BAD, "NaN or infinite"),
    ):
        if found.any():
            mark = {"symbol": symbol, "color": tint, "size": 7}
            traces.append(
                base
                | {"name": f"{name}: {words}", "mode": "markers", "marker": mark, "showlegend": False}
                | {"x": x[found], "y": np.full(int(found.sum()), height), "meta": meta_of(tint)}
                | {"hovertemplate": f"{words} at %{{x}}<extra></extra>"}
            )
    return traces


def band(
    x: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    name: str,
    colour: str = INK,
    axes: tuple[str, str] = ("x", "y"),
) -> dict[str, Any]:
    """The area between low (N,) and high (N,), one closed shape for each stretch without NaN."""
    x, low, high = np.asarray(x), np.asarray(low, float), np.asarray(high, float)
    good = np.isfinite(low) & np.isfinite(high)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
    xs: list[np.ndarray] = []
    ys: list[np.ndarray] = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        piece = slice(start, stop)
        xs += [x[piece], x[piece][::-1], np.array([np.nan])]
        ys += [high[piece], low[piece][::-1], np.array([np.nan])]
    return {
        "type": "scatter",
        "name": name,
        "x": np.concatenate(xs) if xs else np.zeros(0),
        "y": np.concatenate(ys) if ys else np.zeros(0),
        "xaxis": axes[0],
        "yaxis": axes[1],
        "mode": "lines",
        "line": {"width": 0, "color": colour},
        "fill": "toself",
        "fillcolor": faded(colour),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def rule(y: float, name: str, hover: str, x: np.ndarray, **changes: Any) -> dict[str, Any]:
    """A dashed horizontal line at y, from the first to the last x, with its own place in the legend."""
    ends = np.array([x[0], x[-1]]) if len(x) else np.array([0, 1])
    base = {"type": "scatter", "name": name, "x": ends, "y": np.array([y, y], float), "mode": "lines"}
    look = {"line": {"color": INK, "width": 1.5, "dash": "dash"}, "meta": {"ink": True}}
    return base | look | {"hovertemplate": hover} | changes
