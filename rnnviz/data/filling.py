"""What becomes of missing values."""

from __future__ import annotations

import numpy as np

from rnnviz.data.arranging import stretch_of


def held(values: np.ndarray, bounds: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """(N, K) with every gap the last value known before it in the same stretch, bounds (P + 1,).

    Before the first known value, middle (K,). So nothing that a forecast is asked for is told by what fills a gap.
    """
    begin = bounds[stretch_of(bounds), None]
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))[:, None]), axis=0)
    return np.where(last < begin, middle, np.take_along_axis(values, np.maximum(last, 0), axis=0))


def filled(values: np.ndarray, bounds: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """(N, K) with every gap on the line between its neighbours in the same stretch, bounds (P + 1,).

    Beyond the first and the last known value, that value; where a stretch knows none, middle (K,).
    """
    gaps = np.isnan(values)
    if not gaps.any():
        return values
    values = values.copy()
    stretch = stretch_of(bounds)
    for k in np.flatnonzero(gaps.any(axis=0)):
        for p in np.unique(stretch[gaps[:, k]]):
            piece, gap = values[bounds[p] : bounds[p + 1], k], gaps[bounds[p] : bounds[p + 1], k]
            known = np.flatnonzero(~gap)
            piece[gap] = np.interp(np.flatnonzero(gap), known, piece[known]) if len(known) else middle[k]
    return values
