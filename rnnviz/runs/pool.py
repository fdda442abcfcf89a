"""The pool: jobs spread over worker processes, each job on the worker that had fewest when it was created.

Every verb puts a message on a queue and returns; `latest` is a dict lookup. Nothing here imports torch.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rnnviz.runs.engine import DIVERGED, FAILED, ORPHAN_SECONDS, PAUSED, PLAYING, STARTING, Engine, Spec, View
from rnnviz.runs.limits import Limits, whole_number
from rnnviz.runs.messages import pack, pack_spec, unpack, unpack_view
from rnnviz.runs.process import WorkerProcess

log = logging.getLogger(__name__)

WATCH_EVERY = 1.0  # seconds between two "watch" messages while `latest` is called


@dataclass
class Record:
    """What the server keeps of a job.

    worker: where it runs; None after that process died. sent, acknowledged: commands sent, and obeyed by the
    worker; while they differ, `latest` shows the status that the last one leads to (`expected`), so that a
    page that asks right after a click draws what was clicked. played: whether it was playing when orphaned.
    """

    spec: Spec
    visitor: str
    view: View
    worker: WorkerProcess | None = None
    sent: int = 0
    acknowledged: int = 0
    expected: str = STARTING
    watched_at: float = 0.0
    orphaned: bool = False
    played: bool = False


class PoolEngine(Engine):
    """At most `workers` processes (RNNVIZ_WORKERS, else one per core), started as jobs come, one kept warm."""

    def __init__(
        self, workers: int | None = None, limits: Limits | None = None, orphan_seconds: float | None = None
    ) -> None:
        self.size = workers or whole_number("RNNVIZ_WORKERS", _cores())
        self.limits = limits or Limits.from_environment()
        self.orphan_seconds = orphan_seconds or whole_number("RNNVIZ_ORPHAN_SECONDS", ORPHAN_SECONDS)
        self._workers: list[WorkerProcess] = []
        self._records: dict[str, Record] = {}
        self._lock = threading.Lock()  # held for moments, never while something is waited for
        self._reports: dict[str, Callable[[WorkerProcess, dict[str, Any], list[bytes]], None]] = {
            "ready": self._on_ready,
            "view": self._on_view,
            "dropped": self._on_dropped,
        }
        atexit.register(self.close)

    @property
    def pids(self) -> list[int]:
        """Of the worker processes."""
        with self._lock:
            return [worker.pid for worker in self._workers if worker.pid is not None]

    def acknowledged(self, job: str) -> bool:
        """Whether the worker has obeyed every command for the job, so that its View holds what came of them."""
        record = self._records.get(job)
        return record is None or record.acknowledged == record.sent

    def warm_up(self) -> None:
        with self._lock:
            self._keep_one_warm(Counter())

    def create(self, spec: Spec, visitor: str = "") -> str:
        self.limits.check(spec.config, spec.data)
        job = secrets.token_urlsafe(16)
        message = self._pack_create(job, spec, number=1)
        with self._lock:
            self.limits.check_runs(sum(r.visitor == visitor and not r.orphaned for r in self._records.values()))
            record = self._records[job] = Record(spec, visitor, View(job), sent=1, expected=STARTING)
            self._assign(record, message)
        return job

    def play(self, job: str, until: int | None = None) -> None:
        self._command(job, "play", PLAYING, until=until)

    def pause(self, job: str) -> None:
        self._command(job, "pause", PAUSED)

    def step(self, job: str, count: int = 1) -> None:
        self._command(job, "step", PLAYING, count=count)

    def reset(self, job: str) -> None:
        record = self._records.get(job)
        if record is None:
            return
        if record.worker is not None:
            self._command(job, "reset", PAUSED)
            return
        message = self._pack_create(job, record.spec, number=record.sent + 1)
        with self._lock:
            if record.worker is None:
                record.sent += 1
                self._show(record, View(job, revision=record.view.revision))
                self._assign(record, message)

    def latest(self, job: str) -> View | None:
        record = self._records.get(job)
        if record is None:
            return None
        now = time.monotonic()
        worker = record.worker
        if worker is not None and now - record.watched_at > WATCH_EVERY:
            record.watched_at = now
            worker.send(pack({"verb": "watch", "job": job}))
        return record.view

    def attach(self, job: str) -> bool:
        with self._lock:
            record = self._records.get(job)
            if record is not None and record.orphaned:
                record.orphaned = False
                self._tell(record, "attach", PLAYING if record.played else PAUSED)
            return record is not None

    def orphan(self, job: str) -> None:
        with self._lock:
            record = self._records.get(job)
            if record is None:
                return
            if record.worker is None:
                del self._records[job]
                return
            status = record.expected if record.acknowledged < record.sent else record.view.status
            record.played = status == PLAYING or record.played and record.orphaned
            record.orphaned = True
            self._tell(record, "orphan", PAUSED, seconds=self.orphan_seconds)

    def drop(self, job: str) -> None:
        with self._lock:
            record = self._records.pop(job, None)
            if record is not None and record.worker is not None:
                record.worker.send(pack({"verb": "drop", "job": job}))

    def close(self) -> None:
        atexit.unregister(self.close)
        with self._lock:
            workers, self._workers, self._records = self._workers, [], {}
        for worker in workers:
            worker.ask_to_end()
        for worker in workers:
            worker.close()

    def _pack_create(self, job: str, spec: Spec, number: int) -> bytes:
        header = {"verb": "create", "job": job, "number": number, "max_steps": self.limits.max_steps}
        return pack_spec(header, spec)

    def _assign(self, record: Record, message: bytes) -> None:
        """Give the job to the worker that has fewest (the caller holds the lock)."""
        load = Counter(other.worker for other in self._records.values())
        self._keep_one_warm(load)
        record.worker = min(self._workers, key=lambda worker: (load[worker], not worker.ready))
        record.worker.send(message)

    def _keep_one_warm(self, load: Counter[WorkerProcess | None]) -> None:
        """Start workers until, besides those with jobs, one waits for this job and one for the next."""
        busy = sum(load[worker] > 0 for worker in self._workers)
        while len(self._workers) < min(self.size, busy + 2):
            self._workers.append(WorkerProcess(self._on_message, self._on_end))

    def _command(self, job: str, verb: str, expected: str, **arguments: Any) -> None:
        with self._lock:
            if record := self._records.get(job):
                record.played = False  # whatever is asked for takes the place of playing on
                self._tell(record, verb, expected, **arguments)

    def _tell(self, record: Record, verb: str, expected: str, **arguments: Any) -> None:
        """Send a command and show what it leads to (the caller holds the lock)."""
        if record.worker is None:
            return
        record.sent += 1
        status = record.view.status
        settled = status in (DIVERGED, FAILED) and verb != "reset"
        record.expected = status if settled else expected
        if status != STARTING and record.expected != status:
            self._show(record, replace(record.view, status=record.expected, message=""))
        record.worker.send(pack({"verb": verb, "job": record.view.job, "number": record.sent, **arguments}))

    def _show(self, record: Record, view: View) -> None:
        record.view = replace(view, revision=record.view.revision + 1)

    def _on_message(self, worker: WorkerProcess, message: bytes) -> None:
        header, blobs = unpack(message)
        self._reports[header["kind"]](worker, header, blobs)

    def _on_ready(self, worker: WorkerProcess, header: dict[str, Any], blobs: list[bytes]) -> None:
        worker.ready = True

    def _on_view(self, worker: WorkerProcess, header: dict[str, Any], blobs: list[bytes]) -> None:
        record = self._records.get(header["plain"]["job"])
        if record is None or record.worker is not worker:
            return
        view = unpack_view(header, blobs, record.view)
        with self._lock:
            record.acknowledged = header["acknowledged"]
            if record.acknowledged < record.sent:
                view = replace(view, status=record.expected, message="")
            self._show(record, view)

    def _on_dropped(self, worker: WorkerProcess, header: dict[str, Any], blobs: list[bytes]) -> None:
        with self._lock:
            self._records.pop(header["job"], None)

    def _on_end(self, worker: WorkerProcess) -> None:
        """A worker is gone. Its jobs say so; `reset` starts them again on another worker."""
        with self._lock:
            if worker not in self._workers:
                return  # closed on purpose
            self._workers.remove(worker)
            lost = [record for record in self._records.values() if record.worker is worker]
            for record in lost:
                record.worker = None
                message = (
                    f"The process that trained this run ended unexpectedly (exit status {worker.exit_status}; "
                    "perhaps the machine ran out of memory). Reset starts it again from step 0."
                )
                self._show(record, replace(record.view, status=FAILED, message=message))
            if worker.ready:  # one that never got ready is not started again until someone asks
                self._keep_one_warm(Counter(record.worker for record in self._records.values()))
        log.error("worker %s ended with exit status %s; %d jobs lost", worker.pid, worker.exit_status, len(lost))


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
