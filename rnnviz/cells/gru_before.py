r"""The GRU with the reset gate before the recurrent product: it chooses which units of the past the candidate reads.

    r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)              reset gate
    z_t = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)              update gate
    n_t = tanh(W_in x_t + b_in + W_hn (r_t h_{t-1}) + b_hn)           candidate
    h_t = (1 - z_t) n_t + z_t h_{t-1}

torch.nn.GRU resets after the product, r_t (W_hn h_{t-1} + b_hn), so the two take the same weights to different
results. There is no fused twin.

Local Jacobian: W_hn reads u = r_t h_{t-1}, so the way through r is a part of the way through u:
    dh/da_z = (h_{t-1} - n) z(1-z)    dh/da_n = (1-z)(1-n^2)          dh_t/dh_{t-1} = z (carried)
    du/dh_{t-1} = r                   du/da_r = h_{t-1} r(1-r)

Cho et al. (2014), arXiv 1406.1078v3, eq. 5 to 8 (without biases); Keras with reset_after=False.
"""

from __future__ import annotations

from rnnviz.cells.base import LocalJacobian, Read
from rnnviz.cells.gru import GRU
from rnnviz.cells.ops import sigmoid, tanh


class GRUBefore(GRU):
    name = "gru_before"
    label = "GRU, reset before"
    reads = ("n",)
    fused = None
    convention = (
        "z near 1 keeps the past, and the reset gate acts before the recurrent product, as in Cho et al. (2014, third "
        "version) and in Keras with reset_after=False; torch's GRU resets after it. b_r, b_z and b_n are each the "
        "sum of two biases, as in torch."
    )
    form = ("Reset gate", "before it (Cho et al., v3)")

    def activate(self, a_x, a_h, previous):
        a_xr, a_xz, a_xn = self.split(a_x)
        a_hr, a_hz, a_hn = self.split(a_h)
        r = sigmoid(a_xr + a_hr)
        z = sigmoid(a_xz + a_hz)
        n = tanh(a_xn + a_hn(r * previous["h"]))
        return {"r": r, "z": z, "n": n}

    def jacobian(self, gates, previous, state, a_h):
        r, z, n = (gates[name] for name in self.gates)
        h = previous["h"]
        paths = {("h", "z"): (h - n) * z * (1 - z), ("h", "n"): (1 - z) * (1 - n**2)}
        reads = {"n": Read(value=r * h, past=r, chunks={"r": h * r * (1 - r)})}
        return LocalJacobian(recurrent=paths, inputs=paths, carry={("h", "h"): z}, reads=reads)
