"""Data ready for windows: numbers or tokens, what is to be said of them, and which part each row is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rnnviz.data.arranging import Step
from rnnviz.data.tokens import Vocabulary


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the data: P sequences, or stretches of some, one after the other.

    inputs: (N, D) float64, or (N,) tokens. targets: (N, O) float64, NaN where one is missing; (N,) classes, or (P,)
    for a class per sequence, -1 where there is none. bounds: (P + 1,), stretch p being rows bounds[p]:bounds[p + 1].
    filled: (N, K) bool, which of the numbers that went in were gaps, in the order of `Prepared.numbers`.
    """

    inputs: np.ndarray
    targets: np.ndarray
    bounds: np.ndarray
    filled: np.ndarray


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a pipeline makes of a data set.

    parts: "train", "heldout" and, where there is one, "test". input_labels: of the D inputs, or the tokens; labels:
    of the O outputs, or the classes. vocabulary: of inputs that are tokens. numbers: which inputs are numbers.
    blocks: (first input, inputs) of every one-hot block that is to be embedded. whole: sequences were not cut.
    steps: what was done, in order.
    """

    parts: Mapping[str, Part]
    input_labels: tuple[str, ...]
    labels: tuple[str, ...]
    vocabulary: Vocabulary | None
    numbers: tuple[int, ...]
    blocks: tuple[tuple[int, int], ...]
    whole: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of at most `length` time steps in one part, each within one stretch.

    places: (P,) the stretches that have a time step; first, steps: (P,) where each begins and how many it has.
    stride: rows between the starts of two windows. A stretch shorter than a window is one by itself. chosen: the
    windows with a target, None where all have one.
    """

    places: np.ndarray
    first: np.ndarray
    steps: np.ndarray
    length: int
    stride: int
    chosen: np.ndarray | None = None

    @classmethod
    def of(cls, part: Part, length: int, stride: int = 1, ahead: int = 0, whole: bool = False) -> Windows:
        """ahead: how many rows after its time step a target stands.

        whole: a stretch is one window, its first `length` time steps, and has one target.
        """
        steps = np.diff(part.bounds) - ahead
        if whole:
            steps = np.minimum(steps, length)
        places = np.flatnonzero(steps > 0)
        found = cls(places, part.bounds[places], steps[places], length, stride)
        known = known_targets(part.targets)
        if known.all():
            return found
        if whole:
            return replace(found, chosen=np.flatnonzero(known[places]))
        seen = np.append(0, np.cumsum(known))
        first, size = found[np.arange(len(found))]
        return replace(found, chosen=np.flatnonzero(seen[first + ahead + size] > seen[first + ahead]))

    @cached_property
    def each(self) -> np.ndarray:
        """(P,) windows in each stretch."""
        return np.maximum(self.steps - self.length, 0) // self.stride + 1

    @cached_property
    def ends(self) -> np.ndarray:
        """(P,) windows up to and with each stretch."""
        return np.cumsum(self.each)

    def __len__(self) -> int:
        if self.chosen is not None:
            return len(self.chosen)
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First rows and time steps of windows by number."""
        stretch, inside = self._stretch(index)
        return self.first[stretch] + inside * self.stride, np.minimum(self.length, self.steps[stretch])

    def stretches(self, index: np.ndarray) -> np.ndarray:
        """In which stretches of the part windows lie."""
        return self.places[self._stretch(index)[0]]

    def times_seen(self, rows: int) -> np.ndarray:
        """(rows,) in how many windows each row is a time step."""
        first, size = self[np.arange(len(self))]
        change = np.bincount(first, minlength=rows + 1) - np.bincount(first + size, minlength=rows + 1)
        return np.cumsum(change)[:rows]

    def _stretch(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        number = index if self.chosen is None else self.chosen[index]
        stretch = np.searchsorted(self.ends, number, side="right")
        return stretch, number - (self.ends[stretch] - self.each[stretch])


def known_targets(targets: np.ndarray) -> np.ndarray:
    """Which rows, or sequences, have a target: (..., O) numbers that are all there, or a class (...)."""
    return ~np.isnan(targets).any(axis=-1) if targets.dtype.kind == "f" else targets >= 0
