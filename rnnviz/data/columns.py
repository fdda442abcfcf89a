"""One column of a table: what kind it is, and its values with their gaps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz.data.cells import GAPS, PLAIN, STYLES, Style, date_of, is_compact_date, is_date, is_infinity, is_number
from rnnviz.data.dataset import Column
from rnnviz.data.decoding import shown

ENOUGH = 0.8  # share of the cells that must be numbers, or dates, for the others to count as slips
LARGEST = 1e100  # beyond it, squares overflow
SAMPLE = 500
MOST_LEVELS = 50  # different words of a category; more are text
DECIMAL_COMMA = STYLES[0]
_POINT_GROUPS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+").fullmatch
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?", re.ASCII).fullmatch
_DIGITS = re.compile(r"[+-]?\d+").fullmatch


@dataclass(frozen=True, eq=False)
class Found:
    """column: None where it cannot be read. notes: what was done to it.

    style: how its numbers are written; doubtful: another style would give other numbers, and nothing in the column
    decides.
    """

    column: Column | None
    notes: tuple[str, ...] = ()
    style: Style = PLAIN
    doubtful: bool = False


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a column: codes (N,) are places in `words`, its V different cells; gap (V,): which mean nothing.

    counts (V,): how often each occurs. Every different cell is looked at once.
    """

    name: str
    codes: np.ndarray
    words: list[str]
    gap: np.ndarray
    counts: np.ndarray
    places: np.ndarray
    where: str

    @classmethod
    def of(cls, name: str, cells: list[str], places: np.ndarray, where: str) -> Cells:
        codes, words = coded(cells)
        gap = np.fromiter((word.lower() in GAPS for word in words), bool, len(words))
        return cls(name, codes, words, gap, np.bincount(codes, minlength=len(words)), places, where)

    @property
    def present(self) -> list[int]:
        return np.flatnonzero(~self.gap).tolist()

    def share(self, of: Iterable[int]) -> float:
        """How large a part of the cells that hold something the given words are."""
        return float(self.counts[list(of)].sum() / self.counts[~self.gap].sum())

    def place(self, word: int) -> str:
        """Where a word stands first: "line 3: 'word'"."""
        row = int(np.argmax(self.codes == word))
        return f"{self.where} {self.places[row]:,}: '{shown(self.words[word])}'"


def read_column(
    name: str, cells: list[str], places: np.ndarray, where: str = "line", decimal_comma: bool = False
) -> Found:
    """A column of N stripped cells. places (N,), where: as of Rows. decimal_comma: other columns have them.

    One without any value is a column of numbers that are all missing.
    """
    c = Cells.of(name, cells, places, where)
    present = c.present
    if not present:
        return Found(Column(name, "number", np.full(len(cells), np.nan)))
    sample = [c.words[k] for k in present[:: max(1, len(present) // SAMPLE)]]
    dates = sum(is_compact_date(word) or is_date(word) for word in sample)
    if dates >= ENOUGH * len(sample) and (times := _times(c)):
        return times
    if sum(map(is_number, sample)) < len(sample) / 2:
        return Found(worded(name, c.codes, c.words, c.gap))
    return _numbers(c, decimal_comma) or Found(worded(name, c.codes, c.words, c.gap))


def coded(words: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """(N,) int64: the place of each word among the different ones, and those, in the order of first appearance."""
    seen: dict[str, int] = {}
    return np.fromiter((seen.setdefault(word, len(seen)) for word in words), np.int64, len(words)), list(seen)


def worded(name: str, codes: np.ndarray, words: list[str], gap: np.ndarray, few: bool = False) -> Column:
    """A category where few different words occur, else a text. codes (N,) places in words (V), gap (V,) bool.

    few: it is a category, however many there are.
    """
    kept = np.flatnonzero(~gap)
    place = np.full(len(words), -1)
    place[kept] = np.arange(len(kept))
    values = place[codes] if len(words) else np.full(len(codes), -1)
    few |= len(kept) <= MOST_LEVELS and len(kept) < (values >= 0).sum() / 2
    levels = tuple(words[k] for k in kept)
    return Column(name, "category", values.astype(np.int32), levels) if few else Column(name, "text", values, levels)


def finite(name: str, values: np.ndarray) -> Found:
    """A column of numbers (N,) that another library read: what is infinite or too large becomes a gap."""
    values = np.array(values, np.float64)
    with np.errstate(invalid="ignore"):
        huge = np.abs(values) > LARGEST
    values[huge] = np.nan
    at = f"row {np.argmax(huge) + 1:,}" if huge.any() else ""
    notes = (
        _became(name, int(huge.sum()), "number is infinite or too large", "numbers are infinite or too large", at),
    )
    return Found(Column(name, "number", values), notes if huge.any() else ())


def choose_style(words: list[str], counts: np.ndarray, decimal_comma: bool = False) -> tuple[Style | None, bool]:
    """How the numbers of a column are written, and whether that is in doubt; None where nothing decides.

    decimal_comma settles what is in doubt.
    """
    plain = np.array([PLAIN.fits(word) or is_infinity(word) for word in words])
    others = [word for word, fits in zip(words, plain, strict=True) if not fits]
    fits = {style: np.array([bool(style.fits(word)) for word in words]) for style in STYLES} if others else {}
    cells = {style: int(counts[fit].sum()) for style, fit in fits.items()}
    most = max(int(counts[plain].sum()), *cells.values()) if cells else counts.sum()
    if counts[plain].sum() == most:
        doubtful = _could_be_groups(words)
        return (DECIMAL_COMMA if doubtful and decimal_comma else PLAIN), doubtful
    best = [style for style, count in cells.items() if count == most]
    sure = [style for style in best if any(map(style.sure, others))]
    if len(best) == 1 or len(sure) == 1:
        return (sure or best)[0], False
    return (DECIMAL_COMMA if decimal_comma and DECIMAL_COMMA in best else None), True


def _numbers(c: Cells, decimal_comma: bool) -> Found | None:
    """A column of numbers; None where too many cells are none."""
    present = c.present
    plain = _plain([c.words[k] for k in present])
    if plain is not None and not decimal_comma and np.abs(plain).max() < LARGEST:  # the way of most columns
        words = np.full(len(c.words), np.nan)
        words[present] = plain
        doubtful = _could_be_groups([c.words[k] for k in present])
        return Found(Column(c.name, "number", words[c.codes]), doubtful=doubtful)
    style, doubtful = choose_style([c.words[k] for k in present], c.counts[present], decimal_comma)
    if style is None:
        first = next(k for k in present if not PLAIN.fits(c.words[k]) and not is_infinity(c.words[k]))
        note = (
            f"Column '{shown(c.name)}' was left out: whether its comma is a decimal sign or stands between thousands "
            f"nothing in it decides ({c.place(first)}); write its numbers with a decimal point and nothing else."
        )
        return Found(None, (note,), doubtful=True)
    words = np.full(len(c.words), np.nan)
    for k in present:
        if style.fits(c.words[k]):
            words[k] = style.value(c.words[k])
        elif is_infinity(c.words[k]):
            words[k] = np.inf
    strays = [k for k in present if np.isnan(words[k])]
    if c.share(strays) > 1 - ENOUGH:
        return None
    huge = np.flatnonzero(np.abs(words) > LARGEST).tolist()
    words[huge] = np.nan
    notes = [f"Column '{shown(c.name)}' was read with {style.words}."] if style is not PLAIN else []
    for slips, one, many in (
        (strays, "cell is not a number", "cells are not numbers"),
        (huge, "number is infinite or too large", "numbers are infinite or too large"),
    ):
        if slips:
            notes.append(_became(c.name, int(c.counts[slips].sum()), one, many, c.place(slips[0])))
    return Found(Column(c.name, "number", words[c.codes]), tuple(notes), style, doubtful)


def _plain(words: list[str]) -> np.ndarray | None:
    """Numbers written as Python writes them; None where one is not."""
    if any("_" in word for word in words):
        return None
    try:
        return np.array(list(map(float, words)))
    except ValueError:
        return None


def _could_be_groups(words: list[str]) -> bool:
    """Whether points may stand between thousands: 1.234 and 12.345.678, and 7."""
    return all(_DIGITS(word) or _POINT_GROUPS(word) for word in words) and not all(map(_DIGITS, words))


def _became(name: str, count: int, one: str, many: str, place: str) -> str:
    what, became = (one, "a gap") if count == 1 else (many, "gaps")
    return f"Column '{shown(name)}': {count:,} {what} ({place}) and became {became}."


def _times(c: Cells) -> Found | None:
    """A column of dates; None where too many cells are none. What it says about the order of rows is in the notes."""
    if (iso := _iso(c)) is not None:
        return iso
    dates = {k: date for k in c.present if (date := date_of(c.words[k]))}
    if c.share(dates) < ENOUGH:
        return None
    first, last = (np.full(len(c.words), np.nan) for _ in range(2))
    for k, date in dates.items():
        first[k], last[k] = date.seconds(day_first=True), date.seconds(day_first=False)
    readings = [(words[c.codes], note) for words, note in ((first, "day"), (last, "month"))]
    fewest = min(int(np.isnan(values).sum()) for values, _ in readings)
    readings = [reading for reading in readings if np.isnan(reading[0]).sum() == fewest]
    sorted_up = [reading for reading in readings if _falls(reading[0]) is None]
    values, _ = (sorted_up or readings)[0]
    notes = []
    if len(readings) == 2 and not np.array_equal(readings[0][0], readings[1][0], equal_nan=True):
        why = "which gives the order of the rows" if len(sorted_up) == 1 else "though the other way is possible too"
        notes.append(
            f"Column '{shown(c.name)}': its dates were read with the {(sorted_up or readings)[0][1]} first, {why}."
        )
    slips = [k for k in c.present if np.isnan(first[k]) and np.isnan(last[k])]
    missing = np.isnan(values) & ~c.gap[c.codes]
    if missing.any():
        at = c.place(slips[0] if slips else int(c.codes[np.argmax(missing)]))
        notes.append(_became(c.name, int(missing.sum()), "cell is no date", "cells are no dates", at))
    return Found(Column(c.name, "time", values), (*notes, *_order(c, values)))


def _iso(c: Cells) -> Found | None:
    """The same for dates that numpy reads, at thirty times the speed; None where one is written otherwise."""
    present = c.present
    if not all(_ISO(c.words[k]) for k in present):
        return None
    words = np.full(len(c.words), np.nan)
    try:
        words[present] = np.array([c.words[k] for k in present], "M8[ms]").astype(np.int64) / 1000
    except ValueError:  # no such day
        return None
    return Found(Column(c.name, "time", words[c.codes]), _order(c, words[c.codes]))


def _order(c: Cells, values: np.ndarray) -> tuple[str, ...]:
    """What dates say about the order of the rows, where it is not the usual one."""
    fall, label = _falls(values), f"Column '{shown(c.name)}'"
    if fall is None:
        return ()
    if (np.diff(values[~np.isnan(values)]) <= 0).all():
        return (
            f"{label}: the newest row comes first, so the past would be predicted from the future; sort the file with "
            "the oldest row first and upload it again.",
        )
    return (
        f"{label}: its dates are not in order ({c.where} {c.places[fall]:,} is earlier than the one before); sort the "
        "file with the oldest row first if its rows are a series.",
    )


def _falls(values: np.ndarray) -> int | None:
    """The first row whose time is earlier than the one before it, gaps aside; None where there is none."""
    rows = np.flatnonzero(~np.isnan(values))
    down = np.flatnonzero(np.diff(values[rows]) < 0)
    return int(rows[down[0] + 1]) if len(down) else None
