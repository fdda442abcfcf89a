"""One call of every figure function on real records, for the tests that hold for all figures."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from conftest import make_history, make_trace

from rnnviz.figures import compare, data, flow, gates, gradient_norms, prediction, states, training


def norms_of(trace):
    return np.sqrt((np.asarray(trace.state_grads["h"]) ** 2).sum((1, 3)))


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
        "bands": lambda: compare.bands_figure([("LSTM", checks, seeds), ("GRU", checks, 2 * seeds)], baseline=0.2),
        "table": lambda: data.series_preview(np.cumsum(seeds.T, 0), ["a", "b", "c"], 0.8),
        "characters": lambda: data.token_frequencies(list("ab \n"), np.array([5, 9, 1, 2])),
    }
