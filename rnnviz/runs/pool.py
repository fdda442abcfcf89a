"""The pool: worker processes of this machine, started as jobs come."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from rnnviz.environment import whole_number
from rnnviz.runs.fleet import Fleet, Link
from rnnviz.runs.process import WorkerProcess

log = logging.getLogger(__name__)


class PoolFleet(Fleet):
    """At most `size` processes (RNNVIZ_WORKERS, else one per core). One that never got ready is not replaced
    until someone asks for a job again."""

    def __init__(self, *callbacks: Any, size: int | None = None) -> None:
        super().__init__(*callbacks)
        self.size = size or whole_number("RNNVIZ_WORKERS", _cores())
        self._workers: list[WorkerProcess] = []
        self._lock = threading.Lock()

    @property
    def links(self) -> list[Link]:
        with self._lock:
            return [*self._workers]

    def want(self, busy: int) -> None:
        with self._lock:
            while len(self._workers) < min(self.size, busy + 2):
                self._workers.append(WorkerProcess(self.on_message, self.on_ready, self._ended))

    def close(self) -> None:
        with self._lock:
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.ask_to_end()
        for worker in workers:
            worker.close()

    def _ended(self, worker: WorkerProcess) -> None:
        with self._lock:
            if worker not in self._workers:
                return  # closed on purpose
            self._workers.remove(worker)
        log.error("worker %s ended: %s", worker.pid, worker.exit_words)
        self.on_end(worker)


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
