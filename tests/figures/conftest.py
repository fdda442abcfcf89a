"""Small histories, and the traces of `made_trace`, as fixtures."""

from __future__ import annotations

import numpy as np
import pytest
from made_trace import make_trace

from rnnviz.run import History


def make_history(steps=400, time=20, layers=1, seed=0):
    """A History with a falling loss, a held-out check every 20 steps and a gradient recording every 40."""
    rng = np.random.default_rng(seed)
    k = np.arange(steps)
    loss = np.exp(-k / max(1, steps / 5)) * rng.lognormal(0, 0.2, steps) * 0.2 + 1e-4
    checked, recorded = np.arange(0, steps, 20), np.arange(0, steps, 40)
    back = time - 1 - np.arange(time)
    factor = np.linspace(0.5, 0.98, len(recorded))[:, None, None]
    return History(
        loss=loss.astype(np.float32),
        grad_norm=rng.lognormal(0, 1, steps).astype(np.float32),
        checked=checked,
        heldout_loss=loss[checked].astype(np.float32),
        metric=loss[checked].astype(np.float32),
        recorded=recorded,
        flow=np.broadcast_to(factor**back, (len(recorded), layers, time)).astype(np.float32),
    )


def no_history():
    nothing = np.zeros(0)
    return History(nothing, nothing, nothing.astype(int), nothing, nothing, nothing.astype(int), np.zeros((0, 1, 5)))


@pytest.fixture(name="make_trace")
def _make_trace():
    return make_trace


@pytest.fixture(name="make_history")
def _make_history():
    return make_history


@pytest.fixture(name="no_history")
def _no_history():
    return no_history()
