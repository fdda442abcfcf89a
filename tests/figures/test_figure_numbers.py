"""Figures show the numbers they are given: traces equal arrays, axes fit them, and odd values are marked."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from catalogue import lower, norms_of, with_outputs

from rnnviz.figures import compare, data, flow, gates, gradient_norms, prediction, prepared, states, training
from rnnviz.figures.colours import BAD, CELL_STYLES, DIVERGING, INK, SEQUENTIAL, ZERO
from rnnviz.figures.tokens import softmax
from rnnviz.run import Divergence


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_loss_over_steps(make_history):
    history = make_history(300)
    figure = training.loss_figure(history, 0.1667, "always the mean", loss="mse")
    np.testing.assert_array_equal(named(figure, "training batch").y, history.loss)
    np.testing.assert_array_equal(named(figure, "training batch").x, np.arange(300))
    np.testing.assert_array_equal(named(figure, "held out").x, history.checked)
    np.testing.assert_array_equal(named(figure, "held out").y, history.heldout_loss)
    assert named(figure, "held out").line.width > named(figure, "training batch").line.width
    assert set(named(figure, "baseline").y) == {0.1667} and named(figure, "baseline").line.dash == "dash"
    assert figure.layout.yaxis.type == "log" and figure.layout.yaxis.title.text == "Loss L (squared target units)"
    assert 10.0 ** figure.layout.yaxis.range[0] <= history.loss.min()
    assert 10.0 ** figure.layout.yaxis.range[1] >= history.loss.max()


@pytest.mark.parametrize(("top", "kind"), [(25.0, None), (40.0, "log")])
def test_the_loss_axis_turns_logarithmic_above_one_and_a_half_decades(make_history, top, kind):
    history = make_history(50)
    both = np.linspace(1, top, 50)
    figure = training.loss_figure(replace(history, loss=both, heldout_loss=both[history.checked]))
    assert figure.layout.yaxis.type == kind


def test_divergence_is_marked_where_it_happened(make_history):
    figure = training.loss_figure(make_history(50), diverged=Divergence(37, "the loss is NaN", np.nan))
    assert figure.layout.shapes[0].x0 == 37
    assert figure.layout.title.subtitle.text == "diverged at step 37: the loss is NaN"


def test_what_a_line_cannot_show_is_marked(make_history):
    history = make_history(100)
    loss = history.loss.copy()
    loss[[10, 20]], loss[30] = (np.nan, np.inf), 0
    figure = training.loss_figure(replace(history, loss=loss))
    bad, zero = named(figure, "training batch: NaN or infinite"), named(figure, "training batch: exactly 0")
    assert list(bad.x) == [10, 20] and bad.marker.color == BAD
    assert list(zero.x) == [30] and np.log10(zero.y[0]) == figure.layout.yaxis.range[0]
    assert np.isnan(named(figure, "training batch").y[[10, 20, 30]]).all()


def test_metric_uses_the_bounds_of_its_quantity(make_history):
    history = make_history(100)
    figure = training.metric_figure(replace(history, metric=np.linspace(0, 1, 5)), "accuracy")
    assert figure.layout.yaxis.range[0] < 0 and figure.layout.yaxis.range[1] > 1
    np.testing.assert_array_equal(figure.data[0].y, np.linspace(0, 1, 5))


def test_clipping_is_counted(make_history):
    history = make_history(100)
    norms = np.where(np.arange(100) < 25, 3.0, 0.5)
    figure = training.grad_norm_figure(replace(history, grad_norm=norms), clip_at=1.0)
    assert "25 % of the steps were clipped at 1" in figure.layout.title.subtitle.text
    np.testing.assert_array_equal(named(figure, "gradient norm").y, norms)
    assert figure.layout.yaxis.type == "log" and set(named(figure, "clip").y) == {1.0}


def test_state_map_is_units_by_time_on_a_fixed_diverging_range(make_trace):
    trace = make_trace("gru", layers=2)
    figure = states.state_heatmap(trace, "h", layer=1, sequence=2)
    np.testing.assert_allclose(figure.data[0].z, trace.states["h"][1, 2].T, rtol=1e-6)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-1, 1)
    assert [list(stop) for stop in figure.data[0].colorscale] == DIVERGING
    assert figure.layout.xaxis.title.text == "Time step t" and figure.layout.yaxis.title.text == "Unit"


def test_a_large_state_has_a_round_range_symmetric_about_zero(make_trace):
    trace = make_trace("rnn_relu", scale=2.0, time=6)
    figure = states.state_heatmap(trace)
    top = np.abs(trace.states["h"][0, 0]).max()
    assert figure.data[0].zmax == -figure.data[0].zmin >= top > figure.data[0].zmax / 3


def test_sorting_units_only_reorders_rows(make_trace):
    trace = make_trace("lstm", units=10)
    figure = states.state_heatmap(trace, sort_units=True)
    order = [int(label.split()[1]) for label in figure.data[0].y]
    assert sorted(order) == list(range(10))
    np.testing.assert_allclose(figure.data[0].z, trace.states["h"][0, 0].T[order], rtol=1e-6)


def test_sorting_puts_equal_units_side_by_side():
    rng = np.random.default_rng(0)
    two = rng.normal(size=(2, 30))
    rows = two[[0, 1, 0, 1, 0, 1]] + 1e-6 * rng.normal(size=(6, 30))
    order = states.similar_order(rows)
    assert [k % 2 for k in order] in ([0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0])


def test_padding_is_absent_and_bad_values_are_marked(make_trace):
    trace = make_trace("lstm", time=10, lengths=[10, 4, 7])
    h = np.array(trace.states["h"])
    h[0, 1, 2, 5] = np.nan
    figure = states.state_heatmap(replace(trace, states={**trace.states, "h": h}), sequence=1)
    shown, marks = figure.data
    assert np.isnan(shown.z[:, 4:]).all() and np.isfinite(np.delete(shown.z[:, :4], 5, 0)).all()
    assert np.argwhere(np.isfinite(marks.z)).tolist() == [[5, 2]] and marks.name == "NaN"
    assert {stop[1] for stop in marks.colorscale} == {BAD}
    assert figure.layout.title.subtitle.text == "empty: padding; magenta: NaN or infinite"


def test_gate_map(make_trace):
    trace = make_trace("lstm")
    figure = states.gate_heatmap(trace, "f", sequence=1)
    np.testing.assert_allclose(figure.data[0].z, trace.gates["f"][0, 1].T, rtol=1e-6)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1) and figure.data[0].colorscale[1][1] == "#D55E00"
    assert states.gate_heatmap(trace, "g").data[0].zmin == -1
    assert "no gate z" in states.gate_heatmap(trace, "z").layout.annotations[0].text


def test_gates_show_mean_and_middle_of_the_units(make_trace):
    trace = make_trace("lstm", time=12, units=16)
    figure = gates.gate_traces(trace, 0, 1)
    for gate in trace.gates:
        area, line = (t for t in figure.data if t.name == gate)
        np.testing.assert_allclose(line.y, trace.gates[gate][0, 1].mean(1), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(area.y[:12], np.percentile(trace.gates[gate][0, 1], 90, axis=1), 1e-5, 1e-6)
        np.testing.assert_allclose(area.y[12:24][::-1], np.percentile(trace.gates[gate][0, 1], 10, axis=1), 1e-5, 1e-6)
    assert [t.line.color for t in figure.data if t.hovertemplate] == ["#D55E00", "#009E73", "#56B4E9", "#0072B2"]


def test_gates_leave_padding_out_and_take_all_sequences_together(make_trace):
    trace = make_trace("gru", batch=3, time=8, lengths=[5, 2, 3])
    figure = gates.gate_traces(trace)
    z = [t for t in figure.data if t.name == "z"][1]
    values = np.asarray(trace.gates["z"][0])
    expected = [values[:, t][trace.mask[:, t]].mean() for t in range(5)]
    np.testing.assert_allclose(z.y, expected, rtol=1e-5)  # nothing is drawn where no sequence is left


def test_gates_of_one_kind_share_a_row_and_a_range(make_trace):
    cells = [(name, make_trace(name)) for name in ("lstm", "gru", "rnn_tanh")]
    figure = gates.gates_side_by_side(cells)
    axis_of = {t.name: figure.layout["yaxis" + t.yaxis[1:]] for t in figure.data if t.name}
    assert axis_of["f"].domain == axis_of["z"].domain and axis_of["g"].domain == axis_of["n"].domain
    assert axis_of["f"].range == axis_of["z"].range != axis_of["g"].range
    assert "no gates: rnn_tanh" in figure.layout.title.subtitle.text
    assert gates.gate_traces(cells[2][1]).layout.annotations[0].text.startswith("No gates")


def test_gradient_norms_of_every_layer(make_trace):
    trace = make_trace("lstm", layers=3)
    figure = gradient_norms.grad_norms_figure(trace)
    assert [t.name for t in figure.data] == ["l0", "l1", "l2"]
    np.testing.assert_allclose([t.y for t in figure.data], norms_of(trace))
    assert {t.line.color for t in figure.data} == {INK} and len({t.line.dash for t in figure.data}) == 3
    assert figure.layout.yaxis.type == "log" and figure.layout.meta["time"] == ["x"]


def test_the_expected_slope_starts_at_the_last_norm():
    norms = 0.9 ** np.arange(30)[::-1] * 5
    figure = gradient_norms.grad_norms_figure([("GRU", norms), ("LSTM", norms)], {"GRU": 0.8})
    expected = named(figure, "expected")
    np.testing.assert_allclose(expected.y, 5 * 0.8 ** (29 - np.asarray(expected.x)))
    assert expected.line.color == named(figure, "GRU").line.color == CELL_STYLES[3][0]
    assert "GRU × 0.8" in figure.layout.title.subtitle.text


def test_gradients_that_reached_zero_stand_on_the_floor():
    norms = np.array([0.0, 0.0, 1e-300, 1e-3, 1.0])
    figure = gradient_norms.grad_norms_figure([("LSTM", norms)])
    zero = named(figure, "LSTM: exactly 0")
    assert list(zero.x) == [0, 1] and figure.layout.yaxis.range[0] <= -300


def test_why_there_is_no_gradient(make_trace):
    words = gradient_norms.grad_norms_figure(make_trace(grads=False)).layout.annotations[0].text
    assert words == "No gradient recorded: no loss reached this pass"


def test_flow_over_training(make_history):
    history = make_history(200, time=15, layers=2)
    figure = gradient_norms.flow_over_training(history, layer=1)
    np.testing.assert_array_equal(figure.data[0].customdata, history.flow[:, 1])
    np.testing.assert_allclose(figure.data[0].z, np.log10(history.flow[:, 1]), rtol=1e-5, atol=1e-6)
    assert list(figure.data[0].y) == ["0", "40", "80", "120", "160"]


def test_flow_is_log_norm_with_the_future_absent():
    matrix = lower(6, 0.1)
    figure = flow.flow_figure(SimpleNamespace(matrix=matrix))
    s, t = np.tril_indices(6)
    np.testing.assert_allclose(figure.data[0].z[s, t], t - s, atol=1e-6)
    assert np.isnan(figure.data[0].z[np.triu_indices(6, 1)]).all() and len(figure.data) == 1
    assert figure.layout.yaxis.autorange == "reversed"
    assert [list(stop) for stop in figure.data[0].colorscale] == SEQUENTIAL


def test_flow_of_a_reverse_layer_and_of_a_full_one():
    matrix = lower(5, 0.5)[0]
    np.testing.assert_array_equal(flow.impossible(matrix), np.triu(np.ones((5, 5), bool), 1))
    np.testing.assert_array_equal(flow.impossible(matrix.T), np.tril(np.ones((5, 5), bool), -1))
    assert not flow.impossible(matrix + matrix.T).any()
    assert not flow.impossible(np.ones((1, 1))).any()


def test_zero_and_nan_inside_a_flow_are_marked():
    matrix = np.array(lower(6, 0.5))
    matrix[0, 3, 1], matrix[0, 4, 0] = 0, np.nan
    figure = flow.flow_figure(SimpleNamespace(matrix=matrix))
    zero, bad = named(figure, "exactly 0"), named(figure, "NaN")
    assert np.argwhere(zero.z == 1).tolist() == [[3, 1]] and np.argwhere(bad.z == 1).tolist() == [[4, 0]]
    assert zero.colorscale[0][1] == ZERO and bad.colorscale[0][1] == BAD
    assert figure.layout.title.subtitle.text == "empty: cannot be reached; grey: exactly 0; magenta: NaN or infinite"


def test_a_long_flow_shows_the_largest_of_each_block():
    matrix = lower(401, 0.99)
    figure = flow.flow_figure(SimpleNamespace(matrix=matrix))
    assert figure.data[0].z.shape == (134, 134)
    assert figure.data[0].customdata[50, 10] == pytest.approx(matrix[0, 150:153, 30:33].max())


def test_flows_side_by_side_share_their_colours():
    figure = flow.flow_figure([(name, SimpleNamespace(matrix=lower(9, f))) for name, f in (("a", 0.1), ("b", 0.9))])
    assert figure.data[0].zmin == figure.data[1].zmin == -8 and figure.data[0].zmax == figure.data[1].zmax
    without = SimpleNamespace(matrix=lower(9, 0.5), cell_matrix=None)
    assert "no cell state" in flow.flow_figure(without, which="cell_matrix").layout.annotations[0].text


def test_predictions_of_numbers(make_trace):
    trace = with_outputs(make_trace(), "vector", 2)
    figure = prediction.predictions_figure(trace)
    for k in range(2):
        points = named(figure, f"label {k}")
        np.testing.assert_array_equal(points.x, trace.targets[:, k])
        np.testing.assert_array_equal(points.y, trace.outputs[:, k])
    diagonal = named(figure, "output = target")
    np.testing.assert_array_equal(diagonal.x, diagonal.y)


def test_predictions_of_classes(make_trace):
    trace = with_outputs(make_trace(), "class")
    figure = prediction.predictions_figure(trace)
    raised = np.exp(trace.outputs)
    np.testing.assert_allclose(figure.data[0].z, raised / raised.sum(1, keepdims=True), rtol=1e-6)
    np.testing.assert_array_equal(figure.data[1].x, trace.targets)
    right = (trace.outputs.argmax(1) == trace.targets).sum()
    assert f"{right} of 3 right" in figure.layout.title.subtitle.text


def test_probabilities_of_huge_and_of_broken_outputs():
    chances = softmax(np.array([[1000.0, 0, 1000], [np.inf, 0, 0], [-1e4, -1e4, -1e4]]))
    np.testing.assert_allclose(chances[[0, 2]], [[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    assert np.isnan(chances[1]).all()


def test_predictions_of_series(make_trace):
    trace = with_outputs(make_trace(time=9, lengths=[9, 5, 7]), "series")
    figure = prediction.predictions_figure(trace, 1)
    outputs = [t for t in figure.data if t.name == "output"]
    targets = [t for t in figure.data if t.name == "target"]
    np.testing.assert_array_equal([t.y for t in outputs], trace.outputs[1, :5].T)
    np.testing.assert_array_equal([t.y for t in targets], trace.targets[1, :5].T)
    assert len({t.yaxis for t in outputs}) == 4


def test_predictions_of_tokens(make_trace):
    trace = with_outputs(make_trace(time=40), "tokens")
    figure = prediction.predictions_figure(trace, 2, labels=["a", " ", "\n", "<"])
    raised = np.exp(trace.outputs[2])
    chances = raised / raised.sum(1, keepdims=True)
    given = chances[np.arange(40), trace.targets[2]]
    strip = figure.data[0]
    np.testing.assert_allclose(np.concatenate([strip.z[0], strip.z[3][:8]]), given, rtol=1e-6)
    letters = np.array(["a", "␣", "↵", "&lt;"])
    assert list(strip.text[0]) == list(letters[trace.targets[2][:32]])
    assert list(strip.text[1]) == list(letters[trace.outputs[2][:32].argmax(1)])


def test_bands_are_median_and_range_over_seeds():
    steps = np.arange(6)
    values = np.random.default_rng(0).random((5, 6))
    values[3, 4:] = np.nan
    figure = compare.bands_figure([("LSTM", steps, values)], "accuracy")
    area, line = figure.data
    np.testing.assert_allclose(line.y, np.nanmedian(values, 0))
    np.testing.assert_allclose(area.y[:6], np.nanmax(values, 0))
    np.testing.assert_allclose(area.y[6:12][::-1], np.nanmin(values, 0))
    assert line.name == "LSTM (1 of 5 seeds diverged)" and line.line.color == "#6C5CE0"


def test_table_preview_marks_the_split():
    values = np.random.default_rng(0).normal(size=(50, 10))
    figure = data.series_preview(values, [f"<i>{k}" for k in range(10)], 0.8)
    np.testing.assert_array_equal([t.y for t in figure.data], values.T[:8])
    assert figure.layout.shapes[0].x0 == 40 and figure.layout.annotations[0].text == "&lt;i&gt;0"
    assert "2 more columns" in figure.layout.title.subtitle.text


def test_a_long_series_keeps_its_extremes_and_its_gaps():
    values = np.sin(np.arange(100_003) / 50)
    values[40_017], values[70_001], values[20_000:30_000] = 9.0, -9.0, np.nan
    values[::400] = np.nan  # a value that is missing here and there, next to many, is no hole
    figure = data.series_preview([values], ["x"], bounds=[0, 50_000, 100_003])
    (line,) = figure.data  # what is missing is left open, not marked
    rows, drawn = line.x, line.y
    assert len(rows) <= 2 * 1001 and (np.diff(rows) >= 0).all() and rows[-1] < len(values)
    np.testing.assert_array_equal(drawn, values[rows])
    there = rows[np.isfinite(drawn)]
    assert np.nanmax(drawn) == 9 and np.nanmin(drawn) == -9 and np.isnan(drawn).sum() > 60
    np.testing.assert_allclose([there[there < 25_000].max(), there[there > 25_000].min()], [20_000, 30_000], atol=160)
    holes = rows[np.isnan(drawn)]
    assert set(holes[(holes < 20_000) | (holes >= 30_000)]) <= {0}
    short = np.array([1.0, np.nan])
    (line,) = data.series_preview([short], ["x"]).data
    np.testing.assert_array_equal(line.y, short)
    assert [shape.x0 for shape in figure.layout.shapes] == [50_000]
    assert "2 sequences" in figure.layout.title.subtitle.text
    many = data.series_preview([values], ["x"], bounds=np.arange(0, 100_003, 1000))
    assert not many.layout.shapes and "100 sequences" in many.layout.title.subtitle.text


def test_many_gaps_that_were_filled_are_marked_by_few():
    values, gaps = np.sin(np.arange(60_000) / 50)[:, None], np.random.default_rng(0).random((60_000, 1)) < 0.5
    values[40_017], gaps[40_017] = 9.0, True
    figure = prepared.prepared_series({"training": values}, ["x"], {"training": gaps})
    _, marks = figure.data
    assert 1000 < len(marks.x) <= 2000 and gaps[marks.x].all() and max(marks.y) == 9
    np.testing.assert_array_equal(marks.y, values[marks.x, 0])
    assert f"{gaps.sum():,} gaps filled" in figure.layout.title.subtitle.text


def test_character_counts():
    figure = data.token_frequencies(list("ab \n"), np.array([5, 90, 1, 40]))
    assert list(figure.data[0].y) == [90, 40, 5, 1] and list(figure.data[0].text) == ["b", "↵", "a", "␣"]
    assert "2 occur fewer than 10 times" in figure.layout.title.subtitle.text
