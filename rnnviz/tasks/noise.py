"""Noise in, random numbers out: a probe of gradients, not something to learn."""

from __future__ import annotations

import numpy as np

from rnnviz.tasks.base import Batch, Task


class Noise(Task):
    """Nothing can be learned here; the loss only serves to send a gradient back through time.

    Trial: at each time step the net sees one number from N(0, a^2), a being the input scale. At each time step
    its output is compared with a number from N(0, 1) that has nothing to do with what it saw. The gradient of
    each of these losses, followed back in time, shows what the recurrence does to it.

    Shapes: inputs (B, T, 1); targets (B, T, 1). Loss: mean squared error.
    Baseline: always guessing 0 costs the target's variance, 1.
    Paper: Bengio, Simard & Frasconi (1994); Pascanu, Mikolov & Bengio (2013).
    """

    name = "noise"
    label = "Noise (gradient probe)"
    summary = "Nothing to learn: a loss at every time step, to watch its gradient travel back."
    shape = "seq→seq"
    uses = ("length", "input_scale")
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

    labels = ("random target",)
    input_labels = ("noise",)
    baseline = 1.0
    baseline_words = "always guessing 0"

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        inputs = self.config.input_scale * rng.standard_normal((size, self.time_steps, 1))
        return Batch(inputs, rng.standard_normal((size, self.time_steps, 1)))
