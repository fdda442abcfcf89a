"""Reading what a visitor brings: bytes in, a checked Dataset or one sentence on what is wrong out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from rnnviz.data.columns import DECIMAL_COMMA, Column, read_column
from rnnviz.data.dataset import Dataset
from rnnviz.data.decoding import LIMIT_MB, decode, shown
from rnnviz.data.delimited import Rows, split_rows
from rnnviz.data.errors import DataError

TABLES = frozenset((".csv", ".tsv", ".tab", ".dat", ".psv"))
MOST_NOTES = 40


def read(files: Sequence[tuple[str, bytes]], limit_mb: float = LIMIT_MB) -> Dataset:
    """A table of numbers from CSV, TSV, or text with semicolons, bars or spaces; else, by its name, a text.

    name: the file's name; only its ending matters. A file whose name does not end like a table's (.csv, .tsv,
    .tab, .dat, .psv) is read as a table where it is one, and as text otherwise. The delimiter, the header and
    the style of the numbers are found out; columns of text and of dates are left out; gaps are filled by
    linear interpolation. Every decision that could surprise is in `Dataset.notes`.

    Raises DataError, a sentence that names the line or column and says what to do.
    """
    ((name, content),) = files
    text, notes = decode(name, content, limit_mb)
    try:
        return _table(name, text, notes)
    except DataError as error:
        if PurePath(name).suffix.lower() in TABLES:
            raise
        return Dataset.of_text(name, text, (*notes, f"Read as text, as it is not a table of numbers: {error}"))


def read_as_text(files: Sequence[tuple[str, bytes]], limit_mb: float = LIMIT_MB) -> Dataset:
    """A text, whatever it looks like; its characters become tokens. Raises DataError as `read` does."""
    ((name, content),) = files
    text, notes = decode(name, content, limit_mb)
    return Dataset.of_text(name, text, notes)


def _table(name: str, text: str, notes: tuple[str, ...]) -> Dataset:
    rows = split_rows(text)
    if not rows.cells:
        raise DataError(f"{shown(name)} holds no rows: upload a table with rows of numbers.")
    names = _names(rows)
    columns = [
        read_column(column, list(cells), rows.lines)
        for column, cells in zip(names, zip(*rows.cells, strict=True), strict=True)
    ]
    if any(column.style is DECIMAL_COMMA and not column.doubtful for column in columns):
        for k, column in enumerate(columns):
            if column.doubtful:
                columns[k] = read_column(column.name, [row[k] for row in rows.cells], rows.lines, decimal_comma=True)
    kept = [column for column in columns if column.values is not None]
    if not kept:
        raise _no_numbers(name, columns)
    said = [*notes, *rows.notes, *(note for column in columns for note in column.notes)]
    if len(said) > MOST_NOTES:
        said = [*said[:MOST_NOTES], f"And {len(said) - MOST_NOTES} more notes of this kind."]
    values = np.stack([column.values for column in kept if column.values is not None], axis=1)
    values.flags.writeable = False
    return Dataset.of_numbers(name, [column.name for column in kept], values, tuple(said))


def _names(rows: Rows) -> list[str]:
    """Names of all columns: from the header, or `column 1`, ...; empty ones filled in, repeated ones numbered."""
    given = rows.header or [""] * len(rows.cells[0])
    names: list[str] = []
    taken: set[str] = set()
    for k, cell in enumerate(given):
        base = name = shown(cell, 60) or f"column {k + 1}"
        again = 2
        while name in taken:
            name = f"{base} ({again})"
            again += 1
        taken.add(name)
        names.append(name)
    return names


def _no_numbers(name: str, columns: list[Column]) -> DataError:
    first = f"column '{shown(columns[0].name)}' {columns[0].why}"
    if len(columns) == 1:
        return DataError(
            f"{shown(name)} has one column and it cannot be used as numbers, as {first}: read the file as text to "
            "train on its characters, or give it a column of numbers."
        )
    return DataError(
        f"{shown(name)} has {len(columns)} columns and none can be used as numbers, as {first}: give it a column "
        "of numbers, or read the file as text."
    )
