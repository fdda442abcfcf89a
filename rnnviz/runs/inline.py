"""The inline engine: no process and no thread. `latest` does the work, one slice a call.

For tests, for a single user, and wherever processes cannot be started. torch is imported at the first create.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rnnviz.runs.engine import ORPHAN_SECONDS, Engine, Spec, View
from rnnviz.runs.limits import Limits, whole_number

if TYPE_CHECKING:
    from rnnviz.runs.job import Job

SLICE = 0.05  # seconds of training per call of `latest`


@dataclass
class Entry:
    job: Job
    visitor: str
    view: View
    forget_at: float = float("inf")


class InlineEngine(Engine):
    def __init__(self, limits: Limits | None = None, orphan_seconds: float | None = None) -> None:
        self.limits = limits or Limits.from_environment()
        self.orphan_seconds = orphan_seconds or whole_number("RNNVIZ_ORPHAN_SECONDS", ORPHAN_SECONDS)
        self._entries: dict[str, Entry] = {}
        self._lock = threading.RLock()

    def create(self, spec: Spec, visitor: str = "") -> str:
        from rnnviz.runs.job import Job

        self.limits.check(spec.config, spec.data)
        with self._lock:
            self._forget_expired()
            mine = [e for e in self._entries.values() if e.visitor == visitor and e.forget_at == float("inf")]
            self.limits.check_runs(len(mine))
            name = secrets.token_urlsafe(16)
            self._entries[name] = Entry(Job(name, spec, self.limits.max_steps), visitor, View(name))
        return name

    def play(self, job: str, until: int | None = None) -> None:
        with self._lock:
            if entry := self._entries.get(job):
                entry.job.play(until)

    def pause(self, job: str) -> None:
        with self._lock:
            if entry := self._entries.get(job):
                entry.job.pause()

    def step(self, job: str, count: int = 1) -> None:
        with self._lock:
            if entry := self._entries.get(job):
                entry.job.step(count)

    def reset(self, job: str) -> None:
        with self._lock:
            if entry := self._entries.get(job):
                entry.job.reset()

    def latest(self, job: str) -> View | None:
        with self._lock:
            self._forget_expired()
            entry = self._entries.get(job)
            if entry is None:
                return None
            entry.job.slice(SLICE)
            new, old = entry.job.view(), entry.view
            if not (old.revision and same(new, old)):
                entry.view = replace(new, revision=old.revision + 1)
            return entry.view

    def attach(self, job: str) -> bool:
        with self._lock:
            self._forget_expired()
            entry = self._entries.get(job)
            if entry is not None:
                entry.forget_at = float("inf")
                entry.job.resume()
            return entry is not None

    def orphan(self, job: str) -> None:
        with self._lock:
            if entry := self._entries.get(job):
                entry.job.suspend()
                entry.forget_at = time.monotonic() + self.orphan_seconds

    def drop(self, job: str) -> None:
        with self._lock:
            self._entries.pop(job, None)

    def close(self) -> None:
        with self._lock:
            self._entries.clear()

    def _forget_expired(self) -> None:
        now = time.monotonic()
        for name in [name for name, entry in self._entries.items() if entry.forget_at <= now]:
            del self._entries[name]


def same(new: View, old: View) -> bool:
    """Whether two Views of a job show the same thing."""
    return (
        new.history is old.history
        and new.trace is old.trace
        and (new.status, new.step, new.message) == (old.status, old.step, old.message)
    )
