"""Handwritten digits, read row by row or pixel by pixel."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from rnnviz.data.packaged import packaged_table
from rnnviz.tasks.base import Batch, Task

DIGITS, TRAIN = 1797, 1400  # how many there are, and how many train where none test


class DigitsRows(Task):
    """Recognise a handwritten digit that is shown one row at a time.

    Trial: an image of 8 x 8 pixels is read from top to bottom, one row of 8 pixels per time step. Pixels are
    grey values from 0 to 1. After the last row the net must say which digit it was.

    Shapes: inputs (B, 8, 8); targets (B,) classes 0 to 9. Loss: cross entropy. Metric: accuracy.
    The data are the 1,797 digits that ship inside scikit-learn, in their order: 1,400 train, 397 are held out,
    and fewer of each where the last of them test.
    Baseline: ten digits, about equally frequent: ln 10 nats.
    Paper: Alpaydin & Kaynak (1998) for the images; Le, Jaitly & Hinton (2015) for reading them as sequences.
    """

    name = "digits_rows"
    label = "Handwritten digits, row by row"
    summary = "Recognise a handwritten digit, shown one row of pixels at a time."
    uses = ("test_fraction",)
    source = "Alpaydin & Kaynak (1998), Optical recognition of handwritten digits (scikit-learn's copy)"
    defaults = {"cell": "gru", "hidden_size": 64, "batch_size": 64, "learning_rate": 5e-3}

    loss = "cross_entropy"
    metric = "accuracy"
    input_size = 8
    output_size = 10
    labels = tuple("0123456789")
    input_labels = tuple(f"column {k + 1}" for k in range(8))
    baseline = math.log(10)
    baseline_words = "guessing one of ten digits"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.time_steps = 64 // self.input_size

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        images, classes = load_digits()
        chosen = drawn(rng, size, split, self.config.test_fraction)
        return Batch(images[chosen].reshape(-1, self.time_steps, self.input_size), classes[chosen])


class DigitsPixels(DigitsRows):
    """Recognise a handwritten digit that is shown one pixel at a time.

    Trial: an image of 8 x 8 pixels is read row by row, one pixel per time step, 64 in all. Each is a grey
    value from 0 to 1. After the last pixel the net must say which digit it was.

    Shapes: inputs (B, 64, 1); targets (B,) classes 0 to 9. Loss, metric and data as for the digits read row by
    row; much harder, as neighbours in the image are 8 time steps apart. Baseline: ln 10 nats, as there.
    Paper: Alpaydin & Kaynak (1998) for the images; Le, Jaitly & Hinton (2015) for reading them as sequences.
    """

    name = "digits_pixels"
    label = "Handwritten digits, pixel by pixel"
    summary = "Recognise a handwritten digit, shown one pixel at a time."
    input_size = 1
    input_labels = ("pixel",)


def drawn(rng: np.random.Generator, size: int, split: str, test_fraction: float) -> np.ndarray:
    """Numbers of images: `size` at random to train on; of another part, at most `size`, in their order."""
    end = DIGITS - int(DIGITS * test_fraction)
    train = end * TRAIN // DIGITS
    if split == "train":
        return rng.integers(0, train, size)
    return np.arange(train, end)[:size] if split == "heldout" else np.arange(end, DIGITS)[:size]


@lru_cache(maxsize=1)
def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 64) with grey values in [0, 1], row by row, and their classes (1797,)."""
    table = np.array(packaged_table("sklearn", "datasets/data/digits.csv.gz"), dtype=float)
    images, classes = table[:, :-1] / 16, table[:, -1].astype(int)
    images.flags.writeable = classes.flags.writeable = False
    return images, classes
