"""What becomes of missing values."""

from __future__ import annotations

import numpy as np


def filled(values: np.ndarray, bounds: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """(N, K) with every gap on the line between its neighbours in the same stretch, bounds (P + 1,).

    Beyond the first and the last known value, that value; where a stretch knows none, middle (K,).
    """
    gaps = np.isnan(values)
    if not gaps.any():
        return values
    values = values.copy()
    stretch = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    for k in np.flatnonzero(gaps.any(axis=0)):
        for p in np.unique(stretch[gaps[:, k]]):
            piece, gap = values[bounds[p] : bounds[p + 1], k], gaps[bounds[p] : bounds[p + 1], k]
            known = np.flatnonzero(~gap)
            piece[gap] = np.interp(np.flatnonzero(gap), known, piece[known]) if len(known) else middle[k]
    return values
