"""The three elementwise functions that cells are written with, for numpy and torch arrays and symbolic ones alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.cells.expression import Expression

Array = Any  # a numpy array, a torch tensor or an Expression; cells never ask which


def tanh(a: Array) -> Array:
    return np.tanh(a) if isinstance(a, (np.ndarray, np.generic)) else a.tanh()


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), written with tanh so that no size of `a` overflows."""
    return a.sigmoid() if isinstance(a, Expression) else 0.5 * (1.0 + tanh(0.5 * a))


def relu(a: Array) -> Array:
    return a.relu() if isinstance(a, Expression) else a * (a > 0)
