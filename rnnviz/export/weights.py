"""The weights of a run as safetensors, under the names that plain torch gives them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.shapes import SHAPES
from rnnviz.tasks import TASKS
from rnnviz.trace import Trace

STACKS = {"rnn": "the recurrent layers", "encoder": "the encoder's recurrent layers"}
Weights = Mapping[str, np.ndarray]


def weights_of(trace: Trace) -> dict[str, np.ndarray]:
    """All weights of the model that a Trace was recorded of, by their names in the model's state_dict."""
    found = {f"rnn.{name}": array for name, array in trace.weights.items()}
    if trace.encoder is not None:
        found |= {f"encoder.{name}": array for name, array in trace.encoder.weights.items()}
    return {**found, **trace.model_weights}


def stacks(weights: Weights) -> tuple[str, ...]:
    """The recurrent stacks among the weights of a model: "rnn", and "encoder" where there is one."""
    return tuple(name for name in STACKS if f"{name}.weight_ih_l0" in weights)


def module_words(config: ExperimentConfig, weights: Weights, stack: str = "rnn") -> str:
    """The line of Python that makes the module which a stack's weights belong to.

    Raises ValueError where torch has no such module: its cell is one that torch does not know.
    """
    cell = CELLS[config.cell]
    if cell.fused is None:
        raise ValueError(
            f"torch has no module of the cell {cell.label}: load the whole model's weights, and compute the cell by "
            "its equations."
        )
    both = f"{stack}.weight_ih_l0_reverse" in weights
    first = weights[f"{stack}.weight_ih_l0"]
    options = [str(first.shape[1]), str(config.hidden_size), "batch_first=True"]
    options += [f"num_layers={config.num_layers}"] * (config.num_layers > 1)
    options += ["bidirectional=True"] * both
    options += [f"{name}={value!r}" for name, value in cell.fused.options.items()]
    options += [f"dtype=torch.{first.dtype}"] * (first.dtype != np.float32)
    return f"{cell.fused.path}({', '.join(options)})"


def stack_file(config: ExperimentConfig, weights: Weights, stack: str = "rnn") -> bytes:
    """One stack alone, as its module in torch names its weights: `weight_ih_l0`, `bias_hh_l1_reverse`, ...

    `module.load_state_dict(safetensors.torch.load_file(path))` takes it. The line that makes the module is in the
    file's metadata. Raises ValueError as `module_words` does.
    """
    words = module_words(config, weights, stack)
    prefix = f"{stack}."
    own = {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
    return _file(own, {"module": words, "convention": CELLS[config.cell].convention})


def model_file(config: ExperimentConfig, weights: Weights) -> bytes:
    """All weights of the model: its recurrent stacks, embedding, readout and attention, by their names in the model."""
    metadata = {"cell": config.cell, "task": config.task, "shape": SHAPES[TASKS[config.task].shape].label}
    for stack in stacks(weights) if CELLS[config.cell].fused else ():
        metadata[stack] = module_words(config, weights, stack)
    return _file(weights, metadata)


def _file(weights: Weights, metadata: Mapping[str, str]) -> bytes:
    from safetensors.numpy import save

    content: bytes = save(
        {name: np.require(array, requirements="C") for name, array in weights.items()}, dict(metadata)
    )
    return content
