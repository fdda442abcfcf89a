"""The T x T gradient flow from a Trace against one autograd call per loss on a graph that stands ready."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

import rnnviz
from rnnviz.analysis.gradient_flow import gradient_flow
from rnnviz.bench.loops import unroll
from rnnviz.bench.networks import Network, data
from rnnviz.bench.timing import Result, medians, spreads, take_turns
from rnnviz.cells import CELLS

MEASURED = ("lstm", "gru")
AT_LEAST = 30


def measure(quick: bool = False) -> list[Result]:
    time, units, rounds = (8, 4, 1) if quick else (100, 32, 7)
    sizes = [("float32", 8), ("float32", 1), ("float32", 32), ("float64", 8), ("float64", 1), ("float64", 32)]
    return [
        _measure(cell_name, precision, batch, time, units, rounds, asked=(precision, batch) == sizes[0])
        for cell_name in MEASURED
        for precision, batch in (sizes[:1] if quick else sizes)
    ]


def _measure(cell_name: str, precision: str, batch: int, time: int, units: int, rounds: int, asked: bool) -> Result:
    cell = CELLS[cell_name]
    dtype = getattr(torch, precision)
    network = Network(cell_name, units).to(dtype)
    inputs = data(batch, time)[0].to(dtype)
    entering = torch.randn(batch, time, units, generator=torch.Generator().manual_seed(2)).to(dtype)
    with rnnviz.record(network.rnn) as recording:
        (network.rnn(inputs)[0] * entering).sum().backward()
    trace = recording[""]
    states, _ = unroll(cell_name, network.rnn, inputs, dict.fromkeys(cell.states, inputs.new_zeros(batch, units)))
    nodes = {name: [at_t[name] for at_t in states] for name in cell.states}

    ours, theirs = gradient_flow(trace).matrix, by_autograd(nodes, entering)["h"]
    error = float(np.abs(ours[0] - theirs).max() / np.abs(theirs).max())
    seconds = take_turns(
        {
            "one autograd call per loss": lambda: by_autograd(nodes, entering),
            "gradient_flow, the same matrices": lambda: gradient_flow(trace, parts=False),
            # once more, so that both find the caches as a call of autograd leaves them
            "one autograd call per loss, again": lambda: by_autograd(nodes, entering),
            "gradient_flow with the parts of dL/dc": lambda: gradient_flow(trace),
        },
        rounds,
    )
    middle = medians(seconds)
    ratio = middle["one autograd call per loss"] / middle["gradient_flow, the same matrices"]
    with_parts = middle["one autograd call per loss, again"] / middle["gradient_flow with the parts of dL/dc"]
    return Result(
        "flow",
        f"{cell.label}, one layer, {units} units, {time} time steps, batch {batch}, {precision}, one thread",
        middle,
        spreads(seconds),
        {
            "times faster": ratio,
            "times faster, with the parts of dL/dc": with_parts,
            "largest difference, relative": error,
        },
        f"at least {AT_LEAST} times faster" if asked else None,
        ratio >= AT_LEAST if asked else None,
    )


def by_autograd(nodes: dict[str, list[Tensor]], entering: Tensor) -> dict[str, np.ndarray]:
    """state -> (T, T) norms, row s, column t: one call per loss s for the gradients at all t <= s."""
    time = entering.shape[1]
    found = {name: np.zeros((time, time)) for name in nodes}
    for s in range(time):
        reached = [node for at_t in nodes.values() for node in at_t[: s + 1]]
        grads = torch.autograd.grad(nodes["h"][s], reached, entering[:, s], retain_graph=True)
        norms = torch.stack(grads).flatten(1).norm(dim=1).unflatten(0, (len(nodes), s + 1))
        for name, row in zip(nodes, norms, strict=True):
            found[name][s, : s + 1] = row
    return found
