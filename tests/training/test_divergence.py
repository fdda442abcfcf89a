"""Divergence is a value: the run ends with a reason and with finite weights."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import assert_equal, small

from rnnviz.run import Run
from rnnviz.trainer import GRADIENT_LIMIT, Trainer, device_named
from rnnviz.training import advance, observe, start


@pytest.mark.parametrize("optimiser", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("clip", ["norm", "off"])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn_tanh", "rnn_relu"])
def test_learning_rate_100_ends_with_an_explanation(optimiser, clip, cell):
    config = small(cell=cell, optimiser=optimiser, clip=clip, learning_rate=100.0, length=50, hidden_size=32)
    run = advance(start(config), steps=100)
    assert run.diverged is not None and run.diverged.step == run.step == len(run.history.loss) < 100
    assert "first" in run.diverged.what or "finite" in run.diverged.what
    assert all(np.isfinite(weight).all() for weight in run.weights.values())
    assert advance(run, steps=5) is run and advance(run, seconds=0.1) is run
    assert observe(run).step == run.step


def test_where_it_diverges_does_not_depend_on_the_slices():
    config = small(
        optimiser="sgd", clip="off", learning_rate=3.0, cell="rnn_relu", spectral_radius=2.0, init="orthogonal"
    )
    whole = advance(start(config), steps=500)
    assert whole.diverged is not None and whole.step > 0
    sliced = start(config)
    for _ in range(500):
        sliced = advance(Run.from_bytes(sliced.to_bytes()), steps=1)
    assert_equal(whole, sliced)
    assert_equal(whole, Run.from_bytes(whole.to_bytes()))


def test_weights_stay_finite_at_the_largest_learning_rate():
    base = {"cell": "rnn_relu", "init": "identity", "clip": "off", "optimiser": "sgd", "learning_rate": 1e6}
    run = advance(start(small(**base, spectral_radius=9.0, length=12)), steps=50)
    assert run.diverged is not None
    assert all(np.isfinite(weight).all() for weight in run.weights.values())


def test_rules():
    run = advance(start(small()), steps=1)
    first = run.history.loss[0]
    trainer = Trainer(run, device_named("cpu"))
    limit = 1000 * max(first, trainer.task.baseline)
    assert trainer._divergence(0.999 * limit, 1.0) is None
    for loss, norm, words in (
        (1.001 * limit, 1.0, "1000 times"),
        (float("nan"), 1.0, "loss is not a finite"),
        (float("inf"), float("nan"), "loss is not a finite"),
        (1.0, float("inf"), "gradient norm is not a finite"),
    ):
        found = trainer._divergence(loss, norm)
        assert found.step == 1 and words in found.what
        assert repr(found.value) in (repr(loss), repr(norm))
    assert trainer._divergence(1.0, 10 * GRADIENT_LIMIT) is None  # clipped to norm 1
    # a first batch that happened to fit: the task's baseline is the measure, 1 where it is unknown, and at least 1e-3
    trainer.first = 1e-9
    assert trainer._divergence(166.0, 1.0) is None and trainer._divergence(167.0, 1.0) is not None  # 1000 / 6
    trainer.task.baseline = None
    assert trainer._divergence(999.0, 1.0) is None and trainer._divergence(1001.0, 1.0) is not None
    trainer.task.baseline = 0.0
    assert trainer._divergence(0.99, 1.0) is None and trainer._divergence(1.01, 1.0) is not None
    off = Trainer(start(small(clip="off")), device_named("cpu"))
    assert "gradient norm is over" in off._divergence(1.0, 10 * GRADIENT_LIMIT).what


FAR_OFF = {"cell": "rnn_relu", "init": "gaussian", "spectral_radius": 9.0, "num_layers": 2, "dropout": 0.5}


def test_after_another_loss_the_measure_is_what_a_fresh_run_would_have_seen():
    """First outputs 1e5 or so off: squared, that is 1e10. Neither number is a measure for the other loss."""
    still = small(**FAR_OFF, learning_rate=0.0)
    squared, absolute = advance(start(still), steps=3), advance(start(still.with_(loss="mae")), steps=3)
    first, first_absolute = squared.history.loss[0], absolute.history.loss[0]
    assert first > 1000 * first_absolute > 1e6
    assert Trainer(squared.changed(loss="mae"), device_named("cpu")).first == first_absolute
    assert Trainer(absolute.changed(loss="task"), device_named("cpu")).first == first
    # the weights are as they were: nothing has diverged; and an absolute loss as large as the squared one has
    assert advance(absolute.changed(loss="task"), steps=3).diverged is None
    changed = Trainer(squared.changed(loss="mae"), device_named("cpu"))
    assert changed._divergence(29 * first_absolute, 1.0) is None
    assert changed._divergence(31 * first_absolute, 1.0) is not None
    back = advance(squared.changed(loss="mae"), steps=2).changed(loss="task")
    assert Trainer(back, device_named("cpu")).first == first


def test_another_batch_size_measures_the_same_thing():
    run = advance(start(small()), steps=2)
    assert Trainer(run.changed(batch_size=9), device_named("cpu")).first == run.history.loss[0]
