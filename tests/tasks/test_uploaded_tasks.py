"""The three tasks on uploaded data: which input, target and mask stand in a batch, and what the baselines are."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline_cases import column, table, weather
from test_tasks_registry import SESSIONS

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Column, Dataset
from rnnviz.data.errors import DataError
from rnnviz.data.pipeline import Pipeline
from rnnviz.tasks import TASKS, make_task

UPLOADED = ("uploaded", "uploaded_class", "uploaded_steps")


def made(data, task="uploaded", **changes):
    config = ExperimentConfig(task=task).with_(**TASKS[task].defaults, precision="float64", scaling="none")
    return make_task(config.with_(**changes), data)


def counting(*sizes):
    """Sequences whose one column counts the rows."""
    rows = sum(sizes)
    return table(column("row", np.arange(rows)), bounds=np.append(0, np.cumsum(sizes)))


@pytest.mark.parametrize("horizon", [1, 3])
def test_targets_stand_some_rows_later(horizon):
    task = made(counting(50), length=4, horizon=horizon)
    for batch in (task.batch(0), task.heldout(500)):
        np.testing.assert_array_equal(batch.targets, batch.inputs + horizon)
    assert len(task.heldout(500).inputs) == 10 - horizon - 4 + 1


def test_training_windows_begin_every_so_many_rows():
    task = made(counting(50), length=4, stride=7, batch_size=200)
    assert set(task.batch(0).inputs[:, 0, 0].tolist()) == {0, 7, 14, 21, 28, 35}
    assert np.diff(task.heldout(500).inputs[:, 0, 0]).tolist() == [1.0] * 5  # every one judges


def test_shorter_sequences_are_padded_with_lengths():
    task = made(counting(100, 10, 100), length=12, batch_size=300)
    batch = task.batch(0)
    assert set(batch.lengths.tolist()) == {7, 12}  # the second trains with 8 rows
    for row, target, length in zip(batch.inputs[..., 0], batch.targets[..., 0], batch.lengths, strict=True):
        assert (np.diff(row[:length]) == 1).all() and not row[length:].any()
        np.testing.assert_array_equal(target[:length], row[:length] + 1)
    np.testing.assert_array_equal(batch.counts, np.arange(12) < batch.lengths[:, None])


def test_no_window_reaches_into_another_sequence_or_part():
    with pytest.raises(DataError, match="the longest sequence of the test part of the table has 4: choose at most 3"):
        made(counting(40, 40), length=4, test_fraction=0.1)
    task = made(counting(40, 40), length=3, test_fraction=0.1, batch_size=500)
    parts = {
        "train": [range(32), range(40, 72)],
        "heldout": [range(32, 36), range(72, 76)],
        "test": [range(36, 40), range(76, 80)],
    }
    for name, batch in {"train": task.batch(0), "heldout": task.heldout(99), "test": task.test(99)}.items():
        touched = np.concatenate([batch.inputs, batch.targets], axis=1)[..., 0]
        assert all(any(set(row) <= set(part) for part in parts[name]) for row in touched)
        assert set(touched.ravel()) == {row for part in parts[name] for row in part}


def test_a_missing_target_does_not_count_though_its_gap_is_filled_going_in():
    values = np.arange(100.0)
    values[::3] = np.nan
    data = table(column("a", values), column("row", np.arange(100.0)))
    batch = made(data, length=6, batch_size=100, columns=(0, 1), targets=(0,)).batch(0)
    later = np.rint(batch.inputs[..., 1]).astype(int) + 1
    np.testing.assert_array_equal(batch.counts, later % 3 != 0)
    assert np.isfinite(batch.targets).all() and np.isfinite(batch.inputs).all()


def test_windows_without_any_target_are_never_drawn():
    values = np.arange(100.0)
    values[20:60] = np.nan
    task = made(table(column("a", values)), length=5, batch_size=1)
    assert all(task.batch(step).counts is None or task.batch(step).counts.any() for step in range(200))


def test_several_targets():
    data = weather(gaps=0)
    task = made(data, columns=(2,), targets=(1, 2), length=4)
    batch = task.heldout(3)
    assert task.labels == ("a", "b") and batch.targets.shape == (3, 4, 2)
    np.testing.assert_array_equal(batch.targets[:, :-1, 1], batch.inputs[:, 1:, 0])


def test_one_hot_blocks_are_embedded_where_asked():
    task = made(weather(), columns=(1, 3, 2), categories="embedding", length=4)
    assert task.reads == "mixed" and task.blocks == ((1, 2),)
    assert task.input_labels == ("a", "sky = rain", "sky = sun", "b")
    plain = made(weather(), columns=(1, 3, 2), length=4)
    assert plain.reads == "" and plain.blocks == ()
    np.testing.assert_array_equal(plain.heldout(5).inputs, task.heldout(5).inputs)
    assert made(weather(), columns=(1, 2), categories="embedding", length=4).reads == ""


def test_a_class_of_every_sequence():
    task = made(SESSIONS, "uploaded_class", length=100, batch_size=64)
    batch, kind = task.batch(0), SESSIONS.table[2]
    assert task.time_steps == 20 and batch.lengths is None and task.labels == ("jump", "rest", "run", "walk")
    values = np.stack([SESSIONS.table[0].values, SESSIONS.table[1].values], axis=1).reshape(20, 20, 2)
    for inputs, target in zip(batch.inputs, batch.targets, strict=True):
        (place,) = [k for k in range(20) if np.array_equal(values[k], inputs)]
        assert task.labels[target] == kind.words()[20 * place]
    short = made(SESSIONS, "uploaded_class", length=7)
    np.testing.assert_array_equal(short.heldout(9).inputs, task.heldout(9).inputs[:, :7])


def test_a_label_that_training_does_not_know_does_not_count():
    values = np.repeat([0, 1], 10).tolist() + [0, 1] * 35 + [2] * 10
    data = table(column("a", np.arange(100)), column("kind", values, "category", ("x", "y", "z")), bounds=[0, 100])
    task = made(data, "uploaded_steps", length=5)
    assert task.labels == ("x", "y")
    heldout = task.heldout(99)
    np.testing.assert_array_equal(heldout.counts, heldout.inputs[..., 0] < 90)


@pytest.mark.parametrize("task", UPLOADED[1:])
def test_guessing_a_class_by_its_frequency(task):
    found = made(SESSIONS, task, length=20)
    train, heldout = (found.prepared.parts[name].targets.tolist() for name in ("train", "heldout"))
    often = Counter(train)
    loss = -np.mean([math.log((often[k] + 1) / (len(train) + 4)) for k in heldout])
    assert found.baseline == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("changes", [{}, {"horizon": 3}, {"length": 11}, {"missing": "mask"}])
def test_persistence_is_what_repeating_the_last_value_costs(changes):
    gaps = 0.2 if "missing" in changes else 0.0
    data = table(*weather(200, gaps=gaps).table[1:3], bounds=[0, 120, 200])
    task = made(data, columns=(0, 1), targets=(0, 1), **{"length": 7, **changes})
    batch, squares = task.heldout(9999), []
    values = np.stack([each.values for each in data.table], axis=1)
    known = ~np.isnan(values).any(axis=1)
    for inputs, targets in zip(batch.inputs[..., :2], batch.targets, strict=True):
        for x, y in zip(inputs, targets, strict=True):
            here, there = (np.flatnonzero((values == pair).all(axis=1)) for pair in (x, y))
            if len(here) and len(there) and known[here[0]]:
                squares.append(np.mean((x - y) ** 2))
    assert task.baseline == pytest.approx(np.mean(squares), rel=1e-9)


@pytest.mark.parametrize("name", UPLOADED)
def test_nothing_that_is_not_asked_of_changes_what_is_prepared(name):
    """The settings a task does not use change no number of its data."""
    task = made(SESSIONS, name, length=3)
    other = {"cell": "gru", "hidden_size": 3, "language": "german", "input_scale": 2.0}
    again = made(SESSIONS, name, length=3, **other)
    np.testing.assert_array_equal(task.batch(3).inputs, again.batch(3).inputs)
    assert set(TASKS[name].uses) >= {"missing", "scaling", "categories", "test_fraction", "unit", "resample"}


def test_a_data_set_that_is_asked_for_in_turn_is_prepared_once_for_each_task(monkeypatch):
    fitted, fit = [], Pipeline.fit
    monkeypatch.setattr(Pipeline, "fit", lambda data, config: fitted.append(config.task) or fit(data, config))
    data = Dataset(SESSIONS.name, SESSIONS.table, SESSIONS.bounds)
    tasks = [[made(data, name, length=3) for name in UPLOADED] for _ in range(3)]
    assert fitted == list(UPLOADED)
    assert all(again.prepared is first.prepared for turn in tasks for again, first in zip(turn, tasks[0], strict=True))
    for k in range(1, 6):  # one setting changes, the others are asked for beside it
        made(data, length=3, train_fraction=0.5 + k / 20)
        made(data, "uploaded_class", length=3)
    assert fitted[3:] == ["uploaded"] * 5


def test_every_step_says_what_it_did():
    task = made(weather(gaps=0.2), time_column=0, resample=2 * 86400.0, missing="mask", length=6)
    assert [step.title for step in task.steps] == [
        "Sequences", "Order in time", "Resampling", "Parts", "Missing values", "Scaling", "Categories", "Windows",
    ]  # fmt: skip
    assert [step.rows for step in task.steps] == [100, 100, 50, 50, 50, 50, 50, len(task.windows["train"])]
    assert task.steps[-1].columns == len(task.input_labels)
    assert all(step.words.endswith(".") for step in task.steps)


def test_five_sequences_with_labels_are_not_cut_and_four_are():
    kinds = np.arange(100) % 2
    for count, whole in ((5, True), (4, False)):
        data = Dataset(
            "k",
            (column("a", np.arange(100)), Column("kind", "category", kinds.astype(np.int32), ("x", "y"))),
            np.linspace(0, 100, count + 1).astype(np.int64),
        )
        assert made(data, "uploaded_steps", length=3).prepared.whole == whole


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**9))
def test_any_table_with_any_settings_is_prepared_or_refused_in_a_sentence(seed):
    """Batches that training can use, or a DataError; never anything else."""
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(10, 80)), []
    for k in range(rng.integers(1, 5)):
        kind = str(rng.choice(["number", "number", "category", "time", "text"]))
        if kind in ("number", "time"):
            values = rng.choice(
                [rng.normal(size=rows) * 10.0 ** rng.integers(-300, 300), rng.integers(0, 3, rows) * 1.0]
            )
            values[rng.random(rows) < rng.choice([0, 0, 0.3, 1], p=[0.4, 0.2, 0.35, 0.05])] = np.nan
            columns.append(column(f"c{k}", values, kind))
        else:
            levels = [str(rng.choice(["", "a b", "c,d", "é" * 5, "x"])) + str(level) for level in range(4)]
            columns.append(column(f"c{k}", rng.integers(-1, 4, rows), kind, levels))
    bounds = np.unique([0, rows, *rng.integers(0, rows + 1, rng.integers(0, 8))])
    chosen = {
        "task": str(rng.choice(UPLOADED)),
        "length": int(rng.integers(1, 12)),
        "batch_size": 4,
        "columns": tuple(rng.integers(0, len(columns), rng.choice([0, 0, 0, 1, 2])).tolist()),
        "targets": tuple(rng.integers(0, len(columns), rng.choice([0, 0, 0, 1])).tolist()),
        "test_fraction": float(rng.choice([0, 0.1, 0.3])),
        "train_fraction": float(rng.choice([0.5, 0.8])),
        "stride": int(rng.integers(1, 5)),
        "horizon": int(rng.integers(1, 4)),
    }
    for name in ("label_column", "sequence_column"):
        chosen[name] = int(rng.choice([-1, -1, -1, rng.integers(0, len(columns))]))
    times = [k for k, each in enumerate(columns) if each.kind == "time"]
    if times and rng.random() < 0.8:
        chosen |= {"time_column": times[0], "resample": float(rng.choice([0, 0, 1e-3, 5.0]))}
    for name, words in {
        "missing": ("interpolate", "drop", "mask"),
        "scaling": ("standard", "minmax", "robust", "none"),
        "categories": ("one-hot", "embedding"),
        "unit": ("characters", "words", "symbols"),
    }.items():
        chosen[name] = str(rng.choice(words))
    try:
        task = make_task(ExperimentConfig(**chosen), table(*columns, bounds=bounds))
    except DataError as error:
        assert str(error).endswith((".", "!"))
        return
    for batch in filter(None, (task.batch(0), task.heldout(), task.test())):
        assert np.isfinite(batch.inputs).all() and np.isfinite(batch.targets).all()
        assert batch.counts is None or batch.counts.any()
        assert len(batch.inputs) == len(batch.targets) > 0
        if task.tokens:
            assert 0 <= batch.inputs.min() <= batch.inputs.max() < task.input_size
        else:
            assert batch.inputs.shape[2] == task.input_size
    assert task.baseline is None or np.isfinite(task.baseline)
    words, arrays = task.pipeline.to_parts()
    assert Pipeline.from_parts(words, arrays).fingerprint == task.pipeline.fingerprint
