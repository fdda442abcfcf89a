"""What a model answers to tokens that it was never recorded on, from the weights in a Trace.

The same equations as `rnnviz.model.Model`: rows of the embedding (or one-hot rows), the cell's own step through every
layer and direction, and the readout, of the last hidden state of each direction or of those at every time step.
"""

from __future__ import annotations

import numpy as np

from rnnviz.analysis.stack import embedded, run_stack
from rnnviz.trace import Trace


def answer(trace: Trace, tokens: np.ndarray, at_end: bool = True) -> np.ndarray:
    """(O,) outputs for tokens (T,), from the end of the sequence; else (T, O), at every time step.

    Raises ValueError without tokens, for a token that is not there, and for a Trace that holds no readout.
    """
    own = trace.model_weights
    if "readout.weight" not in own:
        raise ValueError("This Trace holds no readout, so there is no answer to be had from it.")
    with np.errstate(over="ignore", invalid="ignore"):  # weights may be huge
        states, finals = run_stack(trace, embedded(trace, own.get("embed.weight"), tokens))
        h = np.concatenate([each["h"][0] for each in finals[-trace.directions :]]) if at_end else states
        outputs: np.ndarray = h @ own["readout.weight"].T + own["readout.bias"]
    return outputs
