"""The worker: `python -m rnnviz worker`, started by the pool. Trains its jobs in turn, one slice at a time.

Reads a key (hex, one line) on standard input, listens on loopback, prints the port, and serves the one
connection that knows the key. Between slices it obeys commands, so a pause takes effect within one slice.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from typing import Any

from rnnviz.runs.engine import View
from rnnviz.runs.job import Job
from rnnviz.runs.messages import pack, pack_view, unpack, unpack_spec

log = logging.getLogger(__name__)

SLICE = 0.02  # seconds of training before the next job's turn
PUBLISH_EVERY = 0.25  # seconds between two Views of a watched job
WATCHED_FOR = 3.0  # seconds after a "watch"; the server repeats it every second while `latest` is called
NICE = 10  # lower priority than the server, so that pages stay responsive
IDLE = 60.0  # seconds to sleep for when nothing is planned; a command wakes the worker at once


@dataclass
class Entry:
    """A job and what the server knows of it. Times are of time.monotonic()."""

    job: Job
    acknowledged: int = 0
    watched_until: float = 0.0
    publish_at: float = 0.0
    forget_at: float = float("inf")
    turn: float = 0.0  # busy seconds, made comparable between jobs that joined at different times
    sent: View | None = None


class Worker:
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
        elif verb == "drop" or name not in self._entries:
            self._forget(name)
            return
        else:
            was_playing = self._entries[name].job.playing
            self._verbs[verb](self._entries[name], command)
            if self._entries[name].job.playing and not was_playing:
                self._join(self._entries[name])
        entry = self._entries[name]
        entry.acknowledged = command.get("number", entry.acknowledged)
        if verb not in ("watch", "attach"):
            self._publish(entry)

    def _join(self, entry: Entry) -> None:
        """A job that starts to play takes its turn beside the others: it neither waits nor catches up."""
        others = [other.turn for other in self._playing() if other is not entry]
        entry.turn = max([entry.turn, *([min(others)] if others else [])])

    def _slice(self, entry: Entry) -> None:
        busy = entry.job.busy
        entry.job.slice(SLICE)
        now = time.monotonic()
        if not entry.job.playing or now < entry.watched_until and now >= entry.publish_at:
            self._publish(entry)
        entry.turn += entry.job.busy - busy  # recording counts too

    def _publish(self, entry: Entry) -> None:
        """Send what changed. The arrays go along only where there is a new picture."""
        view, old = entry.job.view(), entry.sent
        arrays = old is None or view.history is not old.history or view.trace is not old.trace
        self._connection.send_bytes(pack_view(view, arrays, entry.acknowledged))
        entry.sent = view
        entry.publish_at = time.monotonic() + PUBLISH_EVERY

    def _watch(self, entry: Entry, command: dict[str, Any]) -> None:
        entry.watched_until = time.monotonic() + WATCHED_FOR

    def _attach(self, entry: Entry, command: dict[str, Any]) -> None:
        entry.forget_at = float("inf")

    def _orphan(self, entry: Entry, command: dict[str, Any]) -> None:
        entry.job.pause()
        entry.forget_at = time.monotonic() + command["seconds"]

    def _forget(self, name: str) -> None:
        self._entries.pop(name, None)
        self._connection.send_bytes(pack({"kind": "dropped", "job": name}))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The worker takes none: its key comes on standard input, where no list of processes shows it."""


def main(args: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.WARNING, format="rnnviz worker %(process)d: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the server, which then ends us
    if hasattr(os, "nice"):
        os.nice(NICE)
    key = bytes.fromhex(sys.stdin.readline())
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    with Listener(("127.0.0.1", 0), authkey=key) as listener:
        print(listener.address[1], flush=True)
        connection = _accept(listener)
    os.dup2(2, 1)  # whatever else is printed belongs to the log
    try:
        import torch

        from rnnviz import training

        torch.set_num_threads(1)
        training.warm_up()
        connection.send_bytes(pack({"kind": "ready"}))
        Worker(connection).serve()
    except (EOFError, ConnectionError):
        log.debug("the server is gone")
    return 0


def _accept(listener: Listener) -> Connection:
    while True:
        try:
            return listener.accept()
        except (AuthenticationError, EOFError, ConnectionError):
            log.warning("refused a connection that did not know the key")


def _end_with_the_server() -> None:
    """Standard input ends when the server does, even if it was killed and even in the middle of a slice."""
    while os.read(0, 1024):  # not sys.stdin.read(): its lock would be held when the interpreter shuts down
        pass
    os._exit(0)
