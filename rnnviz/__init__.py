"""rnnviz: see inside recurrent networks.

Public names load what they need on first use; importing the package loads neither torch nor streamlit.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "record": "rnnviz.recording",
    "gradient_flow": "rnnviz.analysis.gradient_flow",
    "state_jacobians": "rnnviz.analysis.jacobians",
    "weight_gradient_by_step": "rnnviz.analysis.weight_gradient",
    "Trace": "rnnviz.trace",
    "ExperimentConfig": "rnnviz.config",
    "CELLS": "rnnviz.cells",
    "TASKS": "rnnviz.tasks",
    "Run": "rnnviz.run",
    "start": "rnnviz.training",
    "advance": "rnnviz.training",
}
__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"rnnviz has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
