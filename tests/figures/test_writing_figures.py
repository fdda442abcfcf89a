"""What the figures of decoding say: frames where symbols differ, and attention with a name at every cell."""

from __future__ import annotations

import numpy as np

from rnnviz.figures.attention import attention_figure
from rnnviz.figures.writing import PER_LINE, Row, writing_figure


def frames(figure):
    trace = next(trace for trace in figure.data if trace.type == "scatter")
    return sorted(zip(trace.y, trace.x, strict=True))


def test_symbols_that_differ_are_framed_and_counted():
    chances = np.array([0.9, 0.2, 0.8, 0.7])
    figure = writing_figure(
        Row("target", list("abc")), Row("told", list("axc"), chances[:3]), Row("free", list("abcd"))
    )
    assert frames(figure) == [(1, 1), (2, 3)]  # x for b; a symbol beyond the target's end
    assert "2 that differ" in figure.layout.title.subtitle.text
    np.testing.assert_allclose(figure.data[0].z[1][:3], chances[:3], rtol=1e-6)
    assert list(figure.layout.yaxis.ticktext) == ["target", "told", "free"]
    assert "all as the target" in writing_figure(Row("target", ["a"]), Row("told", ["a"])).layout.title.subtitle.text


def test_symbols_cut_for_room_are_compared_whole():
    figure = writing_figure(Row("target", ["abcd"]), Row("told", ["abce"]))
    assert frames(figure) == [(1, 0)]


def test_long_sequences_go_on_in_another_line():
    long = ["a"] * (PER_LINE + 3)
    figure = writing_figure(Row("target", long), Row("free", [*long[:-1], "b"]))
    assert frames(figure) == [(4, 2)]  # two rows, a gap, two rows
    assert list(figure.layout.yaxis.ticktext) == ["target", "free", f"t ≥ {PER_LINE}", f"t ≥ {PER_LINE}"]
    assert not figure.layout.meta["time"]  # one place on the axis is several time steps


def test_nothing_written_is_said():
    assert "Nothing was written" in writing_figure(Row("target", [])).layout.annotations[0].text
    assert "Nothing was written" in attention_figure(np.zeros((0, 3)), "abc", "").layout.annotations[0].text


def test_attention_rows_are_what_was_written():
    weights = np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]])
    figure = attention_figure(weights, ["<b>", " "], ["x", "y", "⟩"])
    np.testing.assert_array_equal(figure.data[0].z, weights)
    assert list(figure.layout.xaxis.ticktext) == ["&lt;b&gt;", "␣"]
    assert list(figure.layout.yaxis.ticktext) == ["x", "y", "⟩"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # from the top down
    weights[1, 0] = np.nan
    assert "magenta" in attention_figure(weights, "ab", "xyz").layout.title.subtitle.text
