"""Nets without recurrence, trained on the run's own batches: feed-forward, convolution, a small Transformer."""

from __future__ import annotations

import math
import time
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz.objective import TensorBatch, loss_of
from rnnviz.rivals.base import Rival, answers_always, writes
from rnnviz.rivals.examples import Window
from rnnviz.tasks.base import Batch, Task

AT_ONCE = 2_000_000  # numbers of a layer computed at once
FIRST = 50  # optimiser steps over which the learning rate grows
LARGEST_NORM = 1.0  # of a gradient
SYMBOLS = 8  # of a text that a feed-forward net sees
CPU = torch.device("cpu")


class Trained(Rival):
    """A net that takes as many optimiser steps as the run, on the same batches: Adam, gradients of norm 1 at most,
    a learning rate that falls over the second half. Fixed settings: nothing is tuned to the task.
    """

    rate: ClassVar[float]
    net: ClassVar[type[nn.Module]]

    @classmethod
    def refuses(cls, task: Task) -> str:
        return "it does not write" if writes(task) else ""

    def fit(self) -> None:
        task, begin = self.task, time.process_time()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(task.config.seed)
            self.model: Any = self.net(task).to(getattr(torch, task.config.precision))
        self.parameters = sum(weights.numel() for weights in self.model.parameters())
        optimiser = torch.optim.Adam(self.model.parameters(), self.rate)
        for taken in range(self.budget.steps):
            over = max(taken / self.budget.steps, (time.process_time() - begin) / self.budget.seconds)
            busy = time.monotonic() > self.budget.until
            if over >= 1 or busy:
                why = "it had to end: this machine is busy" if busy else "its time was over"
                self.note = f"{taken:,} steps on the same batches, then {why}"
                return
            for group in optimiser.param_groups:
                group["lr"] = self.rate * min((taken + 1) / FIRST, 1, 2 * (1 - over) + 0.02)
            batch = TensorBatch.of(task.batch(taken), task, CPU)
            optimiser.zero_grad()
            loss_of(task, self.model(batch.inputs, batch.lengths), batch).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_NORM)
            optimiser.step()
        self.note = f"{self.budget.steps:,} steps on the same batches"

    def outputs(self, batch: Batch) -> np.ndarray:
        whole = TensorBatch.of(batch, self.task, CPU)
        size = max(1, AT_ONCE // (batch.inputs.shape[1] * max(self.model.width, self.task.output_size)))
        with torch.no_grad():
            parts = [whole.part(k, size) for k in range(0, len(batch.inputs), size)]
            return np.concatenate([self.model(part.inputs, part.lengths).numpy() for part in parts])


class Windowed(nn.Module):
    """The last values, zeros before the first, and which of them there were -> 64 rectified units -> outputs.

    Tokens go in as vectors of 16 numbers, which it learns.
    """

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.always, self.steps = answers_always(task), Window.of(task, *[SYMBOLS] * task.tokens).steps
        self.first = nn.Embedding(task.input_size, 16) if task.tokens else nn.Identity()
        self.width = self.steps * (1 + (16 if task.tokens else task.input_size))
        self.layers = nn.Sequential(nn.Linear(self.width, 64), nn.ReLU(), nn.Linear(64, task.output_size))

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        count, time = inputs.shape[:2]
        x = self.first(inputs)
        x = nn.functional.pad(torch.cat([x, torch.ones_like(x[..., :1])], -1), (0, 0, self.steps - 1, 0))
        ends = torch.arange(time).expand(count, time)
        if not self.always:
            ends = torch.full((count, 1), time - 1) if lengths is None else lengths[:, None] - 1
        at = ends[..., None] + torch.arange(self.steps)
        found = self.layers(x[torch.arange(count)[:, None, None], at].flatten(2))
        return found if self.always else found[:, 0]


class FeedForward(Trained):
    """One hidden layer of 64 units on a window: what a net without memory makes of it. Source: Bengio et al. (2003),
    A neural probabilistic language model.
    """

    label = "Feed-forward net"
    rate = 5e-3
    net = Windowed

    def fit(self) -> None:
        super().fit()
        self.note = f"of the last {self.model.steps} time steps; {self.note}"


class Layered(nn.Module):
    """Embedding or projection -> layers over time -> readout, of each time step or of mean and maximum over time.

    ahead: whether a time step may see those after it, as in a bidirectional network; where there is one output a
    sequence, all of them may.
    """

    width = 32

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.always, size = answers_always(task), self.width
        self.ahead = not self.always or (task.config.bidirectional and not task.causal)
        self.first = nn.Embedding(task.input_size, size) if task.tokens else nn.Linear(task.input_size, size)
        self.readout = nn.Linear(size if self.always else 2 * size, task.output_size)

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        there = torch.ones(inputs.shape[:2], dtype=torch.bool)
        if lengths is not None:
            there = torch.arange(inputs.shape[1]) < lengths[:, None]
        found = self.over_time(self.first(inputs), there)
        if self.always:
            return self.readout(found)
        mean = (found * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        highest = found.masked_fill(~there[..., None], -math.inf).amax(1)
        return self.readout(torch.cat([mean, highest], -1))

    def over_time(self, x: Tensor, there: Tensor) -> Tensor:
        """(B, T, F) of (B, T, F), and which time steps there are (B, T)."""
        raise NotImplementedError


class Convolutions(Layered):
    """Four residual convolutions over 3 time steps that lie 1, 2, 4, 8 apart, so that the last sees 31."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.layers = nn.ModuleList(nn.Conv1d(self.width, self.width, 3, dilation=2**k) for k in range(4))

    def over_time(self, x: Tensor, there: Tensor) -> Tensor:
        x = x.transpose(1, 2) * there[:, None]
        for k, layer in enumerate(self.layers):
            sides = (2**k, 2**k) if self.ahead else (2 * 2**k, 0)
            x = x + torch.relu(layer(nn.functional.pad(x, sides))) * there[:, None]
        return x.transpose(1, 2)


class Convolution(Trained):
    """A stack of dilated convolutions. Source: Bai, Kolter and Koltun (2018), An empirical evaluation of generic
    convolutional and recurrent networks for sequence modeling.
    """

    label = "1-D convolution"
    rate = 5e-3
    net = Convolutions


class Attention(Layered):
    """Two Transformer layers of four heads, the norm first, on inputs to which sines of the time step are added."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        options: dict[str, Any] = {"dropout": 0.0, "batch_first": True, "norm_first": True}
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(self.width, 4, 64, **options) for _ in range(2))
        self.norm = nn.LayerNorm(self.width)

    def over_time(self, x: Tensor, there: Tensor) -> Tensor:
        time = x.shape[1]
        later = None if self.ahead else torch.ones(time, time, dtype=torch.bool).triu(1)
        x = x + positions(time, self.width).to(x)
        for layer in self.layers:
            x = layer(x, src_mask=later, src_key_padding_mask=None if there.all() else ~there)
        return self.norm(x)


class Transformer(Trained):
    """A small Transformer that attends to all time steps until now. Source: Vaswani et al. (2017), Attention is all
    you need.
    """

    label = "Transformer"
    rate = 2e-3
    net = Attention


def positions(time: int, size: int) -> Tensor:
    """(time, size) sines and cosines of the time step, of wavelengths from 2π to 10,000 · 2π."""
    angles = torch.arange(time)[:, None] / 10_000 ** (torch.arange(0, size, 2) / size)
    return torch.cat([angles.sin(), angles.cos()], 1)
