"""Delimited text: which delimiter, where the table begins, and that all rows are equally long."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator

from rnnviz.data.bounds import MOST_ROWS
from rnnviz.data.cells import is_date, is_gap, is_number
from rnnviz.data.errors import DataError
from rnnviz.data.rows import Rows, gather

DELIMITERS = {"\t": "tab", ";": "semicolon", "|": "vertical bar", ",": "comma", " ": "space"}
SAMPLE, SAMPLE_CHARACTERS = 100, 200_000  # lines, and characters, looked at to find the delimiter
MOST_FIELDS = 200_000  # of one line that is split at all


def split_rows(text: str) -> tuple[Rows, str]:
    """Read delimited text: the rows, and the delimiter. Raises DataError naming the line that is wrong."""
    if (count := text.count("\n")) > MOST_ROWS:
        raise DataError(f"The table has {count:,} lines, at most {MOST_ROWS:,} can be read: upload fewer rows.")
    lines = text.split("\n")
    skipped, delimiter = _preamble(lines)
    if delimiter is None:
        delimiter = find_delimiter(lines[skipped:])

    def fit(row: list[str], width: int, line: int, first: int) -> list[str]:
        """`row` without empty fields beyond the width; DataError where its length still differs."""
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            return row[:width]
        raise DataError(
            f"Line {line:,} has {len(row)} {'field' if len(row) == 1 else 'fields'}, but line {first:,} has "
            f"{width} (delimiter: {DELIMITERS[delimiter]}): give every line equally many fields, and put "
            "quotation marks round a field that holds the delimiter."
        )

    notes = (f"What stands before line {skipped + 1:,} was skipped.",) if skipped else ()
    return gather(_records(lines, skipped, delimiter), fit=fit, notes=notes), delimiter


def find_delimiter(lines: list[str]) -> str:
    """The delimiter that cuts most of the first lines into equally many fields, at least two.

    Among several, the one whose fields are most often numbers, dates or gaps (in "1,5;2,5" the comma is
    a decimal sign); then tab, semicolon, bar, comma in this order. A space only between numbers. A comma
    where nothing fits: a table of one column.
    """
    sample, left = [], SAMPLE_CHARACTERS
    for line in lines[:SAMPLE]:
        if line and not line.isspace():
            sample.append(line[:left])
            left -= len(line)
        if left <= 0:
            break
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        rows = [row for row in _lenient(sample, delimiter) if row]
        fields, times = max(Counter(map(len, rows)).items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        if fields < 2 or 2 * times < len(rows):
            continue
        typed = _typed_share([row for row in rows if len(row) == fields])
        if delimiter == " " and (typed < 0.5 or best_score > 0):
            continue
        score = times / len(rows) * (0.1 + typed)
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def _preamble(lines: list[str]) -> tuple[int, str | None]:
    """How many lines stand before the table (comments with #, Excel's "sep="), and the delimiter they name."""
    for k, line in enumerate(lines):
        word = line.strip().strip('"').lower()
        if word.startswith("sep=") and len(word) == 5 and word[4] in DELIMITERS:
            return k + 1, word[4]
        if word and not word.startswith("#"):
            return (k, None) if any(lines[:k]) else (0, None)
    return len(lines), None


def _records(lines: list[str], skipped: int, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line (counted from 1) at which each record begins, and its fields."""
    table = _not_endless(_trimmed(lines[skipped:], delimiter), skipped, delimiter)
    reader = csv.reader(table, delimiter=delimiter, skipinitialspace=True, strict=True)
    line = skipped + 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"Line {line:,} cannot be split into fields ({error}): check its quotation marks, each that opens "
                "must close before the next delimiter."
            ) from None
        if len(row) > 1 or row and row[0].strip():  # else a blank line
            yield line, row
        line = skipped + reader.line_num + 1


def _lenient(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(_trimmed(lines, delimiter), delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return []


def _trimmed(lines: list[str], delimiter: str) -> list[str]:
    """A space at the end of a line delimits nothing."""
    return [line.strip() for line in lines] if delimiter == " " else lines


def _not_endless(lines: list[str], skipped: int, delimiter: str) -> Iterator[str]:
    for k, line in enumerate(lines):
        if line.count(delimiter) > MOST_FIELDS:
            raise DataError(
                f"Line {skipped + k + 1:,} has more than {MOST_FIELDS:,} fields: break the table into rows."
            )
        yield line


def _typed_share(rows: list[list[str]]) -> float:
    """Share of the fields below the first row that are a number, a date or a gap."""
    below = rows[1:] or rows
    cells = [cell for row in below for cell in row]
    return sum(is_number(cell) or is_gap(cell) or is_date(cell) for cell in cells) / len(cells)
