"""One column of a table: numbers with their gaps filled, dates that only tell the order, or text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rnnviz.data.cells import (
    GAPS,
    PLAIN,
    STYLES,
    Date,
    Style,
    date_of,
    is_compact_date,
    is_date,
    is_infinity,
    is_number,
)
from rnnviz.data.decoding import shown

ENOUGH = 0.8  # share of the cells that must be numbers for the others to count as slips
LARGEST = 1e100  # beyond it, squares overflow
SAMPLE = 500
DECIMAL_COMMA = STYLES[0]
_POINT_GROUPS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+").fullmatch
_DIGITS = re.compile(r"[+-]?\d+").fullmatch


@dataclass(frozen=True, eq=False)
class Column:
    """name; values (N,) float64, finite, or None where the column is left out; notes: what was done to it.

    why: the reason in words where it is left out. style: how its numbers are written. doubtful: another style
    would give other numbers, and nothing in the column decides.
    """

    name: str
    values: np.ndarray | None
    notes: tuple[str, ...] = ()
    why: str = ""
    style: Style = PLAIN
    doubtful: bool = False


def read_column(name: str, cells: list[str], lines: list[int], decimal_comma: bool = False) -> Column:
    """cells: N strings, lines: where each stands. decimal_comma: other columns of the file have decimal commas."""
    cells = [cell.strip() for cell in cells]
    present = [k for k, cell in enumerate(cells) if cell.lower() not in GAPS]
    if not present:
        return _left_out(name, "holds no values")
    sample = [cells[k] for k in present[:: max(1, len(present) // SAMPLE)]]
    if all(is_compact_date(cell) or is_date(cell) for cell in sample):
        dates = [date_of(cells[k]) for k in present]
        if None not in dates:
            order = _order([d for d in dates if d], [lines[k] for k in present])
            note = f"Column '{shown(name)}' holds dates; it was used to check the order of the rows only{order}."
            return Column(name, None, (note,), why="holds dates")
    if sum(map(is_number, sample)) < len(sample) / 2:
        return _text(name, cells, lines, present)
    style, doubtful = choose_style([cells[k] for k in present], decimal_comma)
    if style is None:
        first = next(k for k in present if not PLAIN.fits(cells[k]) and not is_infinity(cells[k]))
        why = (
            f"has '{shown(cells[first])}' on line {lines[first]:,}, which may mean a decimal comma or a comma "
            "between thousands; write its numbers with a decimal point and nothing else"
        )
        return Column(name, None, (f"Column '{shown(name)}' was left out: it {why}.",), why, doubtful=True)
    values = np.full(len(cells), np.nan)
    for k in present:
        if style.fits(cells[k]):
            values[k] = style.value(cells[k])
        elif is_infinity(cells[k]):
            values[k] = np.inf
    strays = [k for k in present if np.isnan(values[k])]
    if len(present) - len(strays) < ENOUGH * len(present):
        return _text(name, cells, lines, present)
    return _filled(Column(name, values, (), "", style, doubtful), cells, lines, strays)


def choose_style(cells: list[str], decimal_comma: bool = False) -> tuple[Style | None, bool]:
    """How the numbers of a column are written, and whether that is in doubt; None where nothing decides.

    decimal_comma settles what is in doubt.
    """
    others = [cell for cell in cells if not PLAIN.fits(cell) and not is_infinity(cell)]
    counts = {style: sum(style.fits(cell) is not None for cell in cells) for style in STYLES} if others else {}
    plain = len(cells) - len(others)
    most = max(plain, *counts.values()) if counts else plain
    if plain == most:
        pointed = [cell for cell in cells if not _DIGITS(cell)]
        doubtful = bool(pointed) and all(map(_POINT_GROUPS, pointed))
        return (DECIMAL_COMMA if doubtful and decimal_comma else PLAIN), doubtful
    best = [style for style, count in counts.items() if count == most]
    sure = [style for style in best if any(map(style.sure, others))]
    if len(best) == 1 or len(sure) == 1:
        return (sure or best)[0], False
    return (DECIMAL_COMMA if decimal_comma and DECIMAL_COMMA in best else None), True


def _filled(column: Column, cells: list[str], lines: list[int], strays: list[int]) -> Column:
    """The column with its gaps, infinities and slips interpolated, and a note on each kind."""
    assert column.values is not None
    label, notes, values = f"Column '{shown(column.name)}'", [], column.values.copy()
    if column.style is not PLAIN:
        notes.append(f"{label} was read with {column.style.words}.")
    huge = np.flatnonzero(np.abs(values) > LARGEST).tolist()
    values[huge] = np.nan
    for rows, one, many in (
        (strays, "cell is not a number", "cells are not numbers"),
        (huge, "number is infinite or too large", "numbers are infinite or too large"),
    ):
        if rows:
            place = f"line {lines[rows[0]]:,}: '{shown(cells[rows[0]])}'"
            became = "a gap" if len(rows) == 1 else "gaps"
            notes.append(f"{label}: {_count(len(rows), one, many)} ({place}) and became {became}.")
    missing = np.isnan(values)
    if missing.all():
        return _left_out(column.name, "holds no finite number")
    if missing.any():
        at = np.arange(len(values))
        values[missing] = np.interp(at[missing], at[~missing], values[~missing])
        notes.append(
            f"{label}: {_count(int(missing.sum()), 'gap', 'gaps')} in {len(values):,} rows filled by linear "
            f"interpolation, the first on line {lines[int(np.argmax(missing))]:,}."
        )
    if len(values) > 1 and np.ptp(values) == 0:
        notes.append(f"{label} is constant ({values[0]:g}): there is nothing in it to learn.")
    return replace(column, values=values, notes=tuple(notes))


def _left_out(name: str, why: str) -> Column:
    return Column(name, None, (f"Column '{shown(name)}' {why} and was left out.",), why)


def _text(name: str, cells: list[str], lines: list[int], present: list[int]) -> Column:
    first = next((k for k in present if not is_number(cells[k])), present[0])
    return _left_out(name, f"holds text ('{shown(cells[first])}' on line {lines[first]:,})")


def _order(dates: list[Date], lines: list[int]) -> str:
    """What a column of dates says about the order of the rows: the end of a sentence."""
    if len({date.year_first for date in dates}) == 2:
        return ", which is not possible here: some dates have the year first, some last"
    readings = [
        [date.key(day_first) for date in dates]
        for day_first in (True, False)
        if all(date.year_first or date.numbers[1 if day_first else 0] <= 12 for date in dates)
    ]
    if not readings:
        return ", which is not possible here: some dates have the day first, some the month"
    if any(all(a <= b for a, b in pairwise(keys)) for keys in readings):
        return ": oldest first, as it should be"
    if any(all(a >= b for a, b in pairwise(keys)) for keys in readings):
        return (
            ": the newest row comes first, so the past would be predicted from the future; sort the file with "
            "the oldest row first and upload it again"
        )
    keys = readings[0]
    late = next(k for k in range(1, len(keys)) if keys[k] < keys[k - 1])
    return (
        f": they are not in order (line {lines[late]:,} is earlier than line {lines[late - 1]:,}); sort the file "
        "with the oldest row first if its rows are a series"
    )


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
