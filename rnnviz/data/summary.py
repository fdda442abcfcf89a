"""What a column holds, in a line of a table: its range, its gaps, its most frequent words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.data.dataset import Column
from rnnviz.data.decoding import shown

KINDS = {"number": "numbers", "category": "categories", "time": "dates", "text": "texts"}
FEW = 3  # levels named


@dataclass(frozen=True)
class Summary:
    """name, kind: in words; holds: its range, or its levels; gaps: how many values are missing."""

    name: str
    kind: str
    holds: str
    gaps: int

    @classmethod
    def of(cls, column: Column) -> Summary:
        gaps = column.gaps
        return cls(column.name, KINDS[column.kind], _holds(column, column.values[~gaps]), int(gaps.sum()))


def _holds(column: Column, values: np.ndarray) -> str:
    """values: those that are there."""
    if not len(values):
        return "nothing"
    if column.kind == "number":
        low, high = float(values.min()), float(values.max())
        return f"{low:.6g}, constant" if low == high else f"{low:.6g} to {high:.6g}, mean {values.mean():.4g}"
    if column.kind == "time":
        return " to ".join(moment(second) for second in (values.min(), values.max()))
    if column.kind == "category":
        counts = np.bincount(values, minlength=len(column.levels))
        most = np.argsort(-counts, kind="stable")[:FEW]
        named = ", ".join(f"{shown(column.levels[k], 20)} ({counts[k]:,})" for k in most)
        return f"{len(column.levels)} different: {named}{', …' * (len(column.levels) > FEW)}"
    lengths = [len(level) for level in column.levels]
    return f"{len(lengths):,} different, {min(lengths):,} to {max(lengths):,} characters"


def moment(second: float) -> str:
    """A time as people write it, without what is zero at its end."""
    text = str(np.datetime64(round(float(second)), "s")).replace("T", " ")
    return text.removesuffix(" 00:00:00")
