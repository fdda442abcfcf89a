"""The errand `walk_forward`: the experiment on folds of its series, each forecast by what lies before it alone."""

from __future__ import annotations

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.data.errors import DataError
from rnnviz.errands import Arrays, Result, Words
from rnnviz.errands.judging import Judge
from rnnviz.errands.seeds import SECONDS, trained
from rnnviz.evaluation.folds import BLOCKS, Fold, folds, why_not
from rnnviz.run import Run
from rnnviz.tasks import make_task


def walk_forward(words: Words, arrays: Arrays) -> Result:
    """words: `folds`, how many. arrays: `run`. Gives in arrays, for each fold: train and end (shares of the series),
    steps, loss, baseline, error (the loss's standard error by windows). Raises DataError, with a sentence, where it
    cannot be done."""
    run = Run.from_bytes(arrays["run"].tobytes())
    config = run.original
    if reason := why_not(make_task(config, run.data)):
        raise DataError(reason)
    count = int(words["folds"])
    rows = []
    parts = fitting(config, run.data, count)
    for k, fold in enumerate(parts):
        one = trained(fold.config(config), run, SECONDS / count, (k, count), f"Fold {k + 1} of {count}")
        judge = Judge(one)
        loss, _ = judge.measure(judge.task.heldout(judge.room))
        baseline = np.nan if judge.task.baseline is None else judge.task.baseline
        rows.append((fold.train, fold.end, one.step, loss, baseline))
    names = ("train", "end", "steps", "loss", "baseline")
    return {"step": run.step}, {
        name: np.array(each, float) for name, each in zip(names, zip(*rows, strict=True), strict=True)
    }


def fitting(config: ExperimentConfig, data: Dataset | None, count: int) -> list[Fold]:
    """Folds whose parts all hold a window. Raises DataError where there are none."""
    for block in BLOCKS:
        found = folds(count, config.test_fraction, block)
        try:
            for fold in found:
                make_task(fold.config(config), data)
        except DataError:
            continue
        return found
    raise DataError(
        f"The series is too short to be cut into {count} folds of windows of {config.length} time steps: choose a "
        "shorter length T or fewer folds."
    )
