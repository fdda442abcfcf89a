"""The inline fleet: no process and no thread. Each look at a job does a slice of work.

For tests, for a single user, and wherever processes cannot be started. torch is imported at the first job.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from rnnviz.runs.fleet import Fleet, Link

if TYPE_CHECKING:
    from rnnviz.runs.scheduler import Scheduler

SLICE = 0.05  # seconds of training at each look


class InlineLink(Link):
    """Both ends of the connection: what is sent waits here until the scheduler, in `turn`, asks for it."""

    label = "inline"
    ready = True

    def __init__(self, fleet: InlineFleet) -> None:
        self._fleet = fleet
        self._inbox: deque[bytes] = deque()
        self._scheduler: Scheduler | None = None

    def send(self, message: bytes) -> None:
        self._inbox.append(message)

    def poll(self, timeout: float) -> bool:
        return bool(self._inbox)

    def recv_bytes(self) -> bytes:
        return self._inbox.popleft()

    def send_bytes(self, message: bytes) -> None:
        self._fleet.on_message(self, message)

    def turn(self) -> None:
        if self._scheduler is None and not self._inbox:
            return
        if self._scheduler is None:
            from rnnviz.runs.scheduler import Scheduler

            self._scheduler = Scheduler(self, SLICE, publish_every=0.0)
        self._scheduler.turn()


class InlineFleet(Fleet):
    """One link, there from the start."""

    def __init__(self, *callbacks: Any) -> None:
        super().__init__(*callbacks)
        self._link = InlineLink(self)
        self._lock = threading.RLock()

    @property
    def links(self) -> list[Link]:
        return [self._link]

    def turn(self) -> None:
        with self._lock:
            self._link.turn()

    def close(self) -> None:
        self._link = InlineLink(self)
