"""What a figure shows, in a sentence or two of numbers, for a reader who does not see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MOST = 6  # traces that are described


def summary(data: Sequence[Mapping[str, Any]]) -> str:
    """Ranges of the traces that have a name (of all, where none has): heat maps by size, curves by their two ends.

    data: the traces of a figure, as plain data. Values that are no numbers are left out.
    """
    named = [trace for trace in data if trace.get("name") and trace.get("showlegend", True)] or list(data)
    found = [words for trace in named if (words := _words(trace))]
    rest = len(found) - MOST
    return " ".join(found[:MOST]) + (f" And {rest} more." if rest > 0 else "")


def _words(trace: Mapping[str, Any]) -> str:
    values = trace.get("z") if trace.get("z") is not None else trace.get("y")
    if values is None:
        return ""
    numbers = np.asarray(values)
    if numbers.dtype.kind == "O":
        numbers = np.array([np.nan if each is None else each for each in numbers.ravel()])
    if numbers.dtype.kind not in "iufb":
        return ""
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return ""
    label = f"{trace['name']}: " if trace.get("name") else ""
    span = f"from {finite.min():.3g} to {finite.max():.3g}"
    if numbers.ndim == 2:
        return f"{label}{numbers.shape[0]} rows by {numbers.shape[1]} columns, values {span}."
    if finite.size == 1:
        return f"{label}{finite[0]:.3g}."
    ends = f", first {finite[0]:.3g}, last {finite[-1]:.3g}" if "lines" in trace.get("mode", "lines") else ""
    return f"{label}{finite.size} values {span}{ends}."
