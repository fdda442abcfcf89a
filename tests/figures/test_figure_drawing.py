"""A Drawing says in its own words what plotly would say, and is an ordinary plotly Figure to whoever looks inside."""

from __future__ import annotations

import base64
import copy
import json
import time

import numpy as np
import plotly.graph_objects as go
import pytest
from catalogue import catalogue

from rnnviz.figures import training
from rnnviz.figures.drawing import Drawing

ALL = catalogue()


def decoded(value):
    """JSON as plotly.js reads it: typed arrays as lists, NaN as None, what is empty as if it were not there."""
    if isinstance(value, dict) and "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        shape = [int(n) for n in str(value.get("shape", array.size)).split(",")]
        return decoded(array.reshape(shape).tolist())
    if isinstance(value, dict):
        items = {key: decoded(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item not in ({}, [], None)}
    if isinstance(value, list):
        return [decoded(item) for item in value]
    return None if value != value else value


def same_as_plotly(figure):
    """Both ways of writing it, before plotly has looked at it and after."""
    before = decoded(json.loads(figure.to_json()))
    assert figure.layout.height == before["layout"]["height"]
    after = decoded(json.loads(go.Figure.to_json(figure)))
    assert len(str(after["layout"].pop("template"))) < 500  # not the one that plotly adds: a type for each trace
    assert before == after


@pytest.mark.parametrize("name", ALL)
def test_the_same_figure_in_fewer_words(name):
    same_as_plotly(ALL[name]())


@pytest.mark.parametrize(
    "array",
    [
        np.array([1, -(2**31) + 1]),
        np.array([2**31]),
        np.array([1, 2], np.uint8),
        np.array([[1.5, np.nan], [np.inf, 0]], np.float32),
        np.arange(12.0).reshape(3, 4).T[::2],
        np.array([True, False]),
        np.array(["a", "b"]),
        np.zeros(0),
        np.float32(0.5),
    ],
    ids=str,
)
def test_every_kind_of_array(array):
    field = {"y": array} if array.ndim == 1 else {"z": array} if array.ndim == 2 else {"opacity": array}
    kind = "heatmap" if array.ndim == 2 else "scatter"
    same_as_plotly(Drawing([{"type": kind, **field}], {"height": 200}))


def test_it_is_a_figure_and_is_checked_when_somebody_looks():
    figure = ALL["loss"]()
    assert isinstance(figure, go.Figure) and figure.height == 280
    assert "_plain" in vars(figure) and "_data_objs" not in vars(figure)
    figure.update_layout(height=300).add_hline(1.0)
    assert json.loads(figure.to_json())["layout"]["height"] == figure.layout.height == 300
    with pytest.raises(ValueError, match="bogus"):
        _ = Drawing([{"type": "scatter", "bogus": 1}], {"height": 100}).data
    with pytest.raises(AttributeError, match="bogus"):
        _ = figure.bogus
    with pytest.raises(TypeError, match="holds a set"):
        Drawing([{"x": {1}}], {"height": 100}).to_json()


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy])
def test_copies_are_equal(again):
    assert again(ALL["loss"]()) == go.Figure(ALL["loss"]())


def test_two_hundred_thousand_steps_are_quick_and_small(make_history):
    history = make_history(200_000)
    marks = [(k, "learning rate 0.005 → 0.001") for k in range(0, 200_000, 37)]
    times = []
    for _ in range(5):
        begin = time.process_time()
        text = training.loss_figure(history, 0.2, loss="mse", marks=marks, at=3, beside=("b", history)).to_json()
        times.append(time.process_time() - begin)
    assert min(times) < 0.06, times  # 15 ms on a free core, of which the 5,406 marks take 9
    assert len(text) < 200_000
