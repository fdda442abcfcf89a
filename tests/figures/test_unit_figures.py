"""Figures of single units hold the numbers of the Trace, and mark the one that was chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from catalogue import untrained_beside, with_outputs
from conftest import make_trace

from rnnviz.analysis.gate_units import timescales, unit_saturation
from rnnviz.analysis.projection import principal_components
from rnnviz.analysis.quantities import Quantity
from rnnviz.figures.distribution import BINS, gate_values, shares_of
from rnnviz.figures.gate_units import saturation_figure, timescales_figure, unit_gates
from rnnviz.figures.states import Units, gate_heatmap, state_heatmap
from rnnviz.figures.trajectories import trajectories, unit_follows


@pytest.fixture(name="lstm", scope="module")
def _lstm():
    return make_trace("lstm", batch=3, time=12, units=6, layers=2, scale=3.0, lengths=[12, 7, 3])


def test_rows_of_a_heat_map_stand_as_asked_with_a_bar_each(lstm):
    order, follows = np.array([3, 1, 5, 0, 4, 2]), np.linspace(-1, 1, 6)
    figure = state_heatmap(lstm, "h", 1, 0, units=Units(5, order, ("input", follows)))
    np.testing.assert_array_equal(figure.data[0].z, lstm.states["h"][1, 0].T[order].astype(np.float32))
    assert list(figure.data[0].y) == list(figure.data[-1].y) == [f"unit {k}" for k in order]
    np.testing.assert_allclose(figure.data[-1].x, follows[order], rtol=1e-6)
    assert figure.layout.shapes[0].yanchor == 2 and figure.layout.meta["unit"] == "y"
    assert gate_heatmap(lstm, "f", units=Units(4)).layout.shapes[0].yanchor == 4
    assert not gate_heatmap(lstm, "f").layout.shapes


def test_shares_of_time_are_dots_and_the_chosen_one_has_a_ring(lstm):
    shares, before = unit_saturation(lstm), unit_saturation(untrained_beside(lstm))
    figure = saturation_figure(shares, 1, 4, before)
    for k, gate in enumerate(lstm.gates):
        _, grey, dots, ring = figure.data[4 * k : 4 * k + 4]
        low, high = shares[gate]
        np.testing.assert_array_equal((dots.x, dots.y), (high[1], low[1]))
        np.testing.assert_array_equal((grey.x, grey.y), (before[gate][1][1], before[gate][0][1]))
        assert (ring.x[0], ring.y[0], ring.text) == (high[1, 4], low[1, 4], ("4",))
        assert list(dots.customdata) == list(range(6))
    assert figure.layout.meta["unit"] == "customdata"


def test_timescales_are_sorted_and_name_their_units(lstm):
    gate, scales = timescales(lstm)
    figure = timescales_figure((gate, scales), 0, 2, None, 50.0)
    dots, ring, length = figure.data
    np.testing.assert_allclose(dots.y, np.sort(scales[0]))
    np.testing.assert_array_equal(scales[0][dots.customdata], dots.y)
    assert ring.y[0] == scales[0, 2] and ring.x[0] == list(dots.customdata).index(2)
    assert set(length.y) == {50.0}
    low, high = figure.layout.yaxis.range
    assert 10**low <= min(dots.y) and 10**high >= 50


def test_timescales_beyond_the_axis_are_triangles_at_its_ends():
    values = np.array([[0.0, 3.0, np.inf, np.nan, 1e12]])
    figure = timescales_figure(("f", values), 0, 3, None, 20.0)
    dots = figure.data[0]
    assert list(dots.marker.symbol) == ["triangle-down", "circle", "triangle-up", "triangle-up"]
    assert list(dots.customdata) == [0, 1, 4, 2] and list(dots.text) == ["0", "3", "1e+12", "inf"]
    assert "1 are no numbers" in figure.layout.title.subtitle.text
    assert "ring" not in [trace.name for trace in figure.data] and len(figure.data) == 2  # unit 3 has no place


def test_shares_of_values_add_up_and_equal_numpys(lstm):
    for layer in (0, 1):
        for gate, bounds in (("f", (0, 1)), ("g", (-1, 1))):
            shares, edges, lost = shares_of(lstm, gate, layer)
            counts, expected = np.histogram(lstm.gates[gate][layer][lstm.mask], BINS, bounds)
            np.testing.assert_allclose(edges, expected, atol=1e-12)
            assert np.abs(shares * lstm.mask.sum() * 6 - counts).sum() <= 2 and lost == 0  # values on an edge
            assert shares.sum() == pytest.approx(1)
    spoiled = lstm.gates["f"].copy()
    spoiled[0, 0, :2] = np.nan
    figure = gate_values(replace(lstm, gates={**lstm.gates, "f": spoiled}), 0, untrained_beside(lstm))
    assert "12 values are no numbers" in figure.layout.title.subtitle.text


def test_the_chosen_unit_is_strong_and_padding_is_not_drawn(lstm):
    figure = unit_gates(lstm, 2, 1, 1, untrained_beside(lstm))
    for k, gate in enumerate(lstm.gates):
        faint, dashed, strong = figure.data[3 * k : 3 * k + 3]
        np.testing.assert_allclose(strong.y, lstm.gates[gate][1, 1, :7, 2], rtol=1e-6)
        np.testing.assert_array_equal(strong.x, np.arange(7))
        assert dashed.line.dash == "dash" and len(faint.y) == 5 * 8  # five others, a gap after each
    assert list(figure.layout.meta["time"]) == ["x"]


def test_states_stand_at_their_components_and_the_path_is_the_sequence(lstm):
    found = principal_components(lstm, "c", 1)
    quantity = Quantity("label", np.array([0, 1, 2]), ("a", "b", "c"))
    places = found.of(lstm)
    flat = trajectories(found, lstm, quantity, 1, 0, untrained_beside(lstm))
    hollow, dots, line, start = flat.data
    np.testing.assert_allclose(np.stack([dots.x, dots.y], 1), places[lstm.mask][:, :2])
    np.testing.assert_array_equal(dots.marker.color, np.repeat([0, 1, 2], [12, 7, 3]))
    np.testing.assert_allclose(line.x[:7], places[1, :7, 0])
    assert start.x[0] == places[1, 0, 0] and len(hollow.x) == 3 * 12
    path = flat.layout.meta["path"]
    assert path["x"][:7] == list(places[1, :7, 0]) and path["x"][7:] == (None,) * 5 or path["x"][7:] == [None] * 5
    assert f"{100 * found.explained[0]:.0f} %" in flat.layout.xaxis.title.text
    solid = trajectories(found, lstm, quantity, 1, 0, None, solid=True)
    np.testing.assert_allclose(solid.data[0].z, places[lstm.mask][:, 2])
    assert len(solid.data[-1].x) == 0 and "z" in solid.layout.meta["path"]  # where the cursor will be


def test_a_unit_stands_above_what_it_is_compared_with(lstm):
    trace = with_outputs(lstm, "series")
    quantity = Quantity("target", trace.targets[..., 0])
    figure = unit_follows(trace, 3, quantity, "c", 1, 1, untrained_beside(lstm))
    before, unit, other = figure.data
    np.testing.assert_array_equal(unit.y, trace.states["c"][1, 1, :7, 3])
    np.testing.assert_array_equal(other.y, trace.targets[1, :7, 0])
    assert (before.line.dash, other.yaxis) == ("dash", "y2")
