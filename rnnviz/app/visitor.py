"""What the app keeps for one visitor: settings and undo, uploaded data, drawn figures, and which runs they look at."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rnnviz.app.stops import Stops
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.runs import Engine, Spec
from rnnviz.runs.errand import Errand
from rnnviz.start import Start

UNDO = 50  # changes of the settings that can be taken back
STARTS, START_BYTES = 8, 100_000_000  # weights in hand, to begin runs with: the last ones, and so many bytes of them

Wanted = tuple[str, ExperimentConfig, str]  # place, settings, fingerprint of the data


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure as it was last drawn: what it depended on, its JSON, its height in pixels, what it shows in words."""

    version: Hashable
    json: str
    height: int
    words: str


@dataclass(frozen=True)
class Look:
    """What the pages that see inside look at, each by its place in the Trace, from 0."""

    sequence: int = 0
    layer: int = 0
    unit: int = 0
    time: int = 0


@dataclass(eq=False)
class Visitor:
    """One person at one open page.

    engine: trains their jobs. name: unguessable. owner: whose runs these are, over reloads and restarts; what is
    kept of them, not the secret. jobs: by the place of the app that shows them. made: every job that is at hand,
    with what it was made for, the latest used last. data: what was uploaded; read: which file it came from, and
    how it was read; alike: the same, to be prepared as other data were, for settings that name it.
    starts: weights in hand to begin runs with, by fingerprint, the one brought last at the end.
    pictures, results: the last figure, or result of an analysis, under each key, with what it depended on.
    errands: what was asked for under each key, with what it depends on.
    noted: what a page remembers of what was pressed, or drawn last, by name.
    said: notices, such as about the link, by where they stand, with when they were first said.
    settings: those of the last page drawn, None before the first. earlier: settings before, newest last.
    rate: steps per second asked for, None for flat out; press: steps that one press of Step takes.
    stops: where their kept runs stop by themselves. equipped: job -> the pace and breakpoints it was told.
    beside: job -> the one that the page Train shows beside it; both: whether Play plays that too.
    look: which sequence, layer, unit and time step they look at.
    """

    engine: Engine
    owner: str
    name: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    jobs: dict[str, str] = field(default_factory=dict)
    made: dict[str, Wanted] = field(default_factory=dict)
    data: Dataset | None = None
    alike: Dataset | None = None
    read: Hashable = None
    starts: dict[str, Start] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    results: dict[str, tuple[Hashable, Any]] = field(default_factory=dict)
    errands: dict[str, tuple[Hashable, Errand]] = field(default_factory=dict)
    noted: dict[str, Any] = field(default_factory=dict)
    said: dict[str, tuple[float, list[str]]] = field(default_factory=dict)
    settings: ExperimentConfig | None = None
    earlier: list[ExperimentConfig] = field(default_factory=list)
    rate: int | None = None
    press: int = 1
    stops: Stops = field(default_factory=Stops)
    equipped: dict[str, Hashable] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    both: bool = False
    look: Look = field(default_factory=Look)

    def job(self, place: str, spec: Spec, remember: int = 1, keep: bool = False) -> str:
        """The job shown at a place of the app, made for `spec`.

        When another spec is asked for there, the job before is paused and stays at hand, so that going back to its
        settings finds it where it was; `remember`: how many jobs a place holds. keep: new ones are kept in the
        store too. Raises LimitError where the server does not allow one more.
        """
        return self.show(place, self.have(place, spec, keep=keep), remember)

    def have(self, place: str, spec: Spec, remember: int | None = None, keep: bool = False) -> str:
        """The job made for `spec` at a place of the app, which goes on showing another; the rest as of `job`."""
        wanted = _wanted(place, spec)
        shown = self.jobs.get(place, "")
        fitting = [job for job, made in self.made.items() if made == wanted and self.engine.known(job)]
        if not fitting:
            fitting = [self.engine.create(spec, self.name, self.owner, keep)]
        job = shown if shown in fitting else fitting[-1]
        self.made.pop(job, None)
        self.hold(place, job, spec)
        if remember is not None:
            self._let_go(place, remember)
        return job

    def again(self, place: str, remember: int = 1) -> None:
        """A fresh job with the spec of the one shown, which is paused and stays at hand."""
        spec = self.engine.spec(self.jobs.get(place, ""))
        if spec is not None:
            self.adopt(place, self.engine.create(spec, self.name, self.owner, keep=True), spec, remember)

    def adopt(self, place: str, job: str, spec: Spec, remember: int = 1) -> str:
        """Show a job, made by the engine for `spec`, at a place."""
        self.hold(place, job, spec)
        return self.show(place, job, remember)

    def hold(self, place: str, job: str, spec: Spec) -> None:
        """Have a job, made by the engine for `spec`, at hand for a place."""
        self.made[job] = _wanted(place, spec)

    def show(self, place: str, job: str, remember: int = 1) -> str:
        """Show a job that is at hand; the one before is paused, those unused for longest are let go."""
        shown = self.jobs.get(place)
        if shown is not None and shown != job:
            self.engine.pause(shown)
        self.made[job] = self.made.pop(job)
        self.jobs[place] = job
        self._let_go(place, remember)
        return job

    def _let_go(self, place: str, remember: int) -> None:
        """Of the jobs at a place, those unused for longest."""
        held = [each for each, made in self.made.items() if made[0] == place]
        for old in held[: max(0, len(held) - remember)]:
            self.forget(old)

    def data_for(self, settings: ExperimentConfig) -> Dataset | None:
        """What was uploaded, as the settings name it."""
        named = self.alike is not None and settings.data == self.alike.fingerprint
        return self.alike if named else self.data

    def bring(self, start: Start) -> None:
        """Have weights in hand to begin runs with; those brought first go where they become too many."""
        self.starts.pop(start.fingerprint, None)
        self.starts[start.fingerprint] = start
        while len(self.starts) > STARTS or len(self.starts) > 1 and _bytes(self.starts) > START_BYTES:
            del self.starts[next(iter(self.starts))]

    def equip(self, *jobs: str) -> None:
        """Have these jobs keep to the visitor's pace and breakpoints."""
        wanted = self.rate, self.stops.breakpoints
        for job in jobs:
            if self.equipped.get(job) != wanted:
                self.engine.pace(job, self.rate)
                self.engine.arm(job, self.stops.breakpoints)
                self.equipped[job] = wanted

    def forget(self, job: str) -> None:
        """Let go of a job; where it is kept in the store, it can be opened again."""
        self.made.pop(job, None)
        self.equipped.pop(job, None)
        self.beside.pop(job, None)
        self.engine.drop(job, self.name)
        for place in [place for place, shown in self.jobs.items() if shown == job]:
            del self.jobs[place]

    def keep(self, group: str, places: Iterable[str]) -> None:
        """End what runs at places whose name begins with `group`, other than `places`."""
        for place in [name for name in self.jobs if name.startswith(group) and name not in set(places)]:
            for job in [job for job, made in self.made.items() if made[0] == place]:
                self.forget(job)

    def attach(self) -> None:
        """Keep the jobs after all; those that are gone are forgotten."""
        self.made = {job: made for job, made in self.made.items() if self.engine.attach(job, self.name)}
        self.jobs = {place: job for place, job in self.jobs.items() if job in self.made}
        self.equipped = {job: told for job, told in self.equipped.items() if job in self.made}

    def leave(self) -> None:
        """Nobody looks at the jobs any more, as far as this visitor goes, nor waits for errands on their way."""
        for key in [key for key, (_, errand) in self.errands.items() if not errand.over]:
            self.errands.pop(key)[1].cancel()
        for job in list(self.made):
            self.engine.orphan(job, self.name)

    def change(self, settings: ExperimentConfig) -> None:
        """Take new settings; the ones before can be had back with `undo`."""
        if self.settings is not None and settings != self.settings:
            self.earlier = [*self.earlier[-UNDO + 1 :], self.settings]
        self.settings = settings

    def undo(self) -> ExperimentConfig | None:
        """Go back to the settings before the last change; None where there are none."""
        if not self.earlier:
            return None
        self.settings = self.earlier.pop()
        return self.settings


def _bytes(starts: Mapping[str, Start]) -> int:
    return sum(array.nbytes for start in starts.values() for array in start.weights.values())


def _wanted(place: str, spec: Spec) -> Wanted:
    return place, spec.config, spec.data.fingerprint if spec.data else ""
