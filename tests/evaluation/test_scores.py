"""Measures, by hand where scikit-learn is asked, and by their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.config import ExperimentConfig
from rnnviz.evaluation import scores
from rnnviz.tasks import TASKS, make_task

RIGHT = np.array([0, 0, 0, 0, 1, 1, 2])
SAID = np.array([0, 0, 0, 1, 1, 0, 3])  # class 3 is never right, class 2 never found


def test_class_scores_by_hand():
    found = scores.class_scores(RIGHT, SAID)
    assert found["accuracy"] == pytest.approx(4 / 7)
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)
    # F1 = 2 tp / (2 tp + fp + fn): class 0: 3, 1, 1; class 1: 1, 1, 1; class 2: none found
    assert found["f1"] == pytest.approx((6 / 8 + 2 / 4 + 0) / 3)


def test_each_class_by_hand():
    found = scores.by_class(RIGHT, SAID, 4)
    np.testing.assert_array_equal(found.matrix, [[3, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]])
    np.testing.assert_allclose(found.precision, [3 / 4, 1 / 2, 0, 0])
    np.testing.assert_allclose(found.recall, [3 / 4, 1 / 2, 0, 0])
    np.testing.assert_array_equal(found.support, [4, 2, 1, 0])


def test_probabilities_are_those_of_a_softmax_and_nan_where_there_are_none():
    outputs = np.array([[0.0, np.log(3)], [1000.0, 0.0], [np.nan, 0.0]], np.float32)
    np.testing.assert_allclose(scores.chances(outputs), [[0.25, 0.75], [1, 0], [np.nan, np.nan]], rtol=1e-6)


def test_calibration_of_answers_whose_chances_are_known():
    """Answers given with p = .6 are right in 60 %, those given with .95 in 50 % only."""
    right = np.array([1] * 60 + [0] * 40 + [1] * 50 + [0] * 50)
    sure = np.array([0.6] * 100 + [0.95] * 100)
    chances = np.stack([1 - sure, sure], axis=1)
    found = scores.calibration(right, chances)
    np.testing.assert_allclose(found.sure, [0.6, 0.95])
    np.testing.assert_allclose(found.right, [0.6, 0.5])
    np.testing.assert_array_equal(found.counts, [100, 100])
    assert found.error == pytest.approx(0.5 * 0 + 0.5 * 0.45)


def test_perplexity_of_a_fair_choice_is_the_number_of_choices():
    found = scores.language_scores(np.log(8))
    assert found["perplexity"] == pytest.approx(8) and found["bits_per_character"] == pytest.approx(3)
    assert set(scores.language_scores(1.0, "word")) == {"perplexity", "bits_per_token"}
    assert scores.language_scores(1e4)["perplexity"] == np.inf


def test_number_scores_by_their_definitions():
    rng = np.random.default_rng(0)
    targets = rng.normal(3, [1, 5], (200, 2))
    outputs = targets + rng.normal(0, [0.5, 1], (200, 2))
    found = scores.number_scores(targets, outputs)
    errors = outputs - targets
    np.testing.assert_allclose(found["mae"], np.abs(errors).mean(0))
    np.testing.assert_allclose(found["rmse"], np.sqrt((errors**2).mean(0)))
    np.testing.assert_allclose(found["nrmse"], np.sqrt((errors**2).mean(0)) / targets.std(0))
    np.testing.assert_allclose(found["r2"], 1 - (errors**2).sum(0) / ((targets - targets.mean(0)) ** 2).sum(0))
    always = scores.number_scores(targets, np.broadcast_to(targets.mean(0), targets.shape))
    np.testing.assert_allclose(always["nrmse"], 1)
    np.testing.assert_allclose(always["r2"], 0, atol=1e-12)
    whole = scores.over_outputs(found)
    assert whole["rmse"] == pytest.approx(np.sqrt((errors**2).mean())) and whole["mae"] == pytest.approx(
        np.abs(errors).mean()
    )


@pytest.mark.parametrize("outputs", [np.full((3, 1), np.nan), np.full((3, 1), np.inf)])
def test_numbers_that_are_none_have_no_scores(outputs):
    assert all(np.isnan(each).all() for each in scores.number_scores(np.ones((3, 1)), outputs).values())


def test_targets_that_never_change_leave_the_relative_measures_open():
    found = scores.number_scores(np.ones((3, 1)), np.full((3, 1), 1.5))
    assert found["mae"] == pytest.approx(0.5) and np.isnan(found["nrmse"]).all() and np.isnan(found["r2"]).all()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adding", "numbers"),
        ("sine", "numbers"),
        ("digits_rows", "classes"),
        ("copy_memory", "classes"),
        ("sentiment", "classes"),
        ("text", "tokens"),
        ("translation", "written"),
        ("caption", "written"),
    ],
)
def test_kinds_of_tasks(name, kind):
    assert scores.kind_of(make_task(ExperimentConfig(task=name).with_(**TASKS[name].defaults))) == kind
