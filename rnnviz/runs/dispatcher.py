"""Which worker has which job: gives jobs to workers, keeps what they report, and moves jobs on when a worker ends."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rnnviz.runs.fleet import Fleet, Link
from rnnviz.runs.keeper import Keeper
from rnnviz.runs.messages import pack, unpack, unpack_parts, unpack_view
from rnnviz.runs.record import Record
from rnnviz.runs.store import StoreError
from rnnviz.runs.view import FAILED, PLAYING, STARTING

MOST_LOSSES = 3  # workers that a run may bring down between two saves


class Dispatcher:
    """The records of all jobs, and the fleet. `lock` is held for moments, never while something is waited for."""

    def __init__(self, fleet: Callable[..., Fleet], keeper: Keeper, records: dict[str, Record]) -> None:
        self.keeper, self.records = keeper, records
        self.lock = threading.RLock()
        self._reports: dict[str, Callable[[Link, dict[str, Any], list[bytes]], None]] = {
            "view": self._on_view,
            "save": self._on_save,
            "dropped": self._on_dropped,
            "released": self._on_released,
            "turn": self._on_turn,
        }
        self._turns: dict[Link, str] = {}  # whose slice a worker last announced
        keeper.ask = self._ask_for_all
        self.fleet = fleet(self._on_message, self._on_ready, self._on_end)

    def get(self, job: str) -> Record | None:
        record = self.records.get(job)
        return None if record is None or record.ending else record

    def place(self, record: Record) -> None:
        """Give a job without a worker to the one on which fewest play, of those the one that has fewest; where there
        is none, it waits."""
        parts, trouble = None, ""
        try:
            parts = self.last_save(record)
        except StoreError as error:
            trouble = str(error)
        with self.lock:
            if record.link is not None or self.records.get(record.job) is not record:
                return
            if trouble:
                record.fail(f"{trouble} Reset starts the run again from step 0.")
                return
            load, playing = Counter(other.link for other in self.records.values()), self.playing()
            self.fleet.want(sum(load[link] > 0 for link in self.fleet.links))
            if links := self.fleet.links:
                record.assign(min(links, key=lambda link: (playing[link], load[link], not link.ready)), parts)

    def begin_again(self, record: Record, afresh: bool) -> None:
        """Take up a job that failed: from its start, or from its last save."""
        with self.lock:
            if record.link is not None:
                record.link.send(pack({"verb": "drop", "job": record.job}))
                record.link = None
            record.losses = 0
            if afresh:
                record.forget_progress()
            record.show(replace(record.view, status=STARTING, message=""))
        self.place(record)

    def let_go(self, record: Record) -> None:
        """Forget a job once its worker has handed over what is to be kept."""
        with self.lock:
            if not record.keep or record.link is None and record.leaving is None:
                self.remove(record)
                return
            record.ending = True
            if record.link is not None:
                self._release(record)

    def let_all_go(self, patience: float) -> None:
        """Forget every job; workers have `patience` seconds to hand over what is to be kept."""
        with self.lock:
            for record in list(self.records.values()):
                self.let_go(record)
        end = time.monotonic() + patience
        while self.records and time.monotonic() < end:
            self.fleet.turn()
            time.sleep(0.01)
        with self.lock:
            self.records.clear()

    def remove(self, record: Record) -> None:
        """Forget a job now."""
        with self.lock:
            if self.records.get(record.job) is not record:
                return  # gone already; another life of the run may be here
            del self.records[record.job]
            if record.link is not None:
                record.link.send(pack({"verb": "drop", "job": record.job}))

    def make_room(self, record: Record) -> None:
        """Take a job that is about to play from a worker on which more jobs play than on another."""
        with self.lock:
            if record.link is None or record.status in (PLAYING, STARTING):
                return
            playing = self.playing()
            ready = [playing[link] for link in self.fleet.links if link.ready]
            if ready and playing[record.link] > min(ready):
                self._release(record)

    def last_save(self, record: Record) -> Mapping[str, bytes] | None:
        """The parts of the run as last handed over; of a fork that has not begun, of its parent; None where nothing
        was yet. Raises StoreError where they are gone or cannot be read."""
        if not record.saved or not record.keep:
            return record.parts or None
        kept = self.keeper.load(record.job)
        if kept is None:
            raise StoreError("The last save of this run is no longer in the store.")
        return kept[1]

    def playing(self) -> Counter[Link | None]:
        """How many jobs play on each worker."""
        with self.lock:
            return Counter(record.link for record in self.records.values() if record.view.status == PLAYING)

    def queue(self, record: Record) -> str:
        """Who waits and why, in a sentence for the job's visitor; "" where nobody does."""
        if record.link is None and record.leaving is None and record.view.status != FAILED:
            return self.fleet.trouble or "This run waits for a worker."
        if record.losses and record.link is not None and not record.link.ready:
            return "The worker of this run has ended. The run goes on from its last save once another has started."
        playing = self.playing()
        here = playing[record.link]
        playing.pop(None, 0)
        if record.view.status != PLAYING or here < 2:
            return ""
        return f"{sum(playing.values())} runs train on {len(playing)} workers and take turns: this one is 1 of {here}."

    def _release(self, record: Record) -> None:
        record.leaving, record.link = record.link, None
        assert record.leaving is not None
        record.leaving.send(pack({"verb": "release", "job": record.job}))

    def _on_message(self, link: Link, message: bytes) -> None:
        header, blobs = unpack(message)
        self._reports[header["kind"]](link, header, blobs)

    def _on_view(self, link: Link, header: dict[str, Any], blobs: list[bytes]) -> None:
        record = self.records.get(header["job"])
        if record is None or record.link is not link:
            return
        view = unpack_view(header, blobs, record.view)
        with self.lock:
            if record.link is link:
                record.reported(view, header)

    def _on_save(self, link: Link, header: dict[str, Any], blobs: list[bytes]) -> None:
        record = self.records.get(header["job"])
        if record is None or link not in (record.link, record.leaving):
            return
        parts = unpack_parts(header, blobs)
        if record.keep:
            self.keeper.put(replace(record.about, step=header["step"]), parts, header["names"])
        with self.lock:
            record.handed_over({} if record.keep else parts, header)

    def _on_dropped(self, link: Link, header: dict[str, Any], blobs: list[bytes]) -> None:
        """The worker let go of an orphan, or never had it. Somebody may have come back meanwhile."""
        with self.lock:
            record = self.records.get(header["job"])
            if record is None or record.link is not link:
                return
            record.link = None
            if not record.holders:
                del self.records[header["job"]]
        self._place_soon([record])

    def _on_released(self, link: Link, header: dict[str, Any], blobs: list[bytes]) -> None:
        with self.lock:
            record = self.records.get(header["job"])
            if record is None or record.leaving is not link:
                return
            record.leaving = None
            record.obeyed(header)
            if record.ending:
                del self.records[header["job"]]
                return
        self._place_soon([record])

    def _on_ready(self, link: Link) -> None:
        with self.lock:
            waiting = [each for each in self.records.values() if each.link is None and each.leaving is None]
        self._place_soon(waiting)

    def _on_turn(self, link: Link, header: dict[str, Any], blobs: list[bytes]) -> None:
        self._turns[link] = header["job"]

    def _on_end(self, link: Link) -> None:
        """A worker is gone. Its jobs go on elsewhere from their last save, but one that brings down every worker.

        The first time all that had to do are suspected, and the next worker says whose slice it is at.
        """
        with self.lock:
            lost = [record for record in self.records.values() if link in (record.link, record.leaving)]
            turn = self._turns.pop(link, None)
            blamed = turn if any(record.losses for record in lost) else None
            for record in lost:
                record.link = record.leaving = None
                record.losses += not record.idle and blamed in (None, record.job)
                if record.ending:
                    del self.records[record.job]
                elif record.losses >= MOST_LOSSES:
                    record.fail(
                        f"The process that trained this run ended unexpectedly ({link.exit_words}), {record.losses} "
                        "times at the same place. Perhaps the machine is out of memory. Play tries again from the "
                        "last save, Reset from step 0."
                    )
        self._place_soon(lost)

    def _place_soon(self, records: list[Record]) -> None:
        """Place them on a thread of its own: reports come on the fleet's, which must not wait for the store."""

        def place() -> None:
            for record in records:
                if record.view.status != FAILED:
                    self.place(record)
                if record.link is None and record.leaving is None and not record.holders:  # an orphan does not wait
                    self.remove(record)

        if records:
            threading.Thread(target=place, name="rnnviz-place", daemon=True).start()

    def _ask_for_all(self, job: str) -> None:
        """The store has lost parts of a run: have its worker hand over all of them."""
        with self.lock:
            record = self.records.get(job)
            if record is not None and (link := record.link or record.leaving):
                link.send(pack({"verb": "save", "job": job}))
