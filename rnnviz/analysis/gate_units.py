"""What each unit's gates do over all that was recorded: how often they are pinned, and for how long they remember."""

from __future__ import annotations

import numpy as np

from rnnviz.analysis.gates import MARGIN
from rnnviz.cells import CELLS
from rnnviz.glossary import GLOSSARY
from rnnviz.trace import Trace


def unit_saturation(trace: Trace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of every unit, the share of time steps at which a gate is within 0.1 of either end of its range.

    Gates from a sigmoid: below 0.1, and above 0.9; candidates: below -0.9, and above 0.9. Over all sequences and
    time steps that exist and hold a number. Source: Karpathy, Johnson and Fei-Fei (2015), arXiv 1506.02078, who
    call the two left- and right-saturated. Returns gate -> (low, high), each (L, H), NaN where there is no number.
    """
    found = {}
    for name, values in trace.gates.items():
        low, high = GLOSSARY[name].bounds or (0.0, 1.0)
        good = trace.mask[..., None] & np.isfinite(values)
        with np.errstate(invalid="ignore"):
            below, above = values < low + MARGIN, values > high - MARGIN
        found[name] = _mean(below, good), _mean(above, good)
    return found


def timescales(trace: Trace) -> tuple[str, np.ndarray] | None:
    """The gate that keeps the past, and every unit's memory timescale -1 / mean(ln f), (L, H), in time steps.

    What is left of a memory after some time steps is the product of f over them, so f is averaged as a product is:
    by the mean of ln f, over all sequences and time steps that exist and hold a number. A gate held at f gives
    -1 / ln f exactly. 0: some f was exactly 0; infinite: every f was 1 as far as its digits go; NaN: no number.
    Other paths from one time step to the next, through the weights, are left out. Source: Tallec and Ollivier
    (2018), arXiv 1804.11188, on gates as time scales. None for a cell without such a gate.
    """
    name = CELLS[trace.cell].keeps
    if name is None or name not in trace.gates:
        return None
    values = trace.gates[name].astype(float)
    good = trace.mask[..., None] & np.isfinite(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = -_mean(np.log(values), good)
        return name, np.where(rate == 0, np.inf, 1 / rate)


def _mean(values: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Mean of the good values of (L, B, T, H) over sequences and time steps: (L, H), NaN where there is none."""
    count = good.sum((1, 2))
    total = np.where(good, values, 0).sum((1, 2), dtype=float)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
