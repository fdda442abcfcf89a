"""Pictures: functions from arrays, a Trace or a result to a plotly Figure. No torch, no Streamlit.

FIGURES holds what a page says beside each figure. To add one, write it and list it here.
"""

from __future__ import annotations

from rnnviz.figures import (
    attention,
    compare,
    confusion,
    data,
    distribution,
    examples,
    flow,
    forecast,
    gate_units,
    gates,
    gradient_norms,
    inputs,
    prediction,
    prepared,
    residuals,
    runs,
    search,
    splits,
    states,
    training,
    trajectories,
    writing,
)
from rnnviz.figures.theme import Explained as Explained
from rnnviz.registry import Registry

FIGURES: Registry[Explained] = Registry(
    "figure",
    {
        "loss": training.LOSS,
        "metric": training.METRIC,
        "grad_norm": training.GRAD_NORM,
        "state": states.STATE,
        "gate": states.GATE,
        "gates": gates.GATES,
        "unit_gates": gate_units.UNIT_GATES,
        "gate_values": distribution.GATE_VALUES,
        "saturation": gate_units.SATURATION,
        "timescales": gate_units.TIMESCALES,
        "followers": states.FOLLOWERS,
        "unit_follows": trajectories.UNIT_FOLLOWS,
        "trajectories": trajectories.TRAJECTORIES,
        "grad_norms": gradient_norms.GRAD_NORMS,
        "flow_over_training": gradient_norms.FLOW_OVER_TRAINING,
        "flow": flow.FLOW,
        "predictions": prediction.PREDICTIONS,
        "attention": attention.ATTENTION,
        "writing": writing.WRITING,
        "bands": compare.BANDS,
        "runs": runs.RUNS,
        "search": search.SEARCH,
        "splits": splits.SPLITS,
        "confusion": confusion.CONFUSION,
        "inputs": inputs.INPUTS,
        "calibration": confusion.CALIBRATION,
        "residuals": residuals.RESIDUALS,
        "residual_histogram": residuals.HISTOGRAM,
        "residual_correlation": residuals.CORRELATION,
        "error_by_time": residuals.BY_TIME,
        "forecast": forecast.FORECAST,
        "horizon": forecast.HORIZON,
        "folds": forecast.FOLDS,
        "series": data.SERIES,
        "tokens": data.TOKENS,
        "prepared": prepared.PREPARED,
        "example": examples.EXAMPLE,
    },
)
