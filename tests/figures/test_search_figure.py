"""The maps of a search: every square where it belongs, clicks that name it, one scale on which bright is good."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.figures.colours import SEQUENTIAL
from rnnviz.figures.search import Limits, search_map, search_points

VALUES = np.array([[0.5, 0.02, np.nan], [0.001, np.nan, 0.1]])
NUMBERS = np.array([[4, 5, 6], [7, -1, 9]])


def drawn(values=VALUES, higher=False, **more):
    limits = Limits(values, higher)
    return search_map("GRU", (1e-3, 1e-2), (4, 8, 16), values, NUMBERS, "heldout_loss", limits, **more)


def test_every_square_has_its_value_its_number_and_its_place():
    heat, diverged = drawn(best=7).data
    assert list(heat["x"]) == ["4", "8", "16"]
    assert list(heat["y"]) == ["0.001", "0.01"]
    assert np.asarray(heat["z"]) == pytest.approx(np.log10(np.where(NUMBERS < 0, np.nan, VALUES)), nan_ok=True)
    assert [list(row) for row in heat["text"]] == [["0.5", "0.02", ""], ["0.001", "", "0.1"]]
    assert np.array_equal(heat["customdata"], NUMBERS)
    marked = np.isfinite(np.asarray(diverged["z"], float))
    assert marked.tolist() == [[False, False, True], [False, False, False]]  # what is not done yet did not diverge
    assert np.array_equal(diverged["customdata"], NUMBERS)


def test_a_frame_stands_on_the_best_square():
    (frame,) = drawn(best=7).layout.shapes
    assert (frame.x0 + frame.x1) / 2 == 0 and (frame.y0 + frame.y1) / 2 == 1  # the first size, the second rate
    assert 0.7 < frame.x1 - frame.x0 < 1 and 0.7 < frame.y1 - frame.y0 < 1
    assert not drawn().layout.shapes


def test_a_click_names_the_experiment():
    assert drawn().layout.meta["unit"] == "customdata"


def test_bright_is_good():
    few, many = SEQUENTIAL[0][1], SEQUENTIAL[-1][1]
    loss, accuracy = Limits(VALUES, False), Limits(np.array([0.2, 0.9]), True)
    assert loss.scale[0] == [0.0, many] and loss.scale[-1] == [1.0, few]
    assert accuracy.scale[0] == [0.0, few] and accuracy.scale[-1] == [1.0, many]
    assert [place for place, _ in loss.scale] == sorted(place for place, _ in loss.scale)


def test_the_scale_is_logarithmic_only_where_losses_span_decades():
    wide, narrow, share = (
        Limits(VALUES, False),
        Limits(np.array([0.2, 0.4]), False),
        Limits(np.array([0.01, 0.99]), True),
    )
    assert wide.log and wide.ends == (-3, 0)
    assert not narrow.log and narrow.ends == (0.2, 0.4) and not share.log
    assert Limits(np.array([np.nan]), False).ends == (0, 1)
    low, high = Limits(np.array([0.3, 0.3]), False).ends
    assert low < high


def test_points_are_where_they_were_drawn():
    rates, sizes, numbers = np.array([1e-3, 0.02, 0.1]), np.array([5, 9, 60]), np.array([3, 1, 8])
    values = np.array([0.5, 0.25, np.nan])
    figure = search_points("LSTM", rates, sizes, values, numbers, "heldout_loss", Limits(values, False), best=1)
    done, diverged, ring = figure.data
    assert list(done["x"]) == [5, 9] and list(done["y"]) == [1e-3, 0.02] and list(done["customdata"]) == [3, 1]
    assert list(done["marker"]["color"]) == [0.5, 0.25] and list(done["text"]) == ["0.5", "0.25"]
    assert (
        list(diverged["x"]) == [60] and list(diverged["customdata"]) == [8] and list(diverged["text"]) == ["diverged"]
    )
    assert list(ring["x"]) == [9] and list(ring["y"]) == [0.02]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"


def test_random_points_lie_on_the_same_axes_for_every_cell():
    limits = Limits(np.array([0.5]), False)
    within = (0.001, 0.01, 0.1), (4, 64)
    for size in (5, 60):
        one = np.array([0.02]), np.array([size]), np.array([0.5]), np.array([0])
        layout = search_points("LSTM", *one, "heldout_loss", limits, within=within).layout
        assert layout.xaxis.range == pytest.approx(np.log10([4 / 1.3, 64 * 1.3]))
        assert list(layout.yaxis.tickvals) == [0.001, 0.01, 0.1] and list(layout.yaxis.ticktext)[0] == "0.001"
