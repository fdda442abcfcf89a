"""Each rival against what is known of it: closed forms, scikit-learn used directly, counts by hand."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import torch
import toys
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Column, Dataset
from rnnviz.rivals import RIVALS
from rnnviz.rivals.base import Budget
from rnnviz.rivals.constant import Constant
from rnnviz.rivals.examples import Window, gathered
from rnnviz.rivals.judging import judge
from rnnviz.rivals.linear import Linear
from rnnviz.rivals.networks import Convolution, FeedForward, Transformer
from rnnviz.rivals.ngram import NGram
from rnnviz.rivals.persistence import Persistence, echoed
from rnnviz.rivals.svm import SupportVectors
from rnnviz.tasks import TASKS, make_task
from rnnviz.tasks.base import Batch

BUDGET = Budget(steps=60, seconds=20, examples=2000)
QUICK = Budget(steps=3, seconds=1, examples=400)


def fitted(kind, task, budget=BUDGET):
    assert kind.refuses(task) == ""
    rival = kind(task, budget)
    rival.fit()
    return rival


def task_of(name, **settings):
    return make_task(ExperimentConfig(task=name, **{**TASKS[name].defaults, **settings}))


def kinds():
    for name, path in RIVALS.items():
        module, _, kind = path.partition(":")
        yield name, getattr(import_module(module), kind)


@pytest.mark.parametrize("task_name", [name for name, task in TASKS.items() if not task.needs_data])
def test_every_rival_does_every_task_or_says_why_not(task_name):
    task = task_of(task_name, batch_size=8)
    batch = task.heldout(6)
    done = 0
    for name, kind in kinds():
        why = kind.refuses(task)
        assert why == "" or why[0].islower() and not why.endswith(".")
        if why:
            continue
        rival = fitted(kind, task, QUICK)
        outputs = rival.outputs(batch)
        assert outputs.shape == (*batch.targets.shape[: 1 if task.shape == "seq→vec" else 2], task.output_size), name
        assert np.isfinite(outputs).all() and rival.parameters >= 0 and rival.label
        answers = rival.answers(batch) if task.metric == "exact_match" else None
        judged = judge(task, outputs, batch, answers)
        assert math.isfinite(judged.metric)
        done += 1
    assert done >= 2  # one that learns nothing, and one that learns


def test_the_constant_is_scikit_learns_dummy():
    task = task_of("adding", length=10)
    seen = gathered(task, BUDGET, BUDGET.examples)
    wanted = DummyRegressor().fit(seen.inputs[:, 0], seen.targets).predict([[0, 0]])
    assert fitted(Constant, task).outputs(task.heldout(1))[0] == pytest.approx(wanted)
    task = task_of("adding", length=10, loss="mae")
    wanted = DummyRegressor(strategy="median").fit(seen.inputs[:, 0], seen.targets).predict([[0, 0]])
    assert fitted(Constant, task).outputs(task.heldout(1))[0] == pytest.approx(wanted, rel=1e-6)
    task = task_of("digits_rows")
    seen = gathered(task, BUDGET, BUDGET.examples)
    wanted = DummyClassifier(strategy="prior").fit(seen.inputs[:, 0], seen.targets).predict_proba([[0] * 8])[0]
    assert np.exp(fitted(Constant, task).outputs(task.heldout(1))[0]) == pytest.approx(wanted)


@pytest.mark.parametrize("name", ["sine", "mackey_glass"])
def test_persistence_is_the_tasks_own_baseline(name):
    task = task_of(name)
    batch = task.heldout(4000)
    found = judge(task, fitted(Persistence, task).outputs(batch), batch).loss
    assert found == pytest.approx(task.baseline, rel=0.03)  # the sine's is over all phases


@pytest.mark.parametrize("ahead", [1, 3])
def test_persistence_finds_the_column_that_is_predicted(ahead):
    task = toys.Waves(toys.config(horizon=ahead))
    assert echoed(task) == [1]
    batch = task.heldout(4)
    assert np.array_equal(fitted(Persistence, task).outputs(batch)[..., 0], batch.inputs[..., 1])
    assert Persistence.refuses(task_of("noise")) and Persistence.refuses(task_of("adding"))


def table(lengths, gaps=(), **settings):
    """Sequences of `lengths` rows of a wave around 3, which `gaps` are missing of; as an uploaded task's."""
    wave = 3 + np.sin(np.arange(sum(lengths)) / 5)
    wave[list(gaps)] = np.nan
    column = Column("a", "number", wave)
    data = Dataset("wave.csv", (column,), np.append(0, np.cumsum(lengths)), ())
    settings = {"length": 10, "batch_size": 4, "scaling": "none", "missing": "mask", "targets": (0,), **settings}
    return make_task(ExperimentConfig(task="uploaded", **settings), data)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_missing_in_a_few_batches_is_learned_in_none(seed):
    """Most batches are whole and say nothing of it; a missing target stands as 0, and no other number does."""
    task = table([400], gaps=[100], seed=seed)
    seen = gathered(task, BUDGET, BUDGET.examples)
    assert not seen.counts.all()
    assert np.array_equal(seen.counts, seen.targets[..., 0] != 0)
    assert fitted(Constant, task).output == pytest.approx(seen.targets[seen.targets != 0].mean())


def test_short_sequences_are_known_among_whole_ones():
    class Silent(toys.Pairs):
        def sample(self, rng, size, split):
            batch = super().sample(rng, size, split)
            return replace(batch, lengths=None) if (batch.lengths == self.time_steps).all() else batch

    settings = toys.config(length=5, batch_size=1)
    found, wanted = (gathered(kind(settings), BUDGET, 60) for kind in (Silent, toys.Pairs))
    assert np.array_equal(found.lengths, wanted.lengths) and np.array_equal(found.inputs, wanted.inputs)


def test_persistence_looks_at_no_padding():
    """A sequence as long as a window has no row to come after its last time step."""
    task = table([100, 50, 30, 220], length=30)
    assert echoed(task) == [0] and Persistence.refuses(task) == ""
    batch = task.heldout()
    assert batch.lengths is not None and batch.lengths.min() < batch.inputs.shape[1]


def test_linear_autoregression_solves_sines_once_it_has_seen_enough():
    """A sum of two sines obeys a linear recursion over four values; fewer do not say the phases."""
    task = task_of("sine", length=30, precision="float64")
    batch = task.heldout(50)
    errors = (fitted(Linear, task).outputs(batch) - batch.targets)[..., 0] ** 2
    assert errors[:, 4:].max() < 1e-8
    assert errors[:, :3].mean(0).min() > 1e-3
    # of one value x the best guess is r x, r the correlation of neighbours: it leaves variance · (1 - r²)
    variances, periods = np.array([0.5, 0.125]), np.array([25, 10])
    correlation = (variances * np.cos(2 * np.pi / periods)).sum() / variances.sum()
    assert errors[:, 0].mean() == pytest.approx(0.625 * (1 - correlation**2), rel=0.25)


def test_linear_uses_every_column_and_the_horizon():
    task = toys.Waves(toys.config(horizon=2))
    rival = fitted(Linear, task)
    batch = task.heldout(20)
    assert rival.outputs(batch) == pytest.approx(batch.targets, abs=1e-4)  # cosine and sine of an angle say it all
    assert rival.parameters == sum(2 * k + 1 for k in range(1, 13))


def test_classifiers_are_scikit_learns_on_the_whole_image():
    task = task_of("digits_rows")
    seen, held = gathered(task, BUDGET, 4000), task.heldout(100)
    x, y, new = seen.inputs.reshape(-1, 64), seen.targets, held.inputs.reshape(-1, 64)
    for kind, plain in ((Linear, LogisticRegression(max_iter=300)), (SupportVectors, SVC(C=10))):
        found = fitted(kind, task, replace(BUDGET, examples=4000)).outputs(held).argmax(1)
        wanted = make_pipeline(StandardScaler(), plain).fit(x, y).predict(new)
        assert (found == wanted).mean() >= 0.98  # the order of rows decides where the solver stops
        assert (found == held.targets).mean() > 0.85


def test_ngram_counts_by_hand():
    """ "abab c": what followed a, b and c, smoothed as Witten and Bell say."""
    task = toys.Symbols(toys.config())
    rival = NGram(task, BUDGET)
    text = np.array([[0, 1, 0, 1, 2]])
    rival._seen = lambda: (text[:, :-1], text[:, 1:], np.ones((1, 4), bool))
    rival.fit()
    assert rival.parameters == 3 + 3 + 3 + 2 + 1  # different contexts of 0, 1, 2, 3 and 4 symbols with what followed
    # b twice, a and c once among four, three kinds: (n + 3/3) / (4 + 3)
    plain = np.array([2, 3, 2]) / 7
    after_b = (np.array([1, 0, 1]) + 2 * plain) / (2 + 2)
    after_a = (np.array([0, 2, 0]) + 1 * plain) / (2 + 1)
    after_ab = (np.array([1, 0, 1]) + 2 * after_b) / (2 + 2)
    found = np.exp(rival.outputs(Batch(np.array([[0, 1]]), np.zeros((1, 2), int))))[0]
    assert found == pytest.approx(np.array([after_a, after_ab]))
    never = np.exp(rival.outputs(Batch(np.array([[2, 2]]), np.zeros((1, 2), int))))[0]
    assert never == pytest.approx(np.array([plain, plain]))  # after c nothing was seen


def test_ngram_is_the_slow_way_of_counting():
    task = toys.Symbols(toys.config(length=9))
    rival = fitted(NGram, task, replace(BUDGET, steps=4, examples=100))
    seen = gathered(task, replace(BUDGET, steps=4, examples=100), 2000)

    def slow(context):
        followers = Counter()
        for row, targets in zip(seen.inputs, seen.targets, strict=True):
            for t in range(len(row)):
                if t + 1 >= len(context) and tuple(row[t + 1 - len(context) : t + 1]) == context:
                    followers[targets[t]] += 1
        shorter = slow(context[1:]) if context else np.full(3, 1 / 3)
        counts = np.array([followers[k] for k in range(3)])
        return (counts + len(followers) * shorter) / (counts.sum() + len(followers)) if followers else shorter

    batch = task.heldout(3)
    found = np.exp(rival.outputs(batch))
    for k, row in enumerate(batch.inputs):
        for t in range(9):
            assert found[k, t] == pytest.approx(slow(tuple(row[max(0, t - 4) : t + 1])), rel=1e-9)


@pytest.mark.parametrize("ahead", [1, 2])
def test_ngram_counts_a_visitors_texts_whole(ahead):
    """Every symbol of the training part once, none after the end of a text before."""
    rng = np.random.default_rng(0)
    texts = tuple("".join(rng.choice(list("abc"), rng.integers(3, 60), p=[0.6, 0.3, 0.1])) for _ in range(8))
    column = Column("text", "text", np.arange(8), texts)
    config = ExperimentConfig(task="uploaded", columns=(0,), unit="characters", length=6, horizon=ahead, batch_size=4)
    task = make_task(config, Dataset("t.csv", (column,), np.array([0, 8]), ()))
    part, followers = task.prepared.parts["train"], Counter()
    for first, last in zip(part.bounds[:-1], part.bounds[1:], strict=True):
        text = part.inputs[first:last].tolist()
        followers.update((tuple(text[t - 1 : t + 1]), text[t + ahead]) for t in range(1, len(text) - ahead))
    assert len(part.bounds) > 4 and len(followers) > 6
    rival = fitted(NGram, task)
    symbols = np.array([[a, b] for a in range(3) for b in range(3)])
    counts = np.array([[followers[tuple(pair), k] for k in range(task.output_size)] for pair in symbols.tolist()])
    seen, different = counts.sum(1, keepdims=True), (counts > 0).sum(1, keepdims=True)
    shorter = np.full((9, 2, task.output_size), 1 / task.output_size)
    for order in rival.tables[:2]:
        order.refine(symbols, shorter)
    found = np.exp(rival.outputs(Batch(symbols, np.zeros((9, 2), int))))[:, 1]
    assert found == pytest.approx((counts + different * shorter[:, 1]) / np.maximum(seen + different, 1))


def test_ngram_reaches_the_entropy_of_a_walk():
    task = toys.Symbols(toys.config(length=30, batch_size=64))
    batch = task.heldout(300)
    entropy = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    assert judge(task, fitted(NGram, task).outputs(batch), batch).loss == pytest.approx(entropy, rel=0.1)


def test_a_writer_without_a_source_says_the_same_to_everybody():
    task = task_of("translation")
    batch = task.heldout(20)
    rival = fitted(NGram, task)
    answers = rival.answers(batch)
    assert answers.shape == batch.targets.shape and len(np.unique(answers, axis=0)) == 1
    constant = fitted(Constant, task)
    plain = judge(task, constant.outputs(batch), batch, constant.answers(batch))
    assert judge(task, rival.outputs(batch), batch, answers).loss < 0.8 * plain.loss


@pytest.mark.parametrize("name", ["bag", "cnn"])
def test_what_sees_neighbours_finds_the_pair(name):
    task = toys.Pairs(toys.config(batch_size=64))
    kind = dict(kinds())[name]
    batch = task.heldout(300)
    assert judge(task, fitted(kind, task, replace(BUDGET, steps=150)).outputs(batch), batch).metric > 0.95


@pytest.mark.parametrize("kind", [FeedForward, Convolution, Transformer, Linear, NGram])
def test_nobody_sees_the_future(kind):
    task = toys.Symbols(toys.config()) if kind is NGram else task_of("sine", length=12, batch_size=4)
    rival = fitted(kind, task, QUICK)
    batch = task.heldout(5)
    later = batch.inputs.copy()
    later[:, 7:] = 0
    found, other = rival.outputs(batch), rival.outputs(replace(batch, inputs=later))
    assert found[:, :7] == pytest.approx(other[:, :7], abs=1e-6)
    assert not np.allclose(found[:, 7:], other[:, 7:])


@pytest.mark.parametrize("kind", [FeedForward, Convolution, Transformer])
def test_padding_says_nothing(kind):
    task = toys.Pairs(toys.config())
    rival = fitted(kind, task, QUICK)
    batch = task.heldout(20)
    filled = np.where(np.arange(12) < batch.lengths[:, None], batch.inputs, 3)
    assert rival.outputs(batch) == pytest.approx(rival.outputs(replace(batch, inputs=filled)), abs=1e-9)


@pytest.mark.parametrize(("kind", "reach"), [(FeedForward, 20), (Convolution, 31)])
def test_a_window_ends_where_it_says(kind, reach):
    task = task_of("sine", length=40, batch_size=4)
    rival = fitted(kind, task, QUICK)
    inputs = torch.tensor(task.heldout(1).inputs, dtype=torch.float32, requires_grad=True)
    rival.model(inputs, None)[0, -1].sum().backward()
    seen = np.flatnonzero(inputs.grad[0, :, 0].numpy())
    assert seen.min() == 40 - reach and seen.max() == 39


def test_parameters_are_counted():
    task = task_of("sine", length=40)
    assert fitted(FeedForward, task, QUICK).parameters == (20 * 2 + 1) * 64 + 65
    assert fitted(Convolution, task, QUICK).parameters == 2 * 32 + 4 * (32 * 32 * 3 + 32) + 33
    layer = 4 * (32 * 32 + 32) + (32 * 64 + 64) + (64 * 32 + 32) + 2 * 64
    assert fitted(Transformer, task, QUICK).parameters == 2 * 32 + 2 * layer + 64 + 33


def test_the_same_seed_gives_the_same_net_and_no_random_state_moves():
    task, before = task_of("sine", length=10), torch.get_rng_state()
    one, other = fitted(Convolution, task, QUICK), fitted(Convolution, task, QUICK)
    assert np.array_equal(one.outputs(task.heldout(3)), other.outputs(task.heldout(3)))
    assert torch.equal(before, torch.get_rng_state())


def test_a_net_stops_when_its_time_is_over():
    task = task_of("sine", length=10)
    rival = fitted(Convolution, task, Budget(steps=1_000_000, seconds=0.1))
    assert "then its time was over" in rival.note
    assert "0 steps" in (note := fitted(Convolution, task, Budget(steps=1000, until=0)).note) and "busy" in note


def test_a_window_is_filled_from_the_left_and_says_what_there_was():
    window = Window(3, 1, False)
    inputs = np.arange(1.0, 6).reshape(1, 5, 1)
    rows = window.rows(inputs, np.zeros(2, int), np.array([0, 3]))
    assert rows.tolist() == [[0, 0, 1, 0, 0], [2, 3, 4, 1, 1]]
    tokens = Window(2, 3, True).rows(np.array([[2, 0]]), np.zeros(2, int), np.array([0, 1]))
    assert tokens.tolist() == [[0, 0, 0, 0, 0, 1, 0], [0, 0, 1, 1, 0, 0, 1]]


def test_sequences_are_gathered_once_and_filled_up():
    task = toys.Pairs(toys.config())
    seen = gathered(task, BUDGET, 10_000)
    together = [task.batch(k) for k in range(BUDGET.steps)]
    unique = {row.tobytes() for batch in together for row in batch.inputs}
    assert len(seen.inputs) == len(unique) and seen.lengths.max() <= 12
