"""Parameter counts against torch's own, multiply-adds against a counter, and matching."""

from __future__ import annotations

import itertools

import pytest
import torch
from flow_cases import MODULES
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from rnnviz.analysis.cost import Network
from rnnviz.embedding import Tokens, Vectors


def count(*modules):
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


@pytest.mark.parametrize("cell", list(MODULES))
def test_parameters_equal_torch(cell):
    for layers, directions, bias in itertools.product((1, 2, 4), (1, 2), (True, False)):
        module = MODULES[cell](3, 5, num_layers=layers, bidirectional=directions == 2, bias=bias)
        assert Network(cell, 3, 5, layers, directions, bias=bias).parameters == count(module)


@pytest.mark.parametrize("directions", [1, 2])
def test_parameters_of_a_whole_network_equal_torch(directions):
    rnn = nn.GRU(6, 5, 2, bidirectional=directions == 2)
    readout = nn.Linear(5 * directions, 7)
    tokens = Network("gru", 6, 5, 2, directions, outputs=7, embedding=Tokens(11, 6))
    assert tokens.parameters == count(nn.Embedding(11, 6), rnn, readout)
    vectors = Network("gru", 6, 5, 2, directions, outputs=7, embedding=Vectors(11, 6))
    assert vectors.parameters == count(nn.Linear(11, 6), rnn, readout)


@pytest.mark.parametrize("cell", ["rnn_tanh", "lstm", "gru"])
def test_multiply_adds_equal_a_counted_step(cell):
    """torch's counter on the same products written out: two operations per multiply-add."""
    module, project, readout = (
        MODULES[cell](4, 5, num_layers=2, bidirectional=True),
        nn.Linear(3, 4),
        nn.Linear(10, 6),
    )
    below = torch.randn(1, 4)
    with FlopCounterMode(display=False) as counter:
        project(torch.randn(1, 3))
        for layer in range(2):
            for suffix in ("", "_reverse"):
                nn.functional.linear(below, getattr(module, f"weight_ih_l{layer}{suffix}"))
                nn.functional.linear(torch.randn(1, 5), getattr(module, f"weight_hh_l{layer}{suffix}"))
            below = torch.randn(1, 10)
        readout(below)
    network = Network(cell, 4, 5, 2, 2, outputs=6, embedding=Vectors(3, 4))
    assert 2 * network.multiply_adds == counter.get_total_flops()
    assert Network(cell, 4, 5, embedding=Tokens(9, 4)).multiply_adds == Network(cell, 4, 5).multiply_adds


@pytest.mark.parametrize("like_hidden", [1, 8, 33, 128])
@pytest.mark.parametrize(("cell", "like"), [("gru", "lstm"), ("rnn_tanh", "lstm"), ("lstm", "rnn_tanh")])
def test_matched_hidden_size_is_the_nearest(cell, like, like_hidden):
    network = Network(like, 3, like_hidden, 2, outputs=2)
    sizes = {size: Network(cell, 3, size, 2, outputs=2).parameters for size in range(1, 400)}
    distances = {size: abs(count - network.parameters) for size, count in sizes.items()}
    assert distances[network.matched(cell).hidden_size] == min(distances.values())


def test_a_cell_matches_itself():
    assert Network("lstm", 5, 32).matched("lstm").hidden_size == 32
