"""The engine: a few verbs by which a page trains runs without knowing where they execute.

`create` gives a job, a name that nobody can guess; `latest` gives the newest View of it. Every verb returns at once,
and what it asks for happens within one slice of training. A job that is not known (any more) is ignored by every
verb, and `latest` gives None.

Two names stand for a person. visitor: one connected session, whose leaving makes its jobs orphans. owner: whose runs
they are, over reloads and restarts; only the owner can list, open, change or delete them.

A worker hands over what it has computed every two seconds of training and whenever a run stops, and the engine keeps
that (`keeper.py`). When a worker dies, each of its jobs goes on elsewhere from there, equal to one that was not
disturbed. Nothing here imports torch.
"""

from __future__ import annotations

import atexit
import math
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ConfigError
from rnnviz.environment import whole_number
from rnnviz.registry import Registry
from rnnviz.run import Run
from rnnviz.runs.dispatcher import Dispatcher
from rnnviz.runs.fleet import Fleet
from rnnviz.runs.keeper import Keeper
from rnnviz.runs.kept_runs import KeptRuns
from rnnviz.runs.limits import Limits
from rnnviz.runs.record import Record
from rnnviz.runs.store import About, Store
from rnnviz.runs.view import FAILED, PAUSED, PLAYING, Spec, View

ORPHAN_SECONDS = 120
PATIENCE = 2.0  # seconds that a closing engine waits for a worker, and for the store


class NotYours(ConfigError):
    """A run, or a file in it, belongs to somebody else."""


class Engine(KeptRuns):
    """Trains jobs, and knows the runs that are kept. Safe to call from many threads."""

    def __init__(
        self,
        fleet: Callable[..., Fleet],
        limits: Limits | None = None,
        orphan_seconds: float | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        self.limits = limits or Limits.from_environment()
        self.orphan_seconds = orphan_seconds or whole_number("RNNVIZ_ORPHAN_SECONDS", ORPHAN_SECONDS)
        self.started = time.time()
        records: dict[str, Record] = {}
        self.keeper = keeper or Keeper(Store(), live=lambda: tuple(records))
        self.jobs = Dispatcher(fleet, self.keeper, records)
        atexit.register(self.close)

    # -- a run comes into being ------------------------------------------------------------------------------

    def create(self, spec: Spec, visitor: str = "", owner: str = "", keep: bool = True) -> str:
        """A new job at step 0, paused. Raises LimitError where the server does not allow it.

        keep: in the store, for its owner to come back to. A name that no registry knows, or data that cannot be
        read, gives a job whose View has failed, with a sentence.
        """
        return self._begin(Record(spec, owner or visitor, View(secrets.token_urlsafe(16)), keep), visitor)

    def fork(
        self, job: str, step: int | None, settings: Mapping[str, Any], visitor: str = "", owner: str = ""
    ) -> str | None:
        """A new job that is `job` up to `step` (None: where it is) and goes on with other settings, paused.

        None where the job is not known, took no step, or is a fork that is still on its way. Raises ConfigError,
        StoreError.
        """
        record = self.jobs.get(job)
        if record is None or record.view.step == 0 or record.arrive is not None and not record.saved:
            return None
        self.limits.check((record.view.config or record.spec.config).with_(**settings), record.spec.data)
        at = record.view.step if step is None else min(max(step, 0), record.view.step)
        child = Record(
            record.spec,
            owner or visitor,
            View(secrets.token_urlsafe(16)),
            parent=job,
            parent_step=at,
            arrive={"step": at, "settings": dict(settings)},
            parts=self.jobs.last_save(record) or {},
        )
        return self._begin(child, visitor)

    def open(self, run: str, visitor: str = "", owner: str = "") -> str | None:
        """The job of a run that is known by its id: here still, or kept in the store. None where it is neither.

        Somebody else's run is opened as a copy of its last save. Raises NotYours where that holds uploaded data,
        StoreError where it cannot be read, LimitError.
        """
        if self._at_hand(run, visitor, owner):
            return run
        if (kept := self.keeper.load(run)) is None:
            return None
        about, parts = kept
        if about.owner == owner:
            return self._restore(about, parts, visitor)
        if about.has_data:
            raise NotYours(
                "This link names a run that holds a file of its owner's, or weights, which are not shown to others. "
                "Bring a file of your own on the page Your data, or Your model, and train a run on it."
            )
        copy = replace(about, id=secrets.token_urlsafe(16), owner=owner, name="", parent="", parent_step=0)
        return self._restore(copy, parts, visitor, new=True)

    def open_file(self, content: bytes, visitor: str = "", owner: str = "") -> str:
        """The job of a saved run. Raises ConfigError, with a sentence, for any other file, and LimitError."""
        try:
            run = Run.from_bytes(content)
            parts = run.to_parts()
        except ValueError as error:
            raise ConfigError(str(error)) from None
        spec = Spec(run.original, run.data, run.start)
        about = Record(spec, owner or visitor, View(secrets.token_urlsafe(16), step=run.step))
        return self._restore(about.about, parts, visitor, new=True)

    # -- what can be asked of it -----------------------------------------------------------------------------

    def play(self, job: str, until: int | None = None) -> None:
        """Train until step `until` (None: the server's limit), then pause."""
        self._command(job, "play", PLAYING, until=until)

    def pause(self, job: str) -> None:
        """Stop after the current slice; the View that follows shows the last step taken."""
        self._command(job, "pause", PAUSED)

    def step(self, job: str, count: int = 1) -> None:
        """Take exactly `count` optimiser steps, then pause."""
        self._command(job, "step", PLAYING, count=count)

    def reset(self, job: str) -> None:
        """Back to step 0 of the same experiment, paused; also revives a job that failed or diverged."""
        record = self.jobs.get(job)
        if record is not None and record.view.status == FAILED:
            self.jobs.begin_again(record, afresh=True)
        elif record is not None:
            self._command(job, "reset", PAUSED)

    def pace(self, job: str, rate: float | None) -> None:
        """Take at most `rate` steps a second from now on; None: flat out. Raises ConfigError."""
        if rate is not None and not 0 < rate < math.inf:
            raise ConfigError(f"The pace is {rate!r} steps a second; expected a number above 0.")
        self._command(job, "pace", None, rate=rate)

    def arm(self, job: str, breakpoints: Sequence[Breakpoint]) -> None:
        """Pause where one of these fires, instead of those before."""
        self._command(job, "arm", None, breakpoints=[(each.kind, each.value) for each in breakpoints])

    def change(self, job: str, **settings: Any) -> None:
        """Go on with other settings (those in `run.CHANGEABLE`); the history marks it. Raises ConfigError."""
        record = self.jobs.get(job)
        if record is not None:
            self.limits.check((record.view.config or record.spec.config).with_(**settings), record.spec.data)
            self._command(job, "change", None, settings=settings)

    def look(self, job: str, step: int | None) -> None:
        """Show an earlier step, recomputed from the snapshot before it; None: the present again."""
        self._command(job, "look", None, step=step)

    def untrained(self, job: str) -> None:
        """Have the View hold the probe batch as it was at step 0 too. It is computed once, beside what is looked at."""
        record = self.jobs.get(job)
        if record is not None and record.view.untrained is None:
            self._command(job, "untrained", None)

    def latest(self, job: str) -> View | None:
        """The newest View. Whoever asks is watching: for about two seconds the picture is kept fresh."""
        record = self.jobs.get(job)
        if record is None:
            return None
        record.watch()
        self.jobs.fleet.turn()
        return replace(
            record.view,
            saved=self.keeper.saved_step(job),
            trouble=self.keeper.trouble(job),
            queue=self.jobs.queue(record),
            name=record.name,
            parent=record.parent,
            parent_step=record.parent_step,
        )

    def acknowledged(self, job: str) -> bool:
        """Whether every command for the job has been obeyed, so that its View holds what came of them."""
        record = self.jobs.get(job)
        return record is None or record.acknowledged == record.sent

    def known(self, job: str) -> bool:
        """Whether the job is at hand."""
        return self.jobs.get(job) is not None

    def spec(self, job: str) -> Spec | None:
        """What the job began as."""
        record = self.jobs.get(job)
        return None if record is None else record.spec

    # -- who looks at it -------------------------------------------------------------------------------------

    def attach(self, job: str, visitor: str = "") -> bool:
        """A visitor's page shows the job, which is no orphan then. False where it is gone.

        One that was playing when it was orphaned plays on to the same `until`; one that was paused, or that was
        given another command since, stays as it is.
        """
        with self.jobs.lock:
            record = self.jobs.get(job)
            if record is None:
                return False
            if not record.holders:
                record.tell("attach", PLAYING if record.played else PAUSED)
            record.holders.add(visitor)
            return True

    def orphan(self, job: str, visitor: str = "") -> None:
        """A visitor has left. When nobody looks any more it stops, and after RNNVIZ_ORPHAN_SECONDS it is let go."""
        with self.jobs.lock:
            record = self.jobs.get(job)
            if record is None or not record.holders:
                return
            record.holders.discard(visitor)
            if not record.holders:
                record.played = record.status == PLAYING
                record.forget_after = self.orphan_seconds
                record.tell("orphan", PAUSED, seconds=self.orphan_seconds)
                if record.link is None and record.leaving is None:
                    self.jobs.remove(record)

    def drop(self, job: str, visitor: str = "") -> None:
        """A visitor's pages do not show the job any more. When nobody's do it is let go; what is kept stays kept."""
        with self.jobs.lock:
            record = self.jobs.get(job)
            if record is not None:
                record.holders.discard(visitor)
                if not record.holders:
                    self.jobs.let_go(record)

    # -- the whole -------------------------------------------------------------------------------------------

    def warm_up(self) -> None:
        """Prepare in the background what the first `create` will need."""
        with self.jobs.lock:
            self.jobs.fleet.want(0)

    def status(self) -> dict[str, Any]:
        """How the server is doing, for whoever runs it: numbers only, nothing of any visitor's."""
        with self.jobs.lock:
            records, links = list(self.jobs.records.values()), self.jobs.fleet.links
        playing = self.jobs.playing()
        jobs = Counter(record.link for record in records)
        return {
            "started": self.started,
            "workers": [
                {"label": link.label, "pid": link.pid, "rss": link.rss, "ready": link.ready}
                | {"jobs": jobs[link], "playing": playing[link]}
                for link in links
            ],
            "jobs": len(records),
            "playing": sum(playing.values()),
            "waiting": jobs[None],
            "visitors": len({holder for record in records for holder in record.holders}),
            "trouble": self.jobs.fleet.trouble,
            "store": self.keeper.status(),
        }

    def close(self) -> None:
        """End everything. Jobs are gone, kept runs are kept as they are now; a later `create` starts afresh."""
        self.jobs.let_all_go(PATIENCE)
        self.jobs.fleet.close()
        self.keeper.flush(PATIENCE)

    # -- inside ----------------------------------------------------------------------------------------------

    def _at_hand(self, run: str, visitor: str, owner: str) -> bool:
        """Attach to a run of the owner's that is here, also to one that was about to go."""
        with self.jobs.lock:
            record = self.jobs.records.get(run)
            if record is None or record.owner != owner:
                return False
            if record.ending:  # its worker is handing it over; it comes back as it would from the store
                record.ending = record.played = False
                record.tell("pause", PAUSED)
            return self.attach(run, visitor)

    def _begin(self, record: Record, visitor: str, parts: Mapping[str, bytes] | None = None) -> str:
        """parts: of a run that has steps behind it and that the store does not have yet."""
        self.limits.check(record.spec.config, record.spec.data)
        with self.jobs.lock:
            if self._at_hand(record.job, visitor, record.owner):  # two tabs may open one link at the same time
                return record.job
            others = self.jobs.records.values()
            self.limits.check_runs(sum(other.owner == record.owner and bool(other.holders) for other in others))
            record.holders.add(visitor)
            record.max_steps = self.limits.max_steps
            if parts is not None:
                self.keeper.put(record.about, parts, tuple(parts))
            self.jobs.records[record.job] = record
        self.jobs.place(record)
        return record.job

    def _restore(self, about: About, parts: Mapping[str, bytes], visitor: str, new: bool = False) -> str:
        """Take up a kept run again under the id in `about`. new: the store has none of that id."""
        try:
            run = Run.from_parts(parts)
        except ValueError as error:
            raise ConfigError(f"The run could not be opened. {error}") from None
        self.limits.check_run(run)
        content = {name: parts[name] for name in run.part_names()} if new else None
        return self._begin(Record.of(run, about), visitor, content)

    def _command(self, job: str, verb: str, expected: str | None, **arguments: Any) -> None:
        record = self.jobs.get(job)
        if record is None:
            return
        if expected == PLAYING:
            if record.view.status == FAILED:
                self.jobs.begin_again(record, afresh=False)
            self.jobs.make_room(record)
        with self.jobs.lock:
            if expected is not None:
                record.played = False  # whatever is asked for takes the place of playing on
            record.tell(verb, expected, **arguments)


# name -> (module, class of the fleet); the module is imported when the engine is asked for
ENGINES: Registry[tuple[str, str]] = Registry(
    "engine",
    {
        "pool": ("rnnviz.runs.pool", "PoolFleet"),
        "dask": ("rnnviz.runs.dask_fleet", "DaskFleet"),
        "inline": ("rnnviz.runs.inline", "InlineFleet"),
    },
)
_engines: dict[str, Engine] = {}
_lock = threading.Lock()


def get_engine(kind: str | None = None) -> Engine:
    """The engine of this process. `kind` defaults to RNNVIZ_ENGINE, else `"dask"` where RNNVIZ_SCHEDULER names a
    scheduler, else `"pool"`. Raises UnknownName."""
    kind = kind or os.environ.get("RNNVIZ_ENGINE") or ("dask" if os.environ.get("RNNVIZ_SCHEDULER") else "pool")
    with _lock:
        if kind not in _engines:
            module, name = ENGINES[kind]
            _engines[kind] = Engine(getattr(import_module(module), name))
        return _engines[kind]
