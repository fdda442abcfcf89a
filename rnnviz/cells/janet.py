r"""JANET, just another network: of the LSTM's gates the forget gate alone.

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh          (two chunks: f, g)
    f_t = sigmoid(a_f)          forget gate: near 1 keeps the past
    g_t = tanh(a_g)             candidate
    c_t = f_t c_{t-1} + (1 - f_t) g_t
    h_t = c_t

Local Jacobian (h_t reads c_t, so dh_t/dc_t stands under `within`):
    dc/da_f = (c_{t-1} - g) f(1-f)    dc/da_g = (1-f)(1-g^2)
    dc_t/dc_{t-1} = f                 dh_t/dc_t = 1

Van der Westhuizen and Lasenby (2018), arXiv 1804.04849, their first form; the final one lets in more than it forgets,
1 - sigmoid(a_f - 1) in place of 1 - f_t. They start it with chrono biases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rnnviz.cells.base import Cell, LocalJacobian
from rnnviz.cells.ops import sigmoid, tanh


class Janet(Cell):
    name = "janet"
    label = "JANET (forget gate alone)"
    states = ("h", "c")
    gates = ("f", "g")
    chunks = ("f", "g")
    keeps = "f"
    bias_setting = "forget_bias"
    words: ClassVar[Mapping[str, str]] = {
        "f": "How much of the past is kept.",
        "g": "The new content on offer.",
        "c": "A blend of past and new content.",
        "h": "The cell is shown as it is.",
    }
    convention = (
        "f near 1 keeps the past. This is the paper's first form, in which exactly 1 - f of the candidate enters. b_f "
        "and b_g are each the sum of two biases, as in torch."
    )

    def activate(self, a_x, a_h, previous):
        a_f, a_g = self.split(a_x + a_h)
        f = sigmoid(a_f)
        g = tanh(a_g)
        return {"f": f, "g": g}

    def update(self, gates, previous):
        f, g = gates["f"], gates["g"]
        c = f * previous["c"] + (1 - f) * g
        h = c
        return {"h": h, "c": c}

    def jacobian(self, gates, previous, state, a_h):
        f, g = gates["f"], gates["g"]
        paths = {
            ("c", "f"): (previous["c"] - g) * f * (1 - f),
            ("c", "g"): (1 - f) * (1 - g**2),
        }
        return LocalJacobian(
            recurrent=paths,
            inputs=paths,
            carry={("c", "c"): f},
            within={("h", "c"): 1 + 0 * f},
        )
