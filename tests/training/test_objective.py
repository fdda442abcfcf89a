"""Loss and metric: what counts, over chunks, against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_runs import small

from rnnviz.model import Model
from rnnviz.objective import TensorBatch, loss_of, measures
from rnnviz.tasks import TASKS, make_task
from rnnviz.tasks.base import Batch, Task
from rnnviz.training import evaluate, start


class Marked(Task):
    """Sequences of several lengths, and only some outputs count. loss and metric are set by the test."""

    shape = "seq→seq"
    input_size = output_size = 3

    def sample(self, rng, size, split):
        x = rng.standard_normal((size, 6, 3))
        targets = rng.standard_normal((size, 6, 3)) if self.loss == "mse" else rng.integers(0, 3, (size, 6))
        lengths = rng.integers(1, 7, size)
        counts = rng.random((size, 6)) < 0.5 if self.data == "counts" else None
        return Batch(x, targets, counts, lengths)


def by_hand(task, outputs, batch):
    """Loss and metric of all that counts, one output at a time."""
    losses, metrics = [], []
    for b, t in np.ndindex(outputs.shape[:2]):
        counts = t < batch.lengths[b] if batch.counts is None else batch.counts[b, t]
        if not counts:
            continue
        y, target = outputs[b, t], batch.targets[b, t]
        if task.loss == "mse":
            losses.append(((y - target) ** 2).mean())
            metrics.append(losses[-1])
        else:
            losses.append(np.log(np.exp(y).sum()) - y[target])
            metrics.append(float(y.argmax() == target))
    return np.mean(losses), np.mean(metrics)


@pytest.mark.parametrize("what", ["counts", "lengths"])
@pytest.mark.parametrize("loss, metric", [("mse", "mse"), ("cross_entropy", "accuracy")])
def test_only_what_counts(monkeypatch, what, loss, metric):
    monkeypatch.setitem(TASKS._entries, "marked", Marked)
    monkeypatch.setattr(Marked, "loss", loss)
    monkeypatch.setattr(Marked, "metric", metric)
    config = small(task="marked", precision="float64", bidirectional=True)
    run, task = start(config, what), make_task(config, what)
    batch = task.heldout(600)  # three chunks, of 256, 256 and 88
    model = Model(config, task, run.weights)
    outputs = model(torch.tensor(batch.inputs), torch.tensor(batch.lengths)).detach().numpy()
    expected = by_hand(task, outputs, batch)
    np.testing.assert_allclose(evaluate(run, 600), expected, rtol=1e-12)
    tensors = TensorBatch.of(batch, task, torch.device("cpu"))
    assert measures(task, torch.tensor(outputs), tensors)[:2] == pytest.approx(expected, rel=1e-12)
    assert loss_of(task, torch.tensor(outputs), tensors).item() == pytest.approx(expected[0], rel=1e-12)


@pytest.mark.parametrize("name", ["adding", "digits_rows"])
def test_one_output_a_sequence(name):
    config = small(task=name, precision="float64")
    task = make_task(config)
    batch = task.heldout(50)
    outputs = np.random.default_rng(0).standard_normal((50, task.output_size))
    wrapped = Batch(batch.inputs, batch.targets[:, None], lengths=np.ones(50, int))
    expected = by_hand(task, outputs[:, None], wrapped)
    tensors = TensorBatch.of(batch, task, torch.device("cpu"))
    assert measures(task, torch.tensor(outputs), tensors)[:2] == pytest.approx(expected, rel=1e-12)
