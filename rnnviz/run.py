"""A Run is a value: a configuration, how far it has come, its weights, and what happened on the way.

Nothing here knows torch. `training.advance` turns one Run into the next; `save` and `load` keep one on disk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset

FORMAT = "rnnviz-run-1"
KEEP = 128  # rows of a thinned record; its spacing doubles when they would be more


def spacing(step: int, base: int) -> int:
    """Steps between kept rows once `step` is reached: `base`, doubled until at most KEEP rows fit."""
    gap = base
    while step > gap * KEEP:
        gap *= 2
    return gap


@dataclass(frozen=True)
class Divergence:
    """Training stopped being training: at which step, what was seen, in words, with the number."""

    step: int
    what: str
    value: float


@dataclass(frozen=True, eq=False)
class History:
    """What happened. K steps taken, E held-out checks, F gradient recordings; thinned by the step alone.

    loss, grad_norm: (K,) training loss and gradient norm before clipping of every step.
    checked: (E,) steps; heldout_loss, metric: (E,).
    recorded: (F,) steps; flow: (F, L, T) norm of dL/dh_t over batch and units, of the probe batch.
    """

    loss: np.ndarray
    grad_norm: np.ndarray
    checked: np.ndarray
    heldout_loss: np.ndarray
    metric: np.ndarray
    recorded: np.ndarray
    flow: np.ndarray


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The weights and the optimiser's state at one step: enough to go on from there."""

    step: int
    weights: Mapping[str, np.ndarray]
    optimiser: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Run:
    """An experiment at one step. Immutable; `advance` makes a new one.

    weights: the model's state_dict as arrays. optimiser: "<index>.<name>" -> array.
    data: the uploaded data it trains on, if any. diverged: None while all is well.
    """

    config: ExperimentConfig
    step: int
    weights: Mapping[str, np.ndarray]
    optimiser: Mapping[str, np.ndarray]
    history: History
    snapshots: tuple[Snapshot, ...] = ()
    diverged: Divergence | None = None
    data: Dataset | None = field(default=None)
