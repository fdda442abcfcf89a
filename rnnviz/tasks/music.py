"""Melodies: which note comes next?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rnnviz.tasks.base import Batch, Task
from rnnviz.tasks.characters import frequency_loss
from rnnviz.tasks.melodies import MELODIES, notes

KEYS, HELD_BACK = 12, 3  # keys that every melody is played in, and how many of them are held out
CENTRE = 66  # F sharp above middle C; in the middle of its keys, so is the middle of a melody's range
HOLD, REST, FIRST = 0, 1, 2  # tokens: the note before goes on; silence; the lowest note
NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


class Music(Task):
    """Predict the next note of a melody, in a key that it was never heard in.

    Trial: twenty melodies in the public domain, in all twelve keys, on a grid of eighths. At every time step the net
    reads what begins at this eighth, a note, a rest, or nothing (the note before goes on), and must say the same of
    the next eighth. A sequence is T eighths, from any note of a melody on, which is played round and round. Every
    melody is held out in three of the keys, others for each: the net has heard it, but never at this pitch.

    Shapes: inputs (B, T) tokens; targets (B, T) classes, the tokens one time step later: “–” (goes on), rest, and a
    token for every pitch. Loss: cross entropy in nats. Metric: accuracy, most of it from eighths at which nothing
    begins. Keys that test are taken from those that train.
    Baseline: guessing every token by its frequency, measured on the held-out part.
    Paper: Eck & Schmidhuber (2002), who have an LSTM improvise the blues; the melodies are traditional or out of
    copyright.
    """

    name = "music"
    label = "Music: melodies"
    summary = "Predict the next note of a melody, in a key that it was never heard in."
    shape = "seq→seq"
    uses = ("length", "test_fraction")
    source = "Eck & Schmidhuber (2002), Finding temporal structure in music: blues improvisation with LSTM"
    causal = True
    defaults = {
        "cell": "gru",
        "length": 64,
        "hidden_size": 128,
        "embedding_size": 16,
        "batch_size": 32,
        "learning_rate": 1e-2,
        "weight_decay": 1e-3,
    }

    loss = "cross_entropy"
    metric = "accuracy"
    tokens = True
    baseline_words = "guessing every token by its frequency"

    def __init__(self, config, data=None):
        super().__init__(config, data)
        self.labels = self.input_labels = labels()
        self.input_size = self.output_size = len(self.labels)
        self.plays, self.baseline = _prepared(config.test_fraction)

    def sample(self, rng: np.random.Generator, size: int, split: str) -> Batch:
        plays = self.plays[split]
        chosen = rng.integers(0, len(plays), size) if split == "train" else _spread(len(plays), size)
        tokens = book().tokens(plays[chosen], self.time_steps + 1)
        return Batch(tokens[:, :-1], tokens[:, 1:])

    def titles(self, size: int) -> list[str]:
        """The melodies that the first `size` held-out sequences are taken from."""
        plays = self.plays["heldout"]
        return [list(MELODIES)[melody] for melody, _, _ in plays[_spread(len(plays), size)]]


def sung(tokens: np.ndarray) -> list[tuple[int | None, int]]:
    """(pitch as MIDI counts, None for a rest; length in eighths) of tokens (T,); silence until the first note."""
    found: list[tuple[int | None, int]] = []
    for token in tokens.tolist():
        if token == HOLD:
            pitch, eighths = found.pop() if found else (None, 0)
            found.append((pitch, eighths + 1))
        else:
            found.append((None if token == REST else token - FIRST + book().lowest, 1))
    return found


def _spread(count: int, size: int) -> np.ndarray:
    return np.linspace(0, count - 1, min(size, count)).astype(int)


@dataclass(frozen=True, eq=False)
class Book:
    """All melodies on their grids of eighths, each so high that the middle of its range is CENTRE.

    grid: (melodies, longest) pitches, HOLD where none begins, REST. eighths: (melodies,) how many there are of each.
    """

    grid: np.ndarray
    eighths: np.ndarray

    @property
    def lowest(self) -> int:
        """Of all pitches, in the lowest key."""
        return int(self.grid[self.grid > REST].min()) - KEYS // 2

    @property
    def pitches(self) -> int:
        """How many there are, all keys taken together."""
        return int(self.grid.max()) + KEYS - KEYS // 2 - self.lowest

    def tokens(self, plays: np.ndarray, length: int) -> np.ndarray:
        """Plays (N, 3), of a melody, in a key, from an eighth on -> (N, length) tokens."""
        melody, key, start = plays.T[..., None]
        values = self.grid[melody, (start + np.arange(length)) % self.eighths[melody]]
        return np.where(values > REST, values + key - KEYS // 2 - self.lowest + FIRST, values)


@lru_cache(maxsize=1)
def book() -> Book:
    """The melodies on their grids."""
    rows = [
        np.array(
            [
                part
                for pitch, eighths in notes(melody)
                for part in (REST if pitch is None else pitch, *[HOLD] * (eighths - 1))
            ]
        )
        for melody in MELODIES.values()
    ]
    grid = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for line, row in zip(grid, rows, strict=True):
        heard = row[row > REST]
        line[: len(row)] = np.where(row > REST, row + CENTRE - (heard.min() + heard.max()) // 2, row)
    return Book(grid, np.array([len(row) for row in rows]))


@lru_cache(maxsize=1)
def labels() -> tuple[str, ...]:
    """Names of the tokens; C4 is the middle C."""
    pitches = range(book().lowest, book().lowest + book().pitches)
    return ("–", "rest", *(f"{NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in pitches))


@lru_cache(maxsize=4)
def _prepared(test_fraction: float) -> tuple[dict[str, np.ndarray], float]:
    """Plays (N, 3) of each split, from every note of every melody in its keys, and the baseline."""
    melodies, tests = book(), round(KEYS * test_fraction)
    plays: dict[str, list[np.ndarray]] = {"train": [], "heldout": [], "test": []}
    heard: dict[str, list[np.ndarray]] = {"train": [], "heldout": [], "test": []}
    for melody, eighths in enumerate(melodies.eighths):
        starts = np.flatnonzero(melodies.grid[melody] > REST)
        for key in range(KEYS):
            turn = (5 * key + 7 * melody) % KEYS  # spreads what is held out over keys and melodies
            split = "heldout" if turn < HELD_BACK else "test" if turn < HELD_BACK + tests else "train"
            plays[split].append(np.stack(np.broadcast_arrays(melody, key, starts), axis=1))
            heard[split].append(melodies.tokens(np.array([[melody, key, 0]]), int(eighths))[0])
    baseline = frequency_loss(np.concatenate(heard["train"]), np.concatenate(heard["heldout"]), len(labels()))
    return {split: np.concatenate(rows) if rows else np.zeros((0, 3), int) for split, rows in plays.items()}, baseline
