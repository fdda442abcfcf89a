"""Initialisations against their closed forms: spectra, biases, and torch's own where nothing is asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.initialisation import INITS
from rnnviz.model import Model
from rnnviz.tasks import make_task

H = 24


def layers(**settings):
    """The recurrent weights of a model: suffix -> kind -> array, in float64."""
    config = ExperimentConfig(**{"hidden_size": H, "precision": "float64", **settings})
    arrays = Model(config, make_task(config)).arrays()
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, array in arrays.items():
        if name.startswith("rnn."):
            kind, _, suffix = name.removeprefix("rnn.").rpartition("_l")
            found.setdefault(suffix, {})[kind] = array
    return found


def chunks(layer, kind="weight_hh"):
    return np.split(layer[kind], len(layer[kind]) // H)


@pytest.mark.parametrize("cell", CELLS)
def test_default_is_torchs_own_draw(cell):
    found = layers(cell=cell, seed=5)["0"]
    torch.manual_seed(5)
    fused, chunks = CELLS[cell].fused, len(CELLS[cell].chunks)
    if fused is None:  # torch has no such module: what all its cells are made of
        module = torch.nn.RNNCellBase(2, H, bias=True, num_chunks=chunks, dtype=torch.float64)
    else:
        module = getattr(torch.nn, fused.path.rpartition(".")[2])(2, H, dtype=torch.float64, **fused.options)
    for (kind, array), parameter in zip(found.items(), module.parameters(), strict=True):
        assert np.array_equal(array, parameter.detach().numpy()), kind


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("rho", [0.5, 1.0, 1.7])
def test_orthogonal_and_gaussian_have_the_spectrum_asked_for(cell, rho):
    settings = {"cell": cell, "spectral_radius": rho, "num_layers": 2, "bidirectional": True}
    orthogonal, gaussian = layers(init="orthogonal", **settings), layers(init="gaussian", **settings)
    assert set(orthogonal) == {"0", "0_reverse", "1", "1_reverse"}
    seen = []
    for suffix in orthogonal:
        for w in chunks(orthogonal[suffix]):
            np.testing.assert_allclose(w @ w.T, rho**2 * np.eye(H), atol=1e-12)
            seen.append(w)
        for w in chunks(gaussian[suffix]):
            np.testing.assert_allclose(np.abs(np.linalg.eigvals(w)).max(), rho, rtol=1e-10)
            singular = np.linalg.svd(w, compute_uv=False)
            assert singular.max() > 1.2 * singular.min() and singular.max() > 1.2 * rho
    assert all(not np.allclose(a, b) for k, a in enumerate(seen) for b in seen[:k])


def test_orthogonal_draw_is_uniform():
    """Under the uniform law the mean trace is 0; QR without the sign rule gives a negative one."""
    drawn = [layers(cell="rnn_tanh", init="orthogonal", seed=seed)["0"]["weight_hh"] for seed in range(200)]
    traces = [np.trace(w) for w in drawn]
    assert abs(np.mean(traces)) < 4 / np.sqrt(200)  # the trace of a uniform orthogonal matrix has variance 1
    assert 0.6 < np.var(traces) < 1.6


@pytest.mark.parametrize("cell", CELLS)
def test_identity(cell):
    found = layers(cell=cell, init="identity", spectral_radius=0.9, num_layers=2)
    for layer in found.values():
        for w in chunks(layer):
            assert np.array_equal(w, 0.9 * np.eye(H))
        assert not layer["bias_ih"].any() and not layer["bias_hh"].any()
    assert 0.0005 < found["0"]["weight_ih"].std() < 0.0015
    assert found["1"]["weight_ih"].std() > 0.05


def test_chrono():
    length = 200
    drawn = [layers(cell="lstm", init="chrono", length=length, seed=s)["0"] for s in range(20)]
    for layer in drawn:
        i, f, g, o = np.split(layer["bias_ih"] + layer["bias_hh"], 4)
        assert np.array_equal(i, -f) and not g.any() and not o.any()
        assert (f >= 0).all() and (f <= np.log(length - 1)).all()
    u = np.exp(np.concatenate([np.split(layer["bias_ih"], 4)[1] for layer in drawn]))  # uniform in [1, T-1]
    assert abs(u.mean() - length / 2) < 4 * length / np.sqrt(12 * len(u))
    r, z, n = np.split(sum(layers(cell="gru", init="chrono", length=length)["0"][b] for b in ("bias_ih", "bias_hh")), 3)
    assert (z > 0).all() and not r.any() and not n.any()


@pytest.mark.parametrize(("cell", "chunks"), [("lstm_coupled", 3), ("janet", 2)])
def test_chrono_of_one_gate_for_both(cell, chunks):
    """What enters is 1 - f, so the forget gate's bias, the first chunk's, is all there is to set."""
    layer = layers(cell=cell, init="chrono", length=200)["0"]
    f, *others = np.split(layer["bias_ih"] + layer["bias_hh"], chunks)
    assert (f >= 0).all() and (f <= np.log(199)).all() and np.ptp(f) > 1
    assert not np.any(others)


def test_chrono_leaves_a_cell_without_gates_and_survives_the_shortest_task():
    plain, chrono = layers(cell="rnn_tanh"), layers(cell="rnn_tanh", init="chrono")
    assert all(np.array_equal(plain["0"][kind], chrono["0"][kind]) for kind in plain["0"])
    assert not INITS["chrono"].fits(CELLS["rnn_tanh"]) and INITS["chrono"].fits(CELLS["gru"])
    assert not INITS["chrono"].fits(CELLS["lstm_no_forget"])  # what is in stays in, for however long
    shortest = layers(cell="lstm", init="chrono", task="noise", length=1)["0"]["bias_ih"]
    assert np.isfinite(shortest).all()


@pytest.mark.parametrize("cell, gate", [("lstm", 1), ("gru", 1), ("lstm_coupled", 0), ("janet", 0)])
@pytest.mark.parametrize("init", ["default", "orthogonal", "chrono"])
def test_effective_bias(cell, gate, init):
    """torch's two biases add up to the value; every other recurrent bias is 0."""
    setting = {"update_bias" if cell == "gru" else "forget_bias": -1.5}
    for layer in layers(cell=cell, init=init, num_layers=2, bidirectional=True, **setting).values():
        total = np.split(layer["bias_ih"] + layer["bias_hh"], len(CELLS[cell].chunks))
        for k, bias in enumerate(total):
            assert np.array_equal(bias, np.full(H, -1.5 if k == gate else 0.0))


def test_another_cells_bias_setting_changes_nothing():
    plain, other = layers(cell="gru"), layers(cell="gru", forget_bias=3.0)
    assert all(np.array_equal(plain["0"][kind], other["0"][kind]) for kind in plain["0"])


def test_a_layers_weights_do_not_depend_on_the_layers_above():
    one, two = layers(init="gaussian"), layers(init="gaussian", num_layers=2)
    assert np.array_equal(one["0"]["weight_hh"], two["0"]["weight_hh"])
