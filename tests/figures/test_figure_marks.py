"""Marks, the step looked at and the run beside: where they stand, that labels keep apart, that axes stay."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import make_history
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.figures import training
from rnnviz.figures.gradient_norms import flow_over_training
from rnnviz.figures.marks import LINES, LISTED, ROOM, WORDED, on_rows, on_steps
from rnnviz.glossary import axis_title, lookup
from rnnviz.losses import LOSSES

OVER_STEPS = [
    lambda history, **more: training.loss_figure(history, 0.2, loss="mse", **more),
    lambda history, **more: training.metric_figure(history, "mse", **more),
    lambda history, **more: training.grad_norm_figure(history, 1.0, **more),
]


def named(figure, name):
    return [trace for trace in figure.data if trace.name == name]


@pytest.mark.parametrize("draw", OVER_STEPS)
def test_marks_stand_at_their_steps_and_leave_the_axes_alone(draw, make_history):
    history = make_history(400)
    plain, marked = draw(history), draw(history, marks=[(300, "clip at 1 → 2"), (100, "<b>x")], at=250)
    assert [(s.x0, s.x1, s.line.dash) for s in marked.layout.shapes] == [
        (100, 100, "dot"), (300, 300, "dot"), (250, 250, None),
    ]  # fmt: skip
    assert [(a.x, a.text) for a in marked.layout.annotations] == [
        (100, "&lt;b&gt;x"), (300, "clip at 1 → 2"), (250, "step 250"),
    ]  # fmt: skip
    assert [a.hovertext for a in marked.layout.annotations[:2]] == ["step 100: &lt;b&gt;x", "step 300: clip at 1 → 2"]
    assert marked.layout.xaxis == plain.layout.xaxis and marked.layout.yaxis == plain.layout.yaxis
    assert plain.layout.xaxis.range == (0, 400) and not plain.layout.shapes and not plain.layout.annotations


def test_what_lies_beyond_the_axis_is_left_out(make_history):
    figure = training.grad_norm_figure(make_history(50), marks=[(-1, "a"), (51, "b"), (50, "now")], at=51)
    assert [s.x0 for s in figure.layout.shapes] == [50] and figure.layout.annotations[0].text == "now"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 1100), st.text(max_size=40)), max_size=300), st.integers(1, 1000))
def test_labels_keep_apart_and_count_every_mark(marks, last):
    layout = on_steps(marks, None, last)
    shown = sorted(step for step, _ in marks if 0 <= step <= last)
    labels = [a["x"] for a in layout["annotations"]]
    assert all(b - a >= ROOM * last for a, b in zip(labels, labels[1:], strict=False))
    assert len(labels) <= 1 / ROOM + 1 and len(layout["shapes"]) <= LINES + 1
    lines = np.array([s["x0"] for s in layout["shapes"]])
    assert set(lines) <= set(shown) and (len(lines) > 0) == bool(shown)
    assert all(np.abs(lines - step).min() <= last / LINES for step in shown)
    for k, note in enumerate(layout["annotations"]):
        stop = labels[k + 1] if k + 1 < len(labels) else last + 1
        count = sum(labels[k] <= step < stop for step in shown)
        if len(labels) > WORDED:
            assert note["text"] == str(count) and note["textangle"] == 0
        else:
            assert note["text"].endswith(f" +{count - 1}") == (count > 1) and note["textangle"] == -90
        assert note["hovertext"].count("<br>") == min(count - 1, LISTED)
        assert note["hovertext"].startswith(f"step {labels[k]:,}: ")


def test_marks_on_a_map_lie_between_the_rows_before_and_after(make_history):
    history = make_history(400)  # recorded at 0, 40, 80, ...
    figure = flow_over_training(history, marks=[(80, "at a row"), (81, "after it"), (399, "at the end")], at=119)
    assert [(s.type, s.y0, s.y1) for s in figure.layout.shapes] == [
        ("line", 2.5, 2.5), ("line", 9.5, 9.5), ("rect", 1.5, 2.5),
    ]  # fmt: skip
    assert [a.text for a in figure.layout.annotations] == ["at a row +1", "at the end", "step 119"]
    assert figure.layout.yaxis.range == (-0.5, 9.5) == flow_over_training(history).layout.yaxis.range


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2000), max_size=50), st.integers(0, 2000))
def test_a_place_on_a_map_is_never_the_name_of_a_row(marks, at):
    steps = np.arange(0, 1000, 10)
    layout = on_rows([(step, "a") for step in marks], at, steps)
    for shape in layout["shapes"]:
        assert shape["y0"] % 1 == shape["y1"] % 1 == 0.5
    row = layout["shapes"][-1]
    assert steps[int(row["y0"] + 0.5)] == max(s for s in steps if s <= at) and row["y1"] == row["y0"] + 1
    assert on_rows([], 5, np.array([10, 20]))["shapes"] == []


@pytest.mark.parametrize("draw", OVER_STEPS)
def test_the_run_beside_is_dashed_behind_and_on_the_axes(draw, make_history):
    history, other = make_history(200), make_history(500, seed=1)
    other = replace(other, **{name: 100 * getattr(other, name) for name in ("loss", "heldout_loss", "metric")})
    alone, figure = draw(history), draw(history, beside=("<my> run", other))
    beside = named(figure, "&lt;my&gt; run")
    assert {trace.line.dash for trace in beside} == {"dash"} and figure.data[0] in beside
    assert [trace.showlegend is not False for trace in beside].count(True) == 1 and figure.layout.showlegend
    values = {"training loss": other.loss, "held-out loss": other.heldout_loss, "mean squared error": other.metric}
    values |= {"gradient norm": other.grad_norm}
    for trace in beside:
        what = trace.hovertemplate.split(" %")[0]
        np.testing.assert_array_equal(trace.y, values[what])
        steps = np.arange(500) if len(trace.y) == 500 else other.checked
        np.testing.assert_array_equal(trace.x, steps)
        assert 10.0 ** figure.layout.yaxis.range[1] >= trace.y.max()
    mine = [trace for trace in figure.data if trace not in beside]
    assert [t.name for t in mine] == [t.name for t in alone.data]
    for trace, before in zip(mine, alone.data, strict=True):
        if trace.name not in ("baseline", "clip"):
            np.testing.assert_array_equal(trace.y, before.y)
    assert figure.layout.xaxis.range == (0, 500)


@pytest.mark.parametrize("draw", OVER_STEPS)
def test_beside_a_run_that_has_not_begun(draw, make_history, no_history):
    figure = draw(make_history(50), beside=("other", no_history), marks=[(3, "a")], at=2)
    figure.to_json()
    assert figure.layout.xaxis.range == (0, 50)
    assert "annotations" in draw(no_history, beside=("other", make_history(50))).layout  # says that it waits


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_drawn_says_which_loss_it_is(name):
    figure = training.loss_figure(make_history(30), loss=name)
    assert figure.layout.title.text == f"Loss: {lookup(name).label}" and lookup(name).unit
    assert figure.layout.yaxis.title.text == axis_title("loss", lookup(name).unit)
    assert not named(figure, "baseline")


def test_a_limit_that_changed_on_the_way_is_drawn_and_counted_where_it_was():
    norms = np.array([2.0, 0.5, 2.0, 0.5, 2.0, 0.1])
    limits = np.array([1.0, 1.0, np.nan, np.nan, 0.3, 0.3])
    history = replace(make_history(), loss=norms, grad_norm=norms)
    drawn = training.grad_norm_figure(history, limits)
    rules = [(list(trace.x), trace.y[0]) for trace in drawn.data if trace.name == "clip"]
    assert rules == [([0, 1], 1.0), ([4, 5], 0.3)]
    assert "33 % of the steps were clipped" in json.dumps(drawn.to_dict()["layout"], default=str)
    once = training.grad_norm_figure(history, np.full(6, 1.0))
    assert [trace.y[0] for trace in once.data if trace.name == "clip"] == [1.0]
    assert "50 % of the steps were clipped at 1" in json.dumps(once.to_dict()["layout"], default=str)
