"""Rows in sequences, in the order of time, evenly spaced, and cut into parts: before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnnviz.data.dataset import Column, Dataset
from rnnviz.data.errors import DataError
from rnnviz.data.roles import Roles

MOST_ROWS = 2_000_000  # after resampling
SPANS = (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
WIDE = ""  # the key of the numbers of a table whose rows are sequences: no column has that name
PARTS = {"train": "training", "heldout": "held-out", "test": "test"}


@dataclass(frozen=True)
class Step:
    """One step of preparing, as it went. title; words: what it did, a sentence; rows and columns: after it.

    what: what one of the rows is, and one of the columns.
    """

    title: str
    words: str
    rows: int
    columns: int
    what: tuple[str, str] = ("row", "column")


@dataclass(frozen=True, eq=False)
class Arranged:
    """Columns of N rows by name, rows bounds[s]:bounds[s + 1] being sequence s, and what was done so far."""

    columns: Mapping[str, Column]
    bounds: np.ndarray
    steps: tuple[Step, ...] = ()

    @property
    def rows(self) -> int:
        return int(self.bounds[-1])

    def take(self, rows: np.ndarray, bounds: np.ndarray) -> Arranged:
        """Some rows, in their order."""
        columns = {name: replace(column, values=column.values[rows]) for name, column in self.columns.items()}
        return replace(self, columns=columns, bounds=bounds)

    def noted(self, title: str, words: str) -> Arranged:
        return replace(self, steps=(*self.steps, Step(title, words, self.rows, len(self.columns))))


def arrange(data: Dataset, roles: Roles, resample: float) -> Arranged:
    """The columns that are used, in sequences, in order and evenly spaced. Raises DataError."""
    wanted = set(roles.columns())
    columns = {column.name: column for column in data.table if column.name in wanted}
    if roles.reads == "wide":
        return _wide(data, roles)
    if roles.reads == "texts":
        return Arranged(columns, np.arange(data.rows + 1)).noted(
            "Sequences", "One text." if data.rows == 1 else f"Each of {data.rows:,} rows is a text of its own."
        )
    found = _sequences(Arranged(columns, data.bounds), roles.sequence)
    if roles.time:
        found = _in_time(found, roles.time)
    if resample and not roles.time:
        raise DataError("Rows can only be resampled in time: choose the time index, or 0 seconds between rows.")
    if roles.time and not resample:
        return found.noted("Resampling", f"Rows stay as they are, {_distance(found, roles.time)}.")
    return _resampled(found, roles.time, resample) if resample else found


def _distance(table: Arranged, name: str) -> str:
    """How far apart rows are in time, in words."""
    time, inside = table.columns[name].values, np.ones(table.rows, bool)
    inside[table.bounds[:-1]] = False  # the first of a sequence has none before it
    seconds = np.diff(time, prepend=0.0)[inside]
    if not len(seconds):
        return "one in each sequence"
    middle = float(np.median(seconds))
    evenly = "all" if np.ptp(seconds) <= 1e-6 * middle else "in the median"
    name, size = next(unit for unit in SPANS if middle >= unit[1] and middle % unit[1] == 0 or unit[1] == 1)
    count = middle / size
    return f"{evenly} {count:.4g} {name}{'s' * (count != 1)} apart"


def _sequences(table: Arranged, name: str) -> Arranged:
    """Rows with the same value in a column become a sequence, within the sequences that there are."""
    sequence = stretch_of(table.bounds)
    words = ""
    if name:
        group, first = _groups(table.columns[name].values)
        group, first = _groups(sequence * (len(first) + 1) + group)
        rank = np.argsort(np.argsort(first))[group]  # in the order in which they begin
        order = np.argsort(rank, kind="stable")
        table = table.take(order, np.append(0, np.cumsum(np.bincount(rank))))
        words = ", rows of one value each"
    count = np.diff(table.bounds)
    table = replace(table, bounds=np.unique(table.bounds))  # none is empty
    if len(count) == 1:
        return table.noted("Sequences", "One sequence, the rows in their order.")
    return table.noted(
        "Sequences",
        f"{int((count > 0).sum()):,} sequences of {count[count > 0].min():,} to {count.max():,} rows{words}.",
    )


def _groups(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) the place of each row's value among the different ones, and the row in which each of those occurs first."""
    _, first, place = np.unique(values, return_index=True, return_inverse=True)
    return place.reshape(-1), first


def _in_time(table: Arranged, name: str) -> Arranged:
    time = table.columns[name].values
    sequence = stretch_of(table.bounds)
    known = np.flatnonzero(~np.isnan(time))
    if not len(known):
        raise DataError("The time index holds no time at all: choose another, or none.")
    order = known[np.lexsort((time[known], sequence[known]))]
    moved = int((order != known).sum())
    lost = table.rows - len(known)
    bounds = np.unique(np.append(0, np.cumsum(np.bincount(sequence[known], minlength=len(table.bounds) - 1))))
    words = f"{moved:,} rows changed their place" if moved else "The rows were in the order of time"
    words += f"; {lost:,} rows without a time are left out." if lost else "."
    return table.take(order, bounds).noted("Order in time", words)


def _resampled(table: Arranged, name: str, seconds: float) -> Arranged:
    """Means over spans of so many seconds from each sequence's first row; of words and labels, the last."""
    time = table.columns[name].values
    sequence = stretch_of(table.bounds)
    spans = np.floor((time - time[table.bounds[:-1]][sequence]) / seconds + 1e-6)
    last = spans[table.bounds[1:] - 1]
    if last.sum() + len(last) > MOST_ROWS:
        raise DataError(
            f"One row every {seconds:g} seconds makes {last.sum() + len(last):,.0f} rows; at most {MOST_ROWS:,} can be "
            "used: choose more seconds."
        )
    bounds = np.append(0, np.cumsum(last.astype(np.int64) + 1))
    place, count = bounds[:-1][sequence] + spans.astype(np.int64), int(bounds[-1])
    columns = {}
    for key, column in table.columns.items():
        if column.kind == "number" and key != name:
            values = column.values
            good = ~np.isnan(values)
            held = np.bincount(place[good], minlength=count)
            with np.errstate(invalid="ignore"):
                new = np.bincount(place[good], values[good], count) / held
        else:
            new = np.full(count, np.nan if column.values.dtype.kind == "f" else -1, column.values.dtype)
            good = ~column.gaps
            new[place[good]] = column.values[good]  # the last one stays
        columns[key] = replace(column, values=new)
    empty = count - len(np.unique(place))
    words = f"Means over {seconds:g} seconds; {empty:,} spans without a row are gaps."
    return replace(table, columns=columns, bounds=bounds).noted("Resampling", words)


def _wide(data: Dataset, roles: Roles) -> Arranged:
    """Each row a sequence of one number, its columns the time steps; gaps at the end are no time steps."""
    by_name = {column.name: column for column in data.table}
    values = np.stack([by_name[name].values for name in roles.inputs], axis=1)
    known = ~np.isnan(values)
    count, steps = values.shape
    length = np.where(known.any(axis=1), steps - np.argmax(known[:, ::-1], axis=1), 0)
    held = np.arange(steps) < length[:, None]
    label = by_name[roles.label]
    kept = np.repeat(np.arange(count), length)
    columns = {WIDE: Column("value", "number", values[held]), label.name: replace(label, values=label.values[kept])}
    bounds = np.unique(np.append(0, np.cumsum(length)))
    return Arranged(columns, bounds).noted(
        "Sequences", f"Each of {len(bounds) - 1:,} rows is a sequence, its {steps:,} columns are the time steps."
    )


def cut(bounds: np.ndarray, whole: bool, train: float, test: float) -> tuple[dict[str, np.ndarray], str]:
    """Which rows belong to which part, (P, 2) first and last + 1 of each stretch, and what was done, in words.

    whole: sequences are not cut; each belongs to a part, drawn at random, the same whenever there are as many.
    Otherwise each is cut in the order of time. Nothing depends on what is in the rows. Raises DataError.
    """
    if train + test >= 1:
        raise DataError(
            f"A training part of {train:g} and a test part of {test:g} leave nothing to hold out: together they must "
            "be less than 1; choose smaller parts."
        )
    count = len(bounds) - 1
    stretches = np.stack([bounds[:-1], bounds[1:]], axis=1)
    if whole:
        if count < 2:
            raise DataError(
                "There is one sequence, and each has one class: bring several files, or choose the column that "
                "tells sequences apart."
            )
        order = np.random.default_rng(0).permutation(count)
        begin = max(1, int(count * train))
        end = max(begin + 1, count - int(count * test))
        parts = {"train": order[:begin], "heldout": order[begin:end], "test": order[end:]}
        found = {name: stretches[np.sort(rows)] for name, rows in parts.items()}
        counts = ", ".join(f"{len(rows):,} {PARTS[name]}" for name, rows in parts.items() if len(rows))
        words = f"Whole sequences, drawn at random ({counts}): "
    else:
        size = np.diff(bounds)
        first = bounds[:-1] + (size * train).astype(np.int64)
        last = bounds[1:] - (size * test).astype(np.int64)
        edges: dict[str, Sequence[np.ndarray]]
        edges = {"train": (bounds[:-1], first), "heldout": (first, last), "test": (last, bounds[1:])}
        found = {name: np.stack(ends, axis=1) for name, ends in edges.items()}
        words = "Cut in the order of time: " if count == 1 else "Each sequence is cut in the order of time: "
    if not test:
        del found["test"]
    size_of = {name: int(np.diff(ends).sum()) for name, ends in found.items()}
    if 0 in size_of.values():
        name = next(name for name, size in size_of.items() if not size)
        raise DataError(
            f"No row is left for the {PARTS[name]} part, of {bounds[-1]:,} in all: bring more rows, or choose other "
            "parts."
        )
    words += ", ".join(f"{size_of[name]:,} rows {PARTS[name]}" for name in found) + "."
    return found, words


def rows_of(stretches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of stretches (P, 2), one after the other, and their bounds (P + 1); empty ones are left out."""
    kept = stretches[stretches[:, 1] > stretches[:, 0]]
    rows: Sequence[np.ndarray] = [np.arange(first, last) for first, last in kept]
    return np.concatenate([np.zeros(0, np.int64), *rows]), np.append(0, np.cumsum(np.diff(kept)))


def stretch_of(bounds: np.ndarray) -> np.ndarray:
    """(N,) the stretch in which each row is, of bounds (P + 1,)."""
    return np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
