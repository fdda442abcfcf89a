"""A motif in DNA."""

from __future__ import annotations

import math

import numpy as np

from rnnviz.config import ConfigError
from rnnviz.tasks.base import Batch, Task

BASES = "ACGT"
TATA = np.array(  # how often A, C, G, T stand at each of its places, in 389 promoters: Bucher's table 3, places 2 to 9
    [
        [16, 46, 18, 309],
        [352, 0, 2, 35],
        [3, 10, 2, 374],
        [354, 0, 5, 30],
        [268, 0, 0, 121],
        [360, 3, 20, 6],
        [222, 2, 44, 121],
        [155, 44, 157, 33],
    ]
)
SHARES = TATA / TATA.sum(1, keepdims=True)


class Dna(Task):
    """Say whether a piece of DNA holds a TATA box or one that was written backwards.

    Trial: L bases, one per time step, evenly random but for a box of eight of them somewhere. A TATA box is
    where the copying of a gene begins; every gene's is a little different (TATAAAAG, TATATAAA, CATAAATA, ...), so
    its eight bases are drawn with the frequencies that were counted in 389 promoters. In half of the sequences
    the box is turned around (GAAAATAT, ...): its bases are the same, only their order is not. After the last
    base the net must say which it was. The sequences are generated; the frequencies are real.

    Shapes: inputs (B, L) tokens, the bases A, C, G, T; targets (B,) classes, reversed or TATA box. Loss: cross
    entropy. Metric: accuracy. Baseline: both are equally frequent: ln 2 nats.
    Paper: Bucher (1990) for the frequencies (table 3, places 2 to 9).
    """

    name = "dna"
    label = "DNA: find a motif"
    summary = "Say whether random DNA holds a TATA box or one that is written backwards."
    source = "Bucher (1990), Weight matrix descriptions of four eukaryotic RNA polymerase II promoter elements"
    defaults = {"cell": "gru", "length": 40, "hidden_size": 32, "batch_size": 64, "learning_rate": 1e-2}

    loss = "cross_entropy"
    metric = "accuracy"
    tokens = True
    input_size = len(BASES)
    output_size = 2
    labels = ("reversed", "TATA box")
    input_labels = tuple(BASES)
    baseline = math.log(2)
    baseline_words = "guessing one of two"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        if config.length < len(TATA):
            raise ConfigError(f"length is {config.length}; a TATA box needs at least {len(TATA)} time steps.")

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        inputs = rng.integers(0, len(BASES), (size, self.time_steps))
        targets = rng.integers(0, 2, size)
        starts = rng.integers(0, self.time_steps - len(TATA) + 1, size)
        boxes = (rng.random((size, len(TATA), 1)) > np.cumsum(SHARES, axis=1)[:, :-1]).sum(2)
        boxes = np.where(targets[:, None] == 1, boxes, boxes[:, ::-1])
        inputs[np.arange(size)[:, None], starts[:, None] + np.arange(len(TATA))] = boxes
        return Batch(inputs, targets)

    def decode_input(self, tokens) -> str:
        """The letters of bases."""
        return "".join(BASES[token] for token in tokens)


def likelihoods(inputs: np.ndarray, reverse: bool = False) -> np.ndarray:
    """(B, L - 7): how many times likelier bases (B, L) are with a box that begins at each place than without one."""
    shares = SHARES[::-1] if reverse else SHARES
    windows = np.lib.stride_tricks.sliding_window_view(inputs, len(TATA), axis=1)
    return np.prod(len(BASES) * shares[np.arange(len(TATA)), windows], axis=-1)
