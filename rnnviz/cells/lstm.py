r"""The long short-term memory, in torch's form (gate order i, f, g, o; no peepholes).

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh          (four chunks: i, f, g, o)
    i_t = sigmoid(a_i)          input gate
    f_t = sigmoid(a_f)          forget gate: near 1 keeps the past
    g_t = tanh(a_g)             candidate
    o_t = sigmoid(a_o)          output gate
    c_t = f_t c_{t-1} + i_t g_t
    h_t = o_t tanh(c_t)

Local Jacobian (h_t reads c_t, so dh_t/dc_t stands under `within`):
    dc/da_i = g i(1-i)    dc/da_f = c_{t-1} f(1-f)    dc/da_g = i(1-g^2)    dh/da_o = tanh(c) o(1-o)
    dc_t/dc_{t-1} = f     dh_t/dc_t = o (1 - tanh(c)^2)

Hochreiter and Schmidhuber (1997), Neural Computation 9(8); forget gate: Gers, Schmidhuber and
Cummins (2000), Neural Computation 12(10).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rnnviz.cells.base import Cell, Fused, LocalJacobian
from rnnviz.cells.ops import sigmoid, tanh


class LSTM(Cell):
    name = "lstm"
    label = "LSTM"
    states = ("h", "c")
    gates = ("i", "f", "g", "o")
    chunks = ("i", "f", "g", "o")
    fused = Fused("torch.nn.LSTM")
    keeps = "f"
    lets_in = "i"
    bias_setting = "forget_bias"
    words: ClassVar[Mapping[str, str]] = {
        "i": "How much of the candidate enters.",
        "f": "How much of the past is kept.",
        "g": "The new content on offer.",
        "o": "How much of the cell is shown.",
        "c": "Keep some, add some.",
        "h": "What the rest of the network sees.",
    }
    convention = "f near 1 keeps the past. torch adds two bias vectors: the effective bias is their sum."

    def activate(self, a_x, a_h, previous):
        a_i, a_f, a_g, a_o = self.split(a_x + a_h)
        i = sigmoid(a_i)
        f = sigmoid(a_f)
        g = tanh(a_g)
        o = sigmoid(a_o)
        return {"i": i, "f": f, "g": g, "o": o}

    def update(self, gates, previous):
        i, f, g, o = (gates[name] for name in self.gates)
        c = f * previous["c"] + i * g
        h = o * tanh(c)
        return {"h": h, "c": c}

    def jacobian(self, gates, previous, state, a_h):
        i, f, g, o = (gates[name] for name in self.gates)
        tanh_c = tanh(state["c"])
        paths = {
            ("c", "i"): g * i * (1 - i),
            ("c", "f"): previous["c"] * f * (1 - f),
            ("c", "g"): i * (1 - g**2),
            ("h", "o"): tanh_c * o * (1 - o),
        }
        return LocalJacobian(
            recurrent=paths,
            inputs=paths,
            carry={("c", "c"): f},
            within={("h", "c"): o * (1 - tanh_c**2)},
        )
