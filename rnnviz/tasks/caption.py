"""The name of a handwritten digit."""

from __future__ import annotations

import math

import numpy as np

from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.digits import drawn, load_digits
from rnnviz.tasks.symbols import END, START, Symbols, padded, to_write

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WRITE = Symbols([START, END, *sorted(set("".join(NAMES)))], "letter")
WRITTEN, LENGTHS = padded([WRITE.encode([*name, END]) for name in NAMES])


class Caption(Task):
    """Write the English name of a handwritten digit, letter by letter.

    Trial: an image of 8 x 8 pixels, grey values from 0 to 1, is seen all at once: a linear map makes the initial
    state of a decoder from it. The decoder then writes the digit's name ("seven") and an end symbol. It reads
    the symbol before at every time step: the right one while training, its own when it is judged.

    Shapes: inputs (B, 64); targets (B, T) classes, 15 letters, the start and the end symbol, of several lengths.
    Loss: cross entropy. Metric: exact match, every letter right and the end in its place.
    The data are the 1,797 digits that ship inside scikit-learn, in their order: 1,400 train, 397 are held out,
    and fewer of each where the last of them test.
    Baseline: guessing, evenly, among the names that begin as what is written so far: ln 10 nats a name, shared
    by its symbols (5 on average).
    Paper: Vinyals, Toshev, Bengio & Erhan (2015); Alpaydin & Kaynak (1998) for the images.
    """

    name = "caption"
    label = "Caption: name a digit"
    summary = "Write the English name of a handwritten digit, letter by letter."
    shape = "vec→seq"
    uses = ("test_fraction",)
    source = "Vinyals, Toshev, Bengio & Erhan (2015), Show and tell: a neural image caption generator"
    causal = True
    defaults = {"cell": "gru", "hidden_size": 64, "batch_size": 64, "learning_rate": 5e-3}

    loss = "cross_entropy"
    metric = "exact_match"
    input_size = 64
    output_size = len(WRITE.symbols)
    target_steps = WRITTEN.shape[1]
    labels = WRITE.labels
    input_labels = tuple(f"row {1 + k // 8}, column {1 + k % 8}" for k in range(64))
    baseline = math.log(10) / LENGTHS.mean()
    baseline_words = "guessing among all names that begin like this"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.time_steps = 1

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        images, digits = load_digits()
        chosen = drawn(rng, size, split, self.config.test_fraction)
        return Batch(images[chosen], **to_write(WRITTEN[digits[chosen]], LENGTHS[digits[chosen]]))

    def decode(self, tokens) -> str:
        """The word that tokens stand for, up to the end symbol."""
        return WRITE.decode(tokens)
