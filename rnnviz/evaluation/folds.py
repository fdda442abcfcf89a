"""Walk-forward validation: a series is forecast again and again, each time by what lies before alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.tasks.base import Task

GRID = 1000  # a series is cut at thousandths of it
BLOCKS = (0.1, 0.15, 0.2)  # of what is not kept back for a test: how much is judged in each fold


@dataclass(frozen=True)
class Fold:
    """train: the share of the series, from its start, that trains. end: up to where what follows is judged."""

    train: float
    end: float

    def config(self, config: ExperimentConfig) -> ExperimentConfig:
        """The experiment on this fold: what lies behind it is a test part, which nobody looks at."""
        return config.with_(train_fraction=self.train, test_fraction=round(1 - self.end, 6))


def why_not(task: Task) -> str:
    """Why a task cannot be walked through in time, in a sentence; "" where it can."""
    if not {"train_fraction", "test_fraction"} <= set(task.uses) or not task.causal or task.shape != "seq→seq":
        return "Walk-forward validation is for a recorded series that is forecast, such as the stock prices or a table."
    return ""


def folds(count: int, test_fraction: float = 0.0, block: float = BLOCKS[0]) -> list[Fold]:
    """`count` folds over what is not kept back for a test, by scikit-learn's TimeSeriesSplit; each judges a `block`
    of it."""
    from sklearn.model_selection import TimeSeriesSplit

    kept = 1 - test_fraction
    split = TimeSeriesSplit(n_splits=count, test_size=round(block * GRID))
    parts = split.split(np.arange(GRID))
    return [
        Fold(round(kept * len(train) / GRID, 6), round(kept * (judged[-1] + 1) / GRID, 6)) for train, judged in parts
    ]
