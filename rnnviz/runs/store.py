"""Where runs are kept.

    ids/<id>/about.json          what the run is, and which file holds each of its parts
    ids/<id>/<part>.<version>    a part: bytes that mean nothing here, in a file that is written once
    owners/<owner>/<id>          empty; says whose runs there are

A save writes its new parts to new files and then replaces about.json, in one operation. Until then nothing names
the new files, from then on the run is the new one: whoever is killed, and whenever, leaves the old run or the new
one, whole. Files that the new run no longer needs go with the save after it, so whoever has just read the last
about.json still finds them. Files that nothing names are found by `purge`.

Two servers may use one store. Where both go on with the same run, the last save wins, and is whole.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnviz.environment import whole_number
from rnnviz.runs.about import FILE, ID, NAME, About, File, Record, checked, digest
from rnnviz.runs.files import Files, InWords, StoreError

log = logging.getLogger(__name__)

ABOUT = "about.json"
MB, DAY = 1_000_000, 86_400
READS = 10  # of a run that is being saved at the same time, before giving up
STRAY_SECONDS = 600  # a file that nothing names for so long belongs to no save under way
LARGEST_GAP = 0.25  # of the age allowed: what a silence, or a clock that jumps, counts at most
OWNER_SHARE = 4  # one owner keeps at most a fourth of the size allowed
KEPT = "It goes on, is kept in memory, and can be saved to a file. "
PURGED_TO = 0.9  # of the size allowed, so that not every save has to purge again


class PartsMissing(StoreError):
    """A save left out parts, `names`, that the store does not have, or no longer. Save again, with all parts."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            "The run could not be saved: parts of it are no longer in the store, or another server has gone on "
            "with it. It goes on, and is saved again, whole."
        )


class StoreFull(StoreError):
    """The store holds as much as RNNVIZ_STORE_MB allows; `purge` may make room."""


class Store:
    """Keeps runs. Safe to call from many threads.

    url: a folder or an fsspec URL (`"s3://bucket/folder"`, `"memory://"`); by default RNNVIZ_STORE, else a folder of
    the user's own. The first save makes a folder that is not there, for this user alone. RNNVIZ_STORE_MB,
    RNNVIZ_STORE_DAYS and RNNVIZ_RUN_MB bound what the store holds, how old that gets, and one run.

    Every method raises StoreError, a sentence, where it cannot do what is asked. An id or owner that could not be a
    file name is that of no run.
    """

    def __init__(self, url: str | None = None) -> None:
        self.files = Files(url or os.environ.get("RNNVIZ_STORE") or _users_folder())
        self._store_bytes = whole_number("RNNVIZ_STORE_MB", 2000) * MB
        self._run_bytes = whole_number("RNNVIZ_RUN_MB", 200) * MB
        self._seconds = whole_number("RNNVIZ_STORE_DAYS", 30) * DAY
        self._writing = threading.RLock()
        self._versions: dict[str, str] = {}  # of the save of each run that was last made, or first read, here
        self._saved: dict[str, float] = {}  # when it was last saved here, by a clock that does not jump
        self._stray: dict[tuple[str, ...], float] = {}  # a file that nothing names -> seen since when
        self._runs = self._total = 0  # how many, in how many bytes; what others saved is counted by a purge
        self._owned: dict[str, int] = {}  # bytes of each owner's runs, counted likewise
        self._wanted = 0  # bytes that the largest of the saves refused since then would have added

    def save(self, about: About, parts: Mapping[str, bytes], names: Collection[str]) -> None:
        """Keep a run that now consists of the parts `names`; those that are not among `parts` were saved before.

        Raises PartsMissing where they were not, StoreFull, and ValueError for the name of a part that is none.
        """
        for name in names:
            checked(name, NAME, "part")
        with self._writing, InWords("The run could not be saved", KEPT):
            before, version = self._record_or_none(about.id), secrets.token_hex(4)
            stored = before.files if before else {}
            known = stored if before and self._versions.get(about.id, before.version) == before.version else {}
            if missing := [name for name in names if name not in parts and name not in known]:
                raise PartsMissing(missing)
            size = sum(len(parts[name]) if name in parts else stored[name].size for name in set(names))
            grown = size - (before.size if before else 0)
            added = grown if before and before.about.owner == about.owner else size  # to what the owner has
            self._check_size(about.owner, size, grown, added)
            same = {n for n in names if n not in parts or n in stored and stored[n].holds(parts[n])}
            new = {name: parts[name] for name in names if name not in same}
            files = {name: File(f"{name}.{version}", len(part), digest(part)) for name, part in new.items()}
            record = Record(about, version, {name: stored[name] if name in same else files[name] for name in names})
            record = replace(record, dropped=tuple(before.file_names - record.file_names if before else ()))
            with ExitStack() as undo:
                undo.callback(self._tidy, about.id, [files[name].name for name in new])
                if before is None or before.about.owner != about.owner:
                    self._make_folders(about)
                for name, part in new.items():
                    self.files.write(("ids", about.id, files[name].name), part)
                if not self.files.local:
                    undo.pop_all()  # a put that is said to have failed may still arrive
                self.files.replace(("ids", about.id, ABOUT), record.to_bytes())
                undo.pop_all()
            self._versions[about.id], self._saved[about.id] = version, time.monotonic()
            self._runs, self._total = self._runs + (before is None), self._total + grown
            self._count(record, before)
            self._tidy(about.id, before.dropped if before else ())

    def load(self, run_id: str) -> tuple[About, dict[str, bytes]] | None:
        """A run and its parts, all of one save; None where there is none."""
        with InWords("The run could not be read"):
            for _ in range(READS):
                if (record := self._record(run_id)) is None:
                    return None
                found = self.files.read(("ids", run_id, file.name) for file in record.files.values())
                parts = {name: part or b"" for name, part in zip(record.files, found, strict=True)}
                damaged = [name for name, file in record.files.items() if not file.holds(parts[name])]
                if not damaged:
                    self._versions.setdefault(run_id, record.version)
                    return record.about, parts
                if self._record(run_id) == record:  # no save came between
                    raise StoreError(f"This saved run is damaged: {', '.join(damaged)} not as it was saved.")
        raise StoreError("The run could not be read, because it is being saved all the time. Try again.")

    def about(self, run_id: str) -> About | None:
        with InWords("The run could not be read"):
            record = self._record(run_id)
        return None if record is None else record.about

    def runs(self, owner: str) -> list[About]:
        """The listed runs of an owner, newest first. One that is damaged is left out."""
        with InWords("Your runs could not be listed"):
            ids = self.files.names(("owners", owner)) if NAME.fullmatch(owner) else []
            records = self._records(filter(ID.fullmatch, ids)).values()
        found = [record.about for record in records if record and record.about.owner == owner and record.about.listed]
        return sorted(found, key=lambda about: about.saved, reverse=True)

    def rename(self, run_id: str, name: str) -> None:
        with self._writing, InWords("The run could not be renamed"):
            if (record := self._record(run_id)) is None:
                raise StoreError("The run could not be renamed: it is not in the store.")
            renamed = replace(record, about=replace(record.about, name=name))
            self.files.replace(("ids", run_id, ABOUT), renamed.to_bytes())

    def delete(self, run_id: str) -> None:
        """Remove a run and everything of it, its data included; what is not there is deleted already."""
        if not ID.fullmatch(run_id):
            return
        with self._writing, InWords("The run could not be deleted"):
            record = self._record_or_none(run_id)
            self.files.remove(("ids", run_id, ABOUT))  # first: what is without it is no run
            if record and record.about.owner:
                self.files.remove(("owners", record.about.owner, run_id))
            self.files.remove(("ids", run_id), folder=True)
            self._runs, self._total = self._runs - bool(record), self._total - (record.size if record else 0)
            self._count(None, record)
            self._saved.pop(run_id, None)

    def purge(self, keep: Collection[str] = ()) -> list[str]:
        """Delete runs that are too old, and those there is no room for. The ids of what went.

        For room goes the oldest run of whoever has most bytes, again and again, so that nobody's many runs push out
        the others'.

        keep: runs that are never deleted. A run is as old as the newest save in the store is later than its own, but
        no gap between two saves counts for more than a quarter of the age allowed; and it is never older than the
        time since it was saved here. So a clock that jumps makes nothing old at once, and neither does a long silence.
        """
        with self._writing, InWords("The store could not be tidied up"):
            sizes = {path: size for path, size in self.files.sizes().items() if _ours(path)}
            records = self._records(path[1] for path in sizes if path[2] == ABOUT)
            total, gone = sum(sizes.values()), []
            full = total + self._wanted > self._store_bytes
            room = PURGED_TO * self._store_bytes - self._wanted if full else math.inf
            held = dict.fromkeys(records, 0)
            for path, size in sizes.items():
                if path[1] in held:
                    held[path[1]] += size
            owned: Counter[str] = Counter()
            for run_id, record in records.items():
                owned[_owner(record)] += held[run_id]

            def remove(run_id: str) -> None:
                nonlocal total
                if self._record_or_none(run_id) == records[run_id]:
                    with suppress(StoreError):
                        self.delete(run_id)
                        gone.append(run_id)
                        total -= held[run_id]
                        owned[_owner(records[run_id])] -= held[run_id]

            young: dict[str, deque[str]] = defaultdict(deque)  # owner -> runs that may go for room, oldest first
            ages = sorted((each for each in self._ages(records) if each[1] not in keep), reverse=True)
            for age, run_id in ages:
                if age > self._seconds:
                    remove(run_id)
                else:
                    young[_owner(records[run_id])].append(run_id)
            while total > room and young:
                most = max(young, key=lambda owner: owned[owner])
                remove(young[most].popleft())
                if not young[most]:
                    del young[most]
            self._wanted = 0
            self._owned = {}
            for run_id in records.keys() - set(gone):
                self._count(records[run_id], None)
            self._runs, self._total = len(records) - len(gone), total
            self._remove_strays(path for path in sizes if path[1] not in gone and not _named(path, records))
        return gone

    def status(self) -> dict[str, Any]:
        """For whoever runs the server: url; runs, bytes: about how much it holds."""
        return {"url": self.files.where, "runs": self._runs, "bytes": self._total}

    def _ages(self, records: Mapping[str, Record | None]) -> Iterator[tuple[float, str]]:
        """Seconds, as `purge` counts them, newest first; a damaged run comes last."""
        saves = [(record.about.saved if record else 0, run_id) for run_id, record in records.items()]
        age, later, now = 0.0, None, time.monotonic()
        for saved, run_id in sorted(saves, reverse=True):
            age += min(later - saved, LARGEST_GAP * self._seconds) if later is not None else 0
            later = saved
            yield min(age, now - self._saved.get(run_id, -math.inf)), run_id

    def _remove_strays(self, strays: Iterable[tuple[str, ...]]) -> None:
        """Files that no about.json names: a save that was killed left them, or one elsewhere is about to name them."""
        now = time.monotonic()
        since = {path: self._stray.get(path, now) for path in strays}
        self._stray = {path: seen for path, seen in since.items() if now - seen < STRAY_SECONDS}
        for path in since.keys() - self._stray.keys():
            self.files.remove(path)

    def _count(self, new: Record | None, old: Record | None) -> None:
        """What owners have, once a run is `new` that was `old`; None: there is none."""
        for record, sign in ((new, 1), (old, -1)):
            if record:
                self._owned[record.about.owner] = self._owned.get(record.about.owner, 0) + sign * record.size

    def _check_size(self, owner: str, size: int, grown: int, added: int) -> None:
        if size > self._run_bytes:
            raise StoreError(
                f"The run could not be saved: it takes {size / MB:.1f} MB, and this server keeps runs of at most "
                f"{self._run_bytes / MB:.0f} MB. It goes on, in memory alone; save it to a file."
            )
        share, owned = self._store_bytes / OWNER_SHARE, self._owned.get(owner, 0) + added
        if owner and added > 0 and owned > share:
            raise StoreError(
                f"The run could not be saved: with it your runs take {owned / MB:.1f} MB, and this server keeps at "
                f"most {share / MB:.1f} MB of one person's. {KEPT}Delete runs that you no longer need, or save them to "
                "files."
            )
        if grown > 0 and self._total + grown > self._store_bytes:
            self._wanted = max(self._wanted, grown)
            raise StoreFull(
                f"The run could not be saved: the server keeps at most {self._store_bytes / MB:.0f} MB of runs. {KEPT}"
                "Delete runs that you no longer need."
            )

    def _make_folders(self, about: About) -> None:
        """And the owner's entry, before about.json: so no run is without one. An entry without a run is no harm."""
        self.files.make_folder(("ids", about.id))
        if about.owner:
            self.files.make_folder(("owners", about.owner))
            self.files.write(("owners", about.owner, about.id), b"")

    def _tidy(self, run_id: str, names: Iterable[str]) -> None:
        """Remove files that nothing names any more; what cannot be removed now is left to `purge`."""
        for name in names:
            with suppress(OSError):
                self.files.remove(("ids", run_id, name))

    def _record(self, run_id: str) -> Record | None:
        content = self.files.read([("ids", run_id, ABOUT)])[0] if ID.fullmatch(run_id) else None
        return None if content is None else Record.from_bytes(content, run_id)

    def _record_or_none(self, run_id: str) -> Record | None:
        """None also where it is damaged."""
        return self._records([run_id]).get(run_id)

    def _records(self, ids: Iterable[str]) -> dict[str, Record | None]:
        """Those there are; None for a damaged one."""
        ids = list(ids)
        found: dict[str, Record | None] = {}
        for run_id, content in zip(ids, self.files.read(("ids", run_id, ABOUT) for run_id in ids), strict=True):
            if content is not None:
                try:
                    found[run_id] = Record.from_bytes(content, run_id)
                except StoreError as error:
                    log.warning("%s… in the store: %s", run_id[:6], error)
                    found[run_id] = None
        return found


def _ours(path: tuple[str, ...]) -> bool:
    """Whether the store made this file. What else lies in its folder is let be."""
    if len(path) != 3:
        return False
    folder, name, file = path
    if folder == "owners":
        return bool(NAME.fullmatch(name) and ID.fullmatch(file))
    return folder == "ids" and bool(ID.fullmatch(name) and (file == ABOUT or FILE.fullmatch(file)))


def _owner(record: Record | None) -> str:
    """Whose a run is; a damaged one is nobody's."""
    return record.about.owner if record else ""


def _named(path: tuple[str, ...], records: Mapping[str, Record | None]) -> bool:
    """Whether a run that there is needs this file. Of a damaged one nobody knows."""
    folder, name, file = path
    run_id = file if folder == "owners" else name
    record = records.get(run_id)
    if record is None:
        return run_id in records
    if folder == "owners":
        return record.about.owner == name
    return file == ABOUT or file in record.file_names or file in record.dropped


def _users_folder() -> str:
    data = os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()
    return str(Path(data) / "rnnviz" / "runs")
