"""From numbers to axes: logarithms that survive zero, spikes that survive thinning, limits that hold still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnviz.figures.theme import axis

LIMIT = 2000  # points of a line
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(exponent: int) -> str:
    """`"10⁻¹²"`."""
    return "10" + str(exponent).translate(_RAISED)


def positive(*arrays: Any) -> tuple[float, float] | None:
    """The smallest and the largest finite value above zero; None where there is none."""
    ends: list[float] = []
    for each in arrays:
        values = np.asarray(each)
        if values.size and not (values.min() > 0 and values.max() < np.inf):  # mostly all are: no copies then
            values = values[np.isfinite(values) & (values > 0)]
        ends += [float(values.min()), float(values.max())] if values.size else []
    return (min(ends), max(ends)) if ends else None


def decades(*arrays: Any) -> tuple[int, int]:
    """(low, high): the whole powers of ten that enclose all positive values; (-1, 0) where there are none."""
    ends = positive(*arrays)
    if ends is None:
        return -1, 0
    low, high = int(np.floor(np.log10(ends[0]))), int(np.ceil(np.log10(ends[1])))
    return low, max(high, low + 1)


def spans(*arrays: Any, more_than: float = 1.5) -> bool:
    """Whether the positive values span more than so many decades, and none is negative."""
    ends = positive(*arrays)
    negative = any((np.asarray(a) < 0).any() for a in arrays)
    return ends is not None and not negative and bool(np.log10(ends[1]) - np.log10(ends[0]) > more_than)


def ticks(low: int, high: int, most: int = 6) -> list[int]:
    """At most so many whole exponents, evenly spaced, 0 among them where it lies between."""
    every = max(1, int(np.ceil((high - low) / (most - 1))))
    return list(range(-(-low // every) * every, high + 1, every))


def log_axis(title: str, low: int, high: int, **changes: Any) -> dict[str, Any]:
    """A log axis over whole decades. Short ones also label 2 and 5."""
    if high - low <= 2:
        values = [m * 10.0**k for k in range(low, high + 1) for m in (1, 2, 5)]
        words = [f"{v:g}" for v in values]
    else:
        values = [10.0**k for k in ticks(low, high)]
        words = [power(k) for k in ticks(low, high)]
    shown = {"type": "log", "range": [low, high], "tickmode": "array", "tickvals": values, "ticktext": words}
    return axis(title, **shown) | changes


def log10(values: np.ndarray) -> np.ndarray:
    """log10 of the positive finite values, NaN elsewhere."""
    values = np.asarray(values, float)
    good = np.isfinite(values) & (values > 0)
    return np.where(good, np.log10(np.where(good, values, 1.0)), np.nan)


def round_limit(values: np.ndarray) -> float:
    """1, 2 or 5 times a power of ten, at or above the largest finite size: a limit that rarely moves."""
    finite = np.abs(np.asarray(values, float))
    finite = finite[np.isfinite(finite)]
    top = float(finite.max()) if finite.size else 0.0
    if top < 1e-300:
        return 1.0
    scale = 10.0 ** np.floor(np.log10(top))
    return float(next((m * scale for m in (1, 2, 5) if m * scale >= top), 10 * scale))


def thin(values: np.ndarray, limit: int = LIMIT, gaps: bool = False) -> np.ndarray:
    """Indices, ascending, of at most `limit` points of (N,) values that keep every bin's extremes.

    Each of equal bins keeps its smallest and largest value and its first value that is not finite, so
    spikes and accidents stay visible; the first and the last point are kept too. gaps: NaN is nothing but
    missing, so a bin keeps one only where it has no values.
    """
    count = len(values)
    if count <= limit:
        return np.arange(count)
    bins = max(1, (limit - 2) // 3)
    width = -(-count // bins)
    padded = np.full(bins * width, np.nan)
    padded[:count] = values
    rows = padded.reshape(bins, width)
    finite = np.isfinite(rows)
    start = np.arange(bins) * width
    low = start + np.where(finite, rows, np.inf).argmin(1)
    high = start + np.where(finite, rows, -np.inf).argmax(1)
    wrong = np.isinf(rows) if gaps else ~finite
    bad = start + wrong.argmax(1)
    chosen = np.concatenate([[0, count - 1], low, high, bad[wrong.any(1)]])
    return np.unique(chosen[chosen < count])


def block(matrix: np.ndarray, axis_index: int, width: int, reduce: Callable[..., np.ndarray]) -> np.ndarray:
    """Reduce every `width` neighbours along one axis; the last block may be shorter."""
    starts = np.arange(0, matrix.shape[axis_index], width)
    return reduce(matrix, starts, axis=axis_index)
