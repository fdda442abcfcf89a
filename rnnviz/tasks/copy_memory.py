"""Copy memory."""

from __future__ import annotations

import math

import numpy as np

from rnnviz.tasks.base import Batch, Task

SYMBOLS = 4  # K
ITEMS = 5  # S
BLANK, GO = SYMBOLS, SYMBOLS + 1


class CopyMemory(Task):
    """Remember a short list over a delay, then say it.

    Trial: the net sees S = 5 symbols, each one of K = 4, then T - 1 blanks, a go signal and S more blanks.
    It must answer blank until the go signal has been seen and then give the S symbols in order. T is the
    delay (the setting `length`), so a sequence has T + 2S time steps.

    Shapes: inputs (B, T+2S) tokens, 0..K-1 symbols, K blank, K+1 go; targets (B, T+2S) classes, 0..K-1
    symbols, K blank. Loss: cross entropy over all time steps. Metric: accuracy on the last S time steps
    alone (`Batch.judged`); over all of them, answering blank throughout would look good.
    Baseline: blanks are known, symbols are guessed: S ln K / (T+2S) nats per time step.
    Paper: Hochreiter & Schmidhuber (1997), in the form of Arjovsky, Shah & Bengio (2016), made smaller.
    """

    name = "copy_memory"
    label = "Copy memory"
    summary = "Remember five symbols over a delay, then say them in order."
    shape = "seq→seq"
    source = "Arjovsky, Shah & Bengio (2016), Unitary evolution recurrent neural networks"
    defaults = {
        "cell": "lstm",
        "length": 10,
        "hidden_size": 64,
        "batch_size": 64,
        "learning_rate": 1e-2,
        "forget_bias": 3.0,
    }

    loss = "cross_entropy"
    metric = "accuracy"
    tokens = True
    input_size = SYMBOLS + 2
    output_size = SYMBOLS + 1
    labels = ("a", "b", "c", "d", "blank")
    input_labels = (*labels, "go")
    baseline_words = "blank until the go signal, then a symbol at random"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.time_steps = config.length + 2 * ITEMS
        self.baseline = ITEMS * math.log(SYMBOLS) / self.time_steps

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        symbols = rng.integers(0, SYMBOLS, (size, ITEMS))
        inputs = np.full((size, self.time_steps), BLANK)
        inputs[:, :ITEMS] = symbols
        inputs[:, -ITEMS - 1] = GO
        targets = np.full((size, self.time_steps), BLANK)
        targets[:, -ITEMS:] = symbols
        judged = np.zeros((size, self.time_steps), bool)
        judged[:, -ITEMS:] = True
        return Batch(inputs, targets, judged=judged)
