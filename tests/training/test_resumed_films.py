"""A run whose inputs pass convolutions is a value as any other: cut, written down and resumed, it is the same."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import small

from rnnviz.run import Run
from rnnviz.training import advance, observe, start


@pytest.mark.parametrize("task", ["video", "spoken_digits"])
def test_resumed_equals_uninterrupted_bit_for_bit(task):
    config = small(task=task, length=8)
    whole = advance(start(config), 6)
    cut = Run.from_bytes(advance(start(config), 2).to_bytes())
    cut = advance(Run.from_bytes(advance(cut, 3).to_bytes()), 1)
    assert whole.weights.keys() == cut.weights.keys()
    for name in whole.weights:
        assert np.array_equal(whole.weights[name], cut.weights[name]), name
    one, other = observe(whole), observe(cut)
    assert np.array_equal(one.states["h"], other.states["h"]) and np.array_equal(one.outputs, other.outputs)
    assert np.array_equal(one.state_grads["h"], other.state_grads["h"])
