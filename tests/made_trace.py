"""Small real Traces: cells run forwards and backwards on random weights, no torch needed."""

from __future__ import annotations

import numpy as np

from rnnviz.cells import CELLS
from rnnviz.cells.backward import sweep
from rnnviz.cells.layer import Layer
from rnnviz.trace import Trace


def make_trace(cell="lstm", batch=3, time=20, units=8, layers=1, seed=0, scale=1.0, lengths=None, grads=True, **more):
    """A Trace of `layers` stacked layers; the loss is a random linear function of the last layer's last h."""
    rng = np.random.default_rng(seed)
    kind, size = CELLS[cell], 2
    x = rng.normal(size=(batch, time, size))
    mask = np.ones((batch, time), bool)
    if lengths is not None:
        mask = np.arange(time) < np.asarray(lengths)[:, None]
    weights, states, gates, inputs, found = {}, [], [], [], []
    below = np.where(mask[..., None], x, 0)
    for k in range(layers):
        rows = len(kind.chunks) * units
        w = {"weight_ih": rng.normal(size=(rows, below.shape[-1])), "weight_hh": rng.normal(size=(rows, units))}
        w = {name: scale * array / np.sqrt(units) for name, array in w.items()}
        w |= {"bias_ih": np.zeros(rows), "bias_hh": np.zeros(rows)}
        state = {name: np.zeros((batch, units)) for name in kind.states}
        initial, h_all, g_all = dict(state), {name: [] for name in kind.states}, {name: [] for name in kind.gates}
        for t in range(time):
            new, gate = kind.step(below[:, t], state, w)
            keep = mask[:, t, None]
            state = {name: np.where(keep, new[name], state[name]) for name in new}
            for name in h_all:
                h_all[name].append(np.where(keep, state[name], 0))
            for name in g_all:
                g_all[name].append(np.where(keep, gate[name], 0))
        states.append({name: np.stack(a, 1) for name, a in h_all.items()})
        gates.append({name: np.stack(a, 1) for name, a in g_all.items()})
        inputs.append(below)
        weights |= {f"{name}_l{k}": array for name, array in w.items()}
        swap = {name: np.swapaxes(a, 0, 1) for name, a in states[-1].items()}
        gate_swap = {name: np.swapaxes(a, 0, 1) for name, a in gates[-1].items()}
        found.append(Layer(kind, False, np.swapaxes(below, 0, 1), mask.T, w, initial, swap, gate_swap))
        below = states[-1]["h"]
    both = {name: np.stack([s[name] for s in states]) for name in kind.states}
    state_grads = None
    if grads:
        last = rng.normal(size=(1, batch, units))
        state_grads = {name: np.zeros_like(both[name]) for name in kind.states}
        for k, layer in enumerate(found):
            for now in sweep(layer, 1, lambda t, lanes: {"h": last} if t == time - 1 else {}):
                for name, total in now.total.items():
                    state_grads[name][k, :, now.t] = total[0]
    return Trace(
        cell=cell,
        layer_names=tuple(f"l{k}" for k in range(layers)),
        inputs=np.where(mask[..., None], x, 0),
        mask=mask,
        states=both,
        initial_states={name: np.zeros((layers, batch, units)) for name in kind.states},
        gates={name: np.stack([g[name] for g in gates]) for name in kind.gates},
        weights=weights,
        layer_inputs=tuple(inputs),
        state_grads=state_grads,
        why_no_grads=None if grads else "no loss reached this pass",
        **more,
    )
