"""The bench runs, writes what it prints, and its hand-written loops are the layers they stand for."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from rnnviz.__main__ import main
from rnnviz.bench import GROUPS, flow, loops, networks, share, steps
from rnnviz.bench.timing import Result, as_text, take_turns
from rnnviz.cells import CELLS


def test_quick_run_prints_a_table_and_writes_json(tmp_path, capsys):
    threads = torch.get_num_threads()
    file = tmp_path / "bench.json"
    assert main(["bench", "--quick", "--json", str(file)]) == 0
    assert torch.get_num_threads() == threads
    written = json.loads(file.read_text())
    printed = capsys.readouterr().out
    assert {result["group"] for result in written["results"]} == set(GROUPS)
    assert written["about"]["quick"] and written["about"]["threads"] == 1
    for result in written["results"]:
        assert result["setting"] in printed
        assert all(np.isfinite(value) for value in [*result["seconds"].values(), *result["ratios"].values()])
    asked = [result for result in written["results"] if result["bound"]]
    assert {result["group"] for result in asked} == {"flow", "share"}
    assert all(result["met"] is None for result in asked) and printed.count("not judged") == len(asked) == 3


def test_one_group_alone(capsys):
    assert main(["bench", "--quick", "--only", "flow"]) == 0
    assert "share" not in capsys.readouterr().out


@pytest.mark.parametrize(("met", "word"), [(True, ": met"), (False, "NOT MET"), (None, "not judged")])
def test_the_table_says_whether_a_bound_is_met(met, word):
    assert word in as_text("flow", [Result("flow", "somewhere", bound="at least 30 times faster", met=met)])


def test_turns_alternate():
    order = []
    found = take_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert order == ["a", "b"] * 4 and [len(values) for values in found.values()] == [3, 3]


@pytest.mark.parametrize("cell_name", list(loops.STEPS))
def test_the_loop_by_hand_is_the_fused_layer(cell_name):
    network = networks.Network(cell_name, 5)
    inputs, _ = networks.data(3, 7)
    by_hand = loops.Instrumented(cell_name, network, CELLS[cell_name].states)
    torch.testing.assert_close(by_hand(inputs), network(inputs), rtol=1e-5, atol=1e-6)
    by_hand(inputs).sum().backward()
    assert all(state.grad is not None for state in by_hand.states[0].values())
    assert len(by_hand.gates) == 7 and set(by_hand.gates[0]) == set(CELLS[cell_name].gates)


@pytest.mark.parametrize("cell_name", list(steps.MEASURED))
def test_every_measured_action_runs(cell_name):
    for action in steps._actions(cell_name, 5, 2, 3).values():
        action()


def test_the_recorder_gives_gradients_and_trains_nothing():
    network = networks.Network("lstm", 4)
    before = [parameter.clone() for parameter in network.parameters()]
    trace = share.recorder(network, 6)()
    assert trace.has_grads and trace.size == (1, share.PROBE, 6, 4)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def test_both_sides_of_the_flow_comparison_agree():
    result = flow._measure("lstm", "float64", 2, 6, 3, rounds=1, asked=True)
    assert result.ratios["largest difference, relative"] < 1e-12
    assert result.met == (result.ratios["times faster"] >= flow.AT_LEAST)
