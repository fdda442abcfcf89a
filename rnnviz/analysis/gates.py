"""What gates do on average, and how often they stand at the end of their range."""

from __future__ import annotations

import numpy as np

from rnnviz.cells import CELLS
from rnnviz.glossary import GLOSSARY
from rnnviz.trace import Trace

MARGIN = 0.1
TANH_RANGE = (-1.0, 1.0)


def saturated_fraction(trace: Trace, side: str = "both") -> dict[str, np.ndarray]:
    """Share of units and sequences, at every time step, whose gate is within 0.1 of an end of its range.

    Gates from a sigmoid: below 0.1 or above 0.9; candidates, and the hidden state of a tanh RNN: beyond 0.9
    in absolute value. Nearly closed and nearly open gates pass little gradient to their own weights
    (Karpathy, Johnson and Li 2015, arXiv 1506.02078, count the same thresholds per unit).

    side: "low", "high" or "both" ends. Returns name -> (L, T), NaN where no sequence exists.
    """
    if side not in ("low", "high", "both"):
        raise ValueError(f"side is {side!r}; expected low, high or both.")
    ranges = {name: GLOSSARY[name].bounds or TANH_RANGE for name in trace.gates}
    ranges |= dict.fromkeys(CELLS[trace.cell].squashed, TANH_RANGE)
    fractions = {}
    for name, (low, high) in ranges.items():
        values = trace.gates[name] if name in trace.gates else trace.states[name]
        below, above = values < low + MARGIN, values > high - MARGIN
        fractions[name] = mean_over_sequences({"low": below, "high": above, "both": below | above}[side], trace.mask)
    return fractions


def mean_over_sequences(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mean of (L, B, T, H) over units and existing sequences: (L, T), NaN where no sequence exists."""
    dtype = values.dtype if np.issubdtype(values.dtype, np.floating) else float
    per_sequence = values.mean(axis=-1, dtype=dtype)
    present = mask.sum(axis=0)
    total = np.where(mask, per_sequence, 0).sum(axis=1)
    return np.where(present > 0, total / np.maximum(present, 1), np.nan).astype(dtype)
