"""The metric of copy memory is taken on the time steps of recall alone, the loss on all."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from test_tasks_registry import SERIES, made

from rnnviz.objective import TensorBatch, measures


@pytest.mark.parametrize("right", [0, 2, 5])
def test_blanks_earn_no_accuracy(right):
    """A net that says blank until the recall and then gets `right` of the 5 symbols, surely."""
    task = made("copy_memory", SERIES, precision="float64")
    batch = task.heldout(600)
    said = batch.targets.copy()
    said[:, -5 : said.shape[1] - right] = (said[:, -5 : said.shape[1] - right] + 1) % 4
    outputs = torch.tensor(np.eye(5)[said] * 50)
    loss, metric, count, judged = measures(task, outputs, TensorBatch.of(batch, task, torch.device("cpu")))
    assert metric == pytest.approx(right / 5)
    assert loss == pytest.approx(50 * (5 - right) / task.time_steps, rel=1e-9, abs=1e-9)
    assert count == judged == batch.targets.size
