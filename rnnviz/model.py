"""The model: embedding or projection -> recurrent stack -> readout, as a configuration and a task ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz.cells import CELLS
from rnnviz.cells.layer import WEIGHTS
from rnnviz.config import ExperimentConfig
from rnnviz.embedding import Embedding, embedding_of
from rnnviz.initialisation import initial_layer
from rnnviz.loop import Loop
from rnnviz.shapes import SHAPES
from rnnviz.tasks.base import Task

if TYPE_CHECKING:
    from rnnviz.objective import TensorBatch

OWN_NUMBERS = 64  # of the layers of each stack, which decide what they draw; there are 8 at most


class Base(nn.Module):
    """What every model has: recurrent stacks, weights from the seed or given, and outputs for a batch.

    stacks: attributes that are recurrent stacks; `rnn`, the one that is observed, comes first.
    directions: of that stack.

    weights: a state_dict as arrays; given, they are loaded and nothing is initialised. Without, the weights
    depend on the configuration and its seed alone; no global random state changes. Raises ValueError where
    weights do not fit.
    """

    stacks: ClassVar[tuple[str, ...]] = ("rnn",)
    embed: nn.Module
    rnn: Any
    readout: nn.Linear

    def __init__(self, config: ExperimentConfig, task: Task, weights: Mapping[str, np.ndarray] | None = None) -> None:
        super().__init__()
        self.directions = SHAPES[task.shape].directions(config.bidirectional)
        # Only torch's CPU generator draws initial weights; torch.manual_seed would touch every device's.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(config.seed)
            self._build(config, task, getattr(torch, config.precision))
        if weights is None:
            self._initialise(config)
        else:
            self._load(weights)

    def _build(self, config: ExperimentConfig, task: Task, dtype: torch.dtype) -> None:
        """Make the modules, whose weights torch draws."""
        raise NotImplementedError

    def look(self, batch: TensorBatch) -> tuple[Tensor, Tensor | None]:
        """(outputs, attention) on a batch: outputs (B, O) or (B, T, O); attention (B, T, S) where there is some."""
        raise NotImplementedError

    def outputs(self, batch: TensorBatch) -> Tensor:
        return self.look(batch)[0]

    def answers(self, batch: TensorBatch) -> Tensor:
        """(B, T) tokens that a decoder writes on its own, each with the one before as its input."""
        raise TypeError(f"{type(self).__name__} has no decoder that could write an answer.")

    def arrays(self) -> dict[str, np.ndarray]:
        """Copies of all weights, under the names of the state_dict."""
        return {name: weight.detach().cpu().numpy().copy() for name, weight in self.state_dict().items()}

    def own_arrays(self) -> dict[str, np.ndarray]:
        """Those of the weights that lie outside the recurrent stacks, whose own a Trace holds already."""
        return {name: array for name, array in self.arrays().items() if name.split(".")[0] not in self.stacks}

    @contextmanager
    def probing(self) -> Iterator[None]:
        """Dropout off, gradients possible (in evaluation mode cuDNN refuses to go backward)."""
        stacks = [getattr(self, name) for name in self.stacks]
        dropouts = [stack.dropout for stack in stacks]
        for stack in stacks:
            stack.dropout = 0.0
        try:
            yield
        finally:
            for stack, dropout in zip(stacks, dropouts, strict=True):
                stack.dropout = dropout

    def _initialise(self, config: ExperimentConfig) -> None:
        for number, stack in enumerate(self.stacks):
            module = getattr(self, stack)
            directions = 2 if module.bidirectional else 1
            own = {name: weight.detach().numpy() for name, weight in module.named_parameters()}
            suffixes = [name.removeprefix("weight_hh") for name in own if name.startswith("weight_hh")]
            for index, suffix in enumerate(suffixes):
                drawn = {kind: own[kind + suffix] for kind in WEIGHTS}
                layer = initial_layer(
                    CELLS[config.cell], config, drawn, number * OWN_NUMBERS + index, first=index < directions
                )
                for kind, array in layer.items():
                    own[kind + suffix][...] = array  # a view of the parameter

    def _load(self, weights: Mapping[str, np.ndarray]) -> None:
        try:
            self.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
        except RuntimeError as error:
            raise ValueError(f"The weights do not fit the configuration. {error}") from None


class Model(Base):
    """embed -> rnn -> readout.

    embed: what stands before the stack, by what the task reads (`rnnviz.embedding`).
    rnn: the cell's fused twin with batch_first, or a Loop. readout: one Linear, applied at every time step
    (sequence to sequence) or to the hidden state at the end (sequence to vector).
    """

    def _build(self, config: ExperimentConfig, task: Task, dtype: torch.dtype) -> None:
        before = embedding_of(task, config.embedding_size)
        self.embed = embed(before, dtype)
        self.rnn = recurrent(config, before.size, dtype, config.bidirectional)
        self.readout = nn.Linear(config.hidden_size * self.directions, task.output_size, dtype=dtype)
        self.to_vector = task.shape == "seq→vec"

    def look(self, batch: TensorBatch) -> tuple[Tensor, None]:
        return self(batch.inputs, batch.lengths), None

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Inputs (B, T, D) or tokens (B, T), lengths (B) or None -> (B, O), or (B, T, O) at every time step.

        At the end means: the forward direction after each sequence's last valid time step, the reverse
        direction after its own last, t = 0.
        """
        output, final = run(self.rnn, self.embed(inputs), lengths)
        if not self.to_vector:
            return self.readout(output)
        h_n = final if isinstance(final, Tensor) else final[0]
        return self.readout(torch.cat(tuple(h_n[-self.directions :]), dim=-1))


def build(config: ExperimentConfig, task: Task, weights: Mapping[str, np.ndarray] | None = None) -> Base:
    """The model of the task's shape; `weights` and errors as of `Base`."""
    model: Base = resolve(SHAPES[task.shape].model)(config, task, weights)
    return model


def run(rnn: Any, x: Tensor, lengths: Tensor | None, initial: Any = None) -> tuple[Tensor, Any]:
    """A stack over x (B, T, D), from zeros or `initial`: output (B, T, H * directions), padding 0, and final states.

    lengths: (B,) time steps that exist, at least 1 each (None: all). States as torch's modules take and give them.
    """
    if lengths is None:
        return rnn(x, initial)
    packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
    packed, final = rnn(packed, initial)
    return pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])[0], final


def embed(before: Embedding, dtype: torch.dtype) -> nn.Module:
    """The module that stands before a stack."""
    path, arguments = before.module
    module: nn.Module = resolve(path)(*arguments, dtype=dtype)
    return module


def recurrent(config: ExperimentConfig, input_size: int, dtype: torch.dtype, bidirectional: bool) -> Any:
    """A recurrent stack: the cell's fused twin, or the loop."""
    options: dict[str, Any] = {
        "num_layers": config.num_layers,
        "batch_first": True,
        "bidirectional": bidirectional,
        # torch warns about dropout on a single layer, where there is nothing between layers to drop
        "dropout": config.dropout if config.num_layers > 1 else 0.0,
        "dtype": dtype,
    }
    fused = CELLS[config.cell].fused
    if fused is None:
        return Loop(config.cell, input_size, config.hidden_size, **options)
    return resolve(fused.path)(input_size, config.hidden_size, **options, **fused.options)


def resolve(path: str) -> Any:
    """The class at a dotted path, such as `"torch.nn.LSTM"`."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)
