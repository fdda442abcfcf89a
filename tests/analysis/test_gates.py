"""Gate averages and saturation, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from flow_cases import Case

from rnnviz.analysis.gates import mean_over_sequences, saturated_fraction


def set_gates(trace, **values):
    """A Trace whose gates hold one number per (sequence, unit), the same at every layer and time step."""
    gates = dict(trace.gates)
    for name, value in values.items():
        gates[name] = np.broadcast_to(np.asarray(value, float)[None, :, None, :], trace.gates[name].shape)
    return replace(trace, gates=gates)


def two_by_two(cell):
    """A Trace cut to 2 sequences of 2 units, the second sequence one time step long."""
    trace = Case(cell, packed=False, time=3).trace
    size = (slice(None), slice(2), slice(None), slice(2))
    mask = np.array([[True, True, True], [True, False, False]])
    return replace(
        trace, inputs=trace.inputs[:2], mask=mask, layer_inputs=tuple(a[:2] for a in trace.layer_inputs),
        states={name: a[size] for name, a in trace.states.items()},
        gates={name: a[size] for name, a in trace.gates.items()},
        initial_states={name: a[:, :2, :2] for name, a in trace.initial_states.items()},
        state_grads=None, output_grads=None, final_state_grads=None, input_grads=None,
    )  # fmt: skip


def test_saturation_is_counted_at_each_end_over_existing_sequences():
    trace = set_gates(two_by_two("gru"), z=[[0.05, 0.5], [0.95, 0.99]], r=[[0.5, 0.2], [0.5, 0.8]])
    np.testing.assert_allclose(saturated_fraction(trace)["z"], [[3 / 4, 1 / 2, 1 / 2]])
    np.testing.assert_allclose(saturated_fraction(trace, "low")["z"], [[1 / 4, 1 / 2, 1 / 2]])
    np.testing.assert_allclose(saturated_fraction(trace, "high")["z"], [[2 / 4, 0, 0]])
    assert not saturated_fraction(trace)["r"].any()


def test_candidates_saturate_beyond_nine_tenths_in_absolute_value():
    trace = set_gates(two_by_two("lstm"), g=[[-0.95, 0.05], [0.95, -0.5]])
    np.testing.assert_allclose(saturated_fraction(trace)["g"], [[1 / 2, 1 / 2, 1 / 2]])
    assert set(saturated_fraction(trace)) == {"i", "f", "g", "o"}


def test_tanh_units_saturate_and_relu_units_do_not():
    tanh = two_by_two("rnn_tanh")
    h = np.broadcast_to(np.array([[-0.95, 0.95], [0.0, 0.5]])[None, :, None], tanh.states["h"].shape)
    np.testing.assert_allclose(saturated_fraction(replace(tanh, states={"h": h}))["h"], [[1 / 2, 1, 1]])
    assert saturated_fraction(two_by_two("rnn_relu")) == {}


def test_means_leave_padding_out_and_mark_where_nobody_is():
    trace = set_gates(two_by_two("gru"), z=[[0.0, 0.5], [1.0, 0.5]])
    np.testing.assert_allclose(mean_over_sequences(trace.gates["z"], trace.mask), [[0.5, 0.25, 0.25]])
    empty = replace(trace, mask=np.array([[True, True, False]] * 2))
    assert np.isnan(mean_over_sequences(empty.gates["z"], empty.mask)[0, 2])
    assert np.isnan(saturated_fraction(empty)["z"][0, 2])


def test_an_unknown_side_is_refused():
    with pytest.raises(ValueError, match="expected low, high or both"):
        saturated_fraction(two_by_two("gru"), "left")
