"""A small search over learning rate, hidden size and cell: which experiments, how far they are, which is best.

Runs are trained by whatever engine trains all others, a few at a time, and let go as soon as they are done, so that
a search of any size takes few of a visitor's runs. What came out is kept by experiment: a search that is widened
trains only what is new. No torch, no Streamlit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.runs.view import DIVERGED, FAILED, PAUSED, View
from rnnviz.start import from_scratch
from rnnviz.tasks.base import HIGHER

AT_ONCE = 6  # runs that train at a time
KEPT = 2000  # outcomes
MOST = 200  # runs of one search
TRIES = 20  # draws for each that is wanted: where there is little to choose from, some come twice

Make = Callable[[ExperimentConfig], str | None]  # settings -> a job that trains them; None beyond a limit


@dataclass(frozen=True)
class Plan:
    """What is searched. A grid tries every combination; draws > 0 instead takes so many at random: learning rate and
    hidden size from the smallest to the largest, evenly on a logarithmic scale, and one of the cells.

    seeds: runs of each combination. steps: optimiser steps of each run.
    """

    cells: tuple[str, ...]
    sizes: tuple[int, ...]
    rates: tuple[float, ...]
    seeds: int = 1
    steps: int = 300
    draws: int = 0

    def experiments(self, settings: ExperimentConfig) -> list[ExperimentConfig]:
        """What is tried, by the settings of its first seed. Random ones depend on the seed of `settings` alone."""
        if not (self.cells and self.sizes and self.rates):
            return []
        # weights that are given have one size, and early stopping would end trials at different steps
        settings = from_scratch(settings).with_(patience=0)
        if self.draws:
            return self._drawn(settings)
        return [
            settings.with_(cell=cell, hidden_size=size, learning_rate=rate)
            for cell in self.cells
            for size in self.sizes
            for rate in self.rates
        ]

    def _drawn(self, settings: ExperimentConfig) -> list[ExperimentConfig]:
        rng = np.random.default_rng([settings.seed, 11])
        found: dict[tuple[str, int, float], None] = {}  # each once, in order
        for _ in range(TRIES * self.draws):
            size, rate = (_between(values, rng.random()) for values in (self.sizes, self.rates))
            cell = self.cells[rng.integers(len(self.cells))]
            found[cell, round(size), float(f"{rate:.2g}")] = None
            if len(found) == self.draws:
                break
        return [settings.with_(cell=cell, hidden_size=size, learning_rate=rate) for cell, size, rate in found]

    def trials(self, experiments: Iterable[ExperimentConfig]) -> list[Trial]:
        """All runs: one seed of every experiment, in no order, then the next, so that the whole shows early."""
        given = list(experiments)
        tried = [self.seeded(given[k]) for k in np.random.default_rng(0).permutation(len(given))]
        return [trial for same_seed in zip(*tried, strict=True) for trial in same_seed]

    def seeded(self, experiment: ExperimentConfig) -> list[Trial]:
        """One experiment's runs, one a seed."""
        return [Trial(experiment.other_seed(k), self.steps) for k in range(self.seeds)]


def _between(values: Sequence[float], share: float) -> float:
    low, high = math.log(min(values)), math.log(max(values))
    return math.exp(low + share * (high - low))


@dataclass(frozen=True)
class Trial:
    """One run: its settings, and the step at which it is judged."""

    settings: ExperimentConfig
    steps: int


@dataclass(frozen=True)
class Outcome:
    """What came of a run. loss, metric: held out, at the last check; NaN where it diverged or failed.

    step: where it ended; seconds: that its steps took. words: why it ended early, "" where it did not.
    """

    step: int
    loss: float
    metric: float
    parameters: int
    seconds: float
    words: str = ""

    @classmethod
    def of(cls, view: View) -> Outcome:
        history, lost = view.history, view.status in (DIVERGED, FAILED)
        known = bool(len(history.heldout_loss)) and not lost
        return cls(
            step=view.step,
            loss=float(history.heldout_loss[-1]) if known else math.nan,
            metric=float(history.metric[-1]) if known else math.nan,
            parameters=view.parameters,
            seconds=view.seconds_per_step * view.step,
            words=view.message or (view.hits[-1].message if view.hits else ""),
        )

    def measure(self, quantity: str) -> float:
        """By its name: `"heldout_loss"`, or a metric."""
        return self.loss if quantity == "heldout_loss" else self.metric


@dataclass(eq=False)
class Search:
    """How far a visitor's searches are. known: what came of each trial; running: those that train, and their jobs."""

    known: dict[Trial, Outcome] = field(default_factory=dict)
    running: dict[Trial, str] = field(default_factory=dict)
    going: bool = False

    def turn(self, wanted: Sequence[Trial], engine: Any, make: Make, forget: Callable[[str], None]) -> None:
        """Note what is done, let it go, and begin what is next of `wanted`. Returns at once.

        A run that is not wanted any more is let go; one that is gone begins again. make: gives a job; forget: lets
        one go.
        """
        for trial, job in list(self.running.items()):
            view = engine.latest(job)
            if view is not None and over(view, trial.steps):
                self.known[trial] = Outcome.of(view)
            elif view is not None and self.going and trial in wanted:
                if view.status == PAUSED:  # such as one whose visitor was away for a moment
                    engine.play(job, trial.steps)
                continue
            del self.running[trial]
            forget(job)
        while len(self.known) > KEPT:
            del self.known[next(iter(self.known))]
        for trial in self.waiting(wanted) if self.going else []:
            if len(self.running) >= AT_ONCE:
                return
            job_made = make(trial.settings)
            if job_made is None:
                return
            self.running[trial] = job_made
            engine.play(job_made, trial.steps)
        self.going = self.going and bool(self.running)

    def waiting(self, wanted: Iterable[Trial]) -> list[Trial]:
        return [trial for trial in wanted if trial not in self.known and trial not in self.running]

    def forget(self, wanted: Iterable[Trial]) -> None:
        """Have what came of these trials forgotten, to train them again."""
        for trial in wanted:
            self.known.pop(trial, None)


def over(view: View, steps: int) -> bool:
    """Whether a run of a search is done: far enough, stopped by itself, or at its end."""
    return view.status in (DIVERGED, FAILED) or view.status == PAUSED and (view.step >= steps or bool(view.hits))


@dataclass(frozen=True)
class Spot:
    """One experiment over its seeds. values: a measure of each run that is done, NaN where it diverged; of `seeds`."""

    settings: ExperimentConfig
    outcomes: tuple[Outcome, ...]
    values: tuple[float, ...]
    seeds: int

    @property
    def begun(self) -> bool:
        return bool(self.values)

    @property
    def whole(self) -> bool:
        return len(self.values) == self.seeds

    @property
    def middle(self) -> float:
        """The median over seeds; NaN where there is none yet, or where a seed diverged."""
        return median(self.values) if self.begun and all(map(math.isfinite, self.values)) else math.nan


def spots(
    experiments: Iterable[ExperimentConfig], plan: Plan, known: Mapping[Trial, Outcome], quantity: str
) -> list[Spot]:
    """Every experiment with what is known of it so far, in their order."""
    found = []
    for settings in experiments:
        outcomes = tuple(known[trial] for trial in plan.seeded(settings) if trial in known)
        found.append(Spot(settings, outcomes, tuple(each.measure(quantity) for each in outcomes), plan.seeds))
    return found


def best(found: Sequence[Spot], quantity: str) -> Spot | None:
    """The spot with the best median, of those whose seeds are all done; None where there is none."""
    whole = [spot for spot in found if spot.whole and math.isfinite(spot.middle)]
    return min(whole, key=lambda spot: _cost(spot.middle, quantity)) if whole else None


def rivals(found: Sequence[Spot], winner: Spot, quantity: str) -> list[Spot]:
    """Other spots whose median is no worse than the winner's worst seed: chance may have put them behind."""
    worst = max(_cost(value, quantity) for value in winner.values)
    others = [spot for spot in found if spot is not winner and spot.whole and math.isfinite(spot.middle)]
    return [spot for spot in others if _cost(spot.middle, quantity) <= worst]


def _cost(value: float, quantity: str) -> float:
    return -value if quantity in HIGHER else value
