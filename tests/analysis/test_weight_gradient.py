"""Weight gradients by time step: their sum against .grad, each against a weight of its own per time step."""

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
def test_time_steps_add_up_to_the_gradient(cell, layers, bidirectional, seed):
    case = Case(cell, layers, bidirectional, seed, dropout=0.3 * (layers > 1))
    found = rnnviz.weight_gradient_by_step(case.trace)
    expected = {name: parameter.grad.numpy() for name, parameter in case.module.named_parameters()}
    assert list(found) == list(expected)
    for name, gradient in expected.items():
        assert found[name].shape == (case.trace.size[2], *gradient.shape)
        assert_close(found[name].sum(axis=0), gradient, 1e-10, name)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru", "gru_before", "rnn_tanh"])
def test_each_time_step_equals_a_weight_of_its_own(cell, bidirectional):
    """A loop in which every time step has its own copy of the weights."""
    case = Case(cell, 1, bidirectional, packed=False, time=4)
    found = rnnviz.weight_gradient_by_step(case.trace)
    time = case.trace.size[2]
    for k, layer in enumerate(case.trace.layer_names):
        reverse = layer.endswith("_reverse")
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        names = [f"{kind}_{layer}" for kind in kinds]
        own = [
            [dict(case.module.named_parameters())[name].detach().clone().requires_grad_() for name in names]
            for _ in range(time)
        ]
        states = {name: initial[k] for name, initial in case.initial.items()}
        units = case.trace.size[-1]
        loss = 0
        for t in reversed(range(time)) if reverse else range(time):
            w_ih, w_hh, b_ih, b_hh = own[t]
            a_x = torch.nn.functional.linear(case.inputs[:, t], w_ih, b_ih)
            states, _ = step_of(case.module)(a_x, partial(product, w_hh, b_hh, False), **states)
            loss = loss + (states["h"] * case.on_outputs[:, t, k * units : (k + 1) * units]).sum()
        loss = loss + sum((states[name] * case.on_finals[name][k]).sum() for name in states)
        grads = torch.autograd.grad(loss, [weight for weights in own for weight in weights])
        for n, name in enumerate(names):
            assert_close(found[name], np.stack([g.numpy() for g in grads[n::4]]), 1e-10, name)
