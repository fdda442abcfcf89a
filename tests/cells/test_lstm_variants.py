"""The LSTM's variants, against their papers' formulas and against torch's LSTM where it becomes the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnviz.cells import CELLS

D, H, B = 3, 4, 2


def drawn(chunks, seed=0):
    """Inputs (B, D), previous states (B, H), weights in the order of the chunks."""
    rng = np.random.default_rng(seed)
    rows = chunks * H
    shapes = {"weight_ih": (rows, D), "weight_hh": (rows, H), "bias_ih": (rows,), "bias_hh": (rows,)}
    weights = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return rng.standard_normal((B, D)), {name: rng.standard_normal((B, H)) for name in ("h", "c")}, weights


def logistic(a):
    return 1 / (1 + np.exp(-a))


def nets(x, h, weights, chunks):
    """net_k of each chunk k for one sequence, unit by unit."""
    w, u = (weights[name].reshape(chunks, H, -1) for name in ("weight_ih", "weight_hh"))
    b = (weights["bias_ih"] + weights["bias_hh"]).reshape(chunks, H)
    return [[w[k, j] @ x + u[k, j] @ h + b[k, j] for j in range(H)] for k in range(chunks)]


def no_forget(x, h, c, weights):
    """Hochreiter and Schmidhuber (1997): s(t) = s(t - 1) + y_in g(net), y = y_out h(s); tanh for g and h."""
    net_in, net, net_out = nets(x, h, weights, 3)
    cell = [c[j] + logistic(net_in[j]) * np.tanh(net[j]) for j in range(H)]
    return [logistic(net_out[j]) * np.tanh(cell[j]) for j in range(H)], cell


def coupled(x, h, c, weights):
    """Greff et al. (2017), section 3 and CIFG: i = logistic(...), f = 1 - i; here the chunk's sign is turned."""
    net_f, net_z, net_o = nets(x, h, weights, 3)
    i = [logistic(-net) for net in net_f]
    cell = [np.tanh(net_z[j]) * i[j] + c[j] * (1 - i[j]) for j in range(H)]
    return [np.tanh(cell[j]) * logistic(net_o[j]) for j in range(H)], cell


def janet(x, h, c, weights):
    """Van der Westhuizen and Lasenby (2018): c = f c + (1 - f) tanh(...), h = c."""
    net_f, net_c = nets(x, h, weights, 2)
    cell = [logistic(net_f[j]) * c[j] + (1 - logistic(net_f[j])) * np.tanh(net_c[j]) for j in range(H)]
    return cell, cell


PAPERS = {"lstm_no_forget": no_forget, "lstm_coupled": coupled, "janet": janet}


@pytest.mark.parametrize("name", PAPERS)
def test_step_is_that_of_the_paper(name):
    x, previous, weights = drawn(len(CELLS[name].chunks))
    states, gates = CELLS[name].step(x, previous, weights)
    assert tuple(gates) == CELLS[name].gates
    for b in range(B):
        h, c = PAPERS[name](x[b], previous["h"][b], previous["c"][b], weights)
        np.testing.assert_allclose(states["h"][b], h, rtol=0, atol=1e-14)
        np.testing.assert_allclose(states["c"][b], c, rtol=0, atol=1e-14)


def torch_lstm(x, previous, weights, chunks):
    """One step of torch's LSTM. chunks: for each of its i, f, g, o the rows made of `weights`."""
    twin = torch.nn.LSTMCell(D, H).double()
    twin.load_state_dict({name: torch.as_tensor(np.concatenate(chunks(array))) for name, array in weights.items()})
    h, c = twin(torch.as_tensor(x), (torch.as_tensor(previous["h"]), torch.as_tensor(previous["c"])))
    return {"h": h.detach().numpy(), "c": c.detach().numpy()}


def test_the_lstm_with_its_forget_gate_open_is_that_of_1997():
    x, previous, weights = drawn(3)

    def chunks(array):
        i, g, o = np.split(array, 3)
        return i, np.full_like(i, 1e3) if array.ndim == 1 else 0 * i, g, o

    expected = torch_lstm(x, previous, weights, chunks)
    states, _ = CELLS["lstm_no_forget"].step(x, previous, weights)
    for name, value in states.items():
        np.testing.assert_allclose(value, expected[name], rtol=0, atol=1e-14)


def test_the_lstm_whose_input_gate_has_minus_the_forget_gates_weights_is_coupled():
    """logistic(-a) = 1 - logistic(a). JANET has the same cell and shows it as it is."""
    x, previous, weights = drawn(3)

    def chunks(array):
        f, g, o = np.split(array, 3)
        return -f, f, g, o

    expected = torch_lstm(x, previous, weights, chunks)
    states, _ = CELLS["lstm_coupled"].step(x, previous, weights)
    for name, value in states.items():
        np.testing.assert_allclose(value, expected[name], rtol=0, atol=1e-14)
    two = {name: array[: 2 * H] for name, array in weights.items()}
    states, _ = CELLS["janet"].step(x, previous, two)
    assert np.array_equal(states["h"], states["c"])
    np.testing.assert_allclose(states["h"], expected["c"], rtol=0, atol=1e-14)


def test_equations():
    f = r"f_t = \sigma(W_{if} x_t + W_{hf} h_{t-1} + b_f)"
    g = r"g_t = \tanh(W_{ig} x_t + W_{hg} h_{t-1} + b_g)"
    o = r"o_t = \sigma(W_{io} x_t + W_{ho} h_{t-1} + b_o)"
    i, h = r"i_t = \sigma(W_{ii} x_t + W_{hi} h_{t-1} + b_i)", r"h_t = o_t \odot \tanh(c_t)"
    blend = r"c_t = f_t \odot c_{t-1} + (1 - f_t) \odot g_t"
    expected = {
        "lstm_no_forget": [i, g, o, r"c_t = c_{t-1} + i_t \odot g_t", h],
        "lstm_coupled": [f, g, o, blend, h],
        "janet": [f, g, blend, "h_t = c_t"],
    }
    assert {name: [line.latex for line in CELLS[name].equations] for name in expected} == expected
    shown = {node.id: node for node in CELLS["janet"].description.nodes}["h"]
    assert (shown.op, shown.args) == ("same", ("c",))
