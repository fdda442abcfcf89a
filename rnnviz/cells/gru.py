r"""The gated recurrent unit, in torch's form: reset after the product, z near 1 keeps the past.

    r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)              reset gate
    z_t = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)              update gate
    n_t = tanh(W_in x_t + b_in + r_t (W_hn h_{t-1} + b_hn))           candidate
    h_t = (1 - z_t) n_t + z_t h_{t-1}

With a_hn = W_hn h_{t-1} + b_hn, the local Jacobian is
    dh/da_r = (1-z)(1-n^2) a_hn r(1-r)    dh/da_z = (h_{t-1} - n) z(1-z)
    dh/da_xn = (1-z)(1-n^2)               dh/da_hn = r (1-z)(1-n^2)        dh_t/dh_{t-1} = z (carried)

Cho et al. (2014), arXiv 1406.1078v1 (the first version resets after the product; Chung et al. 2014,
arXiv 1412.3555, writes z the other way round).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rnnviz.cells.base import Cell, Fused, LocalJacobian
from rnnviz.cells.ops import sigmoid, tanh


class GRU(Cell):
    name = "gru"
    label = "GRU"
    gates = ("r", "z", "n")
    chunks = ("r", "z", "n")
    fused: ClassVar[Fused | None] = Fused("torch.nn.GRU")
    keeps = "z"
    bias_setting = "update_bias"
    words: ClassVar[Mapping[str, str]] = {
        "r": "How much of the past the candidate sees.",
        "z": "How much of the past is kept.",
        "n": "The new content on offer.",
        "h": "A blend of new content and past.",
    }
    convention = (
        "z near 1 keeps the past, and the reset gate acts after the recurrent product, as in torch. b_r and b_z are "
        "each the sum of torch's two biases."
    )
    form: ClassVar[tuple[str, str]] = ("Reset gate", "after the product (torch)")

    def activate(self, a_x, a_h, previous):
        a_xr, a_xz, a_xn = self.split(a_x)
        a_hr, a_hz, a_hn = self.split(a_h)
        r = sigmoid(a_xr + a_hr)
        z = sigmoid(a_xz + a_hz)
        n = tanh(a_xn + r * a_hn)
        return {"r": r, "z": z, "n": n}

    def update(self, gates, previous):
        z, n = gates["z"], gates["n"]
        h = (1 - z) * n + z * previous["h"]
        return {"h": h}

    def jacobian(self, gates, previous, state, a_h):
        r, z, n = (gates[name] for name in self.gates)
        _, _, a_hn = self.split(a_h)
        dh_dn = (1 - z) * (1 - n**2)
        gate_paths = {
            ("h", "r"): dh_dn * a_hn * r * (1 - r),
            ("h", "z"): (previous["h"] - n) * z * (1 - z),
        }
        return LocalJacobian(
            recurrent={**gate_paths, ("h", "n"): r * dh_dn},
            inputs={**gate_paths, ("h", "n"): dh_dn},
            carry={("h", "h"): z},
        )
