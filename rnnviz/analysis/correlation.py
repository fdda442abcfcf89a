"""How closely each unit follows something beside the states."""

from __future__ import annotations

import numpy as np

from rnnviz.analysis.quantities import Quantity
from rnnviz.trace import Trace


def unit_correlation(trace: Trace, quantity: Quantity, state: str = "h", layer: int = 0) -> tuple[np.ndarray, int]:
    """(H,): how each unit of a state goes with a quantity, and how many pairs of values that is taken over.

    Numbers: Pearson's correlation, -1 to 1. Two classes: the same with the classes as 0 and 1, which is the
    point-biserial correlation (Tate 1954). More classes: the correlation ratio eta, 0 to 1: the standard deviation
    of the class means over that of all values (Pearson 1905; Fisher 1925), which for two classes is the size of
    the point-biserial correlation. Pairs: every existing time step of every sequence; where there is one value a
    sequence, the last state of each: the one that such a task reads. Pairs with NaN or infinity are left out. NaN
    where the unit or the quantity never changes.
    """
    values, asked = _pairs(trace, quantity, state, layer)
    with np.errstate(invalid="ignore", over="ignore"):
        good = np.isfinite(values).all(-1) & np.isfinite(asked)
    values, asked = values[good].astype(float), asked[good]
    if len(quantity.classes) > 2:
        return correlation_ratio(values, asked), len(values)
    return pearson(values, asked.astype(float)), len(values)


def pearson(values: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Correlation of every column of (N, H) with (N,): (H,), NaN where either never changes."""
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    values, asked = _standard(values), _standard(asked[:, None])[:, 0]
    return np.clip(asked @ values / len(asked), -1, 1)


def correlation_ratio(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Eta of every column of (N, H), given the classes (N,): (H,), NaN where a column or the class never changes."""
    labels, where = np.unique(classes, return_inverse=True)
    if len(labels) < 2:
        return np.full(values.shape[1], np.nan)
    values = _standard(values)
    share = np.bincount(where) / len(where)
    means = np.stack([values[where == k].mean(0) for k in range(len(labels))])
    return np.sqrt(np.clip(share @ means**2, 0, 1))


def last_states(trace: Trace, state: str, layer: int) -> np.ndarray:
    """(B, H): the state of each sequence after its last time step, which in a reverse layer is time step 0."""
    values = trace.states[state][layer]
    if trace.layer_names[layer].endswith("_reverse"):
        return values[:, 0]
    return values[np.arange(len(values)), np.maximum(trace.mask.sum(1) - 1, 0)]


def _pairs(trace: Trace, quantity: Quantity, state: str, layer: int) -> tuple[np.ndarray, np.ndarray]:
    if quantity.values.ndim == 1:
        return last_states(trace, state, layer), quantity.values
    return trace.states[state][layer][trace.mask], quantity.values[trace.mask]


def _standard(values: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and standard deviation 1; NaN where a column never changes."""
    constant = values.min(0) == values.max(0)  # rounding can give these a deviation above 0
    centred = values - values.mean(0)
    size = np.abs(centred).max(0)
    centred = centred / np.where(constant, 1, size)  # first: squares of 1e300 are infinite, those of 1e-300 are 0
    return np.where(constant, np.nan, centred / np.where(constant, 1, np.sqrt((centred**2).mean(0))))
