"""Generated tasks: what each sequence must look like, by definition of the task."""

from __future__ import annotations

import numpy as np
import pytest
from test_tasks_registry import SERIES, made

from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.registry import UnknownName
from rnnviz.tasks import make_task


@pytest.mark.parametrize("length", [2, 3, 7, 50])
def test_adding(length):
    batch = made("adding", SERIES, length=length, precision="float64", batch_size=300).batch(0)
    value, mark = batch.inputs[..., 0], batch.inputs[..., 1]
    assert set(np.unique(mark)) <= {0.0, 1.0}
    assert (mark[:, : length // 2].sum(axis=1) == 1).all() and (mark[:, length // 2 :].sum(axis=1) == 1).all()
    assert (mark.any(axis=0)).all()  # every time step can carry a mark
    assert value.min() >= 0 and value.max() < 1
    np.testing.assert_allclose(batch.targets[:, 0], (value * mark).sum(axis=1), rtol=1e-15)


@pytest.mark.parametrize("delay", [1, 2, 20])
def test_copy_memory(delay):
    batch = made("copy_memory", SERIES, length=delay, batch_size=200).batch(0)
    blank, go = 4, 5
    for inputs, targets, judged in zip(batch.inputs, batch.targets, batch.judged, strict=True):
        assert len(inputs) == delay + 10
        assert list(np.flatnonzero(inputs == go)) == [5 + delay - 1]
        assert set(inputs[:5]) <= {0, 1, 2, 3} and set(targets[:-5]) == {blank}
        assert list(targets[-5:]) == list(inputs[:5])
        assert (inputs[5 : 5 + delay - 1] == blank).all() and (inputs[-5:] == blank).all()
        assert list(np.flatnonzero(judged)) == list(range(delay + 5, delay + 10))
    assert batch.counts is None
    assert set(np.unique(batch.inputs[:, :5])) == {0, 1, 2, 3}


def test_temporal_order_of_fifty():
    batch = made("temporal_order", SERIES, length=50, batch_size=500).batch(0)
    pairs = ["AA", "AB", "BA", "BB"]
    firsts, seconds = set(), set()
    for inputs, target in zip(batch.inputs, batch.targets, strict=True):
        at = np.flatnonzero(inputs < 2)
        assert len(at) == 2
        firsts.add(at[0])
        seconds.add(at[1])
        assert pairs[target] == "".join("AB"[inputs[k]] for k in at)
    assert firsts == set(range(5, 10)) and seconds == set(range(25, 30))
    assert set(batch.inputs.ravel()) == set(range(6)) and set(batch.targets) == {0, 1, 2, 3}


@pytest.mark.parametrize("length", range(2, 21))
def test_temporal_order_has_two_marks_however_short(length):
    batch = made("temporal_order", SERIES, length=length, batch_size=100).batch(0)
    assert ((batch.inputs < 2).sum(axis=1) == 2).all()


@pytest.mark.parametrize("name", ["adding", "temporal_order"])
def test_one_time_step_is_too_short_for_two_marks(name):
    with pytest.raises(ConfigError, match="length is 1; two marks need at least 2 time steps"):
        made(name, SERIES, length=1)


def test_sine_has_two_frequencies_and_the_next_value_as_target():
    batch = made("sine", SERIES, length=100, precision="float64").batch(0)
    wave = np.concatenate([batch.inputs[:, :, 0], batch.targets[:, -1]], axis=1)
    np.testing.assert_array_equal(wave[:, 1:], batch.targets[..., 0])
    # 50 time steps hold 2 and 5 whole periods: all power lies in those two lines
    power = np.abs(np.fft.rfft(wave[:, :50])) / 25
    np.testing.assert_allclose(power[:, 2], 1.0, rtol=1e-9)
    np.testing.assert_allclose(power[:, 5], 0.5, rtol=1e-9)
    power[:, [2, 5]] = 0
    assert power.max() < 1e-12
    # two sines obey one linear recurrence of order 4, whatever the phases
    polynomial = np.polymul([1, -2 * np.cos(2 * np.pi / 25), 1], [1, -2 * np.cos(2 * np.pi / 10), 1])
    for row in wave:
        assert np.abs(np.convolve(row, polynomial, "valid")).max() < 1e-12


def test_noise_has_the_asked_scale_and_says_nothing_about_its_target():
    batch = made("noise", SERIES, length=20, input_scale=0.01, batch_size=512).batch(0)
    assert batch.inputs.std() == pytest.approx(0.01, rel=0.03)
    assert batch.targets.std() == pytest.approx(1, rel=0.1)
    correlation = np.corrcoef(batch.inputs[..., 0].T, batch.targets[:, -1, 0])[-1, :-1]
    assert np.abs(correlation).max() < 0.2
    assert not made("noise", SERIES, input_scale=0.0).batch(0).inputs.any()


def test_noise_has_as_many_inputs_and_outputs_as_asked():
    task = made("noise", SERIES, input_size=3, output_size=2, input_scale=1.0, length=40, batch_size=50)
    batch = task.batch(0)
    assert batch.inputs.shape == (50, 40, 3) and batch.targets.shape == (50, 40, 2)
    joined = np.concatenate([batch.inputs, batch.targets], axis=-1).reshape(-1, 5)
    assert np.allclose(np.corrcoef(joined.T), np.eye(5), atol=0.1)


def test_unknown_task_lists_the_valid_ones():
    with pytest.raises(UnknownName, match="adding.*uploaded"):
        make_task(ExperimentConfig(task="subtracting"))
