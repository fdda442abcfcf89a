"""Pictures of signals show the arrays that they are given, where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.figures import signals
from rnnviz.tasks.video import RADIUS, SIDE, film, pixels


def test_a_spectrogram_has_low_bands_at_the_bottom():
    energy = np.arange(12.0).reshape(4, 3)
    found = signals.spectrogram(energy, ["100 Hz", "200 Hz", "400 Hz"], "“two”")
    assert np.array_equal(found.data[0].z, energy.T) and list(found.data[0].y) == [0, 1, 2]
    assert found.layout.yaxis.range is None  # upwards
    assert found.layout.title.subtitle.text == "“two”"


def test_a_pen_goes_where_its_moves_lead_and_lifts():
    moves, down = np.array([[1, 0], [0, 2], [-1, 0], [0, -2]]), [1, 1, 0, 1]
    found = signals.pen(moves, down)
    solid, lifted, dots, start = found.data
    assert (solid.line.dash, lifted.line.dash) == ("solid", "dot")
    assert np.array_equal(lifted.x[:2], [1, 0]) and np.array_equal(lifted.y[:2], [2, 2])
    assert np.array_equal(dots.x, [1, 1, 0, 0]) and np.array_equal(dots.y, [0, 2, 2, 0])
    assert (*start.x, *start.y) == (0, 0)
    assert found.layout.meta["path"] == {"x": [1, 1, 0, 0], "y": [0, 2, 2, 0]}
    assert sum(np.isnan(solid.x)) == 3  # strokes are not joined over the gap


@pytest.mark.parametrize("steps", [1, 4, 23])
def test_marks_stand_on_the_ball_of_the_frame(steps):
    """A ball that stands still: the mark of where it will be is on the brightest pixel of every frame."""
    ball = np.tile([0.4, -0.6], (1, steps, 1))
    found = signals.film(film(ball)[0].reshape(-1, SIDE, SIDE), pixels(ball[0]), pixels(ball[0]) + 2)
    grid, truth, said = found.data[0].z, found.data[-2], found.data[-1]
    assert (np.isfinite(grid)).sum() == steps * SIDE * SIDE
    assert len(truth.x) == len(said.x) == len(found.layout.annotations) == steps
    for x, y in zip(truth.x, truth.y, strict=True):
        assert grid[round(y), round(x)] > 0.9
    assert np.allclose(np.subtract(said.x, truth.x), 2)
    assert [words.text for words in found.layout.annotations] == [str(t) for t in range(steps)]


def test_pixels_at_the_walls_leave_room_for_the_ball():
    middle = (SIDE - 1) / 2
    assert np.allclose(pixels(np.array([[1.0, 1.0], [-1, -1], [0, 0]])),
                       [[SIDE - 1 - RADIUS, RADIUS], [RADIUS, SIDE - 1 - RADIUS], [middle, middle]])  # fmt: skip


def test_a_melody_shows_chances_behind_the_notes_and_where_it_was_made_up():
    tokens, names = np.array([2, 0, 3]), ["–", "rest", "C4", "<b>"]
    chances = np.random.default_rng(0).dirichlet(np.ones(4), 3)
    found = signals.piano(tokens, names, chances)
    assert np.array_equal(found.data[0].z, chances.T.astype(np.float32))
    assert list(found.data[-1].y) == [2, 0, 3] and list(found.data[-1].text) == ["C4", "–", "&lt;b&gt;"]
    assert not found.layout.shapes and found.layout.title.text == "Melody"
    made_up = signals.piano(tokens, names, begun=2)
    assert made_up.layout.shapes[0].x0 == 1.5 and len(made_up.data) == 1
    assert made_up.layout.title.text == "Played on"


@pytest.mark.parametrize("drawn", [
    lambda: signals.spectrogram(np.zeros((0, 3)), ["a"] * 3),
    lambda: signals.pen(np.zeros((0, 2)), np.zeros(0)),
    lambda: signals.film(np.zeros((0, 4, 4)), np.zeros((0, 2)), np.zeros((0, 2))),
    lambda: signals.piano(np.zeros(0, int), ["a", "b"]),
])  # fmt: skip
def test_nothing_to_show_is_said(drawn):
    assert "has no" in drawn().layout.annotations[0].text
