"""Cells against torch's own single-step modules, autograd and each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnviz.cells import CELLS

TWINS = {
    "rnn_tanh": lambda d, h: torch.nn.RNNCell(d, h, nonlinearity="tanh"),
    "rnn_relu": lambda d, h: torch.nn.RNNCell(d, h, nonlinearity="relu"),
    "lstm": torch.nn.LSTMCell,
    "gru": torch.nn.GRUCell,
}
B, D, H = 3, 4, 5


def setting(name, seed=0):
    """A cell, torch's twin in float64, an input and previous states."""
    torch.manual_seed(seed)
    cell, twin = CELLS[name], TWINS[name](D, H).double()
    x = torch.randn(B, D, dtype=torch.float64)
    previous = {state: torch.randn(B, H, dtype=torch.float64) for state in cell.states}
    return cell, twin, x, previous, {k: v.detach() for k, v in twin.named_parameters()}


@pytest.mark.parametrize("name", list(CELLS))
def test_step_equals_torch(name):
    cell, twin, x, previous, weights = setting(name)
    hx = tuple(previous.values()) if len(previous) > 1 else previous["h"]
    theirs = twin(x, hx)
    ours, gates = cell.step(x, previous, weights)
    for mine, his in zip(ours.values(), theirs if isinstance(theirs, tuple) else (theirs,), strict=True):
        torch.testing.assert_close(mine, his, rtol=0, atol=1e-14)
    assert tuple(gates) == cell.gates


@pytest.mark.parametrize("name", list(CELLS))
def test_numpy_and_torch_agree(name):
    cell, _, x, previous, weights = setting(name)
    ours, gates = cell.step(x, previous, weights)
    plain, plain_gates = cell.step(
        x.numpy(), {k: v.numpy() for k, v in previous.items()}, {k: v.numpy() for k, v in weights.items()}
    )
    for mine, his in ((ours, plain), (gates, plain_gates)):
        for key in mine:
            np.testing.assert_allclose(mine[key].numpy(), his[key], rtol=0, atol=1e-15)


@pytest.mark.parametrize("name", list(CELLS))
@pytest.mark.parametrize("seed", range(3))
def test_local_jacobian_equals_autograd(name, seed):
    """Each factor, put together into total derivatives, against autograd through `step`."""
    cell, _, _, previous, weights = setting(name, seed)
    chunks = len(cell.chunks)
    a_x, a_h = (torch.randn(B, chunks * H, dtype=torch.float64, requires_grad=True) for _ in range(2))
    leaves = {state: value.requires_grad_() for state, value in previous.items()}

    def forward(a_x, a_h, *states):
        past = dict(zip(cell.states, states, strict=True))
        return tuple(cell.update(cell.activate(a_x, a_h, past), past).values())

    gates = cell.activate(a_x, a_h, leaves)
    state = cell.update(gates, leaves)
    with torch.no_grad():
        local = cell.jacobian(gates, leaves, state, a_h)

    def total(factors, state_name, source):
        """d state / d source along all paths: its own, and through states read within the step."""
        value = factors.get((state_name, source), 0)
        for (reader, read), factor in local.within.items():
            if reader == state_name:
                value = value + factor * total(factors, read, source)
        return value

    for k, state_name in enumerate(cell.states):
        output = forward(a_x, a_h, *leaves.values())[k]
        grads = torch.autograd.grad(output.sum(), [a_x, a_h, *leaves.values()], materialize_grads=True)
        for n, chunk in enumerate(cell.chunks):
            block = slice(n * H, (n + 1) * H)
            for factors, grad in ((local.inputs, grads[0]), (local.recurrent, grads[1])):
                mine = torch.as_tensor(total(factors, state_name, chunk)) + torch.zeros(B, H)
                torch.testing.assert_close(mine.double(), grad[:, block], rtol=0, atol=1e-12)
        for source, grad in zip(cell.states, grads[2:], strict=True):
            mine = torch.as_tensor(total(local.carry, state_name, source)) + torch.zeros(B, H)
            torch.testing.assert_close(mine.double(), grad, rtol=0, atol=1e-12)


def test_extreme_preactivations_neither_overflow_nor_warn():
    cell = CELLS["lstm"]
    a = np.full((1, 4 * H), -1e4, dtype=np.float32)
    gates = cell.activate(a, 0 * a, {})
    assert np.array_equal(gates["f"], np.zeros((1, H))) and np.array_equal(gates["g"], -np.ones((1, H)))


@pytest.mark.parametrize("name", list(CELLS))
def test_every_gate_and_state_has_an_equation(name):
    cell = CELLS[name]
    assert {*cell.gates, *cell.states} <= {equation.quantity for equation in cell.equations}
    assert cell.keeps is None or cell.keeps in cell.gates
