"""The adding problem."""

from __future__ import annotations

import numpy as np

from rnnviz.config import ConfigError
from rnnviz.tasks.base import Batch, Task


class Adding(Task):
    """Add two numbers that are marked somewhere in a long list of numbers.

    Trial: at each time step the net sees a value drawn from U[0, 1] and a mark. Two time steps carry mark 1,
    the first in [0, T/2), the second in [T/2, T), all others mark 0. After the last time step it must give
    the sum of the two marked values.

    Shapes: inputs (B, T, 2), value and mark; targets (B, 1). Loss: mean squared error.
    Baseline: always guessing 1 costs the variance of a sum of two uniform numbers, 2/12 = 1/6 = .1667;
    knowing one of the two numbers leaves 1/12.
    Paper: Hochreiter & Schmidhuber (1997), experiment 4, in the form of Le, Jaitly & Hinton (2015).
    """

    name = "adding"
    label = "Adding problem"
    summary = "Add the two marked numbers of a long list."
    source = "Hochreiter & Schmidhuber (1997), Long short-term memory, experiment 4"
    defaults = {
        "cell": "lstm",
        "length": 50,
        "hidden_size": 64,
        "batch_size": 64,
        "learning_rate": 1e-2,
        "forget_bias": 1.0,
    }

    input_size = 2
    labels = ("sum",)
    input_labels = ("value", "mark")
    baseline = 1 / 6
    baseline_words = "always guessing the mean, 1"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        if config.length < 2:
            raise ConfigError(f"length is {config.length}; two marks need at least 2 time steps.")

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        time, half = self.time_steps, self.time_steps // 2
        rows = np.arange(size)
        inputs = np.zeros((size, time, 2))
        inputs[..., 0] = rng.random((size, time))
        first, second = rng.integers(0, half, size), rng.integers(half, time, size)
        inputs[rows, first, 1] = inputs[rows, second, 1] = 1
        total = inputs[rows, first, 0] + inputs[rows, second, 0]
        return Batch(inputs, total[:, None])
