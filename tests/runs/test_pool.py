"""What only the pool can get wrong: promptness, fairness, processes that die, and processes that stay."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from functools import partial
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from rnnviz.config import ExperimentConfig
from rnnviz.runs import Spec, View
from rnnviz.runs.messages import pack_view
from rnnviz.runs.pool import PoolFleet

ROOT = Path(__file__).resolve().parents[2]
SMALL = ExperimentConfig(length=10, batch_size=8, hidden_size=16)


def alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition, patience=30.0) -> float:
    """Seconds until the condition holds."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < patience, "it did not happen"
        time.sleep(0.01)
    return time.monotonic() - begin


def pids(engine) -> list[int]:
    return [link.pid for link in engine.jobs.fleet.links if link.pid is not None]


def played(pool, wait, config=SMALL):
    job = pool.create(Spec(config))
    pool.play(job)
    wait(pool, job, lambda view: view.step > 0)
    return job


@pytest.mark.parametrize("verb", ["pause", "orphan"])
def test_a_job_stops_at_once_although_others_play(pool, wait, verb):
    jobs = [played(pool, wait) for _ in range(4)]
    begin = time.monotonic()
    getattr(pool, verb)(jobs[0])
    until(lambda: pool.acknowledged(jobs[0]))
    took = time.monotonic() - begin
    stopped = pool.latest(jobs[0]).step
    time.sleep(0.3)
    view = pool.latest(jobs[0])
    for job in jobs:
        pool.drop(job)
    assert took < 0.5
    assert view.status == "paused"
    assert stopped == view.step == view.trace.step


def test_verbs_return_at_once_while_the_worker_is_busy(pool, wait):
    heavy = played(pool, wait, SMALL.with_(hidden_size=256, length=200, batch_size=64))
    begin = time.monotonic()
    for _ in range(100):
        pool.step(heavy)
        pool.latest(heavy)
        pool.pause(heavy)
        pool.orphan(heavy)
        pool.attach(heavy)
    took = time.monotonic() - begin
    pool.drop(heavy)
    assert took < 0.2


def test_equal_jobs_get_equal_shares(pool, wait):
    jobs = [played(pool, wait) for _ in range(2)]
    before = [pool.latest(job).step for job in jobs]
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        after = [pool.latest(job).step for job in jobs]
        time.sleep(0.05)
    taken = sorted(b - a for a, b in zip(before, after, strict=True))
    for job in jobs:
        pool.drop(job)
    assert taken[0] / taken[1] >= 0.7, taken


def test_a_job_that_nobody_watches_sends_nothing(pool, wait, monkeypatch):
    reports = []
    original = pool.jobs._on_view

    def count(worker, header, blobs):
        reports.append((header["job"], len(blobs)))
        original(worker, header, blobs)

    def arrays():
        """How many arrays came with each report on this job (others may be on their way out)."""
        return [number for name, number in reports if name == job]

    monkeypatch.setitem(pool.jobs._reports, "view", count)
    job = pool.create(Spec(SMALL))
    until(lambda: pool.acknowledged(job))
    pool.play(job)
    time.sleep(1.5)
    pool.pause(job)
    until(lambda: pool.acknowledged(job))
    assert arrays() == [2, 0, 2]  # created, playing, paused; arrays go along only with a new picture
    pool.play(job)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        pool.latest(job)
        time.sleep(0.02)
    pool.drop(job)
    assert 2 <= len(arrays()) - 4 <= 8  # playing, then at most four a second


def test_a_report_from_before_the_click_does_not_undo_it(pool, settled, monkeypatch):
    job = pool.create(Spec(SMALL))
    settled(pool, job)
    (worker,) = pool.jobs.fleet.links
    with monkeypatch.context() as patch:
        patch.setattr(worker, "send", lambda message: None)  # the command stays on its way
        pool.play(job)
        old = pack_view(View(job, "paused", step=7, message="old"), None, acknowledged=1, state={})
        pool.jobs._on_message(worker, old)
        view = pool.latest(job)
        assert (view.status, view.step, view.message) == ("playing", 7, "")
    pool.drop(job)


def test_a_worker_that_cannot_start_is_not_started_for_ever(monkeypatch, settled, make_engine):
    started = []
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(1) or real(["false"], **k))
    pool = make_engine(partial(PoolFleet, size=1))
    job = pool.create(Spec(SMALL))
    view = settled(pool, job)
    assert view.status == "failed" and "exit status 1" in view.message
    time.sleep(0.3)
    assert len(started) == 3
    monkeypatch.setattr(subprocess, "Popen", real)
    pool.play(job, until=3)  # tries again
    assert settled(pool, job).step == 3


def test_close_leaves_no_process_and_no_thread(wait, settled, make_engine):
    pool = make_engine(partial(PoolFleet, size=1))
    threads = set(threading.enumerate())
    job = played(pool, wait)
    before = pids(pool)
    assert len(before) == 1
    pool.close()
    assert not any(alive(pid) for pid in before)
    until(lambda: set(threading.enumerate()) <= threads)
    assert pool.latest(job) is None
    assert settled(pool, pool.create(Spec(SMALL))).status == "paused"  # it starts afresh
    pool.close()
    pool.close()


def test_closing_while_workers_start_leaves_nothing(make_engine):
    pool = make_engine(partial(PoolFleet, size=2))
    pool.warm_up()
    until(lambda: len(pids(pool)) == 2)
    started = pids(pool)
    pool.close()
    assert not any(alive(pid) for pid in started)


SERVER = """
import sys, time
from rnnviz.config import ExperimentConfig
from rnnviz.runs import Spec, get_engine
engine = get_engine("pool")
job = engine.create(Spec(ExperimentConfig(length=10, hidden_size=16)))
engine.play(job)
while not engine.latest(job).step:
    time.sleep(0.01)
print("torch" in sys.modules, *[link.pid for link in engine.jobs.fleet.links], flush=True)
"""


@pytest.mark.parametrize("ending", ["exit", "kill"])
def test_the_server_never_imports_torch_and_workers_end_with_it(ending):
    code = SERVER + ("time.sleep(60)" if ending == "kill" else "")
    server = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "RNNVIZ_WORKERS": "2"},
    )
    with server:
        torch_there, *pids = server.stdout.readline().split()
        if ending == "kill":
            assert all(alive(int(pid)) for pid in pids)
            server.kill()
        server.wait(20)
    assert torch_there == "False"
    assert len(pids) == 2  # one for the job, one kept warm
    until(lambda: not any(alive(int(pid)) for pid in pids), patience=5)


def test_a_worker_takes_only_who_knows_the_key():
    key = os.urandom(32)
    with subprocess.Popen(
        [sys.executable, "-m", "rnnviz", "worker"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        worker.stdin.write(key.hex().encode() + b"\n")
        worker.stdin.flush()
        address = ("127.0.0.1", int(worker.stdout.readline()))
        with pytest.raises(AuthenticationError):
            Client(address, authkey=b"a guess")
        connection = Client(address, authkey=key)
        connection.close()  # the server is gone, so the worker ends
        assert worker.wait(30) == 0
