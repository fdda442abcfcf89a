"""How units go with what stands beside them, against numpy.corrcoef, scipy's words and an analysis of variance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trace import make_trace

from rnnviz.analysis.correlation import correlation_ratio, last_states, pearson, unit_correlation
from rnnviz.analysis.quantities import Quantity, quantities


def named(trace, name):
    return next(each for each in quantities(trace) if each.name == name)


def test_pearson_equals_corrcoef():
    rng = np.random.default_rng(0)
    values, asked = rng.normal(size=(50, 4)), rng.normal(size=50)
    expected = [np.corrcoef(column, asked)[0, 1] for column in values.T]
    np.testing.assert_allclose(pearson(values, asked), expected, rtol=1e-12)
    np.testing.assert_allclose(pearson(values * 1e200, asked * 1e-200), expected, rtol=1e-10)


def test_what_follows_its_input_is_found_over_all_that_exists():
    trace = make_trace("rnn_tanh", batch=3, time=9, units=4, lengths=[9, 5, 2])
    h = trace.states["h"].copy()
    h[0, ..., 2] = np.where(trace.mask, -3 * trace.inputs[..., 1] + 1, 77.0)
    trace = replace(trace, states={"h": h})
    found, pairs = unit_correlation(trace, named(trace, "input 1"))
    assert pairs == 16 and found[2] == pytest.approx(-1) and np.all(np.abs(found[[0, 1, 3]]) < 0.99)
    for unit in (0, 1, 3):
        expected = np.corrcoef(h[0, ..., unit][trace.mask], trace.inputs[..., 1][trace.mask])[0, 1]
        assert found[unit] == pytest.approx(expected)


def test_eta_is_what_an_analysis_of_variance_says():
    """Sum of squares between the classes over the sum of all squares, from their definitions."""
    rng = np.random.default_rng(1)
    classes, values = rng.integers(3, 7, 60), rng.normal(size=(60, 3))
    values[:, 0] += classes
    expected = []
    for column in values.T:
        groups = [column[classes == k] for k in np.unique(classes)]
        between = sum(len(g) * (g.mean() - column.mean()) ** 2 for g in groups)
        expected.append(np.sqrt(between / ((column - column.mean()) ** 2).sum()))
    np.testing.assert_allclose(correlation_ratio(values, classes), expected, rtol=1e-10)


def test_of_two_classes_eta_is_the_size_of_the_point_biserial_correlation():
    rng = np.random.default_rng(2)
    classes, values = rng.integers(0, 2, 40), rng.normal(size=(40, 3))
    means = values[classes == 1].mean(0) - values[classes == 0].mean(0)
    share = classes.mean()
    biserial = means / values.std(0) * np.sqrt(share * (1 - share))  # its textbook formula
    np.testing.assert_allclose(pearson(values, classes), biserial, rtol=1e-10)
    np.testing.assert_allclose(correlation_ratio(values, classes), np.abs(biserial), rtol=1e-10)
    trace = make_trace("gru", batch=4, time=10, units=3)
    labels = Quantity("label", rng.integers(0, 2, (4, 10)), ("no", "yes"))
    found, _ = unit_correlation(trace, labels)
    assert (found < 0).any() or (found > 0).any()
    np.testing.assert_allclose(found, pearson(trace.states["h"][0].reshape(40, 3), labels.values.ravel()))


@pytest.mark.parametrize("classes", [(), ("a", "b"), ("a", "b", "c")])
def test_what_never_changes_goes_with_nothing(classes):
    trace = make_trace("gru", batch=2, time=4, units=3)
    h = trace.states["h"].copy()
    h[0, ..., 1] = 0.1
    trace = replace(trace, states={"h": h})
    changing = Quantity("q", np.arange(8).reshape(2, 4) % max(len(classes), 3) % (len(classes) or 8), classes)
    found, _ = unit_correlation(trace, changing)
    assert np.isnan(found).tolist() == [False, True, False]
    still = Quantity("q", np.ones((2, 4), int), classes)
    assert np.isnan(unit_correlation(trace, still)[0]).all()


def test_a_diverged_state_leaves_what_is_still_a_number():
    trace = make_trace("rnn_relu", batch=2, time=6, units=2)
    h = trace.states["h"].copy()
    h[0, 0, 4:] = np.nan
    h[0, 1, 5] = np.inf
    found, pairs = unit_correlation(replace(trace, states={"h": h}), named(trace, "time step"))
    assert pairs == 9 and np.isfinite(found).all()
    nothing = replace(trace, states={"h": np.full_like(h, np.nan)})
    found, pairs = unit_correlation(nothing, named(trace, "time step"))
    assert pairs == 0 and np.isnan(found).all()


@pytest.mark.parametrize("kind", [(), ("a", "b", "c")])
def test_one_of_everything_has_no_correlation(kind):
    trace = make_trace("lstm", batch=1, time=1, units=1)
    found, pairs = unit_correlation(trace, Quantity("q", np.zeros((1, 1), int), kind))
    assert pairs == 1 and np.isnan(found).all()


def test_one_value_a_sequence_is_compared_with_the_last_state_of_each():
    trace = make_trace("gru", batch=3, time=7, units=2, lengths=[7, 4, 1])
    last = last_states(trace, "h", 0)
    np.testing.assert_array_equal(last, np.stack([trace.states["h"][0, b, t] for b, t in ((0, 6), (1, 3), (2, 0))]))
    target = Quantity("target", np.array([0.3, -1.0, 2.0]))
    found, pairs = unit_correlation(trace, target)
    assert pairs == 3 and found[1] == pytest.approx(np.corrcoef(last[:, 1], target.values)[0, 1])
    two = make_trace("gru", batch=3, time=7, units=2, layers=2)
    both_ways = replace(two, layer_names=("l0", "l0_reverse"), layer_inputs=two.layer_inputs[:1])
    np.testing.assert_array_equal(last_states(both_ways, "h", 1), two.states["h"][1, :, 0])


def test_quantities_are_named_and_told_apart():
    rng = np.random.default_rng(3)
    trace = make_trace("lstm", batch=3, time=5, units=2)
    assert [q.name for q in quantities(trace, ("value", "mark"))] == ["time step", "input value", "input mark"]
    assert [q.name for q in quantities(trace, ("too", "many", "names"))][1:] == ["input 0", "input 1"]
    vector = replace(trace, outputs=rng.normal(size=(3, 1)), targets=rng.normal(size=3), labels=("sum",))
    assert [(q.name, q.values.shape) for q in quantities(vector)[3:]] == [("target", (3,)), ("output", (3,))]
    whole = replace(trace, outputs=np.eye(4)[[2, 0, 1]], targets=np.array([2, 0, 3]), labels=tuple("abcd"))
    target, answer = quantities(whole)[3:]
    assert (target.classes, answer.values.tolist()) == (tuple("abcd"), [2, 0, 1])
    np.testing.assert_array_equal(target.over_time(trace)[:, 4], [2, 0, 3])
    tokens = replace(trace, inputs=np.eye(2)[rng.integers(0, 2, (3, 5))])
    assert quantities(tokens)[1].classes == ("0", "1")
    elsewhere = replace(trace, outputs=rng.normal(size=(3, 9, 4)), targets=rng.integers(0, 4, (3, 9)))
    assert len(quantities(elsewhere)) == 3  # a decoder's targets beside an encoder's states
