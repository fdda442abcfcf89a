"""What the loss at the last time step sends back: the flow, its last row, and the factor per time step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.analysis.gradient_flow import GradientFlow, gradient_flow
from rnnviz.analysis.slope import expected_factor, measured_factor
from rnnviz.trace import Trace

EDGE = 0.1  # share of the time steps left out of the fit at either end


@dataclass(frozen=True, eq=False)
class Probe:
    """Of the first layer of a Trace with T time steps.

    flow: the T×T gradient flow. last_row: (T,) norm of d L_{T-1} / d h_t. expected, measured: factor per time
    step going back, by theory and fitted. ratio: the norm at the first time step over that at the last.
    """

    flow: GradientFlow
    last_row: np.ndarray
    expected: float
    measured: float
    ratio: float


def probe(trace: Trace) -> Probe:
    """Analyse a Trace with a loss at every time step. Raises ValueError without gradients."""
    flow = gradient_flow(trace)
    last_row = flow.matrix[0, -1]
    time = len(last_row)
    low, high = int(EDGE * time), int((1 - EDGE) * time)
    measured = float(measured_factor(last_row, low, high)) if 0 <= low < high < time else float("nan")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = float(last_row[0] / last_row[-1])
    return Probe(flow, last_row, float(expected_factor(trace)[0]), measured, ratio)
