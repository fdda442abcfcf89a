"""What the server keeps of a job: enough to show it at once, and to take it up again elsewhere when its worker dies."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rnnviz.run import Run
from rnnviz.runs.fleet import Link
from rnnviz.runs.messages import pack, pack_parts, pack_spec
from rnnviz.runs.store import About
from rnnviz.runs.view import DIVERGED, FAILED, PLAYING, STARTING, Spec, View

WATCH_EVERY = 1.0  # seconds between two "watch" messages while `latest` is called


@dataclass(eq=False)
class Record:
    """One job.

    owner: whose run it is; holders: the visitors whose pages show it; none: it is an orphan. keep: whether it is
    kept in the store; of others `parts` holds the last save in memory.

    link: the worker that has it; None while it waits for one. leaving: the worker that was asked to give it back;
    ending: once back it is forgotten. sent, acknowledged: numbers of the last command sent, and obeyed by the
    worker; while they differ, `latest` shows the status that the last one leads to (`expected`), so that a page
    that asks right after a click draws what was clicked. open: the commands not yet obeyed, state: how the worker
    last said that the job is set to play; both go to the next worker. played: whether it was playing when
    orphaned; forget_after: seconds for which an orphan stays. saved: whether there is a save to go on from.

    idle: whether its worker said that it has nothing to do for it. losses: workers that ended under it since it was
    last saved or idle.

    parent, parent_step: where it was forked from; arrive: what a fork has to do before it is itself.
    """

    spec: Spec
    owner: str
    view: View
    keep: bool = True
    max_steps: int = 0
    name: str = ""
    created: float = field(default_factory=time.time)
    parent: str = ""
    parent_step: int = 0
    arrive: Mapping[str, Any] | None = None
    holders: set[str] = field(default_factory=set)
    parts: Mapping[str, bytes] = field(default_factory=dict)
    link: Link | None = None
    leaving: Link | None = None
    ending: bool = False
    sent: int = 1
    acknowledged: int = 0
    expected: str = STARTING
    state: Mapping[str, Any] = field(default_factory=dict)
    open: deque[tuple[int, bytes]] = field(default_factory=deque)
    watched_at: float = 0.0
    played: bool = False
    forget_after: float = 0.0
    saved: bool = False
    losses: int = 0
    idle: bool = False

    @classmethod
    def of(cls, run: Run, about: About) -> Record:
        """Of a run that was kept, or that comes from a file."""
        view = View(about.id, step=run.step, history=run.history)
        words = {name: getattr(about, name) for name in ("owner", "name", "created", "parent", "parent_step")}
        return cls(Spec(run.original, run.data, run.start), view=view, saved=True, **words)

    @property
    def job(self) -> str:
        return self.view.job

    @property
    def status(self) -> str:
        """What it comes to once the worker has obeyed."""
        return self.expected if self.acknowledged < self.sent else self.view.status

    @property
    def about(self) -> About:
        return About(
            id=self.job,
            owner=self.owner,
            name=self.name,
            created=self.created,
            saved=time.time(),
            step=self.view.step,
            settings=asdict(self.spec.config),
            parent=self.parent,
            parent_step=self.parent_step,
            has_data=self.spec.data is not None or self.spec.start is not None,
        )

    def show(self, view: View) -> None:
        self.view = replace(view, revision=self.view.revision + 1)

    def fail(self, message: str) -> None:
        self.acknowledged = self.sent
        self.open.clear()
        self.show(replace(self.view, status=FAILED, message=message))

    def tell(self, verb: str, expected: str | None, **arguments: Any) -> None:
        """Send a command and show what it leads to; expected None: the status it has."""
        status = self.view.status
        if expected is None or status in (DIVERGED, FAILED) and verb != "reset":
            expected = self.status
        self.sent, self.expected, self.idle = self.sent + 1, expected, False
        if status != STARTING and self.expected != status:
            self.show(replace(self.view, status=self.expected, message=""))
        command = pack({"verb": verb, "job": self.job, "number": self.sent, **arguments})
        self.open.append((self.sent, command))
        if self.link is not None:
            self.link.send(command)

    def reported(self, view: View, header: Mapping[str, Any]) -> None:
        """A View has come."""
        self.acknowledged = header["acknowledged"]
        self.obeyed(header)
        up_to_date = self.acknowledged == self.sent
        self.idle = up_to_date and view.status not in (PLAYING, STARTING) and view.seeking is None
        if self.idle:
            self.losses = 0
        self.show(view if up_to_date else replace(view, status=self.expected, message=""))

    def handed_over(self, parts: Mapping[str, bytes], header: Mapping[str, Any]) -> None:
        """A save has come; parts: what is to be held here of it."""
        self.obeyed(header)
        self.parts, self.saved, self.losses = parts, True, 0

    def obeyed(self, header: Mapping[str, Any]) -> None:
        """The worker had obeyed the commands up to a number when it reported, and its job was in this state."""
        self.state = header["state"]
        while self.open and self.open[0][0] <= header["acknowledged"]:
            self.open.popleft()

    def forget_progress(self) -> None:
        """Back to step 0: no save counts any more."""
        self.saved, self.arrive, self.state, self.parts = False, None, {}, {}
        self.open.clear()
        self.sent += 1

    def assign(self, link: Link, parts: Mapping[str, bytes] | None) -> None:
        """Give it to a worker: from its start, or from its last save; then what was asked for since."""
        header: dict[str, Any] = {
            "verb": "create",
            "job": self.job,
            "number": self.open[0][0] - 1 if self.open else self.sent,
            "max_steps": self.max_steps,
            "keep": self.keep,
            "state": self.state,
            "suspect": self.losses > 0,
            "forget_after": None if self.holders else self.forget_after,
        }
        if self.arrive is not None and not self.saved:
            header["arrive"] = self.arrive
        self.link, self.leaving, self.idle = link, None, False
        link.send(pack_spec(header, self.spec) if parts is None else pack_parts(header, parts))
        for _, command in self.open:
            link.send(command)

    def watch(self) -> None:
        """Keep the pictures fresh for as long as someone asks."""
        now = time.monotonic()
        if self.link is not None and now - self.watched_at > WATCH_EVERY:
            self.watched_at = now
            self.link.send(pack({"verb": "watch", "job": self.job}))
