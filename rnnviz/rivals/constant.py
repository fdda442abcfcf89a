"""Always the same answer."""

from __future__ import annotations

import numpy as np

from rnnviz.rivals.base import Rival, answers_always, logarithm, predicts_numbers
from rnnviz.rivals.examples import counted, gathered


class Constant(Rival):
    """The mean of the training targets (their median, where the loss is not the squared error), or how frequent
    each class was: the best answer that looks at no input.
    """

    label = "Always the same"

    @classmethod
    def refuses(cls, task):
        return ""

    def fit(self):
        batch = gathered(self.task, self.budget, self.budget.examples)
        counts = counted(self.task, batch)
        targets = batch.targets[counts] if answers_always(self.task) else batch.targets
        if predicts_numbers(self.task):
            middle = np.mean if self.task.loss == "mse" else np.median
            self.output = middle(targets.reshape(len(targets), -1), axis=0)
            self.note = f"the {middle.__name__} of the targets"
        else:
            seen = np.bincount(targets.ravel(), minlength=self.task.output_size)
            self.output = logarithm(seen / seen.sum())
            self.note = f"most often “{self.task.labels[seen.argmax()]}”" if self.task.labels else ""
        self.parameters = self.task.output_size

    def outputs(self, batch):
        axes = batch.targets.shape[:2] if answers_always(self.task) else batch.targets.shape[:1]
        return np.broadcast_to(self.output, (*axes, len(self.output)))

    def answers(self, batch):
        return np.full(batch.targets.shape, self.output.argmax())
