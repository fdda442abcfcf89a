"""Tomorrow is like today."""

from __future__ import annotations

import numpy as np

from rnnviz.rivals.base import Rival, predicts_numbers
from rnnviz.rivals.examples import lengths_of
from rnnviz.tasks.base import Task

SEEN = 64  # sequences by which it is found out which input a target will be


class Persistence(Rival):
    """Every target is predicted to be what its own column shows now: the usual yardstick of a forecast."""

    label = "Persistence"

    @classmethod
    def refuses(cls, task):
        if task.shape != "seq→seq" or task.tokens or not predicts_numbers(task):
            return "there is no series to continue"
        return "" if echoed(task) is not None else "what is predicted is not among the inputs"

    def fit(self):
        self.columns = echoed(self.task)
        self.note = "repeats the last value"

    def outputs(self, batch):
        return batch.inputs[..., self.columns]


def echoed(task: Task) -> list[int] | None:
    """For every output the input column that shows the target some time steps later; None where one has none."""
    batch = task.heldout(SEEN)
    ahead, time = task.ahead, batch.inputs.shape[1]
    there = batch.counted()[:, :-ahead] & (np.arange(ahead, time) < lengths_of(batch)[:, None])
    later, targets = batch.inputs[:, ahead:][there], batch.targets[:, :-ahead][there]
    columns = []
    for output in range(task.output_size):
        same = [k for k in range(task.input_size) if np.array_equal(later[..., k], targets[..., output])]
        if not same or not later.size:
            return None
        columns.append(same[0])
    return columns
