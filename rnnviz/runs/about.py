"""What a store says of a run: About for everyone, Record with the files that hold its parts."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from rnnviz.runs.files import StoreError

FORMAT = "rnnviz-store-1"
ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # an owner, a part
FILE = re.compile(r"[A-Za-z0-9_-]{1,64}\.[0-9a-f]{8}")


def checked(value: str, pattern: re.Pattern[str], what: str) -> str:
    """`value`, which is about to be part of a path. Raises ValueError where it is not of that pattern."""
    if not pattern.fullmatch(value):
        raise ValueError(f"{value[:80]!r} is no {what}; expected {pattern.pattern}")
    return value


@dataclass(frozen=True)
class About:
    """What there is to say of a run without reading it.

    created, saved: when it was begun and last saved, in unix seconds. step: optimiser steps it had taken then.
    settings: of the experiment it began as, by field. parent: id of the run it was forked from, at `parent_step`;
    "" where it was not. has_data: whether it holds what its owner brought, data or weights. listed: whether its owner
    sees it among their runs. extra: anything else that JSON holds. Raises ValueError for values of
    another type, and for an id or owner that could not be a file name.
    """

    id: str
    owner: str
    name: str
    created: float
    saved: float
    step: int
    settings: dict[str, Any]
    parent: str = ""
    parent_step: int = 0
    has_data: bool = False
    listed: bool = True
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for names, kinds in _KINDS.items():
            for name in names.split():
                if not isinstance(value := getattr(self, name), kinds):
                    raise ValueError(f"About.{name} is {value!r}; expected {kinds[0].__name__}")
        if not math.isfinite(self.created) or not math.isfinite(self.saved):
            raise ValueError(f"About.created and .saved are {self.created} and {self.saved}; expected unix seconds")
        checked(self.id, ID, "run id")
        if self.owner:
            checked(self.owner, NAME, "owner")


_KINDS: dict[str, tuple[type, ...]] = {
    "id owner name parent": (str,),
    "created saved": (float, int),
    "step parent_step": (int,),
    "has_data listed": (bool,),
    "settings extra": (dict,),
}


def digest(content: bytes) -> str:
    return blake2b(content, digest_size=8).hexdigest()


class File(NamedTuple):
    """Where a part is: the file's name in the run's folder, its length in bytes, and a digest of its content."""

    name: str
    size: int
    digest: str

    def holds(self, content: bytes | None) -> bool:
        return content is not None and (len(content), digest(content)) == (self.size, self.digest)


@dataclass(frozen=True)
class Record:
    """The content of about.json. version: of this save; files: part -> File; dropped: files of the save before."""

    about: About
    version: str
    files: dict[str, File]
    dropped: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(file.size for file in self.files.values())

    @property
    def file_names(self) -> set[str]:
        return {file.name for file in self.files.values()}

    def to_bytes(self) -> bytes:
        return json.dumps({"format": FORMAT, **vars(self), "about": vars(self.about)}).encode()

    @classmethod
    def from_bytes(cls, content: bytes, run_id: str) -> Record:
        """Raises StoreError where this is not what `to_bytes` wrote for that run."""
        try:
            plain = json.loads(content)
            if plain["format"] != FORMAT:
                raise ValueError(f"its format is {plain['format']!r}, not {FORMAT!r}")
            files = {part: File(str(name), int(size), str(seen)) for part, (name, size, seen) in plain["files"].items()}
            record = cls(About(**plain["about"]), str(plain["version"]), files, tuple(plain["dropped"]))
            for name in (*record.file_names, *record.dropped):
                checked(name, FILE, "file of a run")
            if record.about.id != run_id:
                raise ValueError(f"it is the run {record.about.id!r}")
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise StoreError(f"This saved run is damaged: {type(error).__name__}: {error}.") from None
        return record
