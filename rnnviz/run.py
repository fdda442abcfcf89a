"""A Run is a value: a configuration, how far it has come, its weights, and what happened on the way.

Nothing here knows torch. `training.advance` turns one Run into the next; `save` and `load` keep one on disk,
as safetensors: arrays and a line of JSON, no pickle (see `runfile`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.optimisers import OPTIMISERS
from rnnviz.start import Start

KEEP = 128  # rows of a thinned record; its spacing doubles when they would be more
# Steps between two rows while a run is young; the spacing doubles as the run ages. Checks and recordings
# together take about 5 % of the training time of a young run.
CHECK_EVERY = 50  # held-out loss and metric
FLOW_EVERY = 100  # gradient norm at every time step

# What may change while a run goes on: the shape of the model and of its data may not.
CHANGEABLE = (
    "learning_rate", "clip", "clip_at", "batch_size", "optimiser", "momentum", "weight_decay", "loss", "patience",
)  # fmt: skip
RESETTING = ("optimiser", "momentum")  # another one of these starts without optimiser state

# Most that one run holds, so that reading a file takes bounded time. The trainer keeps 32 snapshots at most.
MAX_SNAPSHOTS, MAX_CHANGES, MAX_HITS = 64, 500, 10_000

Arrays = Mapping[str, np.ndarray]


def spacing(step: int, base: int, keep: int = KEEP) -> int:
    """Steps between rows once `step` is reached: `base`, doubled until at most `keep` rows follow row 0."""
    gap = base
    while step > gap * keep:
        gap *= 2
    return gap


@dataclass(frozen=True)
class Divergence:
    """Training stopped being training: at which step, what was seen, in words, with the number."""

    step: int
    what: str
    value: float


@dataclass(frozen=True)
class Change:
    """A setting changed on the way: optimiser steps after `step` use `after`."""

    step: int
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Hit:
    """A breakpoint that fired once `step` was reached: its kind, and in a sentence where and why."""

    step: int
    kind: str
    message: str


@dataclass(frozen=True, eq=False)
class History:
    """What happened. K steps taken, E held-out checks, F gradient recordings, S looks at saturation.

    loss, grad_norm: (K,) training loss and gradient norm before clipping of every step.
    checked: (E,) steps; heldout_loss, metric: (E,).
    recorded: (F,) steps; flow: (F, L, T) norm of dL/dh_t over batch and units, of the probe batch.
    watched: (S,) steps; saturation: (S, L, G) share of saturated values of each gate, of the probe batch; only
    of steps at which a breakpoint asked for it.

    Rows are only ever added. A check is made at steps that are multiples of `spacing(step, CHECK_EVERY)`, a
    recording likewise, so there are at most 128 rows, and 64 more for every time the steps double after that.
    """

    loss: np.ndarray
    grad_norm: np.ndarray
    checked: np.ndarray
    heldout_loss: np.ndarray
    metric: np.ndarray
    recorded: np.ndarray
    flow: np.ndarray
    watched: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    saturation: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))

    def cut(self, step: int) -> History:
        """Everything that had happened when `step` was reached."""
        return self._rows(step, 1, 1)

    def until(self, step: int) -> History:
        """What is shown of that: checks and recordings evenly spaced, at most 128 after the first of each."""
        return self._rows(step, spacing(step, CHECK_EVERY), spacing(step, FLOW_EVERY))

    def _rows(self, step: int, check: int, flow: int) -> History:
        checked = (self.checked <= step) & (self.checked % check == 0)
        recorded = (self.recorded <= step) & (self.recorded % flow == 0)
        watched = self.watched <= step
        return History(
            loss=self.loss[:step],
            grad_norm=self.grad_norm[:step],
            checked=self.checked[checked],
            heldout_loss=self.heldout_loss[checked],
            metric=self.metric[checked],
            recorded=self.recorded[recorded],
            flow=self.flow[recorded],
            watched=self.watched[watched],
            saturation=self.saturation[watched],
        )


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The weights and the optimiser's state at one step: enough to go on from there."""

    step: int
    weights: Arrays
    optimiser: Arrays


@dataclass(frozen=True, eq=False)
class Run:
    """An experiment at one step. Immutable; `advance` makes a new one.

    config: as it is now. weights: the model's state_dict as arrays. optimiser: "<index>.<name>" -> array.
    data: the uploaded data it trains on, if any; start: the weights it began with, where they were given. diverged:
    None while all is well.
    changes, hits: settings changed and breakpoints that fired on the way, in order; of hits the last MAX_HITS.
    """

    config: ExperimentConfig
    step: int
    weights: Arrays
    optimiser: Arrays
    history: History
    snapshots: tuple[Snapshot, ...] = ()
    diverged: Divergence | None = None
    data: Dataset | None = None
    changes: tuple[Change, ...] = ()
    hits: tuple[Hit, ...] = ()
    start: Start | None = None

    @property
    def original(self) -> ExperimentConfig:
        """The configuration it began with."""
        return self._before(0)[0]

    def changed(self, **settings: Any) -> Run:
        """The same weights and history under other settings from here on, such as a smaller learning rate.

        Another optimiser, or another momentum, starts without state. Raises ValueError for a setting that is
        not in CHANGEABLE, ConfigError or UnknownName for a value that is not allowed, ConfigError where there
        would be more than MAX_CHANGES.
        """
        for name in settings:
            if name not in CHANGEABLE:
                allowed = ", ".join(CHANGEABLE)
                raise ValueError(f"{name} cannot change while a run goes on; what can: {allowed}.")
        config = self.config.with_(**settings)
        OPTIMISERS[config.optimiser]  # an unknown name raises here
        new = {name: value for name, value in settings.items() if value != getattr(self.config, name)}
        if not new:
            return self
        changes = self.changes
        for name, value in new.items():
            changes = _noted(changes, Change(self.step, name, getattr(self.config, name), value))
        if len(changes) > MAX_CHANGES:
            raise ConfigError(
                f"The settings of this run have changed {len(self.changes)} times; at most {MAX_CHANGES} changes are "
                "kept. Go back to an earlier step, or begin a new run with the settings wanted."
            )
        optimiser = {} if any(name in RESETTING for name in new) else self.optimiser
        return replace(self, config=config, optimiser=optimiser, changes=changes, diverged=None)

    def back_to(self, step: int) -> Run:
        """The run as it was on arriving at a snapshot's step. Going on from there repeats the same numbers.

        What changed there or later is undone. Raises ValueError, naming the steps there are, where no snapshot
        was kept at `step`.
        """
        for snapshot in self.snapshots:
            if snapshot.step == step:
                config, changes = self._before(step)
                return replace(
                    self,
                    config=config,
                    step=step,
                    weights=snapshot.weights,
                    optimiser=snapshot.optimiser,
                    history=self.history.cut(step),
                    snapshots=tuple(s for s in self.snapshots if s.step <= step),
                    diverged=None,
                    changes=changes,
                    hits=tuple(hit for hit in self.hits if hit.step <= step),
                )
        kept = ", ".join(str(s.step) for s in self.snapshots)
        raise ValueError(f"No snapshot was kept at step {step}. There are snapshots at steps {kept or '(none)'}.")

    def nearest(self, step: int) -> Run:
        """The run at its last snapshot at or before `step`, or itself: where to recompute `step` from.

        `training.towards` goes on from there. Raises ValueError for a step that the run has not reached, and
        where no snapshot was kept.
        """
        if not 0 <= step <= self.step:
            raise ValueError(f"step is {step}; this run has steps 0 to {self.step}.")
        if step == self.step:
            return self
        return self.back_to(max((s.step for s in self.snapshots if s.step <= step), default=step))

    def _before(self, step: int) -> tuple[ExperimentConfig, tuple[Change, ...]]:
        """The configuration on arriving at `step`, and the changes made until then."""
        kept = tuple(change for change in self.changes if change.step < step)
        config = self.config
        for change in reversed(self.changes[len(kept) :]):
            config = config.with_(**{change.field: change.before})
        return config, kept

    def save(self, path: str | Path) -> None:
        Path(path).write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> Run:
        """Read what `save` wrote. Raises ValueError where the file is not a whole saved Run."""
        return cls.from_bytes(Path(path).read_bytes())

    def to_bytes(self) -> bytes:
        """The whole run as one file."""
        from rnnviz import runfile

        return runfile.to_bytes(self)

    @classmethod
    def from_bytes(cls, content: bytes) -> Run:
        from rnnviz import runfile

        return runfile.from_bytes(content)

    def part_names(self) -> tuple[str, ...]:
        """The parts that it is kept in: "head", "data" and "start" where there are some, and "snapshot-<step>"."""
        given = [name for name in ("data", "start") if getattr(self, name) is not None]
        return ("head", *given, *(f"snapshot-{snapshot.step}" for snapshot in self.snapshots))

    def to_parts(self, known: Collection[str] = ()) -> dict[str, bytes]:
        """Name -> content of every part but those `known`, which never change while the run goes on."""
        from rnnviz import runfile

        return runfile.to_parts(self, known)

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Run:
        """What `to_parts` took apart. Raises ValueError where a part is missing or damaged."""
        from rnnviz import runfile

        return runfile.from_parts(parts)


def _noted(changes: tuple[Change, ...], new: Change) -> tuple[Change, ...]:
    """With one more change. A setting tried twice at one step is one change, or none if it is what it was."""
    for k, old in enumerate(changes):
        if (old.step, old.field) == (new.step, new.field) and new.field not in RESETTING:
            one = () if old.before == new.after else (replace(old, after=new.after),)
            return (*changes[:k], *one, *changes[k + 1 :])
    return (*changes, new)
