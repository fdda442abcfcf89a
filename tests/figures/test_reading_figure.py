"""A text in the colours of one unit: every cell is the Trace's number, and the right letter stands in it."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.figures.reading import reading_figure
from rnnviz.figures.tokens import CUT, LETTERS, per_line, tokens

ALPHABET = ["a", "␣", "↵", "<", " "]
SEEN = ["a", "", "↵", "&lt;", ""]


@pytest.mark.parametrize(("state", "layer", "sequence", "unit"), [("h", 0, 0, 0), ("c", 1, 1, 5)])
def test_every_cell_is_a_number_of_the_trace(make_trace, state, layer, sequence, unit):
    trace = make_trace("lstm", 2, 70, 8, layers=2, lengths=[70, 41])
    read = np.random.default_rng(0).integers(0, len(ALPHABET), 70)
    figure = reading_figure(trace, read, ALPHABET, unit, state, layer, sequence)
    text, path = figure.data[0], figure.layout.meta["path"]
    cells, length = np.array(text.z), trace.lengths[sequence]
    for t in range(length):  # 32 letters to a line, told out here once more
        row, column = t // 32, t % 32
        assert cells[row, column] == np.float32(trace.states[state][layer, sequence, t, unit])
        assert (text.text[row][column], text.customdata[row][column]) == (SEEN[read[t]], t)
        assert (path["x"][t], path["y"][t]) == (column, row)
    assert np.isfinite(cells).sum() == length
    assert text.hovertext[0][list(read).index(1)] == "␣"  # a space can be pointed at
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # from the top down
    assert list(figure.layout.yaxis.ticktext) == [0, 32, 64]
    assert text.zmax == -text.zmin >= np.abs(trace.states[state][layer, sequence]).max()


def test_tokens_that_are_not_those_of_the_trace_are_refused(make_trace):
    with pytest.raises(ValueError):
        reading_figure(make_trace(time=9), np.zeros(8, int), ALPHABET, 0)


def test_words_have_room_and_letters_stand_close():
    assert per_line(ALPHABET) == LETTERS
    tags = ["determiner", "noun", "preposition"]
    assert per_line(tags) == 3 == per_line(["a" * 100])
    strip = tokens(np.zeros((4, 3)), np.array([0, 1, 2, 0]), tags).data[0]
    assert list(strip.text[0]) == tags and strip.text[3][0] == "determiner"
    assert max(map(len, tags)) <= CUT


def test_a_character_that_cannot_be_seen_takes_the_room_of_one():
    names = ["a", "U+00A0", "�"]
    assert per_line(names) == LETTERS
    strip = tokens(np.zeros((3, 3)), np.array([0, 1, 2]), names).data[0]
    assert list(strip.text[0]) == ["a", "¤", "�"] and strip.customdata[0][1][1] == "U+00A0"


def test_a_long_text_is_drawn_as_far_as_there_is_room(make_trace):
    trace = make_trace(time=500)
    figure = reading_figure(trace, np.zeros(500, int), ALPHABET, 0)
    assert (
        np.array(figure.data[0].z).shape == (12, 32)
        and "first 384 of 500 time steps" in figure.layout.title.subtitle.text
    )
    assert len(figure.layout.meta["path"]["x"]) == 384
    assert figure.layout.height == reading_figure(make_trace(time=384), np.zeros(384, int), ALPHABET, 0).layout.height
