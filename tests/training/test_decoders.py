"""Decoders, their attention and their encoders against explicit loops: outputs, gradients, what is written, runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from oracle import assert_close, unroll
from small_runs import arrays, assert_equal
from tiny_decoders import END, START, lively, tiny

from rnnviz.analysis.gradient_flow import gradient_flow
from rnnviz.config import ATTENTIONS, ExperimentConfig
from rnnviz.model import build
from rnnviz.objective import TensorBatch, exact_matches
from rnnviz.run import Run
from rnnviz.seq2seq import SCORES
from rnnviz.shapes import SHAPES
from rnnviz.tasks import TASKS, make_task
from rnnviz.trace import Trace
from rnnviz.trainer import Trainer, device_named
from rnnviz.training import advance, evaluate, observe, start

CPU = torch.device("cpu")
KINDS = ("encoder–decoder", "vec→seq")


def scores_by_hand(model, kind, h, memory):
    """(S,) one score at a time, by the definitions."""
    if kind == "dot":
        return torch.stack([h @ m / len(h) ** 0.5 for m in memory])
    own = model.attention
    v, w_q, w_k = own.score.weight[0], own.query.weight, own.key.weight
    return torch.stack([v @ torch.tanh(w_q @ h + w_k @ m) for m in memory])


def begin_by_hand(config, model, batch):
    """(initial states, what attention looks at or None, the encoder's oracle or None)."""
    layers, units = config.num_layers, config.hidden_size
    if not hasattr(model, "encoder"):
        made = {s: torch.tanh(batch.inputs @ w.weight.T + w.bias) for s, w in model.begin.items()}
        split = {s: [row[:, k * units : (k + 1) * units] for k in range(layers)] for s, row in made.items()}
        return {s: torch.stack(rows) for s, rows in split.items()}, None, None
    encoder = unroll(model.encoder, model.embed_source(batch.inputs), batch.lengths)
    finals, memory = encoder.final, encoder.outputs
    if config.bidirectional:

        def joined(state, both):
            return both @ model.join[state].weight.T + model.join[state].bias

        memory = joined("h", memory)
        finals = {
            s: torch.stack([joined(s, torch.cat([each[2 * k], each[2 * k + 1]], -1)) for k in range(layers)])
            for s, each in finals.items()
        }  # fmt: skip
    return finals, memory, encoder


def by_hand(config, model, batch):
    """(decoder's oracle, encoder's, outputs (B, T, O), attention (B, T, S), loss), sequence by sequence."""
    initial, memory, encoder = begin_by_hand(config, model, batch)
    decoder = unroll(model.rnn, model.embed(batch.previous), batch.target_lengths, initial)
    count, steps = batch.targets.shape
    attention = torch.zeros(count, steps, batch.inputs.shape[1], dtype=torch.float64)
    rows, losses = [], []
    for b in range(count):
        for t in range(steps):
            h = decoder.outputs[b, t]
            if config.attention != "off" and memory is not None:
                exists = memory[b, : batch.lengths[b]]
                e = scores_by_hand(model, config.attention, h, exists).exp()
                weights = e / e.sum()
                if t < batch.target_lengths[b]:
                    attention[b, t, : len(weights)] = weights.detach()
                context = sum(w * m for w, m in zip(weights, exists, strict=True))
                h = torch.tanh(model.combine.weight @ torch.cat([context, h]) + model.combine.bias)
            y = model.readout.weight @ h + model.readout.bias
            rows.append(y)
            if t < batch.target_lengths[b]:
                losses.append(y.exp().sum().log() - y[batch.targets[b, t]])
    return decoder, encoder, torch.stack(rows).unflatten(0, (count, steps)), attention, torch.stack(losses).mean()


CASES = [(kind, attention) for kind in KINDS for attention in ATTENTIONS if attention == "off" or kind == KINDS[0]]


@pytest.mark.parametrize(("kind", "attention"), CASES)
@pytest.mark.parametrize("settings", [
    {"cell": "lstm", "num_layers": 2, "bidirectional": True, "embedding_size": 3},
    {"cell": "gru"},
    {"cell": "gru_before", "bidirectional": True},
    {"cell": "rnn_tanh", "num_layers": 2},
], ids=lambda settings: settings["cell"])  # fmt: skip
def test_observation_is_that_of_an_explicit_loop(monkeypatch, kind, attention, settings):
    config, task = tiny(monkeypatch, kind, attention=attention, **settings)
    model = lively(config, task)
    run = replace(start(config), weights=model.arrays())
    trace = observe(run)
    batch = TensorBatch.of(task.probe(), task, CPU)
    decoder, encoder, outputs, weights, loss = by_hand(config, model, batch)
    there = decoder.mask.numpy()
    assert np.array_equal(trace.mask, there) and not there.all()
    assert_close(trace.outputs[there], outputs.detach().numpy()[there], 1e-12)
    assert trace.loss == pytest.approx(loss.item(), rel=1e-12)
    assert trace.layer_names == tuple(f"l{k}" for k in range(config.num_layers))
    if attention == "off":
        assert trace.attention is None
    else:
        assert_close(trace.attention, weights.numpy(), 1e-12)
        assert_close(trace.attention.sum(-1)[there], np.ones(there.sum()), 1e-12)
        assert not trace.attention[~there].any()
    check_gradients(trace, decoder, loss)
    assert not any(grad.any() for grad in trace.final_state_grads.values())
    if encoder is None:
        assert trace.encoder is None
        return
    check_gradients(trace.encoder, encoder, loss)
    assert trace.encoder.step == trace.step
    assert len(trace.encoder.layer_names) == config.num_layers * (1 + config.bidirectional)
    entering = torch.autograd.grad(loss, encoder.outputs, retain_graph=True, materialize_grads=True)[0]
    through_bridge = torch.autograd.grad(loss, list(encoder.final.values()), retain_graph=True)
    if attention == "off":
        assert not trace.encoder.output_grads.any()
    else:
        assert_close(trace.encoder.output_grads, entering.numpy(), 1e-12)
    for name, grad in zip(encoder.final, through_bridge, strict=True):
        assert grad.any()
        assert_close(trace.encoder.final_state_grads[name], grad.numpy(), 1e-12)
    assert gradient_flow(trace.encoder).total.shape == trace.encoder.size[::2]


def check_gradients(trace: Trace, oracle, loss):
    states, inputs = oracle.gradients(loss)
    for name, grad in states.items():
        assert_close(trace.states[name], oracle.values(name), 1e-12, name)
        assert_close(trace.state_grads[name], grad * oracle.mask[None, :, :, None].numpy(), 1e-12, f"d{name}")
    assert_close(trace.input_grads, inputs, 1e-12, "dx")


@pytest.mark.parametrize(("kind", "attention"), CASES)
@pytest.mark.parametrize("cell", ["lstm", "gru_before"])
def test_what_is_written_follows_the_likeliest_symbol(monkeypatch, kind, attention, cell):
    """Every prefix is given to the model again from its beginning."""
    config, task = tiny(monkeypatch, kind, attention=attention, cell=cell, num_layers=2)
    batch = TensorBatch.of(task.heldout(40), task, CPU)
    ends = set()
    for seed in range(8):
        model = lively(config, task, seed)
        with torch.no_grad():
            answers = model.answers(batch)
        previous = torch.full_like(batch.targets, START)
        written = torch.full_like(batch.targets, END)
        for t in range(previous.shape[1]):
            with torch.no_grad():
                outputs = model.outputs(replace(batch, previous=previous, target_lengths=None))
            written[:, t] = outputs[:, t].argmax(-1)
            if t + 1 < previous.shape[1]:
                previous[:, t + 1] = written[:, t]
        for b, row in enumerate(written.tolist()):
            length = row.index(END) + 1 if END in row else len(row)
            ends.add(length)
            assert answers[b].tolist() == row[:length] + [END] * (len(row) - length)
    assert len(ends) > 1  # some end early, or little was tested


def test_a_match_is_exact_or_none():
    targets = torch.tensor([[2, 3, 1, 0], [2, 1, 0, 0], [1, 0, 0, 0]])
    batch = TensorBatch(targets, targets, None, None, target_lengths=torch.tensor([3, 2, 1]))
    right = torch.tensor([[2, 3, 1, 1], [2, 1, 1, 1], [1, 1, 1, 1]])
    assert exact_matches(right, batch).tolist() == [True, True, True]
    longer = torch.tensor([[2, 3, 3, 1], [2, 3, 1, 1], [2, 1, 1, 1]])
    shorter = torch.tensor([[2, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]])
    assert exact_matches(longer, batch).tolist() == [False, False, False]
    assert exact_matches(shorter, batch).tolist() == [False, False, True]


@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_weighs_loss_by_symbols_and_matches_by_sequences(monkeypatch, kind):
    config, task = tiny(monkeypatch, kind, attention="dot")
    run = advance(start(config), steps=30)
    trainer = Trainer(run, device_named("cpu"))
    trainer.at_once = 7  # parts of 7 have different numbers of symbols
    loss, metric = trainer.evaluate(60)
    batch = TensorBatch.of(task.heldout(60), task, CPU)
    with torch.no_grad():
        outputs, written = trainer.model.outputs(batch), trainer.model.answers(batch)
    losses, right = [], []
    for b, length in enumerate(batch.target_lengths.tolist()):
        for t in range(length):
            losses.append(-outputs[b, t].log_softmax(-1)[batch.targets[b, t]].item())
        right.append(written[b, :length].tolist() == batch.targets[b, :length].tolist())
    assert loss == pytest.approx(np.mean(losses), rel=1e-12)
    assert metric == pytest.approx(np.mean(right), rel=1e-12) and 0 < metric < 1
    assert evaluate(run, 60) == pytest.approx((loss, metric), rel=1e-12)


@pytest.mark.parametrize(("kind", "settings"), [
    (KINDS[0], {"attention": "additive", "cell": "lstm", "num_layers": 2, "bidirectional": True, "dropout": 0.4}),
    (KINDS[1], {"bidirectional": True, "num_layers": 2, "dropout": 0.4}),
])  # fmt: skip
def test_a_resumed_run_is_the_uninterrupted_one(monkeypatch, kind, settings):
    config, _ = tiny(monkeypatch, kind, **settings)
    whole = advance(start(config), steps=14)
    run = start(config)
    for steps in (1, 5, 8):
        run = Run.from_bytes(advance(run, steps=steps).to_bytes())
    assert_equal(run, whole)
    seen, again = dict(arrays(observe(run), "trace")), dict(arrays(observe(whole), "trace"))
    assert list(seen) == list(again) and all(np.array_equal(seen[name], again[name]) for name in seen)
    assert any(name.startswith("trace.encoder") for name in seen) == (kind == KINDS[0])


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_what_lies_in_the_padding_changes_nothing(monkeypatch, attention):
    config, task = tiny(monkeypatch, attention=attention, bidirectional=True)
    model, batch = lively(config, task), task.heldout(6)
    inputs, previous = batch.inputs.copy(), batch.previous.copy()
    inputs[np.arange(inputs.shape[1]) >= batch.lengths[:, None]] = 2
    previous[np.arange(previous.shape[1]) >= batch.target_lengths[:, None]] = 3
    one, other = (TensorBatch.of(each, task, CPU) for each in (batch, replace(batch, inputs=inputs, previous=previous)))
    assert not torch.equal(one.inputs, other.inputs) and not torch.equal(one.previous, other.previous)
    there = np.arange(previous.shape[1]) < batch.target_lengths[:, None]
    assert torch.equal(model.outputs(one)[there], model.outputs(other)[there])
    assert torch.equal(model.answers(one), model.answers(other))


def test_every_layer_of_both_stacks_draws_its_own_weights(monkeypatch):
    config, task = tiny(monkeypatch, init="orthogonal", num_layers=2, bidirectional=True)
    arrays = build(config, task).arrays()
    recurrent = [array for name, array in arrays.items() if "weight_hh" in name]
    assert len(recurrent) == 2 + 4
    for k, one in enumerate(recurrent):
        q = one[: config.hidden_size]
        np.testing.assert_allclose(q @ q.T, np.eye(len(q)), atol=1e-12)
        assert not any(np.array_equal(one, other) for other in recurrent[:k])
    assert list(build(config, task).own_arrays()) == [
        name for name in arrays if not name.startswith(("rnn.", "encoder."))
    ]


def test_registries_agree():
    assert tuple(SCORES) == ATTENTIONS[1:]
    assert {task.shape for task in TASKS.values()} == set(SHAPES)
    for name in TASKS:
        if not TASKS[name].needs_data:
            config = ExperimentConfig(task=name, hidden_size=3, length=20)
            model = build(config, make_task(config))
            path = SHAPES[TASKS[name].shape].model
            assert f"{type(model).__module__}.{type(model).__name__}" == path


def test_a_model_without_a_decoder_cannot_answer():
    config = ExperimentConfig(task="sine", hidden_size=3)
    with pytest.raises(TypeError, match="Model has no decoder"):
        build(config, make_task(config)).answers(None)
