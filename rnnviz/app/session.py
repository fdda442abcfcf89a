"""What the app keeps for one visitor, the engine all visitors share, and noticing that a visitor has left.

`Visitor` is the one object in `st.session_state`. A second object, `Presence`, lives in Streamlit's cache of
session-scoped resources for one reason: Streamlit releases it when the visitor's connection ends, and the
visitor's jobs are then orphaned: paused at once, forgotten later. A dropped connection looks the same; when
the browser is back, the first run or tick that asks for its visitor makes a new Presence and attaches the jobs.
"""

from __future__ import annotations

import gc
import secrets
import threading
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.runs.engine import Engine, Spec, get_engine

UNDO = 50  # changes of the settings that can be taken back
GRACE = 0.2  # seconds between losing a connection and orphaning: a run on its way ends, a short gap closes
_KEY = "visitor"


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure as it was last drawn: what it depended on, its JSON and its height in pixels."""

    version: Hashable
    json: str
    height: int


@dataclass(eq=False)
class Visitor:
    """What is kept for one visitor.

    name: unguessable. jobs: by the place of the app that shows them. made: every job that is kept, by place,
    settings and fingerprint of the data, the latest used last. data: what was uploaded; read: which file
    it came from, and how it was read.
    pictures, results: the last figure, or result of an analysis, under each key, with what it depended on.
    settings: those of the last page drawn, None before the first. earlier: settings before, newest last.
    """

    name: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    jobs: dict[str, str] = field(default_factory=dict)
    data: Dataset | None = None
    read: Hashable = None
    pictures: dict[str, Picture] = field(default_factory=dict)
    results: dict[str, tuple[Hashable, Any]] = field(default_factory=dict)
    settings: ExperimentConfig | None = None
    earlier: list[ExperimentConfig] = field(default_factory=list)
    made: dict[tuple[str, ExperimentConfig, str], str] = field(default_factory=dict)

    def job(self, place: str, spec: Spec, remember: int = 1) -> str:
        """The job shown at a place of the app, made for `spec`.

        When another spec is asked for there, the job before is paused and kept, so that going back to its
        settings finds it where it was; `remember`: how many jobs a place holds. Raises LimitError where the
        server does not allow one more.
        """
        wanted = place, spec.config, spec.data.fingerprint if spec.data else ""
        job = self.made.pop(wanted, None)
        if job is not None and engine().latest(job) is None:
            job = None
        shown = self.jobs.pop(place, None)
        if shown is not None and shown != job:
            engine().pause(shown)
        held = [key for key in self.made if key[0] == place]
        for old in held[: max(0, len(held) + 1 - remember)]:
            engine().drop(self.made.pop(old))
        self.made[wanted] = self.jobs[place] = job or engine().create(spec, self.name)
        return self.jobs[place]

    def keep(self, group: str, places: Iterable[str]) -> None:
        """End what runs at places whose name begins with `group`, other than `places`."""
        for place in [name for name in self.jobs if name.startswith(group) and name not in set(places)]:
            self.drop(place)

    def drop(self, place: str) -> None:
        """End what runs at a place, if anything does."""
        self.jobs.pop(place, None)
        for key in [key for key in self.made if key[0] == place]:
            engine().drop(self.made.pop(key))

    def attach(self) -> None:
        """Keep the jobs after all; those that are gone are forgotten."""
        self.made = {key: job for key, job in self.made.items() if engine().attach(job)}
        alive = set(self.made.values())
        self.jobs = {place: job for place, job in self.jobs.items() if job in alive}

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


def visitor() -> Visitor:
    """The visitor whose script run this is; asking is a sign of presence."""
    return _presence().visitor


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The process-wide engine. Its workers start warming up at the first call."""
    found = get_engine()
    found.warm_up()
    return found


@dataclass(frozen=True, eq=False)
class Presence:
    """That a visitor's browser is connected, over the session of this name."""

    visitor: Visitor
    session: str

    def end(self) -> None:
        """Called on the server's event loop, which must not wait for the engine."""
        timer = threading.Timer(GRACE, self._orphan)
        timer.daemon = True
        timer.start()

    def _orphan(self) -> None:
        if runtime.exists() and runtime.get_instance().is_active_session(self.session):
            return  # back already: the next Presence has attached the jobs, or will
        for job in list(self.visitor.made.values()):
            get_engine().orphan(job)


@st.cache_resource(scope="session", show_spinner=False, on_release=Presence.end)
def _presence() -> Presence:
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Visitor()
    here: Visitor = st.session_state[_KEY]
    here.attach()
    context = get_script_run_ctx()
    return Presence(here, context.session_id if context else "")


@st.cache_resource(show_spinner=False)
def settle(page: str) -> None:
    """Once per page and process, when its modules are loaded: take them out of the garbage collector's work.

    Collections run while visitors wait; walking the modules of Streamlit and plotly takes 50 ms each time.
    """
    gc.collect()
    gc.freeze()
