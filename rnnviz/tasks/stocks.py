"""Stock prices."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnnviz.data.packaged import packaged_table
from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.windows import persistence, standardise


class Stocks(Task):
    """Predict next week's prices of six stocks from the weeks before.

    Trial: each sequence is a window of the weekly closing prices of six companies, 2018 and 2019. At every
    week the net must give the six prices one week later. Prices are logarithms, scaled per company.

    Shapes: inputs (B, T, 6); targets (B, T, 6), the inputs one week later. Loss: mean squared error.
    The 105 weeks that ship inside plotly are cut in time order; mean and deviation come from the first part
    alone. Baseline: repeating this week's price, measured on the held-out part. A curve that seems to follow
    the prices means little; hardly any model beats this baseline, and with so few weeks none should.
    """

    name = "stocks"
    label = "Stock prices"
    summary = "Predict next week's prices of six stocks; hard to beat: no change."
    shape = "seq→seq"
    uses = ("length", "train_fraction")
    causal = True
    defaults = {
        "cell": "lstm",
        "length": 12,
        "hidden_size": 16,
        "batch_size": 32,
        "learning_rate": 5e-3,
        "train_fraction": 0.8,
    }

    baseline_words = "repeating this week's prices"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.labels, logs = load_stocks()
        self.input_labels = self.labels
        self.input_size = self.output_size = len(self.labels)
        self.split = standardise(logs, int(len(logs) * config.train_fraction))
        self.split.check(config.length, "the stock prices", "weeks")
        self.baseline = persistence(self.split.heldout, config.length)

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        windows = self.split.windows(rng, size, self.time_steps, split)
        return Batch(windows[:, :-1], windows[:, 1:])


@lru_cache(maxsize=1)
def load_stocks() -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the stocks and the logarithms (105, 6) of their weekly prices, the first week being 0."""
    header, *rows = packaged_table("plotly", "package_data/datasets/stocks.csv.gz")
    logs = np.log(np.array([row[1:] for row in rows], dtype=float))
    logs.flags.writeable = False
    return tuple(header[1:]), logs
