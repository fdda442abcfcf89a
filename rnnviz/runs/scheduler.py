"""Who trains next in a worker: the playing job that has used least time, one slice, then again.

Between slices commands are obeyed, so a pause takes effect within one slice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from rnnviz.runs.engine import View
from rnnviz.runs.job import Job
from rnnviz.runs.messages import pack, pack_view, unpack, unpack_spec

SLICE = 0.02  # seconds of training before the next job's turn
PUBLISH_EVERY = 0.25  # seconds between two Views of a watched job
RECORDING_SHARE = 0.1  # of a playing job's time at most; then losses go on at the full rate, pictures come slower
WATCHED_FOR = 2.0  # seconds after a "watch"; the server repeats it every second while `latest` is called
IDLE = 60.0  # seconds to sleep for when nothing is planned; a command wakes the worker at once


@dataclass
class Entry:
    """A job and what the server knows of it. Times are of time.monotonic(), but `turn` and `record_at`.

    turn: busy seconds, made comparable between jobs that joined at different times. record_at: the busy
    seconds of the job at which its next picture is affordable. sent: the last View that was.
    """

    job: Job
    acknowledged: int = 0
    watched_until: float = 0.0
    publish_at: float = 0.0
    forget_at: float = float("inf")
    turn: float = 0.0
    record_at: float = 0.0
    sent: View | None = None


class Scheduler:
    """The jobs of one worker and its connection to the server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._entries: dict[str, Entry] = {}
        self._verbs: dict[str, Callable[[Entry, dict[str, Any]], None]] = {
            "play": lambda entry, command: entry.job.play(command["until"]),
            "pause": lambda entry, command: entry.job.pause(),
            "step": lambda entry, command: entry.job.step(command["count"]),
            "reset": lambda entry, command: entry.job.reset(),
            "watch": self._watch,
            "attach": self._attach,
            "orphan": self._orphan,
        }

    def serve(self) -> None:
        """Until the connection closes (EOFError or another OSError)."""
        while True:
            self._obey_all(wait=0.0 if self._playing() else self._until_next_plan())
            if playing := self._playing():
                self._slice(min(playing, key=lambda entry: entry.turn))
            now = time.monotonic()
            for name in [name for name, entry in self._entries.items() if entry.forget_at <= now]:
                self._forget(name)

    def _playing(self) -> list[Entry]:
        return [entry for entry in self._entries.values() if entry.job.playing]

    def _until_next_plan(self) -> float:
        due = min((entry.forget_at for entry in self._entries.values()), default=float("inf"))
        return min(max(due - time.monotonic(), 0.0), IDLE)

    def _obey_all(self, wait: float) -> None:
        while self._connection.poll(wait):
            self._obey(*unpack(self._connection.recv_bytes()))
            wait = 0.0

    def _obey(self, command: dict[str, Any], blobs: list[bytes]) -> None:
        verb, name = command["verb"], command["job"]
        if verb == "create":
            self._entries[name] = Entry(Job(name, unpack_spec(command, blobs), command["max_steps"]))
        elif verb == "drop":
            self._entries.pop(name, None)
            return
        elif name not in self._entries:
            self._forget(name)  # tell a server that still asks for it
            return
        else:
            was_playing = self._entries[name].job.playing
            self._verbs[verb](self._entries[name], command)
            if self._entries[name].job.playing and not was_playing:
                self._join(self._entries[name])
        entry = self._entries[name]
        entry.acknowledged = command.get("number", entry.acknowledged)
        if verb != "watch":
            self._publish(entry)

    def _join(self, entry: Entry) -> None:
        """A job that starts to play takes its turn beside the others: it neither waits nor catches up."""
        others = [other.turn for other in self._playing() if other is not entry]
        entry.turn = max([entry.turn, *([min(others)] if others else [])])

    def _slice(self, entry: Entry) -> None:
        busy = entry.job.busy
        entry.job.slice(SLICE)
        now = time.monotonic()
        if not entry.job.playing:
            self._publish(entry)
        elif now < entry.watched_until and now >= entry.publish_at:
            self._publish(entry, record=entry.job.busy >= entry.record_at)
        entry.turn += entry.job.busy - busy  # recording counts too

    def _publish(self, entry: Entry, record: bool = True) -> None:
        """Send what changed."""
        begin, old = time.monotonic(), entry.sent
        entry.sent = entry.job.view(record)
        self._connection.send_bytes(pack_view(entry.sent, old, entry.acknowledged))
        end = time.monotonic()
        entry.publish_at = end + PUBLISH_EVERY
        if old is None or entry.sent.trace is not old.trace:
            entry.record_at = entry.job.busy + (end - begin) * (1 / RECORDING_SHARE - 1)

    def _watch(self, entry: Entry, command: dict[str, Any]) -> None:
        entry.watched_until = time.monotonic() + WATCHED_FOR

    def _attach(self, entry: Entry, command: dict[str, Any]) -> None:
        entry.forget_at = float("inf")
        entry.job.resume()

    def _orphan(self, entry: Entry, command: dict[str, Any]) -> None:
        entry.job.suspend()
        entry.forget_at = time.monotonic() + command["seconds"]

    def _forget(self, name: str) -> None:
        self._entries.pop(name, None)
        self._connection.send_bytes(pack({"kind": "dropped", "job": name}))
