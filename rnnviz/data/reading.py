"""Reading what a visitor brings: bytes in, a checked Dataset or one sentence on what is wrong out."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import numpy as np

from rnnviz.data import archive, arrays, excel, fasta, jsons, parquet
from rnnviz.data.bounds import LIMIT_MB, MOST_FILES, MOST_ROWS, TOTAL_MB
from rnnviz.data.columns import DECIMAL_COMMA, Found, read_column
from rnnviz.data.dataset import Dataset
from rnnviz.data.decoding import decode, shown
from rnnviz.data.delimited import DELIMITERS, split_rows
from rnnviz.data.errors import DataError
from rnnviz.data.joining import joined
from rnnviz.data.rows import Rows

TABLES = (".csv", ".tsv", ".tab", ".dat", ".psv")
PACKED = (".xlsx", ".xlsm", ".parquet", ".npy", ".npz")
TEXTS = (".txt", ".text", ".md", ".py", ".log")
ENDINGS = (*TABLES, *PACKED, *jsons.ENDINGS, *fasta.ENDINGS, *TEXTS)
MOST_NOTES = 40

Files = Sequence[tuple[str, bytes]]


def read(files: Files, limit_mb: float = LIMIT_MB, total_mb: float = TOTAL_MB) -> Dataset:
    """One data set from one or several files, each a name and its content.

    Delimited text, Excel, Parquet, JSON, NumPy and FASTA become a table; text that is no table stays a text. The
    kind of a file is told by how it begins, then by how its name ends. Encoding, delimiter, header and the style of
    numbers are found out, and said in `Dataset.notes` with every decision that could surprise; what is missing stays
    missing. Several files are several sequences, in the order of their names.

    limit_mb, total_mb: of each file and of all. Raises DataError, a sentence that names the file, the line or
    column, and says what to do.
    """
    files = _bounded(files, limit_mb, total_mb)
    lines = sum(content.count(b"\n") for name, content in files if _ending(name) in TABLES)
    if lines > MOST_ROWS:
        raise DataError(f"{lines:,} lines were given, at most {MOST_ROWS:,} can be read: upload fewer rows.")
    return _whole([_file(name, content, limit_mb) for name, content in files])


def read_as_text(files: Files, limit_mb: float = LIMIT_MB, total_mb: float = TOTAL_MB) -> Dataset:
    """Texts, whatever they look like. Raises DataError as `read` does."""
    files = _bounded(files, limit_mb, total_mb)
    return _whole([_text(name, *decode(_label(name), content)) for name, content in files])


def _bounded(files: Files, limit_mb: float, total_mb: float) -> Files:
    """The files in the order of their names, numbers in them by size. Raises DataError beyond a limit."""
    if not files:
        raise DataError("No file was given: upload one.")
    if len(files) > MOST_FILES:
        raise DataError(f"{len(files):,} files were given, at most {MOST_FILES:,} can be read together.")
    for name, content in files:
        if len(content) > limit_mb * 2**20:
            raise DataError(
                f"{_label(name)} has {_megabytes(len(content))} MB, the limit is {limit_mb:g} MB: upload a part of "
                "it, such as fewer rows or columns."
            )
    total = sum(len(content) for _, content in files)
    if total > total_mb * 2**20:
        raise DataError(
            f"All {len(files):,} files together have {_megabytes(total)} MB, the limit is {total_mb:g} MB: upload "
            "fewer."
        )
    return sorted(files, key=lambda file: [part.zfill(12) for part in re.split(r"(\d+)", file[0])])


def _megabytes(size: int) -> str:
    return f"{math.ceil(10 * size / 2**20) / 10:g}"


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower()


def _label(name: str) -> str:
    return shown(name) or "the file"


def _whole(parts: list[Dataset]) -> Dataset:
    """The parts as one, without columns that hold nothing; their arrays read-only."""
    data = joined(parts) if len(parts) > 1 else parts[0]
    empty = dict.fromkeys(column.name for column in data.table if column.gaps.all())
    said = [f"Column '{shown(name)}' holds no values and was left out." for name in empty]
    kept = tuple(column for column in data.table if column.name not in empty)
    if not kept:
        why = (*data.notes, *said)[-1]
        raise DataError(f"{_label(data.name)} has no column that can be read; the last one: {why}")
    for column in kept:
        column.values.flags.writeable = False
    notes = [*data.notes, *said]
    if len(notes) > MOST_NOTES:
        notes = [*notes[:MOST_NOTES], f"And {len(notes) - MOST_NOTES:,} more notes of this kind."]
    return replace(data, table=kept, notes=tuple(notes))


def _file(name: str, content: bytes, limit_mb: float) -> Dataset:
    label, ending = _label(name), _ending(name)
    if content.startswith(archive.START):
        packed = archive.opened(label, content, limit_mb)
        entries = packed.namelist()
        if excel.MARK in entries:
            return _table(name, excel.read_workbook(label, content, packed))
        if all(entry.endswith(".npy") for entry in entries):
            return _typed(name, *arrays.read_npz(label, packed), "Read as a NumPy archive.")
        raise DataError(f"{label} is a zip archive, but no Excel workbook: unpack it and upload the files in it.")
    if content.startswith(parquet.START):
        found, rows = parquet.read_parquet(label, content, limit_mb)
        return _typed(name, found, np.array([0, rows]), "Read as a Parquet table.")
    if content.startswith(arrays.START):
        return _typed(name, *arrays.read_npy(label, content), "Read as a NumPy array.")
    if ending in PACKED:
        raise DataError(
            f"{label} does not begin as a file does whose name ends in {ending}: save it again, or as CSV, and upload "
            "that."
        )
    text, encoding, notes = decode(label, content)
    if ending in fasta.ENDINGS:
        columns = tuple(fasta.read_fasta(label, text))
        bounds = np.array([0, len(columns[0].values)])
        return Dataset(name, columns, bounds, (f"Read as FASTA, {encoding}.", *notes))
    if ending in jsons.ENDINGS:
        rows_ = jsons.read_json(label, text)
        return _table(name, replace(rows_, notes=(f"Read as JSON, {encoding}.", *notes, *rows_.notes)))
    try:
        table, delimiter = split_rows(text)
    except DataError as error:
        if ending in TABLES:
            raise DataError(f"{label}: {error}") from None
        return _text(name, text, encoding, (*notes, f"Not read as a table: {error}"))
    how = f"Read as {encoding} text, columns separated by a {DELIMITERS[delimiter]}."
    data = _table(name, replace(table, notes=(how, *notes, *table.notes)))
    measured = any(column.kind in ("number", "time") and not column.gaps.all() for column in data.table)
    if ending in TABLES or measured or delimiter == "\t" and len(data.table) > 1:
        return data
    return _text(name, text, encoding, notes)


def _text(name: str, text: str, encoding: str, notes: tuple[str, ...]) -> Dataset:
    return Dataset.of_text(name, text, (f"Read as {encoding} text.", *notes))


def _typed(name: str, found: list[Found], bounds: np.ndarray, *said: str) -> Dataset:
    columns = tuple(each.column for each in found if each.column is not None)
    return Dataset(name, columns, bounds.astype(np.int64), (*said, *(note for each in found for note in each.notes)))


def _table(name: str, rows: Rows) -> Dataset:
    def column(label: str, k: int, decimal_comma: bool = False) -> Found:
        return read_column(label, rows.cells[:, k].tolist(), rows.places, rows.where, decimal_comma)

    names = rows.names()
    found = [column(label, k) for k, label in enumerate(names)]
    if any(each.style is DECIMAL_COMMA and not each.doubtful for each in found):
        found = [column(names[k], k, True) if each.doubtful else each for k, each in enumerate(found)]
    return _typed(name, found, np.array([0, len(rows.places)]), *rows.notes)
