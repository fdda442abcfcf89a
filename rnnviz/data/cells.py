"""What one cell of a table is: a number, a gap or a date. Numbers are written in several styles."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

# Written by spreadsheets, statistics programs and people where a number is missing; compared in lower case.
GAPS = frozenset(
    (
        "",
        "na",
        "n/a",
        "#n/a",
        "<na>",
        "nan",
        "-nan",
        "null",
        "none",
        "nil",
        "-",
        "--",
        "–",
        "—",
        ".",
        "..",
        "?",
        "missing",
    )
)
_SPACES = " \u00a0\u202f\u2009'’"
_INFINITY = re.compile(r"[+-]?(inf|infinity|∞)", re.IGNORECASE)
_DATE = re.compile(
    r"(\d{4}|\d{1,2})([-/.])(\d{1,2})(?:\2(\d{4}|\d{1,2}))?"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d{1,9})?))?)?"
    r" ?(Z|UTC|[+-]\d{2}:?\d{2})?"
)
_EPOCH = date(1970, 1, 1).toordinal()
_COMPACT = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True)
class Style:
    """One way to write numbers. sure: matches only cells that cannot be meant in another style."""

    words: str
    fits: Callable[[str], object]
    sure: Callable[[str], object]
    value: Callable[[str], float]


def _plain(cell: str) -> float:
    if "_" in cell:  # Python's own digit separator, nobody else's
        raise ValueError(cell)
    return float(cell)


def plain_fits(cell: str) -> bool:
    try:
        _plain(cell)
    except ValueError:
        return False
    return True


_EXPONENT = r"(?:[eE][+-]?\d{1,3})?"
_SPACED = rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+"
_DROP_SPACES = str.maketrans("", "", _SPACES)

PLAIN = Style("", plain_fits, plain_fits, _plain)
STYLES = (
    Style(
        "decimal comma",
        re.compile(rf"[+-]?(?:(?:\d+|\d{{1,3}}(?:\.\d{{3}})+|{_SPACED})(?:,\d*)?|,\d+){_EXPONENT}").fullmatch,
        # a comma and not three digits, or a point before the comma
        re.compile(rf"[+-]?(?:[\d.{_SPACES}]*,(?:\d{{1,2}}|\d{{4,}})|[\d{_SPACES}]*\.[\d.]*,\d+|0,\d+)").fullmatch,
        lambda cell: float(cell.translate(_DROP_SPACES).replace(".", "").replace(",", ".")),
    ),
    Style(
        "comma between thousands",
        re.compile(rf"[+-]?(?:\d+|\d{{1,3}}(?:,\d{{3}})+)(?:\.\d*)?{_EXPONENT}").fullmatch,
        # two commas, or a point after a comma
        re.compile(r"[+-]?\d{1,3}(?:(?:,\d{3}){2,}|,\d{3}\.\d*)(?:\.\d*)?").fullmatch,
        lambda cell: float(cell.replace(",", "")),
    ),
    Style(
        "space or apostrophe between thousands",
        re.compile(rf"[+-]?(?:\d+|{_SPACED})(?:\.\d*)?{_EXPONENT}").fullmatch,
        re.compile(rf"[+-]?{_SPACED}(?:\.\d*)?").fullmatch,
        lambda cell: float(cell.translate(_DROP_SPACES)),
    ),
)


def is_gap(cell: str) -> bool:
    return cell.strip().lower() in GAPS


def is_infinity(cell: str) -> bool:
    return _INFINITY.fullmatch(cell.strip()) is not None


def is_number(cell: str) -> bool:
    """A number in any style (infinity included, a gap not)."""
    cell = cell.strip()
    if is_gap(cell):
        return False
    return plain_fits(cell) or any(style.fits(cell) for style in STYLES) or is_infinity(cell)


def is_date(cell: str) -> bool:
    """A calendar date, perhaps with a time of day (a number such as 2020.5 is not)."""
    cell = cell.strip()
    return not plain_fits(cell) and date_of(cell) is not None


def is_compact_date(cell: str) -> bool:
    """YYYYMMDD, which is a whole number too."""
    return _COMPACT.fullmatch(cell.strip()) is not None


@dataclass(frozen=True)
class Date:
    """A date as it stands. numbers: year, month, day where `year_first`, else two of day and month, and the year.

    seconds_of_day: in UTC where the cell names a zone, so perhaps below 0 or above a day.
    """

    year_first: bool
    numbers: tuple[int, int, int]
    seconds_of_day: float

    def seconds(self, day_first: bool) -> float:
        """Seconds since 1970 began, NaN where the calendar has no such day. Two digits are a year from 1970 on."""
        a, b, c = self.numbers
        year, month, day = (a, b, c) if self.year_first else (c, b, a) if day_first else (c, a, b)
        if not self.year_first and year < 100:
            year += 2000 if year < 70 else 1900
        try:
            days = date(year, month, day).toordinal() - _EPOCH
        except ValueError:
            return math.nan
        return 86_400 * days + self.seconds_of_day


def date_of(cell: str) -> Date | None:
    """The date in a cell, or None: 2024-05-31, 20240531, 2024/05, 31.05.2024, 5/31/24, and perhaps a time."""
    if is_compact_date(cell):
        cell = f"{cell[:4]}-{cell[4:6]}-{cell[6:]}"
    match = _DATE.fullmatch(cell)
    if match is None:
        return None
    a, _, b, c, hour, minute, second, zone = match.groups()
    year_first = len(a) == 4
    if year_first and len(c or "1") <= 2:
        numbers = (int(a), int(b), int(c or 1))
        real = 1 <= numbers[1] <= 12 and 1 <= numbers[2] <= 31
    elif not year_first and len(c or "") in (2, 4):
        numbers = (int(a), int(b), int(c))
        real = 1 <= min(numbers[:2]) <= 12 and max(numbers[:2]) <= 31
    else:
        return None
    seconds = 3600 * int(hour or 0) + 60 * int(minute or 0) + float((second or "0").replace(",", "."))
    if not real or seconds > 86_400 or int(minute or 0) > 59:
        return None
    ahead = 0 if zone in (None, "Z", "UTC") else int(zone[0] + "1") * (3600 * int(zone[1:3]) + 60 * int(zone[-2:]))
    return Date(year_first, numbers, seconds - ahead)
