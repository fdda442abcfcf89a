"""Per unit: shares of time at either end of a gate's range, and memory timescales, against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_trace import make_trace

from rnnviz.analysis.gate_units import timescales, unit_saturation


def held(value, cell="lstm", gate="f", **shape):
    """A Trace whose gate stands at a value throughout."""
    trace = make_trace(cell, **shape)
    return replace(trace, gates={**trace.gates, gate: np.full_like(trace.gates[gate], value)})


@pytest.mark.parametrize(("cell", "gate"), [("lstm", "f"), ("gru", "z")])
@pytest.mark.parametrize("value", [0.01, 0.5, 0.9, 0.999])
def test_a_gate_held_at_f_remembers_for_minus_one_over_ln_f(cell, gate, value):
    name, scales = timescales(held(value, cell, gate, layers=2))
    assert name == gate and scales.shape == (2, 8)
    np.testing.assert_allclose(scales, -1 / math.log(value), rtol=1e-12)


def test_what_is_left_of_a_memory_is_what_the_timescale_says():
    """By its definition: after T time steps exp(-T / timescale) is left, whatever path f took."""
    trace = make_trace("lstm", batch=1, time=30)
    _, scales = timescales(trace)
    left = np.prod(trace.gates["f"][:, 0], axis=1)
    np.testing.assert_allclose(np.exp(-30 / scales), left, rtol=1e-10)


def test_the_ends_of_the_range_are_said_and_not_warned_of():
    for value, expected in ((1.0, np.inf), (0.0, 0.0), (np.nan, np.nan)):
        np.testing.assert_array_equal(timescales(held(value))[1], np.full((1, 8), expected))
    assert timescales(make_trace("rnn_tanh")) is None


def test_padding_and_what_is_no_number_do_not_count():
    trace = make_trace("lstm", batch=2, time=6, lengths=[6, 3])
    f = np.full_like(trace.gates["f"], 0.95)
    f[0, 1, 3:] = 0.01  # padding
    f[0, 0, 0] = np.nan
    trace = replace(trace, gates={**trace.gates, "f": f})
    np.testing.assert_allclose(timescales(trace)[1], -1 / math.log(0.95), rtol=1e-12)
    low, high = unit_saturation(trace)["f"]
    np.testing.assert_array_equal(low, 0)
    np.testing.assert_array_equal(high, 1)


def test_shares_of_time_are_counted_as_by_hand():
    trace = make_trace("lstm", batch=2, time=5, units=3, lengths=[5, 2], scale=4.0)
    for name, (low, high) in unit_saturation(trace).items():
        ends = (-0.9, 0.9) if name == "g" else (0.1, 0.9)
        for unit in range(3):
            values = [trace.gates[name][0, b, t, unit] for b, t in zip(*np.nonzero(trace.mask), strict=True)]
            assert low[0, unit] == pytest.approx(sum(v < ends[0] for v in values) / 7)
            assert high[0, unit] == pytest.approx(sum(v > ends[1] for v in values) / 7)
    assert unit_saturation(make_trace("rnn_tanh")) == {}


def test_one_unit_one_time_step_one_sequence():
    trace = make_trace("gru", batch=1, time=1, units=1)
    z = trace.gates["z"].item()
    assert timescales(trace)[1].item() == pytest.approx(-1 / math.log(z))
    assert all(low.shape == high.shape == (1, 1) for low, high in unit_saturation(trace).values())
