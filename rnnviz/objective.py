"""What a task asks of outputs: its loss, differentiable, and its metric, on torch tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.losses import LOSSES
from rnnviz.tasks.base import Batch, Task


@dataclass(frozen=True)
class TensorBatch:
    """A Batch on a device. Fields and shapes as in `Batch`; `lengths` stays on the CPU, where packing reads it."""

    inputs: Tensor
    targets: Tensor
    counts: Tensor | None
    lengths: Tensor | None
    judged: Tensor | None = None

    @classmethod
    def of(cls, batch: Batch, task: Task, device: torch.device) -> TensorBatch:
        """Copies, so that the numbers never depend on how numpy happened to lay the batch out in memory."""
        real = getattr(torch, task.config.precision)
        classes = LOSSES[task.loss].targets == "classes"
        return cls(
            inputs=torch.tensor(batch.inputs, dtype=torch.long if task.tokens else real, device=device),
            targets=torch.tensor(batch.targets, dtype=torch.long if classes else real, device=device),
            counts=None if batch.counts is None else torch.tensor(batch.counts, dtype=torch.bool, device=device),
            lengths=None if batch.lengths is None else torch.tensor(batch.lengths, dtype=torch.long),
            judged=None if batch.judged is None else torch.tensor(batch.judged, dtype=torch.bool, device=device),
        )

    def part(self, start: int, size: int) -> TensorBatch:
        cut: dict[str, Any] = {k: None if v is None else v[start : start + size] for k, v in vars(self).items()}
        return TensorBatch(**cut)


def counted(task: Task, outputs: Tensor, batch: TensorBatch) -> tuple[Tensor, Tensor]:
    """Outputs (N, O) and targets (N, O) or (N,) of everything that enters the loss."""
    counts = batch.counts
    if counts is None and batch.lengths is not None and task.shape == "seq→seq":
        counts = (torch.arange(outputs.shape[1]) < batch.lengths[:, None]).to(outputs.device)
    if counts is not None:
        return outputs[counts], batch.targets[counts]
    flat, one_class = outputs.flatten(0, -2), LOSSES[task.loss].targets == "classes"
    return flat, batch.targets.flatten() if one_class else batch.targets.reshape(len(flat), -1)


def loss_of(task: Task, outputs: Tensor, batch: TensorBatch) -> Tensor:
    """The task's loss, the mean over everything that counts: see `rnnviz.losses`."""
    loss: Tensor = getattr(functional, LOSSES[task.loss].function)(*counted(task, outputs, batch))
    return loss


def measures(task: Task, outputs: Tensor, batch: TensorBatch) -> tuple[float, float, int]:
    """(loss, metric, how many outputs counted). The metric is the squared error or the share of right classes.

    Right classes are looked for where `judged` says, else among all that counts.
    """
    predicted, wanted = counted(task, outputs, batch)
    loss, count = float(loss_of(task, outputs, batch)), len(predicted)
    if task.metric == "accuracy":
        if batch.judged is not None:
            predicted, wanted = outputs[batch.judged], batch.targets[batch.judged]
        return loss, float((predicted.argmax(-1) == wanted).double().mean()), count
    return loss, loss if task.loss == task.metric else float(functional.mse_loss(predicted, wanted)), count
