"""Heat maps in which every cell is a value or says why it has none.

A value is coloured by its scale. Exactly zero on a log scale is grey, NaN and infinity are magenta, and
cells that do not exist (padding, the future) show the empty background.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.figures.colours import BAD, SEQUENTIAL, ZERO
from rnnviz.figures.scales import decades, log10, power, ticks


def heat(
    values: np.ndarray,
    x: Any,
    y: Any,
    *,
    scale: list[list[Any]],
    limits: tuple[float, float],
    hover: str,
    bar: dict[str, Any] | None,
    absent: np.ndarray | None = None,
    axes: tuple[str, str] = ("x", "y"),
    **changes: Any,
) -> list[dict[str, Any]]:
    """Traces of a heat map of values (rows, columns). absent: same shape, true where no value exists.

    bar: the colour bar (see `colour_bar`), None for none. `changes` go into the map's own trace.
    """
    values = np.asarray(values)
    bad = ~np.isfinite(values)
    if absent is not None:
        bad = bad & ~absent
    drawn = values.astype(np.float32)
    if bad.any() or absent is not None:
        drawn = np.where(bad if absent is None else bad | absent, np.float32(np.nan), drawn)
    base = {"type": "heatmap", "x": x, "y": y, "xaxis": axes[0], "yaxis": axes[1], "hoverongaps": False}
    own = {"z": drawn, "zmin": limits[0], "zmax": limits[1], "colorscale": scale, "hovertemplate": hover}
    own |= {"showscale": bar is not None, "colorbar": bar or {}, "name": ""}
    return [base | own | changes, *_marks(base, values, np.zeros(values.shape, bool), bad)]


def log_heat(
    norms: np.ndarray,
    x: Any,
    y: Any,
    *,
    hover: str,
    title: str | None,
    limits: tuple[int, int] | None = None,
    absent: np.ndarray | None = None,
    axes: tuple[str, str] = ("x", "y"),
) -> list[dict[str, Any]]:
    """Traces of a map of norms (rows, columns) >= 0 on a log10 colour scale over whole decades.

    hover: a template in which `%{customdata}` is the norm itself. title: of the colour bar, None for none.
    """
    norms = np.asarray(norms)
    hidden = np.zeros(norms.shape, bool) if absent is None else absent
    low, high = limits or decades(np.where(hidden, np.nan, norms))
    zero, bad = (norms == 0) & ~hidden, ~np.isfinite(norms) & ~hidden
    bar = None
    if title is not None:
        at = ticks(low, high)
        bar = colour_bar(title, tickvals=at, ticktext=[power(k) for k in at])
    base = {"type": "heatmap", "x": x, "y": y, "xaxis": axes[0], "yaxis": axes[1], "hoverongaps": False}
    own = {"z": np.where(hidden, np.nan, log10(norms)).astype(np.float32), "zmin": low, "zmax": high}
    own |= {"colorscale": SEQUENTIAL, "showscale": bar is not None, "colorbar": bar or {}, "name": ""}
    return [base | own | {"customdata": _compact(norms), "hovertemplate": hover}, *_marks(base, norms, zero, bad)]


def note(values: np.ndarray, absent: np.ndarray | None = None, zeros: bool = False, why: str = "padding") -> str:
    """What the marks in a map mean, naming only those that occur."""
    hidden = np.zeros(np.shape(values), bool) if absent is None else absent
    words = [f"empty: {why}"] * bool(why and hidden.any())
    words += ["grey: exactly 0"] * bool(zeros and ((values == 0) & ~hidden).any())
    words += ["magenta: NaN or infinite"] * bool((~np.isfinite(values) & ~hidden).any())
    return "; ".join(words)


def colour_bar(title: str, **changes: Any) -> dict[str, Any]:
    words = {"text": title, "side": "right", "font": {"size": 11}}
    return {
        "title": words,
        "thickness": 10,
        "x": 1.01,
        "xpad": 4,
        "ypad": 0,
        "outlinewidth": 0,
        "tickfont": {"size": 11},
    } | changes


def _marks(base: dict[str, Any], values: np.ndarray, zero: np.ndarray, bad: np.ndarray) -> list[dict[str, Any]]:
    """One flat-coloured map for each kind of cell that the scale cannot colour, if there are any."""
    traces = []
    for words, where, tint in (
        ("exactly 0", zero, ZERO),
        ("NaN", bad & np.isnan(values), BAD),
        ("infinite", bad & np.isinf(values), BAD),
    ):
        if where.any():
            own = {"name": words, "z": np.where(where, np.float32(1), np.float32(np.nan)), "showscale": False}
            look = {"colorscale": [[0, tint], [1, tint]], "zmin": 0, "zmax": 1}
            traces.append(base | own | look | {"hovertemplate": f"{words}<br>%{{y}}, %{{x}}<extra></extra>"})
    return traces


def _compact(norms: np.ndarray) -> np.ndarray:
    """As float32 where it holds them, which is half of what travels to the browser."""
    small, large = np.finfo(np.float32).tiny, np.finfo(np.float32).max
    fits = ~np.isfinite(norms) | (norms == 0) | ((norms >= small) & (norms <= large))
    return norms.astype(np.float32) if fits.all() else norms
