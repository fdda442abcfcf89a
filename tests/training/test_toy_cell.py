"""A cell without a fused twin, listed in the registry here: it trains through the loop and is recorded."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_runs import assert_equal, small

from rnnviz.cells import CELLS
from rnnviz.cells.base import Cell, LocalJacobian
from rnnviz.cells.ops import sigmoid, tanh
from rnnviz.loop import Loop
from rnnviz.model import Model
from rnnviz.run import Run
from rnnviz.tasks import make_task
from rnnviz.training import advance, observe, start


class Leaky(Cell):
    """c_t = k c_{t-1} + (1 - k) g, h_t = tanh(c_t): one gate and two states."""

    name, label = "leaky", "Leaky"
    states, gates, chunks = ("h", "c"), ("k", "g"), ("k", "g")
    keeps, bias_setting = "k", "forget_bias"

    def activate(self, a_x, a_h, previous):
        a_k, a_g = self.split(a_x + a_h)
        return {"k": sigmoid(a_k), "g": tanh(a_g)}

    def update(self, gates, previous):
        k, g = gates["k"], gates["g"]
        c = k * previous["c"] + (1 - k) * g
        return {"h": tanh(c), "c": c}

    def jacobian(self, gates, previous, state, a_h):
        k, g = gates["k"], gates["g"]
        paths = {("c", "k"): (previous["c"] - g) * k * (1 - k), ("c", "g"): (1 - k) * (1 - g**2)}
        return LocalJacobian(paths, paths, carry={("c", "c"): k}, within={("h", "c"): 1 - state["h"] ** 2})


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    monkeypatch.setitem(CELLS._entries, "leaky", Leaky())


def test_trains_and_resumes():
    config = small(cell="leaky", num_layers=2, dropout=0.3, bidirectional=True, forget_bias=2.0, learning_rate=0.02)
    run = start(config)
    assert np.array_equal(run.weights["rnn.bias_ih_l1"][:5], np.full(5, 2.0, np.float32))
    whole = advance(run, steps=60)
    half = Run.from_bytes(advance(start(config), steps=30).to_bytes())
    assert_equal(whole, advance(half, steps=30))


def test_learns():
    config = small(cell="leaky", task="sine", hidden_size=12, batch_size=16, length=20, learning_rate=0.02)
    run = advance(start(config), steps=150)
    assert run.history.heldout_loss[-1] < 0.2 * run.history.heldout_loss[0]


@pytest.mark.parametrize("shape", [{"num_layers": 2, "bidirectional": True}, {}])
def test_recorded_gradients_are_autograds(shape):
    config = small(cell="leaky", precision="float64", **shape)
    run = advance(start(config), steps=3)
    trace, task = observe(run), make_task(config)
    model, batch = Model(config, task, run.weights), task.probe()
    assert isinstance(model.rnn, Loop)
    # the gradient of every weight, from the trace's own totals, against autograd
    x, y = torch.tensor(batch.inputs).double(), torch.tensor(batch.targets).double()
    x.requires_grad_()
    loss = ((model(x) - y) ** 2).mean()
    loss.backward()
    assert trace.loss == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(trace.input_grads, x.grad.numpy(), atol=1e-12)
    output, _ = model.rnn(x)
    np.testing.assert_allclose(trace.states["h"][-1], output[..., -5:].detach().numpy(), atol=1e-12)
    assert set(trace.gates) == {"k", "g"} and np.abs(trace.state_grads["c"]).max() > 0
