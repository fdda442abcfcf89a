"""Excel workbooks (xlsx): the first sheet that holds something, its cells as text. Nothing in them is computed."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from rnnviz.data.bounds import MOST_ROWS
from rnnviz.data.decoding import shown
from rnnviz.data.errors import DataError, reading
from rnnviz.data.rows import Rows, gather

KIND = "Excel workbook"
MARK = "xl/workbook.xml"  # an archive that holds this is one
_EXPANDING = (b"<!DOCTYPE", b"<!ENTITY", b"\0")  # what could make XML grow, and UTF-16, which could hide it


def read_workbook(name: str, content: bytes, archive: zipfile.ZipFile) -> Rows:
    """The rows of a workbook. Of a formula the result counts that was stored with it; none is evaluated."""
    with reading(name, KIND), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on parts of a workbook that are not read
        _refuse_expanding(name, archive)
        from openpyxl import load_workbook

        book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        for sheet in sheets:
            sheet.reset_dimensions()  # what it says about its size need not be true
            if next(_filled(sheet), None) is None:
                continue
            said = [f"Read from the sheet '{shown(sheet.title)}'."]
            others = [f"'{shown(other.title)}'" for other in sheets if other is not sheet]
            if others:
                said.append(f"Other sheets were not read: {', '.join(others[:5])}{', …' * (len(others) > 5)}.")
            return gather(_filled(sheet), "row", fit=_padded, notes=(" ".join(said),))
    raise DataError(f"{name} holds no sheet with cells: upload a workbook with a table on its first sheet.")


def _filled(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, without the empty cells at their ends."""
    for place, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if place > MOST_ROWS:
            raise DataError(f"The sheet has more than {MOST_ROWS:,} rows: upload fewer.")
        if any(value is not None for value in row):
            last = max(k for k, value in enumerate(row) if value is not None)
            yield place, [_cell(value) for value in row[: last + 1]]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    return value if isinstance(value, str) else repr(value)


def _padded(row: list[str], width: int, place: int, first: int) -> list[str]:
    if len(row) > width:
        raise DataError(
            f"Row {place:,} has {len(row)} cells, but row {first:,} has {width}: leave one table on the sheet, "
            "with a name above every column."
        )
    return row + [""] * (width - len(row))


def _refuse_expanding(name: str, archive: zipfile.ZipFile) -> None:
    for entry in archive.infolist():
        if not entry.filename.endswith((".xml", ".rels")):
            continue
        with archive.open(entry) as part:
            before = b""
            while piece := part.read(1 << 20):
                if any(mark in before + piece for mark in _EXPANDING):
                    raise DataError(
                        f"{name} has a part that defines text of its own ({shown(entry.filename)}), which no workbook "
                        "needs: save it again, or as CSV, and upload that."
                    )
                before = piece[-10:]
