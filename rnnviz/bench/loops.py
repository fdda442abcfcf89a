"""The layers written out by hand, one time step after another, as one would to look inside them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from rnnviz.bench.networks import Network
from rnnviz.registry import Registry

States = dict[str, Tensor]
Step = Callable[[Tensor, Tensor, States], tuple[States, States]]


def tanh_step(a_x: Tensor, a_h: Tensor, states: States) -> tuple[States, States]:
    return {"h": (a_x + a_h).tanh()}, {}


def lstm_step(a_x: Tensor, a_h: Tensor, states: States) -> tuple[States, States]:
    i, f, g, o = (a_x + a_h).chunk(4, dim=-1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * states["c"] + i * g
    return {"h": o * c.tanh(), "c": c}, {"i": i, "f": f, "g": g, "o": o}


def gru_step(a_x: Tensor, a_h: Tensor, states: States) -> tuple[States, States]:
    x_r, x_z, x_n = a_x.chunk(3, dim=-1)
    h_r, h_z, h_n = a_h.chunk(3, dim=-1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + r * h_n).tanh()
    return {"h": (1 - z) * n + z * states["h"]}, {"r": r, "z": z, "n": n}


STEPS: Registry[Step] = Registry("loop", {"rnn_tanh": tanh_step, "lstm": lstm_step, "gru": gru_step})


def unroll(cell_name: str, rnn: nn.RNNBase, inputs: Tensor, states: States) -> tuple[list[States], list[States]]:
    """One layer over inputs (B, T, D) from `states` (B, H): the states and the gates of every time step."""
    step, weights = STEPS[cell_name], dict(rnn.named_parameters())
    all_states, all_gates = [], []
    for x in inputs.unbind(1):
        a_x = nn.functional.linear(x, weights["weight_ih_l0"], weights["bias_ih_l0"])
        a_h = nn.functional.linear(states["h"], weights["weight_hh_l0"], weights["bias_hh_l0"])
        states, gates = step(a_x, a_h, states)
        all_states.append(states)
        all_gates.append(gates)
    return all_states, all_gates


class Instrumented(nn.Module):
    """The network of `Network` as a loop that keeps a copy of every gate and state and retains every gradient."""

    def __init__(self, cell_name: str, network: Network, names: tuple[str, ...]) -> None:
        super().__init__()
        self.cell_name, self.rnn, self.readout, self.names = cell_name, network.rnn, network.readout, names
        self.states: list[States] = []
        self.gates: list[States] = []

    def forward(self, inputs: Tensor) -> Tensor:
        zeros = torch.zeros(len(inputs), self.rnn.hidden_size)
        self.states, gates = unroll(self.cell_name, self.rnn, inputs, dict.fromkeys(self.names, zeros))
        for states in self.states:
            for state in states.values():
                state.retain_grad()
        self.gates = [{name: gate.detach().clone() for name, gate in at_t.items()} for at_t in gates]
        return self.readout(self.states[-1]["h"])
