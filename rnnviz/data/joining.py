"""Several files: several sequences of one table, or several texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnviz.data.bounds import check_size
from rnnviz.data.columns import coded, worded
from rnnviz.data.dataset import FILE, Column, Dataset
from rnnviz.data.decoding import shown
from rnnviz.data.errors import DataError


def joined(parts: Sequence[Dataset]) -> Dataset:
    """One data set, the rows of each part a sequence (or more), and a column that names the file.

    The parts must have the same columns, in any order; one without any value takes the others' kind. Raises
    DataError naming the file that differs.
    """
    first = parts[0]
    check_size("All files together", sum(part.rows for part in parts), len(first.table) + 1)
    for part in parts[1:]:
        _compare(first, part)
    named = [{column.name: column for column in part.table} for part in parts]
    table = [_stacked([columns[name] for columns in named], parts) for name in first.columns]
    rows = [part.rows for part in parts]
    called = [shown(part.name) or "a file" for part in parts]
    codes, names = coded(called)
    label = FILE
    while label in first.columns:
        label += "_"
    file = Column(label, "category", np.repeat(codes, rows).astype(np.int32), tuple(names))
    starts = np.cumsum([0, *rows])
    bounds = np.concatenate([[0], *(part.bounds[1:] + start for part, start in zip(parts, starts, strict=False))])
    notes: dict[str, list[str]] = {}
    for part, file_name in zip(parts, called, strict=True):
        for note in part.notes:
            notes.setdefault(note, []).append(file_name)
    said = [note if len(files) == len(parts) else f"{_listed(files)}: {note}" for note, files in notes.items()]
    name = f"{len(parts)} files: {_listed(names)}"
    return Dataset(name, (*table, file), bounds.astype(np.int64), tuple(said))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + ", …" * (len(names) > 3)


def _compare(first: Dataset, part: Dataset) -> None:
    given, expected = set(part.columns), set(first.columns)
    if part.kind != first.kind:
        raise DataError(
            f"{shown(part.name)} is a {part.kind}, but {shown(first.name)} is a {first.kind}: upload tables with the "
            "same columns, or texts alone."
        )
    if given != expected:
        missing, more = sorted(expected - given), sorted(given - expected)
        what = f"has no column '{shown(missing[0])}'" if missing else f"has a column '{shown(more[0])}' more"
        raise DataError(
            f"{shown(part.name)} {what}, unlike {shown(first.name)}: files that are uploaded together need the same "
            "columns."
        )


def _stacked(columns: list[Column], parts: Sequence[Dataset]) -> Column:
    """The same column of all parts, one below the other."""
    kinds = {column.kind for column in columns if not column.gaps.all()} or {"number"}
    name = columns[0].name
    if kinds <= {"category", "text"}:
        codes, words = coded([level for column in columns for level in (*column.levels, "")])  # "": where it is missing
        places = np.split(codes, np.cumsum([len(column.levels) + 1 for column in columns])[:-1])
        values = (np.where(column.gaps, -1, column.values).astype(np.int64) for column in columns)
        every = np.concatenate([place[value] for place, value in zip(places, values, strict=True)])
        column = worded(name, every, words, np.array([not word for word in words]))
        return column if parts[0].kind == "table" else Column(name, "text", column.values.astype(int), column.levels)
    if len(kinds) > 1:
        kind = next(column.kind for column in columns if column.kind in kinds)
        odd = next(k for k, column in enumerate(columns) if column.kind in kinds and column.kind != kind)
        raise DataError(
            f"Column '{shown(name)}' of {shown(parts[odd].name)} is of kind {columns[odd].kind}, but {kind} in "
            f"{shown(parts[0].name)}: make them alike."
        )
    return Column(name, next(iter(kinds)), np.concatenate([column.values.astype(np.float64) for column in columns]))
