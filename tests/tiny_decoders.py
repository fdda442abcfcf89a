"""Small tasks with a decoder, on random sequences of several lengths, and their models with large weights."""

from __future__ import annotations

import numpy as np
import torch

from rnnviz.config import ExperimentConfig
from rnnviz.model import build
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.symbols import padded, to_write

START, END, CLASSES = 0, 1, 4


class Tiny(Task):
    """Writes 0 to 3 symbols, 2 or 3 each, and the end symbol."""

    loss, metric = "cross_entropy", "exact_match"
    start, end, output_size, target_steps, time_steps = START, END, CLASSES, 4, 5
    labels = tuple("<>ab")

    def sample(self, rng, size, split):
        rows = [np.array([*rng.integers(2, CLASSES, rng.integers(0, 4)), END]) for _ in range(size)]
        return Batch(**self.read(rng, size), **to_write(*padded(rows)))


class TinyEncoderDecoder(Tiny):
    shape, tokens, input_size = "encoder–decoder", True, 3

    def read(self, rng, size):
        table, lengths = padded([rng.integers(0, 3, rng.integers(1, 6)) for _ in range(size)])
        return {"inputs": table, "lengths": lengths}


class TinyVectorToSequence(Tiny):
    shape, input_size, time_steps = "vec→seq", 3, 1

    def read(self, rng, size):
        return {"inputs": rng.standard_normal((size, 3))}


TINY = {"tiny encoder–decoder": TinyEncoderDecoder, "tiny vec→seq": TinyVectorToSequence}


def tiny(monkeypatch, kind="encoder–decoder", **settings):
    """(configuration, task), the task registered for as long as the test lasts."""
    name = f"tiny {kind}"
    monkeypatch.setitem(TASKS._entries, name, TINY[name])
    usual = {"hidden_size": 4, "batch_size": 5, "precision": "float64", "cell": "gru", "learning_rate": 0.05}
    config = ExperimentConfig(**{"task": name, **usual, **settings})
    return config, TINY[name](config)


def lively(config, task, seed=0):
    """A model whose weights are so large that what it writes differs from sequence to sequence."""
    torch.manual_seed(seed)
    model = build(config, task)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 1)
        model.readout.weight *= 3
        model.readout.bias[:] = 0
        model.readout.bias[END] = 1
    return model
