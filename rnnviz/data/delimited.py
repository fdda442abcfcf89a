"""Rows of delimited text: which delimiter, whether there is a header, and that all rows are equally long."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rnnviz.data.cells import is_date, is_gap, is_number
from rnnviz.data.decoding import shown
from rnnviz.data.errors import DataError

DELIMITERS = {"\t": "tab", ";": "semicolon", "|": "vertical bar", ",": "comma", " ": "space"}
SAMPLE = 100  # lines looked at to find the delimiter and the header
MOST_COLUMNS = 1000
# A dense table of the size limit would else take gigabytes of memory.
MOST_LINES = 1_000_000
MOST_CELLS = 5_000_000


@dataclass(frozen=True, eq=False)
class Rows:
    """A table of strings. header: C names, or None. cells: rows of C strings. lines: the line of each row."""

    delimiter: str
    header: list[str] | None
    cells: list[list[str]]
    lines: list[int]
    notes: tuple[str, ...]


def split_rows(text: str) -> Rows:
    """Read delimited text. Raises DataError naming the line that is wrong."""
    if (count := text.count("\n")) > MOST_LINES:
        raise DataError(f"The table has {count:,} lines, at most {MOST_LINES:,} can be read: upload fewer rows.")
    lines = text.split("\n")
    skipped, delimiter = _preamble(lines)
    if delimiter is None:
        delimiter = find_delimiter(lines[skipped:])
    cells: list[list[str]] = []
    numbers: list[int] = []
    for line, row in _records(lines, skipped, delimiter):
        if not row or not any(cell and not cell.isspace() for cell in row) and len(row) <= 1:
            continue  # a blank line
        if cells and len(row) != len(cells[0]):
            row = _fitted(row, len(cells[0]), line, numbers[0], delimiter)
        cells.append(row)
        numbers.append(line)
        if len(cells) * len(row) > MOST_CELLS:
            raise DataError(
                f"The table has more than {MOST_CELLS:,} cells (reached at line {line:,}): upload fewer rows "
                "or columns."
            )
    if not cells:
        raise DataError("The file holds no rows: upload a table with a header line and rows of numbers.")
    if len(cells[0]) > MOST_COLUMNS:
        raise DataError(f"Line {numbers[0]:,} has {len(cells[0]):,} fields: upload at most {MOST_COLUMNS:,} columns.")
    header = cells[0] if _is_header(cells) else None
    if header is not None and len(cells) == 1:
        raise DataError(
            f"Only a header: line {numbers[0]:,} holds the names ({shown(', '.join(header))}) and no row follows; "
            "upload the table with its rows."
        )
    first = 1 if header is not None else 0
    notes = (f"The table begins on line {numbers[0]:,}; what stands before it was skipped.",) if skipped else ()
    return Rows(delimiter, header, cells[first:], numbers[first:], notes)


def find_delimiter(lines: list[str]) -> str:
    """The delimiter that cuts most of the first lines into equally many fields, at least two.

    Among several, the one whose fields are most often numbers, dates or gaps (in "1,5;2,5" the comma is
    a decimal sign); then tab, semicolon, bar, comma in this order. A space only between numbers. A comma
    where nothing fits: a table of one column.
    """
    sample = [line for line in lines[:SAMPLE] if line and not line.isspace()]
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
    table = _trimmed(lines[skipped:], delimiter)
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


def _fitted(row: list[str], expected: int, line: int, first: int, delimiter: str) -> list[str]:
    """`row` without empty fields beyond the expected number; DataError where its length still differs."""
    if len(row) > expected and not any(cell.strip() for cell in row[expected:]):
        return row[:expected]
    raise DataError(
        f"Line {line:,} has {len(row)} {'field' if len(row) == 1 else 'fields'}, but line {first:,} has "
        f"{expected} (delimiter: {DELIMITERS[delimiter]}): give every line equally many fields, and put "
        "quotation marks round a field that holds the delimiter."
    )


def _typed_share(rows: list[list[str]]) -> float:
    """Share of the fields below the first row that are a number, a date or a gap."""
    below = rows[1:] or rows
    cells = [cell for row in below for cell in row]
    return sum(is_number(cell) or is_gap(cell) or is_date(cell) for cell in cells) / len(cells)


def _is_header(rows: list[list[str]]) -> bool:
    """The first row names the columns: text stands over a column of numbers or dates, or it is all text."""
    first, below = rows[0], rows[1 : SAMPLE + 1]
    names = [not (is_number(cell) or is_date(cell) or is_gap(cell)) for cell in first]
    if not any(is_number(cell) or is_date(cell) for cell in first):
        return any(names)
    return any(
        name and sum(is_number(row[k]) or is_date(row[k]) for row in below) > len(below) / 2
        for k, name in enumerate(names)
    )
