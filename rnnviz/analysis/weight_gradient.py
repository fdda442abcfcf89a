r"""Which time step a weight's gradient comes from.

A weight acts once at every time step, so its gradient is a sum over time steps:

    dL/dW_hh = sum_t da_h[t]^T h_{t-1}        dL/dW_ih = sum_t da_x[t]^T x_t        dL/db = sum_t da[t]

with da[t] from the total gradient of the states, that is, of all losses from t on. A chunk of W_hh that reads
something else than h_{t-1} (the GRU with reset before: r_t h_{t-1}) has that in its place.
"""

from __future__ import annotations

import numpy as np

from rnnviz.analysis.norms import require_gradients
from rnnviz.cells.backward import preactivation_gradient
from rnnviz.cells.layer import Layer, computed_order, layer_of
from rnnviz.trace import Trace


def weight_gradient_by_step(trace: Trace) -> dict[str, np.ndarray]:
    """The part of every weight's gradient that arises at each time step: name -> (T, *shape of the weight).

    Torch's names, every layer and direction, original time. The sum over t is the parameter's .grad when
    this pass alone reaches it. Raises ValueError without gradients.
    """
    require_gradients(trace)
    assert trace.state_grads is not None
    found = {}
    for k, name in enumerate(trace.layer_names):
        layer = layer_of(trace, k)
        totals = {state: computed_order(grads[k], layer.reverse) for state, grads in trace.state_grads.items()}
        for kind, gradient in _by_step(layer, totals).items():
            found[f"{kind}_{name}"] = gradient[::-1] if layer.reverse else gradient
    return {name: found[name] for name in trace.weights if name in found}


def _by_step(layer: Layer, totals: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Kind of weight -> (T, *shape), in computation order. totals: state -> (T, B, H)."""
    time, batch, _ = totals["h"].shape
    da_x, da_h = (np.empty((time, batch, len(layer.weights["weight_hh"])), totals["h"].dtype) for _ in range(2))
    preactivation_gradient(layer, layer.local.inputs, totals, slice(None), da_x)
    preactivation_gradient(layer, layer.local.recurrent, totals, slice(None), da_h)
    found = {
        "weight_ih": da_x.swapaxes(1, 2) @ layer.inputs,
        "weight_hh": da_h.swapaxes(1, 2) @ layer.previous["h"],
        "bias_ih": da_x.sum(axis=1),
        "bias_hh": da_h.sum(axis=1),
    }
    for chunk, read in layer.local.reads.items():  # its rows read something else than h_{t-1}
        rows = layer.cell.rows(chunk, totals["h"].shape[-1])
        found["weight_hh"][:, rows] = da_h[..., rows].swapaxes(1, 2) @ read.value
    return {kind: gradient for kind, gradient in found.items() if kind in layer.weights}
