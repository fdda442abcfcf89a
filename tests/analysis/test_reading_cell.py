"""A cell with two states, one chunk of which reads another thing than h: every gradient against autograd.

Its forward pass is one line a formula here; autograd takes the derivative.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from oracle import assert_close

import rnnviz
from rnnviz.cells import CELLS
from rnnviz.cells.base import Cell, LocalJacobian, Read
from rnnviz.cells.ops import sigmoid, tanh
from rnnviz.loop import Loop

B, D, H = 3, 2, 4


class Reading(Cell):
    """k = sigmoid(..), g = tanh(W x + U (k h)), c_t = k c_{t-1} + g, h_t = k tanh(c_t)."""

    name, label = "reading", "Reading"
    states, gates, chunks, reads = ("h", "c"), ("k", "g"), ("g", "k"), ("g",)

    def activate(self, a_x, a_h, previous):
        a_xg, a_xk = self.split(a_x)
        a_hg, a_hk = self.split(a_h)
        k = sigmoid(a_xk + a_hk)
        g = tanh(a_xg + a_hg(k * previous["h"]))
        return {"k": k, "g": g}

    def update(self, gates, previous):
        k, g = gates["k"], gates["g"]
        c = k * previous["c"] + g
        h = k * tanh(c)
        return {"h": h, "c": c}

    def jacobian(self, gates, previous, state, a_h):
        k, g = gates["k"], gates["g"]
        tanh_c, slope = tanh(state["c"]), k * (1 - k)
        paths = {("c", "k"): previous["c"] * slope, ("h", "k"): tanh_c * slope, ("c", "g"): 1 - g**2}
        reads = {"g": Read(k * previous["h"], past=k, chunks={"k": previous["h"] * slope})}
        within = {("h", "c"): k * (1 - tanh_c**2)}
        return LocalJacobian(paths, paths, carry={("c", "c"): k}, within=within, reads=reads)


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    monkeypatch.setitem(CELLS._entries, "reading", Reading())


def step(x, h, c, weights):
    (w_g, w_k), (u_g, u_k), (b_g, b_k), (d_g, d_k) = (weight.chunk(2) for weight in weights)
    k = torch.sigmoid(x @ w_k.T + h @ u_k.T + b_k + d_k)
    g = torch.tanh(x @ w_g.T + (k * h) @ u_g.T + b_g + d_g)
    c = k * c + g
    return k * torch.tanh(c), c


@pytest.mark.parametrize("time", [5, 12])  # on either side of MANY_LANES
def test_every_gradient_equals_autograds(time):
    torch.manual_seed(0)
    module = Loop("reading", D, H, dtype=torch.float64)
    x, on_outputs = torch.randn(time, B, D, dtype=torch.float64), torch.randn(time, B, H, dtype=torch.float64)
    with rnnviz.record(module) as recording:
        output, (_, c_n) = module(x)
        ((output * on_outputs).sum() + (c_n**2).sum()).backward()
    trace = recording[""]

    weights = list(module.parameters())
    h = c = torch.zeros(B, H, dtype=torch.float64)
    hs, cs = [], []
    for each in x:
        h, c = step(each, h, c, weights)
        hs, cs = [*hs, h], [*cs, c]
    assert_close(trace.states["h"][0], torch.stack(hs, 1).detach(), 1e-14)
    losses = [(h * on_outputs[t]).sum() for t, h in enumerate(hs)]
    losses[-1] = losses[-1] + (cs[-1] ** 2).sum()

    rows = [torch.autograd.grad(loss, [*hs, *cs], retain_graph=True, materialize_grads=True) for loss in losses]
    stacked = np.stack([torch.stack(row).unflatten(0, (2, time)).numpy() for row in rows], axis=1)
    flow = rnnviz.gradient_flow(trace, vectors=True)
    for name, expected in zip(("matrix", "cell_matrix"), stacked, strict=True):
        assert_close(flow.vectors[name][0], expected, 1e-10, name)
    for name, expected in zip(("h", "c"), stacked.sum(axis=1), strict=True):
        assert_close(trace.state_grads[name][0].swapaxes(0, 1), expected, 1e-10, name)
    for name, gradient in rnnviz.weight_gradient_by_step(trace).items():
        assert_close(gradient.sum(axis=0), getattr(module, name).grad, 1e-10, name)

    jacobians = rnnviz.state_jacobians(trace)
    for b in range(B):
        t = time - 1

        def flat(state, x=x[t, b]):
            return torch.cat(step(x, *state.split(H), weights))

        before = torch.cat([hs[t - 1][b], cs[t - 1][b]]).detach()
        assert_close(jacobians[0, b, t], torch.autograd.functional.jacobian(flat, before).detach(), 1e-10)
