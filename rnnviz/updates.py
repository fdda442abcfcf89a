"""What an optimiser step moves: the weights that train, and torch's optimiser over them, rebuilt from a Run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from rnnviz.config import ExperimentConfig
from rnnviz.model import Base, resolve
from rnnviz.optimisers import OPTIMISERS
from rnnviz.run import Arrays
from rnnviz.start import FROZEN_PARTS


def freeze(model: Base, config: ExperimentConfig) -> list[nn.Parameter]:
    """Leave the weights that `config.freeze` names as they are, without gradients; returns the others, which train."""
    frozen = FROZEN_PARTS[config.freeze]
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.partition(".")[0] not in frozen)
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


@contextmanager
def thawed(model: Base) -> Iterator[None]:
    """Gradients reach everything meanwhile: they are recorded through frozen layers as through others."""
    frozen = [parameter for parameter in model.parameters() if not parameter.requires_grad]
    for parameter in frozen:
        parameter.requires_grad_(True)
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)


def optimiser_of(config: ExperimentConfig, state: Arrays, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """torch's optimiser of the configuration. state: "<index>.<name>" -> array, as `state_of` gives it.

    Raises ValueError where the state is not what that optimiser keeps for these parameters.
    """
    entry = OPTIMISERS[config.optimiser]
    optimiser: torch.optim.Optimizer = resolve(entry.path)(parameters, **entry.options(config))
    tensors: dict[int, dict[str, torch.Tensor]] = {}
    for key, array in state.items():
        index, _, name = key.partition(".")
        tensors.setdefault(int(index), {})[name] = torch.tensor(array)
    if tensors:
        _check_state(tensors, parameters, entry.path, entry.options(config))
    optimiser.load_state_dict({"state": tensors, "param_groups": optimiser.state_dict()["param_groups"]})
    return optimiser


def state_of(optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """ "<index>.<name>" -> array, for every tensor that torch's optimiser keeps; index: among what trains."""
    return {
        f"{index}.{name}": value.cpu().numpy().copy()
        for index, values in optimiser.state_dict()["state"].items()
        for name, value in values.items()
        if value is not None
    }


def _check_state(
    state: dict[int, dict[str, torch.Tensor]], parameters: list[nn.Parameter], path: str, options: dict[str, Any]
) -> None:
    """Raise ValueError unless this is what the optimiser keeps for these parameters. It may come from a file."""
    example = nn.Parameter(torch.zeros(1, 1))
    example.grad = torch.zeros(1, 1)
    optimiser = resolve(path)([example], **options)
    optimiser.step()
    kept = {name: value.shape for name, value in optimiser.state[example].items() if value is not None}
    for index, values in state.items():
        whole = parameters[index].shape if 0 <= index < len(parameters) else None
        expected = {name: shape and whole for name, shape in kept.items()}
        given = {name: value.shape for name, value in values.items()}
        if whole is None or given != expected:
            shapes = {name: tuple(shape) for name, shape in given.items()}
            raise ValueError(f"The optimiser's state does not fit: of parameter {index} it keeps {shapes}.")
