"""Truncated gradients against autograd over a loop that detaches its states at every cut."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from flow_cases import Case
from oracle import SEEDS, assert_close, unroll

from rnnviz.analysis.truncation import truncated_gradients

SHAPES = [(1, False), (1, True), (2, False), (3, True)]
CELLS = ["lstm", "gru", "rnn_tanh", "rnn_relu"]


def detached(case, window):
    """The total gradients by autograd: state -> (L, B, T, H); and dL/dx (B, T, D)."""
    loop = unroll(case.module, case.inputs, case.lengths, case.initial, case.masks, window=window)
    time = case.inputs.shape[1]
    return loop.gradients(torch.stack([case.loss_at(loop, s) for s in range(time)]).sum())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("layers", "bidirectional"), SHAPES)
@pytest.mark.parametrize("cell", CELLS)
def test_equal_to_autograd_with_states_detached_at_the_cuts(cell, layers, bidirectional, seed):
    case = Case(cell, layers, bidirectional, seed, packed=seed % 2 == 0, dropout=0.4 * (layers > 1), time=7)
    for window in (1, 2, 3, 5):
        found = truncated_gradients(case.trace, window)
        states, inputs = detached(case, window)
        for name, expected in states.items():
            assert_close(found.total[name], expected, 1e-10, f"dL/d{name}, window {window}")
        assert_close(sum(found.down[: 1 + bidirectional]), inputs, 1e-10, f"dL/dx, window {window}")


@pytest.mark.parametrize(("layers", "bidirectional"), SHAPES)
@pytest.mark.parametrize("cell", CELLS)
def test_a_window_as_long_as_the_sequence_cuts_nothing(cell, layers, bidirectional):
    case = Case(cell, layers, bidirectional, dropout=0.4 * (layers > 1))
    for window in (7, 8, 10**9):
        found = truncated_gradients(case.trace, window)
        for name, expected in case.trace.state_grads.items():
            assert_close(found.total[name], expected, 1e-12, name)
        assert_close(sum(found.down[: 1 + bidirectional]), case.trace.input_grads, 1e-12, "dL/dx")


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_nothing_arrives_over_a_cut_and_the_rest_comes_from_above(cell):
    case = Case(cell, 2, True, packed=False, time=7)
    found = truncated_gradients(case.trace, 3)
    for k, layer in enumerate(case.trace.layer_names):
        ends = (0, 3, 6) if layer.endswith("_reverse") else (2, 5, 6)  # where no later step of the window passes back
        inside = [t for t in range(7) if t not in ends]
        for name, passed in found.passed.items():
            assert np.abs(passed[k][:, ends]).max() < 1e-15, (layer, name)
            assert np.abs(passed[k][:, inside]).max(axis=(0, 2)).min() > 1e-6, (layer, name)
    together = found.passed["h"] + found.entering
    assert_close(together, found.total["h"], 1e-12, "parts")
    above = sum(array for array in found.down[2:])
    units = case.trace.size[-1]
    assert_close(found.entering[1], above[..., units:] + _final(case, 1), 1e-12, "what enters the lower layer")


def _final(case, k):
    """What enters layer k, a reverse one, through its final h, at t = 0."""
    final = np.zeros(case.trace.states["h"][k].shape)
    final[:, 0] = case.trace.final_state_grads["h"][k]
    return final


@pytest.mark.parametrize("window", [0, -3])
def test_a_window_without_time_steps_is_refused(window):
    with pytest.raises(ValueError, match=f"window is {window}; a window holds at least 1 time step"):
        truncated_gradients(Case("gru").trace, window)


def test_without_gradients_the_reason_is_said():
    bare = dataclasses.replace(
        Case("gru").trace, state_grads=None, output_grads=None, final_state_grads=None, why_no_grads="it was night"
    )
    with pytest.raises(ValueError, match="it was night"):
        truncated_gradients(bare, 2)


def test_one_time_step_and_infinite_gradients_are_values():
    assert truncated_gradients(Case("lstm", time=1, packed=False).trace, 1).total["h"].shape[2] == 1
    case = Case("gru", packed=False)
    output_grads = case.trace.output_grads.copy()
    output_grads[:, 4] = np.inf
    found = truncated_gradients(dataclasses.replace(case.trace, output_grads=output_grads), 3).total["h"]
    assert np.isfinite(found[:, :, :3]).all() and not np.isfinite(found[:, :, 3:5]).any()
