"""A linear model of a window."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rnnviz.rivals.base import answers_always, logarithm, predicts_numbers, quiet, writes
from rnnviz.rivals.examples import WindowRival

FEWEST = 10  # windows for a regression of its own
PENALTIES = np.logspace(-10, 3, 14)


class Linear(WindowRival):
    """Numbers: linear autoregression, y = W [x_t ... x_{t-w+1}] + b by least squares. While fewer than w values have
    been seen, a regression of its own on those there are. Classes: logistic regression on the same window.

    A ridge penalty, chosen by leave-one-out on the training part, keeps it well-posed. Source: Hastie, Tibshirani
    and Friedman (2009), The Elements of Statistical Learning, sections 3.4 and 4.4; Gers, Eck and Schmidhuber
    (2001), who found it hard to beat on Mackey-Glass.
    """

    label = "Linear model"

    @classmethod
    def refuses(cls, task):
        if writes(task):
            return "it does not write"
        return "of symbols, counts (n-gram) say more" if task.tokens and answers_always(task) else ""

    def fit(self):
        if predicts_numbers(self.task):
            self._fit_numbers()
        else:
            self._fit_classes()

    def _fit_numbers(self):
        table, window = self.table(), self.window
        self.models = {}
        reaches, counts = np.unique(table.reach, return_counts=True)
        for reach in reaches[counts >= min(FEWEST, counts.max())]:
            rows = table.reach == reach
            model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
            known = (window.steps - reach) * window.size  # columns before that are of time steps there were not
            x = table.x[rows, known : window.steps * window.size]
            self.models[reach] = model.fit(x, table.y[rows].reshape(rows.sum(), -1)), known
            self.parameters += (x.shape[1] + 1) * self.task.output_size
        self.note = f"of the last {window.steps} time steps"

    def _fit_classes(self):
        table = self.table()
        self.classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
        with quiet():
            self.classifier.fit(table.x, table.y)
        self.parameters = sum(part.size for part in (self.classifier[-1].coef_, self.classifier[-1].intercept_))
        self.note = f"logistic, of the last {self.window.steps} time steps"

    def outputs_of(self, x, reach):
        if not predicts_numbers(self.task):
            return spread(self.classifier.predict_proba(x), self.classifier.classes_, self.task.output_size)
        found = np.zeros((len(x), self.task.output_size))
        known = np.array(sorted(self.models))
        nearest = known[np.searchsorted(known, reach, side="right").clip(1) - 1]
        for value in np.unique(nearest):
            model, first = self.models[value]
            rows = nearest == value
            end = self.window.steps * self.window.size
            found[rows] = model.predict(x[rows, first:end]).reshape(rows.sum(), -1)
        return found


def spread(probabilities: np.ndarray, classes: np.ndarray, count: int) -> np.ndarray:
    """Logarithms (N, count) of probabilities (N, K) of the `classes` (K,) that were seen."""
    whole = np.zeros((len(probabilities), count))
    whole[:, classes.astype(int)] = probabilities
    return logarithm(whole)
