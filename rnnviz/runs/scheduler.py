"""Who trains next in a worker: the playing job that has used least time, one slice, then again.

Between slices commands are obeyed, so a pause takes effect within one slice. Every two seconds of a job's
training, whenever it stops, and when it is changed on the way, its run is handed to the server, which keeps it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rnnviz.config import ExperimentConfig
from rnnviz.run import Run
from rnnviz.runs.job import Job
from rnnviz.runs.messages import pack, pack_parts, pack_view, unpack, unpack_spec
from rnnviz.runs.view import FAILED, STARTING, Spec, View

SLICE = 0.02  # seconds of training before the next job's turn
PUBLISH_EVERY = 0.25  # seconds between two Views of a watched job
SAVE_EVERY = 1.9  # seconds of a job's training between two saves: with its last slice it stays under two
SHARE = 0.1  # of a playing job's time at most goes into pictures, and into saves; then both come more rarely
WATCHED_FOR = 2.0  # seconds after a "watch"; the server repeats it every second while `latest` is called
AFTER_SAVED = ("change", "arm", "look")  # what these lead to depends on the step at which they came
AT_ONCE = ("release", "save", "watch")  # also where a job has to arrive first
FLUSH = 0.005  # seconds for a message to leave the process before a slice that may end it
IDLE = 60.0  # seconds to sleep for when nothing is planned; a command wakes the worker at once


class Connection(Protocol):
    """Whole messages to and from the server. Raises EOFError or another OSError once it is gone."""

    def poll(self, timeout: float) -> bool: ...
    def recv_bytes(self) -> bytes: ...
    def send_bytes(self, message: bytes) -> None: ...


@dataclass
class Entry:
    """A job and what the server knows of it. Times are of time.monotonic(), but `turn` and those of the job.

    turn: busy seconds, made comparable between jobs that joined at different times. record_at, save_at: the
    busy seconds of the job at which its next picture, or save, is affordable; save_by: the same for a paced job,
    whose steps take longer than they keep it busy. sent: the last View that was. keep: whether the run's snapshots
    are kept with it. kept: the last Run that was saved; parts: which of its parts the server has.

    held: commands that wait until the job has arrived. suspect: whether a worker ended under it since its last save.
    """

    job: Job
    acknowledged: int = 0
    watched_until: float = 0.0
    publish_at: float = 0.0
    forget_at: float = float("inf")
    turn: float = 0.0
    record_at: float = 0.0
    save_at: float = field(default_factory=lambda: SAVE_EVERY)
    save_by: float = 0.0
    sent: View | None = None
    keep: bool = True
    kept: Run | None = None
    parts: set[str] = field(default_factory=set)
    held: deque[dict[str, Any]] = field(default_factory=deque)
    suspect: bool = False

    @property
    def due(self) -> float:
        """When it can use a slice. A paced job waits for its next step, but what is sought does not."""
        return self.job.due if self.job.playing and self.job.seeking is None else 0.0

    @property
    def standing(self) -> dict[str, Any]:
        """Commands obeyed, and how the job is set to play: what another worker has to know to go on with it."""
        return {"acknowledged": self.acknowledged, "state": self.job.state}


class Scheduler:
    """The jobs of one worker and its connection to the server. slice, publish_every: seconds."""

    def __init__(self, connection: Connection, slice: float = SLICE, publish_every: float = PUBLISH_EVERY) -> None:
        self._connection = connection
        self._slice_seconds, self._publish_every = slice, publish_every
        self._entries: dict[str, Entry] = {}
        self._clock = 0.0  # the turn of the last slice; who was not ready then does not catch up
        self._announced = ""  # whose slice the server was told of
        self._verbs: dict[str, Callable[[Entry, dict[str, Any]], None]] = {
            "play": lambda entry, command: entry.job.play(command["until"]),
            "pause": lambda entry, command: entry.job.pause(),
            "step": lambda entry, command: entry.job.step(command["count"]),
            "pace": lambda entry, command: entry.job.pace(command["rate"]),
            "arm": lambda entry, command: entry.job.arm(command["breakpoints"]),
            "change": lambda entry, command: entry.job.change(command["settings"]),
            "look": lambda entry, command: entry.job.look(command["step"]),
            "untrained": lambda entry, command: entry.job.untrained(),
            "reset": self._reset,
            "save": self._save_whole,
            "watch": self._watch,
            "attach": self._attach,
            "orphan": self._orphan,
        }

    def serve(self) -> None:
        """Until the connection closes (EOFError or another OSError)."""
        while True:
            self.turn(self._until_next_plan())

    def turn(self, wait: float = 0.0) -> None:
        """Obey what has arrived (within `wait` seconds), then give one slice to the job whose turn it is."""
        self._obey_all(wait)
        now = time.monotonic()
        if ready := [entry for entry in self._working() if entry.due <= now]:
            self._slice(min(ready, key=lambda entry: max(entry.turn, self._clock)))
        for name in [name for name, entry in self._entries.items() if entry.forget_at <= now]:
            self._forget(name)

    def _working(self) -> list[Entry]:
        return [entry for entry in self._entries.values() if entry.job.working]

    def _until_next_plan(self) -> float:
        plans = [entry.forget_at for entry in self._entries.values()]
        plans += [entry.due for entry in self._working()]
        return min(max(min(plans, default=float("inf")) - time.monotonic(), 0.0), IDLE)

    def _obey_all(self, wait: float) -> None:
        while self._connection.poll(wait):
            self._obey(*unpack(self._connection.recv_bytes()))
            wait = 0.0

    def _obey(self, command: dict[str, Any], blobs: list[bytes]) -> None:
        verb, name = command["verb"], command["job"]
        if verb == "create":
            self._entries[name] = self._created(name, command, blobs)
        elif verb == "drop":
            self._entries.pop(name, None)
            return
        elif name not in self._entries:
            return  # it was forgotten, and the server is being told
        elif verb not in AT_ONCE and self._entries[name].job.has_to_arrive:
            self._entries[name].held.append(command)
            return
        elif verb == "release":
            entry = self._entries.pop(name)
            self._save(entry)
            self._connection.send_bytes(pack({"kind": "released", "job": name, **entry.standing}))
            return
        else:
            with self._entries[name].job.alone():
                self._verbs[verb](self._entries[name], command)
        entry = self._entries[name]
        entry.acknowledged = command.get("number", entry.acknowledged)
        if verb not in ("watch", "save"):
            if not entry.job.playing or verb in AFTER_SAVED:
                self._save(entry)
            self._publish(entry)

    def _created(self, name: str, command: dict[str, Any], blobs: list[bytes]) -> Entry:
        """A new job, or one that had a life before: with its `state`, and its run in parts."""
        try:
            spec, run = unpack_spec(command, blobs)
        except ValueError as error:
            failed = Job(name, Spec(ExperimentConfig()), command["max_steps"])
            failed.fail(str(error))
            return Entry(failed)
        job = Job(name, spec, command["max_steps"], run)
        entry = Entry(job, keep=command["keep"], suspect=command["suspect"])
        if run is not None and "arrive" not in command:
            entry.kept, entry.parts = job.run, set(command["parts"]) - {"head"}
        if command["forget_after"] is not None:
            entry.forget_at = time.monotonic() + command["forget_after"]
        with job.alone():
            if arrive := command.get("arrive"):
                job.arrive(arrive["step"], arrive["settings"])
            if command["state"]:
                job.take_up(command["state"])
        return entry

    def _slice(self, entry: Entry) -> None:
        job, busy = entry.job, entry.job.busy
        was_playing, sought = job.playing, job.seeking
        entry.turn = self._clock = max(entry.turn, self._clock)
        self._announce(job.name)
        job.slice(self._slice_seconds)
        now = time.monotonic()
        if was_playing != job.playing or sought != job.seeking or not job.working:
            self._save(entry)
            self._publish(entry)
        else:
            if job.busy >= entry.save_at or job.rate is not None and now >= entry.save_by:
                self._save(entry)
            if now < entry.watched_until and now >= entry.publish_at:
                self._publish(entry, record=job.busy >= entry.record_at)
        entry.turn += job.busy - busy  # recording and saving count too
        while entry.held and not job.has_to_arrive:
            self._obey(entry.held.popleft(), [])

    def _announce(self, name: str) -> None:
        """Say whose slice comes, while one of these jobs is suspected of having brought down a worker: when this one
        ends as well, the server knows under whom."""
        if name != self._announced and any(entry.suspect for entry in self._working()):
            self._connection.send_bytes(pack({"kind": "turn", "job": name}))
            self._announced = name
            time.sleep(FLUSH)

    def _publish(self, entry: Entry, record: bool = True) -> None:
        """Send what changed."""
        begin, old = time.monotonic(), entry.sent
        entry.sent = entry.job.view(record)
        self._connection.send_bytes(pack_view(entry.sent, old, **entry.standing))
        end = time.monotonic()
        entry.publish_at = end + self._publish_every
        if old is None or entry.sent.trace is not old.trace:
            entry.record_at = entry.job.busy + (end - begin) * (1 / SHARE - 1)

    def _save(self, entry: Entry, again: bool = False) -> None:
        """Hand over what the server does not have of the run.

        One to which nothing has happened is not worth keeping, and a fork that is to arrive is not yet itself.
        """
        job, run = entry.job, entry.job.run
        if run is None or (run is entry.kept and not again) or job.status in (FAILED, STARTING):
            return
        if entry.kept is None and run.step == 0 and not run.changes:
            return
        begin = time.monotonic()
        whole = run if entry.keep else replace(run, snapshots=())
        parts, names = whole.to_parts(known=entry.parts), whole.part_names()
        header = {"kind": "save", "job": job.name, "step": run.step, "names": list(names)}
        self._connection.send_bytes(pack_parts({**header, **entry.standing}, parts))
        end = time.monotonic()
        job.busy += end - begin
        gap = max(SAVE_EVERY, (end - begin) * (1 / SHARE - 1))
        entry.save_at, entry.save_by = job.busy + gap, end + gap
        entry.kept, entry.parts, entry.suspect = run, set(names) - {"head"}, False

    def _save_whole(self, entry: Entry, command: dict[str, Any]) -> None:
        entry.parts.clear()
        self._save(entry, again=True)

    def _reset(self, entry: Entry, command: dict[str, Any]) -> None:
        entry.job.reset()
        entry.parts.clear()  # parts of the same names will hold other numbers

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
