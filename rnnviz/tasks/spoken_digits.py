"""Which digit was said? The speech is synthesised."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np

from rnnviz.data.errors import DataError
from rnnviz.speech import BANDS, DIGITS, HIGHEST, LOWEST, SPEAKERS
from rnnviz.tasks.base import Batch, Task

FILE = Path(__file__).resolve().parents[2] / "assets" / "spoken_digits.npz"
TRAIN_SHARE = 0.75  # of the speakers who do not test


class SpokenDigits(Task):
    """Recognise a spoken digit. The speech is synthesised: nobody was recorded.

    Trial: a voice says a digit from zero to nine. Every 20 ms the net reads how much energy there is in each of 16
    frequency bands; after the last it must say which digit it was. 72 synthetic speakers, each with a pitch, a length
    of the vocal tract, a speed and a noisy line of its own, say each digit once (`rnnviz.speech` made them, and says
    them aloud). Three quarters of the speakers train, the others are held out: the net hears them for the first time.

    Shapes: inputs (B, T, 16), logarithms of energy, mean 0 and variance 1 over the training part, of several lengths;
    targets (B,) classes 0 to 9. Loss: cross entropy. Metric: accuracy. Speakers who test are the last ones.
    Baseline: ten digits, equally frequent: ln 10 nats.
    Paper: Klatt (1980) for the synthesiser; Graves, Mohamed & Hinton (2013) for recurrent networks on speech.
    """

    name = "spoken_digits"
    label = "Spoken digits (synthesised)"
    summary = "Recognise a digit that a synthesised voice says, from its energy in 16 frequency bands."
    uses = ("test_fraction",)
    source = "Klatt (1980), Software for a cascade/parallel formant synthesizer (our own synthesised speech)"
    defaults = {"cell": "gru", "hidden_size": 48, "batch_size": 64, "learning_rate": 5e-3}

    loss = "cross_entropy"
    metric = "accuracy"
    input_size = BANDS
    output_size = len(DIGITS)
    labels = DIGITS
    baseline = math.log(len(DIGITS))
    baseline_words = "guessing one of ten digits"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.input_labels = band_names()
        self.speakers = _speakers(config.test_fraction)
        said, lengths = _said(config.test_fraction)
        self.said, self.lengths, self.time_steps = said, lengths, said.shape[2]

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        speaker, digit = self.chosen(rng, size, split)
        lengths = self.lengths[speaker, digit]
        return Batch(self.said[speaker, digit][:, : lengths.max(initial=1)].copy(), digit.copy(), lengths=lengths)

    def chosen(self, rng: np.random.Generator, size: int, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Speakers (size,) and digits (size,): at random to train on; else each once, all digits before the next
        speaker, at most `size`."""
        speakers = self.speakers[split]
        count = len(speakers) * len(DIGITS)
        which = rng.integers(0, count, size) if split == "train" else np.arange(count)[:size]
        return speakers[which // len(DIGITS)], which % len(DIGITS)


def band_names() -> tuple[str, ...]:
    """The frequency in the middle of each band."""
    low, high = (math.log10(1 + f / 700) for f in (LOWEST, HIGHEST))
    middle = low + (high - low) * np.arange(1, BANDS + 1) / (BANDS + 1)
    return tuple(f"{f:.0f} Hz" for f in 700 * (10**middle - 1))


@lru_cache(maxsize=4)
def _speakers(test_fraction: float) -> dict[str, np.ndarray]:
    end = SPEAKERS - int(SPEAKERS * test_fraction)
    train = int(end * TRAIN_SHARE)
    return dict(zip(("train", "heldout", "test"), np.split(np.arange(SPEAKERS), [train, end]), strict=True))


@lru_cache(maxsize=4)
def _said(test_fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """(SPEAKERS, 10, T, BANDS) features, standardised on the training part, padding 0, and lengths (SPEAKERS, 10)."""
    raw, lengths = _file()
    train = _speakers(test_fraction)["train"]
    exists = np.arange(raw.shape[2]) < lengths[..., None]
    seen = raw[train][exists[train]]
    said = (raw - seen.mean(0)) / seen.std(0) * exists[..., None]
    said.flags.writeable = False
    return said, lengths


@lru_cache(maxsize=1)
def _file() -> tuple[np.ndarray, np.ndarray]:
    try:
        with np.load(FILE, allow_pickle=False) as kept:
            features, ends = kept["features"], kept["ends"]
    except OSError:
        raise DataError(
            f"The spoken digits are not where they should be, at {FILE.name} in the folder assets; `python -m "
            f"rnnviz.speech assets/{FILE.name}` makes them again."
        ) from None
    lengths = np.diff(ends, prepend=0)
    raw = np.zeros((len(ends), lengths.max(), BANDS))
    for row, each in zip(raw, np.split(features, ends[:-1]), strict=True):
        row[: len(each)] = each
    shape = SPEAKERS, len(DIGITS)
    return raw.reshape(*shape, *raw.shape[1:]), lengths.reshape(shape).astype(np.int64)
