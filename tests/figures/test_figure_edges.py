"""No figure fails: one time step, nothing recorded, zeros, NaN, infinity, padding, many layers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from catalogue import catalogue, norms_of, with_outputs
from conftest import make_history, make_trace
from hypothesis import given, settings
from hypothesis import strategies as st
from test_figure_drawing import same_as_plotly

from rnnviz.analysis.correlation import unit_correlation
from rnnviz.analysis.gate_units import timescales, unit_saturation
from rnnviz.analysis.projection import principal_components
from rnnviz.analysis.quantities import quantities
from rnnviz.cells import CELLS
from rnnviz.figures import (
    compare,
    data,
    distribution,
    flow,
    gate_units,
    gates,
    gradient_norms,
    prediction,
    states,
    training,
    trajectories,
)


def spoil(array, rng, share):
    """A copy in which some values are 0, NaN, infinite or huge."""
    array = np.array(array, float)
    hit = rng.random(array.shape) < share
    array[hit] = rng.choice([0.0, np.nan, np.inf, -np.inf, 1e30, 1e-300], int(hit.sum()))
    return array


def by_unit(trace, layer, sequence, unit):
    """The figures of the pages Gates and Hidden states, beside an untrained network and alone."""
    before = make_trace(trace.cell, *trace.size[1:], trace.size[0], seed=99)
    shares, scales = unit_saturation(trace), timescales(trace)
    figures = [
        gate_units.unit_gates(trace, unit, layer, sequence, before),
        distribution.gate_values(trace, layer, before),
        gate_units.saturation_figure(shares, layer, unit, unit_saturation(before)),
        gate_units.timescales_figure(scales, layer, unit, timescales(before), 50.0),
        gate_units.timescales_figure(scales, layer, unit),
    ]
    for state in trace.states:
        found = principal_components(trace, state, layer)
        quantity = quantities(trace)[-1]
        follows, _ = unit_correlation(trace, quantity, state, layer)
        rows = states.Units(unit, np.argsort(follows, kind="stable"), (quantity.name, follows))
        figures.append(states.state_heatmap(trace, state, layer, sequence, units=rows))
        figures.append(trajectories.unit_follows(trace, unit, quantity, state, layer, sequence, before))
        solid = state == "h"
        figures.append(trajectories.trajectories(found, trace, quantity, sequence, unit, before, solid))
    return figures


@pytest.mark.parametrize("time", [1, 2])
def test_the_shortest_sequences(time):
    for build in catalogue(time=time, units=1, batch=1, steps=time).values():
        build().to_json()


def test_nothing_has_happened_yet(no_history):
    for figure in (
        training.loss_figure(no_history),
        training.metric_figure(no_history, "accuracy"),
        training.grad_norm_figure(no_history, 1.0),
        gradient_norms.flow_over_training(no_history),
        gradient_norms.grad_norms_figure([]),
        gates.gates_side_by_side([]),
        flow.flow_figure([]),
        prediction.predictions_figure(make_trace(time=2)),
        compare.bands_figure([]),
        data.series_preview(np.zeros((0, 2)), ["a", "b"]),
        data.token_frequencies([], np.zeros(0)),
    ):
        assert figure.layout.annotations[0].text.endswith((".", "cell"))
        assert not figure.data


@settings(max_examples=25, deadline=None)
@given(
    cell=st.sampled_from(list(CELLS)),
    batch=st.integers(1, 3),
    time=st.integers(1, 7),
    units=st.integers(1, 4),
    layers=st.integers(1, 3),
    kind=st.sampled_from(["vector", "class", "series", "tokens"]),
    share=st.sampled_from([0.0, 0.2, 1.0]),
    seed=st.integers(0, 1000),
)
def test_random_traces(cell, batch, time, units, layers, kind, share, seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, time + 1, batch)
    trace = with_outputs(make_trace(cell, batch, time, units, layers, seed, lengths=lengths), kind, 3, seed)
    grads = {name: spoil(a, rng, share) for name, a in trace.state_grads.items()}
    fields = {name: {k: spoil(a, rng, share) for k, a in getattr(trace, name).items()} for name in ("states", "gates")}
    trace = replace(trace, state_grads=grads, outputs=spoil(trace.outputs, rng, share), **fields)
    with np.errstate(all="raise", under="ignore"):
        figures = [states.state_heatmap(trace, state, layers - 1, batch - 1, True) for state in trace.states]
        figures += [states.gate_heatmap(trace, gate, layers - 1, batch - 1) for gate in trace.gates]
        figures += [gates.gate_traces(trace, layers - 1, s) for s in (None, batch - 1)]
        figures += by_unit(trace, layers - 1, batch - 1, units - 1)
        figures += [prediction.predictions_figure(trace, batch - 1)]
        with np.errstate(over="ignore"):
            norms = norms_of(trace)
            figures += [gradient_norms.grad_norms_figure(trace, {"l0": 0.9})]
        figures += [gradient_norms.grad_norms_figure([("x", norms[0])], {"x": 0.0})]
        matrix = np.abs(spoil(np.tril(rng.random((layers, time, time))), rng, share))
        figures += [flow.flow_figure(SimpleNamespace(matrix=matrix), layers - 1)]
    for figure in figures:
        same_as_plotly(figure)


@settings(max_examples=25, deadline=None)
@given(
    steps=st.integers(0, 60),
    time=st.integers(1, 6),
    share=st.sampled_from([0.0, 0.3, 1.0]),
    clip_at=st.sampled_from([None, 1e-6, 1.0]),
    metric=st.sampled_from(["mse", "accuracy"]),
    seed=st.integers(0, 1000),
)
def test_random_histories(steps, time, share, clip_at, metric, seed):
    rng = np.random.default_rng(seed)
    history = make_history(steps, time) if steps else make_history(1, time)
    fields = {name: np.abs(spoil(getattr(history, name), rng, share)) for name in ("loss", "grad_norm", "flow")}
    fields |= {name: spoil(getattr(history, name), rng, share) for name in ("heldout_loss", "metric")}
    history = replace(history, **fields)
    with np.errstate(all="raise", under="ignore"):
        more = {"marks": [(seed, "a")], "at": seed // 2}
        values = spoil(rng.random((3, len(history.checked))), rng, share)
        figures = [
            training.loss_figure(history, 0.1),
            training.loss_figure(make_history(30), beside=("spoiled", history), **more),
            training.metric_figure(history, metric, beside=("itself", history), **more),
            training.grad_norm_figure(history, clip_at, beside=("itself", history), **more),
            gradient_norms.flow_over_training(history, **more),
            compare.bands_figure([("LSTM", history.checked, values), ("", history.checked, values[0])]),
        ]
        for figure in figures:
            same_as_plotly(figure)


def test_all_zero_everywhere(make_history):
    history = make_history(20)
    nothing = {name: 0 * getattr(history, name) for name in ("loss", "grad_norm", "heldout_loss", "metric", "flow")}
    history = replace(history, **nothing)
    assert training.grad_norm_figure(history).data[1].name == "gradient norm: exactly 0"
    assert training.loss_figure(history).layout.yaxis.type is None
    assert gradient_norms.flow_over_training(history).layout.title.subtitle.text == "grey: exactly 0"
    assert flow.flow_figure(SimpleNamespace(matrix=np.zeros((1, 4, 4)))).data[1].name == "exactly 0"
