"""What a sequence-to-vector model answers to tokens that it was never recorded on, from the weights in a Trace.

The same equations as `rnnviz.model.Model`: rows of the embedding (or one-hot rows), the cell's own step through every
layer and direction, and the readout of the last hidden state of each direction.
"""

from __future__ import annotations

import numpy as np

from rnnviz.cells import CELLS
from rnnviz.cells.layer import layer_weights
from rnnviz.trace import Trace


def answer(trace: Trace, tokens: np.ndarray) -> np.ndarray:
    """(O,) outputs for tokens (T,), from the end of the sequence.

    Raises ValueError without tokens, for a token that is not there, and for a Trace that holds no readout.
    """
    own, cell = trace.model_weights, CELLS[trace.cell]
    if "readout.weight" not in own:
        raise ValueError("This Trace holds no readout, so there is no answer to be had from it.")
    layers = [layer_weights(trace.weights, name) for name in trace.layer_names]
    width = layers[0]["weight_ih"].shape[1]
    table = own["embed.weight"] if "embed.weight" in own else np.eye(width, dtype=layers[0]["weight_ih"].dtype)
    tokens = np.asarray(tokens)
    if not tokens.size or tokens.dtype.kind not in "iu" or tokens.min() < 0 or tokens.max() >= len(table):
        raise ValueError(f"The tokens are {tokens.tolist()}; expected one or more from 0 to {len(table) - 1}.")
    x = table[tokens]
    ends: list[np.ndarray] = []
    with np.errstate(over="ignore", invalid="ignore"):  # weights may be huge
        for depth in range(0, len(layers), trace.directions):
            sides, ends = [], []
            for direction in range(trace.directions):
                states = {name: np.zeros((1, trace.size[3]), x.dtype) for name in cell.states}
                passed = []
                for row in x[::-1] if direction else x:
                    states, _ = cell.step(row[None], states, layers[depth + direction])
                    passed.append(states["h"][0])
                ends.append(passed[-1])
                sides.append(np.stack(passed[::-1] if direction else passed))
            x = np.concatenate(sides, axis=-1)
        outputs: np.ndarray = np.concatenate(ends) @ own["readout.weight"].T + own["readout.bias"]
    return outputs
