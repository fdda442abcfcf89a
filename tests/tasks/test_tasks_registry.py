"""What every task promises, checked for every entry of the registry."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.config import ExperimentConfig, defaults
from rnnviz.data.dataset import Column, Dataset
from rnnviz.shapes import SHAPES
from rnnviz.tasks import TASKS, Task, corpus_fingerprint, make_task, named_data

SERIES = Dataset.of_numbers("walk.csv", ("a", "b", "c"), np.random.default_rng(3).normal(size=(400, 3)).cumsum(axis=0))
PROSE = Dataset.of_text("prose.txt", "the quick brown fox jumps over the lazy dog\n" * 40)
SESSIONS = Dataset(  # twenty recordings of two sensors, each of 20 rows and, in fives, of one of four kinds
    "sessions.csv",
    (
        *(Column(name, "number", np.random.default_rng(k).normal(size=400)) for k, name in enumerate("ab")),
        Column("kind", "category", np.repeat(np.arange(20, dtype=np.int32) % 4, 20), ("rest", "walk", "run", "jump")),
    ),
    np.arange(0, 401, 20),
)
LABELLED = ("uploaded_class", "uploaded_steps")
CASES = [(name, SESSIONS if name in LABELLED else SERIES) for name in TASKS] + [("uploaded", PROSE)]
NAMES = list(TASKS) + ["uploaded text"]
every_task = pytest.mark.parametrize(("name", "data"), CASES, ids=NAMES)


def made(name: str, data: Dataset, **changes) -> Task:
    config = ExperimentConfig(task=name).with_(**TASKS[name].defaults).with_(columns=(0, 1), targets=(0,), **changes)
    return make_task(config, data)


def same(a, b) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(vars(a).values(), vars(b).values(), strict=True) if x is not None)


@every_task
def test_registry_name_and_words(name, data):
    task = TASKS[name]
    assert task.name == name
    assert task.label and task.summary.endswith(".")
    assert task.shape in SHAPES
    assert set(task.defaults) | set(task.uses) <= set(defaults())


@every_task
def test_docstring_says_what_the_contract_asks(name, data):
    text = TASKS[name].__doc__
    for word in ("Trial:", "inputs (B", "targets (B", "Baseline:"):
        assert word in text, word
    assert ("Paper:" in text) == bool(TASKS[name].source)
    if TASKS[name].source:  # author and year stand in both
        author, year = TASKS[name].source.split()[0].rstrip(","), TASKS[name].source.split("(")[1][:4]
        assert author in text and year in text


@every_task
def test_shapes_are_the_declared_ones(name, data):
    task = made(name, data, batch_size=7)
    batch = task.batch(0)
    size, time = 7, task.time_steps
    if batch.lengths is not None:  # cut to the longest
        assert batch.lengths.min() >= 1 and batch.lengths.max() <= time
        time = batch.lengths.max()
    read = {"vec→seq": ()}.get(task.shape, (time,))
    assert batch.inputs.shape == ((size, *read) if task.tokens else (size, *read, task.input_size))
    per_step = {"seq→vec": (), "seq→seq": (time,)}.get(task.shape, (np.max(batch.target_lengths),))
    per_output = () if task.loss == "cross_entropy" else (task.output_size,)
    assert batch.targets.shape == (size, *per_step, *per_output)
    assert len(task.labels) == task.output_size and len(task.input_labels) == task.input_size
    for mask in (batch.counts, batch.judged):
        assert mask is None or mask.shape == (size, time) and mask.dtype == bool and mask.any()


@every_task
def test_a_decoder_reads_what_it_should_have_written(name, data):
    task = made(name, data, batch_size=7)
    batch = task.batch(0)
    if not SHAPES[task.shape].writes:
        assert batch.previous is batch.target_lengths is None and task.target_steps == 0
        return
    assert batch.target_lengths.max() <= task.target_steps
    for targets, previous, length in zip(batch.targets, batch.previous, batch.target_lengths, strict=True):
        assert previous[0] == task.start and np.array_equal(previous[1:], targets[:-1])
        assert targets[length - 1] == task.end and not np.isin(targets[: length - 1], (task.start, task.end)).any()


@pytest.mark.parametrize("name", ["sine", "mackey_glass"])
def test_forecasting_is_shifted_by_one(name):
    task = made(name, SERIES)
    batch = task.batch(0)
    assert task.shape == "seq→seq" and np.array_equal(batch.inputs[:, 1:], batch.targets[:, :-1])


@every_task
def test_values_are_in_range_and_in_the_asked_precision(name, data):
    for precision in ("float32", "float64"):
        task = made(name, data, precision=precision)
        batch = task.batch(0)
        if task.tokens:
            assert batch.inputs.dtype == np.int64
            assert batch.inputs.min() >= 0 and batch.inputs.max() < task.input_size
        else:
            assert batch.inputs.dtype == precision and np.isfinite(batch.inputs).all()
        if task.loss == "cross_entropy":
            assert batch.targets.dtype == np.int64
            assert batch.targets.min() >= 0 and batch.targets.max() < task.output_size
        else:
            assert batch.targets.dtype == precision and np.isfinite(batch.targets).all()


@every_task
def test_a_batch_depends_on_seed_and_step_alone(name, data):
    one, other = made(name, data), made(name, data, cell="gru", hidden_size=5, learning_rate=0.1)
    other.batch(2), other.heldout(5)  # what was drawn before does not matter
    assert same(one.batch(3), other.batch(3))
    assert same(one.heldout(), other.heldout())
    assert not same(one.batch(3), one.batch(4))
    assert not same(one.batch(3), made(name, data, seed=1).batch(3))


@every_task
def test_batches_may_be_changed_without_changing_the_data(name, data):
    task = made(name, data)
    batch, heldout = task.batch(0), task.heldout(9)
    inputs, targets = batch.inputs.copy(), batch.targets.copy()
    batch.inputs[:], batch.targets[:], heldout.inputs[:] = 0, 0, 0
    assert np.array_equal(task.batch(0).inputs, inputs) and np.array_equal(task.batch(0).targets, targets)


# Copy memory has 4^5 sequences in all, and texts repeat themselves; their cut is tested by row numbers elsewhere.
@pytest.mark.parametrize(("name", "data"), [case for case in CASES[:-1] if case[0] not in ("copy_memory", "text")])
def test_no_heldout_sequence_is_trained_on(name, data):
    task = made(name, data, length=20, precision="float64")
    heldout = {row.tobytes() for row in task.heldout(300).inputs}
    seen = {row.tobytes() for step in range(40) for row in task.batch(step).inputs}
    assert heldout and seen and not heldout & seen


@every_task
def test_probe_is_a_small_heldout_set(name, data):
    probe = made(name, data).probe()
    assert 1 <= len(probe.inputs) <= 8
    assert same(probe.first(1), made(name, data).probe().first(1))


@every_task
def test_bidirectional_reading_would_give_away_exactly_the_causal_targets(name, data):
    """In a causal task the target at t is the input at t + 1 (of the target's column; of a film, see its own test)."""
    task = made(name, data)
    if task.causal and task.reads != "frames" and not SHAPES[task.shape].writes:
        batch = task.heldout(4)
        later = batch.inputs if task.tokens else batch.inputs[..., : task.output_size]
        assert np.array_equal(later[:, 1:], batch.targets[:, :-1])


@every_task
def test_a_configuration_names_the_data_it_reads(name, data):
    """By a fingerprint that the task accepts without a notice, and that stays when there is one already."""
    config = ExperimentConfig(task=name, length=12, columns=(0, 1))
    named = named_data(config, data)
    assert named.with_(data="") == config
    assert bool(named.data) == ("data" in TASKS[name].uses)
    assert not make_task(named, data).notice
    assert named_data(named.with_(data="0123"), data).data == "0123"
    if named.data:
        assert "0123" in make_task(named.with_(data="0123"), data).notice


def test_data_that_are_not_there_yet_have_no_name():
    assert named_data(ExperimentConfig(task="uploaded")).data == ""
    assert named_data(ExperimentConfig(task="text")).data == corpus_fingerprint()


def test_masks_follow_when_a_batch_is_cut():
    batch = made("copy_memory", SERIES).batch(0).first(3)
    assert len(batch.inputs) == len(batch.targets) == len(batch.judged) == 3


@every_task
def test_a_test_set_is_another_fixed_set(name, data):
    """Generated tasks draw one from a stream of its own; recorded data keep one back where that is asked for."""
    recorded = "test_fraction" in TASKS[name].uses
    if recorded:
        assert made(name, data).test() is None
    settings = {"length": 8, "test_fraction": 0.12} if recorded else {}
    one = made(name, data, **settings)
    test, heldout = one.test(40), one.heldout(40)
    assert same(test, made(name, data, **settings).test(40)) and not same(test, one.batch(0))
    assert not np.array_equal(test.inputs[: len(heldout.inputs)], heldout.inputs[: len(test.inputs)])


# As above; remarks that are held back may be drawn twice, and eight eighths of a melody are some of another's.
ONCE = [(name, data) for name, data in CASES[:-1] if name not in ("copy_memory", "text", "sentiment", "music")]


@pytest.mark.parametrize(("name", "data"), ONCE)
def test_no_test_sequence_trains_or_is_held_out(name, data):
    recorded = "test_fraction" in TASKS[name].uses
    settings = {"length": 8, "test_fraction": 0.12} if recorded else {"length": 20}
    task = made(name, data, precision="float64", **settings)
    test = {row.tobytes() for row in task.test(300).inputs}
    others = [task.heldout(300), *(task.batch(step) for step in range(40))]
    assert test and not test & {row.tobytes() for batch in others for row in batch.inputs}
