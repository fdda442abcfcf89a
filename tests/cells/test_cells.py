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
    """A cell, an input, previous states and weights, in float64."""
    torch.manual_seed(seed)
    cell = CELLS[name]
    rows = len(cell.chunks) * H
    shapes = {"weight_ih": (rows, D), "weight_hh": (rows, H), "bias_ih": (rows,), "bias_hh": (rows,)}
    weights = {kind: torch.randn(shape, dtype=torch.float64) for kind, shape in shapes.items()}
    previous = {state: torch.randn(B, H, dtype=torch.float64) for state in cell.states}
    return cell, torch.randn(B, D, dtype=torch.float64), previous, weights


def test_every_fused_cell_is_compared_with_torch():
    assert list(TWINS) == [name for name, cell in CELLS.items() if cell.fused]


@pytest.mark.parametrize("name", TWINS)
def test_step_equals_torch(name):
    cell, x, previous, weights = setting(name)
    twin = TWINS[name](D, H).double()
    twin.load_state_dict(weights)
    hx = tuple(previous.values()) if len(previous) > 1 else previous["h"]
    theirs = twin(x, hx)
    ours, gates = cell.step(x, previous, weights)
    for mine, his in zip(ours.values(), theirs if isinstance(theirs, tuple) else (theirs,), strict=True):
        torch.testing.assert_close(mine, his, rtol=0, atol=1e-14)
    assert tuple(gates) == cell.gates


@pytest.mark.parametrize("name", list(CELLS))
def test_numpy_and_torch_agree(name):
    cell, x, previous, weights = setting(name)
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
    """Each factor, put together into total derivatives, against autograd through `activate` and `update`.

    Where W_hh reads something else than h, its product stands for a variable of its own here.
    """
    cell, _, previous, _ = setting(name, seed)
    chunks = len(cell.chunks)
    a_x, a_h = (torch.randn(B, chunks * H, dtype=torch.float64, requires_grad=True) for _ in range(2))
    leaves = {state: value.requires_grad_() for state, value in previous.items()}
    read = {}

    def given(a_h):
        if not cell.reads:
            return a_h

        def product(chunk, value):
            return lambda u: read.update({chunk: u}) or value

        pairs = zip(cell.chunks, cell.split(a_h), strict=True)
        return [product(chunk, value) if chunk in cell.reads else value for chunk, value in pairs]

    def forward(a_x, a_h, *states):
        past = dict(zip(cell.states, states, strict=True))
        return tuple(cell.update(cell.activate(a_x, given(a_h), past), past).values())

    gates = cell.activate(a_x, given(a_h), leaves)
    state = cell.update(gates, leaves)
    with torch.no_grad():
        local = cell.jacobian(gates, leaves, state, given(a_h))

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

    assert set(local.reads) == set(read) == set(cell.reads)
    for chunk, mine in local.reads.items():
        torch.testing.assert_close(mine.value, read[chunk], rtol=0, atol=1e-14)
        by_x, by_h, past = torch.autograd.grad(read[chunk].sum(), [a_x, a_h, leaves["h"]])
        torch.testing.assert_close(mine.past, past, rtol=0, atol=1e-12)
        for n, gate in enumerate(cell.chunks):
            expected = mine.chunks.get(gate, torch.zeros(B, H, dtype=torch.float64))
            for grad in (by_x, by_h):
                torch.testing.assert_close(expected, grad[:, n * H : (n + 1) * H], rtol=0, atol=1e-12)


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
