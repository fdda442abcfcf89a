"""What is measured: a fused layer and a readout of one number from the last time step, on random data."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from rnnviz.cells import CELLS
from rnnviz.model import resolve

INPUTS = 2


class Network(nn.Module):
    """The fused twin of a cell (batch first), then a linear readout of the last time step."""

    def __init__(self, cell_name: str, units: int, layers: int = 1, bidirectional: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        fused = CELLS[cell_name].fused
        if fused is None:
            raise ValueError(f"{cell_name} has no fused twin to measure.")
        options = {"num_layers": layers, "bidirectional": bidirectional, "batch_first": True}
        self.rnn: nn.RNNBase = resolve(fused.path)(INPUTS, units, **options, **fused.options)
        self.readout: nn.Linear = nn.Linear(units * (1 + bidirectional), 1)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.readout(self.rnn(inputs)[0][:, -1])


def data(batch: int, time: int) -> tuple[Tensor, Tensor]:
    """Inputs (B, T, 2) and targets (B, 1)."""
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, time, INPUTS, generator=generator), torch.randn(batch, 1, generator=generator)


def trainer(network: nn.Module, batch: int, time: int) -> Callable[[], None]:
    """One training step: forward, mean squared error, backward, Adam."""
    inputs, targets = data(batch, time)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step() -> None:
        optimiser.zero_grad()
        nn.functional.mse_loss(network(inputs), targets).backward()
        optimiser.step()

    return step
