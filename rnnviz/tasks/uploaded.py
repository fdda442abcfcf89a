"""What a visitor brought: a table of numbers or a text."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.data.errors import DataError
from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.characters import encode, frequency_loss, labels, most_frequent
from rnnviz.tasks.windows import Split, persistence, standardise

MOST_CHARACTERS = 256


class Uploaded(Task):
    """Predict what comes next in your own data.

    Trial: each sequence is a window of T rows of a table, or of T characters of a text. At every time step the
    net must give the target column's value in the next row, or the next character. The data are cut in time
    order; windows to train on come from the first part, windows to judge by from the second.

    Table: inputs (B, T, D), the chosen columns (all of them where none is chosen); targets (B, T, 1), the
    target column one row later; every column has mean 0 and deviation 1 on the training part. Loss: mean
    squared error. Baseline: repeating the last value of the target column, measured on the held-out part.

    Text: inputs (B, T) tokens; targets (B, T) classes, the next character. The 256 most frequent characters
    of the training part are classes, all others share one more. Loss: cross entropy in nats. Metric:
    accuracy. Baseline: guessing every character by its frequency, measured on the held-out part.
    """

    name = "uploaded"
    label = "Your own data"
    summary = "Predict the next row of your table, or the next character of your text."
    shape = "seq→seq"
    uses = ("length", "data", "columns", "targets", "train_fraction", "test_fraction")
    causal = True
    needs_data = True
    defaults = {"cell": "lstm", "length": 30, "hidden_size": 32, "batch_size": 32, "learning_rate": 5e-3}

    def __init__(self, config: ExperimentConfig, data: Dataset | None = None) -> None:
        super().__init__(config, data)
        if data is None:
            raise DataError("This experiment trains on uploaded data: upload the file it was made with.")
        prepared = _prepared(config, data)
        self.split, self.target, self.baseline = prepared.split, prepared.target, prepared.baseline
        self.labels, self.input_labels = prepared.labels, prepared.input_labels
        self.input_size, self.output_size = len(self.input_labels), len(self.labels)
        if data.kind == "text":
            self.loss, self.metric, self.tokens = "cross_entropy", "accuracy", True
            self.baseline_words = "guessing every character by its frequency"
        else:
            self.baseline_words = "repeating the last value"
        if config.data and config.data != data.fingerprint:
            self.notice = (
                f"This experiment was made with other data (fingerprint {config.data}); the data here have "
                f"{data.fingerprint}, so the numbers will differ."
            )

    @classmethod
    def fingerprint(cls, data: Dataset | None = None) -> str:
        return "" if data is None else data.fingerprint

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        windows = self.split.windows(rng, size, self.time_steps, split)
        if self.tokens:
            windows = windows.astype(np.int64)
            return Batch(windows[:, :-1], windows[:, 1:])
        return Batch(windows[:, :-1, : self.input_size], windows[:, 1:, self.target])


@dataclass(frozen=True, eq=False)
class Prepared:
    """A data set ready for windows. Table rows hold the input columns, then the target where it is not one."""

    split: Split
    labels: tuple[str, ...]
    input_labels: tuple[str, ...]
    target: list[int]
    baseline: float


# The latest preparation of each data set; it goes when the data set goes.
_latest: WeakKeyDictionary[Dataset, tuple[tuple, Prepared]] = WeakKeyDictionary()


def _prepared(config: ExperimentConfig, data: Dataset) -> Prepared:
    key = (config.columns, config.targets, config.train_fraction, config.test_fraction, config.length)
    known = _latest.get(data)
    if known and known[0] == key:
        return known[1]
    prepared = _prepare_text(config, data) if data.kind == "text" else _prepare_table(config, data)
    _latest[data] = (key, prepared)
    return prepared


def _prepare_text(config: ExperimentConfig, data: Dataset) -> Prepared:
    text = data.text or ""
    cut = int(len(text) * config.train_fraction)
    vocabulary = most_frequent(text[:cut], MOST_CHARACTERS)
    tokens = encode(text, vocabulary)
    split = Split.cut(tokens, config.train_fraction, config.test_fraction).check(
        config.length, "the text", "characters"
    )
    names = labels(vocabulary)
    return Prepared(split, names, names, [], frequency_loss(split.train, split.heldout, len(names)))


def _prepare_table(config: ExperimentConfig, data: Dataset) -> Prepared:
    if not data.numbers:
        raise DataError("The table has no column of numbers: choose a file that has one.")
    columns = config.columns or data.numbers
    goal = config.targets[0] if config.targets else data.numbers[-1]
    for number in (*columns, goal):
        if number not in data.numbers:
            raise DataError(
                f"Column number {number!r} is chosen, but the table's columns of numbers are "
                f"{', '.join(map(str, data.numbers[:20]))}: choose the columns again."
            )
    chosen = list(dict.fromkeys(columns))
    held = chosen if goal in chosen else [*chosen, goal]
    values = np.stack([_without_gaps(data.table[k].values) for k in held], axis=1)
    cut = Split.cut(values, config.train_fraction, config.test_fraction).check(config.length, "the table")
    split = standardise(values, len(cut.train), 0 if cut.test is None else len(cut.test))
    target = [held.index(goal)]
    return Prepared(
        split,
        (f"{data.columns[goal]} (standardised)",),
        tuple(data.columns[k] for k in chosen),
        target,
        persistence(split.heldout, config.length, target),
    )


def _without_gaps(values: np.ndarray) -> np.ndarray:
    """Values (N,) with gaps on the straight line between their neighbours."""
    gaps, at = np.isnan(values), np.arange(len(values))
    return np.interp(at, at[~gaps], values[~gaps]) if gaps.any() and not gaps.all() else np.nan_to_num(values)
