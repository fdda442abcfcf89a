"""A recurrent stack on inputs that it was never recorded on, from the weights in a Trace: the cell's own steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.cells import CELLS
from rnnviz.cells.layer import layer_weights
from rnnviz.trace import Trace


def run_stack(trace: Trace, x: np.ndarray) -> tuple[np.ndarray, list[dict[str, np.ndarray]]]:
    """One sequence x (T, D), T at least 1, through every layer and direction of the recorded stack, from zeros.

    Returns the hidden states of the last layer, (T, H * directions), and of every layer the states after the last
    time step that it reads (of a reverse layer t = 0): name -> (1, H).
    """
    cell, finals = CELLS[trace.cell], []
    for depth in range(0, len(trace.layer_names), trace.directions):
        sides = []
        for direction, name in enumerate(trace.layer_names[depth : depth + trace.directions]):
            weights = layer_weights(trace.weights, name)
            states = {state: np.zeros((1, trace.size[3]), x.dtype) for state in cell.states}
            h = []
            for row in x[::-1] if direction else x:
                states, _ = cell.step(row[None], states, weights)
                h.append(states["h"][0])
            sides.append(np.stack(h[::-1] if direction else h))
            finals.append(states)
        x = np.concatenate(sides, axis=-1)
    return x, finals


def embedded(trace: Trace, table: np.ndarray | None, tokens: Any) -> np.ndarray:
    """Tokens (N,) -> what a stack reads (N, D): rows of the table (V, D), or one-hot rows where there is none.

    Raises ValueError unless there are tokens, each a whole number from 0 to V - 1.
    """
    first = layer_weights(trace.weights, trace.layer_names[0])["weight_ih"]
    table = np.eye(first.shape[1], dtype=first.dtype) if table is None else table
    return table[checked(tokens, len(table))]


def checked(given: Any, count: int) -> np.ndarray:
    """(N,) tokens as an array. Raises ValueError unless there are some, each one of `count`."""
    tokens = np.asarray(given)
    if (
        tokens.ndim != 1
        or not tokens.size
        or tokens.dtype.kind not in "iu"
        or tokens.min() < 0
        or tokens.max() >= count
    ):
        raise ValueError(
            f"The tokens are {tokens.tolist()}, of shape {tokens.shape}; expected at least one in a row, whole numbers "
            f"from 0 to {count - 1}."
        )
    return tokens
