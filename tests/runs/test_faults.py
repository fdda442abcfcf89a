"""The fault table: what is done to a server, its workers, its store and its clock, and what becomes of the runs.

Processes here are real and really killed; `test_dispatcher.py` has every moment at which a worker can die.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from runs_oracle import TINY, fresh, kept, same_run, same_trace, stepped

from rnnviz import training
from rnnviz.breakpoints import Breakpoint
from rnnviz.run import Run
from rnnviz.runs import Spec, keeper
from rnnviz.runs.files import Files
from rnnviz.runs.pool import PoolFleet
from rnnviz.runs.store import Store

ROOT = Path(__file__).resolve().parents[2]
ADA = "a" * 32
SLOW = TINY.with_(hidden_size=48, length=60, batch_size=16)
REDONE = 2.0 * 1.3  # seconds of training; the speed by which steps become seconds is measured on a busy machine
DAY, YEARS = 86_400.0, 10 * 365 * 86_400.0


def advanced(run: Run, steps: int) -> Run:
    return training.advance(run, steps, device="cpu")


def until(condition, patience=60.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(engine) -> None:
    """End the only worker as the system does when memory is short, and wait until the server has noticed."""
    (link,) = engine.jobs.fleet.links
    os.kill(link.pid, signal.SIGKILL)
    until(lambda: link not in engine.jobs.fleet.links)
    until(lambda: all(link not in (r.link, r.leaving) for r in list(engine.jobs.records.values())))


def finished(engine, settled, job, expected, owner=ADA):
    view = settled(engine, job)
    assert view.status == "paused", view.message
    same_run(kept(engine, job, owner), expected)
    same_trace(view.trace, training.observe(expected, device="cpu"))
    return view


def watched(engine, jobs, seconds):
    """What a page that shows all of them has at the end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        views = [engine.latest(job) for job in jobs]
        time.sleep(0.02)
    return views


@pytest.fixture(scope="module")
def pool(make_engine):
    """One worker, which all jobs share."""
    return make_engine(partial(PoolFleet, size=1))


@pytest.fixture
def bench(pool):
    """The same, empty again after each test."""
    yield pool
    for job, record in list(pool.jobs.records.items()):
        for visitor in list(record.holders):
            pool.drop(job, visitor)


def late_crossing(seed: int, first: int) -> tuple[Breakpoint, int]:
    """A breakpoint that fires after step `first` and not before, and where."""
    norms = fresh(first + 2000, TINY.with_(seed=seed)).history.grad_norm
    value = float(norms[:first].max())
    return Breakpoint("grad_norm_above", value), next(k for k in range(first, len(norms)) if norms[k] > value) + 1


# -- a worker --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_kill_of_a_worker_costs_two_seconds_of_training_at_most_and_nothing_else(bench, settled, wait):
    def job(seed, steps=0, config=TINY):
        made = bench.create(Spec(config.with_(seed=seed)), "tab", ADA)
        if steps:
            bench.step(made, steps)
            assert settled(bench, made).step == steps
        return made

    slow = job(1, 190, SLOW)
    stopped = job(2)
    bench.arm(stopped, [Breakpoint("grad_norm_above", 0.0)])
    bench.play(stopped)
    said = settled(bench, stopped).message
    began_again, not_begun = job(5, 40), job(6)
    bench.change(began_again, clip="off")
    bench.reset(began_again)
    bench.change(not_begun, learning_rate=1e-3)
    far, where = late_crossing(4, 400)
    paced = job(4)
    bench.arm(paced, [far])
    bench.pace(paced, 40.0)
    flat, changed = job(3), job(7)
    bench.play(flat)
    bench.play(changed)
    bench.play(paced, until=10_000)
    wait(bench, changed, lambda view: view.step > 100)
    bench.change(changed, learning_rate=1e-3)
    (change,) = wait(bench, changed, lambda view: view.changes).changes
    records = bench.jobs.records
    wait(bench, flat, lambda view: records[flat].saved)
    watched(bench, [flat, changed, paced], 1.0)
    child = bench.fork(slow, 150, {"clip": "off"}, "tab", ADA)
    bench.look(slow, 95)
    wait(bench, slow, lambda view: view.seeking == 95)
    shown = {name: records[name].view for name in records}
    kill(bench)

    again = {name: records[name].view.step - bench.keeper.load(name)[0].step for name in (flat, changed, paced)}
    assert max(again.values()) > 0  # else nothing was tried
    assert again[flat] / shown[flat].steps_per_second <= REDONE
    assert again[changed] / shown[changed].steps_per_second <= REDONE
    assert again[paced] <= 40 * REDONE
    view = finished(bench, settled, stopped, fresh(shown[stopped].step, TINY.with_(seed=2)))
    assert view.message == said and view.hits == shown[stopped].hits
    view = wait(bench, paced, lambda view: view.step >= shown[paced].step)
    assert (view.rate, view.breakpoints, view.until) == (40.0, (far,), 10_000)
    bench.pace(paced, None)
    view = finished(bench, settled, paced, fresh(where, TINY.with_(seed=4)))
    assert view.hits[-1].step == where and view.message == view.hits[-1].message
    before = fresh(change.step, TINY.with_(seed=7)).changed(learning_rate=1e-3)
    for name, start in ((flat, fresh(0, TINY.with_(seed=3))), (changed, before)):
        bench.pause(name)  # it will not stop short of what was shown
        until(lambda name=name: bench.acknowledged(name))
        end = bench.latest(name).step
        assert end >= shown[name].step
        finished(bench, settled, name, advanced(start, end - start.step))
    view = wait(bench, slow, lambda view: view.past)
    same_trace(view.shown_trace, training.observe(fresh(95, SLOW.with_(seed=1)), device="cpu"))
    bench.look(slow, None)
    finished(bench, settled, child, fresh(150, SLOW.with_(seed=1)).changed(clip="off"))
    bench.step(began_again, 5)
    finished(bench, settled, began_again, fresh(5, TINY.with_(seed=5)))
    bench.step(not_begun, 5)
    start = training.start(TINY.with_(seed=6), device="cpu").changed(learning_rate=1e-3)
    finished(bench, settled, not_begun, advanced(start, 5))


def test_what_a_killed_worker_was_about_to_do_its_successor_does_once(bench, settled, wait):
    seeds = dict(enumerate(["stepped", "changed", "reset", "played", "armed", "forked", "paused", "left"], start=1))
    jobs = {
        name: stepped(bench, settled, 50, TINY.with_(seed=seed), visitor="tab", owner=ADA)
        for seed, name in seeds.items()
    }
    config = {name: TINY.with_(seed=seed) for seed, name in seeds.items()}
    for name in ("paused", "left"):
        bench.play(jobs[name], until=1200)
        wait(bench, jobs[name], lambda view: view.step > 50)
    norms = fresh(300, config["armed"]).history.grad_norm
    value = float(norms[50:100].mean())
    crossing = next(k for k in range(51, 300) if norms[k - 1] <= value < norms[k]) + 1
    (link,) = bench.jobs.fleet.links
    os.kill(link.pid, signal.SIGSTOP)  # from here on it obeys nothing
    seen = bench.jobs.records[jobs["paused"]].view.step
    bench.step(jobs["stepped"], 7)
    bench.change(jobs["changed"], learning_rate=1e-3)
    bench.step(jobs["changed"], 7)
    bench.reset(jobs["reset"])
    bench.step(jobs["reset"], 3)
    bench.play(jobs["played"], until=90)
    bench.arm(jobs["armed"], [Breakpoint("grad_norm_above", value)])
    bench.play(jobs["armed"], until=300)
    child = bench.fork(jobs["forked"], 30, {"learning_rate": 1e-3}, "tab", ADA)
    bench.step(child, 7)
    bench.pause(jobs["paused"])
    bench.orphan(jobs["left"], "tab")
    bench.attach(jobs["left"], "tab")
    assert not bench.acknowledged(jobs["stepped"]) and bench.latest(jobs["paused"]).status == "paused"
    kill(bench)

    finished(bench, settled, jobs["stepped"], fresh(57, config["stepped"]))
    finished(bench, settled, jobs["changed"], advanced(fresh(50, config["changed"]).changed(learning_rate=1e-3), 7))
    finished(bench, settled, jobs["reset"], fresh(3, config["reset"]))
    finished(bench, settled, jobs["played"], fresh(90, config["played"]))
    assert finished(bench, settled, jobs["armed"], fresh(crossing, config["armed"])).hits[-1].step == crossing
    finished(bench, settled, child, advanced(fresh(30, config["forked"]).changed(learning_rate=1e-3), 7))
    finished(bench, settled, jobs["forked"], fresh(50, config["forked"]))
    finished(bench, settled, jobs["left"], fresh(1200, config["left"]))
    until(lambda: bench.acknowledged(jobs["paused"]))
    view = bench.latest(jobs["paused"])
    assert view.step >= seen  # what was shown is there
    finished(bench, settled, jobs["paused"], fresh(view.step, config["paused"]))


DEADLY = """#!{python}
import os, sys
from rnnviz.trainer import Trainer
take_step = Trainer.take_step

def deadly(self):
    if self.config.seed == 666 and self.step >= 20 and os.path.exists({flag!r}):
        os.kill(os.getpid(), 9)
    return take_step(self)

Trainer.take_step = deadly
from rnnviz.__main__ import main
sys.exit(main(["worker"]))
"""


@pytest.mark.slow
def test_a_run_that_kills_its_workers_fails_alone_after_three(make_engine, settled, wait, monkeypatch, tmp_path):
    flag, program = tmp_path / "deadly", tmp_path / "python"
    flag.touch()
    program.write_text(DEADLY.format(python=sys.executable, flag=str(flag)))
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    engine = make_engine(partial(PoolFleet, size=1))
    evil = TINY.with_(seed=666)
    killer = engine.create(Spec(evil), "tab", ADA)  # first in turn
    others = [engine.create(Spec(TINY.with_(seed=seed)), "tab", ADA) for seed in (1, 2)]
    idle = stepped(engine, settled, 5, TINY.with_(seed=8), visitor="tab", owner=ADA)
    pids = set()
    for job in others:
        engine.play(job, until=700)
        wait(engine, job, lambda view: view.step > 0)
    engine.play(killer)
    while engine.latest(killer).status != "failed":
        pids |= {link.pid for link in engine.jobs.fleet.links}
        time.sleep(0.01)
    view = engine.latest(killer)
    assert "3 times at the same place" in view.message and "exit status -9" in view.message
    assert len(pids - {None}) == 3
    for seed, job in zip((1, 2), others, strict=True):
        finished(engine, settled, job, fresh(700, TINY.with_(seed=seed)))
    finished(engine, settled, idle, fresh(5, TINY.with_(seed=8)))
    flag.unlink()
    engine.play(killer, until=60)  # tries again
    finished(engine, settled, killer, fresh(60, evil))
    engine.close()


@pytest.mark.slow
def test_shares_are_equal_again_after_a_worker_died(bench, settled, wait):
    """Also that of a job which was there only for a while, of one that is paced, and of one that comes later."""
    jobs = [bench.create(Spec(TINY.with_(seed=seed)), "tab", ADA) for seed in range(4)]
    bench.pace(jobs[3], 2.0)
    for job in (jobs[0], jobs[1], jobs[3]):
        bench.play(job)
        wait(bench, job, lambda view: view.step > 0)
    at = watched(bench, jobs, 1.0)
    kill(bench)
    for job, view in zip(jobs[:2], at, strict=False):
        wait(bench, job, lambda now, before=view: now.step > before.step + 20)
    bench.play(jobs[2])
    wait(bench, jobs[2], lambda view: view.step > 0)
    before = [view.step for view in watched(bench, jobs, 1.5)]  # also of the one that is slow
    taken, begin = [0] * 4, time.monotonic()
    while sum(taken) < 1200 and time.monotonic() < begin + 20:  # on a busy machine it takes longer
        taken = [view.step - at for view, at in zip(watched(bench, jobs, 0.2), before, strict=True)]
    assert min(taken[:3]) / max(taken[:3]) >= 0.6, taken
    assert 1 <= taken[3] <= 2 * (time.monotonic() - begin) + 3


# -- the server ------------------------------------------------------------------------------------------------------

SERVER = """
import sys, time
from rnnviz.config import ExperimentConfig
from rnnviz.runs import Spec, get_engine
engine = get_engine("pool")
config = ExperimentConfig(length=8, batch_size=4, hidden_size=6)
jobs = [engine.create(Spec(config.with_(seed=seed)), "tab", "a" * 32) for seed in (3, 4, 5)]
engine.pace(jobs[1], 10.0)
engine.play(jobs[0])
engine.play(jobs[1])
engine.step(jobs[2], 33)
engine.rename(jobs[2], "mine", "a" * 32)
while not all(engine.latest(job).step for job in jobs):
    time.sleep(0.01)
print(*[link.pid for link in engine.jobs.fleet.links], *jobs, flush=True)
while True:
    views = [engine.latest(job) for job in jobs]
    print(*[n for view in views for n in (view.step, view.saved)], views[0].steps_per_second, flush=True)
    time.sleep(0.02)
"""


@pytest.mark.slow
def test_kill_of_the_server_costs_two_seconds_of_training_at_most(make_engine, settled, tmp_path):
    environment = {**os.environ, "RNNVIZ_WORKERS": "1", "RNNVIZ_STORE": str(tmp_path)}
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment) as server:
        pid, *jobs = server.stdout.readline().split()
        for line in server.stdout:
            flat, flat_saved, paced, paced_saved, _, saved, speed = map(float, line.split())
            if flat > flat_saved + 50 > 50 and paced > paced_saved + 5 and paced_saved > 20 and saved == 33:
                break
        server.kill()
    until(lambda: not alive(int(pid)), patience=10)  # its worker ends by itself

    engine = make_engine(partial(PoolFleet, size=1), store=tmp_path)
    assert {about.id: about.name for about in engine.runs(ADA)} == dict(zip(jobs, ("", "", "mine"), strict=True))
    assert [engine.open(job, "tab", ADA) for job in jobs] == jobs
    views = [settled(engine, job) for job in jobs]
    assert [view.status for view in views] == ["paused"] * 3
    assert [view.step for view in views] == [view.saved for view in views] and views[2].step == 33
    assert (flat - views[0].step) / speed <= REDONE
    assert paced - views[1].step <= 10 * REDONE
    for job, view, seed in zip(jobs, views, (3, 4, 5), strict=True):
        same_run(kept(engine, job, ADA), fresh(view.step, TINY.with_(seed=seed)))
        engine.step(job, 100)
        finished(engine, settled, job, fresh(view.step + 100, TINY.with_(seed=seed)))
    engine.close()


# -- the store and the clock -----------------------------------------------------------------------------------------


def test_a_full_disk_is_said_and_stops_nothing(bench, settled, wait, monkeypatch):
    real = Files.write

    def full(self, path, content):
        real(self, path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    job = stepped(bench, settled, 120, visitor="tab", owner=ADA)
    wait(bench, job, lambda view: view.saved == 120)
    monkeypatch.setattr(keeper, "RETRY_SECONDS", 0.3)
    with monkeypatch.context() as patch:
        patch.setattr(Files, "write", full)
        bench.step(job, 130)
        view = wait(bench, job, lambda view: view.trouble)
        assert "no space left" in view.trouble and "It goes on" in view.trouble
        view = wait(bench, job, lambda view: view.step == 250)
        bench.play(job, until=400)
        wait(bench, job, lambda view: view.step > 260)
        run = kept(bench, job, ADA)  # to a file it can be saved all the same
        assert run.step >= 250
        same_run(run, fresh(run.step))
        kill(bench)
        assert bench.latest(job).saved == 120
        assert bench.keeper.load(job)[0].step >= 250  # what was handed over
        finished(bench, settled, job, fresh(400))
        assert bench.latest(job).saved == 120 and bench.latest(job).trouble
        stored = Run.from_parts(Store(bench.keeper.store.files.where).load(job)[1])
        same_run(stored, fresh(120))
    wait(bench, job, lambda view: view.saved == 400 and not view.trouble)
    same_run(Run.from_parts(Store(bench.keeper.store.files.where).load(job)[1]), fresh(400))


def test_a_store_that_is_deleted_is_filled_again(bench, settled, wait):
    engine, where = bench, bench.keeper.store.files.where
    job, idle = [stepped(engine, settled, 250, TINY.with_(seed=s), visitor="tab", owner=ADA) for s in (1, 2)]
    assert engine.keeper.flush(20)
    shutil.rmtree(where)
    assert engine.runs(ADA) == []
    engine.play(job, until=320)
    finished(engine, settled, job, fresh(320, TINY.with_(seed=1)))
    wait(engine, job, lambda view: view.saved == 320 and not view.trouble)
    same_run(Run.from_parts(Store(where).load(job)[1]), fresh(320, TINY.with_(seed=1)))
    kill(engine)
    view = wait(engine, idle, lambda view: view.status == "failed")
    assert "no longer in the store" in view.message  # nobody has its numbers any more, and it does not pretend
    engine.step(job, 5)
    finished(engine, settled, job, fresh(325, TINY.with_(seed=1)))
    engine.reset(idle)
    engine.step(idle, 4)
    finished(engine, settled, idle, fresh(4, TINY.with_(seed=2)))


def test_a_clock_that_jumps_changes_nothing(bench, settled, wait, monkeypatch):
    real, shift = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + shift[0])
    playing = bench.create(Spec(TINY), "tab", ADA)
    bench.pace(playing, 100.0)
    bench.play(playing)
    wait(bench, playing, lambda view: view.step > 10)
    jobs = []
    for seed, jump in enumerate((0.0, DAY, -DAY, YEARS, -YEARS, 0.0)):
        shift[0] = jump
        begin, at = time.monotonic(), bench.latest(playing).step
        jobs.append(stepped(bench, settled, 20, TINY.with_(seed=seed), visitor="tab", owner=ADA))
        bench.drop(jobs[-1], "tab")
        until(lambda job=jobs[-1]: job not in bench.jobs.records)
        assert bench.keeper.flush(20)
        assert bench.keeper.store.purge(()) == []
        assert {about.id for about in bench.runs(ADA)} >= set(jobs)
        wait(bench, playing, lambda view, at=at: view.step > at + 10)
        assert bench.latest(playing).step - at <= 100 * (time.monotonic() - begin) + 100 * 0.5 + 5
    for seed, job in enumerate(jobs):
        assert bench.open(job, "tab", ADA) == job
        bench.step(job, 5)
        finished(bench, settled, job, fresh(25, TINY.with_(seed=seed)))
    bench.pause(playing)
    until(lambda: bench.acknowledged(playing))
    finished(bench, settled, playing, fresh(bench.latest(playing).step))


# -- several at once -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_four_visitors_at_the_same_jobs_while_workers_die(make_engine, settled, wait):
    """Whatever they do, a run is what its steps and changes make of it."""
    engine = make_engine(partial(PoolFleet, size=2))
    jobs = [engine.create(Spec(TINY.with_(seed=seed)), "host", ADA) for seed in range(4)]
    for job in jobs:
        settled(engine, job)
    errors, end = [], time.monotonic() + 4.0

    def visit(number):
        choose = random.Random(number)
        verbs = [
            lambda job: engine.play(job),
            lambda job: engine.play(job, until=choose.randrange(500)),
            lambda job: engine.pause(job),
            lambda job: engine.step(job, choose.randrange(20)),
            lambda job: engine.pace(job, choose.choice([None, 30.0, 1000.0])),
            lambda job: engine.arm(job, [Breakpoint("grad_norm_above", choose.random())] * choose.randrange(2)),
            lambda job: engine.change(job, learning_rate=choose.choice([1e-3, 3e-3])),
            lambda job: engine.look(job, choose.choice([None, choose.randrange(300)])),
            lambda job: engine.reset(job) if choose.random() < 0.2 else None,
            lambda job: engine.orphan(job, f"tab {number}"),
            lambda job: engine.attach(job, f"tab {number}"),
            lambda job: engine.open(job, f"tab {number}", ADA),
            lambda job: engine.rename(job, f"by {number}", ADA),
            lambda job: engine.export(job, ADA),
            lambda job: engine.latest(job),
        ]
        try:
            while time.monotonic() < end:
                choose.choice(verbs)(choose.choice(jobs))
                time.sleep(choose.random() * 0.01)
        except Exception as error:  # noqa: BLE001 - told to the test, which fails on any
            errors.append(error)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(4)]
    for visitor in visitors:
        visitor.start()
    time.sleep(2.0)
    os.kill(engine.jobs.fleet.links[0].pid, signal.SIGKILL)
    for visitor in visitors:
        visitor.join(20)
    assert errors == []
    for job in jobs:
        engine.pace(job, None)
        engine.arm(job, [])
        engine.look(job, None)
        engine.pause(job)
    for job, seed in zip(jobs, range(4), strict=True):
        until(lambda job=job: engine.acknowledged(job))
        engine.step(job, 1)
        view = settled(engine, job)
        assert view.status == "paused" and view.step >= 1, view.message
        run, expected = kept(engine, job, ADA), training.start(TINY.with_(seed=seed), device="cpu")
        assert run.step == view.step
        for change in run.changes:
            expected = advanced(expected, change.step - expected.step).changed(**{change.field: change.after})
        finished(engine, settled, job, advanced(expected, run.step - expected.step))
    engine.close()


def test_a_server_that_is_closed_leaves_the_last_step_in_the_store(bench, wait):
    jobs = [bench.create(Spec(TINY.with_(seed=seed)), "tab", ADA) for seed in (1, 2, 3)]
    for job in jobs:
        bench.play(job)
        wait(bench, job, lambda view: view.step > 20)
    bench.drop(jobs[2], "tab")
    shown = [bench.jobs.records[job].view.step for job in jobs]
    bench.close()
    for job, step, seed in zip(jobs, shown, (1, 2, 3), strict=True):
        about, parts = Store(bench.keeper.store.files.where).load(job)
        assert about.step >= step
        same_run(Run.from_parts(parts), fresh(about.step, TINY.with_(seed=seed)))
