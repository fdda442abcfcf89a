"""With and without recording: the same outputs, parameter gradients and random numbers, bit for bit."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
import torch
from torch import nn

import rnnviz
from rnnviz.loop import Loop
from rnnviz.recording import replay

MODULES = {
    "lstm": lambda: nn.LSTM(3, 5, 3, dropout=0.3, bidirectional=True, batch_first=True),
    "gru": lambda: nn.GRU(3, 5, 2, dropout=0.3, batch_first=True),
    "rnn_tanh": lambda: nn.RNN(3, 5, 2, dropout=0.3, batch_first=True),
    "rnn_relu": lambda: nn.RNN(3, 5, 1, nonlinearity="relu", batch_first=True),
    "loop": lambda: Loop("gru", 3, 5, 2, dropout=0.3, batch_first=True),
}


def train(module, x, steps=3):
    """Outputs, gradients and random states of a few optimiser steps."""
    torch.manual_seed(1)
    np.random.seed(1)
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    seen = []
    for _ in range(steps):
        output, final = module(x)
        optimiser.zero_grad()
        state = final[0] if isinstance(final, tuple) else final
        ((output**2).sum() + state.sum()).backward()
        seen += [output.detach().clone(), *[p.grad.clone() for p in module.parameters()], torch.get_rng_state()]
        optimiser.step()
    return seen, np.random.get_state()[1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", MODULES)
def test_bit_identical_with_and_without_recording(name, dtype):
    module = MODULES[name]().to(dtype).train()
    x = torch.randn(4, 7, 3, dtype=dtype)
    plain, numpy_state = train(copy.deepcopy(module), x)
    with rnnviz.record(module) as recording:
        recorded, numpy_state_recorded = train(module, x)
    before = torch.get_rng_state()
    traces = recording.passes("")
    assert len(traces) == 3 and all(trace.has_grads for trace in traces)
    assert torch.equal(torch.get_rng_state(), before)
    assert (numpy_state == numpy_state_recorded).all()
    assert len(plain) == len(recorded)
    for one, other in zip(plain, recorded, strict=True):
        assert torch.equal(one, other)


SIZES = [(12, 3, 5, 4), (100, 8, 32, 7), (33, 17, 16, 3)]  # at which torch's kernels round differently


@pytest.mark.parametrize("mode", ["a graph", "frozen", "no_grad"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("cls", [nn.LSTM, nn.GRU, nn.RNN])
def test_the_replay_equals_the_fused_call_bit_for_bit(cls, dtype, mode, monkeypatch):
    """With no tolerance left, a top layer that differs in one bit raises."""
    monkeypatch.setattr(replay, "TOLERANCE", {dtype: 0.0})
    torch.manual_seed(0)
    for (time, batch, units, depth), bidirectional, first in itertools.product(SIZES, (False, True), (False, True)):
        options = {"dropout": 0.3, "bidirectional": bidirectional, "batch_first": first, "dtype": dtype}
        module = cls(depth, units, 2, **options).requires_grad_(mode != "frozen")
        with torch.set_grad_enabled(mode != "no_grad"), rnnviz.record(module) as recording:
            output, _ = module(torch.randn(*((batch, time) if first else (time, batch)), depth, dtype=dtype))
        top = np.concatenate(list(recording[""].states["h"][-1 - bidirectional :]), axis=-1)
        assert np.array_equal(top, (output if first else output.transpose(0, 1)).detach().numpy())


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn_tanh"])
def test_a_generic_loop_is_recorded_like_its_fused_twin(cell, packed):
    torch.manual_seed(0)
    options = {"num_layers": 2, "bidirectional": True, "dropout": 0.4, "dtype": torch.float64}
    loop = Loop(cell, 3, 4, **options)
    fused = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn_tanh": nn.RNN}[cell](3, 4, **options)
    fused.load_state_dict(loop.state_dict())
    x = torch.randn(6, 3, 3, dtype=torch.float64)
    given = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([2, 6, 1]), enforce_sorted=False) if packed else x
    traces = []
    for module in (loop, fused):
        torch.manual_seed(5)
        with rnnviz.record(module) as recording:
            output, final = module(given)
            data = output.data if packed else output
            ((data**2).sum() + (final[0] if cell == "lstm" else final).sum()).backward()
        traces.append(recording[""])
    for name in ("states", "gates", "state_grads", "final_state_grads"):
        one, other = (getattr(trace, name) for trace in traces)
        assert one.keys() == other.keys()
        for key in one:
            np.testing.assert_allclose(one[key], other[key], atol=1e-12)
    np.testing.assert_allclose(traces[0].input_grads, traces[1].input_grads, atol=1e-12)
    np.testing.assert_array_equal(traces[0].dropout_masks[1], traces[1].dropout_masks[1])
