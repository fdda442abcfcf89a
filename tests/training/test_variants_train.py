"""The LSTM's variants train through the generic loop, on a task that the app offers."""

from __future__ import annotations

import pytest
from small_runs import small

from rnnviz.training import advance, observe, start


@pytest.mark.parametrize("cell", ["lstm_no_forget", "lstm_coupled", "janet"])
def test_learns_and_is_recorded(cell):
    config = small(cell=cell, task="sine", hidden_size=12, batch_size=16, length=20, learning_rate=0.02, num_layers=1)
    run = advance(start(config), steps=60)
    assert run.history.heldout_loss[-1] < 0.5 * run.history.heldout_loss[0]
    trace = observe(run)
    assert set(trace.states) == {"h", "c"} and trace.cell == cell
