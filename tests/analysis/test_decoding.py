"""Decoding in numpy against the torch model that was recorded, and beam search against trying everything."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from oracle import assert_close
from tiny_decoders import CLASSES, END, START, lively, tiny

from rnnviz.analysis.decoding import beam, forced, greedy
from rnnviz.config import ATTENTIONS, ExperimentConfig
from rnnviz.objective import TensorBatch
from rnnviz.trace import Trace
from rnnviz.training import observe, start

CASES = [
    ("vec→seq", {"cell": "lstm", "num_layers": 2}),
    ("vec→seq", {"cell": "gru_before", "embedding_size": 3}),
    *(("encoder–decoder", {"attention": a, "cell": "gru"}) for a in ATTENTIONS),
    ("encoder–decoder", {"attention": "dot", "cell": "lstm", "num_layers": 2, "bidirectional": True}),
    ("encoder–decoder", {"attention": "additive", "cell": "rnn_tanh", "bidirectional": True, "embedding_size": 3}),
]
every_case = pytest.mark.parametrize(("kind", "settings"), CASES)


def recorded(monkeypatch, kind, settings, seed=0):
    """(model, its Trace, the task)."""
    config, task = tiny(monkeypatch, kind, **settings)
    model = lively(config, task, seed)
    return model, observe(replace(start(config), weights=model.arrays())), task


def source_of(batch, b):
    return batch.inputs[b] if batch.lengths is None else batch.inputs[b, : batch.lengths[b]]


@every_case
def test_teacher_forcing_is_what_was_recorded(monkeypatch, kind, settings):
    _, trace, task = recorded(monkeypatch, kind, settings)
    batch = task.probe()
    for b, length in enumerate(batch.target_lengths):
        source, targets = source_of(batch, b), batch.targets[b, :length]
        one = forced(trace, source, targets.tolist(), START, END)
        assert np.array_equal(one.tokens, targets) and np.array_equal(one.previous, batch.previous[b, :length])
        assert one.ended and one.notice == ""
        assert_close(one.outputs, trace.outputs[b, :length], 1e-12)
        for name in trace.states:
            assert_close(one.states[name], trace.states[name][:, b, :length], 1e-12, name)
        if trace.attention is None:
            assert one.attention is None
        else:
            assert_close(one.attention, trace.attention[b, :length, : len(source)], 1e-12)
        expected = torch.tensor(trace.outputs[b, :length]).log_softmax(-1)[torch.arange(length), torch.tensor(targets)]
        assert_close(one.log_probabilities, expected.numpy(), 1e-12)
        assert one.score == pytest.approx(expected.mean().item(), rel=1e-12)
        assert np.array_equal(one.likeliest, trace.outputs[b, :length].argmax(-1))


@every_case
def test_greedy_is_what_the_model_writes(monkeypatch, kind, settings):
    found = set()
    for seed in range(6):
        model, trace, task = recorded(monkeypatch, kind, settings, seed)
        batch = task.heldout(20)
        tensors = TensorBatch.of(batch, task, torch.device("cpu"))
        with torch.no_grad():
            answers = model.answers(tensors).numpy()
        for b, answer in enumerate(answers):
            one = greedy(trace, source_of(batch, b), START, END, answers.shape[1])
            length = len(one.tokens)
            found.add(tuple(one.tokens.tolist()))
            assert one.tokens.tolist() == answer[:length].tolist() and not (answer[length:] - END).any()
            assert one.ended == (one.tokens[-1] == END) and bool(one.notice) == (not one.ended)
            assert np.array_equal(one.previous, [START, *one.tokens[:-1]])
            # step by step: what it wrote, given back as the right symbols, leads to the same states
            again = forced(trace, source_of(batch, b), one.tokens.tolist(), START, END)
            assert_close(one.outputs, again.outputs, 0)
            assert_close(one.states["h"], again.states["h"], 0)
            assert_close(one.log_probabilities, again.log_probabilities, 0)
    assert len(found) > 3


@every_case
def test_a_beam_of_one_is_greedy(monkeypatch, kind, settings):
    for seed in range(4):
        _, trace, task = recorded(monkeypatch, kind, settings, seed)
        batch = task.heldout(10)
        for b in range(10):
            one = greedy(trace, source_of(batch, b), START, END, 6)
            (best,) = beam(trace, source_of(batch, b), START, END, 6, width=1)
            assert np.array_equal(best.tokens, one.tokens) and best.ended == one.ended
            assert_close(best.states["h"], one.states["h"], 1e-12)
            assert_close(best.outputs, one.outputs, 1e-12)


@pytest.mark.parametrize(("kind", "settings"), [CASES[0], CASES[3], CASES[5]])
def test_a_full_beam_finds_what_trying_everything_finds(monkeypatch, kind, settings):
    """Every sequence of up to 3 symbols, scored by the torch model under teacher forcing."""
    most, improved = 3, 0
    for seed in range(3):
        model, trace, task = recorded(monkeypatch, kind, settings, seed)
        others = [k for k in range(CLASSES) if k != END]
        complete = [[*head, END] for n in range(most) for head in product(others, repeat=n)]
        batch = task.heldout(3)
        for b in range(3):
            scores = {}
            for tokens in complete:
                targets, length = np.array([tokens]), np.array([len(tokens)])
                previous = np.array([[START, *tokens[:-1]]])
                row = {"inputs": batch.inputs[b : b + 1], "lengths": None}
                if batch.lengths is not None:
                    row = {"inputs": source_of(batch, b)[None], "lengths": batch.lengths[b : b + 1]}
                one = replace(batch, **row, targets=targets, previous=previous, target_lengths=length)
                with torch.no_grad():
                    outputs = model.outputs(TensorBatch.of(one, task, torch.device("cpu")))[0]
                chances = outputs.log_softmax(-1)[torch.arange(len(tokens)), torch.tensor(tokens)]
                scores[tuple(tokens)] = chances.mean().item()
            found = beam(trace, source_of(batch, b), START, END, most, width=CLASSES**most)
            ended = [one for one in found if one.ended]
            assert {tuple(one.tokens.tolist()) for one in ended} == set(scores)
            for one in ended:
                assert one.score == pytest.approx(scores[tuple(one.tokens.tolist())], rel=1e-9)
            assert [one.score for one in ended] == sorted((one.score for one in ended), reverse=True)
            assert tuple(found[0].tokens.tolist()) == max(scores, key=scores.__getitem__)
            improved += tuple(greedy(trace, source_of(batch, b), START, END, most).tokens) != tuple(found[0].tokens)
    assert improved  # greedy is not always best, or nothing was searched


def wired(after):
    """A decoder wired by hand. after (O, O): the output of each class after each that was read."""
    count = len(after)
    zeros = np.zeros((1, 1, count))
    return Trace(
        cell="rnn_tanh",
        layer_names=("l0",),
        inputs=zeros,
        mask=np.ones((1, 1), bool),
        states={"h": zeros[None]},
        initial_states={"h": zeros},
        gates={},
        weights={"weight_ih_l0": 20 * np.eye(count), "weight_hh_l0": np.zeros((count, count))},
        layer_inputs=(zeros,),
        model_weights={
            "begin.h.weight": np.zeros((count, 1)),
            "begin.h.bias": np.zeros(count),
            "readout.weight": after,
            "readout.bias": np.zeros(count),
        },
    )


def test_a_beam_waits_for_what_is_long_and_sure():
    """0 (start), 2, 3, ... 7, 1 (end), each nearly certain and the end second likeliest."""
    count = 8
    right = [*range(2, count), END]
    after = np.full((count, count), -4.0)  # row: what comes, column: what was read
    after[END] = 0
    for token, following in zip([START, *right], right, strict=False):
        after[following, token] = 8
    assert greedy(wired(after), np.zeros(1), START, END, 20).tokens.tolist() == right
    for width in (2, 3, 5):
        found = beam(wired(after), np.zeros(1), START, END, 20, width)
        assert found[0].tokens.tolist() == right and len(found) == width
        assert all(one.ended and len(one.tokens) < len(right) for one in found[1:])  # the hasty ones ended before
    # At first the end is likelier, but not than the mean of a long sequence that is sure from then on.
    after[2, START] = -1
    assert greedy(wired(after), np.zeros(1), START, END, 20).tokens.tolist() == [END]
    assert beam(wired(after), np.zeros(1), START, END, 20, 2)[0].tokens.tolist() == right


def test_cut_sequences_come_after_those_that_ended(monkeypatch):
    _, trace, task = recorded(monkeypatch, "vec→seq", {"cell": "gru"})
    for width in (2, 5, 20):
        found = beam(trace, task.probe().inputs[0], START, END, 2, width)
        flags = [one.ended for one in found]
        assert 0 < len(found) <= width and flags == sorted(flags, reverse=True)
        assert all(len(one.tokens) == 2 for one in found if not one.ended)


def test_a_decoder_that_never_ends_is_cut_and_says_so(monkeypatch):
    _, trace, task = recorded(monkeypatch, "encoder–decoder", {"attention": "additive"})
    bias = trace.model_weights["readout.bias"].copy()
    bias[END] = -1e9
    endless = replace(trace, model_weights={**trace.model_weights, "readout.bias": bias})
    source = source_of(task.probe(), 0)
    one = greedy(endless, source, START, END, 30)
    assert len(one.tokens) == 30 and not one.ended
    assert "did not write its end symbol" in one.notice and "30 symbols" in one.notice
    for other in beam(endless, source, START, END, 7, 3):
        assert len(other.tokens) == 7 and "7 symbols" in other.notice


@pytest.mark.parametrize(("size", "finite"), [(1e30, True), (1.7e308, False)])
def test_huge_weights_are_said_and_raise_nothing(monkeypatch, size, finite):
    _, trace, task = recorded(monkeypatch, "encoder–decoder", {"attention": "dot"})
    huge = {name: np.sign(array) * size for name, array in trace.model_weights.items()}
    wild = replace(trace, model_weights=huge)
    source = source_of(task.probe(), 0)
    found = [greedy(wild, source, START, END, 4), *beam(wild, source, START, END, 4, 3)]
    found.append(forced(wild, source, [2, END], START, END))
    assert all(len(one.tokens) <= 4 for one in found)
    for one in found:
        assert np.isfinite(one.outputs).all() == finite == ("not finite" not in one.notice)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": np.zeros(0, int)}, "at least one"),
        ({"source": np.array([0, 3])}, "whole numbers from 0 to 2"),
        ({"source": np.array([-1])}, "whole numbers from 0 to 2"),
        ({"source": np.array([0.5])}, "whole numbers"),
        ({"source": np.zeros((2, 2), int)}, r"shape \(2, 2\)"),
        ({"start": 4}, "0 to 3"),
        ({"most": 0}, "most is 0"),
        ({"width": 0}, "width is 0; expected 1 to 256"),
        ({"width": 257}, "width is 257"),
    ],
)
def test_bad_arguments_are_refused_in_words(monkeypatch, change, words):
    _, trace, _ = recorded(monkeypatch, "encoder–decoder", {"attention": "dot"})
    usual = {"source": np.array([0, 1]), "start": START, "end": END, "most": 3, "width": 2}
    with pytest.raises(ValueError, match=words):
        beam(trace, **(usual | change))


def test_targets_are_checked_too(monkeypatch):
    _, trace, _ = recorded(monkeypatch, "encoder–decoder", {})
    for targets in ([], [2, 9, END], [2, -1]):
        with pytest.raises(ValueError, match="no symbols|0 to 3"):
            forced(trace, np.array([0]), targets, START, END)
    _, trace, _ = recorded(monkeypatch, "vec→seq", {})
    with pytest.raises(ValueError, match=r"shape \(2,\); expected \(3,\)"):
        greedy(trace, np.zeros(2), START, END, 3)
    plain = observe(start(ExperimentConfig(task="sine", hidden_size=3)))
    with pytest.raises(ValueError, match="of no decoder"):
        greedy(plain, np.zeros(2), START, END, 3)
