"""Stock prices."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnnviz.data.packaged import packaged_table
from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.windows import Split, over_windows, standardise


class Stocks(Task):
    """Predict how the prices of six stocks change next week from how they changed in the weeks before.

    Trial: each sequence is a window of the weekly closing prices of six companies, 2018 and 2019, given as
    log-returns: by how much the logarithm of a price rose in a week. At every week the net must give the six
    log-returns of the week after. Prices themselves would make any copy of the last value look like a forecast.

    Shapes: inputs (B, T, 6); targets (B, T, 6), the inputs one week later. Loss: mean squared error.
    The 105 weeks that ship inside plotly are cut in time order; each company's mean and deviation come from
    the first part alone. Baseline: always guessing that mean, measured on the held-out part. Hardly any model
    beats it by much: a training loss far below it means that the weeks were learned by heart.
    """

    name = "stocks"
    label = "Stock prices"
    summary = "Predict how six stock prices change next week; hardly any model can."
    shape = "seq→seq"
    uses = ("length", "train_fraction", "test_fraction")
    causal = True
    defaults = {
        "cell": "lstm",
        "length": 12,
        "hidden_size": 8,
        "batch_size": 32,
        "learning_rate": 1e-3,
        "train_fraction": 0.8,
    }

    baseline_words = "always guessing the mean change of the training weeks"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.labels, returns = load_stocks()
        self.input_labels = self.labels
        self.input_size = self.output_size = len(self.labels)
        cut = Split.cut(returns, config.train_fraction, config.test_fraction)
        cut.check(config.length, "the stock prices", "weekly changes")
        self.split = standardise(returns, len(cut.train), 0 if cut.test is None else len(cut.test))
        self.baseline = over_windows(self.split.heldout[1:], config.length)

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        windows = self.split.windows(rng, size, self.time_steps, split)
        return Batch(windows[:, :-1], windows[:, 1:])


@lru_cache(maxsize=1)
def load_stocks() -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the stocks and by how much the logarithm of each price rose in a week, (104, 6)."""
    header, *rows = packaged_table("plotly", "package_data/datasets/stocks.csv.gz")
    returns = np.diff(np.log(np.array([row[1:] for row in rows], dtype=float)), axis=0)
    returns.flags.writeable = False
    return tuple(header[1:]), returns
