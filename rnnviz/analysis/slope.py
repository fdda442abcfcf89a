r"""How fast gradients vanish or explode: the factor per time step, measured and expected.

Going back k time steps multiplies the gradient by about rho^k. For the vanilla RNN near the origin,
dh_t/dh_{t-1} = diag(1 - h_t^2) W_hh is nearly W_hh, so rho is its spectral radius (Pascanu, Mikolov and
Bengio 2013, arXiv 1211.5063). For a gated cell, the path around the weights multiplies by the gate that
keeps the past: at zero input and state by sigmoid(b), b the effective bias of that gate (Tallec and
Ollivier 2018, arXiv 1804.11188), or by 1 where a state is carried past no gate (Hochreiter and
Schmidhuber 1997). The rest of a gated cell's gradient flows through h, so what is measured lies above or below.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnviz.cells import CELLS
from rnnviz.cells.base import Cell, Pair, affine
from rnnviz.cells.layer import layer_weights
from rnnviz.trace import Trace


def measured_factor(norms: np.ndarray, low: int = 0, high: int | None = None, reverse: bool = False) -> np.ndarray:
    """The factor by which gradient norms change per time step going back: (..., T) -> (...).

    Least squares line through log norm against t over low <= t <= high (default: all), t - 1 over t as the
    factor; for a reverse layer t + 1 over t. Norms that are zero or not finite are left out; NaN where fewer
    than two remain.
    """
    norms = np.asarray(norms)
    time = norms.shape[-1]
    last = time - 1 if high is None else high
    if not 0 <= low < last < time:
        raise ValueError(f"The fit runs from t = {low} to {last}; expected 0 <= low < high < {time}.")
    t = np.arange(low, last + 1, dtype=float)
    window = norms[..., low : last + 1].astype(float)
    usable = np.isfinite(window) & (window > 0)
    count = usable.sum(axis=-1)
    enough = np.maximum(count, 1)
    y = np.log(np.where(usable, window, 1))
    t_mean = (t * usable).sum(axis=-1) / enough
    offset = np.where(usable, t - t_mean[..., None], 0)
    spread = (offset**2).sum(axis=-1)
    slope = (offset * y).sum(axis=-1) / np.where(count > 1, spread, 1)
    return np.where(count > 1, np.exp(slope if reverse else -slope), np.nan)


def expected_factor(trace: Trace) -> np.ndarray:
    """The factor per time step that theory gives for each layer at small input and state: (L,).

    Where a state is carried around the weights: the mean over units of the factor on it at zero input and state,
    sigmoid(b) with the effective bias b of the gate that keeps the past (both of torch's biases added; 0 without
    biases). Else: the spectral radius of W_hh.
    """
    cell = CELLS[trace.cell]
    factors = []
    for name in trace.layer_names:
        weights = layer_weights(trace.weights, name)
        carried = _carried_at_rest(cell, weights)
        if carried:
            factors.append(float(max(np.mean(factor) for factor in carried.values())))
        else:
            factors.append(spectral_radius(weights["weight_hh"]))
    return np.array(factors)


def _carried_at_rest(cell: Cell, weights: Mapping[str, np.ndarray]) -> Mapping[Pair, np.ndarray]:
    """`LocalJacobian.carry` at zero input and state, factors (H): only biases count."""
    rest = {kind: np.zeros_like(array) if array.ndim > 1 else array for kind, array in weights.items()}
    before = dict.fromkeys(cell.states, np.zeros(rest["weight_hh"].shape[1]))
    a_x = affine(np.zeros(rest["weight_ih"].shape[1]), rest["weight_ih"], rest.get("bias_ih"))
    a_h = cell.recurrent(rest)(before["h"])
    gates = cell.activate(a_x, a_h, before)
    return cell.jacobian(gates, before, cell.update(gates, before), a_h).carry


def spectral_radius(matrix: np.ndarray) -> float:
    """Largest absolute eigenvalue of a square matrix; NaN where an entry is not finite."""
    if not np.isfinite(matrix).all():
        return float("nan")
    return float(np.abs(np.linalg.eigvals(matrix.astype(float))).max())
