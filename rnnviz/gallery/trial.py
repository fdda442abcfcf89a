"""Training an example as its card says, and what came of it. torch is loaded only when one is trained."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rnnviz.gallery.example import Example
from rnnviz.gallery.measures import MEASURES

TEST_SIZE = 1000  # held-out sequences


@dataclass(frozen=True)
class Trial:
    """value: of the example's measure after its last step, and whether that is good enough.

    stepping: seconds on the clock in optimiser steps alone; seconds: of processor time, checks and records too,
    which is what counts on a machine that does other things as well.
    """

    seed: int
    value: float
    reached: bool
    stepping: float
    seconds: float


def tried(example: Example, seed: int, without: bool = False) -> Trial:
    """Train an example on the CPU, on one thread; without: without what its lesson is about."""
    import torch

    from rnnviz.training import advance, evaluate, seconds_stepping, start

    torch.set_num_threads(1)
    config = example.config(seed)
    run = start(config.with_(**example.without) if without else config, device="cpu")
    begin = time.process_time()
    run = advance(run, example.steps, device="cpu")
    seconds = time.process_time() - begin
    measure = MEASURES[example.measure]
    value = measure.of(*evaluate(run, TEST_SIZE, "cpu"))
    return Trial(seed, value, measure.reached(value, example.reach), seconds_stepping(run), seconds)
