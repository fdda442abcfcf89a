"""What a task asks of outputs: its loss, differentiable, and its metric, on torch tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.losses import LOSSES
from rnnviz.tasks.base import Batch, Task


@dataclass(frozen=True)
class TensorBatch:
    """A Batch on a device. Fields and shapes as in `Batch`; lengths stay on the CPU, where packing reads them."""

    inputs: Tensor
    targets: Tensor
    counts: Tensor | None
    lengths: Tensor | None
    judged: Tensor | None = None
    previous: Tensor | None = None
    target_lengths: Tensor | None = None

    @classmethod
    def of(cls, batch: Batch, task: Task, device: torch.device) -> TensorBatch:
        """Copies, so that the numbers never depend on how numpy happened to lay the batch out in memory."""
        real = getattr(torch, task.config.precision)
        classes = LOSSES[task.loss].targets == "classes"

        def tensor(values: np.ndarray | None, dtype: torch.dtype, device: torch.device | None = device) -> Any:
            return None if values is None else torch.tensor(values, dtype=dtype, device=device)

        return cls(
            inputs=tensor(batch.inputs, torch.long if task.tokens else real),
            targets=tensor(batch.targets, torch.long if classes else real),
            counts=tensor(batch.counts, torch.bool),
            lengths=tensor(batch.lengths, torch.long, None),
            judged=tensor(batch.judged, torch.bool),
            previous=tensor(batch.previous, torch.long),
            target_lengths=tensor(batch.target_lengths, torch.long, None),
        )

    def part(self, start: int, size: int) -> TensorBatch:
        cut: dict[str, Any] = {k: None if v is None else v[start : start + size] for k, v in vars(self).items()}
        return TensorBatch(**cut)


def counted(task: Task, outputs: Tensor, batch: TensorBatch) -> tuple[Tensor, Tensor]:
    """Outputs (N, O) and targets (N, O) or (N,) of everything that enters the loss."""
    counts = counts_of(outputs, batch)
    if counts is not None:
        return outputs[counts], batch.targets[counts]
    flat, one_class = outputs.flatten(0, -2), LOSSES[task.loss].targets == "classes"
    return flat, batch.targets.flatten() if one_class else batch.targets.reshape(len(flat), -1)


def counts_of(outputs: Tensor, batch: TensorBatch) -> Tensor | None:
    """(B, T) bool: which outputs enter the loss; None where all of them do."""
    lengths = batch.lengths if batch.target_lengths is None else batch.target_lengths
    if batch.counts is None and lengths is not None and outputs.dim() == 3:  # an output at every time step
        return within(lengths, outputs.shape[1], outputs.device)
    return batch.counts


def within(lengths: Tensor, steps: int, device: torch.device) -> Tensor:
    """(B, steps) bool: which time steps exist."""
    return (torch.arange(steps) < lengths[:, None]).to(device)


def loss_of(task: Task, outputs: Tensor, batch: TensorBatch) -> Tensor:
    """The task's loss, the mean over everything that counts: see `rnnviz.losses`."""
    loss: Tensor = getattr(functional, LOSSES[task.loss].function)(*counted(task, outputs, batch))
    return loss


def measures(
    task: Task, outputs: Tensor, batch: TensorBatch, answers: Callable[[TensorBatch], Tensor] | None = None
) -> tuple[float, float, int, int]:
    """(loss, metric, how many outputs the loss is a mean over, and how many the metric).

    The metric is the squared error, the share of right classes, or the share of sequences that a decoder writes
    exactly: `answers` gives what it writes on its own. Right classes are looked for where `judged` says, else
    among all that counts.
    """
    predicted, wanted = counted(task, outputs, batch)
    loss, count = float(loss_of(task, outputs, batch)), len(predicted)
    if task.metric == "exact_match":
        assert answers is not None
        right = exact_matches(answers(batch), batch)
        return loss, float(right.double().mean()), count, len(right)
    if task.metric == "accuracy":
        if batch.judged is not None:
            predicted, wanted = outputs[batch.judged], batch.targets[batch.judged]
        return loss, float((predicted.argmax(-1) == wanted).double().mean()), count, count
    return loss, loss if task.loss == task.metric else float(functional.mse_loss(predicted, wanted)), count, count


def exact_matches(answers: Tensor, batch: TensorBatch) -> Tensor:
    """(B,) bool: whether the tokens written (B, T) are the targets, up to and with their end symbol."""
    same = answers == batch.targets
    if batch.target_lengths is not None:
        same |= ~within(batch.target_lengths, same.shape[1], same.device)
    return same.all(1)
