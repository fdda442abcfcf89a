"""What stands below and above the columns of the unrolled network: the real inputs, outputs and targets.

Each is a plain mapping for JSON, with arrays apart: `{"kind": "text", ...}` has a short text per column,
`{"kind": "values", "names": ...}` an array (T, features), `{"kind": "frames", "rows": ...}` one of pictures.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rnnviz.figures.tokens import softmax, visible
from rnnviz.tasks.base import Batch, Task
from rnnviz.trace import Trace

MOST = 16  # features of an input that are drawn
WIDE = 12  # characters of a label

Labels = tuple[dict[str, Any], np.ndarray | None]


def inputs_of(task: Task, batch: Batch, sequence: int, steps: int) -> Labels:
    """What a stack that reads the task's inputs sees, over its time steps."""
    values = batch.inputs[sequence][:steps]
    if task.tokens:
        return {"kind": "text", "text": [visible(task.input_labels[k], WIDE) for k in values]}, None
    if task.reads == "frames":
        rows, columns = task.frame_shape
        return {"kind": "frames", "rows": rows, "columns": columns}, values.astype(float)
    count = values.shape[-1]
    names = [visible(name, 24) for name in task.input_labels[:MOST]]
    names += [f"feature {k}" for k in range(len(names), min(count, MOST))]
    return {"kind": "values", "names": names, "more": max(0, count - MOST)}, values[:, :MOST].astype(float)


def written_of(task: Task, batch: Batch, sequence: int, steps: int) -> Labels:
    """What a decoder reads under teacher forcing: the symbol before, from the start symbol on."""
    assert batch.previous is not None
    tokens = batch.previous[sequence][:steps]
    return {"kind": "text", "text": [visible(task.labels[k], WIDE) for k in tokens]}, None


def given_of(batch: Batch, sequence: int) -> Labels:
    """The vector that a decoder starts from; as a picture where it can be a square one."""
    vector = batch.inputs[sequence].astype(float).ravel()
    side = math.isqrt(len(vector))
    rows, columns = (side, side) if side * side == len(vector) else (1, len(vector))
    return {"kind": "vector", "rows": rows, "columns": columns}, vector


def outputs_of(trace: Trace, sequence: int, steps: int, counts: np.ndarray | None = None) -> Labels | None:
    """Outputs and targets over the time steps; None where the Trace has none.

    counts: (B, T) bool, the time steps whose output is judged (None: all). Classes are text: the likeliest, the right
    one, and whether they agree. Numbers are an array (2, T): output and target, of the first output.
    """
    if trace.outputs is None or trace.targets is None:
        return None
    outputs, targets = np.asarray(trace.outputs[sequence]), np.asarray(trace.targets[sequence])
    at_end = outputs.ndim == 1
    if np.issubdtype(targets.dtype, np.integer):
        return _classes(trace, np.atleast_2d(outputs), np.atleast_1d(targets), steps, at_end, counts, sequence)
    targets = targets.reshape(outputs.shape)
    if at_end:
        return {
            "kind": "text",
            "text": _last(steps, _numbers(outputs)),
            "targets": _last(steps, _numbers(targets)),
            "right": [None] * steps,
        }, None
    both = np.stack([outputs[:steps, 0], targets[:steps, 0]]).astype(float)
    name = visible(trace.labels[0], 24) if trace.labels else "output"
    return {"kind": "values", "names": [name], "more": outputs.shape[-1] - 1}, both


def _classes(
    trace: Trace,
    outputs: np.ndarray,
    targets: np.ndarray,
    steps: int,
    at_end: bool,
    counts: np.ndarray | None,
    sequence: int,
) -> Labels:
    """outputs (T, O) and right classes (T,), or T = 1 of an answer at the end."""
    chances, names = softmax(outputs), [visible(name, WIDE) for name in trace.labels]
    names += [str(k) for k in range(len(names), outputs.shape[-1])]
    text: list[str | None] = []
    wanted: list[str | None] = []
    right: list[bool | None] = []
    for t in range(len(outputs[:steps])):
        finite, best = bool(np.isfinite(chances[t]).all()), int(np.argmax(outputs[t]))
        counted = counts is None or at_end or bool(counts[sequence, t])
        text.append(names[best] if finite else "NaN")
        wanted.append(names[targets[t]] if counted else None)
        right.append(finite and best == int(targets[t]) if counted else None)
    if at_end:
        text, wanted, right = _last(steps, text[0]), _last(steps, wanted[0]), _last(steps, right[0])
    return {"kind": "text", "text": text, "targets": wanted, "right": right}, None


def _last(steps: int, what: Any) -> list[Any]:
    return [None] * (steps - 1) + [what]


def _numbers(values: np.ndarray) -> str:
    """The first few numbers of an answer, short."""
    words = ", ".join(f"{value:.3g}" for value in values[:3])
    return f"{words}, …" if len(values) > 3 else words
