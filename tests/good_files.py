"""Small whole files of every format, made here: what the tests read, cut and damage."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from rnnviz.data import sample_csv

DAYS = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
SALES = [1.5, None, 3.25, -4.0, 1e6]
WORDS = ["sun", "rain", "sun", "sun", "rain"]


def npy(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def packed(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook(rows: list[list[Any]], *more: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet_rows in (rows, *more):
        sheet = book.create_sheet()
        for row in sheet_rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


def records() -> list[dict[str, Any]]:
    return [dict(day=day, sales=sale, word=word) for day, sale, word in zip(DAYS, SALES, WORDS, strict=True)]


def table_rows() -> list[list[Any]]:
    return [["day", "sales", "word"], *(list(record.values()) for record in records())]


def tables() -> dict[str, bytes]:
    """The same table in every format that holds tables: columns day, sales, word; five rows; one gap."""
    days = np.array(DAYS, "M8[us]")
    fields = [("day", "M8[us]"), ("sales", "f8"), ("word", "U4")]
    structured = np.array(
        [(day, np.nan if sale is None else sale, word) for day, sale, word in zip(days, SALES, WORDS, strict=True)],
        fields,
    )
    text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in table_rows())
    return {
        "t.csv": text.encode(),
        "t.tsv": text.replace(",", "\t").encode("utf-16"),
        "t.txt": text.replace(",", ";").encode(),
        "t.xlsx": workbook(table_rows()),
        "t.parquet": parquet({"day": pa.array(days), "sales": SALES, "word": WORDS}),
        "t.jsonl": "\n".join(map(json.dumps, records())).encode(),
        "t.json": json.dumps(records(), indent=1).encode(),
        "t.npy": npy(structured),
        "t.npz": npz(day=days, sales=structured["sales"], word=structured["word"]),
    }


def others() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    return {
        "sample.csv": sample_csv(),
        "cube.npz": npz(x=rng.normal(size=(4, 6, 2)), y=np.arange(4)),
        "cube.npy": npy(rng.normal(size=(4, 6, 2)).astype("f4")),
        "genes.fasta": b">one Homo sapiens\nACGTAC\nGT\n>two\nTTGA\n",
        "wide.parquet": parquet({f"c{k}": rng.normal(size=30) for k in range(40)}),
        "sheet.xlsx": workbook([["a", "b"]] + [[k, k**2] for k in range(200)], [["other"]]),
        "poem.txt": "Über allen Gipfeln\nist Ruh,\n".encode("cp1252"),
    }
