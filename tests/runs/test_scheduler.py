"""What the scheduler decides, on jobs whose time is counted instead of spent."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from rnnviz.runs import View
from rnnviz.runs.messages import unpack
from rnnviz.runs.scheduler import Entry, Scheduler
from rnnviz.trace import Trace

PICTURE = 0.01  # seconds


class CountedJob:
    """Every slice takes `slice_seconds`, every recording really takes PICTURE."""

    def __init__(self, slice_seconds: float) -> None:
        self.slice_seconds = slice_seconds
        self.playing = True
        self.seeking = self.run = None
        self.due = self.busy = 0.0
        self.state: dict = {}
        self.slices = self.pictures = 0
        self._trace = None

    @property
    def working(self) -> bool:
        return self.playing

    def play(self, until: int | None) -> None:
        self.playing = True

    def slice(self, seconds: float) -> None:
        self.slices += 1
        self.busy += self.slice_seconds

    def view(self, record: bool = True) -> View:
        if record:
            time.sleep(PICTURE)
            self.busy += PICTURE
            self.pictures += 1
            x = np.zeros((1, 1, 1))
            self._trace = Trace("t", ("l0",), x, np.ones((1, 1), bool), {"h": x[None]}, {"h": x}, {}, {}, (x,))
        return View("j", "playing", self.slices, trace=self._trace)


@pytest.fixture
def turns():
    """Runs a number of turns over jobs; returns what was sent."""

    def run(jobs, count, watched):
        sent: list[bytes] = []
        own = Scheduler(SimpleNamespace(send_bytes=sent.append), publish_every=0.0)
        entries = [Entry(job, watched_until=float("inf") if watched else 0.0) for job in jobs]
        for _ in range(count):
            own._slice(min(entries, key=lambda entry: entry.turn))
        return [unpack(message)[0]["parts"] for message in sent]

    return run


def test_pictures_take_a_tenth_of_the_time_and_reports_come_all_the_same(turns):
    job = CountedJob(0.01)
    sent = turns([job], 100, watched=True)
    assert len(sent) == 100
    assert 0.05 <= job.pictures * PICTURE / job.busy <= 0.12
    assert sum("trace" in parts for parts in sent) == job.pictures


def test_nobody_watches_nothing_is_recorded_or_sent(turns):
    job = CountedJob(0.01)
    assert turns([job], 50, watched=False) == []
    assert job.pictures == 0


def test_time_is_shared_not_turns(turns):
    jobs = [CountedJob(0.5), CountedJob(0.01), CountedJob(0.02)]
    turns(jobs, 500, watched=False)
    assert max(job.busy for job in jobs) - min(job.busy for job in jobs) <= 0.5


@pytest.mark.parametrize(("own_turn", "expected"), [(0.0, 30.0), (80.0, 80.0)])
def test_a_job_that_starts_to_play_neither_catches_up_nor_forgets(own_turn, expected):
    """It starts level with the one that had least, unless it had more already: pausing buys no time."""
    own = Scheduler(SimpleNamespace(send_bytes=lambda message: None))
    jobs = {name: CountedJob(0.01) for name in ("a", "b", "late")}
    own._entries = {name: Entry(job) for name, job in jobs.items()}
    own._entries["a"].turn, own._entries["b"].turn, own._entries["late"].turn = 50.0, 30.0, own_turn
    jobs["late"].playing = False
    own._obey({"verb": "play", "job": "late", "until": None}, [])
    assert own._entries["late"].turn == expected
