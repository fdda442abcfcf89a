"""One call of every figure function on real records, for the tests that hold for all figures."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from conftest import make_history, make_trace
from example_cases import cards

from rnnviz.analysis.gate_units import timescales, unit_saturation
from rnnviz.analysis.projection import principal_components
from rnnviz.analysis.quantities import Quantity, quantities
from rnnviz.figures import (
    attention,
    compare,
    confusion,
    data,
    distribution,
    flow,
    forecast,
    gate_units,
    gates,
    gradient_norms,
    inputs,
    prediction,
    prepared,
    reading,
    residuals,
    search,
    signals,
    splits,
    states,
    training,
    trajectories,
    writing,
)
from rnnviz.figures.tokens import softmax


def norms_of(trace):
    return np.sqrt((np.asarray(trace.state_grads["h"]) ** 2).sum((1, 3)))


def untrained_beside(trace):
    """Another trace of the same shape, as of the same network before training."""
    _, batch, time, units = trace.size
    return make_trace(trace.cell, batch, time, units, layers=2, seed=7)


def lower(time, factor, layers=1):
    """A (layers, T, T) flow that shrinks by `factor` for every time step back."""
    s, t = np.indices((time, time))
    return np.broadcast_to(np.where(t <= s, factor ** np.abs(s - t), 0.0), (layers, time, time))


def with_outputs(trace, kind, outputs=4, seed=0):
    """The trace with outputs and targets of one of the four kinds that tasks have."""
    rng = np.random.default_rng(seed)
    _, batch, time, _ = trace.size
    shape = {"vector": (batch,), "class": (batch,), "series": (batch, time), "tokens": (batch, time)}[kind]
    whole = kind in ("class", "tokens")
    targets = rng.integers(0, outputs, shape) if whole else rng.normal(size=(*shape, outputs))
    labels = tuple(f"label {k}" for k in range(outputs))
    return replace(trace, outputs=rng.normal(size=(*shape, outputs)), targets=targets, labels=labels)


def evaluations(time, steps):
    """The figures of the page Evaluate."""
    rng = np.random.default_rng(3)
    checks, curve = np.arange(0, steps, 20), np.linspace(2, 0.1, len(range(0, steps, 20)))
    curves = {"train": curve, "heldout": curve + 0.1, "test": curve + 0.2}
    counts, many = rng.integers(0, 40, (5, 5)), rng.integers(0, 3, (60, 60))
    left = rng.normal(size=500)
    truth, ahead = np.sin(np.arange(time + 1) / 5), np.sin(np.arange(time // 2) / 5) + rng.normal(size=(4, time // 2))
    grows = np.linspace(0.1, 1, time // 2)
    share = np.array([0.6, 0.7, 0.8])
    return {
        "splits": lambda: splits.splits_figure(checks, curves, "cross_entropy", 2.3, 60),
        "splits_one_step": lambda: splits.splits_figure(checks[:1], {"train": curve[:1], "heldout": curve[:1]}),
        "confusion": lambda: confusion.confusion_figure(counts, ["<b>one</b>", "two", "%{x}", " ", "five"]),
        "confusion_many": lambda: confusion.confusion_figure(many, [f"class {k}" for k in range(60)]),
        "calibration": lambda: confusion.calibration_figure(
            np.array([0.3, 0.8]), np.array([0.2, 0.9]), np.array([7, 500]), 0.1
        ),
        "residuals": lambda: residuals.residuals_figure(left, "<i>price</i>"),
        "residual_histogram": lambda: residuals.histogram_figure(left),
        "residual_correlation": lambda: residuals.correlation_figure(np.append(1, left[:30] / 5), 0.1),
        "error_by_time": lambda: residuals.by_time_figure(np.geomspace(1, 0.1, time)),
        "forecast": lambda: forecast.forecast_figure(truth, ahead, "<i>price</i>"),
        "forecast_one": lambda: forecast.forecast_figure(truth, ahead[:1]),
        "horizon": lambda: forecast.horizon_figure(ahead**2, grows, grows + 0.1),
        "folds": lambda: forecast.folds_figure(share, share + 0.1, share / 2, np.array([0.5, np.nan, 0.4])),
        "inputs": lambda: inputs.inputs_figure([truth[:, None], truth[:9, None]], ["<b>one</b>", "two"], ["x"]),
        "inputs_map": lambda: inputs.inputs_figure([rng.normal(size=(9, 6))] * 4, list("abcd"), list("uvwxyz")),
    }


def catalogue(time=20, units=8, batch=3, steps=400):
    """name -> a function without arguments that builds the figure."""
    history = make_history(steps, time)
    marks, beside = (
        [(steps // 2, "clip at 1 → 2"), (steps // 3, "learning rate")],
        ("a fork", make_history(steps, seed=1)),
    )
    lstm, gru, rnn = (make_trace(cell, batch, time, units, layers=2) for cell in ("lstm", "gru", "rnn_tanh"))
    one = SimpleNamespace(matrix=lower(time, 0.7, 2), cell_matrix=lower(time, 0.8, 2))
    checks = np.arange(0, 200, 10)
    seeds = np.random.default_rng(0).lognormal(size=(3, len(checks)))
    kinds = {kind: with_outputs(lstm, kind) for kind in ("vector", "class", "series", "tokens")}
    norms = [("LSTM", norms_of(lstm)[0]), ("GRU", norms_of(gru)[0])]
    before = untrained_beside(lstm)
    shares = unit_saturation(lstm), unit_saturation(before)
    scales = timescales(lstm), timescales(before)
    order = np.argsort(np.random.default_rng(1).random(units))
    tried = np.array([[0.5, 0.01, np.nan], [1e-4, 0.2, np.nan]])
    number, found = quantities(kinds["series"])[-1], principal_components(lstm)
    classes = Quantity("label", np.arange(batch) % 3, ("<b>one</b>", "two", "%{x}"))
    return {
        "loss": lambda: training.loss_figure(history, 0.1667, "always the mean", loss="mse"),
        "loss_beside": lambda: training.loss_figure(history, 0.2, loss="huber", marks=marks, at=9, beside=beside),
        "metric": lambda: training.metric_figure(history, "mse"),
        "grad_norm": lambda: training.grad_norm_figure(history, 1.0),
        "metric_beside": lambda: training.metric_figure(history, "mse", marks=marks, at=9, beside=beside),
        "grad_norm_beside": lambda: training.grad_norm_figure(history, 1.0, marks=marks, at=9, beside=beside),
        "state": lambda: states.state_heatmap(lstm),
        "state_sorted": lambda: states.state_heatmap(lstm, "c", 1, batch - 1, sort_units=True),
        "gate": lambda: states.gate_heatmap(lstm, "f"),
        "candidate": lambda: states.gate_heatmap(gru, "n", 1),
        "gates": lambda: gates.gate_traces(lstm, 0, 0),
        "gates_side": lambda: gates.gates_side_by_side([("LSTM", lstm), ("GRU", gru), ("Vanilla", rnn)]),
        "unit_gates": lambda: gate_units.unit_gates(lstm, units // 2, 1, batch - 1, before),
        "unit_gates_one": lambda: gate_units.unit_gates(gru, 0),
        "gate_values": lambda: distribution.gate_values(lstm, 1, before),
        "saturation": lambda: gate_units.saturation_figure(shares[0], 0, units - 1, shares[1]),
        "saturation_gru": lambda: gate_units.saturation_figure(unit_saturation(gru), 1, 0),
        "timescales": lambda: gate_units.timescales_figure(scales[0], 0, units - 1, scales[1], 50),
        "timescales_gru": lambda: gate_units.timescales_figure(timescales(gru), 1, 0),
        "followers": lambda: states.state_heatmap(lstm, units=states.Units(0, order, ("input", np.tanh(order - 3.0)))),
        "gate_of_a_unit": lambda: states.gate_heatmap(lstm, "f", units=states.Units(units - 1)),
        "unit_follows": lambda: trajectories.unit_follows(lstm, 0, number, "c", 1, 0, before),
        "unit_follows_class": lambda: trajectories.unit_follows(lstm, 0, classes),
        "trajectories": lambda: trajectories.trajectories(found, lstm, number, batch - 1, 0, before),
        "trajectories_solid": lambda: trajectories.trajectories(found, lstm, classes, 0, 0, before, True),
        "grad_norms": lambda: gradient_norms.grad_norms_figure(lstm),
        "grad_norms_cells": lambda: gradient_norms.grad_norms_figure(norms, {"LSTM": 0.5}),
        "flow_over_training": lambda: gradient_norms.flow_over_training(history),
        "flow_over_training_marked": lambda: gradient_norms.flow_over_training(history, marks=marks, at=9),
        "flow": lambda: flow.flow_figure(one),
        "flow_cell": lambda: flow.flow_figure([("LSTM", one), ("GRU", one)], 1, "cell_matrix"),
        "vector": lambda: prediction.predictions_figure(kinds["vector"]),
        "class": lambda: prediction.predictions_figure(kinds["class"]),
        "series": lambda: prediction.predictions_figure(kinds["series"], batch - 1),
        "tokens": lambda: prediction.predictions_figure(kinds["tokens"], batch - 1),
        "spectrogram": lambda: signals.spectrogram(kinds["series"].outputs[0], list("ab<%"), "“one”"),
        "pen": lambda: signals.pen(kinds["series"].outputs[0, :, :2], np.arange(time) % 7 > 0, "a <b>gesture</b>"),
        "film": lambda: signals.film(np.random.default_rng(3).random((time, 6, 5)), *np.full((2, time, 2), 2.5)),
        "piano": lambda: signals.piano(
            kinds["tokens"].targets[0], ["–", "rest", "C4", "D4"], softmax(kinds["tokens"].outputs[0])
        ),
        "melody": lambda: signals.piano(kinds["tokens"].targets[0], ["–", "rest", "C4", "D4"], begun=3),
        "reading": lambda: reading.reading_figure(
            lstm, np.arange(time) % 4, list("a <%"), units - 1, "c", 1, batch - 1
        ),
        "reading_words": lambda: reading.reading_figure(gru, np.arange(time) % 2, ["<b>so</b>", "a very long name"], 0),
        "attention": lambda: attention.attention_figure(
            np.random.default_rng(2).dirichlet(np.ones(9), 7), list("ab<> c%{}"), list("xy <>\n="), "greedy"
        ),
        "writing": lambda: writing.writing_figure(
            writing.Row("target", list("sept ⟩"), np.linspace(0.1, 0.9, 6)),
            writing.Row("free running", list("sen <⟩%{"), np.linspace(0, 1, 8)),
        ),
        "writing_lines": lambda: writing.writing_figure(
            writing.Row("target", list("a" * 45)), writing.Row("free running", list("ab" * 10), np.full(20, np.nan))
        ),
        **evaluations(time, steps),
        **cards(time),
        "bands": lambda: compare.bands_figure([("LSTM", checks, seeds), ("GRU", checks, 2 * seeds)], baseline=0.2),
        "table": lambda: data.series_preview(np.cumsum(seeds.T, 0), ["a", "b", "c"], 0.8),
        "prepared": lambda: prepared.prepared_series(
            {"training": np.cumsum(seeds.T[:12], 0), "held-out": seeds.T[12:]}, ["a", "b", "c"]
        ),
        "search_map": lambda: search.search_map(
            "GRU",
            (1e-3, 1e-2),
            (4, 8, 16),
            tried,
            np.array([[0, 1, -1], [3, 4, 5]]),
            "heldout_loss",
            search.Limits(tried, False),
            best=3,
        ),
        "search_points": lambda: search.search_points(
            "LSTM",
            np.array([1e-3, 2e-2, 0.1]),
            np.array([5, 9, 60]),
            tried[1],
            np.arange(3),
            "accuracy",
            search.Limits(tried[1], True),
            best=1,
        ),
        "characters": lambda: data.token_frequencies(list("ab \n"), np.array([5, 9, 1, 2])),
    }
