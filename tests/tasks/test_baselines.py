"""Baselines against something that does not share their code: Monte Carlo, entropies, naive loops."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from test_tasks_registry import PROSE, SERIES, made

from rnnviz.config import ExperimentConfig
from rnnviz.data import Dataset
from rnnviz.tasks import TASKS, make_task

MANY = 20_000


def repeated_last_value(task, size: int = 5000) -> float:
    """Mean squared error of the persistence forecast, one window and one time step at a time."""
    batch = task.heldout(size)
    column = slice(0, task.output_size)
    errors = []
    for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
        for x, y in zip(inputs, targets, strict=True):
            errors.append(np.mean((x[column] - y) ** 2))
    return float(np.mean(errors))


def constant_guess(task) -> float:
    """The best constant under the task's loss, found on many fresh sequences."""
    targets = task.heldout(MANY).targets
    if task.loss == "mse":
        return float(np.var(targets, axis=0).mean())
    share = np.bincount(targets.ravel()) / targets.size
    return float(-np.sum(share * np.log(share)))


@pytest.mark.parametrize("name", ["adding", "temporal_order", "noise"])
def test_best_constant_guess(name):
    task = made(name, SERIES, precision="float64")
    assert task.baseline == pytest.approx(constant_guess(task), rel=0.03)


def test_digits_are_almost_equally_frequent():
    assert made("digits_rows", SERIES).baseline == pytest.approx(constant_guess(made("digits_rows", SERIES)), rel=0.01)


def test_adding_baseline_is_one_sixth():
    assert TASKS["adding"].baseline == pytest.approx(1 / 6, abs=1e-15)


@pytest.mark.parametrize(("delay", "published"), [(20, 5 * math.log(4) / 30), (100, 5 * math.log(4) / 110)])
def test_copy_baseline_guesses_symbols_and_knows_blanks(delay, published):
    task = made("copy_memory", SERIES, length=delay)
    assert task.baseline == pytest.approx(published, rel=1e-12)
    targets = task.heldout(MANY).targets
    # per time step, the entropy of what stands there over many sequences
    entropies = []
    for column in targets.T:
        share = np.bincount(column) / len(column)
        entropies.append(-np.sum(share[share > 0] * np.log(share[share > 0])))
    assert task.baseline == pytest.approx(np.mean(entropies), rel=0.01)


@pytest.mark.parametrize("name", ["sine", "mackey_glass", "uploaded"])
def test_persistence(name):
    task = made(name, SERIES, precision="float64")
    exact = name != "sine"  # random phases: the closed form is the mean over all of them
    assert task.baseline == pytest.approx(repeated_last_value(task, 2000), rel=1e-9 if exact else 0.03)


def test_stocks_baseline_is_the_mean_change():
    task = made("stocks", SERIES, precision="float64")
    assert task.baseline == pytest.approx(np.mean(task.heldout(500).targets ** 2), rel=1e-9)


def test_mackey_glass_persistence_is_the_known_one():
    # one-step NRMSE of repeating the last value on this series, tau 17: .145
    assert math.sqrt(made("mackey_glass", SERIES).baseline) == pytest.approx(0.145, abs=0.003)


@pytest.mark.parametrize(("name", "data"), [("text", SERIES), ("uploaded", PROSE)])
def test_guessing_characters_by_frequency(name, data):
    task = made(name, data)
    if name == "text":
        parts = task.split.train, task.split.heldout
    else:
        parts = task.prepared.parts["train"].inputs, task.prepared.parts["heldout"].inputs
    train, heldout = (Counter(part.tolist()) for part in parts)
    total = sum(train.values()) + task.output_size
    loss = -sum(n * math.log((train[token] + 1) / total) for token, n in heldout.items()) / sum(heldout.values())
    assert task.baseline == pytest.approx(loss, rel=1e-9)


def test_text_baseline_is_what_english_source_has():
    # unigram entropy of Python source: about 4.5 bits
    assert made("text", SERIES).baseline / math.log(2) == pytest.approx(4.48, abs=0.15)


def test_uploaded_baseline_is_of_the_target_column_alone():
    values = np.stack([np.arange(100.0), np.tile([0.0, 1.0], 50)], axis=1)
    data = Dataset.of_numbers("two.csv", ("slope", "flip"), values)
    config = ExperimentConfig(task="uploaded", length=5, columns=(0, 1), targets=(1,))
    # z-scored 0/1 alternates between -1 and 1: each step costs 2^2
    assert make_task(config, data).baseline == pytest.approx(4.0)
