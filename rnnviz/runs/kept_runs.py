"""The verbs of an engine that are about runs that are kept, whether they are at hand or in the store alone."""

from __future__ import annotations

from rnnviz.run import Run
from rnnviz.runs.dispatcher import Dispatcher
from rnnviz.runs.keeper import Keeper
from rnnviz.runs.store import About

LONGEST_NAME = 60  # characters


class KeptRuns:
    """Of an `Engine`, which has these two. Only the owner of a run sees, reads, names or deletes it."""

    keeper: Keeper
    jobs: Dispatcher

    def runs(self, owner: str) -> list[About]:
        """The runs kept for an owner, the one saved last first."""
        return self.keeper.runs(owner)

    def rename(self, run: str, name: str, owner: str) -> None:
        name = "".join(c for c in name if c.isprintable()).strip()[:LONGEST_NAME]
        with self.jobs.lock:
            if (record := self.jobs.get(run)) and record.owner == owner:
                record.name = name
        if (about := self.keeper.about(run)) and about.owner == owner:
            self.keeper.rename(run, name)

    def delete(self, run: str, owner: str) -> None:
        """Forget a run, here and in the store. Raises StoreError."""
        about = self.keeper.about(run)  # first: where the store does not answer, nothing is deleted
        with self.jobs.lock:
            if (record := self.jobs.get(run)) and record.owner == owner:
                self.jobs.remove(record)
        if about is not None and about.owner == owner:
            self.keeper.delete(run)

    def read(self, run: str, owner: str) -> Run | None:
        """A run of the owner's as last saved; None where there is none. Raises StoreError."""
        record = self.jobs.get(run)
        if record is not None and record.owner == owner:
            parts = self.jobs.last_save(record) if record.saved else None
        else:
            kept = self.keeper.load(run)
            parts = kept[1] if kept is not None and kept[0].owner == owner else None
        return None if parts is None else Run.from_parts(parts)

    def export(self, run: str, owner: str) -> bytes | None:
        """The same as one file, which `open_file` and `Run.load` read."""
        found = self.read(run, owner)
        return None if found is None else found.to_bytes()
