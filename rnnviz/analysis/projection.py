"""Principal components of the states: the few directions in which they spread most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.trace import Trace


@dataclass(frozen=True, eq=False)
class Projection:
    """mean: (H,). components: (K, H), orthonormal, the widest first. explained: (K,), each one's share of the
    variance. state, layer: of what."""

    mean: np.ndarray
    components: np.ndarray
    explained: np.ndarray
    state: str
    layer: int

    def of(self, trace: Trace) -> np.ndarray:
        """Where the states of a Trace lie: (B, T, K), NaN where a sequence does not exist or a state is no number."""
        values = trace.states[self.state][self.layer].astype(float)
        good = trace.mask & np.isfinite(values).all(-1)
        placed = (np.where(good[..., None], values, 0) - self.mean) @ self.components.T
        return np.where(good[..., None], placed, np.nan)


def principal_components(trace: Trace, state: str = "h", layer: int = 0, count: int = 3) -> Projection:
    """The first `count` principal components of a state, over all existing time steps of all sequences.

    At most H, and at most one for each state beyond the first; states that hold NaN or infinity are left out; states
    that never change explain 0. Written out, since loading scikit-learn takes a server a second or more; the
    tests hold it to equal scikit-learn's PCA, signs included: in each component the entry of the largest size is
    positive. Source: Pearson (1901), On lines and planes of closest fit to systems of points in space.
    """
    values = trace.states[state][layer][trace.mask].astype(float)
    values = values[np.isfinite(values).all(-1)]
    units = trace.size[-1]
    count = max(min(count, units, len(values) - 1), 0)
    if count == 0:
        mean = values.mean(0) if len(values) else np.zeros(units)
        return Projection(mean, np.zeros((0, units)), np.zeros(0), state, layer)
    mean = values.mean(0)
    constant = values.min(0) == values.max(0)  # rounding can make these differ from their mean
    centred = np.where(constant, 0, values - mean)
    limit = np.abs(centred).max() or 1.0  # squares of huge states are infinite, those of tiny ones 0
    _, sizes, components = np.linalg.svd(centred / limit, full_matrices=False)
    components = components[:count]
    largest = components[np.arange(count), np.abs(components).argmax(1)]
    total = (sizes**2).sum()
    explained = sizes[:count] ** 2 / total if total else np.zeros(count)
    return Projection(mean, components * np.sign(largest)[:, None], explained, state, layer)
