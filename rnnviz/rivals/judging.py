"""How good outputs are: loss and metric as the run's own, and the metric of each sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rnnviz.objective import TensorBatch, loss_of
from rnnviz.rivals.base import predicts_numbers
from rnnviz.rivals.examples import counted
from rnnviz.tasks.base import Batch, Task


@dataclass(frozen=True, eq=False)
class Judged:
    """loss, metric: the task's. scores: (B,) the metric of each sequence."""

    loss: float
    metric: float
    scores: np.ndarray


def judge(task: Task, outputs: np.ndarray, batch: Batch, answers: np.ndarray | None = None) -> Judged:
    """outputs: (B, O) or (B, T, O), as the model's. answers: (B, T) what was written, for the metric exact match.

    The loss is the mean over all that counts, as `rnnviz.objective` has it, and so is the metric.
    """
    loss = float(loss_of(task, torch.tensor(outputs), TensorBatch.of(batch, task, torch.device("cpu"))))
    judged = judged_in(task, batch)
    if task.metric == "exact_match":
        assert answers is not None
        metrics = ((answers == batch.targets) | ~batch.counted()).all(1, keepdims=True).astype(float)
    elif predicts_numbers(task):
        errors = outputs - batch.targets.reshape(outputs.shape)
        metrics = (errors**2).mean(-1).reshape(judged.shape)
    else:
        metrics = (outputs.argmax(-1) == batch.targets).astype(float).reshape(judged.shape)
    with np.errstate(invalid="ignore"):
        scores = np.where(judged, metrics, 0).sum(1) / judged.sum(1)
    return Judged(loss, float(metrics[judged].mean()), scores)


def judged_in(task: Task, batch: Batch) -> np.ndarray:
    """(B, T) bool, or (B, 1): what the metric is a mean over, outputs or, of what is written, whole sequences."""
    if task.metric == "exact_match":
        return np.ones((len(batch.inputs), 1), bool)
    return batch.judged if task.metric == "accuracy" and batch.judged is not None else counted(task, batch)
