"""The Mackey-Glass series."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.windows import Split, persistence, standardise

TAU = 17
TRAIN, HELDOUT_ROWS, TEST_ROWS = 2000, 1000, 1000
SETTLE = 300  # time units dropped at the start, until the series is on its attractor
SUBSTEPS = 10  # Runge-Kutta steps per time unit: dt = .1


class MackeyGlass(Task):
    """Predict a chaotic series one time step ahead.

    Trial: the series solves dx/dt = .2 x(t-τ) / (1 + x(t-τ)^10) - .1 x(t) with τ = 17, sampled once per time
    unit. Each sequence is a window of it. At every time step the net must give the next value.

    Shapes: inputs (B, T, 1); targets (B, T, 1), the inputs one time step later. Loss: mean squared error.
    The first 2,000 samples train, the next 1,000 are held out, 1,000 more test; all are scaled by the mean
    and deviation of the first 2,000. Baseline: repeating the last value, measured on the held-out part (about .02).
    A linear model on a window of 20 values does better than these nets (Gers, Eck & Schmidhuber 2001).
    Paper: Mackey & Glass (1977).
    """

    name = "mackey_glass"
    label = "Mackey-Glass series"
    summary = "Predict a chaotic series one time step ahead."
    shape = "seq→seq"
    source = "Mackey & Glass (1977), Oscillation and chaos in physiological control systems"
    causal = True
    defaults = {"cell": "lstm", "length": 100, "hidden_size": 32, "batch_size": 32, "learning_rate": 5e-3}

    labels = ("next value",)
    input_labels = ("value",)
    baseline_words = "repeating the last value"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.split = _split().check(config.length, "the Mackey-Glass series")
        self.baseline = persistence(self.split.heldout, config.length)

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        windows = self.split.windows(rng, size, self.time_steps, split)
        return Batch(windows[:, :-1], windows[:, 1:])


def mackey_glass(samples: int, settle: int = SETTLE, substeps: int = SUBSTEPS) -> np.ndarray:
    """(samples,) values one time unit apart, by the classical Runge-Kutta method, from x = 1.2 for t <= 0.

    The delayed value half a step ahead is the mean of its two neighbours on the grid.
    """
    dt, delay = 1 / substeps, TAU * substeps
    x = [1.2] * (delay + 1)
    for k in range((settle + samples - 1) * substeps):
        before, after = x[k], x[k + 1]
        grow_0 = 0.2 * before / (1 + before**10)
        middle = (before + after) / 2
        grow_half = 0.2 * middle / (1 + middle**10)
        grow_1 = 0.2 * after / (1 + after**10)
        now = x[-1]
        k1 = grow_0 - 0.1 * now
        k2 = grow_half - 0.1 * (now + dt / 2 * k1)
        k3 = grow_half - 0.1 * (now + dt / 2 * k2)
        k4 = grow_1 - 0.1 * (now + dt * k3)
        x.append(now + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.array(x[delay::substeps][settle : settle + samples])


@lru_cache(maxsize=1)
def _split() -> Split:
    return standardise(mackey_glass(TRAIN + HELDOUT_ROWS + TEST_ROWS)[:, None], TRAIN, TEST_ROWS)
