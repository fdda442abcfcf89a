"""What a unit might stand for: the inputs, outputs, targets and labels of a Trace, as numbers or as classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz.trace import Trace


@dataclass(frozen=True, eq=False)
class Quantity:
    """One quantity beside the states.

    name: as a reader sees it. values: (B, T), or (B,) for one value a sequence: numbers, or whole numbers that
    stand for classes. classes: the names of these, empty for numbers.
    """

    name: str
    values: np.ndarray
    classes: tuple[str, ...] = ()

    def over_time(self, trace: Trace) -> np.ndarray:
        """(B, T): one value at each time step, the same throughout where there is one a sequence."""
        return self.values if self.values.ndim == 2 else np.repeat(self.values[:, None], trace.mask.shape[1], axis=1)


def quantities(trace: Trace, inputs: Sequence[str] = ()) -> list[Quantity]:
    """All that the states of a Trace can be compared with. inputs: names of the D input features, or of the tokens.

    One-hot inputs (B, T, D), and whole-numbered targets, are classes; their outputs, the class found likeliest.
    Outputs and targets of other lengths than the states are left out.
    """
    time = np.broadcast_to(np.arange(trace.mask.shape[1], dtype=float), trace.mask.shape)
    found = [Quantity("time step", time)]
    values = np.asarray(trace.inputs)
    if one_hot(values, trace.mask):
        found.append(Quantity("input", values.argmax(-1), _named(inputs, values.shape[-1])))
    found += _numbers("input", values, inputs)
    if trace.outputs is None or trace.targets is None:
        return found
    outputs, targets = np.asarray(trace.outputs), np.asarray(trace.targets)
    whole, names = targets.dtype.kind in "iu", _named(trace.labels, outputs.shape[-1])
    if outputs.ndim == 3 and outputs.shape[1] != trace.mask.shape[1]:
        return found
    if whole:
        return [*found, Quantity("target", targets, names), Quantity("answer", outputs.argmax(-1), names)]
    targets = targets.reshape(outputs.shape)
    return [*found, *_numbers("target", targets, trace.labels), *_numbers("output", outputs, trace.labels)]


def one_hot(values: np.ndarray, mask: np.ndarray) -> bool:
    """Whether every existing row of (B, T, D) is 1 in one place and 0 elsewhere, D above 1."""
    rows = values[mask]
    ones = (rows == 1).sum(-1) == 1
    return values.shape[-1] > 1 and bool(ones.all() and ((rows == 0).sum(-1) == rows.shape[-1] - 1).all())


def _numbers(kind: str, values: np.ndarray, names: Sequence[str]) -> Iterator[Quantity]:
    """One quantity for each column of (B, T, D) or (B, D)."""
    named = _named(names, values.shape[-1])
    for k in range(values.shape[-1]):
        yield Quantity(kind if values.shape[-1] == 1 else f"{kind} {named[k]}", values[..., k])


def _named(names: Sequence[str], count: int) -> tuple[str, ...]:
    return tuple(names) if len(names) == count else tuple(str(k) for k in range(count))
