"""Thinning, logarithms and limits, against plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnnviz.figures.lines import band, line
from rnnviz.figures.scales import decades, log10, log_axis, positive, power, round_limit, spans, thin, ticks

anything = st.floats(allow_nan=True, allow_infinity=True, width=32)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, st.integers(1, 400), elements=anything), st.integers(8, 60))
def test_thinning_keeps_extremes_ends_and_accidents(values, limit):
    kept = thin(values, limit)
    assert len(kept) <= max(limit, 8) and (np.diff(kept) > 0).all()
    assert kept[0] == 0 and kept[-1] == len(values) - 1
    finite = values[np.isfinite(values)]
    shown = values[kept]
    if finite.size:
        assert np.nanmin(np.where(np.isfinite(shown), shown, np.nan)) == finite.min()
        assert np.nanmax(np.where(np.isfinite(shown), shown, np.nan)) == finite.max()
    assert np.isfinite(values).all() == np.isfinite(shown).all()


def test_a_single_spike_survives_a_long_history():
    values = np.ones(1_000_000, np.float32)
    values[777_777] = 50
    kept = thin(values)
    assert len(kept) <= 2000 and 777_777 in kept


def test_short_lines_are_not_touched():
    assert list(thin(np.zeros(2000))) == list(range(2000))


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, st.integers(0, 30), elements=st.floats(0, 1e300)))
def test_decades_enclose_all_positive_values(values):
    low, high = decades(values)
    assert high > low
    inside = values[values > 0]
    if inside.size:
        assert low <= np.log10(inside.min()) and np.log10(inside.max()) <= high
    marks = ticks(low, high)
    assert 1 <= len(marks) <= 7 and low <= marks[0] and marks[-1] <= high


def test_powers_and_axes():
    assert power(-12) == "10⁻¹²" and power(3) == "10³"
    axis = log_axis("y", -12, 0)
    assert axis["range"] == [-12, 0] and axis["ticktext"][-1] == "10⁰" and axis["tickvals"][-1] == 1
    assert 0 in ticks(-7, 5) and log_axis("y", -1, 0)["ticktext"][:3] == ["0.1", "0.2", "0.5"]


def test_log10_of_what_has_none_is_nan():
    out = log10(np.array([0.0, -1.0, np.inf, np.nan, 100.0]))
    assert np.isnan(out[:4]).all() and out[4] == 2


@pytest.mark.parametrize(("top", "limit"), [(0.9, 1), (1.0, 1), (1.1, 2), (3, 5), (70, 100), (0, 1), (2e-3, 2e-3)])
def test_round_limits(top, limit):
    assert round_limit(np.array([-top, top / 2, np.nan])) == pytest.approx(limit)


@settings(max_examples=60, deadline=None)
@given(st.lists(arrays(np.float32, st.integers(0, 6), elements=anything), max_size=3))
def test_the_ends_of_what_is_positive(found):
    good = [value for values in found for value in values.tolist() if 0 < value < np.inf]
    assert positive(*found) == ((min(good), max(good)) if good else None)
    assert positive(*found, [np.inf, 2.0], [np.nan, 1.0]) == (min([1.0, *good]), max([2.0, *good]))


def test_spans_counts_decades_and_refuses_negative_values():
    assert spans([1, 40]) and not spans([1, 20]) and not spans([-1, 1000]) and not spans([])


def test_a_lonely_point_is_visible():
    (one,) = line(np.array([3]), np.array([1.0]), "a", hover="h")
    assert one["mode"] == "lines+markers"


def test_a_band_has_one_shape_per_stretch():
    low = np.array([1.0, 1, np.nan, 1, 1])
    shape = band(np.arange(5), low, low + 1, "a")
    assert list(np.flatnonzero(np.isnan(shape["y"]))) == [4, 9]
    assert list(shape["x"][:4]) == [0, 1, 1, 0] and list(shape["y"][:4]) == [2, 2, 1, 1]
