"""Counting what followed the last few symbols."""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import csr_matrix

from rnnviz.rivals.base import Rival, answers_always, logarithm, predicts_numbers, writes
from rnnviz.rivals.examples import counted, gathered

LONGEST = 5  # symbols of a context
TOKENS = 2_000_000  # that are counted at most
AT_ONCE = 4_000_000  # probabilities computed at once


class NGram(Rival):
    """P(target | the last k symbols), from counts, for k = 5 down to 0, each smoothed with the shorter one:

        P_k(y | c) = (n(c, y) + d(c) P_{k-1}(y | c')) / (n(c) + d(c)),   d(c): different targets seen after c,

    beginning with P(y) = 1 / classes. What is read may be symbols of an input, or those written so far. Source:
    Witten and Bell (1991), The zero-frequency problem; Chen and Goodman (1999), section 2.5.
    """

    label = "n-gram"

    @classmethod
    def refuses(cls, task):
        if predicts_numbers(task) or not (writes(task) or task.tokens):
            return "there are no symbols to count"
        return "" if answers_always(task) else "see the bag of n-grams"

    def fit(self):
        self.kinds = max(self.task.output_size, 1 if writes(self.task) else self.task.input_size)
        fitting = int(62 / math.log2(self.kinds + 1)) - 1
        self.tables = [_Counts(k, self.kinds + 1, self.task.output_size) for k in range(min(LONGEST, fitting) + 1)]
        symbols, targets, counts = self._seen()
        for table in self.tables:
            table.fit(symbols, targets, counts)
            self.parameters += table.counts.nnz
        self.note = f"after up to {len(self.tables) - 1} symbols, counted over {int(counts.sum()):,} places"

    def _seen(self):
        """(N, T) symbols, targets and which of them count, of the training part."""
        part = self.task.part("train")
        if part is not None:
            return self._whole(part)
        batch = gathered(self.task, self.budget, min(TOKENS, 20 * self.budget.examples))
        return _read(self.task, batch), batch.targets, counted(self.task, batch)

    def _whole(self, part):
        """The same of texts as they stand, every symbol once: a row of them all, with one more symbol between two."""
        ahead, between = self.task.ahead, self.kinds
        count = min(len(part.inputs), TOKENS) - ahead
        symbols, targets = part.inputs[:count].astype(np.int64), part.targets[ahead : count + ahead].astype(np.int64)
        text = np.searchsorted(part.bounds, np.arange(count + ahead), side="right")
        counts = (text[:count] == text[ahead:]) & (targets >= 0)
        ends = part.bounds[(part.bounds > 0) & (part.bounds < count)]
        rows = np.insert(symbols, ends, between), np.insert(targets, ends, 0), np.insert(counts, ends, False)
        return tuple(row[None] for row in rows)

    def outputs(self, batch):
        symbols = _read(self.task, batch)
        size = max(1, AT_ONCE // (symbols.shape[1] * self.task.output_size))
        return np.concatenate([self._logarithms(symbols[k : k + size]) for k in range(0, len(symbols), size)])

    def _logarithms(self, symbols):
        found = np.full((*symbols.shape, self.task.output_size), 1 / self.task.output_size)
        for table in self.tables:
            table.refine(symbols, found)
        return logarithm(found)

    def answers(self, batch):
        """The same for everybody: what is most likely after what was written, from the start symbol on."""
        written = np.full((1, batch.targets.shape[1] + 1), self.task.start)
        for t in range(batch.targets.shape[1]):
            written[0, t + 1] = self._logarithms(written[:, : t + 1])[0, -1].argmax()
        return np.broadcast_to(written[:, 1:], batch.targets.shape)


class _Counts:
    """n(c, y) for all contexts c of `length` symbols. keys: (C,) the contexts seen, ascending; counts: (C, classes)."""

    def __init__(self, length: int, kinds: int, classes: int) -> None:
        self.length, self.kinds, self.classes = length, kinds, classes

    def fit(self, symbols: np.ndarray, targets: np.ndarray, counts: np.ndarray) -> None:
        begin = max(self.length - 1, 0)
        there = counts[:, begin:]
        found, y = self._contexts(symbols)[there], targets[:, begin:][there]
        self.keys, rows = np.unique(found, return_inverse=True)
        shape = len(self.keys), self.classes
        self.counts = csr_matrix((np.ones(len(y)), (rows.ravel(), y)), shape=shape)  # equal places are added up
        self.total = np.asarray(self.counts.sum(1)).ravel()
        self.different = np.diff(self.counts.indptr)

    def refine(self, symbols: np.ndarray, found: np.ndarray) -> None:
        """Smooth these counts with the probabilities (B, T, classes) of the shorter context, in place."""
        if symbols.shape[1] < self.length or not len(self.keys):
            return
        contexts = self._contexts(symbols)
        at = np.minimum(np.searchsorted(self.keys, contexts), len(self.keys) - 1)
        known = self.keys[at] == contexts
        rows = at[known]
        shorter = found[:, max(self.length - 1, 0) :]
        different = self.different[rows, None]
        shorter[known] = (self.counts[rows].toarray() + different * shorter[known]) / (
            self.total[rows, None] + different
        )

    def _contexts(self, symbols: np.ndarray) -> np.ndarray:
        """(B, T - length + 1) one number for the last `length` symbols, at every time step that has so many."""
        last = symbols.shape[1] - max(self.length - 1, 0)
        found = np.zeros((len(symbols), last), np.int64)
        for k in range(self.length):
            found = found * self.kinds + symbols[:, k : k + last]
        return found


def _read(task, batch):
    return batch.previous if writes(task) else batch.inputs
