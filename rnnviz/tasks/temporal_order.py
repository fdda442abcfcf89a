"""Temporal order."""

from __future__ import annotations

import math

import numpy as np

from rnnviz.config import ConfigError
from rnnviz.tasks.base import Batch, Task

MARKS = 2  # A and B; the other four symbols only distract
SYMBOLS = 6


class TemporalOrder(Task):
    """Say in which order two rare symbols came.

    Trial: a sequence of L symbols, all distractors (c, d, e, f) but two. One time step in [.1L, .2L) and one
    in [.5L, .6L) hold a mark, A or B each (for short L the ranges are rounded down, one time step at least).
    After the last time step the net must say which pair it saw: AA, AB, BA or BB.

    Shapes: inputs (B, L) tokens, 0 and 1 the marks, 2 to 5 distractors; targets (B,) classes 0 to 3.
    Loss: cross entropy. Metric: accuracy. Baseline: guessing among four equally likely pairs, ln 4 nats.
    Paper: Hochreiter & Schmidhuber (1997), experiment 6a, with the positions of Pascanu, Mikolov & Bengio (2013).
    """

    name = "temporal_order"
    label = "Temporal order"
    summary = "Say in which order two rare symbols came."
    source = "Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks"
    defaults = {"cell": "gru", "length": 50, "hidden_size": 32, "batch_size": 64, "learning_rate": 1e-2}

    loss = "cross_entropy"
    metric = "accuracy"
    tokens = True
    input_size = SYMBOLS
    output_size = 4
    labels = ("AA", "AB", "BA", "BB")
    input_labels = ("A", "B", "c", "d", "e", "f")
    baseline = math.log(4)
    baseline_words = "guessing one of four pairs"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        if config.length < 2:
            raise ConfigError(f"length is {config.length}; two marks need at least 2 time steps.")
        # whole-number arithmetic: .6 * 50 is 29.999... in floating point
        self.ranges = [_range(config.length, 1, 2), _range(config.length, 5, 6)]

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        inputs = rng.integers(MARKS, SYMBOLS, (size, self.time_steps))
        marks = rng.integers(0, MARKS, (2, size))
        for mark, (low, high) in zip(marks, self.ranges, strict=True):
            inputs[np.arange(size), rng.integers(low, high, size)] = mark
        return Batch(inputs, 2 * marks[0] + marks[1])


def _range(length: int, start: int, stop: int) -> tuple[int, int]:
    """Time steps from start tenths to stop tenths of the length, at least one."""
    low = length * start // 10
    return low, max(low + 1, length * stop // 10)
