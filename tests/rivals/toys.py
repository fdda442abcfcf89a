"""Tasks whose best answer is known, for what rivals make of them."""

from __future__ import annotations

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.tasks.base import Batch, Task


def config(**settings):
    return ExperimentConfig(**{"task": "sine", "length": 12, "batch_size": 8, "precision": "float64", **settings})


class Waves(Task):
    """Two waves of the same period, one a quarter behind; only the first is predicted, `ahead` time steps on."""

    shape = "seq→seq"
    uses = ("length", "horizon")
    causal = True
    input_size, output_size = 2, 1

    def sample(self, rng, size, split):
        ahead = self.config.horizon
        angle = 2 * np.pi * np.arange(self.time_steps + ahead) / 9 + rng.uniform(0, 2 * np.pi, (size, 1))
        both = np.stack([np.cos(angle), np.sin(angle)], -1)
        return Batch(both[:, :-ahead, ::-1], both[:, ahead:, :1])


class Symbols(Task):
    """The next symbol of a walk: from k to k + 1 mod 3 with probability .9, else to k + 2."""

    shape = "seq→seq"
    loss, metric = "cross_entropy", "accuracy"
    tokens, causal = True, True
    input_size = output_size = 3
    labels = ("a", "b", "c")

    def sample(self, rng, size, split):
        steps = np.where(rng.random((size, self.time_steps + 1)) < 0.9, 1, 2)
        walk = np.cumsum(steps, 1) % 3
        return Batch(walk[:, :-1], walk[:, 1:])


class Pairs(Task):
    """Whether "ab" stands somewhere in a sequence of four symbols, of several lengths."""

    loss, metric = "cross_entropy", "accuracy"
    tokens = True
    input_size, output_size = 4, 2
    labels = ("no", "yes")

    def sample(self, rng, size, split):
        inputs = rng.integers(0, 4, (size, self.time_steps))
        lengths = rng.integers(3, self.time_steps + 1, size)
        pairs = (inputs[:, :-1] == 0) & (inputs[:, 1:] == 1)
        pairs &= np.arange(1, self.time_steps) < lengths[:, None]
        inputs[np.arange(self.time_steps) >= lengths[:, None]] = 0
        return Batch(inputs, pairs.any(1).astype(int), lengths=lengths)
