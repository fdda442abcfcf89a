"""The gap in words, and the numbers it stands on."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.evaluation.gap import Loss, gap, mean_loss

STEPS = np.array([0, 100, 200, 300])
FALLING = np.array([1.0, 0.3, 0.2, 0.1])
FLAT = {"train": FALLING, "heldout": np.array([1.0, 0.5, 0.4, 0.4])}


def losses(train, heldout, test=None, error=0.01):
    found = {"train": Loss(train, error, 100), "heldout": Loss(heldout, error, 100)}
    return found if test is None else found | {"test": Loss(test, error, 100)}


def test_a_mean_over_outputs_weighs_sequences_by_how_many_they_have():
    found = mean_loss(np.array([1.0, 4.0]), np.array([3.0, 1.0]))
    assert found.value == pytest.approx((3 * 1 + 1 * 4) / 4) and found.sequences == 2
    assert np.isnan(mean_loss(np.array([1.0]), np.array([1.0])).error)


def test_the_standard_error_is_that_of_independent_draws():
    rng = np.random.default_rng(0)
    errors = [mean_loss(rng.normal(0, 2, 400), np.ones(400)).error for _ in range(300)]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(2 / 20, rel=0.1)


def test_sequences_that_overlap_do_not_make_it_smaller():
    """Every sequence twenty times over: as sure as one of each."""
    rng = np.random.default_rng(1)
    errors = [mean_loss(np.repeat(rng.normal(0, 2, 400), 20), np.ones(8000)).error for _ in range(300)]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(2 / 20, rel=0.1)


def test_a_gap_is_called_out_with_its_numbers():
    found = gap(losses(0.1, 0.4), STEPS, FLAT)
    assert found.kind == "gap" and "4 times the training loss" in found.words
    assert "0.4 held out against 0.1" in found.words and "early stopping" not in found.words


def test_a_difference_that_chance_explains_is_no_gap():
    assert gap(losses(0.40, 0.42), STEPS, FLAT).kind == "none"  # the error of a difference is 0.014
    assert gap(losses(0.40, 0.45), STEPS, FLAT).kind == "gap"
    assert gap(losses(0.40, 0.35), STEPS, FLAT).kind == "reverse"
    assert gap(losses(0.40, 0.45, error=0.05), STEPS, FLAT).kind == "none"


def test_windows_that_all_overlap_prove_nothing():
    """A window and its eight neighbours, a row further each, are hardly more than one draw."""
    windows = np.lib.stride_tricks.sliding_window_view(np.random.default_rng(0).normal(0, 1, 20) ** 2, 12)
    losses_of, counts = windows.mean(1), np.full(9, 12.0)
    assert mean_loss(losses_of, counts).error < 0.3 * np.sqrt(2 / 12)  # what chance leaves of one of them
    one = mean_loss(losses_of, counts, apart=1)
    assert np.isnan(one.error) and one.value == pytest.approx(windows.mean())
    found = gap({"train": Loss(0.8, 0.01, 100), "heldout": one}, STEPS, FLAT, baseline=one.value)
    assert found.kind == "unsure" and "Too little to tell" in found.words and "baseline" not in found.words


def test_the_error_of_overlapping_windows_is_not_taken_too_small():
    """Of many series of white noise, each cut into all its windows: the spread of their mean losses is known."""
    means, errors = [], []
    for seed in range(1000):
        noise = np.random.default_rng(seed).normal(0, 1, 600)
        windows = np.lib.stride_tricks.sliding_window_view(noise**2, 30).mean(1)
        found = mean_loss(windows, np.full(len(windows), 30.0), apart=20)
        means.append(found.value)
        errors.append(found.error)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(means), rel=0.13)


def test_a_held_out_loss_that_rises_says_where_it_was_lowest():
    rising = {"train": FALLING, "heldout": np.array([1.0, 0.4, 0.5, 0.6])}
    words = gap(losses(0.1, 0.6), STEPS, rising).words
    assert "lowest at step 100 (0.4)" in words and "50%" in words and "early stopping" in words
    slightly = {"train": FALLING, "heldout": np.array([1.0, 0.60, 0.59, 0.60])}
    assert "lowest" not in gap(losses(0.1, 0.6), STEPS, slightly).words
    both = {"train": np.array([1.0, 0.3, 0.2, 0.5]), "heldout": np.array([1.0, 0.4, 0.4, 0.6])}
    assert "lowest" not in gap(losses(0.5, 0.6), STEPS, both).words  # a bad step, not learning by heart


def test_no_better_than_the_baseline_is_said_and_why():
    assert "has not learned the task yet" in gap(losses(0.99, 1.0), STEPS, FLAT, baseline=1.0).words
    assert gap(losses(0.99, 1.0), STEPS, FLAT, baseline=1.0).kind == "unlearned"
    learned = gap(losses(0.1, 1.2), STEPS, FLAT, baseline=1.0)
    assert learned.kind == "gap" and "has learned by heart" in learned.words
    assert "baseline" not in gap(losses(0.1, 0.4), STEPS, FLAT, baseline=1.0).words


def test_the_test_part_says_whether_the_held_out_one_flatters():
    assert "flatters" in gap(losses(0.4, 0.4, 0.6), STEPS, FLAT).words
    words = gap(losses(0.4, 0.4, 0.41), STEPS, FLAT).words
    assert "by which nothing was chosen, the loss is 0.41." in words


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_losses_that_are_no_numbers_are_not_compared(bad):
    assert gap(losses(0.4, bad), STEPS, FLAT).kind == "diverged"
    gap(
        losses(0.4, 0.5, bad), STEPS, {"train": FALLING, "heldout": np.full(4, bad)}
    )  # and nothing is raised for the others
