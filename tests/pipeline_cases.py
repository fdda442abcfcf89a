"""Data sets made by hand for the tests of preparing them."""

from __future__ import annotations

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Column, Dataset
from rnnviz.data.pipeline import Pipeline
from rnnviz.data.prepared import Prepared

DAY = 86_400.0


def column(name, values, kind="number", levels=()):
    kinds = {"number": float, "time": float, "category": np.int32, "text": np.int64}
    return Column(name, kind, np.asarray(values, kinds[kind]), tuple(levels))


def table(*columns, bounds=None) -> Dataset:
    rows = len(columns[0].values)
    return Dataset("t.csv", columns, np.asarray([0, rows] if bounds is None else bounds, np.int64))


def weather(rows=100, gaps=0.1, seed=0) -> Dataset:
    """A date, a number with gaps, one without, and words with gaps, of which "hail" comes late alone."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(5, 3, rows), rng.gamma(2, 10, rows)
    a[rng.random(rows) < gaps] = np.nan
    words = rng.integers(-1, 2, rows)
    words[int(rows * 0.9) :] = 2
    return table(
        column("date", np.arange(rows) * DAY, "time"),
        column("a", a),
        column("b", b),
        column("sky", words, "category", ("sun", "rain", "hail")),
    )


def config(task="uploaded", **changes) -> ExperimentConfig:
    return ExperimentConfig(task=task, length=5, precision="float64").with_(**changes)


def prepared(data: Dataset, task="uploaded", **changes) -> tuple[Pipeline, Prepared]:
    return Pipeline.fit(data, config(task, **changes))
