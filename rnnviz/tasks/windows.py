"""Windows of a recorded series: cut once in time order, so that no window holds rows of two parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.data.errors import DataError


@dataclass(frozen=True, eq=False)
class Split:
    """A series in parts, one after the other in time. train, heldout, test: (N, C) numbers or (N,) tokens.

    test: None where nothing is kept back for a test.
    """

    train: np.ndarray
    heldout: np.ndarray
    test: np.ndarray | None = None

    @classmethod
    def cut(cls, values: np.ndarray, train_fraction: float, test_fraction: float = 0.0) -> Split:
        """The first `train_fraction` of (N, ...) rows trains, the last `test_fraction` tests; the rest is held out.

        Raises DataError where nothing is left to hold out.
        """
        first, last = int(len(values) * train_fraction), len(values) - int(len(values) * test_fraction)
        if test_fraction and last <= first:
            raise DataError(
                f"A training part of {train_fraction:g} and a test part of {test_fraction:g} leave none of "
                f"{len(values):,} rows to hold out: together they must be less than 1; choose smaller parts."
            )
        return cls(values[:first], values[first:last], values[last:] if test_fraction else None)

    def parts(self) -> dict[str, np.ndarray]:
        """The parts there are, by the names that a reader sees."""
        test = {} if self.test is None else {"test": self.test}
        return {"training": self.train, "held-out": self.heldout, **test}

    def starts(self, rng: np.random.Generator, size: int, length: int, split: str) -> np.ndarray:
        """First rows of windows of `length` + 1 rows: (size,) at random to train on; of other parts, at most
        `size` different ones, evenly spread in time order."""
        count = len(getattr(self, split)) - length
        if split == "train":
            return rng.integers(0, count, size)
        return np.linspace(0, count - 1, min(size, count)).astype(int)

    def windows(self, rng: np.random.Generator, size: int, length: int, split: str) -> np.ndarray:
        """(size, length + 1, ...) windows of consecutive rows of one part."""
        rows = self.starts(rng, size, length, split)[:, None] + np.arange(length + 1)
        return getattr(self, split)[rows]

    def check(self, length: int, what: str, unit: str = "rows") -> Split:
        """Raise DataError unless every part holds a window of `length` time steps and the value after it."""
        parts = self.parts()
        most = min(map(len, parts.values())) - 1
        if length > most:
            part, rows = next((part, rows) for part, rows in reversed(parts.items()) if len(rows) <= length)
            remedy = f"choose at most {most} time steps" if most > 0 else f"bring more {unit}"
            raise DataError(
                f"A window of {length} time steps and the value after it need {length + 1} {unit}, but the {part} "
                f"part of {what} has {len(rows):,}: {remedy}."
            )
        return self


def persistence(heldout: np.ndarray, length: int, column: slice | list[int] = slice(None)) -> float:
    """Mean squared error of repeating the last value, over every window of `length` time steps of (N, C)."""
    return over_windows(np.diff(heldout[:, column], axis=0), length)


def over_windows(errors: np.ndarray, length: int) -> float:
    """Mean square of errors (N - 1, C), made on the rows from the second, over every window of `length` time steps."""
    totals = np.concatenate([[0.0], np.cumsum(np.mean(errors**2, axis=1))])
    return float(np.mean(totals[length:] - totals[:-length]) / length)


def standardise(values: np.ndarray, train_rows: int, test_rows: int = 0) -> Split:
    """(N, C) columns shifted and scaled to mean 0 and variance 1 on the first `train_rows` rows alone.

    The last `test_rows` rows test, those between are held out.

    A column that is constant there is only shifted. Numbers beyond a million deviations, which only rows
    after a jump can hold, are cut to that, so that they exist in float32.
    """
    mean, scale = values[:train_rows].mean(axis=0), values[:train_rows].std(axis=0)
    # the rounding of the mean leaves a tiny spread in a constant column
    scale = np.where(scale > 1e-12 * np.abs(mean), scale, 1.0)
    scaled = np.clip((values - mean) / scale, -1e6, 1e6)
    scaled.flags.writeable = False
    end = len(scaled) - test_rows
    return Split(scaled[:train_rows], scaled[train_rows:end], scaled[end:] if test_rows else None)
