"""The GRU that resets before the product, against formulas as others write them."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.cells import CELLS
from rnnviz.cells.layer import recover

D, H, B, T = 3, 4, 2, 6


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    shapes = {"weight_ih": (3 * H, D), "weight_hh": (3 * H, H), "bias_ih": (3 * H,), "bias_hh": (3 * H,)}
    weights = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return rng.standard_normal((B, T, D)), rng.standard_normal((B, H)), weights


def logistic(a):
    return 1 / (1 + np.exp(-a))


def keras_step(x, h, kernel, recurrent_kernel, bias):
    """One step of Keras's GRU with reset_after=False: kernels (D, 3H), (H, 3H), chunks in the order z, r, h."""
    x_z, x_r, x_h = np.split(x @ kernel + bias, 3, axis=-1)
    u_z, u_r, u_h = np.split(recurrent_kernel, 3, axis=1)
    z = logistic(x_z + h @ u_z)
    r = logistic(x_r + h @ u_r)
    candidate = np.tanh(x_h + (r * h) @ u_h)
    return z * h + (1 - z) * candidate


def swapped(rows):
    """Chunks r, z, n in the order z, r, n."""
    r, z, n = np.split(rows, 3)
    return np.concatenate([z, r, n])


def test_step_is_that_of_keras():
    x, h, weights = drawn()
    kernel, recurrent_kernel = swapped(weights["weight_ih"]).T, swapped(weights["weight_hh"]).T
    expected = keras_step(x[:, 0], h, kernel, recurrent_kernel, swapped(weights["bias_ih"] + weights["bias_hh"]))
    states, gates = CELLS["gru_before"].step(x[:, 0], {"h": h}, weights)
    np.testing.assert_allclose(states["h"], expected, rtol=0, atol=1e-14)
    assert list(gates) == ["r", "z", "n"]
    # unit by unit, as Cho et al. write it (arXiv 1406.1078v3, eq. 5 to 8, no biases)
    bare = {name: weight for name, weight in weights.items() if "weight" in name}
    (w_r, w_z, w), (u_r, u_z, u) = (np.split(bare[name], 3) for name in ("weight_ih", "weight_hh"))
    states, _ = CELLS["gru_before"].step(x[0, 0], {"h": h[0]}, bare)
    r = [logistic(w_r[j] @ x[0, 0] + u_r[j] @ h[0]) for j in range(H)]
    for j in range(H):
        z_j = logistic(w_z[j] @ x[0, 0] + u_z[j] @ h[0])
        candidate = np.tanh(w[j] @ x[0, 0] + sum(u[j, k] * r[k] * h[0, k] for k in range(H)))
        assert states["h"][j] == pytest.approx(z_j * h[0, j] + (1 - z_j) * candidate, abs=1e-14)


def test_is_not_torchs_gru():
    x, h, weights = drawn()
    before, _ = CELLS["gru_before"].step(x[:, 0], {"h": h}, weights)
    after, _ = CELLS["gru"].step(x[:, 0], {"h": h}, weights)
    assert np.abs(before["h"] - after["h"]).max() > 0.01


def test_with_the_reset_gate_open_the_two_grus_agree():
    x, h, weights = drawn()
    weights["bias_ih"][:H] = 1e3
    before, _ = CELLS["gru_before"].step(x[:, 0], {"h": h}, weights)
    after, _ = CELLS["gru"].step(x[:, 0], {"h": h}, weights)
    np.testing.assert_allclose(before["h"], after["h"], rtol=0, atol=1e-14)


def test_equation_of_the_candidate():
    found = {equation.quantity: equation for equation in CELLS["gru_before"].equations}
    assert found["n"].latex == r"n_t = \tanh(W_{in} x_t + W_{hn} (r_t \odot h_{t-1}) + b_n)"
    assert found["n"].code == 'n = tanh(a_xn + a_hn(r * previous["h"]))'
    nodes = {node.id: node for node in CELLS["gru_before"].description.nodes}
    (read,) = nodes["weight_hh[n]"].args
    assert nodes[read].op == "multiply" and nodes[read].args == ("r", "h_prev")


class Counted(np.ndarray):
    """A matrix that counts how often something is multiplied with it."""

    products = 0

    def __rmatmul__(self, other):
        Counted.products += 1
        return other @ np.asarray(self)


@pytest.mark.parametrize("reverse", [False, True])
def test_recovers_its_gates_without_a_loop_over_the_weights(reverse):
    cell, (x, h, weights) = CELLS["gru_before"], drawn()
    states, gates, current = np.zeros((B, T, H)), np.zeros((B, T, H)), {"h": h}
    for t in reversed(range(T)) if reverse else range(T):
        current, now = cell.step(x[:, t], current, weights)
        states[:, t], gates[:, t] = current["h"], now["n"]
    mask = np.ones((B, T), bool)
    layer = recover(cell, x, states, {"h": h}, weights, mask, reverse)
    np.testing.assert_allclose(layer.to_original(layer.gates["n"]), gates, rtol=0, atol=1e-14)
    Counted.products = 0
    counted = {**weights, "weight_hh": weights["weight_hh"].view(Counted)}
    recover(cell, x, states, {"h": h}, counted, mask, reverse)
    assert Counted.products == 3  # one a chunk, for all time steps together


def test_a_peeking_cell_that_reads_something_else_is_recovered_step_by_step():
    class Peeking(type(CELLS["gru_before"])):
        """A second state that the reset gate looks at."""

        name, label, states, peeks = "peeking", "Peeking", ("h", "c"), True

        def activate(self, a_x, a_h, previous):
            return super().activate(a_x, a_h, {"h": previous["h"] * previous["c"]})

        def update(self, gates, previous):
            return {**super().update(gates, previous), "c": 0.5 * previous["c"] + gates["r"]}

    cell, (x, h, weights) = Peeking(), drawn()
    current = initial = {"h": h, "c": h + 1}
    found = {name: np.zeros((B, T, H)) for name in ("h", "c", "n")}
    for t in range(T):
        current, gates = cell.step(x[:, t], current, weights)
        for name, value in (current | gates).items():
            if name in found:
                found[name][:, t] = value
    layer = recover(cell, x, found["h"], initial, weights, np.ones((B, T), bool))
    np.testing.assert_allclose(layer.to_original(layer.gates["n"]), found["n"], rtol=0, atol=1e-14)
    np.testing.assert_allclose(layer.to_original(layer.states["c"]), found["c"], rtol=0, atol=1e-14)
