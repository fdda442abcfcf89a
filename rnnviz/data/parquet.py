"""Parquet tables: columns keep the types that the file gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.data.bounds import check_size, check_unpacked
from rnnviz.data.columns import Found, finite, worded
from rnnviz.data.dataset import Column
from rnnviz.data.decoding import shown
from rnnviz.data.errors import DataError, reading
from rnnviz.data.rows import unique

START = b"PAR1"
STRINGS = 100_000_000  # bytes at most that the file's own description may take


def read_parquet(name: str, content: bytes, limit_mb: float) -> tuple[list[Found], int]:
    """The columns of a Parquet table, and its rows. Nested columns are left out, with a note."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with reading(name, "Parquet table", also=(pa.ArrowException,)):
        source = pa.BufferReader(content)
        metadata = pq.ParquetFile(source, thrift_string_size_limit=STRINGS).metadata
        groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
        check_size(name, metadata.num_rows, metadata.num_columns)
        check_unpacked(name, sum(group.total_byte_size for group in groups), len(content), limit_mb)
        words = [
            field.name
            for field in pq.read_schema(source)
            if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        ]
        file = pq.ParquetFile(source, read_dictionary=words, thrift_string_size_limit=STRINGS)
        table = file.read(use_threads=False)
        check_size(name, table.num_rows, table.num_columns)  # by what is there, not by what is said
        given = ["index" if field.name == "__index_level_0__" else field.name for field in table.schema]
        found = [_column(label, table.column(k)) for k, label in enumerate(unique(given))]
    if not found or not table.num_rows:
        raise DataError(f"{name} holds no rows: upload a table with rows.")
    return found, table.num_rows


def _column(name: str, chunks: Any) -> Found:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = chunks.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return finite(name, chunks.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        stamps = chunks.cast(pa.timestamp("us"), safe=False)
        seconds = pc.fill_null(stamps.cast(pa.int64()), 0).to_numpy(zero_copy_only=False) / 1e6
        seconds[stamps.is_null().to_numpy(zero_copy_only=False)] = np.nan
        return Found(Column(name, "time", seconds))
    boolean = pa.types.is_boolean(kind)
    if boolean:
        chunks = pc.if_else(chunks, "true", "false")
        kind = chunks.type
    if not pa.types.is_dictionary(kind):
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            return Found(None, (f"Column '{shown(name)}' was left out: it holds {shown(str(kind))}.",))
        chunks = chunks.dictionary_encode()
    array = chunks.unify_dictionaries().combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    words = [str(word) for word in array.dictionary.to_pylist()]
    codes = pc.fill_null(array.indices.cast(pa.int64()), len(words)).to_numpy(zero_copy_only=False)
    gap = np.array([not word for word in words] + [True])
    return Found(worded(name, codes, [*words, ""], gap, few=boolean))
