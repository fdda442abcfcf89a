"""What the scheduler decides, on jobs whose time is counted instead of spent."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from rnnviz.runs import View
from rnnviz.runs import scheduler as module
from rnnviz.runs.messages import unpack
from rnnviz.runs.scheduler import Entry, Scheduler
from rnnviz.trace import Trace

PICTURE = 0.01  # seconds
clock = [1000.0]  # what time it is


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """Time that passes only when something takes time, however busy the machine is."""

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep))


class CountedJob:
    """Every slice takes `slice_seconds`, every recording PICTURE."""

    name, status = "j", "playing"

    def __init__(self, slice_seconds: float) -> None:
        self.slice_seconds = slice_seconds
        self.playing = True
        self.seeking = self.run = self.rate = None
        self.has_to_arrive = False
        self.due = self.busy = 0.0
        self.state: dict = {}
        self.slices = self.pictures = 0
        self._trace = None

    @property
    def working(self) -> bool:
        return self.playing

    def slice(self, seconds: float) -> None:
        self.slices += 1
        self.busy += self.slice_seconds
        clock[0] += self.slice_seconds

    def view(self, record: bool = True) -> View:
        if record:
            clock[0] += PICTURE
            self.busy += PICTURE
            self.pictures += 1
            x = np.zeros((1, 1, 1))
            self._trace = Trace("t", ("l0",), x, np.ones((1, 1), bool), {"h": x[None]}, {"h": x}, {}, {}, (x,))
        return View("j", "playing", self.slices, trace=self._trace)


def scheduler(jobs, send=lambda message: None, **standing) -> Scheduler:
    own = Scheduler(SimpleNamespace(poll=lambda wait: False, send_bytes=send), publish_every=0.0)
    own._entries = {str(number): Entry(job, **standing) for number, job in enumerate(jobs)}
    return own


@pytest.fixture
def turns():
    """Runs a number of turns over jobs; returns what was sent."""

    def run(jobs, count, watched):
        sent: list[bytes] = []
        own = scheduler(jobs, sent.append, watched_until=float("inf") if watched else 0.0)
        for _ in range(count):
            own.turn()
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


@pytest.mark.parametrize("waited", ["paused", "paced"])
def test_a_job_that_had_to_wait_does_not_catch_up(waited):
    """Whether it was paused or only took a step now and then: from here on it gets its share, and no more."""
    late, other = CountedJob(0.01), CountedJob(0.01)
    own = scheduler([late, other])
    own.turn()
    if waited == "paused":
        late.playing = False
    else:
        late.due = clock[0] + 3600
    for _ in range(100):
        own.turn()
    late.playing, late.due = True, 0.0
    before = late.slices, other.slices
    for _ in range(50):
        own.turn()
    assert 24 <= late.slices - before[0] <= 26 and 24 <= other.slices - before[1] <= 26


def test_a_paced_job_does_not_let_a_new_one_push_the_others_aside():
    paced, other = CountedJob(0.01), CountedJob(0.01)
    own = scheduler([paced, other])
    paced.due = clock[0] + 3600
    for _ in range(100):
        own.turn()
    late = CountedJob(0.01)
    own._entries["late"] = Entry(late)
    before = other.slices
    for _ in range(50):
        own.turn()
    assert 24 <= late.slices <= 26 and 24 <= other.slices - before <= 26


def test_pausing_buys_no_time():
    greedy, other = CountedJob(0.5), CountedJob(0.01)
    own = scheduler([greedy, other])
    for _ in range(30):
        own.turn()
        greedy.playing = not greedy.playing
    greedy.playing = True
    assert greedy.slices == 1 and other.slices == 29  # which took 0.29 s: half a second is not made up for yet


def test_what_is_sought_does_not_wait_for_the_next_step_of_a_paced_job():
    job = CountedJob(0.01)
    job.due = clock[0] + 3600
    own = scheduler([job])
    own.turn()
    assert job.slices == 0 and own._until_next_plan() > 50
    job.seeking = 7
    assert own._until_next_plan() == 0
    own.turn()
    assert job.slices == 1


def test_whose_slice_it_is_is_said_only_while_one_is_suspected():
    """And then once, however many slices it takes on end: the server has to know under whom a worker ends."""
    jobs, sent = [CountedJob(0.01), CountedJob(0.03)], []
    jobs[1].name = "k"
    own = scheduler(jobs, sent.append)
    for _ in range(20):
        own.turn()
    assert sent == []
    own._entries["1"].suspect = True
    for _ in range(20):
        own.turn()
    said = [unpack(message)[0] for message in sent]
    assert {(header["kind"], header["job"]) for header in said} == {("turn", "j"), ("turn", "k")}
    assert all(a["job"] != b["job"] for a, b in zip(said, said[1:], strict=False)) and len(said) < 20
    jobs[1].playing = False
    del sent[:]
    own.turn()
    own.turn()
    assert sent == []


@pytest.mark.parametrize("idle", [0.0, 0.08])
def test_two_seconds_are_the_most_that_is_not_saved(idle):
    """Of training; of a paced job, which is hardly ever busy, by the clock."""
    job, saves = CountedJob(0.02), []
    job.rate = 10.0 if idle else None
    own = scheduler([job], lambda message: saves.append(clock[0]))
    for step in range(1, 1000):
        job.run = SimpleNamespace(step=step, to_parts=lambda known: {}, part_names=lambda: ())
        own.turn()
        clock[0] += idle
    gaps = np.diff(saves)
    assert len(gaps) > 5 and 1.8 <= gaps.max() <= 2.0
