"""What the microscope's browser gets: every array of one sequence, bit for bit, within a bound."""

from __future__ import annotations

import json
from dataclasses import replace
from math import prod

import numpy as np
import pytest

from rnnviz.app.microscope import LIMIT, TooLarge, colours, payload, variants
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.figures.colours import COLOURS
from rnnviz.training import advance, observe, start


def recorded(**settings):
    config = ExperimentConfig(**{"task": "adding", "hidden_size": 5, "length": 7, "batch_size": 4, **settings})
    return observe(advance(start(config), steps=2))


def opened(data):
    """(header, name -> array), read by the format's own words."""
    size = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + size])
    numbers, place, arrays = np.frombuffer(data[4 + size :], "<f4"), 0, {}
    for each in header["arrays"]:
        count = prod(each["shape"])
        arrays[each["name"]] = numbers[place : place + count].reshape(each["shape"])
        place += count
    assert place == len(numbers)
    return header, arrays


@pytest.mark.parametrize("cell", CELLS)
def test_every_number_of_a_sequence_arrives(cell):
    trace = recorded(cell=cell, num_layers=2, bidirectional=True, dropout=0.2)
    header, arrays = opened(payload(trace, 1, look={"layer": 3}))
    assert header["layers"] == list(trace.layer_names) and header["look"] == {"layer": 3}
    for k, layer in enumerate(trace.layer_names):
        for name in trace.states:
            assert np.array_equal(arrays[f"{layer}/state/{name}"], trace.states[name][k, 1])
            assert np.array_equal(arrays[f"{layer}/initial/{name}"], trace.initial_states[name][k, 1])
        for name in trace.gates:
            assert np.array_equal(arrays[f"{layer}/gate/{name}"], trace.gates[name][k, 1])
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            assert np.array_equal(arrays[f"{layer}/{kind}"], trace.weights[f"{kind}_{layer}"])
        assert np.array_equal(arrays[f"{layer}/input"], trace.layer_inputs[k // 2][1])
    assert np.array_equal(arrays["inputs"], trace.inputs[1])
    assert np.array_equal(arrays["model/readout.weight"], trace.model_weights["readout.weight"])


def test_padding_is_left_out():
    trace = recorded()
    mask = trace.mask.copy()
    mask[2, 4:] = False
    header, arrays = opened(payload(replace(trace, mask=mask), 2))
    assert arrays["inputs"].shape == (4, 2) and arrays["l0/state/h"].shape == (4, 5)
    mask[2] = False
    assert opened(payload(replace(trace, mask=mask), 2))[1]["l0/gate/f"].shape == (0, 5)


def test_what_is_no_number_stays_so():
    trace = recorded()
    states = {name: values.copy() for name, values in trace.states.items()}
    states["h"][0, 0, 3, 1:3] = np.nan, np.inf
    _, arrays = opened(payload(replace(trace, states=states), 0))
    assert np.isnan(arrays["l0/state/h"][3, 1]) and np.isposinf(arrays["l0/state/h"][3, 2])


def test_a_network_that_is_too_large_is_refused_in_words_that_help():
    trace = recorded()
    wide = np.zeros((1, 8, 7, 512), np.float32)
    weights = {name: np.zeros((2048, 1200), np.float32) for name in trace.weights if "weight" in name}
    big = replace(
        trace,
        states={"h": wide, "c": wide},
        gates=dict.fromkeys("ifgo", wide),
        initial_states={"h": wide[:, :, 0], "c": wide[:, :, 0]},
        weights=weights,
        state_grads=None, output_grads=None, final_state_grads=None,
    )  # fmt: skip
    with pytest.raises(TooLarge, match=r"512 units over 7 time steps are 18\.\d MB, and 8 MB.*at most 3\d\d"):
        payload(big)
    assert len(payload(recorded(hidden_size=64, length=200, batch_size=1))) < LIMIT / 10


def test_the_colours_are_those_of_the_kinds():
    lstm = colours(CELLS["lstm"])
    assert lstm["f"] == {"light": COLOURS["keeps"], "dark": COLOURS["keeps"]} == lstm["weight_hh[f]"]
    assert lstm["multiply_1"] == lstm["c"] == lstm["c_prev"] == lstm["tanh_1"]  # c along its rail, and squashed
    assert lstm["h"] is None and lstm["multiply_2"] is None and lstm["x"] is None
    assert colours(CELLS["gru"])["subtract_1"] == colours(CELLS["gru"])["z"]


def test_variants_take_the_same_weights():
    assert [cell.name for cell in variants(CELLS["gru"])] == ["gru_before"]
    assert [cell.name for cell in variants(CELLS["rnn_relu"])] == ["rnn_tanh"]
    assert variants(CELLS["lstm"]) == []
    header, _ = opened(payload(recorded(cell="gru")))
    assert [each["cell"] for each in header["variants"]] == ["gru_before"]
    assert set(header["layouts"]) == {"gru", "gru_before"}


@pytest.mark.parametrize(
    ("attention", "sent"), [("off", {"model/readout.weight", "model/readout.bias"}), ("dot", set())]
)
def test_a_readout_that_reads_more_than_h_stays_here(attention, sent):
    trace = recorded(task="translation", attention=attention)  # the browser would take it to h alone
    _, arrays = opened(payload(trace))
    assert {name for name in arrays if name.startswith("model/")} == sent
    if sent:
        length, states = len(arrays["inputs"]), arrays["l0/state/h"]
        outputs = states @ arrays["model/readout.weight"].T + arrays["model/readout.bias"]
        np.testing.assert_allclose(outputs, trace.outputs[0, :length], rtol=1e-5, atol=1e-6)
