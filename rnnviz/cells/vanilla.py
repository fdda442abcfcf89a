r"""The vanilla (Elman) RNN.

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
    h_t = tanh(a_t)          or  max(a_t, 0)

Local Jacobian: dh_t/da_t = 1 - h_t^2 for tanh, and 1 where h_t > 0, else 0, for relu;
hence dh_t/dh_{t-1} = diag(dh_t/da_t) W_hh.

Elman (1990), "Finding structure in time", Cognitive Science 14; the relu form: Le, Jaitly and
Hinton (2015), arXiv 1504.00941.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rnnviz.cells.base import Cell, Fused, LocalJacobian
from rnnviz.cells.ops import relu, tanh


class VanillaTanh(Cell):
    name = "rnn_tanh"
    label = "Vanilla RNN (tanh)"
    chunks = ("a",)
    squashed: ClassVar[tuple[str, ...]] = ("h",)
    fused = Fused("torch.nn.RNN", {"nonlinearity": "tanh"})
    words: ClassVar[Mapping[str, str]] = {
        "a": "What the input and the previous hidden state bring, added up.",
        "h": "Squashed into (-1, 1).",
    }
    convention = "torch adds two bias vectors: b_h is their sum."
    form: ClassVar[tuple[str, str]] = ("Activation", "tanh")

    def activate(self, a_x, a_h, previous):
        a = a_x + a_h
        return {"a": a}

    def update(self, gates, previous):
        h = tanh(gates["a"])
        return {"h": h}

    def jacobian(self, gates, previous, state, a_h):
        dh_da = 1 - state["h"] ** 2
        return LocalJacobian(recurrent={("h", "a"): dh_da}, inputs={("h", "a"): dh_da})


class VanillaRelu(VanillaTanh):
    name = "rnn_relu"
    label = "Vanilla RNN (relu)"
    squashed = ()
    fused = Fused("torch.nn.RNN", {"nonlinearity": "relu"})
    words: ClassVar[Mapping[str, str]] = {**VanillaTanh.words, "h": "Negative values are cut to zero."}
    form = ("Activation", "relu")

    def update(self, gates, previous):
        h = relu(gates["a"])
        return {"h": h}

    def jacobian(self, gates, previous, state, a_h):
        dh_da = (state["h"] > 0) + 0 * state["h"]
        return LocalJacobian(recurrent={("h", "a"): dh_da}, inputs={("h", "a"): dh_da})
