"""The recurrent stack once more, as an explicit loop that autograd follows: the oracle of many tests.

Written from torch's documentation (the GRU that resets before the product: from Keras's; the LSTM's variants: from
their papers) with torch operations and torch's weights alone; nothing of rnnviz is used. Every h_t and c_t is a node
of the graph, so `torch.autograd.grad` gives the total gradient of any loss with respect to each of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from inspect import signature

import numpy as np
import torch
from torch import Tensor, nn

SEEDS = range(20 if os.environ.get("RNNVIZ_SLOW") == "1" else 3)


# A step takes what the input brings, and `product`: anything (B, H) -> what W_hh and its bias make of it.


def lstm_step(a_x, product, h, c):
    i, f, g, o = (a_x + product(h)).chunk(4, dim=-1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + i * g
    return {"h": o * c.tanh(), "c": c}, {"i": i, "f": f, "g": g, "o": o}


def gru_step(a_x, product, h):
    x_r, x_z, x_n = a_x.chunk(3, dim=-1)
    h_r, h_z, h_n = product(h).chunk(3, dim=-1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + r * h_n).tanh()
    return {"h": (1 - z) * n + z * h}, {"r": r, "z": z, "n": n}


def gru_before_step(a_x, product, h):
    x_r, x_z, x_n = a_x.chunk(3, dim=-1)
    h_r, h_z, _ = product(h).chunk(3, dim=-1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    _, _, h_n = product(r * h).chunk(3, dim=-1)
    n = (x_n + h_n).tanh()
    return {"h": (1 - z) * n + z * h}, {"r": r, "z": z, "n": n}


def no_forget_step(a_x, product, h, c):
    i, g, o = (a_x + product(h)).chunk(3, dim=-1)
    i, g, o = i.sigmoid(), g.tanh(), o.sigmoid()
    c = c + i * g
    return {"h": o * c.tanh(), "c": c}, {"i": i, "g": g, "o": o}


def coupled_step(a_x, product, h, c):
    f, g, o = (a_x + product(h)).chunk(3, dim=-1)
    f, g, o = f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + (1 - f) * g
    return {"h": o * c.tanh(), "c": c}, {"f": f, "g": g, "o": o}


def janet_step(a_x, product, h, c):
    f, g = (a_x + product(h)).chunk(2, dim=-1)
    f, g = f.sigmoid(), g.tanh()
    c = f * c + (1 - f) * g
    return {"h": c.clone(), "c": c}, {"f": f, "g": g}  # h is a node of its own: it has its own gradient


def tanh_step(a_x, product, h):
    return {"h": (a_x + product(h)).tanh()}, {}


def relu_step(a_x, product, h):
    return {"h": (a_x + product(h)).relu()}, {}


STEPS = {
    "LSTM": lstm_step,
    "GRU": gru_step,
    "gru_before": gru_before_step,
    "lstm_no_forget": no_forget_step,
    "lstm_coupled": coupled_step,
    "janet": janet_step,
    "RNN_TANH": tanh_step,
    "RNN_RELU": relu_step,
}


def step_of(module: nn.Module):
    """The step of torch's modules by their `mode`, of a generic loop by its cell."""
    return STEPS[getattr(module, "mode", None) or module.cell_name]


def states_of(module: nn.Module) -> tuple[str, ...]:
    return ("h", "c") if "c" in signature(step_of(module)).parameters else ("h",)


@dataclass
class Unrolled:
    """L layers (directions counted), B, T, H; all in original time and the caller's order.

    inputs: (B, T, D), requires grad. weights: torch's names, require grad.
    states: name -> L lists of T tensors (B, H), nodes of the graph; beyond a sequence's end, values to ignore.
    gates: name -> (L, B, T, H). outputs: (B, T, H * directions), padding 0. final: name -> (L, B, H).
    mask: (B, T) bool.
    """

    inputs: Tensor
    weights: dict[str, Tensor]
    states: dict[str, list[list[Tensor]]]
    gates: dict[str, Tensor]
    outputs: Tensor
    final: dict[str, Tensor]
    mask: Tensor

    def values(self, name: str) -> np.ndarray:
        """(L, B, T, H) of a state, padding 0."""
        values = torch.stack([torch.stack(layer, dim=1) for layer in self.states[name]])
        return (values * self.mask[..., None]).detach().numpy()

    def gradients(self, loss: Tensor) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """(state -> dL/dstate_t (L, B, T, H), dL/dx_t (B, T, D)) of a scalar loss, by one autograd call."""
        nodes = [node for layers in self.states.values() for layer in layers for node in layer]
        grads = torch.autograd.grad(loss, [self.inputs, *nodes], retain_graph=True, materialize_grads=True)
        layers, time = len(self.states["h"]), len(self.states["h"][0])
        found = {}
        for k, name in enumerate(self.states):
            flat = grads[1 + k * layers * time : 1 + (k + 1) * layers * time]
            found[name] = torch.stack(flat).unflatten(0, (layers, time)).transpose(1, 2).numpy()
        return found, grads[0].numpy()


def unroll(
    module: nn.Module,
    inputs: Tensor,
    lengths: Tensor | None = None,
    initial: dict[str, Tensor] | None = None,
    masks: list[Tensor | None] | None = None,
    cut: int | None = None,
    window: int | None = None,
) -> Unrolled:
    """Run the stack of `module` (its weights, copied) over inputs (B, T, D).

    lengths: (B,) time steps of each sequence (default T). initial: name -> (L, B, H) (default zeros).
    masks: per torch layer the factors (B, T, .) on its inputs, or None. cut: a layer (directions counted)
    through whose W_hh no gradient passes. window: states are detached before the time steps window, 2 window, ...
    """
    step = step_of(module)
    names = states_of(module)
    weights = {name: w.detach().clone().requires_grad_() for name, w in module.named_parameters()}
    inputs = inputs.detach().clone().requires_grad_()
    batch, time, _ = inputs.shape
    suffixes = ("", "_reverse") if module.bidirectional else ("",)
    lengths = torch.full((batch,), time) if lengths is None else lengths
    mask = torch.arange(time) < lengths[:, None]
    count = module.num_layers * len(suffixes)
    zeros = inputs.new_zeros(count, batch, module.hidden_size)
    initial = dict.fromkeys(names, zeros) if initial is None else initial
    states: dict[str, list[list[Tensor]]] = {name: [] for name in names}
    gates: dict[str, list[Tensor]] = {}
    final: dict[str, list[Tensor]] = {name: [] for name in names}
    current = inputs * mask[..., None]
    for k in range(module.num_layers):
        if masks is not None and masks[k] is not None:
            current = current * masks[k]
        halves = []
        for suffix in suffixes:
            is_cut = cut is not None and cut == len(final["h"])
            now = {name: initial[name][len(final[name])] for name in names}
            rows: list = [None] * time
            steps = range(time - 1, -1, -1) if suffix else range(time)
            for t in steps:
                if window and (t + bool(suffix)) % window == 0:
                    now = {name: state.detach() for name, state in now.items()}
                a_x = nn.functional.linear(
                    current[:, t], weights[f"weight_ih_l{k}{suffix}"], weights.get(f"bias_ih_l{k}{suffix}")
                )
                own = weights[f"weight_hh_l{k}{suffix}"], weights.get(f"bias_hh_l{k}{suffix}")
                new, gate = step(a_x, partial(product, *own, is_cut), **now)
                rows[t] = new, gate
                exists = mask[:, t, None]
                now = {name: torch.where(exists, new[name], now[name]) for name in names}
            for name in names:
                states[name].append([new[name] for new, _ in rows])
                final[name].append(now[name])
            for name in rows[0][1]:
                each = torch.stack([gate[name] for _, gate in rows], dim=1) * mask[..., None]
                gates.setdefault(name, []).append(each)
            halves.append(torch.stack([new["h"] for new, _ in rows], dim=1) * mask[..., None])
        current = torch.cat(halves, dim=-1)
    return Unrolled(
        inputs,
        weights,
        states,
        {name: torch.stack(layers) for name, layers in gates.items()},
        current,
        {name: torch.stack(layers) for name, layers in final.items()},
        mask,
    )


def product(weight: Tensor, bias: Tensor | None, is_cut: bool, u: Tensor) -> Tensor:
    return nn.functional.linear(u.detach() if is_cut else u, weight, bias)


def assert_close(given, expected, tolerance: float, what: str = "") -> None:
    """Equal within `tolerance` times max(1, largest expected size)."""
    given, expected = np.asarray(given), np.asarray(expected)
    assert given.shape == expected.shape, f"{what}: shape {given.shape}, expected {expected.shape}"
    if given.size:
        error = np.abs(given - expected).max()
        bound = tolerance * max(1.0, np.abs(expected).max())
        assert error <= bound, f"{what}: largest difference {error:.3g}, allowed {bound:.3g}"
