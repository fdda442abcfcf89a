"""Principal components against scikit-learn's, and what is left where there is little or nothing to project."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trace import make_trace
from sklearn.decomposition import PCA

from rnnviz.analysis.projection import principal_components


@pytest.mark.parametrize("units", [3, 8])
@pytest.mark.parametrize("state", ["h", "c"])
def test_it_equals_scikit_learns(units, state):
    trace = make_trace("lstm", batch=4, time=15, units=units, layers=2, lengths=[15, 9, 15, 2])
    ours = principal_components(trace, state, layer=1)
    rows = trace.states[state][1][trace.mask]
    theirs = PCA(3, svd_solver="full").fit(rows)
    np.testing.assert_allclose(ours.components, theirs.components_, atol=1e-9)
    np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(ours.of(trace)[trace.mask], theirs.transform(rows), atol=1e-9)
    assert np.isnan(ours.of(trace)[~trace.mask]).all()


def test_all_components_together_give_the_states_back():
    trace = make_trace("gru", units=5)
    found = principal_components(trace, count=5)
    back = found.of(trace) @ found.components + found.mean
    np.testing.assert_allclose(back, trace.states["h"][0], atol=1e-12)
    assert found.explained.sum() == pytest.approx(1)


def test_another_network_lies_in_the_same_directions():
    trace, other = make_trace("gru", seed=0), make_trace("gru", seed=5)
    found = principal_components(trace)
    expected = (other.states["h"][0] - trace.states["h"][0].mean((0, 1))) @ found.components.T
    np.testing.assert_allclose(found.of(other), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "count"), [((1, 1, 8), 0), ((1, 2, 8), 1), ((3, 5, 1), 1), ((2, 5, 2), 2), ((1, 1, 1), 0)]
)
def test_there_are_as_many_as_there_can_be(shape, count):
    batch, time, units = shape
    found = principal_components(make_trace("lstm", batch=batch, time=time, units=units))
    assert found.components.shape == (count, units) and found.explained.shape == (count,)
    assert found.explained.sum() <= 1 + 1e-12


def test_states_that_never_change_explain_nothing():
    trace = make_trace("gru", units=4)
    found = principal_components(replace(trace, states={"h": np.full_like(trace.states["h"], 0.1)}))
    np.testing.assert_allclose(found.explained, 0, atol=1e-12)
    np.testing.assert_allclose(found.of(trace) @ found.components.T.T, found.of(trace) @ found.components)


def test_what_diverged_is_left_out_and_not_placed():
    trace = make_trace("rnn_relu", batch=2, time=6, units=4)
    h = trace.states["h"].copy()
    h[0, 0, 4:] = np.nan
    h[0, 1, 5, 1] = np.inf
    found = principal_components(replace(trace, states={"h": h}))
    good = np.isfinite(h[0]).all(-1)
    expected = PCA(3, svd_solver="full").fit(h[0][good])
    np.testing.assert_allclose(found.explained, expected.explained_variance_ratio_, rtol=1e-9)
    assert (np.isfinite(found.of(replace(trace, states={"h": h}))).all(-1) == good).all()
    nothing = principal_components(replace(trace, states={"h": np.full_like(h, np.nan)}))
    assert nothing.components.shape == (0, 4) and np.isfinite(nothing.mean).all()


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_huge_and_tiny_states_spread_as_others_do(scale):
    trace = make_trace("rnn_relu", units=4)
    usual = principal_components(trace)
    found = principal_components(replace(trace, states={"h": trace.states["h"] * scale}))
    np.testing.assert_allclose(found.explained, usual.explained, rtol=1e-9)
