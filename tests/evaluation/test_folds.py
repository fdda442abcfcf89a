"""Folds in the order of time, by what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.config import ExperimentConfig
from rnnviz.data.errors import DataError
from rnnviz.errands.walk_forward import fitting
from rnnviz.evaluation.folds import folds, why_not
from rnnviz.tasks import TASKS, make_task

STOCKS = ExperimentConfig(task="stocks").with_(**TASKS["stocks"].defaults)


@pytest.mark.parametrize("count", [3, 4, 5])
@pytest.mark.parametrize("test", [0.0, 0.2])
def test_folds_follow_one_another_and_end_before_the_test(count, test):
    found = folds(count, test)
    assert len(found) == count and found[-1].end == pytest.approx(1 - test)
    for one, after in zip(found, found[1:], strict=False):
        assert one.end == pytest.approx(after.train)
    assert all(fold.end - fold.train == pytest.approx(0.1 * (1 - test)) for fold in found)


def test_a_fold_trains_on_what_lies_before_and_judges_what_comes_next():
    """By the rows of the returns themselves: nothing later scales or trains, nothing of the test part is held out."""
    whole = make_task(STOCKS.with_(precision="float64", length=4))
    raw = np.concatenate([whole.split.train, whole.split.heldout])
    for fold in folds(4, 0.2):
        split = make_task(fold.config(STOCKS.with_(precision="float64", length=4))).split
        a, b = len(split.train), len(split.train) + len(split.heldout)
        assert a == int(104 * fold.train) and b == 104 - int(104 * round(1 - fold.end, 6)) and b <= 84
        scaled = (raw[a:b] - raw[:a].mean(0)) / raw[:a].std(0)
        np.testing.assert_allclose(split.heldout, scaled)


def test_folds_grow_until_they_hold_a_window():
    assert fitting(STOCKS.with_(length=5), None, 4)[0].train == pytest.approx(0.6)
    assert fitting(STOCKS, None, 4)[0].train == pytest.approx(0.4)  # 13 of 104 rows are more than a tenth of them
    with pytest.raises(DataError, match="too short to be cut into 4 folds of windows of 20 time steps"):
        fitting(STOCKS.with_(length=20), None, 4)


def test_only_recorded_series_are_walked_through():
    assert not why_not(make_task(STOCKS))
    for name in ("sine", "adding", "digits_rows", "text"):
        assert "recorded series" in why_not(make_task(ExperimentConfig(task=name, length=10)))
