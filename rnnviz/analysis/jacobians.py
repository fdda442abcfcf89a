r"""The state-to-state Jacobian of every recorded time step, in closed form.

J_t = d state_t / d state_{t-1}, over all states of the cell side by side (the LSTM: h, then c). For each
state, what comes through W_hh and around it, and then, where one state reads another of the same step
(h_t reads c_t), that state's own row times the derivative of the reading:

    d c_t = (carry and W_hh paths into c_t)          d h_t = (paths into h_t) + diag(dh_t/dc_t) d c_t
"""

from __future__ import annotations

import numpy as np

from rnnviz.cells.backward import Through
from rnnviz.cells.layer import Layer, layer_of
from rnnviz.trace import Trace


def state_jacobians(trace: Trace) -> np.ndarray:
    """d state_t / d state_{t-1} of every layer, sequence and time step: (L, B, T, S, S).

    S = H, or 2 H for the LSTM, ordered (h, c). Row: unit of the new state; column: unit of the previous. The
    first time step of a sequence is taken with respect to the initial state. Padding is NaN. For a reverse
    layer the predecessor of t is t + 1. Needs no gradients.
    """
    layers, batch, time, units = trace.size
    size = units * len(trace.states)
    found = np.empty((layers, batch, time, size, size), trace.states["h"].dtype)
    for k in range(layers):
        layer = layer_of(trace, k)
        through = Through(layer, "weight_hh")
        for n in range(time):
            t = time - 1 - n if layer.reverse else n
            found[k, :, t] = _jacobian(layer, through, n)
    found[:, ~trace.mask] = np.nan
    return found


def _jacobian(layer: Layer, through: Through, n: int) -> np.ndarray:
    """(B, S, S) at computation step n."""
    states, local = layer.cell.states, layer.local
    batch, units = layer.states["h"].shape[1:]
    jacobian = np.zeros((batch, len(states) * units, len(states) * units), layer.states["h"].dtype)
    place = {name: slice(k * units, (k + 1) * units) for k, name in enumerate(states)}
    each = np.arange(units)
    for state, matrix in through.matrices(n).items():
        jacobian[:, place[state], place["h"]] += matrix
    for (state, previous), factor in local.carry.items():
        jacobian[:, place[state], place[previous]][:, each, each] += factor[n]
    for name in reversed(states):  # a state that is read stands after the one that reads it
        for (reader, read), factor in local.within.items():
            if read == name:
                jacobian[:, place[reader]] += factor[n][..., None] * jacobian[:, place[read]]
    return jacobian
