"""A Dataset: what a visitor brought, read and checked, as plain arrays or text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """One table of numbers, or one text.

    name: the file's name, for display as text only. columns: names of the C numeric columns.
    values: (N, C) float64 rows in file order, finite; None for a text. text: the characters, or None.
    notes: sentences on what was done to it (gaps filled, columns left out).
    fingerprint: 16 hex digits of the SHA-256 of the content; a link names data by it.
    """

    name: str
    columns: tuple[str, ...] = ()
    values: np.ndarray | None = None
    text: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return "text" if self.text is not None else "table"

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        digest.update(repr(self.columns).encode())
        digest.update(self.text.encode() if self.text is not None else np.ascontiguousarray(self.values).tobytes())
        return digest.hexdigest()[:16]

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """(words that JSON can hold, arrays): what a file or a message carries, for `from_parts`."""
        arrays = {} if self.values is None else {"values": np.ascontiguousarray(self.values)}
        if self.text is not None:
            arrays["text"] = np.frombuffer(self.text.encode(), np.uint8)
        return {"name": self.name, "columns": self.columns, "notes": self.notes}, arrays

    @classmethod
    def from_parts(cls, words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Dataset:
        """What `to_parts` took apart. Raises KeyError, TypeError or ValueError where it is damaged."""
        data = cls(
            name=words["name"],
            columns=tuple(words["columns"]),
            values=arrays.get("values"),
            text=arrays["text"].tobytes().decode() if "text" in arrays else None,
            notes=tuple(words["notes"]),
        )
        if not all(isinstance(word, str) for word in (data.name, *data.columns, *data.notes)):
            raise ValueError("the data set has names that are no text.")
        table, columns = data.values, len(data.columns)
        if (table is None) == (data.text is None):
            raise ValueError("the data set is neither a table nor a text.")
        if table is not None:
            fits = table.dtype == np.float64 and table.ndim == 2 and table.shape[1] == columns
            if not fits or not np.isfinite(table).all():
                raise ValueError(
                    f"the table is {table.dtype} {table.shape}; expected finite numbers, {columns} columns."
                )
        return data
