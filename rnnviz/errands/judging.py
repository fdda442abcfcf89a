"""A run's network on sequences of its task: outputs, losses, what it writes, and what it forecasts on its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.losses import LOSSES
from rnnviz.model import Base, build
from rnnviz.objective import TensorBatch, counts_of, measures
from rnnviz.run import Run
from rnnviz.shapes import SHAPES
from rnnviz.sizes import Size
from rnnviz.tasks import Task, make_task
from rnnviz.tasks.base import Batch

CPU = torch.device("cpu")
MOST, FEWEST, NUMBERS = 2000, 64, 20_000_000  # sequences, and outputs and states of all of them together


@dataclass(frozen=True, eq=False)
class Judged:
    """A batch and what a network makes of it. outputs: (N, O) or (N, T, O). losses: (N,), each a mean over `counts`
    (N,) outputs; counted: (N, T) bool, which those are, None for outputs (N, O)."""

    batch: Batch
    outputs: np.ndarray
    losses: np.ndarray
    counts: np.ndarray
    counted: np.ndarray | None


class Judge:
    """A network with weights of a run, dropout off. task: the run's, unless another is given that it fits."""

    def __init__(self, run: Run, weights: Mapping[str, np.ndarray] | None = None, task: Task | None = None) -> None:
        self.task = task or make_task(run.config, run.data)
        self.model: Base = build(run.config, self.task, run.weights if weights is None else weights)
        self.at_once = Size.of(run.config, self.task).at_once
        each = (self.task.time_steps + self.task.target_steps) * (run.config.hidden_size + self.task.output_size)
        self.room = int(np.clip(NUMBERS // each, FEWEST, MOST))  # sequences that are judged together

    def judge(self, batch: Batch) -> Judged:
        found: list[tuple[np.ndarray, ...]] = []
        for part in self._parts(batch):
            said = self.model.outputs(part)
            found.append((said.numpy(), *(each.numpy() for each in losses_of(self.task, said, part))))
        outputs, losses, exists = (np.concatenate(each) for each in zip(*found, strict=True))
        counts = np.ones(len(losses)) if exists.ndim == 1 else exists.sum(1).astype(float)
        counted = None if exists.ndim == 1 else exists
        return Judged(batch, outputs, losses, counts, counted)

    def measure(self, batch: Batch) -> tuple[float, float]:
        """(loss, metric), as training takes them."""
        totals, weights = np.zeros(2), np.zeros(2)
        for part in self._parts(batch):
            loss, metric, *count = measures(self.task, self.model.outputs(part), part, self.model.answers)
            totals += np.multiply((loss, metric), count)
            weights += count
        loss, metric = totals / weights
        return float(loss), float(metric)

    def written(self, batch: Batch) -> np.ndarray:
        """(N, T) tokens that a decoder writes on its own."""
        return np.concatenate([self.model.answers(part).numpy() for part in self._parts(batch)])

    def forecast(self, inputs: np.ndarray, steps: int) -> np.ndarray:
        """(N, steps, D): what follows inputs (N, T, D), each forecast read as the next input."""
        model = self.model
        with torch.no_grad(), model.probing():
            x = torch.tensor(inputs, dtype=next(model.parameters()).dtype)
            states, last = model.rnn(model.embed(x))
            said = [model.readout(states[:, -1:])]
            for _ in range(steps - 1):
                states, last = model.rnn(model.embed(said[-1]), last)
                said.append(model.readout(states))
        forecast: np.ndarray = torch.cat(said, dim=1).numpy()
        return forecast

    def _parts(self, batch: Batch) -> Iterator[TensorBatch]:
        """The batch in parts small enough for the memory, with gradients and dropout off."""
        whole = TensorBatch.of(batch, self.task, CPU)
        with torch.no_grad(), self.model.probing():
            for begin in range(0, len(batch.inputs), self.at_once):
                yield whole.part(begin, self.at_once)


def losses_of(task: Task, outputs: Tensor, batch: TensorBatch) -> tuple[Tensor, Tensor]:
    """(losses (B,), which outputs they are means over: (B, T) bool, or (B,) ones): `objective.loss_of` by sequence."""
    function, classes = getattr(functional, LOSSES[task.loss].function), LOSSES[task.loss].targets == "classes"
    if classes:
        each = function(outputs.flatten(0, -2), batch.targets.flatten(), reduction="none")
    else:
        each = function(outputs, batch.targets.reshape(outputs.shape), reduction="none").mean(-1)
    if outputs.dim() == 2:
        return each, torch.ones(len(outputs))
    exists = counts_of(outputs, batch)
    if exists is None:
        exists = torch.ones(outputs.shape[:2], dtype=torch.bool)
    each = torch.where(exists, each.reshape(outputs.shape[:2]), 0.0)
    return each.sum(1) / exists.sum(1).clamp(min=1), exists


def trained_on(task: Task, steps: int, most: int) -> list[Batch]:
    """Batches of the first of `steps` steps, about `most` sequences: what training has seen, the same at every step."""
    count = max(1, min(steps, -(-most // task.config.batch_size)))
    return [task.batch(step) for step in range(count)]


def cannot_run_free(task: Task, batch: Batch, directions: int) -> str:
    """Why outputs cannot be read as the next inputs, in a sentence; "" where they can."""
    if SHAPES[task.shape].writes or task.shape != "seq→seq" or task.tokens or LOSSES[task.loss].targets != "numbers":
        return "A free-running forecast is for a series of numbers whose next values are forecast."
    if directions > 1:
        return "A network that reads in both directions needs what it is to forecast: choose one direction."
    if batch.lengths is not None or batch.counts is not None:
        return "A free-running forecast is for windows that are whole: fill the gaps, rather than mask them."
    same = batch.inputs.shape == batch.targets.shape and np.array_equal(batch.inputs[:, 1:], batch.targets[:, :-1])
    if not same:
        return (
            "What this network forecasts is not what it reads next, so it cannot go on from its own forecast. Choose "
            "as targets all columns that go in, one row ahead."
        )
    return "" if batch.inputs.shape[1] >= 4 else "Windows of fewer than 4 time steps leave nothing to forecast."


def joined(judged: Sequence[Judged]) -> tuple[np.ndarray, np.ndarray]:
    """Losses and counts (N,) of several batches."""
    return np.concatenate([each.losses for each in judged]), np.concatenate([each.counts for each in judged])
