"""What goes into an engine and what comes out: a Spec of what to train, a View of how it is doing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.run import Change, History, Hit
from rnnviz.start import Start
from rnnviz.trace import Trace

STARTING, PAUSED, PLAYING, DIVERGED, FAILED = "starting", "paused", "playing", "diverged", "failed"
STATUSES = (STARTING, PAUSED, PLAYING, DIVERGED, FAILED)
NEVER = -1  # the step of a save that has not been made


@dataclass(frozen=True, eq=False)
class Spec:
    """What to train: the experiment, the uploaded data it needs, if any, and the weights it begins with, if given."""

    config: ExperimentConfig
    data: Dataset | None = None
    start: Start | None = None


def empty_history() -> History:
    """The history of a run that has not begun: zero steps, zero layers, zero time steps."""
    none = np.zeros(0)
    return History(none, none, np.zeros(0, int), none, none, np.zeros(0, int), np.zeros((0, 0, 0)))


@dataclass(frozen=True, eq=False)
class Past:
    """The probe batch as the run saw it at an earlier step; equal to that of a fresh run stopped there."""

    step: int
    trace: Trace


@dataclass(frozen=True, eq=False)
class View:
    """What a page shows of a job.

    status: `"starting"`, `"paused"`, `"playing"`, `"diverged"` or `"failed"`; message: why, in a sentence, or "".
    step: optimiser steps taken. history: up to that step. trace: of the probe batch, recorded at `trace.step`.
    steps_per_second: recent speed of the optimiser steps themselves, without waiting for other runs, held-out
    checks and recording; 0 before the first step. parameters: trainable numbers of the model. revision: grows
    with every change that a picture could show.

    config: the settings in force; changes: how they came to differ from those at step 0; hits: breakpoints that
    fired. until: the step at which playing pauses; rate: steps per second asked for, None for flat out.
    breakpoints: those armed. snapshots: steps that can be gone back to at once. past: what was asked for with
    `look`, None for now; seeking: the step still being recomputed for it. untrained: the probe batch at step 0, once
    `untrained` asked for it.

    From the server: saved: step of the last save that reached the store (-1: none yet). trouble: why it did not.
    queue: who waits and why, "" where nobody does. name: given by the visitor. parent, parent_step: the run this
    one was forked from, and where.
    """

    job: str
    status: str = STARTING
    step: int = 0
    history: History = field(default_factory=empty_history)
    trace: Trace | None = None
    steps_per_second: float = 0.0
    parameters: int = 0
    message: str = ""
    revision: int = 0
    config: ExperimentConfig | None = None
    changes: tuple[Change, ...] = ()
    hits: tuple[Hit, ...] = ()
    until: int = 0
    rate: float | None = None
    breakpoints: tuple[Breakpoint, ...] = ()
    snapshots: tuple[int, ...] = ()
    past: Past | None = None
    untrained: Trace | None = None
    seeking: int | None = None
    saved: int = NEVER
    trouble: str = ""
    queue: str = ""
    name: str = ""
    parent: str = ""
    parent_step: int = 0

    @property
    def seconds_per_step(self) -> float:
        """The inverse of `steps_per_second`; NaN before the first step."""
        return 1 / self.steps_per_second if self.steps_per_second else float("nan")

    @property
    def shown_step(self) -> int:
        """The step that `shown_trace` is of, and up to which the history counts: the past one while looking back."""
        return self.step if self.past is None else self.past.step

    @property
    def shown_trace(self) -> Trace | None:
        return self.trace if self.past is None else self.past.trace
