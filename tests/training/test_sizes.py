"""Sizes that are known beforehand are those of the model that is built, and evaluation keeps to them."""

from __future__ import annotations

import pytest
import torch
from small_runs import small

from rnnviz import sizes
from rnnviz.model import Model
from rnnviz.sizes import Size, network
from rnnviz.tasks import TASKS, make_task
from rnnviz.training import evaluate, start


@pytest.mark.parametrize("task_name", [name for name, task in TASKS.items() if not task.needs_data])
@pytest.mark.parametrize("settings", [
    {"cell": "lstm"},
    {"cell": "gru", "embedding_size": 3, "num_layers": 2, "bidirectional": True},
])  # fmt: skip
def test_sizes_are_those_of_the_model(task_name, settings):
    """Counted on what its embedding, recurrent stack and readout really give out."""
    config = small(task=task_name, length=12, **settings)
    task = make_task(config)
    model, size = Model(config, task), Size.of(config, task)
    assert network(config, task).parameters == sum(p.numel() for p in model.parameters())
    batch = task.batch(0)
    x = torch.tensor(batch.inputs)
    with torch.no_grad():
        entering = model.embed(x)
        states = model.rnn(entering)[0].numel() * config.num_layers  # every layer gives as much as the last
        outputs = model(x)
    sequence_steps = config.batch_size * task.time_steps
    assert size.states == states / sequence_steps
    assert size.outputs == (outputs.numel() / sequence_steps if outputs.dim() == 3 else 0)
    assert size.data == batch.inputs.size / sequence_steps
    both = isinstance(model.embed, torch.nn.Linear)  # its input is kept beside its output
    assert size.inputs == (entering.numel() + both * x.numel()) / sequence_steps


@pytest.mark.parametrize(("budget", "expected"), [(7.5, 7), (0.5, 1), (1e9, 256)])
def test_evaluation_takes_as_many_sequences_as_memory_allows(monkeypatch, budget, expected):
    """The numbers are those of all sequences together."""
    config = small(precision="float64")
    run = start(config)
    whole = evaluate(run, 300)
    size = Size.of(config, make_task(config))
    monkeypatch.setattr(sizes, "AT_ONCE", int(budget * size.per_sequence))
    seen, forward = [], Model.forward
    monkeypatch.setattr(Model, "forward", lambda self, x, *more: seen.append(len(x)) or forward(self, x, *more))
    assert evaluate(type(run).from_bytes(run.to_bytes()), 300) == pytest.approx(whole, rel=1e-12)
    assert seen[0] == max(seen) == expected and sum(seen) == 300
