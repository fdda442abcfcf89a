"""Stacks found by names and shapes, against the modules of torch they were taken from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stock_models import STACKS, Tagger, arrays
from torch import nn

from rnnviz.data.errors import DataError
from rnnviz.weights import find_readouts, find_stacks

CELLS_OF = {"rnn": ("rnn_tanh", "rnn_relu"), "lstm": ("lstm",), "gru": ("gru",)}


@pytest.mark.parametrize("path", ["", "rnn", "module.encoder.lstm", "0", "weird name.weight_ih_l0"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (1, True), (2, True), (3, False)])
@pytest.mark.parametrize("kind", STACKS)
def test_every_stack_of_torch_is_known_by_its_weights(kind, layers, both, bias, path):
    module = STACKS[kind](7, 5, layers, bidirectional=both, bias=bias)
    given = {f"{path}.{name}" if path else name: array for name, array in arrays(module).items()}
    (stack,), refused = find_stacks(given)
    assert refused == ()
    assert stack.path == path and stack.cells == CELLS_OF[kind]
    assert (stack.input_size, stack.hidden_size, stack.num_layers) == (7, 5, layers)
    assert (stack.bidirectional, stack.bias) == (both, bias)
    assert stack.parameters == sum(p.numel() for p in module.parameters())
    twin = STACKS[kind](7, 5, layers, bidirectional=both)  # with biases, as the app's own models have them
    twin.load_state_dict({name: torch.tensor(array) for name, array in stack.weights.items()})
    x = torch.randn(4, 2, 7)
    torch.testing.assert_close(twin(x)[0], module(x)[0])


@pytest.mark.parametrize("units", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", STACKS)
def test_small_stacks_are_not_mistaken(kind, units):
    (stack,), _ = find_stacks(arrays(STACKS[kind](units, units)))
    assert stack.cells == CELLS_OF[kind] and stack.hidden_size == units


def test_several_stacks_are_told_apart_and_one_that_cannot_be_shown_is_named():
    model = nn.ModuleDict({"encoder": nn.GRU(3, 4), "decoder": nn.LSTM(6, 4, 2), "small": nn.LSTM(3, 5, proj_size=2)})
    stacks, refused = find_stacks(arrays(model))
    assert [(stack.path, stack.cells, stack.input_size) for stack in stacks] == [
        ("encoder", ("gru",), 3),
        ("decoder", ("lstm",), 6),
    ]
    assert len(refused) == 1 and "small.weight_hr_l0" in refused[0] and "proj_size" in refused[0]


def test_the_readout_is_the_linear_layer_that_fits():
    model = Tagger("lstm", bidirectional=True)
    (stack,), _ = find_stacks(arrays(model))
    (readout,) = find_readouts(arrays(model), stack)
    assert readout.path == "head"
    np.testing.assert_array_equal(readout.weight, model.head.weight.detach())
    np.testing.assert_array_equal(readout.bias, model.head.bias.detach())


def test_a_readout_without_bias_comes_after_one_with_and_a_strange_bias_is_none():
    model = nn.ModuleDict(
        {"lookup": nn.Embedding(9, 5), "rnn": nn.GRU(3, 5), "head": nn.Linear(5, 2), "wide": nn.Linear(6, 2)}
    )
    given = arrays(model) | {"odd.weight": np.ones((2, 5), "f4"), "odd.bias": np.ones(3, "f4")}
    (stack,), _ = find_stacks(given)
    assert [readout.path for readout in find_readouts(given, stack)] == ["head", "lookup"]


@pytest.mark.parametrize("part", ["weight", "bias"])
def test_a_readout_that_is_not_finite_is_not_offered(part):
    given = {name: array.copy() for name, array in arrays(Tagger()).items()}
    given[f"head.{part}"].flat[1] = np.nan
    (stack,), _ = find_stacks(given)
    assert find_readouts(given, stack) == ()


def broken(**changes) -> dict[str, np.ndarray]:
    given = {name: array.copy() for name, array in arrays(Tagger("lstm", num_layers=2, bidirectional=True)).items()}
    for name, value in changes.items():
        name = f"encoder.core.{name}"
        if value is None:
            del given[name]
        else:
            given[name] = value(given[name])
    return given


def nan_at(array: np.ndarray) -> np.ndarray:
    array[2, 1] = np.nan
    return array


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"weight_hh_l0": None}, r"core\.weight_hh_l0 is missing"),
        ({"weight_ih_l0": None}, r"core\.weight_ih_l0 is missing"),
        ({"weight_hh_l1_reverse": None}, r"core\.weight_hh_l1_reverse is missing"),
        ({"bias_hh_l1": None}, r"core\.bias_hh_l1 is missing"),
        ({"weight_ih_l1": lambda a: a[:, :5]}, r"weight_ih_l1 has shape \(20, 5\); expected \(20, 10\) for 5 hidden"),
        ({"weight_hh_l0": lambda a: a[:17]}, r"\(17, 5\); expected 4, 3 or 1 times as many rows"),
        ({"bias_ih_l0": lambda a: a[:3]}, r"bias_ih_l0 has shape \(3,\); expected \(20,\)"),
        ({"weight_hh_l0": lambda a: a[0]}, r"weight_hh_l0 has shape \(5,\); expected a matrix"),
        ({"weight_ih_l0": lambda a: a[:, :0]}, r"weight_ih_l0 has shape \(20, 0\); expected a matrix"),
        ({"weight_hh_l1": nan_at}, r"weight_hh_l1 holds 1 of 100 values .* the first at \[2, 1\]"),
        ({"bias_ih_l0": lambda a: a * np.float32(np.inf)}, r"bias_ih_l0 holds 20 of 20"),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_expected(changes, said):
    with pytest.raises(DataError, match=said):
        find_stacks(broken(**changes))


def test_a_layer_left_out_is_missed():
    given = {name.replace("l1", "l3"): array for name, array in broken().items()}
    with pytest.raises(DataError, match=r"core\.weight_ih_l1 is missing, though other names call for it"):
        find_stacks(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "holds no matrices of real numbers"),
        (arrays(nn.Linear(3, 2)), r"No recurrent layer was found.*the file holds weight, bias\."),
        (arrays(nn.LSTMCell(3, 2)), "No recurrent layer"),
        (
            arrays(nn.utils.parametrizations.weight_norm(nn.LSTM(3, 2), "weight_hh_l0")),
            r"parametrizations\.weight_hh_l0.* is part of a weight that is made anew",
        ),
        (arrays(nn.TransformerEncoderLayer(4, 2)), "and others"),
        ({"lstm.weight_hh_l0_raw": np.ones((4, 1))}, r"lstm\.weight_hh_l0_raw is part of a weight that is made anew"),
        ({"\x1b[31m\n" * 100: np.ones(3)}, r"\?\[31m\?.*…"),
    ],
)
def test_a_file_without_a_stack_says_what_was_looked_for(given, said):
    with pytest.raises(DataError, match=said) as caught:
        find_stacks(given)
    assert len(str(caught.value)) < 400 and str(caught.value).isprintable()
