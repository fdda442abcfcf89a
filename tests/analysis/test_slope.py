"""The factor per time step: on exact geometric series, in closed form, and on real networks (Pascanu et al. 2013)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from flow_cases import Case

import rnnviz
from rnnviz.analysis.norms import grad_norms
from rnnviz.analysis.slope import expected_factor, measured_factor, spectral_radius


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.2])
def test_a_geometric_series_gives_its_factor(factor):
    t = np.arange(50)
    norms = np.stack([factor ** (49 - t), 3 * factor ** (49 - t)])
    np.testing.assert_allclose(measured_factor(norms, 10, 40), factor, rtol=1e-12)
    np.testing.assert_allclose(measured_factor(norms[:, ::-1], reverse=True), factor, rtol=1e-12)


def test_only_the_window_counts_and_unusable_norms_are_left_out():
    t = np.arange(30)
    norms = 0.8 ** (29.0 - t)
    norms[:5], norms[12], norms[15], norms[16] = 7, 0, np.nan, np.inf
    assert measured_factor(norms, 5, 29) == pytest.approx(0.8, rel=1e-12)
    assert np.isnan(measured_factor(np.zeros((2, 30)))).all()
    assert np.isnan(measured_factor(norms, 15, 17))


@pytest.mark.parametrize(("low", "high"), [(-1, 5), (5, 5), (2, 10)])
def test_a_window_outside_the_series_is_refused(low, high):
    with pytest.raises(ValueError, match=f"from t = {low} to {high}; expected 0 <= low < high < 10"):
        measured_factor(np.ones(10), low, high)


@pytest.mark.parametrize("rho", [0.5, 0.9, 0.99, 1.0])
def test_vanilla_gradients_scale_with_the_spectral_radius(rho):
    """64 units, T = 100, inputs of scale .01, W = rho * orthogonal: the fitted factor is rho within 1 %."""
    torch.manual_seed(0)
    module = torch.nn.RNN(1, 64, batch_first=True, bias=False, dtype=torch.float64)
    with torch.no_grad():
        module.weight_hh_l0.copy_(rho * torch.linalg.qr(torch.randn(64, 64, dtype=torch.float64))[0])
    with rnnviz.record(module) as recording:
        output, _ = module(0.01 * torch.randn(16, 100, 1, dtype=torch.float64))
        (output[:, -1] - torch.randn(16, 64, dtype=torch.float64)).square().mean().backward()
    trace = recording[""]
    measured = measured_factor(grad_norms(trace), 10, 90)
    assert measured[0] == pytest.approx(rho, rel=0.01)
    assert measured_factor(rnnviz.gradient_flow(trace).matrix[0, -1], 10, 90) == pytest.approx(rho, rel=0.01)
    assert expected_factor(trace)[0] == pytest.approx(rho, rel=1e-12)


@pytest.mark.parametrize(("cell", "block"), [("lstm", 1), ("gru", 1), ("lstm_coupled", 0), ("janet", 0)])
@pytest.mark.parametrize("bias", [0.0, 2.0])
def test_gated_cells_are_expected_to_keep_sigmoid_of_the_effective_bias(cell, block, bias):
    case = Case(cell, layers=2, bidirectional=True, time=3)
    with torch.no_grad():
        for name, parameter in case.module.named_parameters():
            if name.startswith("bias"):
                units = case.module.hidden_size
                parameter.zero_()[block * units : (block + 1) * units] = bias / 2
    with rnnviz.record(case.module) as recording:
        case.module(case.inputs)
    np.testing.assert_allclose(expected_factor(recording[""]), 1 / (1 + np.exp(-bias)), rtol=1e-12)


def test_without_a_forget_gate_the_cell_is_expected_to_keep_everything():
    assert expected_factor(Case("lstm_no_forget", layers=2).trace) == pytest.approx(1)


def test_weights_that_overflowed_do_not_count():
    trace = Case("gru").trace
    broken = {name: np.full_like(w, np.inf) if "weight" in name else w for name, w in trace.weights.items()}
    assert expected_factor(replace(trace, weights=broken)) == expected_factor(trace)


def test_without_biases_the_effective_bias_is_zero():
    assert expected_factor(Case("gru", seed=2).trace) == pytest.approx(0.5)


def test_spectral_radius_of_a_rotation_and_of_nothing_finite():
    assert spectral_radius(2 * np.array([[0.0, -1.0], [1.0, 0.0]])) == pytest.approx(2)
    assert np.isnan(spectral_radius(np.array([[np.nan]])))
