"""How good outputs are: loss and metric as the run's own, in numpy, and which of two methods is better for sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.rivals.base import predicts_numbers
from rnnviz.rivals.examples import counted
from rnnviz.tasks.base import Batch, Task

BLOCKS = 20  # neighbouring sequences that are taken together: windows of one series overlap
HIGHER = ("accuracy", "exact_match")  # metrics of which more is better


@dataclass(frozen=True, eq=False)
class Judged:
    """loss: NaN where outputs are no probabilities. metric: the task's; scores: (B,) the metric of each sequence."""

    loss: float
    metric: float
    scores: np.ndarray


def judge(task: Task, outputs: np.ndarray, batch: Batch, answers: np.ndarray | None = None) -> Judged:
    """outputs: (B, O) or (B, T, O), as the model's. answers: (B, T) what was written, for the metric exact match.

    The loss is the mean over all that counts, as `rnnviz.objective` has it, and so is the metric.
    """
    with_time = outputs[:, None] if outputs.ndim == 2 else outputs
    targets = batch.targets[:, None] if outputs.ndim == 2 else batch.targets
    counts = counted(task, batch)
    if predicts_numbers(task):
        errors = with_time - targets.reshape(with_time.shape)
        losses, metrics, judged = _distance(errors, task.loss).mean(-1), (errors**2).mean(-1), counts
    else:
        losses, metrics = _cross_entropy(with_time, targets), (with_time.argmax(-1) == targets).astype(float)
        judged = counts if batch.judged is None else batch.judged
    if task.metric == "exact_match":
        assert answers is not None
        metrics = ((answers == batch.targets) | ~counts).all(1, keepdims=True).astype(float)
        judged = np.ones_like(metrics, bool)
    with np.errstate(invalid="ignore"):
        scores = np.where(judged, metrics, 0).sum(1) / judged.sum(1)
    return Judged(float(losses[counts].mean()), float(metrics[judged].mean()), scores)


def clearly_apart(one: np.ndarray, other: np.ndarray, apart: int = BLOCKS) -> bool:
    """Whether the scores (B,) of two methods on the same sequences differ by more than two standard errors.

    Blocks of neighbours are compared, so that what overlaps is not counted as if it did not. apart: how many of the
    sequences have no row in common; there are no more blocks.
    """
    difference = one - other
    difference = difference[np.isfinite(difference)]
    means = np.array([block.mean() for block in np.array_split(difference, min(BLOCKS, apart, len(difference)))])
    if len(means) < 2:
        return False
    return bool(abs(means.mean()) > 2 * means.std(ddof=1) / np.sqrt(len(means)))


def _distance(errors: np.ndarray, loss: str) -> np.ndarray:
    size = np.abs(errors)
    return {
        "mae": lambda: size,
        "huber": lambda: np.where(size <= 1, errors**2 / 2, size - 0.5),
        "mse": lambda: errors**2,
    }[loss]()


def _cross_entropy(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(B, T), with whatever the outputs are turned into logarithms of probabilities."""
    top = outputs.max(-1, keepdims=True)
    logs = outputs - top - np.log(np.exp(outputs - top).sum(-1, keepdims=True))
    return -np.take_along_axis(logs, np.maximum(targets, 0)[..., None], -1)[..., 0]
