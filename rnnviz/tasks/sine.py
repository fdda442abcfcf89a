"""A mixture of sines."""

from __future__ import annotations

import numpy as np

from rnnviz.tasks.base import Batch, Task

PERIODS = np.array([25.0, 10.0])  # time steps
AMPLITUDES = np.array([1.0, 0.5])


class Sine(Task):
    """Continue a sum of two sine waves.

    Trial: each sequence is sin(2πt/25 + φ₁) + ½ sin(2πt/10 + φ₂) with phases φ drawn anew from U[0, 2π).
    At every time step the net must give the next value. It has to find out both phases from what it sees, so
    the first few predictions cannot be right.

    Shapes: inputs (B, T, 1); targets (B, T, 1), the inputs one time step later. Loss: mean squared error.
    Baseline: repeating the last value costs the sum over the waves of a²(1 - cos(2π/P)), amplitude a and
    period P; always guessing 0 costs the variance, the sum of a²/2 = .625.
    """

    name = "sine"
    label = "Sine mixture"
    summary = "Continue a sum of two sine waves, one time step ahead."
    shape = "seq→seq"
    causal = True
    defaults = {"cell": "lstm", "length": 50, "hidden_size": 16, "batch_size": 32, "learning_rate": 1e-2}

    labels = ("next value",)
    input_labels = ("value",)
    baseline = float(np.sum(AMPLITUDES**2 * (1 - np.cos(2 * np.pi / PERIODS))))
    baseline_words = "repeating the last value"

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        phase = rng.uniform(0, 2 * np.pi, (size, 1, len(PERIODS)))
        time = np.arange(self.time_steps + 1)[:, None]
        wave = np.sin(2 * np.pi * time / PERIODS + phase) @ AMPLITUDES
        return Batch(wave[:, :-1, None], wave[:, 1:, None])
