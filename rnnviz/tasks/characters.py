"""Tasks on tokens: the baseline that knows how frequent each token is."""

from __future__ import annotations

import numpy as np

from rnnviz.data.characters import SHOWN as SHOWN
from rnnviz.data.characters import UNKNOWN as UNKNOWN
from rnnviz.data.characters import encode as encode
from rnnviz.data.characters import labels as labels
from rnnviz.data.characters import most_frequent as most_frequent


def frequency_loss(train: np.ndarray, heldout: np.ndarray, size: int) -> float:
    """Cross entropy (nats) on `heldout` of guessing each of `size` tokens by its frequency in `train`.

    Every token counts once more than it was seen, so that none has probability 0.
    """
    seen = np.bincount(train, minlength=size) + 1.0
    share = np.bincount(heldout, minlength=size) / len(heldout)
    return float(-share @ np.log(seen / seen.sum()))
