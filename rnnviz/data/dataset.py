"""A Dataset: what a visitor brought, read and checked, as plain arrays and words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from rnnviz.data.pipeline import Pipeline

# kind of column -> (the array that carries all columns of this kind, its type)
TYPES = {
    "number": ("values", np.float64),
    "category": ("categories", np.int32),
    "time": ("times", np.float64),
    "text": ("texts", np.int64),
}
PIPELINE = "pipeline/"  # before the names of the arrays of a pipeline that goes along
TEXT, FILE = "text", "file"  # the column of a plain text, and the one that says which file a row came from


@dataclass(frozen=True, eq=False)
class Column:
    """One column of N rows.

    kind and values (N,): "number", float64, NaN where missing, never infinite; "category", int32 places in
    `levels`, -1 where missing; "time", float64 seconds since 1970 (UTC if the file names no zone), NaN where
    missing; "text", int64 places in `levels`, -1 where missing.
    levels: names of a category, sorted or in order of first appearance; the distinct strings of a text.
    """

    name: str
    kind: str
    values: np.ndarray
    levels: tuple[str, ...] = ()

    @property
    def gaps(self) -> np.ndarray:
        """(N,) bool: where a value is missing."""
        return np.isnan(self.values) if self.kind in ("number", "time") else self.values < 0

    def words(self) -> list[str]:
        """What a category or a text says in every row, "" where it is missing."""
        return [self.levels[code] if code >= 0 else "" for code in self.values]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table of C columns, or one or several texts.

    name: the file's name, for display as text only. table: C columns of N rows each; a plain text is one row of
    one "text" column named "text". bounds: (S + 1,) int64, rows bounds[s]:bounds[s + 1] are sequence s (a file
    each where several were given). notes: sentences on how it was read. pipeline: how it is to be prepared, where
    that was learned from other data; None: from its own.
    """

    name: str
    table: tuple[Column, ...]
    bounds: np.ndarray
    notes: tuple[str, ...] = ()
    pipeline: Pipeline | None = None

    @classmethod
    def of_numbers(cls, name: str, columns: Sequence[str], values: np.ndarray, notes: tuple[str, ...] = ()) -> Dataset:
        """A table of numbers, one sequence: values (N, C), NaN where one is missing."""
        table = [Column(column, "number", values[:, k]) for k, column in enumerate(columns)]
        return cls(name, tuple(table), np.array([0, len(values)]), notes)

    @classmethod
    def of_text(cls, name: str, text: str, notes: tuple[str, ...] = ()) -> Dataset:
        return cls(name, (Column(TEXT, "text", np.zeros(1, np.int64), (text,)),), np.array([0, 1]), notes)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.table)

    @property
    def rows(self) -> int:
        return int(self.bounds[-1])

    @property
    def sequences(self) -> int:
        return len(self.bounds) - 1

    @property
    def numbers(self) -> tuple[int, ...]:
        """The places of the columns of numbers."""
        return tuple(k for k, column in enumerate(self.table) if column.kind == "number")

    @property
    def kind(self) -> str:
        """ "text" where all there is is text, and perhaps which file it came from; else "table"."""
        kinds = {column.name: column.kind for column in self.table if column.name != FILE}
        return "text" if kinds == {TEXT: "text"} else "table"

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The texts of a data set of texts, a row each; none for a table."""
        if self.kind != "text":
            return ()
        return tuple(next(column for column in self.table if column.name == TEXT).words())

    @property
    def characters(self) -> int:
        """How long `text` is."""
        return max(0, sum(len(text) + 1 for text in self.texts) - 1)

    @property
    def text(self) -> str | None:
        """The plain text, several with a line end between them; None for a table."""
        return "\n".join(self.texts) if self.kind == "text" else None

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits of the SHA-256 of the content (not of the name); a link names data by it."""
        words, arrays = self._own_parts()
        digest = hashlib.sha256(repr(tuple(words["columns"])).encode())
        for name in ("values", TEXT):  # alone, as from the beginning: links made then still find their data
            if name in arrays:
                digest.update(arrays.pop(name).tobytes())
        if arrays:
            digest.update(repr(words["kinds"]).encode())
        for name in sorted(arrays):
            digest.update(name.encode() + arrays[name].tobytes())
        if self.pipeline is not None:
            digest.update(self.pipeline.fingerprint.encode())
        return digest.hexdigest()[:16]

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """(words that JSON can hold, arrays): what a file or a message carries, for `from_parts`.

        One array (N, ...) for all columns of a kind; a plain text is its bytes.
        """
        words, arrays = self._own_parts()
        if self.pipeline is not None:
            words["pipeline"], learned = self.pipeline.to_parts()
            arrays |= {f"{PIPELINE}{name}": array for name, array in learned.items()}
        return words, arrays

    def _own_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        words: dict[str, Any] = {"name": self.name, "columns": self.columns, "notes": self.notes}
        if self.kind == "text" and len(self.table) == self.rows == 1:
            return words | {"columns": ()}, {TEXT: np.frombuffer(self.texts[0].encode(), np.uint8)}
        arrays = {}
        for kind, (name, _) in TYPES.items():
            of_kind = [column.values for column in self.table if column.kind == kind]
            if of_kind:
                arrays[name] = np.stack(of_kind, axis=1)
        if any(column.levels for column in self.table):
            arrays["levels"] = np.frombuffer(json.dumps([c.levels for c in self.table]).encode(), np.uint8)
        if self.sequences > 1:
            arrays["bounds"] = np.ascontiguousarray(self.bounds)
        return words | {"kinds": tuple(column.kind for column in self.table)}, arrays

    @classmethod
    def from_parts(cls, words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Dataset:
        """What `to_parts` took apart. Raises LookupError, TypeError or ValueError where it is damaged."""
        if words.get("pipeline") is not None:
            from rnnviz.data.pipeline import Pipeline

            learned = {name.removeprefix(PIPELINE): a for name, a in arrays.items() if name.startswith(PIPELINE)}
            own = {name: array for name, array in arrays.items() if not name.startswith(PIPELINE)}
            data = cls.from_parts({**words, "pipeline": None}, own)
            return replace(data, pipeline=Pipeline.from_parts(words["pipeline"], learned))
        name, columns, notes = words["name"], tuple(words["columns"]), tuple(words["notes"])
        if not all(isinstance(word, str) for word in (name, *columns, *notes)):
            raise ValueError("the data set has names that are no text.")
        if set(arrays) == {TEXT}:
            return cls.of_text(name, arrays[TEXT].tobytes().decode(), notes)
        kinds = tuple(words.get("kinds", ("number",) * len(columns)))  # numbers alone, before there were others
        if not columns or len(kinds) != len(columns) or not set(kinds) <= set(TYPES) or TEXT in arrays:
            raise ValueError("the data set is neither a table nor a text.")
        values: dict[str, Iterator[np.ndarray]] = {}
        for kind in set(kinds):
            array, dtype = arrays[TYPES[kind][0]], TYPES[kind][1]
            if array.dtype != dtype or array.ndim != 2 or array.shape[1] != kinds.count(kind):
                raise ValueError(
                    f"the table is {array.dtype} {array.shape}; expected {kinds.count(kind)} columns of kind {kind}."
                )
            values[kind] = iter(np.ascontiguousarray(array.T))
        levels = json.loads(arrays["levels"].tobytes()) if "levels" in arrays else [()] * len(columns)
        table = tuple(
            Column(column, kind, next(values[kind]), tuple(own))
            for column, kind, own in zip(columns, kinds, levels, strict=True)
        )
        bounds = arrays["bounds"] if "bounds" in arrays else np.array([0, len(table[0].values)])
        data = cls(name, table, bounds, notes)
        data.check()
        return data

    def check(self) -> None:
        """Raise ValueError where the columns or the bounds are not what they say they are."""
        b = self.bounds
        if b.dtype != np.int64 or b.ndim != 1 or len(b) < 2 or b[0] != 0 or (b[1:] < b[:-1]).any():
            raise ValueError(f"the sequences are bounded by {b.dtype} {b.shape}; expected rows in order.")
        for column in self.table:
            v, levels = column.values, column.levels
            if v.dtype != TYPES[column.kind][1] or v.shape != (self.rows,):
                raise ValueError(f"a column is {v.dtype} {v.shape}; expected {self.rows} rows of kind {column.kind}.")
            if v.dtype == np.float64 and np.isinf(v).any():
                raise ValueError("a column holds infinity; expected finite numbers and gaps.")
            if v.dtype != np.float64 and len(v) and not -1 <= v.min() <= v.max() < len(levels):
                raise ValueError(f"a column names levels from {v.min()} to {v.max()}; it has {len(levels)}.")
            if not all(isinstance(level, str) for level in levels):
                raise ValueError("a column has levels that are no text.")
