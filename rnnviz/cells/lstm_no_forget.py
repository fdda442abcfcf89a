r"""The first long short-term memory, without a forget gate: what is in the cell stays there.

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh          (three chunks: i, g, o)
    i_t = sigmoid(a_i)          input gate
    g_t = tanh(a_g)             candidate
    o_t = sigmoid(a_o)          output gate
    c_t = c_{t-1} + i_t g_t     the constant error carousel
    h_t = o_t tanh(c_t)

Local Jacobian (h_t reads c_t, so dh_t/dc_t stands under `within`):
    dc/da_i = g i(1-i)    dc/da_g = i(1-g^2)    dh/da_o = tanh(c) o(1-o)
    dc_t/dc_{t-1} = 1     dh_t/dc_t = o (1 - tanh(c)^2)

Hochreiter and Schmidhuber (1997), Neural Computation 9(8). They squash with 2 tanh(a_g / 2) and tanh(c / 2) and let no
gradient through W_hh; this is the form of Greff et al. (2017), IEEE TNNLS 28(10), there "NFG", without peepholes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rnnviz.cells.base import Cell, LocalJacobian
from rnnviz.cells.ops import sigmoid, tanh


class LSTMNoForget(Cell):
    name = "lstm_no_forget"
    label = "LSTM, no forget gate (1997)"
    states = ("h", "c")
    gates = ("i", "g", "o")
    chunks = ("i", "g", "o")
    lets_in = "i"
    words: ClassVar[Mapping[str, str]] = {
        "i": "How much of the candidate enters.",
        "g": "The new content on offer.",
        "o": "How much of the cell is shown.",
        "c": "Keep everything, add some.",
        "h": "What the rest of the network sees.",
    }
    convention = (
        "Nothing is ever forgotten, so the cell can grow without bound. The squashing is that of today's LSTM, not of "
        "the paper of 1997. b_i, b_g and b_o are each the sum of two biases, as in torch."
    )

    def activate(self, a_x, a_h, previous):
        a_i, a_g, a_o = self.split(a_x + a_h)
        i = sigmoid(a_i)
        g = tanh(a_g)
        o = sigmoid(a_o)
        return {"i": i, "g": g, "o": o}

    def update(self, gates, previous):
        i, g, o = (gates[name] for name in self.gates)
        c = previous["c"] + i * g
        h = o * tanh(c)
        return {"h": h, "c": c}

    def jacobian(self, gates, previous, state, a_h):
        i, g, o = (gates[name] for name in self.gates)
        tanh_c = tanh(state["c"])
        paths = {
            ("c", "i"): g * i * (1 - i),
            ("c", "g"): i * (1 - g**2),
            ("h", "o"): tanh_c * o * (1 - o),
        }
        return LocalJacobian(
            recurrent=paths,
            inputs=paths,
            carry={("c", "c"): 1 + 0 * i},
            within={("h", "c"): o * (1 - tanh_c**2)},
        )
