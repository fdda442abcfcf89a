"""Windows of a part, against loops over all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.data.prepared import Part, Windows


def part(sizes, targets=None):
    bounds = np.append(0, np.cumsum(sizes)).astype(np.int64)
    rows = np.arange(float(bounds[-1]))[:, None]
    return Part(rows, rows if targets is None else targets, bounds, np.zeros((len(rows), 0), bool))


def by_hand(sizes, length, stride, ahead):
    """(first row, time steps) of every window, stretch by stretch."""
    found, begin = [], 0
    for size in sizes:
        steps = size - ahead
        if 0 < steps <= length:
            found.append((begin, steps))
        elif steps > length:
            found += [(begin + k, length) for k in range(0, steps - length + 1, stride)]
        begin += size
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=6),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(0, 10**6),
)
def test_windows_are_those_found_by_hand(sizes, length, stride, ahead, seed):
    targets = np.arange(float(sum(sizes)))[:, None]
    targets[np.random.default_rng(seed).random(len(targets)) < 0.4] = np.nan
    for each in (part(sizes), part(sizes, targets)):
        wanted = [
            (first, steps)
            for first, steps in by_hand(sizes, length, stride, ahead)
            if not np.isnan(each.targets[first + ahead : first + ahead + steps]).all()
        ]
        windows = Windows.of(each, length, stride, ahead)
        assert len(windows) == len(wanted)
        first, steps = windows[np.arange(len(windows))]
        assert list(zip(first.tolist(), steps.tolist(), strict=True)) == wanted
        seen = np.zeros(len(targets))
        for begin, count in wanted:
            seen[begin : begin + count] += 1
        np.testing.assert_array_equal(windows.times_seen(len(targets)), seen)
        inside = np.searchsorted(each.bounds, first, side="right") - 1
        np.testing.assert_array_equal(windows.stretches(np.arange(len(windows))), inside)


@pytest.mark.parametrize("sizes", [[3, 9, 1], [3, 0, 9, 1]])
def test_a_whole_sequence_is_one_window_cut_to_the_length(sizes):
    classes = np.array([0, 1, -1]) if len(sizes) == 3 else np.array([0, 2, 1, -1])
    each = Part(np.zeros((13, 1)), classes, np.append(0, np.cumsum(sizes)), np.zeros((13, 0), bool))
    windows = Windows.of(each, 5, whole=True)
    assert len(windows) == 2  # the last has no class
    first, steps = windows[np.arange(2)]
    assert first.tolist() == [0, 3] and steps.tolist() == [3, 5]
    assert classes[windows.stretches(np.arange(2))].tolist() == [0, 1]
