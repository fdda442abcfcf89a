"""What is left of a forecast: against noise whose correlation is known, and against sums by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.evaluation.residuals import autocorrelation, residuals


def autoregressive(factor, shape, seed=0):
    """e_t = factor e_t-1 + noise: correlated factor^k over k time steps."""
    rng = np.random.default_rng(seed)
    found = np.empty(shape)
    found[:, 0] = rng.normal(size=shape[0]) / np.sqrt(1 - factor**2)
    for t in range(1, shape[1]):
        found[:, t] = factor * found[:, t - 1] + rng.normal(size=shape[0])
    return found[..., None]


@pytest.mark.parametrize("factor", [0.0, 0.7, -0.5])
def test_autocorrelation_of_noise_with_a_known_one(factor):
    found = autocorrelation(autoregressive(factor, (4000, 30)), 5)
    np.testing.assert_allclose(found[:, 0], factor ** np.arange(6), atol=0.02)


def test_autocorrelation_is_a_sum_over_pairs():
    errors = np.random.default_rng(2).normal(size=(2, 6, 1))
    errors[1, 4:] = np.nan
    known = errors[np.isfinite(errors)]
    centred = errors[..., 0] - known.mean()
    pairs = [centred[n, t] * centred[n, t - 2] for n in range(2) for t in range(2, 6) if np.isfinite(errors[n, t, 0])]
    assert autocorrelation(errors, 2)[2, 0] == pytest.approx(np.mean(pairs) / np.mean((known - known.mean()) ** 2))


def test_an_error_that_never_changes_has_no_correlation():
    assert np.isnan(autocorrelation(np.ones((3, 8, 1)), 2)).all()


def test_residuals_by_time_and_at_the_end_of_each_window():
    rng = np.random.default_rng(3)
    targets, outputs = rng.normal(size=(2, 50, 8, 2))
    exists = np.arange(8) < rng.integers(3, 9, 50)[:, None]
    found = residuals(targets, outputs, exists)
    for n in range(50):
        end = np.flatnonzero(exists[n])[-1]
        np.testing.assert_allclose(found.last[n], targets[n, end] - outputs[n, end])
    for t in range(8):
        errors = (targets - outputs)[exists[:, t], t]
        assert found.by_time[t] == pytest.approx(np.sqrt((errors**2).mean()))
    assert found.correlation.shape == (4, 2)
    np.testing.assert_allclose(found.correlation[0], 1)


def test_noise_stays_inside_its_band_about_as_often_as_promised():
    """Windows of one long series of noise, each a row further than the one before."""
    inside = []
    for seed in range(40):
        series = np.random.default_rng(seed).normal(size=(340, 1))
        windows = np.stack([series[k : k + 40] for k in range(300)])
        found = residuals(windows, np.zeros_like(windows))
        inside.append(np.mean(np.abs(found.correlation[1:, 0]) < found.noise))
    assert 0.88 < np.mean(inside) < 0.99
