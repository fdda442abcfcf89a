r"""The vanilla (Elman) RNN.

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
    h_t = tanh(a_t)          or  max(a_t, 0)

Local Jacobian: dh_t/da_t = 1 - h_t^2 for tanh, and 1 where h_t > 0, else 0, for relu;
hence dh_t/dh_{t-1} = diag(dh_t/da_t) W_hh.

Elman (1990), "Finding structure in time", Cognitive Science 14; the relu form: Le, Jaitly and
Hinton (2015), arXiv 1504.00941.
"""

from __future__ import annotations

from typing import ClassVar

from rnnviz.cells.base import Cell, Equation, Fused, LocalJacobian
from rnnviz.cells.ops import relu, tanh

_PREACTIVATION = Equation(
    "a",
    r"a_t = W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}",
    "What the input and the previous hidden state bring, added up.",
)


class VanillaTanh(Cell):
    name = "rnn_tanh"
    label = "Vanilla RNN (tanh)"
    chunks = ("a",)
    squashed: ClassVar[tuple[str, ...]] = ("h",)
    fused = Fused("torch.nn.RNN", {"nonlinearity": "tanh"})
    equations = (_PREACTIVATION, Equation("h", r"h_t = \tanh(a_t)", "Squashed into (-1, 1)."))

    def activate(self, a_x, a_h, previous):
        return {"a": a_x + a_h}

    def update(self, gates, previous):
        return {"h": tanh(gates["a"])}

    def jacobian(self, gates, previous, state, a_h):
        dh_da = 1 - state["h"] ** 2
        return LocalJacobian(recurrent={("h", "a"): dh_da}, inputs={("h", "a"): dh_da})


class VanillaRelu(VanillaTanh):
    name = "rnn_relu"
    label = "Vanilla RNN (relu)"
    squashed = ()
    fused = Fused("torch.nn.RNN", {"nonlinearity": "relu"})
    equations = (_PREACTIVATION, Equation("h", r"h_t = \max(a_t, 0)", "Negative values are cut to zero."))

    def update(self, gates, previous):
        return {"h": relu(gates["a"])}

    def jacobian(self, gates, previous, state, a_h):
        dh_da = (state["h"] > 0) + 0 * state["h"]
        return LocalJacobian(recurrent={("h", "a"): dh_da}, inputs={("h", "a"): dh_da})
