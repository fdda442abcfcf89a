"""The figures of the page Evaluate show the numbers they were given."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rnnviz.figures import confusion, forecast, inputs, residuals, splits


def spec(figure):
    return json.loads(figure.to_json())


def test_the_three_losses_and_where_the_held_out_one_is_lowest():
    curves = {"train": np.array([2.0, 0.1]), "heldout": np.array([2.0, 0.5]), "test": np.array([2.0, 0.7])}
    figure = splits.splits_figure(np.array([0, 100]), curves, "mse", 1.0, 100)
    drawn = {trace.name: list(trace.y) for trace in figure.data}
    assert drawn == {"training": [2, 0.1], "held out": [2, 0.5], "test": [2, 0.7], "baseline": [1, 1]}
    assert figure.layout.shapes[0].x0 == 100 and "at step 100" in figure.layout.title.subtitle.text
    alone = splits.splits_figure(np.array([0, 100]), {name: curves[name] for name in ("train", "heldout")})
    assert "test" not in alone.layout.title.text


def test_a_confusion_is_a_share_of_its_row_and_a_click_names_its_cell():
    matrix = np.array([[6, 2, 0], [0, 0, 0], [1, 0, 3]])
    figure = confusion.confusion_figure(matrix, ["a", "b", "c"])
    np.testing.assert_allclose(figure.data[0].z, [[0.75, 0.25, 0], [0, 0, 0], [0.25, 0, 0.75]])
    assert figure.data[0].customdata[2][0][0] == 2 * 3 + 0
    assert figure.layout.meta["unit"] == "customdata" and "9 of 12" in figure.layout.title.subtitle.text
    assert figure.data[0].text[0][0] == "6" and figure.data[0].text[1][1] == ""


def test_of_many_classes_the_most_frequent_are_drawn_under_their_own_numbers():
    matrix = np.zeros((50, 50), int)
    matrix[7, 7], matrix[40, 7] = 100, 50
    figure = confusion.confusion_figure(matrix, [f"c{k}" for k in range(50)])
    names = list(figure.layout.xaxis.ticktext)
    assert len(names) == confusion.MOST and {"c7", "c40"} <= set(names)
    row, column = names.index("c40"), names.index("c7")
    assert figure.data[0].customdata[row][column][0] == 40 * 50 + 7
    assert "most frequent of 50" in figure.layout.title.subtitle.text


def test_calibration_points_and_the_line_on_which_they_should_lie():
    figure = confusion.calibration_figure(np.array([0.3, 0.9]), np.array([0.2, 0.9]), np.array([1, 100]), 0.02)
    assert list(figure.data[0].x) == list(figure.data[0].y) == [0, 1]
    assert list(figure.data[1].y) == [0.2, 0.9] and figure.data[1].marker.size[0] < figure.data[1].marker.size[1]


def test_a_histogram_of_normal_residuals_follows_the_normal_line():
    left = np.random.default_rng(0).normal(1, 2, 200_000)
    bars, line = residuals.histogram_figure(left).data
    assert np.sum(bars.y) == pytest.approx(1)
    np.testing.assert_allclose(bars.y, line.y, atol=4e-3)


def test_bars_outside_the_band_are_counted_and_lag_zero_is_not_drawn():
    figure = residuals.correlation_figure(np.array([1, 0.5, -0.3, 0.05]), 0.1)
    assert list(figure.data[0].x) == [1, 2, 3] and list(figure.data[0].y) == [0.5, -0.3, 0.05]
    assert "2 of 3 bars outside ±0.1" in figure.layout.title.subtitle.text
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (-0.1, 0.1)


def test_a_forecast_stands_where_it_belongs_with_the_band_around_it():
    truth, ahead = np.arange(10.0), np.array([[6.0, 7, 8], [5, 9, 8], [7, 7, 6]])
    traces = {trace.name: trace for trace in forecast.forecast_figure(truth, ahead).data}
    assert list(traces["this run"].x) == [7, 8, 9] and list(traces["this run"].y) == [6, 7, 8]
    assert list(traces["median over seeds"].y) == [6, 7, 8]
    around = np.array(traces["over seeds"].y, float)
    np.testing.assert_allclose(around[:6], [7, 9, 8, 6, 7, 5])
    assert len(forecast.forecast_figure(truth, ahead[:1]).data) == 2


def test_horizons_count_where_the_network_is_better_than_both_guesses():
    figure = forecast.horizon_figure(np.array([[1.0, 2, 3]]), np.array([2.0, 2.5, 2]), np.array([1.5, 1.5, 1.5]))
    assert "at 1 of 3 distances" in figure.layout.title.subtitle.text


def test_folds_with_their_baselines():
    train, end = np.array([0.6, 0.8]), np.array([0.8, 1.0])
    figure = forecast.folds_figure(train, end, np.array([0.2, 0.4]), np.array([0.3, 0.3]))
    traces = {trace.name: trace for trace in figure.data}
    np.testing.assert_allclose(traces["this network"].x, [0.7, 0.9])
    assert list(traces["baseline"].y) == [0.3, 0.3] and "in 1 of 2" in figure.layout.title.subtitle.text


def test_inputs_of_few_features_are_lines_and_of_many_a_map():
    few = spec(inputs.inputs_figure([np.zeros((5, 2))], ["one"], ["u", "v"]))
    assert [trace["type"] for trace in few["data"]] == ["scatter"] * 2
    values = np.arange(20.0).reshape(5, 4)
    many = inputs.inputs_figure([values], ["one"], list("abcd"))
    np.testing.assert_allclose(many.data[0].z, values.T)


@pytest.mark.parametrize(
    "figure",
    [
        splits.splits_figure(np.zeros(0), {"train": np.zeros(0), "heldout": np.zeros(0)}),
        confusion.confusion_figure(np.zeros((3, 3), int), list("abc")),
        residuals.residuals_figure(np.zeros(0)),
        residuals.histogram_figure(np.full(3, np.nan)),
        residuals.correlation_figure(np.ones(1), 0.1),
        inputs.inputs_figure([], [], []),
    ],
)
def test_nothing_to_show_says_so(figure):
    assert figure.layout.annotations[0].text
