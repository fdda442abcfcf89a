"""Sizes that are known beforehand are those of the model that is built, and evaluation keeps to them."""

from __future__ import annotations

import pytest
import torch
from small_runs import small

from rnnviz import sizes
from rnnviz.model import Model, build
from rnnviz.objective import TensorBatch
from rnnviz.shapes import SHAPES
from rnnviz.sizes import Size, network
from rnnviz.tasks import TASKS, make_task
from rnnviz.training import evaluate, start

SETTINGS = pytest.mark.parametrize("settings", [
    {"cell": "lstm"},
    {"cell": "gru", "embedding_size": 3, "num_layers": 2, "bidirectional": True},
])  # fmt: skip
WRITERS = [name for name, task in TASKS.items() if SHAPES[task.shape].writes]
READERS = [name for name, task in TASKS.items() if not task.needs_data and name not in WRITERS]


@pytest.mark.parametrize("task_name", READERS)
@SETTINGS
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
    sequence_steps = batch.inputs.shape[0] * batch.inputs.shape[1]
    assert size.states == states / sequence_steps
    assert size.outputs == (outputs.numel() / sequence_steps if outputs.dim() == 3 else 0)
    assert size.data == batch.inputs.size / sequence_steps
    made: list[int] = []  # by the embedding, its own input beside its output where that is something else
    for module in model.embed.modules():
        if next(module.parameters(recurse=False), None) is not None:
            module.register_forward_hook(lambda _, given, out: made.append(out.numel()))
    model.embed(x)
    made = made or [entering.numel()]
    assert size.inputs == (sum(made) + (x.is_floating_point() and entering is not x) * x.numel()) / sequence_steps


@pytest.mark.parametrize("task_name", WRITERS)
@pytest.mark.parametrize("attention", ["off", "additive", "dot"])
@SETTINGS
def test_sizes_with_a_decoder(task_name, attention, settings):
    config = small(task=task_name, attention=attention, **settings)
    task = make_task(config)
    model, size = build(config, task), Size.of(config, task)
    assert network(config, task).parameters == sum(p.numel() for p in model.parameters())
    batch = TensorBatch.of(task.batch(0), task, torch.device("cpu"))
    made: dict[str, int] = {}
    for name, module in model.named_modules():
        module.register_forward_hook(lambda _, given, out, name=name: made.update({name: numbers(out)}))
    with torch.no_grad():
        outputs, weights = model.look(batch)
    sequences, steps = batch.targets.shape
    written = int(batch.target_lengths.sum())  # packed: what the stacks give has no padding
    own = size.decoder
    assert own is not None and own.time_steps == task.target_steps and size.time_steps == task.time_steps
    assert own.outputs == outputs.shape[-1] and own.states == made["rnn"] / written * config.num_layers
    assert own.inputs == made["embed"] / sequences / steps
    if "encoder" in made:
        read = int(batch.lengths.sum())
        assert size.inputs == made["embed_source"] / batch.inputs.numel()
        assert size.states == made["encoder"] / read * config.num_layers
    else:
        assert (size.inputs, size.states) == (batch.inputs.shape[-1], 0)
    if weights is None:
        assert own.attention == 0
    else:  # scores (for additive ones H each) and weights; context beside h; what W_c makes of them
        each = {"additive": config.hidden_size, "dot": 1}[attention] + 1
        assert own.attention == task.time_steps * each + 2 * config.hidden_size + made["combine"] / sequences / steps
    assert size.per_sequence > size.time_steps * size.states + own.time_steps * (own.states + own.outputs)
    assert str(own.states) in size.words


def numbers(out):
    out = out[0] if isinstance(out, tuple) else out
    return getattr(out, "data", out).numel()  # packed or not


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
