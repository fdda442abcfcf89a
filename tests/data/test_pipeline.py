"""Preparing data: against scikit-learn and pandas used directly, and cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pipeline_cases import DAY, column, config, prepared, table, weather
from sklearn.impute import MissingIndicator
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

from rnnviz.data.dataset import Dataset
from rnnviz.data.errors import DataError
from rnnviz.data.filling import held
from rnnviz.data.pipeline import Pipeline
from rnnviz.tensorfile import pack, unpack

SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}


def numbers(data: Dataset, *places: int) -> np.ndarray:
    return np.stack([data.table[k].values for k in places], axis=1)


@pytest.mark.parametrize("scaling", SCALERS)
def test_scaling_is_scikit_learns_fitted_on_the_training_part(scaling):
    data = weather()
    _, made = prepared(data, columns=(1, 2), scaling=scaling, missing="mask", test_fraction=0.1)
    values = numbers(data, 1, 2)
    theirs = np.nan_to_num(SCALERS[scaling]().fit(values[:80]).transform(values))
    for name, rows in {"train": slice(0, 80), "heldout": slice(80, 90), "test": slice(90, 100)}.items():
        np.testing.assert_allclose(made.parts[name].inputs[:, :2], theirs[rows], atol=1e-12)
    assert made.labels[0].startswith("b (")


def test_no_scaling_leaves_numbers_as_they_are():
    data = weather(gaps=0)
    _, made = prepared(data, columns=(2,), scaling="none")
    np.testing.assert_array_equal(made.parts["train"].inputs[:, 0], numbers(data, 2)[:80, 0])
    assert made.labels == ("b",)


def test_words_are_scikit_learns_one_hot_and_new_ones_are_none():
    data = weather()
    pipeline, made = prepared(data, columns=(3,), targets=(2,))
    words = np.array(data.table[3].words(), object)[:, None]
    known = np.array([[word] for word in words[:80, 0] if word], object)
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(known)
    theirs = encoder.transform(words)
    np.testing.assert_array_equal(made.parts["train"].inputs, theirs[:80])
    np.testing.assert_array_equal(made.parts["heldout"].inputs, theirs[80:])
    assert made.input_labels == ("sky = rain", "sky = sun") and not theirs[90:].any()  # hail
    assert pipeline.learned.levels["sky"] == ("rain", "sun")


def test_gaps_are_interpolated_as_pandas_does_in_each_part_alone():
    data = weather(gaps=0.3)
    _, made = prepared(data, "uploaded_steps", columns=(1,), scaling="none")
    values = data.table[1].values
    assert np.isnan(values[[79, 80]]).any() or np.isnan(values[78:82]).any()  # gaps at the cut
    for name, rows in {"train": slice(0, 80), "heldout": slice(80, 100)}.items():
        theirs = pd.Series(values[rows]).interpolate("linear", limit_direction="both")
        np.testing.assert_allclose(made.parts[name].inputs[:, 0], theirs)
        np.testing.assert_array_equal(made.parts[name].filled[:, 0], np.isnan(values[rows]))


def test_a_column_that_never_moves_is_forecast_only_where_there_is_no_other():
    moving, still = column("a", np.arange(100.0)), column("b", np.ones(100))
    assert prepared(table(moving, still))[0].roles.targets == ("a",)
    assert prepared(table(still))[0].roles.targets == ("b",)


def test_what_fills_a_gap_of_a_forecast_is_known_by_then():
    """pandas carries the last value on; and no row after it changes what goes in."""
    data = weather(gaps=0.4)
    values = data.table[1].values.copy()
    values[[0, 80]] = np.nan  # nothing is known before either
    data = replace(data, table=(data.table[0], replace(data.table[1], values=values), *data.table[2:]))
    _, made = prepared(data, columns=(1,), scaling="none")
    middle = np.nanmean(values[:80])
    for name, rows in {"train": slice(0, 80), "heldout": slice(80, 100)}.items():
        theirs = pd.Series(values[rows]).ffill().fillna(middle)
        np.testing.assert_allclose(made.parts[name].inputs[:, 0], theirs)
    _, later = prepared(heldout_changed(data, np.arange(90, 100), 1), columns=(1,), scaling="none")
    np.testing.assert_array_equal(made.parts["heldout"].inputs[:10], later.parts["heldout"].inputs[:10])


def test_what_fills_a_gap_of_a_forecast_is_of_its_own_sequence():
    values, bounds = np.array([[1.0], [np.nan], [np.nan], [3.0], [np.nan]]), np.array([0, 2, 5])
    np.testing.assert_array_equal(held(values, bounds, np.array([9.0])).ravel(), [1, 1, 9, 3, 3])


def test_a_stretch_that_knows_nothing_takes_the_mean_of_the_training_part():
    values = np.append(np.arange(80.0), np.full(20, np.nan))
    _, made = prepared(table(column("a", values), column("b", np.arange(100))), columns=(0,), scaling="none")
    assert (made.parts["heldout"].inputs == np.arange(80).mean()).all()


def test_dropping_leaves_out_rows_with_a_gap():
    data = weather(gaps=0.2)
    _, made = prepared(data, missing="drop", scaling="none", columns=(1, 2))
    kept = pd.DataFrame(numbers(data, 1, 2))
    for name, rows in {"train": slice(0, 80), "heldout": slice(80, 100)}.items():
        np.testing.assert_array_equal(made.parts[name].inputs, kept[rows].dropna().to_numpy())


def test_masking_adds_scikit_learns_indicators():
    data = weather(gaps=0.2)
    _, made = prepared(data, missing="mask", columns=(1, 2))
    theirs = MissingIndicator(features="missing-only").fit(numbers(data, 1, 2)[:80])
    assert theirs.features_.tolist() == [0] and made.input_labels == ("a", "b", "a missing")
    np.testing.assert_array_equal(made.parts["heldout"].inputs[:, 2:], theirs.transform(numbers(data, 1, 2)[80:]))
    gaps = np.isnan(data.table[1].values[:80])
    assert (made.parts["train"].inputs[gaps, 0] == 0).all() and gaps.any()


def test_rows_go_in_the_order_of_time_and_without_one_not_at_all():
    data = weather(20, gaps=0)
    order = np.random.default_rng(4).permutation(20)
    mixed = [replace(each, values=each.values[order].copy()) for each in data.table]
    mixed[0].values[order == 7] = np.nan
    _, made = prepared(table(*mixed), time_column=0, columns=(2,), scaling="none", train_fraction=0.5)
    rows = np.concatenate([made.parts[name].inputs[:, 0] for name in ("train", "heldout")])
    np.testing.assert_array_equal(rows, np.delete(data.table[2].values, 7))


def test_each_sequence_has_an_order_in_time_of_its_own():
    data = table(column("when", [2, 0, 1, 1, 2, 0], "time"), column("a", [12, 10, 11, 21, 22, 20]), bounds=[0, 3, 6])
    _, made = prepared(data, time_column=0, columns=(1,), scaling="none", train_fraction=0.7)
    assert made.parts["train"].inputs[:, 0].tolist() == [10, 11, 20, 21]
    assert made.parts["heldout"].inputs[:, 0].tolist() == [12, 22]


def test_whole_sequences_are_drawn_so_that_sorted_classes_are_in_every_part():
    values = np.random.default_rng(0).normal(size=(60, 2))
    kinds = column("kind", np.repeat([0, 1], 30), "category", ("x", "y"))  # all of one kind before the other
    data = table(column("t0", values[:, 0]), column("t1", values[:, 1]), kinds)
    _, made = prepared(data, "uploaded_class", test_fraction=0.1)
    assert all(set(part.targets.tolist()) == {0, 1} for part in made.parts.values())
    again = prepared(data, "uploaded_class", test_fraction=0.1)[1]
    np.testing.assert_array_equal(again.parts["heldout"].inputs, made.parts["heldout"].inputs)


def test_resampling_is_pandas_mean():
    rng = np.random.default_rng(0)
    seconds = np.sort(rng.integers(0, 5000, 300)).astype(float) + 1.7e9
    values = rng.normal(size=300)
    values[rng.random(300) < 0.2] = np.nan
    data = table(column("when", seconds, "time"), column("a", values))
    _, made = prepared(data, time_column=0, resample=60.0, scaling="none", missing="mask", columns=(1,))
    theirs = pd.Series(values, pd.to_datetime(seconds, unit="s")).resample("60s", origin="start").mean()
    rows = np.concatenate([made.parts[name].inputs for name in ("train", "heldout")])
    assert len(rows) == len(theirs)
    np.testing.assert_allclose(rows[:, 0], theirs.fillna(0).to_numpy())
    np.testing.assert_array_equal(rows[:, 1], theirs.isna())


def test_words_of_a_span_are_the_last_that_are_known():
    data = table(
        column("when", [0, 1, 2, 10, 30, 31], "time"),
        column("a", np.arange(6)),
        column("sky", [0, 1, -1, 0, 1, 0], "category", ("sun", "rain")),
    )
    how = {"time_column": 0, "resample": 10.0, "train_fraction": 0.75, "scaling": "none", "horizon": 1}
    _, made = prepared(data, columns=(2,), **how)
    # spans from 0, 10, 20 and 30 seconds: rain (the last known), sun, none, sun
    assert made.parts["train"].inputs.tolist() == [[1, 0], [0, 1], [0, 0]] and made.input_labels[0] == "sky = rain"
    assert made.parts["heldout"].inputs.tolist() == [[0, 1]]


def test_a_column_tells_sequences_apart_in_the_order_in_which_they_begin():
    data = table(
        column("shop", [1, 0, 1, 0, 1, 0, 1, 0], "category", ("x", "y")),
        column("a", [10, 0, 11, 1, 12, 2, 13, 3]),
    )
    _, made = prepared(data, sequence_column=0, columns=(1,), scaling="none", train_fraction=0.5)
    assert made.parts["train"].inputs[:, 0].tolist() == [10, 11, 0, 1]
    assert made.parts["heldout"].inputs[:, 0].tolist() == [12, 13, 2, 3]
    assert made.parts["train"].bounds.tolist() == [0, 2, 4]


def test_files_stay_apart_even_where_a_column_says_the_same():
    data = table(column("day", [0, 0, 0, 0]), column("a", [1, 2, 3, 4]), bounds=[0, 2, 4])
    _, made = prepared(data, sequence_column=0, columns=(1,), train_fraction=0.5)
    assert made.parts["train"].bounds.tolist() == [0, 1, 2]


def test_each_row_of_a_wide_table_is_a_sequence():
    values = np.arange(60.0).reshape(20, 3)
    values[4, 2] = np.nan  # it ends there
    kinds = np.arange(20) % 2
    columns = [column(f"t{k}", values[:, k]) for k in range(3)]
    data = table(*columns, column("kind", kinds, "category", ("up", "down")))
    _, made = prepared(data, "uploaded_class", scaling="none")
    sizes = np.concatenate([np.diff(part.bounds) for part in made.parts.values()])
    assert (
        sorted(sizes.tolist()) == [2] + [3] * 19 and made.labels == ("down", "up") and made.input_labels == ("value",)
    )
    for part in made.parts.values():
        for p, (first, last) in enumerate(zip(part.bounds[:-1], part.bounds[1:], strict=True)):
            row = int(part.inputs[first, 0]) // 3
            np.testing.assert_array_equal(part.inputs[first:last, 0], values[row][: last - first])
            assert made.labels[part.targets[p]] == ("up", "down")[row % 2]


def heldout_changed(data: Dataset, rows: np.ndarray, seed: int) -> Dataset:
    """Other values, gaps and words in some rows; times stay, as they say which rows those are."""
    rng, columns = np.random.default_rng(seed), []
    for each in data.table:
        values = each.values.copy()
        if each.kind == "number":
            values[rows] = np.where(rng.random(len(rows)) < 0.4, np.nan, rng.normal(0, 1e6, len(rows)))
        elif each.kind != "time":
            values[rows] = rng.integers(-1, len(each.levels), len(rows))
        columns.append(replace(each, values=values))
    return replace(data, table=tuple(columns))


@pytest.mark.parametrize("missing", ["interpolate", "drop", "mask"])
@pytest.mark.parametrize("scaling", [*SCALERS, "none"])
@pytest.mark.parametrize("task", ["uploaded", "uploaded_steps"])
def test_held_out_rows_change_nothing_that_is_fitted_or_trains(missing, scaling, task):
    data = weather(gaps=0.2)
    how = {"missing": missing, "scaling": scaling, "time_column": 0, "test_fraction": 0.1}
    pipeline, made = prepared(data, task, **how)
    other, remade = prepared(heldout_changed(data, np.arange(80, 100), 1), task, **how)
    words, arrays = pipeline.to_parts()
    again, others = other.to_parts()
    assert words == again
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, others[name])
    for field in ("inputs", "targets", "bounds"):
        np.testing.assert_array_equal(getattr(made.parts["train"], field), getattr(remade.parts["train"], field))
    assert not np.array_equal(made.parts["heldout"].inputs, remade.parts["heldout"].inputs)
    assert pipeline.fingerprint != prepared(heldout_changed(data, np.arange(80), 1), task, **how)[0].fingerprint


def test_held_out_sequences_change_nothing_that_is_fitted_or_trains():
    texts = [f"{word} number {k}" for k, word in enumerate(["aab", "xyz"] * 20)]
    pipeline, made = prepared(saying(texts), "uploaded_class", unit="words")
    trained = {"".join(f"{token}," for token in row) for row in rows(made.parts["train"])}
    heldout = [k for k in range(40) if spelled(pipeline, texts[k]) not in trained]
    assert len(heldout) == 8
    changed = [text if k not in heldout else "qqq zzz" for k, text in enumerate(texts)]
    assert prepared(saying(changed), "uploaded_class", unit="words")[0].fingerprint == pipeline.fingerprint
    changed[next(k for k in range(40) if k not in heldout)] = "quite another"
    assert prepared(saying(changed), "uploaded_class", unit="words")[0].fingerprint != pipeline.fingerprint


def saying(texts):
    """A table of texts, each of one of two kinds."""
    kinds = np.arange(len(texts)) % 2
    return table(column("say", np.arange(len(texts)), "text", texts), column("kind", kinds, "category", "pq"))


def rows(part):
    return [part.inputs[first:last].tolist() for first, last in zip(part.bounds[:-1], part.bounds[1:], strict=True)]


def spelled(pipeline, text):
    return "".join(f"{token}," for token in pipeline.learned.vocabulary.encode(text.split()))


def test_other_data_are_prepared_as_the_first_were():
    data = weather()
    pipeline, _ = prepared(data, columns=(1, 2, 3), missing="mask")
    more = weather(40, seed=5)
    shuffled = replace(more, table=tuple(more.table[k] for k in (3, 2, 0, 1)))  # columns elsewhere
    levels = replace(shuffled.table[0], levels=("hail", "sun", "rain"), values=(shuffled.table[0].values + 1) % 3)
    made = pipeline.apply(replace(shuffled, table=(levels.__class__(**vars(levels)), *shuffled.table[1:])))
    scaler = StandardScaler().fit(numbers(data, 1, 2)[:80])
    theirs = np.nan_to_num(scaler.transform(numbers(more, 1, 2)[:32]))
    np.testing.assert_allclose(made.parts["train"].inputs[:, :2], theirs)
    rain = np.array(levels.words()[:32]) == "rain"
    np.testing.assert_array_equal(made.parts["train"].inputs[:, 2], rain)
    assert pipeline.fields(shuffled)["columns"] == (3, 1, 0)
    with pytest.raises(DataError, match="Column 'b' is not in t.csv.*bring a file that has it"):
        pipeline.apply(table(column("a", np.arange(9))))


CASES = {
    "numbers": (weather(), "uploaded", {"missing": "mask"}),
    "words": (weather(), "uploaded_steps", {"categories": "embedding", "time_column": 0}),
    "text": (Dataset.of_text("t", "the cat sat on the mat. " * 20), "uploaded", {"unit": "words"}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_pipeline_is_fitted_on_it_prepares_alike_again(case):
    data, task, how = CASES[case]
    pipeline, made = prepared(data, task, **how)
    again = pipeline.apply(replace(data))
    assert {**vars(again), "parts": 0} == {**vars(made), "parts": 0} and again.parts.keys() == made.parts.keys()
    for name, part in again.parts.items():
        for given, wanted in zip(vars(part).values(), vars(made.parts[name]).values(), strict=True):
            np.testing.assert_array_equal(given, wanted)


@pytest.mark.parametrize("case", CASES)
def test_a_pipeline_is_kept_and_read_again(case):
    data, task, how = CASES[case]
    pipeline, made = prepared(data, task, **how)
    words, arrays = pipeline.to_parts()
    words, arrays = unpack(pack(arrays, words, "k"), "k", "pipeline")
    again = Pipeline.from_parts(words, arrays)
    assert again.fingerprint == pipeline.fingerprint and again.fields(data) == pipeline.fields(data)
    for name, part in again.apply(data).parts.items():
        np.testing.assert_array_equal(part.inputs, made.parts[name].inputs)
        np.testing.assert_array_equal(part.targets, made.parts[name].targets)


@pytest.mark.parametrize(
    "harm",
    [
        lambda words, arrays: arrays.update(scale=np.zeros(2)),
        lambda words, arrays: arrays.update(offset=np.full(2, np.nan)),
        lambda words, arrays: arrays.update(middle=np.zeros(5)),
        lambda words, arrays: arrays.pop("gaps"),
        lambda words, arrays: words.update(numbers=["a"]),
        lambda words, arrays: words.update(levels={"sky": [1, 2]}),
        lambda words, arrays: words["roles"].update(goal="money"),
        lambda words, arrays: words["roles"].update(inputs=["other"]),
        lambda words, arrays: words["settings"].update(train_fraction=7),
        lambda words, arrays: words["roles"].update(more=1),
        lambda words, arrays: words.update(vocabulary=[1]),
    ],
)
def test_a_damaged_pipeline_is_refused(harm):
    words, arrays = prepared(weather(), missing="mask")[0].to_parts()
    words = {**words, "roles": dict(words["roles"]), "settings": dict(words["settings"])}
    harm(words, arrays)
    with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
        Pipeline.from_parts(words, arrays)


NO_NUMBER = table(column("day", np.arange(20) * DAY, "time"))


@pytest.mark.parametrize(
    ("data", "task", "how", "words"),
    [
        (weather(), "uploaded", {"columns": (9,)}, "Column number 9 .* has 4 columns .0 to 3.: choose again"),
        (weather(), "uploaded", {"columns": (0,)}, "'date' holds times: choose it as time index"),
        (weather(), "uploaded", {"targets": (3,)}, "'sky' holds words: only numbers can be forecast"),
        (weather(), "uploaded", {"time_column": 3}, "'sky' holds no times"),
        (weather(), "uploaded", {"resample": 60.0}, "choose the time index, or 0 seconds"),
        (weather(), "uploaded", {"time_column": 0, "resample": 1e-3}, "makes .* rows; at most 2,000,000"),
        (weather(), "uploaded", {"train_fraction": 0.6, "test_fraction": 0.4}, "leave nothing to hold out"),
        (weather(), "uploaded_steps", {"columns": (3,)}, "'sky' is the label, and cannot go in too"),
        (weather(gaps=0), "uploaded_class", {"label_column": 2}, "so they must all be numbers"),
        (
            weather(400),
            "uploaded_class",
            {"label_column": 2, "columns": (1,)},
            "'b' has 279 different labels .* expected 2 to 200",
        ),
        (NO_NUMBER, "uploaded", {}, "no column that could go in"),
        (NO_NUMBER, "uploaded_steps", {}, "No column suggests itself as the label"),
        (table(column("a", [np.nan] * 90 + [1] * 10)), "uploaded", {}, "'a' has no value in the training part"),
        (table(column("a", [1e308, -1e308] * 30)), "uploaded", {}, "too large to be scaled|'a'"),
        (Dataset.of_text("t", "  \n "), "uploaded", {"unit": "words"}, "holds no words"),
    ],
)
def test_what_cannot_be_prepared_is_said(data, task, how, words):
    with pytest.raises(DataError, match=words):
        prepared(data, task, **how)


def test_a_table_beyond_all_bounds_is_not_scaled_to_infinity():
    data = table(column("a", np.append(np.random.default_rng(0).normal(size=80), np.full(20, 1e99))))
    _, made = prepared(data)
    assert np.isfinite(made.parts["heldout"].inputs.astype(np.float32)).all()
    assert config().scaling == "standard"
