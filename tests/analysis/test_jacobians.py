"""State-to-state Jacobians against autograd through one time step of the oracle."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from flow_cases import VARIANTS, Case
from oracle import SEEDS, assert_close, product, step_of

import rnnviz

SHAPES = [(1, True), (2, False), (3, True)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("cell", "layers", "bidirectional"),
    [
        *((cell, *shape) for cell in ("lstm", "gru", "gru_before", "rnn_tanh", "rnn_relu") for shape in SHAPES),
        *((cell, 1, True) for cell in VARIANTS),
    ],
)
def test_jacobians_equal_autograd(cell, layers, bidirectional, seed):
    case = Case(cell, layers, bidirectional, seed, time=5)
    trace = case.trace
    found = rnnviz.state_jacobians(trace)
    _, batch, time, units = trace.size
    size = units * len(trace.states)
    assert found.shape == (len(trace.layer_names), batch, time, size, size)
    assert np.isnan(found[:, ~trace.mask]).all() and np.isfinite(found[:, trace.mask]).all()
    for k, layer in enumerate(trace.layer_names):
        for b, length in enumerate(trace.lengths):
            for t in range(length):
                assert_close(found[k, b, t], by_autograd(case, k, layer, b, t), 1e-10, f"{layer}, t = {t}")


def by_autograd(case, k, layer, b, t):
    """(S, S): d state_t / d state_{t-1} of one sequence, states side by side."""
    trace, weights = case.trace, dict(case.module.named_parameters())
    before = t + 1 if layer.endswith("_reverse") else t - 1
    exists = 0 <= before < trace.lengths[b]
    previous = [
        torch.tensor(trace.states[name][k, b, before] if exists else trace.initial_states[name][k, b])
        for name in trace.states
    ]
    x = torch.tensor(trace.layer_inputs[k // trace.directions][b, t])

    def step(flat):
        states = dict(zip(trace.states, flat.split(trace.size[-1]), strict=True))
        a_x = torch.nn.functional.linear(x, weights[f"weight_ih_{layer}"], weights.get(f"bias_ih_{layer}"))
        own = partial(product, weights[f"weight_hh_{layer}"], weights.get(f"bias_hh_{layer}"), False)
        return torch.cat(list(step_of(case.module)(a_x, own, **states)[0].values()))

    return torch.autograd.functional.jacobian(step, torch.cat(previous)).detach().numpy()


def test_jacobians_need_no_gradients_and_keep_the_dtype():
    module = torch.nn.LSTM(2, 3, batch_first=True)
    with rnnviz.record(module) as recording, torch.no_grad():
        module(torch.randn(2, 4, 2))
    found = rnnviz.state_jacobians(recording[""])
    assert found.dtype == np.float32 and found.shape == (1, 2, 4, 6, 6)


def test_their_product_carries_the_gradient_back():
    """dL/dstate_0 = dL/dstate_T-1 J_T-1 ... J_1 where the loss enters at the end alone."""
    case = Case("lstm", packed=False, time=6)
    trace = case.trace
    found = rnnviz.state_jacobians(trace)[0]
    grads = np.concatenate([trace.state_grads["h"][0], trace.state_grads["c"][0]], axis=-1)
    flow = rnnviz.gradient_flow(trace, vectors=True).vectors["matrix"][0, -1]
    # d L_last / d h_last is what enters; c collects the readings of h
    last = trace.output_grads[:, -1] + trace.final_state_grads["h"][0]
    gradient = np.concatenate([last, grads[:, -1, trace.size[-1] :]], axis=-1)
    alone = gradient.copy()
    alone[:, trace.size[-1] :] = trace.final_state_grads["c"][0]  # what enters, before h_t reads c_t
    for t in range(trace.size[2] - 1, 0, -1):
        alone = np.einsum("bi,bij->bj", alone, found[:, t])
        assert_close(alone[:, : trace.size[-1]], flow[t - 1], 1e-10, f"t = {t - 1}")
