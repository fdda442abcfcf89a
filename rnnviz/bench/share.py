"""How much of training's throughput it takes to record a probe batch, with gradients, five times a second."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import rnnviz
from rnnviz.bench.networks import Network, data, trainer
from rnnviz.bench.timing import Result, clock
from rnnviz.cells import CELLS
from rnnviz.trace import Trace

PROBE, PER_SECOND, AT_MOST = 8, 5, 0.10
SETTINGS = (("lstm", 1, False, True), ("lstm", 2, True, False), ("gru", 1, False, False))


def measure(quick: bool = False) -> list[Result]:
    """Windows of training with and without recording in turn; the share is what the median window loses."""
    window, rounds = (0.25, 1) if quick else (2.0, 9)
    return [_measure(*setting, window, rounds) for setting in SETTINGS]


def _measure(cell_name: str, layers: int, bidirectional: bool, asked: bool, window: float, rounds: int) -> Result:
    time, batch, units = 100, 32, 32
    network = Network(cell_name, units, layers, bidirectional)
    train, record = trainer(network, batch, time), recorder(network, time)
    _steps_in(0.2, train, record)
    without, with_, taken = [], [], []
    for _ in range(rounds):
        without.append(_steps_in(window, train, None)[0])
        rate, seconds = _steps_in(window, train, record)
        with_.append(rate)
        taken += seconds
    share = 1 - median(with_) / median(without)
    directions = "both directions" if bidirectional else "one direction"
    depth = "one layer" if layers == 1 else f"{layers} layers"
    return Result(
        "share",
        f"{CELLS[cell_name].label}, {depth}, {directions}, {units} units, {time} time steps, "
        f"batch {batch}, float32, one thread; probe of {PROBE}, {PER_SECOND} times a second",
        {"one recording with gradients": median(taken)},
        {"one recording with gradients": (min(taken), max(taken))},
        {
            "training steps a second, without": median(without),
            "training steps a second, with": median(with_),
            "share of throughput taken": share,
        },
        f"at most {AT_MOST:.0%} of throughput" if asked else None,
        share <= AT_MOST if asked else None,
    )


def recorder(network: Network, time: int) -> Callable[[], Trace]:
    """Forward and backward of the probe batch inside `record`, and the Trace with its total gradients."""
    inputs, targets = data(PROBE, time)

    def record() -> Trace:
        with rnnviz.record(network) as recording:
            (network(inputs) - targets).square().mean().backward()
        return recording["rnn"]

    return record


def _steps_in(
    window: float, train: Callable[[], None], record: Callable[[], Trace] | None
) -> tuple[float, list[float]]:
    """Training steps a second in a window, recording at its beat where asked; seconds of each recording."""
    start = clock()
    steps, taken, due = 0, [], start
    while (now := clock()) < start + window:
        if record and now >= due:
            due += 1 / PER_SECOND
            record()
            taken.append(clock() - now)
        train()
        steps += 1
    return steps / (clock() - start), taken
