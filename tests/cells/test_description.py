"""The graph of a cell computes what the cell computes, and says it as the textbooks do."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from rnnviz.cells import CELLS, describe
from rnnviz.cells.base import Cell
from rnnviz.cells.description import evaluate
from rnnviz.cells.ops import sigmoid, tanh

D, H = 3, 4


class Janet(Cell):
    """c_t = f c_{t-1} + (1 - f) g, h_t = c_t (van der Westhuizen and Lasenby 2018), f with a peephole of weight 1."""

    name, label = "janet", "JANET"
    states, gates, chunks = ("h", "c"), ("f", "g"), ("f", "g")

    def activate(self, a_x, a_h, previous):
        squashed = tanh(a_x + a_h)
        a_f, _ = self.split(a_x + a_h)
        return {"f": sigmoid(a_f - 2 * -previous["c"]), "g": self.split(squashed)[1]}

    def update(self, gates, previous):
        f, g = gates["f"], gates["g"]  # not what computes the gates
        c = f * previous["c"] + np.float64(1) * (1 - f) * g
        return {"h": c, "c": c}


class OneUnit(Cell):
    """One chunk, split all the same; a name of several letters."""

    name, label, chunks, gates = "one", "One", ("new",), ("new",)

    def activate(self, a_x, a_h, previous):
        (a_new,) = self.split(a_x - (a_h + 1))
        return {"new": -a_new}

    def update(self, gates, previous):
        return {"h": gates["new"] * 0.5 * (previous["h"] + gates["new"])}


EVERY = [*CELLS.values(), Janet(), OneUnit()]


def drawn(cell, seed=0, batch=(2,)):
    rng = np.random.default_rng(seed)
    rows = len(cell.chunks) * H
    shapes = {"weight_ih": (rows, D), "weight_hh": (rows, H), "bias_ih": (rows,), "bias_hh": (rows,)}
    weights = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    previous = {state: rng.standard_normal((*batch, H)) for state in cell.states}
    return rng.standard_normal((*batch, D)), previous, weights


@pytest.mark.parametrize("cell", EVERY, ids=lambda cell: cell.name)
@pytest.mark.parametrize("biased", [True, False])
def test_the_graph_computes_what_the_cell_computes(cell, biased):
    x, previous, weights = drawn(cell)
    if not biased:
        weights = {name: weight for name, weight in weights.items() if "bias" not in name}
    values = evaluate(describe(cell), x, previous, weights)
    states, gates = cell.step(x, previous, weights)
    for name, expected in (states | gates).items():
        np.testing.assert_allclose(values[name], expected, rtol=0, atol=1e-14)
    assert all(value.shape == (2, D if name == "x" else H) for name, value in values.items())


@pytest.mark.parametrize("cell", EVERY, ids=lambda cell: cell.name)
def test_nodes_stand_after_what_they_read_and_once_each(cell):
    description = describe(cell)
    seen: set[str] = set()
    for node in description.nodes:
        assert set(node.args) <= seen and node.id not in seen
        seen.add(node.id)
        assert node.id == node.name or node.op == "previous" or not node.name
    assert {*cell.gates, *cell.states} <= seen
    read = {arg for node in description.nodes for arg in node.args}
    assert seen - read <= {*cell.states, *cell.gates}  # nothing is there for nothing


@pytest.mark.parametrize("cell", EVERY, ids=lambda cell: cell.name)
def test_the_plain_form_survives_json(cell):
    description = describe(cell)
    plain = json.loads(json.dumps(description.to_plain(), allow_nan=False))
    assert plain["cell"] == cell.name and plain["states"] == list(cell.states) and plain["chunks"] == list(cell.chunks)
    assert [node["id"] for node in plain["nodes"]] == [node.id for node in description.nodes]
    assert set(plain["equations"][0]) == {"quantity", "latex", "words", "code", "tensors"}


def test_equations_of_torchs_cells():
    """As in torch's documentation; where it adds two biases, their sum."""
    vanilla = r"a_t = W_{ih} x_t + W_{hh} h_{t-1} + b_h"
    expected = {
        "rnn_tanh": [vanilla, r"h_t = \tanh(a_t)"],
        "rnn_relu": [vanilla, r"h_t = \max(a_t, 0)"],
        "lstm": [
            r"i_t = \sigma(W_{ii} x_t + W_{hi} h_{t-1} + b_i)",
            r"f_t = \sigma(W_{if} x_t + W_{hf} h_{t-1} + b_f)",
            r"g_t = \tanh(W_{ig} x_t + W_{hg} h_{t-1} + b_g)",
            r"o_t = \sigma(W_{io} x_t + W_{ho} h_{t-1} + b_o)",
            r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
            r"h_t = o_t \odot \tanh(c_t)",
        ],
        "gru": [
            r"r_t = \sigma(W_{ir} x_t + W_{hr} h_{t-1} + b_r)",
            r"z_t = \sigma(W_{iz} x_t + W_{hz} h_{t-1} + b_z)",
            r"n_t = \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn}))",
            r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}",
        ],
    }
    for name, lines in expected.items():
        assert [equation.latex for equation in CELLS[name].equations] == lines


def test_code_and_tensors_of_the_lstm():
    found = {equation.quantity: equation for equation in CELLS["lstm"].equations}
    assert found["f"].code == "f = sigmoid(a_f)"
    assert found["c"].code == 'c = f * previous["c"] + i * g'
    assert found["h"].code == "h = o * tanh(c)"
    assert found["f"].tensors == ("weight_ih[f]", "weight_hh[f]", "bias_ih[f]", "bias_hh[f]")
    assert found["c"].tensors == () and found["f"].words == "How much of the past is kept."


@pytest.mark.parametrize("name", CELLS)
def test_every_line_has_words_and_code_with_its_letter_on_the_left(name):
    for equation in CELLS[name].equations:
        assert equation.words and equation.code.startswith(f"{equation.quantity} = ")


def test_a_cell_written_here_has_its_equations():
    janet = {equation.quantity: equation for equation in Janet().equations}
    assert janet["f"].latex == r"f_t = \sigma(W_{if} x_t + W_{hf} h_{t-1} + b_f - 2 (-c_{t-1}))"
    assert janet["c"].latex == r"c_t = f_t \odot c_{t-1} + 1 (1 - f_t) \odot g_t"
    assert janet["h"].latex == "h_t = c_t" and list(janet) == ["f", "g", "c", "h"]
    assert janet["f"].code == 'f = sigmoid(a_f - 2 * -previous["c"])'
    assert janet["g"].code == "g = self.split(squashed)[1]" and janet["f"].words == ""
    one = [equation.latex for equation in OneUnit().equations]
    new = r"\mathrm{new}_t"
    assert one == [
        rf"{new} = -(W_{{ih}} x_t + b_{{ih}} - (W_{{hh}} h_{{t-1}} + b_{{hh}} + 1))",
        rf"h_t = {new} \odot 0.5 \odot (h_{{t-1}} + {new})",
    ]


@pytest.mark.parametrize("cell", EVERY, ids=lambda cell: cell.name)
def test_brackets_are_paired(cell):
    for equation in describe(cell).equations:
        for opening, closing in ("()", "{}"):
            assert equation.latex.count(opening) == equation.latex.count(closing)
        assert re.match(r"(\\mathrm\{\w+\}|\w)_t = ", equation.latex)


def test_a_cell_that_is_more_than_arithmetic_says_so():
    class Powers(Janet):
        def update(self, gates, previous):
            return {"h": gates["f"] ** 2, "c": previous["c"]}

    with pytest.raises(TypeError, match="Expression"):
        describe(Powers())


def test_a_state_that_is_left_alone():
    class Still(Janet):
        def update(self, gates, previous):
            return {"h": gates["f"], "c": previous["c"]}

    still = describe(Still())
    assert [e.latex for e in still.equations][-2:] == ["c_t = c_{t-1}", "h_t = f_t"]
    x, previous, weights = drawn(Still())
    values = evaluate(still, x, previous, weights)
    assert np.array_equal(values["c"], previous["c"]) and np.array_equal(values["h"], values["f"])
