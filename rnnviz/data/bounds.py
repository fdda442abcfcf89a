"""How much may be brought: every reader asks here before it takes memory for what a file says it holds."""

from __future__ import annotations

from rnnviz.data.errors import DataError
from rnnviz.environment import whole_number

LIMIT_MB, TOTAL_MB = 50.0, 200.0  # of one file, and of all that are brought at once
MOST_FILES = 500
MOST_COLUMNS, MOST_ROWS, MOST_CELLS = 10_000, 2_000_000, 10_000_000
UNPACKED = 10  # what is packed may hold as many times the limit of a file
RATIO = 200  # and as many times its own size; honest tables are packed 2 to 50 times


def limit_mb() -> int:
    """Megabytes that one file may have."""
    return whole_number("RNNVIZ_UPLOAD_MB", int(LIMIT_MB))


def total_mb() -> int:
    """Megabytes that all files of a visitor may have."""
    return whole_number("RNNVIZ_VISITOR_MB", int(TOTAL_MB))


def check_size(name: str, rows: int, columns: int) -> None:
    """Raise DataError where a table of this size is too large."""
    for what, count, most in (("columns", columns, MOST_COLUMNS), ("rows", rows, MOST_ROWS)):
        if count > most:
            raise DataError(f"{name} has {count:,} {what}, at most {most:,} can be read: upload a part of it.")
    if rows * columns > MOST_CELLS:
        raise DataError(
            f"{name} has {rows:,} rows of {columns:,} columns, more than {MOST_CELLS:,} cells: upload fewer rows or "
            "columns."
        )


def check_unpacked(name: str, unpacked: int, packed: int, limit_mb: float) -> None:
    """Raise DataError where `packed` bytes would become too many."""
    if unpacked > UNPACKED * limit_mb * 2**20 or unpacked > RATIO * packed + 2**20:
        raise DataError(
            f"{name} would be {unpacked / 2**20:,.0f} MB when unpacked, too much for {packed / 2**20:,.1f} MB in a "
            f"file (at most {UNPACKED * limit_mb:,.0f} MB, and {RATIO} times its size): save a part of it as CSV and "
            "upload that."
        )
