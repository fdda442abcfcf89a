"""Tasks on recorded data: where the data come from, how they are cut, and that nothing crosses the cut."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from sklearn.datasets import load_digits as sklearn_digits
from test_tasks_registry import PROSE, SERIES, made

from rnnviz.config import ExperimentConfig
from rnnviz.data import DataError, Dataset
from rnnviz.tasks import corpus_fingerprint, make_task, text
from rnnviz.tasks.characters import UNKNOWN, encode, labels, most_frequent
from rnnviz.tasks.mackey_glass import TAU, mackey_glass
from rnnviz.tasks.windows import Split, standardise


def numbered(rows: int, **changes):
    """A task on a table whose only column is the row number, and that column's values row by row."""
    data = Dataset.of_numbers("numbers.csv", ("row",), np.arange(float(rows))[:, None])
    return make_task(ExperimentConfig(task="uploaded", precision="float64").with_(**changes), data)


def test_windows_stay_on_their_side_of_the_cut():
    task = numbered(100, length=7, train_fraction=0.8, batch_size=512)
    mean, scale = np.arange(80).mean(), np.arange(80).std()
    for batch, low, high in ((task.batch(0), 0, 79), (task.heldout(500), 80, 99)):
        rows = np.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)[..., 0] * scale + mean
        np.testing.assert_allclose(np.diff(rows, axis=1), 1, atol=1e-9)
        assert rows.min() == pytest.approx(low) and rows.max() == pytest.approx(high)  # and reach its ends
    assert len(task.heldout(500).inputs) == 20 - 7  # each window once
    assert len(task.heldout(3).inputs) == 3


def test_scaling_looks_at_the_training_part_alone():
    values = np.concatenate([np.random.default_rng(0).normal(5, 3, (80, 2)), np.full((20, 2), 1e6)])
    split = standardise(values, 80)
    np.testing.assert_allclose(split.train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(split.train.std(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(
        split.heldout, (1e6 - values[:80].mean(axis=0)) / values[:80].std(axis=0) * np.ones((20, 1))
    )


def test_constant_column_and_wild_values_stay_finite_in_float32():
    values = np.array([[0.1, 1.0]] * 50 + [[0.1, 2.0]] * 30 + [[1e99, -1e99]] * 20)
    split = standardise(values, 80)
    assert (split.train[:, 0] == 0).all() or np.abs(split.train[:, 0]).max() < 1e-9
    assert np.isfinite(split.heldout.astype(np.float32)).all()


@pytest.mark.parametrize(
    ("rows", "fraction", "length", "part", "has", "remedy"),
    [
        (30, 0.8, 6, "held-out", 6, "choose at most 5 time steps"),
        (30, 0.8, 500, "held-out", 6, "choose at most 5 time steps"),
        (30, 0.2, 6, "training", 6, "choose at most 5 time steps"),
        (2, 0.8, 1, "held-out", 1, "bring more rows"),
    ],
)
def test_too_few_rows_say_the_numbers(rows, fraction, length, part, has, remedy):
    words = f"need {length + 1} rows, but the {part} part of the table has {has}: {remedy}"
    with pytest.raises(DataError, match=words):
        numbered(rows, length=length, train_fraction=fraction)
    assert numbered(30, length=5).batch(0).inputs.shape[1] == 5  # the most that fits
    with pytest.raises(DataError, match="No row is left for the training part, of 1 in all: bring more rows"):
        numbered(1)


def test_series_tasks_too_short_for_the_window_say_so():
    with pytest.raises(DataError, match="need 51 weekly changes, but the held-out part of the stock prices has 21"):
        made("stocks", SERIES, length=50)
    with pytest.raises(DataError, match="need 901 characters, but"):
        make_task(ExperimentConfig(task="uploaded", length=900), PROSE)


def test_windows_that_overlap_are_fewer_than_they_seem():
    stocks, table, waves = made("stocks", SERIES), numbered(100, length=5, train_fraction=0.5), made("adding", SERIES)
    for task, windows, apart in ((stocks, 9, 21 // 12), (table, 45, 50 // 5), (waves, 256, 256)):
        held = task.heldout()
        assert (len(held.inputs), task.apart(held)) == (windows, apart)
    assert stocks.apart(stocks.heldout(1)) == 1 and table.apart(table.heldout(3)) == 3  # those few are far apart


def test_uploaded_table_uses_the_chosen_columns():
    whole = make_task(ExperimentConfig(task="uploaded", precision="float64"), SERIES)
    assert whole.input_labels == ("a", "b", "c") and whole.labels == ("c (standardised)",)
    task = make_task(ExperimentConfig(task="uploaded", precision="float64", columns=(2, 0), targets=(1,)), SERIES)
    assert task.input_labels == ("c", "a") and task.labels == ("b (standardised)",)
    batch, full = task.heldout(5), whole.heldout(5)
    np.testing.assert_array_equal(batch.inputs, full.inputs[..., [2, 0]])
    np.testing.assert_array_equal(batch.targets[:, :-1, 0], full.inputs[:, 1:, 1])


@pytest.mark.parametrize("wrong", [{"columns": (3,)}, {"columns": (-1,)}, {"columns": ("a",)}, {"targets": (3,)}])
def test_a_column_that_is_not_there(wrong):
    with pytest.raises(DataError, match="the table has 3 columns .0 to 2.: choose again"):
        make_task(ExperimentConfig(task="uploaded").with_(**wrong), SERIES)


def test_uploaded_needs_data_and_says_when_they_are_others():
    with pytest.raises(DataError, match="upload the file"):
        make_task(ExperimentConfig(task="uploaded"))
    assert make_task(ExperimentConfig(task="uploaded", data=SERIES.fingerprint), SERIES).notice == ""
    notice = make_task(ExperimentConfig(task="uploaded", data="0123456789abcdef"), SERIES).notice
    assert "0123456789abcdef" in notice and SERIES.fingerprint in notice


def test_preparing_uploaded_data_keeps_no_data_alive_and_mixes_no_two():
    one = Dataset.of_numbers("one", ("x",), np.random.default_rng(1).normal(size=(200, 1)))
    two = Dataset.of_numbers("two", ("x",), np.random.default_rng(2).normal(size=(200, 1)))
    config = ExperimentConfig(task="uploaded", length=20)
    first = make_task(config, one).batch(0).inputs
    assert not np.array_equal(make_task(config, two).batch(0).inputs, first)
    assert np.array_equal(make_task(config, one).batch(0).inputs, first)
    shorter = make_task(config.with_(length=10, train_fraction=0.5), one)
    assert len(shorter.prepared.parts["train"].inputs) == 100
    gone = weakref.ref(one)
    del one, shorter
    gc.collect()
    assert gone() is None


def test_uploaded_text_knows_what_it_saw_in_training():
    data = Dataset.of_text("t", "abab" * 100 + "abz?" * 25)
    task = make_task(ExperimentConfig(task="uploaded", length=10), data)
    assert task.labels == ("a", "b", UNKNOWN) and task.tokens and task.metric == "accuracy"
    assert task.batch(0).inputs.max() == 1 and task.heldout(50).inputs.max() == 2


def test_characters_become_their_place_in_the_vocabulary():
    vocabulary = most_frequent("hello wörld 🦉" * 3 + "l", 4)
    assert vocabulary == " del"  # of the letters seen three times, the first two
    assert most_frequent("ccbba", 2) == "bc"
    text_, tokens = "ld🦉 e\n", encode("ld🦉 e\n", vocabulary)
    assert [vocabulary[t] if t < 4 else None for t in tokens] == [c if c in vocabulary else None for c in text_]
    long = "ab" * (1 << 20)  # more than one piece at a time
    np.testing.assert_array_equal(encode(long, "ab"), np.tile([0, 1], 1 << 20))
    assert labels("\t\n a\u202e") == ("⇥", "↵", "␣", "a", "U+202E", UNKNOWN)


def test_most_frequent_characters_are_kept():
    data = Dataset.of_text("t", "".join(chr(0x4E00 + k % 300) for k in range(30_000)) + "ab" * 5000)
    task = make_task(ExperimentConfig(task="uploaded", length=5, train_fraction=0.9), data)
    assert task.output_size == 257


def test_corpus_is_python_source_cut_to_size():
    corpus = text.corpus()
    assert 1_000_000 < len(corpus) <= text.LIMIT
    assert len(text.MODULES.split()) == 60 and text.MODULES.split() == sorted(text.MODULES.split())
    assert len(corpus_fingerprint()) == 16 and int(corpus_fingerprint(), 16) >= 0
    task = made("text", SERIES)
    joined = np.concatenate([task.split.train, task.split.heldout])
    known = joined < len(text.VOCABULARY)
    assert known.mean() > 0.999
    letters = np.array(list(text.VOCABULARY))
    shown = "".join(letters[joined[:500]])
    assert shown == corpus[:500]


def test_another_interpreters_text_is_said():
    config = ExperimentConfig(task="text")
    assert make_task(config).notice == ""
    assert make_task(config.with_(data=corpus_fingerprint())).notice == ""
    assert "0000000000000000" in make_task(config.with_(data="0" * 16)).notice


def test_text_without_a_standard_library(monkeypatch, tmp_path):
    (tmp_path / "base64.py").write_text("x = 1\n")
    monkeypatch.setattr(text.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(DataError, match="only 1 of the 60 files"):
        text.corpus.__wrapped__()


def test_digits_are_scikit_learns():
    theirs = sklearn_digits()
    batch = made("digits_rows", SERIES, precision="float64").heldout(10_000)
    assert len(batch.inputs) == 397
    np.testing.assert_array_equal(batch.inputs, theirs.images[1400:] / 16)
    np.testing.assert_array_equal(batch.targets, theirs.target[1400:])
    pixels = made("digits_pixels", SERIES, precision="float64").heldout(10_000)
    np.testing.assert_array_equal(pixels.inputs[..., 0], theirs.data[1400:] / 16)
    train = {image.tobytes() for image in theirs.images[:1400] / 16}
    drawn = made("digits_rows", SERIES, precision="float64").batch(5).inputs
    assert all(image.tobytes() in train for image in drawn)


def test_stocks_are_plotlys():
    import plotly.data

    theirs = plotly.data.stocks()
    task = made("stocks", SERIES, precision="float64", length=20)
    assert task.labels == tuple(theirs.columns[1:]) and len(theirs) == 105
    prices = theirs.iloc[:, 1:].to_numpy()
    returns = np.log(prices[1:] / prices[:-1])
    scaled = (returns - returns[:83].mean(axis=0)) / returns[:83].std(axis=0)
    np.testing.assert_allclose(task.heldout(9).inputs[0], scaled[83:103])
    np.testing.assert_allclose(task.heldout(9).targets[0], scaled[84:104])


def test_mackey_glass_solves_its_equation():
    # an independent solution by Euler's method at a hundredth of the step
    substeps = 1000
    dt, delay = 1 / substeps, TAU * substeps
    x = np.full(delay + 1 + 40 * substeps, 1.2)
    for k in range(delay, len(x) - 1):
        late = x[k - delay]
        x[k + 1] = x[k] + dt * (0.2 * late / (1 + late**10) - 0.1 * x[k])
    np.testing.assert_allclose(mackey_glass(40, settle=0), x[delay::substeps][:40], atol=2e-4)
    # and the error of the method falls fast with its step
    coarse, fine, finest = (mackey_glass(60, settle=0, substeps=n) for n in (5, 10, 80))
    assert np.abs(fine - finest).max() < 0.3 * np.abs(coarse - finest).max()


def test_mackey_glass_is_cut_at_two_thousand():
    task = made("mackey_glass", SERIES, precision="float64")
    series = mackey_glass(3000)
    assert [len(part) for part in task.split.parts().values()] == [2000, 1000, 1000]
    scaled = (series - series[:2000].mean()) / series[:2000].std()
    np.testing.assert_allclose(np.concatenate([task.split.train, task.split.heldout])[:, 0], scaled)
    assert series.min() > 0.2 and series.max() < 1.4  # the attractor


def test_split_draws_every_training_window():
    split = Split(np.arange(10), np.arange(10, 16))
    starts = split.starts(np.random.default_rng(0), 500, 3, "train")
    assert set(starts) == set(range(7))
    assert list(split.starts(np.random.default_rng(0), 500, 3, "heldout")) == [0, 1, 2]


def test_a_series_is_cut_into_three_parts_in_time_order():
    split = Split.cut(np.arange(100), 0.6, 0.15)
    np.testing.assert_array_equal(np.concatenate([split.train, split.heldout, split.test]), np.arange(100))
    assert (len(split.train), len(split.heldout), len(split.test)) == (60, 25, 15)
    assert list(split.windows(np.random.default_rng(0), 99, 3, "test")[[0, -1], 0]) == [85, 96]
    assert Split.cut(np.arange(100), 0.6).test is None and len(Split.cut(np.arange(100), 0.6).heldout) == 40
    with pytest.raises(DataError, match="part of 0.8 and a test part of 0.2 leave none of 100 rows to hold out"):
        Split.cut(np.arange(100), 0.8, 0.2)
    with pytest.raises(DataError, match="need 16 rows, but the test part of it has 15: choose at most 14"):
        split.check(15, "it")


def test_what_tests_is_the_end_of_what_is_recorded():
    digits = made("digits_rows", SERIES, precision="float64", test_fraction=0.1)
    images = sklearn_digits().images / 16
    np.testing.assert_array_equal(digits.test(5000).inputs, images[-179:])
    assert 0 < len(digits.heldout(5000).inputs) < 397
    stocks = made("stocks", SERIES, precision="float64", test_fraction=0.15, train_fraction=0.6, length=10)
    everything = np.concatenate([stocks.split.train, stocks.split.heldout, stocks.split.test])
    assert len(everything) == 104 and len(stocks.split.test) == 15
    np.testing.assert_allclose(stocks.split.train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_array_equal(stocks.test(1).inputs[0], everything[89:99])
    series = mackey_glass(4000)
    task = made("mackey_glass", SERIES, precision="float64", length=10)
    np.testing.assert_allclose(
        task.test(1).inputs[0, :, 0], (series[3000:3010] - series[:2000].mean()) / series[:2000].std()
    )
