"""A Job: one Run, whether it plays, and how it is doing. A scheduler moves it on slice by slice.

Needs torch, so it lives where slices execute.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rnnviz import training
from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ConfigError
from rnnviz.data.errors import DataError
from rnnviz.registry import UnknownName
from rnnviz.run import Run
from rnnviz.runs.view import DIVERGED, FAILED, PAUSED, PLAYING, STARTING, Past, Spec, View
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
LAG = 0.5  # seconds that a paced job may catch up after it had to wait for others
FORGET = 0.9  # weight of the past in the measured speed, per slice


class Job:
    """One run being trained. `busy`: seconds it has used in all, training and recording.

    run: where it goes on from, of an earlier life; without one it begins at step 0. A job that is to `arrive` at
    a step first trains there, unseen, and then takes other settings: so a fork begins. One whose worker died first
    takes the steps again that had been shown. Until then it `has_to_arrive`, and should not be asked for more.
    """

    def __init__(self, name: str, spec: Spec, max_steps: int, run: Run | None = None) -> None:
        self.name = name
        self.spec = spec
        self.max_steps = max_steps
        self.status = STARTING
        self.message = ""
        self.busy = 0.0
        self.run = run
        self.until = 0
        self.rate: float | None = None
        self.breakpoints: tuple[Breakpoint, ...] = ()
        self.due = 0.0  # time.monotonic() at which the next step of a paced job may be taken
        self._suspended = False
        self._shown = 0  # steps that an earlier life had been seen to take
        self._steps = self._seconds = 0.0
        self._trace: Trace | None = None
        self._traced: Run | None = None
        self._sought: int | None = None
        self._back: Run | None = None  # on its way to the step sought
        self._past: Past | None = None
        self._untrained: Trace | None = None
        self._arrival: tuple[Run, int, Mapping[str, Any]] | None = None
        self._device = os.environ.get("RNNVIZ_DEVICE") or "auto"
        if run is None:
            self.reset()
        else:
            self._settle()

    @property
    def playing(self) -> bool:
        return self.status == PLAYING

    @property
    def working(self) -> bool:
        """Whether it wants slices: to play, to recompute a step that was asked for, or to arrive."""
        return self.playing or self.seeking is not None or self._arrival is not None

    @property
    def has_to_arrive(self) -> bool:
        behind = self.playing and self.run is not None and self.run.step < self._shown
        return behind or self._arrival is not None

    @property
    def seeking(self) -> int | None:
        """The step being recomputed."""
        return None if self._past is not None and self._past.step == self._sought else self._sought

    def reset(self) -> None:
        self._suspended, self._shown = False, 0
        self._arrival = None
        self.look(None)
        with self.alone():
            self.run = training.start(self.spec.config, self.spec.data, self.spec.start, device=self._device)
            self.status, self.message = PAUSED, ""
            self._steps = self._seconds = 0.0

    def fail(self, message: str) -> None:
        self.run, self.status, self.message = None, FAILED, message

    def play(self, until: int | None = None) -> None:
        if self.run is None or self.status not in (PAUSED, PLAYING):
            return
        self._suspended = False
        self.until = self.max_steps if until is None else min(until, self.max_steps)
        self.status, self.message = PLAYING, ""
        self.due = max(self.due, time.monotonic())
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
            self.play(self.until)

    @property
    def state(self) -> dict[str, Any]:
        """How it is set to play, as plain values; `take_up` sets another life of it so."""
        return {
            "step": max(self._shown, self.run.step) if self.run else 0,
            "playing": self.playing,
            "suspended": self._suspended,
            "message": self.message if self.status == PAUSED else "",
            "until": self.until,
            "rate": self.rate,
            "breakpoints": [(each.kind, each.value) for each in self.breakpoints],
            "look": self._sought,
        }

    def take_up(self, state: Mapping[str, Any]) -> None:
        self.pace(state["rate"])
        self.arm(state["breakpoints"])
        self.look(state["look"])
        self._shown = state["step"]
        if state["playing"] or self.run is not None and self.run.step < self._shown:
            self.play(state["until"] if state["playing"] else self._shown)
        elif self.status == PAUSED:
            self.until, self.message, self._suspended = state["until"], state["message"], state["suspended"]

    def arm(self, breakpoints: Sequence[tuple[str, float]]) -> None:
        self.breakpoints = tuple(Breakpoint(kind, value) for kind, value in breakpoints)

    def pace(self, rate: float | None) -> None:
        self.rate, self.due = rate, time.monotonic()

    def change(self, settings: Mapping[str, Any]) -> None:
        """Go on with other settings; what cannot be is said, and changes nothing."""
        if self.run is None:
            return
        try:
            run = self.run.changed(**settings)
            if run is not self.run:
                self._trace, self._traced = training.observe(run, device=self._device), run
                self.run = run
            self._settle()
        except (*EXPLAINED, ValueError) as error:
            self.message = str(error)

    def look(self, step: int | None) -> None:
        """Show an earlier step from now on; None: the present."""
        if self.run is None or step is None or step >= self.run.step:
            self._sought = self._back = self._past = None
        elif step != self._sought:
            self._sought = max(step, 0)
            if self._past is None or self._past.step != self._sought:
                self._back = self._earlier(self.run, self._sought)

    def untrained(self) -> None:
        """Show step 0 beside whatever else is shown, from now on."""
        if self.run is not None and self._untrained is None:
            with self.alone():
                self._untrained = training.observe(self._earlier(self.run, 0), device=self._device)

    def arrive(self, step: int, settings: Mapping[str, Any]) -> None:
        """Begin at an earlier step of the run, or a later one, and there take other settings."""
        if self.run is not None:
            whole, self.status = self.run, STARTING
            with self.alone():
                self.run = self._earlier(whole, min(step, whole.step))
                self._arrival = whole, min(step, self.max_steps), settings

    def slice(self, seconds: float) -> None:
        """Work for about `seconds`: at least one step, never past the step to stop at."""
        if self._arrival is not None:
            self._come_nearer(seconds)
        elif self.seeking is not None:
            self._seek(seconds)
        elif self.run is not None and self.playing:
            self._train(self.run, seconds)

    def view(self, record: bool = True) -> View:
        """The View of this moment. record: the probe batch too, if the weights changed since it last was."""
        if record and self.run is not None and self.run is not self._traced:
            with self.alone():
                self._trace, self._traced = training.observe(self.run, device=self._device), self.run
        view = View(
            job=self.name,
            status=self.status,
            trace=self._trace,
            steps_per_second=self._steps / self._seconds if self._steps else 0.0,
            message=self.message,
            until=self.until,
            rate=self.rate,
            breakpoints=self.breakpoints,
            past=self._past if self._past is not None and self._past.step == self._sought else None,
            untrained=self._untrained,
            seeking=self.seeking,
        )
        run = self.run
        if run is None:
            return view
        return replace(
            view,
            step=run.step,
            history=run.history,
            parameters=sum(array.size for array in run.weights.values()),
            config=run.config,
            changes=run.changes,
            hits=run.hits,
            snapshots=tuple(snapshot.step for snapshot in run.snapshots),
        )

    def _train(self, run: Run, seconds: float) -> None:
        steps = self.until - run.step
        if self.rate is not None:
            steps = min(steps, max(1, int(self.rate * seconds)))
        begin = time.monotonic()
        with self.alone():
            spent = training.seconds_stepping(run)
            self.run = after = training.advance(run, steps, seconds, self._device, self.breakpoints)
            taken = after.step - run.step
            if self.rate is not None:
                self.due = max(self.due, begin - LAG) + taken / self.rate
            self._steps = FORGET * self._steps + taken
            self._seconds = FORGET * self._seconds + training.seconds_stepping(after) - spent
            self._settle(playing=True)
            if after.hits != run.hits:
                self.status, self.message = PAUSED, after.hits[-1].message

    def _settle(self, playing: bool = False) -> None:
        """The status that the run itself calls for."""
        assert self.run is not None
        if self.run.diverged is not None:
            self.status, self.message = DIVERGED, explain_divergence(self.run)
        elif playing:
            self._pause_at_end(self.run)
        elif not self.playing:
            self.status, self.message = PAUSED, ""

    def _earlier(self, run: Run, step: int) -> Run:
        """Where to recompute a step from: the snapshot before it, or the start where none was kept."""
        if step == run.step or any(snapshot.step <= step for snapshot in run.snapshots):
            return run.nearest(step)
        return training.start(run.original, run.data, run.start, device=self._device)

    def _seek(self, seconds: float) -> None:
        assert self.run is not None and self._back is not None and self._sought is not None
        with self.alone():
            self._back = training.towards(self._back, self.run, self._sought, seconds, self._device)
            if self._back.step == self._sought or self._back.diverged is not None:
                self._past = Past(self._sought, training.observe(self._back, device=self._device))
                self._back = None

    def _come_nearer(self, seconds: float) -> None:
        assert self.run is not None and self._arrival is not None
        whole, step, settings = self._arrival
        with self.alone():
            self.run = training.towards(self.run, whole, step, seconds, self._device)
            if self.run.step >= step or self.run.diverged is not None:
                self._arrival, self.status = None, PAUSED
                self.change(settings)

    def _pause_at_end(self, run: Run) -> None:
        if run.step >= self.until:
            self.status = PAUSED
            if run.step >= self.max_steps:
                self.message = f"This run has taken {run.step:,} steps, as many as this server allows."

    @contextmanager
    def alone(self) -> Iterator[None]:
        """An error in here becomes the status of this job; other jobs of the process go on. Its time is counted."""
        begin, before = time.perf_counter(), self.busy
        try:
            yield
        except EXPLAINED as error:
            self._end(str(error))
        except UNEXPECTED as error:
            log.exception("job %s failed", self.name[:6])
            self._end(f"This run ended on an unexpected error: {type(error).__name__}: {error}")
        finally:
            self.busy = before + time.perf_counter() - begin  # whatever was counted inside is part of it

    def _end(self, message: str) -> None:
        self.status, self.message = FAILED, message
        self._sought = self._back = self._arrival = None


def explain_divergence(run: Run) -> str:
    """Which step, what was seen, what to try."""
    seen, config = run.diverged, run.config
    assert seen is not None
    remedy = f"Try a smaller learning rate (it is {config.learning_rate:g})"
    if config.clip == "off":
        remedy += ", or clip the gradient by its norm"
    return f"Training diverged at step {seen.step}: {seen.what} ({seen.value:g}). {remedy}."
