"""Rows of cells, as text: what a delimited file, a workbook and JSON have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from rnnviz.data.bounds import MOST_CELLS, MOST_COLUMNS
from rnnviz.data.cells import is_date, is_gap, is_number
from rnnviz.data.decoding import shown
from rnnviz.data.errors import DataError

SAMPLE, WIDE = 100, 200  # rows, and columns, looked at to find the header
LONG = 60  # characters that a name hardly has
PIECE = 200_000  # cells that are gathered before they are packed
CELL = np.dtypes.StringDType()  # a fifth of the memory of Python's strings


@dataclass(frozen=True, eq=False)
class Rows:
    """header: C names, or None. cells: (N, C) stripped strings. places: (N,) where each row stands in the file.

    where: what a place is, "line" or "row". notes: on how the file was read.
    """

    header: list[str] | None
    cells: np.ndarray
    places: np.ndarray
    where: str
    notes: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """Names of all columns: from the header, or `column 1`, ...; empty ones filled in, repeated ones numbered."""
        return unique(self.header or [""] * self.cells.shape[1])


def gather(
    records: Iterable[tuple[int, list[str]]],
    where: str = "line",
    header: list[str] | None = None,
    fit: Callable[[list[str], int, int, int], list[str]] | None = None,
    notes: tuple[str, ...] = (),
) -> Rows:
    """Rows of records, each with its place. Empty ones are passed over.

    header: the names where they are known; else the first record, where it looks like names. fit: makes a record of
    another length than the first as long, given it, the length, its place and the first's; or raises DataError.
    """
    pieces: list[np.ndarray] = []
    piece: list[list[str]] = []
    places: list[int] = []
    width, first = len(header or ()), 0
    for place, row in records:
        if not row:
            continue
        if not first:
            first, width = place, width or len(row)
            _check_width(len(row), where, place)
        if len(row) != width and fit:
            row = fit(row, width, place, first)
        piece.append(row)
        places.append(place)
        if len(piece) * width > PIECE:
            pieces.append(_packed(piece))
            piece = []
        if len(places) * width > MOST_CELLS:
            raise DataError(
                f"The table has more than {MOST_CELLS:,} cells (reached at {where} {place:,}): upload fewer rows or "
                "columns."
            )
    if not places:
        raise DataError("The file holds no rows: upload a table with a header line and rows below it.")
    cells = np.concatenate([*pieces, _packed(piece)]) if piece else np.concatenate(pieces)
    if header is not None:
        return Rows(header, cells, np.array(places), where, notes)
    if not _is_header(cells[: SAMPLE + 1, :: width // WIDE + 1].tolist()):
        return Rows(None, cells, np.array(places), where, (*notes, "No names of columns were found."))
    if len(cells) == 1:
        names = ", ".join(cells[0, :20].tolist())
        raise DataError(
            f"Only a header: {where} {first:,} holds the names ({shown(names)}) and no row follows; upload the table "
            "with its rows."
        )
    said = (*notes, f"Names of columns are from {where} {first:,}.")
    return Rows(cells[0].tolist(), cells[1:], np.array(places[1:]), where, said)


def unique(names: Iterable[str]) -> list[str]:
    """Names fit to be shown: one short line each, none empty, none twice."""
    found: dict[str, None] = {}
    times: Counter[str] = Counter()
    for k, given in enumerate(names):
        base = name = shown(given, LONG) or f"column {k + 1}"
        while name in found:
            times[base] += 1
            name = f"{base} ({times[base] + 1})"
        found[name] = None
    return list(found)


def _packed(rows: list[list[str]]) -> np.ndarray:
    return np.strings.strip(np.array(rows, dtype=CELL))


def _check_width(width: int, where: str, place: int) -> None:
    if width > MOST_COLUMNS:
        raise DataError(
            f"{where.capitalize()} {place:,} has {width:,} fields: upload at most {MOST_COLUMNS:,} columns."
        )


def _is_header(rows: list[list[str]]) -> bool:
    """The first row names the columns: text stands over a column of numbers or dates, or it is all text, short, and
    not said again below."""
    first, below = rows[0], rows[1:]
    names = [not (is_number(cell) or is_date(cell) or is_gap(cell)) for cell in first]
    typed = [sum(is_number(row[k]) or is_date(row[k]) for row in below) for k in range(len(first))]
    if any(name and count > len(below) / 2 for name, count in zip(names, typed, strict=True)):
        return True
    if not any(names) or any(is_number(cell) or is_date(cell) for cell in first):
        return False
    return all(len(cell) <= LONG and all(cell != row[k] for row in below) for k, cell in enumerate(first) if cell)
