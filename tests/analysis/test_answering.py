"""Answers from the weights in a Trace against those of the model that it was recorded from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rnnviz.analysis.answering import answer
from rnnviz.config import ExperimentConfig
from rnnviz.tasks import make_task
from rnnviz.training import advance, observe, start


def recorded(task="sentiment", **settings):
    config = ExperimentConfig(task=task, hidden_size=6, batch_size=4, precision="float64", **settings)
    return observe(advance(start(config), 3)), make_task(config)


@pytest.mark.parametrize("settings", [{}, {"embedding_size": 4, "num_layers": 2}, {"bidirectional": True}])
@pytest.mark.parametrize("cell", ["lstm", "gru", "gru_before", "rnn_tanh"])
def test_equals_the_model_on_its_own_probe(cell, settings):
    trace, task = recorded(cell=cell, **settings)
    batch = task.probe()
    assert len(set(batch.lengths.tolist())) > 1
    for tokens, length, expected in zip(batch.inputs, batch.lengths, trace.outputs, strict=True):
        np.testing.assert_allclose(answer(trace, tokens[:length]), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("settings", [{}, {"num_layers": 2, "bidirectional": True}])
def test_equals_the_model_at_every_time_step(settings):
    trace, task = recorded("tagging", **settings)
    batch = task.probe()
    for tokens, length, expected in zip(batch.inputs, batch.lengths, trace.outputs, strict=True):
        found = answer(trace, tokens[:length], at_end=False)
        np.testing.assert_allclose(found, expected[:length], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("tokens", [[], [0, 99], [-1], [0.5]])
def test_tokens_that_are_not_there_are_named(tokens):
    trace, _ = recorded()
    with pytest.raises(ValueError, match="at least one in a row, whole numbers from 0 to"):
        answer(trace, np.array(tokens))


def test_a_trace_of_some_other_model_is_refused():
    trace, _ = recorded()
    with pytest.raises(ValueError, match="holds no readout"):
        answer(replace(trace, model_weights={}), np.array([0]))
