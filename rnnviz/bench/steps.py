"""A training step of each fused layer; the same inside `record`; written out by hand; recovery alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

import rnnviz
from rnnviz.bench.loops import Instrumented
from rnnviz.bench.networks import Network, data, trainer
from rnnviz.bench.timing import Result, medians, spreads, take_turns
from rnnviz.cells import CELLS
from rnnviz.cells.layer import recover

MEASURED = ("rnn_tanh", "lstm", "gru")


def measure(quick: bool = False) -> list[Result]:
    time, batch, units, rounds = (10, 4, 8, 1) if quick else (100, 32, 32, 15)
    return [_measure(name, time, batch, units, rounds) for name in MEASURED]


def _measure(cell_name: str, time: int, batch: int, units: int, rounds: int) -> Result:
    label = CELLS[cell_name].label
    seconds = take_turns(_actions(cell_name, time, batch, units), rounds)
    middle = medians(seconds)
    fused = middle["training step, fused"]
    ratios = {
        "recorded against fused": middle["the same inside record"] / fused,
        "recorded and read against fused": middle["the same inside record, Trace built"] / fused,
        "written out by hand against fused": middle["the same, loop written out by hand"] / fused,
        "by hand against recorded and read": middle["the same, loop written out by hand"]
        / middle["the same inside record, Trace built"],
    }
    setting = f"{label}, one layer, {units} units, {time} time steps, batch {batch}, float32, one thread"
    return Result("steps", setting, middle, spreads(seconds), ratios)


def _actions(cell_name: str, time: int, batch: int, units: int) -> dict[str, Callable[[], object]]:
    names = CELLS[cell_name].states
    plain, recorded, built, by_hand = (Network(cell_name, units) for _ in range(4))
    hand = Instrumented(cell_name, by_hand, names)
    step, step_recorded, step_built, step_by_hand = (
        trainer(network, batch, time) for network in (plain, recorded, built, hand)
    )

    def inside_record() -> None:
        with rnnviz.record(recorded):
            step_recorded()

    def inside_record_and_read() -> None:
        with rnnviz.record(built) as recording:
            step_built()
        recording["rnn"]

    return {
        "training step, fused": step,
        "the same inside record": inside_record,
        "the same inside record, Trace built": inside_record_and_read,
        "the same, loop written out by hand": step_by_hand,
        "recovery of gates and states alone": _recovery(cell_name, plain.rnn, time, batch, units),
    }


def _recovery(cell_name: str, rnn: nn.RNNBase, time: int, batch: int, units: int) -> Callable[[], object]:
    cell = CELLS[cell_name]
    inputs, _ = data(batch, time)
    with torch.no_grad():
        h = rnn(inputs)[0].numpy()
    weights = {name.removesuffix("_l0"): w.detach().numpy().copy() for name, w in rnn.named_parameters()}
    initial = {name: np.zeros((batch, units), np.float32) for name in cell.states}
    mask = np.ones((batch, time), bool)
    return lambda: recover(cell, inputs.numpy(), h, initial, weights, mask)
