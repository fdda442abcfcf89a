"""Noise in, random numbers out: a probe of gradients, not something to learn."""

from __future__ import annotations

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.tasks.base import Batch, Task


class Noise(Task):
    """Nothing can be learned here; the loss only serves to send a gradient back through time.

    Trial: at each time step the net sees D numbers from N(0, a^2), a being the input scale. At each time step
    its O outputs are compared with numbers from N(0, 1) that have nothing to do with what it saw. The gradient of
    each of these losses, followed back in time, shows what the recurrence does to it. With D and O of a network from
    elsewhere, it shows what that does, whatever it was trained for.

    Shapes: inputs (B, T, D); targets (B, T, O), one of each unless asked otherwise. Loss: mean squared error.
    Baseline: always guessing 0 costs the target's variance, 1.
    Paper: Bengio, Simard & Frasconi (1994); Pascanu, Mikolov & Bengio (2013).
    """

    name = "noise"
    label = "Noise (gradient probe)"
    summary = "Nothing to learn: a loss at every time step, to watch its gradient travel back."
    shape = "seq→seq"
    uses = ("length", "input_scale", "input_size", "output_size")
    source = "Bengio, Simard & Frasconi (1994), Learning long-term dependencies with gradient descent is difficult"
    defaults = {
        "cell": "rnn_tanh",
        "length": 100,
        "hidden_size": 64,
        "batch_size": 16,
        "init": "orthogonal",
        "spectral_radius": 1.0,
        "input_scale": 0.01,
        "precision": "float64",
    }

    baseline = 1.0
    baseline_words = "always guessing 0"

    def __init__(self, config: ExperimentConfig, data: Dataset | None = None) -> None:
        super().__init__(config, data)
        self.input_size, self.output_size = config.input_size, config.output_size
        self.input_labels = _numbered("noise", self.input_size)
        self.labels = _numbered("random target", self.output_size)

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        inputs = self.config.input_scale * rng.standard_normal((size, self.time_steps, self.input_size))
        return Batch(inputs, rng.standard_normal((size, self.time_steps, self.output_size)))


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name} {k + 1}" for k in range(count))
