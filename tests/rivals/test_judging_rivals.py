"""Loss and metric of rivals are those of runs: torch's own, and arithmetic by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnviz.config import ExperimentConfig
from rnnviz.objective import TensorBatch, measures
from rnnviz.rivals.judging import judge, judged_in
from rnnviz.rivals.result import clearly_apart
from rnnviz.tasks import TASKS, make_task
from rnnviz.tasks.base import Batch

CPU = torch.device("cpu")


def task_of(name, **settings):
    return make_task(ExperimentConfig(task=name, precision="float64", **{**TASKS[name].defaults, **settings}))


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        *[("adding", loss) for loss in ("mse", "mae", "huber")],
        ("mackey_glass", "task"),
        ("copy_memory", "task"),
        ("sentiment", "task"),
        ("tagging", "task"),
        ("digits_rows", "task"),
        ("translation", "task"),
        ("caption", "task"),
    ],
)
def test_judged_as_a_run_is(name, loss):
    task = task_of(name, loss=loss)
    batch = task.heldout(20)
    rng = np.random.default_rng(0)
    axes = batch.targets.shape[:1] if task.shape == "seq→vec" else batch.targets.shape[:2]
    outputs = 2 * rng.normal(size=(*axes, task.output_size))
    answers = (
        np.where(rng.random((len(batch.targets), 1)) < 0.5, batch.targets, 1) if task.metric == "exact_match" else None
    )
    told = judge(task, outputs, batch, answers)
    tensors = TensorBatch.of(batch, task, CPU)
    wanted = measures(task, torch.tensor(outputs), tensors, lambda _: torch.tensor(answers))
    assert (told.loss, told.metric) == pytest.approx(wanted[:2], rel=1e-12)
    assert len(told.scores) == len(batch.inputs)
    assert np.average(told.scores, weights=judged_in(task, batch).sum(1)) == pytest.approx(told.metric, rel=1e-12)


def test_logarithms_of_probabilities_cost_what_they_say():
    task = task_of("digits_rows")
    batch = task.heldout(5)
    probabilities = np.random.default_rng(1).dirichlet(np.ones(10), 5)
    wanted = functional.nll_loss(torch.tensor(np.log(probabilities)), torch.tensor(batch.targets))
    assert judge(task, np.log(probabilities), batch).loss == pytest.approx(float(wanted))


def test_scores_are_the_metric_of_each_sequence():
    task = task_of("copy_memory", length=2)
    batch = task.heldout(3)
    right = np.eye(task.output_size)[batch.targets]
    right[1, -1] = np.roll(right[1, -1], 1)  # one of the five that are judged
    right[2, 0] = np.roll(right[2, 0], 1)  # not judged
    assert judge(task, right, batch).scores == pytest.approx([1, 0.8, 1])


def test_what_does_not_count_is_not_judged():
    task = task_of("sine", length=3)
    targets = np.zeros((2, 3, 1))
    outputs = np.array([[1.0, 2.0, 9.0], [9.0, 4.0, 9.0]])[..., None]
    batch = Batch(targets, targets, counts=np.array([[True, True, False], [False, True, False]]))
    told = judge(task, outputs, batch)
    assert told.loss == told.metric == pytest.approx((1 + 4 + 16) / 3)
    assert told.scores == pytest.approx([2.5, 16])


def test_a_difference_is_clear_beyond_two_standard_errors():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=400)
    assert not clearly_apart(noise, noise)
    error = np.array([block.mean() for block in np.split(noise, 20)]).std(ddof=1) / np.sqrt(20)
    assert clearly_apart(noise - noise.mean() + 2.01 * error, np.zeros(400))
    assert not clearly_apart(noise - noise.mean() + 1.99 * error, np.zeros(400))


def test_a_sequence_weighs_as_much_as_outputs_of_it_are_judged():
    """Short sequences say one thing, long ones the other, and the metric is a mean over outputs."""
    rng = np.random.default_rng(0)
    long = np.arange(200) % 2 == 1
    difference = np.where(long, -1.0, 2.0) + rng.normal(0, 0.1, 200)
    weights = np.where(long, 40, 1)
    assert clearly_apart(difference, np.zeros(200))
    means = [np.average(difference[k : k + 10], weights=weights[k : k + 10]) for k in range(0, 200, 10)]
    error = np.std(means, ddof=1) / np.sqrt(20)
    metric = np.average(difference, weights=weights)
    assert metric < 0 < difference.mean()
    for far, clear in ((2.01, True), (1.99, False)):
        assert clearly_apart(difference - metric - far * error, np.zeros(200), weights=weights) == clear


def test_windows_that_all_overlap_tell_nobody_apart():
    assert clearly_apart(np.linspace(1, 1.1, 9), np.zeros(9))
    assert not clearly_apart(np.linspace(1, 1.1, 9), np.zeros(9), apart=1)


def test_neighbours_that_repeat_each_other_do_not_make_a_difference_clearer():
    few = np.random.default_rng(3).normal(0.3, 1, 20)
    assert not clearly_apart(few, np.zeros(20))
    assert not clearly_apart(np.repeat(few, 100), np.zeros(2000))
    shuffled = np.random.default_rng(0).permutation(np.repeat(few, 100))
    assert clearly_apart(shuffled, np.zeros(2000))  # as if they were independent
