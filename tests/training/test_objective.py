"""Loss and metric: what counts, over chunks, against plain numpy; gradients against finite differences."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from small_runs import arrays, small

from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.glossary import GLOSSARY
from rnnviz.losses import LOSSES, effective_loss, fitting_losses
from rnnviz.model import Model
from rnnviz.objective import TensorBatch, loss_of, measures
from rnnviz.tasks import TASKS, make_task
from rnnviz.tasks.base import Batch, Task
from rnnviz.trainer import Trainer, device_named
from rnnviz.training import advance, evaluate, observe, start

# One output against its target, by the definitions.
BY_HAND = {
    "mse": lambda y, target: np.mean((y - target) ** 2),
    "mae": lambda y, target: np.mean(np.abs(y - target)),
    "huber": lambda y, target: np.mean([e * e / 2 if e <= 1 else e - 0.5 for e in np.abs(y - target)]),
    "cross_entropy": lambda y, target: np.log(np.exp(y).sum()) - y[target],
}


class Marked(Task):
    """Sequences of several lengths, and only some outputs count. loss and metric are set by the test."""

    shape = "seq→seq"
    input_size = output_size = 3

    def sample(self, rng, size, split):
        x = rng.standard_normal((size, 6, 3))
        targets = rng.integers(0, 3, (size, 6)) if self.metric == "accuracy" else 2 * rng.standard_normal((size, 6, 3))
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
        losses.append(BY_HAND[task.loss](y, target))
        metrics.append(float(y.argmax() == target) if task.metric == "accuracy" else BY_HAND["mse"](y, target))
    return np.mean(losses), np.mean(metrics)


def marked(monkeypatch, loss, what):
    """A configuration of `Marked`, which is for classes or for numbers as the loss is."""
    monkeypatch.setitem(TASKS._entries, "marked", Marked)
    classes = LOSSES[loss].targets == "classes"
    monkeypatch.setattr(Marked, "loss", "cross_entropy" if classes else "mse")
    monkeypatch.setattr(Marked, "metric", "accuracy" if classes else "mse")
    config = small(task="marked", precision="float64", bidirectional=True, loss=loss)
    return config, make_task(config, what)


@pytest.mark.parametrize("what", ["counts", "lengths"])
@pytest.mark.parametrize("loss", LOSSES)
def test_only_what_counts(monkeypatch, what, loss):
    config, task = marked(monkeypatch, loss, what)
    run = start(config, what)
    batch = task.heldout(600)  # three chunks, of 256, 256 and 88
    model = Model(config, task, run.weights)
    outputs = model(torch.tensor(batch.inputs), torch.tensor(batch.lengths)).detach().numpy()
    expected = by_hand(task, outputs, batch)
    np.testing.assert_allclose(evaluate(run, 600), expected, rtol=1e-12)
    tensors = TensorBatch.of(batch, task, torch.device("cpu"))
    assert measures(task, torch.tensor(outputs), tensors)[:2] == pytest.approx(expected, rel=1e-12)
    assert loss_of(task, torch.tensor(outputs), tensors).item() == pytest.approx(expected[0], rel=1e-12)


@pytest.mark.parametrize("what", ["counts", "lengths", "all"])
@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_the_slopes_of_the_loss(monkeypatch, what, loss):
    _, task = marked(monkeypatch, loss, what)
    batch = task.heldout(3)
    if what == "all":
        batch = replace(batch, lengths=None)
    tensors = TensorBatch.of(batch, task, torch.device("cpu"))
    y = 2 * np.random.default_rng(1).standard_normal((3, 6, 3))
    outputs = torch.tensor(y, requires_grad=True)
    loss_of(task, outputs, tensors).backward()
    found, h = outputs.grad.numpy(), 1e-6
    whole = replace(batch, lengths=np.full(3, 6) if batch.lengths is None else batch.lengths)
    for index in np.ndindex(y.shape):
        up, down = y.copy(), y.copy()
        up[index] += h
        down[index] -= h
        slope = (by_hand(task, up, whole)[0] - by_hand(task, down, whole)[0]) / (2 * h)
        assert found[index] == pytest.approx(slope, abs=1e-8)
    if what != "all":  # something does not count, and nothing pulls there
        there = batch.counts if what == "counts" else np.arange(6) < batch.lengths[:, None]
        assert not there.all() and not found[~there].any() and found[there].any()


@pytest.mark.parametrize("name", LOSSES)
def test_the_limit_means_outputs_about_thirty_times_as_far_off(name):
    far = {"numbers": np.array([0.7]), "classes": np.array([0.0, 2.0])}[LOSSES[name].targets]
    target = {"numbers": 0.0, "classes": 0}[LOSSES[name].targets]
    ratio = BY_HAND[name](30 * far, target) / BY_HAND[name](far, target)
    assert ratio / 2 < LOSSES[name].limit < 2 * ratio


def test_a_setting_for_every_loss_and_words_for_each():
    choices = next(f.metadata["choices"] for f in fields(ExperimentConfig) if f.name == "loss")
    assert choices == ("task", *LOSSES)
    assert all(GLOSSARY[name].label == loss.label for name, loss in LOSSES.items())
    assert {task.loss for task in TASKS.values()} <= set(LOSSES)


@pytest.mark.parametrize("own", LOSSES)
@pytest.mark.parametrize("asked", LOSSES)
def test_a_loss_fits_the_targets_or_is_refused(own, asked):
    config = small(loss=asked)
    assert effective_loss(small(), own) == own
    if LOSSES[own].targets == LOSSES[asked].targets:
        assert effective_loss(config, own) == asked and asked in fitting_losses(own)
    else:
        with pytest.raises(ConfigError, match=f"loss is '{asked}'.*{LOSSES[own].targets}.*task, .*{own}"):
            effective_loss(config, own)


def test_a_task_of_another_loss_has_no_baseline():
    own, same, other = (make_task(small(loss=name)) for name in ("task", "mse", "mae"))
    assert own.loss == same.loss == "mse" and own.baseline == same.baseline > 0 and own.baseline_words
    assert other.loss == "mae" and other.baseline is None and other.baseline_words == ""
    assert type(own).loss == "mse" and type(own).baseline is not None  # the class is as it was
    with pytest.raises(ConfigError, match="classes"):
        make_task(small(task="copy_memory", loss="huber"))
    with pytest.raises(ConfigError, match="loss is 'hinge'"):
        small(loss="hinge")


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_training_checks_and_recordings_use_the_loss_asked_for(loss):
    config = small(loss=loss, precision="float64", clip="off")
    first = start(config)
    run = advance(first, steps=32)
    task = make_task(config)
    batch, model = task.batch(0), Model(config, task, first.weights)
    outputs = model(torch.tensor(batch.inputs), None).detach().numpy()
    assert run.history.loss[0] == pytest.approx(BY_HAND[loss](outputs.ravel(), batch.targets.ravel()), rel=1e-12)
    assert run.history.checked[-1] == 32
    assert (run.history.heldout_loss[-1], run.history.metric[-1]) == evaluate(run, 8)
    assert (run.history.heldout_loss[-1] == run.history.metric[-1]) == (loss == "mse")
    trace = observe(run)
    error = trace.outputs - trace.targets.reshape(trace.outputs.shape)
    assert trace.loss == pytest.approx(BY_HAND[loss](trace.outputs.ravel(), trace.targets.ravel()), rel=1e-12)
    pull = {"mse": 2 * error, "mae": np.sign(error), "huber": np.clip(error, -1, 1)}[loss] / len(error)
    entering = (trace.final_state_grads or {}).get("h")
    entering = trace.output_grads[:, -1] if entering is None else entering[-1]
    np.testing.assert_allclose(entering, pull @ run.weights["readout.weight"], rtol=1e-10, atol=1e-15)


def test_the_tasks_own_loss_by_its_name_changes_no_number():
    own, named = (advance(start(small(loss=name)), steps=30) for name in ("task", "mse"))
    a, b = dict(arrays(own)), dict(arrays(named))
    assert list(a) == list(b) and all(np.array_equal(a[name], b[name]) for name in a)


def test_divergence_is_judged_by_the_loss_asked_for():
    run = advance(start(small(loss="mae")), steps=1)
    trainer = Trainer(run, device_named("cpu"))
    first = max(1.0, run.history.loss[0])
    assert trainer._divergence(29.9 * first, 1.0) is None
    assert "30 times" in trainer._divergence(30.1 * first, 1.0).what


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
