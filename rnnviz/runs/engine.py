"""The engine: eight verbs by which a page trains runs without knowing where they execute.

`create` gives a job, a name that nobody can guess. `latest` gives the newest View of it. All verbs return at
once; what they ask for happens within one slice of training, and `latest` shows it. A job that is not known
(any more) is ignored by every verb, and `latest` gives None.
"""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from importlib import import_module

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.registry import Registry
from rnnviz.run import History
from rnnviz.trace import Trace

STARTING, PAUSED, PLAYING, DIVERGED, FAILED = "starting", "paused", "playing", "diverged", "failed"
STATUSES = (STARTING, PAUSED, PLAYING, DIVERGED, FAILED)
ORPHAN_SECONDS = 120


@dataclass(frozen=True, eq=False)
class Spec:
    """What to train: the experiment, and the uploaded data it needs, if any."""

    config: ExperimentConfig
    data: Dataset | None = None


def empty_history() -> History:
    """The history of a run that has not begun: zero steps, zero layers, zero time steps."""
    none = np.zeros(0)
    return History(none, none, np.zeros(0, int), none, none, np.zeros(0, int), np.zeros((0, 0, 0)))


@dataclass(frozen=True, eq=False)
class View:
    """What a page shows of a job.

    status: `"starting"`, `"paused"`, `"playing"`, `"diverged"` or `"failed"`; message: why, in a sentence, or "".
    step: optimiser steps taken. history: up to that step. trace: of the probe batch, recorded at `trace.step`.
    steps_per_second: recent speed of the optimiser steps themselves, without waiting for other runs, held-out
    checks and recording; 0 before the first step. parameters: trainable numbers of the model. revision: grows
    with every change.
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

    @property
    def seconds_per_step(self) -> float:
        """The inverse of `steps_per_second`; NaN before the first step."""
        return 1 / self.steps_per_second if self.steps_per_second else float("nan")


class Engine(ABC):
    """Trains jobs. Safe to call from many threads."""

    @abstractmethod
    def create(self, spec: Spec, visitor: str = "") -> str:
        """A new job at step 0, paused. Raises LimitError where the server does not allow it.

        visitor: who asks, for the limit on runs. A name that no registry knows, or data that cannot be read,
        gives a job whose View has failed, with a sentence.
        """

    @abstractmethod
    def play(self, job: str, until: int | None = None) -> None:
        """Train until step `until` (None: the server's limit), then pause."""

    @abstractmethod
    def pause(self, job: str) -> None:
        """Stop after the current slice; the View that follows shows the last step taken."""

    @abstractmethod
    def step(self, job: str, count: int = 1) -> None:
        """Take exactly `count` optimiser steps, then pause."""

    @abstractmethod
    def reset(self, job: str) -> None:
        """Back to step 0 of the same experiment, paused; also revives a job that failed or diverged."""

    @abstractmethod
    def latest(self, job: str) -> View | None:
        """The newest View. Whoever asks is watching: for about two seconds the picture is kept fresh."""

    @abstractmethod
    def attach(self, job: str) -> bool:
        """Keep an orphaned job after all. False where it is gone.

        One that was playing when it was orphaned plays on to the same `until`; one that the visitor had
        paused, or that was given another command since, stays as it is.
        """

    @abstractmethod
    def orphan(self, job: str) -> None:
        """Nobody looks any more: stop at once, forget after RNNVIZ_ORPHAN_SECONDS unless attached."""

    @abstractmethod
    def drop(self, job: str) -> None:
        """Forget the job now."""

    @abstractmethod
    def close(self) -> None:
        """End everything. Jobs are gone; a later `create` starts afresh."""

    def warm_up(self) -> None:  # noqa: B027 - an engine that has nothing to prepare does nothing
        """Prepare in the background what the first `create` will need."""


# name -> (module, class); the module is imported when the engine is asked for
ENGINES: Registry[tuple[str, str]] = Registry(
    "engine",
    {
        "pool": ("rnnviz.runs.pool", "PoolEngine"),
        "inline": ("rnnviz.runs.inline", "InlineEngine"),
    },
)
_engines: dict[str, Engine] = {}
_lock = threading.Lock()


def get_engine(kind: str | None = None) -> Engine:
    """The engine of this process; `kind` defaults to RNNVIZ_ENGINE, else `"pool"`. Raises UnknownName."""
    kind = kind or os.environ.get("RNNVIZ_ENGINE") or "pool"
    with _lock:
        if kind not in _engines:
            module, name = ENGINES[kind]
            _engines[kind] = getattr(import_module(module), name)()
        return _engines[kind]
