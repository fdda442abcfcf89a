"""A Dataset: what a visitor brought, read and checked, as plain arrays or text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

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
