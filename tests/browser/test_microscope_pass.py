"""The microscope's calculator in a real browser, against numpy and torch: recorded, and after changes by hand."""

from __future__ import annotations

import numpy as np
import pytest
from edited_network import MODULES, network, torch_run
from panels_page import load, open_page


@pytest.fixture
def tab(visit):
    tab = open_page(visit)
    yield tab
    assert tab.errors == []


READ = """(edits) => {
    const pass = Pass.edited(recording, edits);
    const { states, gates } = pass.description;
    return { outputs: Array.from(pass.outputs().data), layers: recording.layers.map((_, k) => ({
        x: Array.from(pass.input(k)),
        ...Object.fromEntries(states.map(name => [name, Array.from(pass.states(k, name))])),
        ...Object.fromEntries(gates.map(name => [name, Array.from(pass.gates(k, name))])) })) };
}"""


def compare(tab, net, edits):
    found, outputs = net.run(edits)
    browser = tab.page.evaluate(READ, edits)
    np.testing.assert_allclose(browser["outputs"], outputs.ravel(), rtol=1e-5, atol=1e-6)
    for name, layer in zip(net.names, browser["layers"], strict=True):
        assert set(layer) == set(found[name]) - {"a"}
        for quantity, numbers in layer.items():
            np.testing.assert_allclose(numbers, found[name][quantity].ravel(), rtol=1e-5, atol=1e-6, err_msg=quantity)


def edits_of(net):
    """One edit of each kind, in the middle of the sequence, of layer 0 where a layer is asked for."""
    last = len(net.names) - 1
    gate = {"lstm": "f", "gru": "z", "gru_before": "z", "rnn_tanh": "a"}[net.cell]
    state = {"lstm": "c"}.get(net.cell, "h")
    return [
        {"kind": "input", "t": 2, "index": 1, "value": 2.5},
        {"kind": "state", "layer": 0, "name": state, "t": 3, "unit": 1, "value": -1.5},
        {"kind": "state", "layer": last, "name": "h", "t": 1, "unit": 0, "value": 0.75},
        {"kind": "state", "layer": 0, "name": state, "t": -1, "unit": 2, "value": 2.0},
        {"kind": "weight", "layer": 0, "weight": "weight_hh", "row": 3, "column": 2, "value": -3.0},
        {"kind": "weight", "layer": last, "weight": "weight_ih", "row": 1, "column": 0, "value": 1.25},
        {"kind": "weight", "layer": 0, "weight": "bias_ih", "row": 2, "value": 4.0},
        {"kind": "clamp", "layer": 0, "gate": gate, "unit": 1, "value": 0.25},
        {"kind": "clamp", "layer": last, "gate": gate, "unit": None, "value": 1.0},
    ]


STACKS = [{}, {"layers": 2}, {"both": True, "shape": "seq→vec"}, {"layers": 2, "both": True}]


@pytest.mark.parametrize("cell", MODULES)
def test_every_kind_of_edit_gives_what_the_changed_network_gives(tab, cell):
    for k, stack in enumerate(STACKS):
        net = network(cell, seed=k, **stack)
        load(tab, net)
        edits = edits_of(net)
        for chosen in ([], *([edit] for edit in edits), edits):
            compare(tab, net, chosen)
        if cell != "gru_before":  # torch has no module for it
            x = net.x.copy()
            x[2, 1] = 2.5
            top = np.concatenate([net.run(edits[:1])[0][n]["h"] for n in net.names[-net.directions :]], axis=1)
            np.testing.assert_allclose(top, torch_run(net, x), rtol=1e-12)


def test_the_other_formula_reads_the_same_weights(tab):
    for cell, other in (("gru", "gru_before"), ("gru_before", "gru")):
        net = network(cell, layers=2, seed=3)
        load(tab, net)
        compare(tab, net, [{"kind": "formula", "cell": other}])
        compare(tab, net, [{"kind": "formula", "cell": other}, {"kind": "input", "t": 0, "index": 0, "value": 1.0}])


def test_values_of_1e30_are_numbers(tab):
    for cell in MODULES:
        net = network(cell, layers=2, seed=5)
        load(tab, net)
        for edit in edits_of(net):
            with np.errstate(over="ignore", invalid="ignore"):
                compare(tab, net, [{**edit, "value": 1e30}])


NODES = """([layer, t]) => { const pass = store.pass;
    return Array.from(pass.nodes(layer, t), ([id, numbers]) => [id, Array.from(numbers),
        Array.from(numbers, (_, unit) => pass.at(layer).value(id, t, unit))]); }"""


@pytest.mark.parametrize("cell", MODULES)
def test_recorded_numbers_stay_and_every_node_can_be_asked_for(tab, cell):
    net = network(cell, layers=2, both=True, seed=7)
    load(tab, net)
    found, _ = net.run()
    for layer, name in enumerate(net.names):
        for t in (0, 3, 5):
            nodes = {node: (all_units, each) for node, all_units, each in tab.page.evaluate(NODES, [layer, t])}
            for node, (all_units, each) in nodes.items():
                np.testing.assert_allclose(all_units, each, rtol=1e-12, atol=1e-12, err_msg=node)
            for quantity, rows in found[name].items():
                expected = rows[t].astype(np.float32)
                if quantity == "a":  # is not recorded
                    np.testing.assert_allclose(nodes[quantity][0], expected, rtol=1e-5, atol=1e-6)
                else:
                    assert nodes[quantity][0] == expected.astype(float).tolist()
            earlier = t + 1 if name.endswith("_reverse") else t - 1
            first = earlier in (-1, 6)
            past = net.initial[name]["h"] if first else found[name]["h"][earlier].astype(np.float32)
            assert nodes["h_prev"][0] == past.tolist()


def test_an_edit_is_quick(tab):
    net = network("lstm", time=200, units=64, inputs=64)
    load(tab, net)
    measured = tab.page.evaluate(
        """() => Array.from({ length: 12 }, (_, k) => {
            const start = performance.now();
            Pass.edited(recording, [{ kind: "input", t: 0, index: 0, value: k }]).outputs();
            return performance.now() - start; })"""
    )
    assert min(measured) < 50, measured  # milliseconds; the least, since this machine has others at work
