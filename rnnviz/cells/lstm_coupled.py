r"""The LSTM with coupled gates (CIFG): as much of the candidate enters as is forgotten, i = 1 - f.

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh          (three chunks: f, g, o)
    f_t = sigmoid(a_f)          forget gate: near 1 keeps the past
    g_t = tanh(a_g)             candidate
    o_t = sigmoid(a_o)          output gate
    c_t = f_t c_{t-1} + (1 - f_t) g_t
    h_t = o_t tanh(c_t)

Local Jacobian (h_t reads c_t, so dh_t/dc_t stands under `within`):
    dc/da_f = (c_{t-1} - g) f(1-f)    dc/da_g = (1-f)(1-g^2)    dh/da_o = tanh(c) o(1-o)
    dc_t/dc_{t-1} = f                 dh_t/dc_t = o (1 - tanh(c)^2)

Greff, Srivastava, Koutnik, Steunebrink and Schmidhuber (2017), IEEE TNNLS 28(10), arXiv 1503.04069, without peepholes;
they learn i and set f = 1 - i, which is the same with the signs of one chunk turned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rnnviz.cells.base import Cell, LocalJacobian
from rnnviz.cells.ops import sigmoid, tanh


class LSTMCoupled(Cell):
    name = "lstm_coupled"
    label = "LSTM, coupled gates"
    states = ("h", "c")
    gates = ("f", "g", "o")
    chunks = ("f", "g", "o")
    keeps = "f"
    bias_setting = "forget_bias"
    words: ClassVar[Mapping[str, str]] = {
        "f": "How much of the past is kept.",
        "g": "The new content on offer.",
        "o": "How much of the cell is shown.",
        "c": "A blend of past and new content.",
        "h": "What the rest of the network sees.",
    }
    convention = (
        "f near 1 keeps the past; the input gate is 1 - f. From a start within (-1, 1) the cell never leaves it. b_f, "
        "b_g and b_o are each the sum of two biases, as in torch."
    )

    def activate(self, a_x, a_h, previous):
        a_f, a_g, a_o = self.split(a_x + a_h)
        f = sigmoid(a_f)
        g = tanh(a_g)
        o = sigmoid(a_o)
        return {"f": f, "g": g, "o": o}

    def update(self, gates, previous):
        f, g, o = (gates[name] for name in self.gates)
        c = f * previous["c"] + (1 - f) * g
        h = o * tanh(c)
        return {"h": h, "c": c}

    def jacobian(self, gates, previous, state, a_h):
        f, g, o = (gates[name] for name in self.gates)
        tanh_c = tanh(state["c"])
        paths = {
            ("c", "f"): (previous["c"] - g) * f * (1 - f),
            ("c", "g"): (1 - f) * (1 - g**2),
            ("h", "o"): tanh_c * o * (1 - o),
        }
        return LocalJacobian(
            recurrent=paths,
            inputs=paths,
            carry={("c", "c"): f},
            within={("h", "c"): o * (1 - tanh_c**2)},
        )
