"""How a network that predicts the next token goes on by itself, from the weights in a Trace.

It reads the tokens that are given, then what it said itself, drawn from p ∝ softmax(y / temperature); at temperature 0
the likeliest. Each time step is the cell's own `step`, in numpy.
"""

from __future__ import annotations

import numpy as np

from rnnviz.analysis.stack import checked, embedded
from rnnviz.cells import CELLS
from rnnviz.cells.layer import layer_weights
from rnnviz.trace import Trace


def continued(trace: Trace, tokens: np.ndarray, count: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
    """(count,) tokens that come after tokens (T,).

    Raises ValueError without tokens, for a token that is not there, for a network that reads in both directions, and
    for a Trace that holds no readout.
    """
    own = trace.model_weights
    if trace.directions > 1:
        raise ValueError("A network that reads in both directions cannot go on: it would have to know what it says.")
    if "readout.weight" not in own:
        raise ValueError("This Trace holds no readout, so there is nothing to be had from it.")
    cell, layers = CELLS[trace.cell], [layer_weights(trace.weights, name) for name in trace.layer_names]
    states = [{state: np.zeros((1, trace.size[3]), trace.inputs.dtype) for state in cell.states} for _ in layers]
    said: list[int] = []
    read = checked(tokens, len(own["readout.weight"])).tolist()
    while len(said) < count:
        with np.errstate(over="ignore", invalid="ignore"):  # weights may be huge
            for x in embedded(trace, own.get("embed.weight"), read)[:, None]:
                for k, weights in enumerate(layers):
                    states[k], _ = cell.step(x, states[k], weights)
                    x = states[k]["h"]
            outputs = (x @ own["readout.weight"].T + own["readout.bias"])[0].astype(float)
        read = [_drawn(outputs, temperature, rng)]
        said += read
    return np.array(said, np.int64)


def _drawn(outputs: np.ndarray, temperature: float, rng: np.random.Generator) -> int:
    if temperature == 0 or not np.isfinite(outputs).all():  # of weights that have diverged, anything
        return int(np.nan_to_num(outputs).argmax())
    raised = np.exp((outputs - outputs.max()) / temperature)
    return int(rng.choice(len(outputs), p=raised / raised.sum()))
