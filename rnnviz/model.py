"""The model: embedding or projection -> recurrent stack -> readout, as a configuration and a task ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz.cells import CELLS
from rnnviz.cells.layer import WEIGHTS
from rnnviz.config import ExperimentConfig
from rnnviz.initialisation import initial_layer
from rnnviz.loop import Loop
from rnnviz.tasks.base import Task


class OneHot(nn.Module):
    """Tokens (B, T) int -> (B, T, tokens), 1 at the token."""

    def __init__(self, tokens: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.tokens, self.dtype = tokens, dtype

    def forward(self, tokens: Tensor) -> Tensor:
        return functional.one_hot(tokens, self.tokens).to(self.dtype)


class Model(nn.Module):
    """embed -> rnn -> readout.

    embed: Embedding (tokens) or Linear (vectors) where embedding_size is set, else one-hot or nothing.
    rnn: the cell's fused twin with batch_first, or a Loop. readout: one Linear, applied at every time step
    (sequence to sequence) or to the hidden state at the end (sequence to vector).

    weights: a state_dict as arrays; given, they are loaded and nothing is initialised. Without, the weights
    depend on the configuration and its seed alone; no global random state changes. Raises ValueError where
    weights do not fit.
    """

    def __init__(self, config: ExperimentConfig, task: Task, weights: Mapping[str, np.ndarray] | None = None) -> None:
        super().__init__()
        dtype = getattr(torch, config.precision)
        width = config.embedding_size or task.input_size
        # Only torch's CPU generator draws initial weights; torch.manual_seed would touch every device's.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(config.seed)
            self.embed: nn.Module = _embed(config, task, dtype)
            self.rnn = _recurrent(config, width, dtype)
            directions = 2 if config.bidirectional else 1
            self.readout = nn.Linear(config.hidden_size * directions, task.output_size, dtype=dtype)
        self.directions = directions
        self.to_vector = task.shape == "seq→vec"
        if weights is None:
            self._initialise(config)
        else:
            self._load(weights)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Inputs (B, T, D) or tokens (B, T), lengths (B) or None -> (B, O), or (B, T, O) at every time step.

        At the end means: the forward direction after each sequence's last valid time step, the reverse
        direction after its own last, t = 0.
        """
        x = self.embed(inputs)
        if lengths is None:
            output, final = self.rnn(x)
        else:
            packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            packed, final = self.rnn(packed)
            output, _ = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
        if not self.to_vector:
            return self.readout(output)
        h_n = final if isinstance(final, Tensor) else final[0]
        return self.readout(torch.cat(tuple(h_n[-self.directions :]), dim=-1))

    def arrays(self) -> dict[str, np.ndarray]:
        """Copies of all weights, under the names of the state_dict."""
        return {name: weight.detach().cpu().numpy().copy() for name, weight in self.state_dict().items()}

    def own_arrays(self) -> dict[str, np.ndarray]:
        """Those of the weights that lie outside the recurrent stack, whose own a Trace holds already."""
        return {name: array for name, array in self.arrays().items() if not name.startswith("rnn.")}

    @contextmanager
    def probing(self) -> Iterator[None]:
        """Dropout off, gradients possible (in evaluation mode cuDNN refuses to go backward)."""
        dropout, self.rnn.dropout = self.rnn.dropout, 0.0
        try:
            yield
        finally:
            self.rnn.dropout = dropout

    def _initialise(self, config: ExperimentConfig) -> None:
        own = {name: weight.detach().numpy() for name, weight in self.rnn.named_parameters()}
        suffixes = [name.removeprefix("weight_hh") for name in own if name.startswith("weight_hh")]
        for index, suffix in enumerate(suffixes):
            drawn = {kind: own[kind + suffix] for kind in WEIGHTS}
            for kind, array in initial_layer(CELLS[config.cell], config, drawn, index).items():
                own[kind + suffix][...] = array  # a view of the parameter

    def _load(self, weights: Mapping[str, np.ndarray]) -> None:
        try:
            self.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
        except RuntimeError as error:
            raise ValueError(f"The weights do not fit the configuration. {error}") from None


def _embed(config: ExperimentConfig, task: Task, dtype: torch.dtype) -> nn.Module:
    size = config.embedding_size
    if task.tokens:
        return nn.Embedding(task.input_size, size, dtype=dtype) if size else OneHot(task.input_size, dtype)
    return nn.Linear(task.input_size, size, dtype=dtype) if size else nn.Identity()


def _recurrent(config: ExperimentConfig, input_size: int, dtype: torch.dtype) -> Any:
    """The recurrent stack: the cell's fused twin, or the loop."""
    options: dict[str, Any] = {
        "num_layers": config.num_layers,
        "batch_first": True,
        "bidirectional": config.bidirectional,
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
