"""The model: readouts by explicit indexing, precision, weights from the configuration alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.embedding_modules import OneHot
from rnnviz.model import Model
from rnnviz.tasks.base import Task


def task(config, **values):
    made = Task(config)
    made.input_size, made.output_size = 3, 2
    for name, value in values.items():
        setattr(made, name, value)
    return made


def built(shape="seq→vec", tokens=False, **settings):
    config = ExperimentConfig(**{"hidden_size": 5, "precision": "float64", **settings})
    made = task(config, shape=shape, tokens=tokens)
    return Model(config, made)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_readout_at_the_last_valid_step(cell, bidirectional, num_layers):
    model = built(cell=cell, bidirectional=bidirectional, num_layers=num_layers)
    x, lengths = torch.randn(4, 7, 3, dtype=torch.float64), torch.tensor([7, 1, 4, 6])
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    states, _ = pad_packed_sequence(model.rnn(packed)[0], batch_first=True, total_length=7)
    rows = []
    for b, length in enumerate(lengths):
        ends = [states[b, length - 1, :5]] + ([states[b, 0, 5:]] if bidirectional else [])
        rows.append(torch.cat(ends) @ model.readout.weight.T + model.readout.bias)
    outputs = model(x, lengths)
    torch.testing.assert_close(outputs, torch.stack(rows), rtol=0, atol=1e-14)
    # what lies beyond a sequence's end changes nothing
    x[1, 1:], x[2, 4:] = 9.0, -9.0
    torch.testing.assert_close(model(x, lengths), outputs, rtol=0, atol=0)


def test_readout_without_lengths_is_the_last_step_and_every_step():
    torch.manual_seed(0)
    x = torch.randn(4, 7, 3, dtype=torch.float64)
    to_vector, to_sequence = built(), built(shape="seq→seq")
    assert to_sequence(x).shape == (4, 7, 2)
    torch.testing.assert_close(to_vector(x), to_sequence(x)[:, -1])
    lengths = torch.tensor([7, 1, 4, 6])
    assert to_sequence(x, lengths).shape == (4, 7, 2)
    torch.testing.assert_close(to_sequence(x, lengths)[2, :4], to_sequence(x)[2, :4])


def test_what_the_stack_sees():
    tokens = torch.tensor([[0, 2, 1]])
    one_hot = built(tokens=True)
    assert isinstance(one_hot.embed, OneHot)
    assert one_hot.embed(tokens).tolist() == [[[1, 0, 0], [0, 0, 1], [0, 1, 0]]]
    embedded = built(tokens=True, embedding_size=4)
    torch.testing.assert_close(embedded.embed(tokens)[0, 1], embedded.embed.weight[2])
    projected = built(embedding_size=4)
    assert projected.embed.weight.shape == (4, 3) and projected.rnn.input_size == 4
    raw = built()
    x = torch.randn(1, 2, 3)
    assert raw.embed(x) is x and raw.rnn.input_size == 3
    for model in (one_hot, embedded, projected, raw):
        assert {p.dtype for p in model.parameters()} == {torch.float64}


def test_weights_depend_on_the_seed_alone_and_the_callers_random_state_stays():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    numpy_before = np.random.get_state()[1].copy()
    one = built(seed=3, init="orthogonal").arrays()
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)
    torch.manual_seed(2)
    again, other = built(seed=3, init="orthogonal").arrays(), built(seed=4, init="orthogonal").arrays()
    for name in one:
        assert np.array_equal(one[name], again[name]), name
        assert not np.array_equal(one[name], other[name]), name


def test_weights_given_are_loaded_and_wrong_ones_are_refused():
    model = built()
    config = ExperimentConfig(hidden_size=5, precision="float64", seed=9)
    copy = Model(config, task(config), model.arrays())
    x = torch.randn(2, 3, 3, dtype=torch.float64)
    assert torch.equal(copy(x), model(x))
    wrong = config.with_(hidden_size=6)
    with pytest.raises(ValueError, match="do not fit"):
        Model(wrong, task(wrong), model.arrays())


def test_probing_switches_dropout_off_and_on_again():
    torch.manual_seed(0)
    model = built(num_layers=2, dropout=0.5)
    x = torch.randn(2, 3, 3, dtype=torch.float64)
    assert not torch.equal(model(x), model(x))
    with model.probing():
        assert torch.equal(model(x), model(x))
        model(x).sum().backward()
    assert model.rnn.dropout == 0.5 and model.training
