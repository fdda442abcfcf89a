"""What rivals learn from: the batches that the run trained on, and windows of them as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rnnviz.rivals.base import Budget, Rival, answers_always
from rnnviz.tasks.base import Batch, Task

LONGEST = 20  # time steps of a window, where an output is asked for at every time step
WIDEST = 1000, 4000  # numbers of a window at most: where an output is asked for at every time step, and at the end
CELLS = 8_000_000  # numbers of a table at most


def gathered(task: Task, budget: Budget, values: int) -> Batch:
    """The sequences of the run's first batches, each once, until they ask for `values` outputs.

    Sequences of different lengths are filled up with 0. What there is say `counts` where there is an output at every
    time step, and `lengths` where there is one a sequence; a batch that is whole by chance says neither.
    """
    batches, count = [], 0
    for step in range(budget.steps):
        batch = task.batch(step)
        there = counted(task, batch)
        said = {"counts": there, "lengths": None} if answers_always(task) else {"lengths": lengths_of(batch)}
        batches.append(replace(batch, **said, target_lengths=None))
        count += int(there.sum())
        if count >= values:
            break
    return _once(joined(batches))


def joined(batches: list[Batch]) -> Batch:
    """All their sequences as one batch."""
    fields: dict[str, np.ndarray | None] = {}
    for name, first in vars(batches[0]).items():
        arrays = [getattr(batch, name) for batch in batches]
        if first is None:
            fields[name] = None
            continue
        if first.ndim > 1:
            time = max(array.shape[1] for array in arrays)
            gaps = [(0, 0)] * (first.ndim - 2)
            arrays = [np.pad(array, [(0, 0), (0, time - array.shape[1]), *gaps]) for array in arrays]
        fields[name] = np.concatenate(arrays)
    return Batch(**fields)  # type: ignore[arg-type]


def _once(batch: Batch) -> Batch:
    """Without sequences that are there already."""
    seen = {(x.tobytes(), y.tobytes()): k for k, (x, y) in enumerate(zip(batch.inputs, batch.targets, strict=True))}
    return batch.some(np.sort(np.fromiter(seen.values(), int, len(seen))))


def counted(task: Task, batch: Batch) -> np.ndarray:
    """(B, T) bool, or (B, 1) where there is one output a sequence: which outputs enter the loss."""
    return batch.counted() if answers_always(task) else np.ones((len(batch.inputs), 1), bool)


def lengths_of(batch: Batch) -> np.ndarray:
    """(B,) time steps that the inputs of each sequence have."""
    return np.full(len(batch.inputs), batch.inputs.shape[1]) if batch.lengths is None else batch.lengths


@dataclass(frozen=True)
class Window:
    """The last `steps` time steps as one row: their values one after the other, then which of them there were.

    What was before the first time step is 0. tokens: whether a value is a token, one-hot among `size` kinds, rather
    than a vector of `size` numbers.
    """

    steps: int
    size: int
    tokens: bool

    @classmethod
    def of(cls, task: Task, longest: int = LONGEST) -> Window:
        """As long as fits. At the end of a sequence it may hold the whole of it."""
        always = answers_always(task)
        fitting = max(1, WIDEST[0 if always else 1] // task.input_size)
        return cls(min(fitting, task.time_steps, longest if always else fitting), task.input_size, task.tokens)

    @property
    def width(self) -> int:
        return self.steps * self.size + self.steps - 1

    def rows(self, inputs: np.ndarray, sequences: np.ndarray, times: np.ndarray) -> np.ndarray:
        """(N, width) of inputs (B, T, D) or (B, T), for the window of sequence n that ends with time step n."""
        at = times[:, None] + np.arange(1 - self.steps, 1)
        there = at >= 0
        values = inputs[sequences[:, None], np.maximum(at, 0)]
        values = values[..., None] == np.arange(self.size) if self.tokens else values
        values = values * there[..., None]
        return np.concatenate([values.reshape(len(at), -1), there[:, :-1]], 1, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Table:
    """Rows to learn from: x (N, width), y (N,) classes or (N, O); reach: (N,) time steps that the window holds."""

    x: np.ndarray
    y: np.ndarray
    reach: np.ndarray


class WindowRival(Rival):
    """A rival that sees a window of time steps as one row of a table. outputs_of: what it makes of rows."""

    most: int | None = None  # rows that it is given, where that is less than the budget's
    longest = LONGEST

    @property
    def window(self) -> Window:
        return Window.of(self.task, self.longest)

    def table(self) -> Table:
        """Windows of the training sequences, each once, as many as the budget allows, drawn at random."""
        window = self.window
        limit = min(self.budget.examples, self.most or self.budget.examples, CELLS // window.width)
        batch = gathered(self.task, self.budget, 2 * limit)
        sequences, times = places(self.task, batch)
        chosen = self.rng.permutation(len(sequences))[: 2 * limit]
        y = batch.targets[sequences, times] if answers_always(self.task) else batch.targets[sequences]
        x, y = window.rows(batch.inputs, sequences[chosen], times[chosen]), y[chosen]
        both = np.concatenate([x, y.reshape(len(y), -1)], 1)
        _, first = np.unique(both, axis=0, return_index=True)
        first = np.sort(first)[:limit]
        return Table(x[first], y[first], np.minimum(times[chosen][first] + 1, window.steps))

    def outputs(self, batch: Batch) -> np.ndarray:
        sequences, times = places(self.task, batch)
        size = max(1, CELLS // self.window.width)
        parts = []
        for k in range(0, len(times), size):
            part = slice(k, k + size)
            x = self.window.rows(batch.inputs, sequences[part], times[part])
            parts.append(self.outputs_of(x, np.minimum(times[part] + 1, self.window.steps)))
        values = np.concatenate(parts)
        if not answers_always(self.task):
            return values
        found = np.zeros((*batch.targets.shape[:2], values.shape[1]))
        found[sequences, times] = values
        return found

    def outputs_of(self, x: np.ndarray, reach: np.ndarray) -> np.ndarray:
        """(N, O) of rows (N, width)."""
        raise NotImplementedError


def places(task: Task, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """(sequence, time step) of every output that counts; the last time step where there is one output a sequence."""
    if answers_always(task):
        sequences, times = np.nonzero(counted(task, batch))
        return sequences, times
    return np.arange(len(batch.inputs)), lengths_of(batch) - 1
