"""A Job: one Run, whether it plays, and how it is doing. Engines and workers move it on slice by slice.

Needs torch, so it lives where slices execute: in a worker, or inline.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from rnnviz import training
from rnnviz.config import ConfigError
from rnnviz.data.errors import DataError
from rnnviz.registry import UnknownName
from rnnviz.run import Run
from rnnviz.runs.engine import DIVERGED, FAILED, PAUSED, PLAYING, STARTING, Spec, View
from rnnviz.trace import Trace

log = logging.getLogger(__name__)

# What a visitor's experiment can cause, already said in a sentence, and what only a defect of ours (or a full
# memory) can: the first is shown as it is, the second is logged with its traceback. Either ends this job alone.
EXPLAINED = (ConfigError, DataError, UnknownName)
UNEXPECTED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
FORGET = 0.9  # weight of the past in the measured speed, per slice


class Job:
    """One run being trained. `busy`: seconds it has used in all, training and recording."""

    def __init__(self, name: str, spec: Spec, max_steps: int) -> None:
        self.name = name
        self.spec = spec
        self.max_steps = max_steps
        self.status = STARTING
        self.message = ""
        self.busy = 0.0
        self.run: Run | None = None
        self._first: Run | None = None
        self._until = 0
        self._suspended = False
        self._steps = self._seconds = 0.0
        self._trace: Trace | None = None
        self._traced: Run | None = None
        self._device = os.environ.get("RNNVIZ_DEVICE") or "auto"
        self.reset()

    @property
    def playing(self) -> bool:
        return self.status == PLAYING

    def reset(self) -> None:
        self._suspended = False
        with self._end_this_job_alone():
            self._first = self._first or training.start(self.spec.config, self.spec.data, self._device)
            self.run = self._first
            self.status, self.message = PAUSED, ""
            self._steps = self._seconds = 0.0

    def play(self, until: int | None = None) -> None:
        if self.run is None or self.status not in (PAUSED, PLAYING):
            return
        self._suspended = False
        self._until = self.max_steps if until is None else min(until, self.max_steps)
        self.status, self.message = PLAYING, ""
        self._pause_at_end(self.run)

    def step(self, count: int = 1) -> None:
        if self.run is not None:
            self.play(self.run.step + max(count, 0))

    def pause(self) -> None:
        self._suspended = False
        if self.playing:
            self.status = PAUSED

    def suspend(self) -> None:
        """Pause until `resume`, or until something else is asked for."""
        if self.playing:
            self.status, self._suspended = PAUSED, True

    def resume(self) -> None:
        """Play on to the same step if playing was suspended."""
        if self._suspended:
            self.play(self._until)

    def slice(self, seconds: float) -> None:
        """Train for about `seconds`, at least one step, never past the step to stop at."""
        if self.run is None or not self.playing:
            return
        with self._end_this_job_alone():
            before, spent = self.run.step, training.seconds_stepping(self.run)
            self.run = training.advance(self.run, steps=self._until - before, seconds=seconds, device=self._device)
            self._steps = FORGET * self._steps + self.run.step - before
            self._seconds = FORGET * self._seconds + training.seconds_stepping(self.run) - spent
            if self.run.diverged is not None:
                self.status, self.message = DIVERGED, explain_divergence(self.run)
            else:
                self._pause_at_end(self.run)

    def view(self, record: bool = True) -> View:
        """The View of this moment. record: the probe batch too, if the weights changed since it last was."""
        if record and self.run is not None and self.run is not self._traced:
            with self._end_this_job_alone():
                self._trace, self._traced = training.observe(self.run, device=self._device), self.run
        view = View(
            job=self.name,
            status=self.status,
            trace=self._trace,
            steps_per_second=self._steps / self._seconds if self._steps else 0.0,
            message=self.message,
        )
        if self.run is None:
            return view
        parameters = sum(array.size for array in self.run.weights.values())
        return replace(view, step=self.run.step, history=self.run.history, parameters=parameters)

    def _pause_at_end(self, run: Run) -> None:
        if run.step >= self._until:
            self.status = PAUSED
            if run.step >= self.max_steps:
                self.message = f"This run has taken {run.step:,} steps, as many as this server allows."

    @contextmanager
    def _end_this_job_alone(self) -> Iterator[None]:
        """An error in here becomes the status of this job; other jobs of the process go on."""
        begin = time.perf_counter()
        try:
            yield
        except EXPLAINED as error:
            self.status, self.message = FAILED, str(error)
        except UNEXPECTED as error:
            log.exception("job %s failed", self.name[:6])
            self.status = FAILED
            self.message = f"This run ended on an unexpected error: {type(error).__name__}: {error}"
        finally:
            self.busy += time.perf_counter() - begin


def explain_divergence(run: Run) -> str:
    """Which step, what was seen, what to try."""
    seen, config = run.diverged, run.config
    assert seen is not None
    remedy = f"Try a smaller learning rate (it is {config.learning_rate:g})"
    if config.clip == "off":
        remedy += ", or clip the gradient by its norm"
    return f"Training diverged at step {seen.step}: {seen.what} ({seen.value:g}). {remedy}."
