"""Counting pieces of a sequence, wherever they stand."""

from __future__ import annotations

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from rnnviz.rivals.base import Rival, predicts_numbers, quiet
from rnnviz.rivals.examples import gathered, lengths_of
from rnnviz.rivals.linear import spread

LONGEST = 3  # symbols of a piece
MOST = 20_000  # pieces


class Bag(Rival):
    """Logistic regression on how often each symbol, pair and triple of neighbours occurs: the usual yardstick for
    a label of a text. Source: Wang and Manning (2012), Baselines and bigrams.
    """

    label = "Bag of n-grams"

    @classmethod
    def refuses(cls, task):
        if not task.tokens or predicts_numbers(task):
            return "there are no symbols to count"
        return "" if task.shape == "seq→vec" else "an answer is asked for at every time step"

    def fit(self):
        batch = gathered(self.task, self.budget, self.budget.examples)
        counter = CountVectorizer(analyzer=pieces, max_features=MOST)
        self.model = make_pipeline(counter, LogisticRegression(max_iter=300))
        with quiet():
            self.model.fit(sequences(batch), batch.targets)
        last = self.model[-1]
        self.parameters = last.coef_.size + last.intercept_.size
        self.note = f"of up to {LONGEST} symbols, {last.coef_.shape[1]:,} different ones"

    def outputs(self, batch):
        last = self.model[-1]
        return spread(self.model.predict_proba(sequences(batch)), last.classes_, self.task.output_size)


def sequences(batch):
    """The symbols of each sequence, as long as it is."""
    return [tuple(row[:length].tolist()) for row, length in zip(batch.inputs, lengths_of(batch), strict=True)]


def pieces(symbols):
    return [symbols[k : k + n] for n in range(1, LONGEST + 1) for k in range(len(symbols) - n + 1)]
