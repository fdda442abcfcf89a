"""A support vector machine on a window."""

from __future__ import annotations

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from rnnviz.rivals.base import answers_always, predicts_numbers, quiet, writes
from rnnviz.rivals.examples import WindowRival

C, EPSILON, ITERATIONS = 10.0, 0.01, 200_000


class SupportVectors(WindowRival):
    """Gaussian kernel, C = 10, ε = .01 of the target's deviation: fixed, not tuned. It takes at most 2,000 windows,
    since its time grows with their square. Of classes it gives no probabilities, so it has no cross entropy.

    Source: Cortes and Vapnik (1995), Support-vector networks.
    """

    label = "Support vector machine"
    probable = False
    most = 2000

    @classmethod
    def refuses(cls, task):
        if writes(task):
            return "it does not write"
        return "it cannot take the many symbols of a text" if task.tokens and answers_always(task) else ""

    def fit(self):
        table = self.table()
        if predicts_numbers(self.task):
            one = TransformedTargetRegressor(
                SVR(C=C, epsilon=EPSILON, max_iter=ITERATIONS), transformer=StandardScaler()
            )
            last = MultiOutputRegressor(one)
            y = table.y.reshape(len(table.y), -1)
        else:
            last, y = SVC(C=C, max_iter=ITERATIONS), table.y
        self.model = make_pipeline(StandardScaler(), last)
        with quiet():
            self.model.fit(table.x, y)
        machines = [each.regressor_ for each in last.estimators_] if predicts_numbers(self.task) else [last]
        self.parameters = sum(m.support_vectors_.size + m.dual_coef_.size + m.intercept_.size for m in machines)
        vectors = sum(len(m.support_) for m in machines)
        self.note = f"{vectors:,} support vectors, of the last {self.window.steps} time steps"

    def outputs_of(self, x, reach):
        found = self.model.predict(x)
        if predicts_numbers(self.task):
            return found.reshape(len(x), -1)
        return np.eye(self.task.output_size)[found.astype(int)]
