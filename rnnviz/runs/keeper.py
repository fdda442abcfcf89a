"""Saves runs in the background, so that nobody who trains waits for a disk.

The newest save of a run waits until it is in the store. A store that is full, slow or gone costs memory, up to a
bound, and a sentence for the page, but neither the run nor what it has learned.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rnnviz.runs.about import NAME, About, checked
from rnnviz.runs.store import MB, PartsMissing, Store, StoreError, StoreFull

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
PURGE_SECONDS, FULL_PURGE_SECONDS = 3600.0, 60.0
MEMORY = 256 * MB  # of parts that wait, besides those of one run
READS = 10  # of a run that is being saved at the same time, before giving up


@dataclass(frozen=True, eq=False)
class _Save:
    """What waits to be saved. about: None where the run is to be deleted. lost: parts that nobody has any more."""

    about: About | None
    parts: Mapping[str, bytes]
    names: tuple[str, ...]
    lost: frozenset[str] = frozenset()


class Keeper:
    """Keeps runs in a Store by one thread of its own. Safe to call from many threads.

    live: gives the ids of runs that must not be purged, besides those that wait here.
    """

    def __init__(self, store: Store, live: Callable[[], Collection[str]] = tuple) -> None:
        self.store = store
        self._live = live
        self.ask: Callable[[str], None] = lambda run_id: None  # called with a run that is to be put with all its parts
        self._changed = threading.Condition()
        self._waiting: dict[str, _Save] = {}  # whoever has waited longest comes first
        self._retry: dict[str, float] = {}  # not before this time
        self._trouble: dict[str, str] = {}
        self._steps: dict[str, int] = {}
        self._deleted: set[str] = set()
        self._next_purge = self._last_purge = -PURGE_SECONDS
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="keeper", daemon=True)
        self._thread.start()

    def put(self, about: About, parts: Mapping[str, bytes], names: Collection[str]) -> None:
        """Save the run when there is time; see `Store.save`. Returns at once.

        Parts of an earlier `put` that still wait go along. Where `missing` then names parts, put all of them. A run
        that was deleted stays so: a worker's last save may come late. Raises ValueError for no name of a part.
        """
        for name in names:
            checked(name, NAME, "part")
        with self._changed:
            if about.id in self._deleted:
                return
            before = self._waiting.get(about.id, _Save(None, {}, ()))
            kept = {name: part for name, part in {**before.parts, **parts}.items() if name in names}
            self._waiting[about.id] = _Save(about, kept, tuple(names), (before.lost & set(names)) - parts.keys())
            self._bound_memory(about.id)
            self._changed.notify_all()

    def missing(self, run_id: str) -> tuple[str, ...]:
        """Parts that the newest save needs and that neither it nor the store has: put the run with all its parts."""
        with self._changed:
            waiting = self._waiting.get(run_id)
            return tuple(sorted(waiting.lost)) if waiting else ()

    def trouble(self, run_id: str) -> str:
        """Why the newest save is not in the store yet, in a sentence, or ""."""
        with self._changed:
            return self._trouble.get(run_id, "")

    def saved_step(self, run_id: str) -> int:
        """The step of the last save that reached the store; -1 for none that this Keeper knows of."""
        with self._changed:
            return self._steps.get(run_id, -1)

    def load(self, run_id: str) -> tuple[About, dict[str, bytes]] | None:
        """The newest save of a run that is whole, from memory or from the store; None where there is none."""
        for _ in range(READS):
            waiting, gone = self._look(run_id)
            if gone:
                return None
            if waiting and waiting.about and set(waiting.names) <= waiting.parts.keys():
                return waiting.about, dict(waiting.parts)
            stored = self.store.load(run_id)
            with self._changed:
                if self._waiting.get(run_id) is not waiting:
                    continue  # it came into the store meanwhile, or changed
                if stored is not None:
                    self._steps.setdefault(run_id, stored[0].step)
            if not waiting or not waiting.about or waiting.lost or not stored:
                return stored
            parts = {**stored[1], **waiting.parts}
            if set(waiting.names) <= parts.keys():
                return waiting.about, {name: parts[name] for name in waiting.names}
            return stored
        raise StoreError("The run could not be read, because it is being saved all the time. Try again.")

    def about(self, run_id: str) -> About | None:
        waiting, gone = self._look(run_id)
        if gone:
            return None
        return waiting.about if waiting else self.store.about(run_id)

    def runs(self, owner: str) -> list[About]:
        """The listed runs of an owner, newest first, saved or about to be."""
        found = {about.id: about for about in self.store.runs(owner)}
        with self._changed:
            found |= {run_id: save.about for run_id, save in self._waiting.items() if save.about}
            mine = [a for a in found.values() if a.id not in self._deleted and a.owner == owner and a.listed]
        return sorted(mine, key=lambda about: about.saved, reverse=True)

    def rename(self, run_id: str, name: str) -> None:
        """Raises StoreError where the store does not do it."""
        with self._changed:
            waiting = self._waiting.get(run_id)
            if waiting and waiting.about:
                self._waiting[run_id] = replace(waiting, about=replace(waiting.about, name=name))
                return
        self.store.rename(run_id, name)

    def delete(self, run_id: str) -> None:
        """Gone for everyone at once, and from the store as soon as that can be."""
        with self._changed:
            self._deleted.add(run_id)
            self._waiting[run_id] = _Save(None, {}, ())
            for known in (self._retry, self._trouble, self._steps):
                known.pop(run_id, None)
            self._changed.notify_all()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was put is in the store; False where it is not after `timeout` seconds."""
        with self._changed:
            self._retry.clear()
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Save what waits, if that is possible in time, and end the thread."""
        self.flush(timeout)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout)

    def status(self) -> dict[str, Any]:
        """For whoever runs the server: the store's; waiting: runs not saved yet; trouble: why, or ""."""
        with self._changed:
            troubles = [words for words in self._trouble.values() if words]
            return {**self.store.status(), "waiting": len(self._waiting), "trouble": troubles[-1] if troubles else ""}

    def _look(self, run_id: str) -> tuple[_Save | None, bool]:
        with self._changed:
            return self._waiting.get(run_id), run_id in self._deleted

    def _bound_memory(self, newest: str) -> None:
        """Let go of saves, but the newest, longest wait first, until the rest fits. The runs go on in their workers."""
        sizes = {run_id: sum(map(len, save.parts.values())) for run_id, save in self._waiting.items()}
        for run_id, size in sizes.items():
            if sum(sizes.values()) <= MEMORY:
                return
            save = self._waiting[run_id]
            if size and run_id != newest:
                sizes[run_id] = 0
                self._waiting[run_id] = replace(save, parts={}, lost=save.lost | save.parts.keys())
                self._trouble[run_id] = (
                    "The run could not be saved for so long that the server has no memory left for what waits. It "
                    "goes on, and is saved again, whole, when that is possible; better save it to a file."
                )

    def _work(self) -> None:
        while True:
            if time.monotonic() >= self._next_purge:
                self._purge()
            with self._changed:
                if self._closing:
                    return
                due = self._due()
                if due is None:
                    wakes = [self._next_purge, *self._retry.values()]
                    self._changed.wait(max(min(wakes) - time.monotonic(), 0.01))
                    continue
            self._write(*due)

    def _due(self) -> tuple[str, _Save] | None:
        now = time.monotonic()
        for run_id, save in self._waiting.items():
            if not save.lost and self._retry.get(run_id, now) <= now:
                return run_id, save
        return None

    def _write(self, run_id: str, save: _Save) -> None:
        try:
            if save.about is None:
                self.store.delete(run_id)
            else:
                self.store.save(save.about, save.parts, save.names)
        except StoreError as error:
            self._failed(run_id, error)
        else:
            self._wrote(run_id, save)

    def _wrote(self, run_id: str, save: _Save) -> None:
        with self._changed:
            self._retry.pop(run_id, None)
            self._trouble.pop(run_id, None)
            if save.about is not None and run_id not in self._deleted:
                self._steps[run_id] = save.about.step
            newer = self._waiting.pop(run_id)
            if newer is not save:  # what it shares with this save is in the store now
                left = {name: part for name, part in newer.parts.items() if save.parts.get(name) is not part}
                self._waiting[run_id] = replace(newer, parts=left)
            self._changed.notify_all()
            lost = [other for other, waits in self._waiting.items() if waits.lost]
        for other in lost:  # the store takes saves again
            self.ask(other)

    def _failed(self, run_id: str, error: StoreError) -> None:
        with self._changed:
            if self._trouble.get(run_id) != str(error):
                log.warning("%s…: %s", run_id[:6], error, exc_info=error.__cause__)
            self._trouble[run_id] = str(error)
            newest = self._waiting[run_id]
            if isinstance(error, PartsMissing) and newest.about:
                lost = frozenset(error.names) & set(newest.names) - newest.parts.keys()
                self._waiting[run_id] = replace(newest, lost=newest.lost | lost)
                self._retry.pop(run_id, None)
            else:
                self._retry[run_id] = time.monotonic() + RETRY_SECONDS
        if isinstance(error, PartsMissing):
            self.ask(run_id)
        if isinstance(error, StoreFull) and time.monotonic() - self._last_purge >= FULL_PURGE_SECONDS:
            self._purge()

    def _purge(self) -> None:
        self._last_purge = time.monotonic()
        self._next_purge = self._last_purge + PURGE_SECONDS
        with self._changed:
            waiting = set(self._waiting)
        try:
            gone = self.store.purge(waiting | set(self._live()))
        except StoreError as error:
            log.warning("%s", error, exc_info=error.__cause__)
            return
        with self._changed:
            for run_id in gone:
                self._steps.pop(run_id, None)
