"""What an engine's jobs are compared with: the same experiment, advanced in the test's own process. And workers in
that process which die when they are told to."""

from __future__ import annotations

import threading

import numpy as np

from rnnviz import training
from rnnviz.config import ExperimentConfig
from rnnviz.run import Run
from rnnviz.runs import Spec
from rnnviz.runs.fleet import Fleet
from rnnviz.runs.inline import InlineLink

TINY = ExperimentConfig(length=8, batch_size=4, hidden_size=6, seed=3)


def fresh(steps: int, config: ExperimentConfig = TINY) -> Run:
    return training.advance(training.start(config, device="cpu"), steps, device="cpu")


def same_run(run: Run, expected: Run) -> None:
    """Weights, optimiser state and history, bit for bit."""
    assert (run.step, run.config, run.changes) == (expected.step, expected.config, expected.changes)
    for field in ("weights", "optimiser"):
        given, wanted = getattr(run, field), getattr(expected, field)
        assert sorted(given) == sorted(wanted)
        for name in wanted:
            np.testing.assert_array_equal(given[name], wanted[name], err_msg=name)
    for name, rows in vars(expected.history.until(run.step)).items():
        np.testing.assert_array_equal(getattr(run.history.until(run.step), name), rows, err_msg=name)


def same_trace(trace, expected) -> None:
    assert (trace.step, trace.loss) == (expected.step, expected.loss)
    for field in ("weights", "states", "gates", "state_grads"):
        for name, values in getattr(expected, field).items():
            np.testing.assert_array_equal(getattr(trace, field)[name], values, err_msg=name)


def kept(engine, job, owner="") -> Run:
    content = engine.export(job, owner)
    assert content is not None
    return Run.from_bytes(content)


def stepped(engine, settled, steps, config=TINY, **who) -> str:
    job = engine.create(Spec(config), **who)
    engine.step(job, steps)
    assert settled(engine, job).step == steps
    return job


def placed() -> None:
    """Wait for the threads that give jobs to workers."""
    for thread in threading.enumerate():
        if thread.name == "rnnviz-place":
            thread.join(10)


class MortalLink(InlineLink):
    """mute: what it sends is lost, as when a process dies with it unsent."""

    mute = False

    def send_bytes(self, message: bytes) -> None:
        if not self.mute:
            super().send_bytes(message)


class MortalFleet(Fleet):
    """Workers without processes: each `turn`, which `latest` calls, gives each one slice, and none acts in between."""

    def __init__(self, *callbacks, size: int = 1) -> None:
        super().__init__(*callbacks)
        self.links = []
        self.grow(size)

    links: list = []

    def grow(self, size: int) -> None:
        self.links = [*self.links, *(MortalLink(self) for _ in range(size))]

    def turn(self) -> None:
        placed()
        for link in self.links:
            link.turn()

    def kill(self, link=None, again: bool = True) -> None:
        """With all that it holds. again: another one takes its place."""
        link = link or self.links[0]
        self.links = [each for each in self.links if each is not link]
        self.grow(again)
        self.on_end(link)
        placed()

    def close(self) -> None:
        self.links = []
