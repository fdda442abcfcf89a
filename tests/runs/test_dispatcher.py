"""What becomes of a job when its worker dies, at every moment at which it can: workers here die between two calls."""

from __future__ import annotations

import threading
import time
from functools import partial

import numpy as np
import pytest
from runs_oracle import TINY, MortalFleet, fresh, kept, placed, same_run, same_trace, stepped

from rnnviz import training
from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ConfigError
from rnnviz.run import Run
from rnnviz.runs import LimitError, Limits, Spec, inline, scheduler
from rnnviz.runs.store import Store, StoreError

ADA = "a" * 32


@pytest.fixture
def bench(make_engine, monkeypatch):
    """One worker; a slice is one step, and nothing is saved only because so much time has gone by."""
    monkeypatch.setattr(inline, "SLICE", 0.0)
    monkeypatch.setattr(scheduler, "SAVE_EVERY", 1e9)
    return make_engine(MortalFleet, orphan_seconds=60)


@pytest.fixture
def wait():
    """Nothing happens between two looks, so it need not be waited for."""

    def look(engine, job, condition):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            view = engine.latest(job)
            if view is not None and condition(view):
                return view
        raise AssertionError(f"the view is still {view and (view.status, view.step, view.message)}")

    return look


@pytest.fixture
def settled(wait):
    return lambda engine, job: wait(engine, job, lambda view: view.status not in ("starting", "playing"))


def advanced(run, steps):
    return training.advance(run, steps, device="cpu")


def turn(engine, times=1):
    for _ in range(times):
        engine.jobs.fleet.turn()


def playing(engine, wait, steps=5, config=TINY, **who):
    """A job that plays and was seen to take a few steps; nothing of it is saved yet."""
    job = engine.create(Spec(config), **who)
    engine.play(job, until=60)
    wait(engine, job, lambda view: view.step >= steps)
    assert not engine.jobs.records[job].saved
    return job


def finished(engine, settled, job, expected, owner=""):
    view = settled(engine, job)
    assert view.status == "paused", view.message
    same_run(kept(engine, job, owner), expected)
    if view.past is None:
        same_trace(view.trace, training.observe(expected, device="cpu"))
    return view


@pytest.mark.parametrize("saved", [False, True])
def test_a_playing_job_goes_on(bench, settled, wait, saved):
    job = playing(bench, wait)
    if saved:
        bench.jobs.fleet.links[0].send(scheduler.pack({"verb": "save", "job": job}))
        turn(bench, 4)
        record = bench.jobs.records[job]
        assert record.saved and record.parts == {}  # the store has them; they are not kept in memory as well
    bench.jobs.fleet.kill()
    finished(bench, settled, job, fresh(60))


def test_steps_that_were_shown_are_taken_again_before_anything_else_is_obeyed(bench, settled, wait):
    """A pause that nobody obeyed yet: the run is not to stop short of what its visitor has seen."""
    job = playing(bench, wait, steps=9)
    shown = bench.jobs.records[job].view.step
    bench.pause(job)
    bench.step(job, 3)
    assert bench.latest(job).status == "playing"
    bench.jobs.fleet.kill()
    view = settled(bench, job)
    assert view.step >= shown + 3
    same_run(kept(bench, job), fresh(view.step))


def test_commands_that_nobody_obeyed_are_obeyed_once_and_in_order(bench, settled):
    job = stepped(bench, settled, 10)
    for _ in range(2):
        bench.step(job, 4)
        bench.change(job, learning_rate=1e-3)
    bench.jobs.fleet.kill()
    bench.change(job, learning_rate=2e-3)
    bench.jobs.fleet.kill()
    view = settled(bench, job)
    assert [(c.step, c.after) for c in view.changes] == [(10, 2e-3)]  # steps of one `step` replace those of another
    finished(bench, settled, job, advanced(fresh(10).changed(learning_rate=2e-3), 4))


@pytest.mark.parametrize("reported", [False, True])
def test_a_command_whose_report_was_lost_is_obeyed_again_from_where_it_was(bench, settled, reported):
    job = stepped(bench, settled, 10)
    bench.jobs.fleet.links[0].mute = not reported
    bench.step(job, 7)
    turn(bench, 3)
    assert bench.acknowledged(job) == reported
    bench.jobs.fleet.kill()
    finished(bench, settled, job, fresh(17))


@pytest.mark.parametrize("verb", ["change", "reset", "change at 0"])
def test_what_was_done_to_a_run_stays_done(bench, settled, wait, verb):
    if verb == "change at 0":
        job = bench.create(Spec(TINY))
        expected = training.start(TINY, device="cpu").changed(learning_rate=1e-3)
    else:
        job = playing(bench, wait)
        expected = training.start(TINY, device="cpu")
    if verb == "reset":
        bench.pause(job)
        bench.change(job, clip="off")
        settled(bench, job)
        bench.reset(job)
    else:
        bench.change(job, learning_rate=1e-3)
    wait(bench, job, lambda view: bench.acknowledged(job))
    bench.pause(job)
    wait(bench, job, lambda view: bench.acknowledged(job))
    before = bench.latest(job)
    if verb == "change":
        (change,) = before.changes
        expected = training.advance(
            fresh(change.step).changed(learning_rate=1e-3), before.step - change.step, device="cpu"
        )
    for _ in range(2):
        bench.jobs.fleet.kill()
    wait(
        bench, job, lambda view: view.status == "paused" and bench.acknowledged(job) and view.trace is not before.trace
    )
    view = bench.latest(job)
    assert (view.step, view.changes, view.config) == (before.step, before.changes, before.config)
    bench.step(job, 5)
    finished(bench, settled, job, advanced(expected, 5))


def test_breakpoints_count_from_the_step_at_which_they_were_set(bench, settled, wait):
    """A worker that dies after that must not have them fire at an earlier step, when steps are taken again."""
    norms = fresh(60).history.grad_norm
    value = float(np.median(norms[1:8]))
    crossings = [k + 1 for k in range(1, 60) if norms[k - 1] <= value < norms[k]]
    job = playing(bench, wait, steps=crossings[0] + 1)
    bench.arm(job, [Breakpoint("grad_norm_above", value)])
    wait(bench, job, lambda view: view.breakpoints)
    at = bench.latest(job).step
    bench.jobs.fleet.kill()
    expected = next(k for k in crossings if k > at) if crossings[-1] > at else 60
    assert settled(bench, job).step == expected


def test_where_a_job_stands_is_shown_as_before(bench, settled, wait):
    """Paused by a breakpoint, looking back, at a pace of its own; and one that looks back while it plays."""
    norms = fresh(30).history.grad_norm
    job = bench.create(Spec(TINY), "tab", ADA)
    bench.rename(job, "mine", ADA)
    bench.pace(job, 1000.0)
    bench.arm(job, [Breakpoint("grad_norm_above", float(np.sort(norms[1:])[-2]))])
    bench.play(job, until=60)
    settled(bench, job)
    bench.look(job, 3)
    before = wait(bench, job, lambda view: view.past)
    other = playing(bench, wait, steps=20)
    at = bench.latest(other).step
    bench.look(other, at - 1)
    wait(bench, other, lambda view: view.past)
    bench.jobs.fleet.kill()
    after = wait(bench, job, lambda view: view.past and view.past is not before.past)
    for name in (
        "status",
        "step",
        "message",
        "name",
        "until",
        "rate",
        "breakpoints",
        "hits",
        "snapshots",
        "shown_step",
    ):
        assert getattr(after, name) == getattr(before, name), name
    assert "gradient" in after.message and after.hits
    same_trace(after.shown_trace, training.observe(fresh(3), device="cpu"))
    view = wait(bench, other, lambda view: view.past and view.step == 60)
    assert view.shown_step == at - 1 and view.status == "paused"


def test_an_orphan_survives_its_worker_and_plays_on_when_its_visitor_is_back(bench, settled, wait):
    job = playing(bench, wait, visitor="tab")
    bench.orphan(job, "tab")
    bench.jobs.fleet.kill()
    turn(bench, 5)
    at = bench.jobs.records[job].view
    assert at.status == "paused"
    assert bench.attach(job, "tab")
    assert bench.latest(job).status == "playing"
    finished(bench, settled, job, fresh(60), owner="tab")


def test_an_orphan_is_let_go_although_its_worker_died_and_none_waits_for_one(bench, settled, wait):
    job, other = playing(bench, wait, visitor="tab"), playing(bench, wait, visitor="tab")
    bench.orphan_seconds = 1.0
    bench.orphan(job, "tab")
    bench.jobs.fleet.kill()
    assert bench.known(job)
    end = time.monotonic() + 10
    while bench.known(job) and time.monotonic() < end:
        turn(bench)
    assert not bench.known(job) and bench.known(other)
    bench.orphan(other, "tab")
    bench.jobs.fleet.kill(again=False)
    assert not bench.known(other)


def test_a_visitor_who_is_back_just_when_the_worker_lets_go(bench, settled):
    """Its report and their attach cross on the way."""
    job = stepped(bench, settled, 7, visitor="tab")
    bench.step(job, 4)
    settled(bench, job)
    bench.orphan_seconds = 0.0
    bench.orphan(job, "tab")
    link = bench.jobs.fleet.links[0]
    link.mute = True  # still on its way
    turn(bench, 2)
    assert bench.attach(job, "tab")
    link.mute = False
    link.send_bytes(scheduler.pack({"kind": "dropped", "job": job}))
    bench.step(job, 4)
    finished(bench, settled, job, fresh(15), owner="tab")


def test_a_job_that_waits_for_a_worker_says_so_and_loses_nothing(bench, settled, wait):
    job = playing(bench, wait)
    bench.jobs.fleet.kill(again=False)
    view = bench.latest(job)
    assert view.queue == "This run waits for a worker." and view.step >= 5
    bench.play(job, until=70)
    bench.jobs.fleet.grow(1)
    bench.jobs._on_ready(bench.jobs.fleet.links[0])
    finished(bench, settled, job, fresh(70))


def test_what_a_worker_that_was_given_up_still_does_counts_for_nothing(make_engine, settled, wait, monkeypatch):
    """One that was cut off rather than killed trains on, and may even be heard again."""
    monkeypatch.setattr(inline, "SLICE", 0.0)
    engine = make_engine(partial(MortalFleet, size=2))
    jobs = [stepped(engine, settled, 30, TINY.with_(seed=seed)) for seed in range(3)]
    record, old = engine.jobs.records[jobs[2]], engine.jobs.records[jobs[0]].link
    engine.play(jobs[0])
    engine.play(jobs[2], until=40)
    assert record.leaving is old
    engine.jobs.fleet.kill(old)
    engine.change(jobs[2], learning_rate=1e-3)
    expected = advanced(fresh(30, TINY.with_(seed=2)).changed(learning_rate=1e-3), 10)
    finished(engine, settled, jobs[2], expected)
    for _ in range(20):
        old.turn()  # gives back what it was asked for, shows and saves the other
    assert record.link is not old and record.link is not None
    shown = engine.jobs.records[jobs[0]].view
    old.send(scheduler.pack({"verb": "pause", "job": jobs[0]}))
    old.turn()
    assert engine.jobs.records[jobs[0]].view is shown
    assert engine.keeper.load(jobs[0])[0].step == 30
    finished(engine, settled, jobs[2], expected)


# -- forks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("killed_after", [0, 1, 20])
@pytest.mark.parametrize("step", [None, 37])
def test_a_fork_arrives_however_often_its_worker_dies_on_the_way(bench, settled, step, killed_after):
    job = stepped(bench, settled, 50)
    child = bench.fork(job, step, {"learning_rate": 1e-4})
    assert bench.fork(child, None, {}) is None  # it is not yet anything to fork from
    for _ in range(2):
        turn(bench, killed_after)
        bench.jobs.fleet.kill()
    settled(bench, child)
    bench.step(child, 3)
    start = fresh(50 if step is None else step)
    view = finished(bench, settled, child, advanced(start.changed(learning_rate=1e-4), 3))
    assert (view.parent, view.parent_step) == (job, start.step)
    finished(bench, settled, job, fresh(50))


def test_what_is_asked_of_a_fork_on_its_way_is_done_when_it_is_there(bench, settled):
    job = stepped(bench, settled, 40)
    child = bench.fork(job, 30, {"learning_rate": 1e-4}, visitor="tab")
    turn(bench, 3)
    assert bench.jobs.records[child].view.status == "starting"
    bench.change(child, clip="off")
    bench.step(child, 4)
    assert bench.latest(child).status == "playing"
    bench.orphan(child, "tab")
    turn(bench, 100)
    bench.attach(child, "tab")
    expected = fresh(30).changed(learning_rate=1e-4).changed(clip="off")
    finished(bench, settled, child, advanced(expected, 4), owner="tab")


def test_a_fork_of_steps_that_were_never_saved(bench, settled, wait):
    job = playing(bench, wait, steps=20)
    child = bench.fork(job, 12, {"momentum": 0.5, "optimiser": "sgd"})
    finished(bench, settled, child, fresh(12).changed(momentum=0.5, optimiser="sgd"))
    finished(bench, settled, job, fresh(60))


def test_a_fork_of_a_run_that_is_not_kept_is_computed_from_its_start(bench, settled):
    """Such a run hands over no snapshots. Nor can it look back at once, after its worker has died."""
    job = bench.create(Spec(TINY), keep=False)
    bench.step(job, 30)
    settled(bench, job)
    child = bench.fork(job, 11, {"learning_rate": 1e-4})
    finished(bench, settled, child, fresh(11).changed(learning_rate=1e-4))
    bench.jobs.fleet.kill()
    bench.look(job, 20)
    view = settled(bench, job)
    while view.past is None:
        view = bench.latest(job)
    same_trace(view.past.trace, training.observe(fresh(20), device="cpu"))
    bench.step(job, 5)
    settled(bench, job)
    run = kept(bench, job)
    assert run.snapshots == ()
    same_run(run, fresh(35))


@pytest.mark.parametrize(("asked", "given"), [(-5, 0), (10**9, 20)])
def test_a_fork_begins_at_a_step_that_the_run_has(bench, settled, asked, given):
    job = stepped(bench, settled, 20)
    child = bench.fork(job, asked, {"learning_rate": 1e-4})
    view = finished(bench, settled, child, fresh(given).changed(learning_rate=1e-4))
    assert view.parent_step == given


# -- who is to blame -------------------------------------------------------------------------------------------------


def test_a_run_that_brings_down_every_worker_fails_alone(bench, settled, wait, monkeypatch):
    """It has its turn first, and the others never get far enough to be saved."""
    killer, *others = [bench.create(Spec(TINY.with_(seed=seed))) for seed in (1, 2, 3)]
    idle = stepped(bench, settled, 3, TINY.with_(seed=4))
    for job in others:
        bench.play(job, until=40)
    bench.play(killer)
    deaths = 0
    original = scheduler.Scheduler._slice

    def deadly(self, entry):
        if entry.job.name != killer:
            return original(self, entry)
        self._announce(entry.job.name)  # as far as it gets
        raise Killed

    class Killed(BaseException):
        pass

    monkeypatch.setattr(scheduler.Scheduler, "_slice", deadly)
    while bench.jobs.records[killer].view.status != "failed":
        try:
            turn(bench)
        except Killed:
            deaths += 1
            bench.jobs.fleet.kill()
            assert deaths <= 3
    view = bench.latest(killer)
    assert deaths == 3
    assert "3 times at the same place" in view.message and "Play tries again" in view.message and view.queue == ""
    for seed, job in zip((2, 3), others, strict=True):
        finished(bench, settled, job, fresh(40, TINY.with_(seed=seed)))
    assert bench.latest(idle).status == "paused" and bench.jobs.records[idle].losses == 0
    monkeypatch.setattr(scheduler.Scheduler, "_slice", original)
    bench.play(killer, until=20)
    finished(bench, settled, killer, fresh(20, TINY.with_(seed=1)))


def test_three_deaths_at_one_place_are_too_many_but_not_three_in_all(bench, settled, wait):
    job = playing(bench, wait)
    for _ in range(2):
        bench.jobs.fleet.kill()
    finished(bench, settled, job, fresh(60))
    bench.play(job)
    wait(bench, job, lambda view: view.step > 65)
    for _ in range(2):
        bench.jobs.fleet.kill()
        assert bench.latest(job).status == "playing"
    bench.jobs.fleet.kill()
    assert bench.latest(job).status == "failed"
    bench.reset(job)
    bench.step(job, 2)
    finished(bench, settled, job, fresh(2))


def test_a_failed_run_goes_on_from_its_last_save(bench, settled):
    job = stepped(bench, settled, 30)
    bench.play(job)
    for _ in range(3):
        bench.jobs.fleet.kill()
    assert bench.latest(job).status == "failed"
    bench.pause(job)
    assert bench.latest(job).status == "failed"
    bench.step(job, 5)
    assert bench.jobs.records[job].view.status == "starting"
    bench.jobs.fleet.kill()  # what was before does not count
    finished(bench, settled, job, fresh(35))


# -- the store -------------------------------------------------------------------------------------------------------


def test_a_run_whose_last_save_has_gone_fails_in_words_instead_of_beginning_again(bench, settled, monkeypatch):
    gone, damaged = stepped(bench, settled, 30), stepped(bench, settled, 30, TINY.with_(seed=9))
    assert bench.keeper.flush(10)
    bench.keeper.store.delete(gone)
    real = bench.keeper.store.load

    def load(run):
        if run == damaged:
            raise StoreError("The disk is on fire.")
        return real(run)

    monkeypatch.setattr(bench.keeper.store, "load", load)
    with pytest.raises(StoreError, match="no longer in the store"):
        bench.fork(gone, 3, {})
    bench.jobs.fleet.kill()
    for job, words in ((gone, "no longer in the store"), (damaged, "on fire")):
        view = bench.latest(job)
        assert view.status == "failed" and words in view.message and "Reset" in view.message
    bench.play(gone)
    assert "no longer in the store" in bench.latest(gone).message
    for job, seed in ((gone, 3), (damaged, 9)):
        bench.reset(job)
        bench.step(job, 2)
        finished(bench, settled, job, fresh(2, TINY.with_(seed=seed)))
        break
    monkeypatch.setattr(bench.keeper.store, "load", real)
    bench.play(damaged, until=40)
    finished(bench, settled, damaged, fresh(40, TINY.with_(seed=9)))


def test_a_store_that_lost_parts_gets_the_whole_run_also_of_one_that_is_paused(bench, settled, tmp_path, make_engine):
    engine = make_engine(MortalFleet, store=tmp_path)
    job = stepped(engine, settled, 250, owner=ADA)
    assert engine.keeper.flush(10)
    engine.keeper.store.delete(job)
    engine.step(job, 1)
    settled(engine, job)  # the last save of a run that stays paused from here on
    end = time.monotonic() + 10
    while engine.keeper.saved_step(job) < 251 and time.monotonic() < end:
        turn(engine)
    assert engine.latest(job).trouble == ""
    same_run(Run.from_parts(Store(str(tmp_path)).load(job)[1]), fresh(251))


# -- comings and goings ----------------------------------------------------------------------------------------------


def test_a_run_that_is_opened_while_it_goes_loses_nothing(bench, settled, wait):
    job = playing(bench, wait, visitor="tab", owner=ADA)
    bench.drop(job, "tab")
    shown = bench.jobs.records[job].view.step
    assert not bench.known(job)
    assert bench.open(job, "new tab", ADA) == job
    view = settled(bench, job)
    wait(bench, job, lambda view: bench.acknowledged(job))
    assert bench.latest(job).status == "paused" and view.step >= shown
    same_run(kept(bench, job, ADA), fresh(bench.latest(job).step))
    bench.play(job, until=60)
    finished(bench, settled, job, fresh(60), ADA)


def test_two_tabs_that_open_one_link_at_the_same_time_share_one_job(make_engine, settled, tmp_path, monkeypatch):
    first = make_engine(MortalFleet, store=tmp_path)
    job = stepped(first, settled, 20, visitor="tab", owner=ADA)
    first.close()
    second = make_engine(MortalFleet, store=tmp_path)
    real, both, waited = second.keeper.load, threading.Barrier(2), set()

    def load(run):
        found, name = real(run), threading.current_thread().name
        if name in names and name not in waited:
            waited.add(name)
            both.wait(10)
        return found

    names = ("tab 1", "tab 2")
    monkeypatch.setattr(second.keeper, "load", load)
    tabs = [threading.Thread(target=second.open, args=(job, name, ADA), name=name) for name in names]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(10)
    monkeypatch.setattr(second.keeper, "load", real)
    assert second.jobs.records[job].holders == set(names)
    second.play(job, until=40)
    second.orphan(job, "tab 1")
    second.drop(job, "tab 1")
    finished(second, settled, job, fresh(40), ADA)


@pytest.mark.parametrize("dropped", [False, True])
def test_closing_waits_for_what_workers_have_to_hand_over(make_engine, wait, tmp_path, monkeypatch, dropped):
    monkeypatch.setattr(inline, "SLICE", 0.0)
    engine = make_engine(MortalFleet, store=tmp_path)
    job = playing(engine, wait, visitor="tab", owner=ADA)
    shown = engine.jobs.records[job].view.step
    if dropped:
        engine.drop(job, "tab")  # its worker was asked, and has not answered
    engine.close()
    about, parts = Store(str(tmp_path)).load(job)
    assert about.step >= shown
    same_run(Run.from_parts(parts), fresh(about.step))


def test_a_job_moves_to_the_worker_that_has_less_to_do_and_takes_everything_along(make_engine, settled, wait):
    engine = make_engine(partial(MortalFleet, size=2))
    jobs = [stepped(engine, settled, 30, TINY.with_(seed=seed)) for seed in range(4)]
    records = [engine.jobs.records[job] for job in jobs]
    assert records[0].link is records[2].link is not records[1].link
    engine.arm(jobs[2], [Breakpoint("grad_norm_above", 1e6)])
    engine.pace(jobs[2], 500.0)
    engine.look(jobs[2], 5)
    wait(engine, jobs[2], lambda view: view.past)
    engine.play(jobs[0])
    wait(engine, jobs[0], lambda view: view.step > 30)
    engine.play(jobs[2], until=90)
    assert records[2].link is None and records[2].leaving is records[0].link
    view = wait(engine, jobs[2], lambda view: view.step > 30)
    assert records[2].link is records[1].link
    assert (view.rate, view.breakpoints, view.shown_step) == (500.0, (Breakpoint("grad_norm_above", 1e6),), 5)
    engine.look(jobs[2], None)
    finished(engine, settled, jobs[2], fresh(90, TINY.with_(seed=2)))
    engine.play(jobs[1])
    wait(engine, jobs[1], lambda view: view.step > 30)
    where = records[3].link
    engine.play(jobs[0])
    assert records[0].leaving is None  # one that plays is left where it is
    engine.play(jobs[3], until=31)
    assert records[3].link is where  # as much is done at the other: it stays
    finished(engine, settled, jobs[3], fresh(31, TINY.with_(seed=3)))


def test_who_takes_turns_with_whom_is_said(make_engine, settled, wait):
    engine = make_engine(partial(MortalFleet, size=2))
    jobs = [stepped(engine, settled, 5, TINY.with_(seed=seed)) for seed in range(4)]
    assert [engine.latest(job).queue for job in jobs] == [""] * 4
    for job in jobs[:3]:
        engine.play(job)
        wait(engine, job, lambda view: view.step > 5)
    together = "3 runs train on 2 workers and take turns: this one is 1 of 2."
    assert sorted(engine.latest(job).queue for job in jobs) == ["", "", together, together]
    assert engine.latest(jobs[3]).queue == ""


def test_what_a_job_is_told_just_before_it_moves_is_done_once(make_engine, settled, wait, monkeypatch):
    """By the worker that it leaves, or by the next one: whichever comes to it."""
    monkeypatch.setattr(inline, "SLICE", 0.0)
    for turns in range(3):
        engine = make_engine(partial(MortalFleet, size=2))
        jobs = [stepped(engine, settled, 30, TINY.with_(seed=seed)) for seed in range(3)]
        records = [engine.jobs.records[job] for job in jobs]
        engine.play(jobs[0])
        wait(engine, jobs[0], lambda view: view.step > 30)
        old = records[2].link
        engine.look(jobs[2], 4)  # as the button does: look at the present again, then play
        engine.change(jobs[2], learning_rate=1e-3)
        engine.step(jobs[2], 7)
        assert records[2].leaving is old
        turn(engine, turns)
        engine.look(jobs[2], None)
        expected = advanced(fresh(30, TINY.with_(seed=2)).changed(learning_rate=1e-3), 7)
        view = finished(engine, settled, jobs[2], expected)
        assert records[2].link is not old and len(view.changes) == 1


def test_play_tries_again_where_a_run_failed_in_its_worker(make_engine, settled, monkeypatch):
    bench = make_engine(partial(MortalFleet, size=2))
    job = stepped(bench, settled, 30)
    real = training.advance

    def full(*args, **kwargs):
        raise MemoryError("no room")

    monkeypatch.setattr(training, "advance", full)
    bench.play(job)
    view = settled(bench, job)
    assert view.status == "failed" and "MemoryError" in view.message
    monkeypatch.setattr(training, "advance", real)
    stepped(bench, settled, 5, TINY.with_(seed=4))  # at the worker that has least
    bench.play(job, until=40)
    finished(bench, settled, job, fresh(40))
    held = [name for link in bench.jobs.fleet.links if link._scheduler for name in link._scheduler._entries]
    assert sorted(held) == sorted(bench.jobs.records)  # each at one worker alone


@pytest.mark.parametrize("dies", ["old", "new", "both"])
def test_a_worker_that_dies_while_a_job_moves(make_engine, settled, wait, dies):
    engine = make_engine(partial(MortalFleet, size=2))
    jobs = [stepped(engine, settled, 30, TINY.with_(seed=seed)) for seed in range(3)]
    records = [engine.jobs.records[job] for job in jobs]
    engine.play(jobs[0], until=300)
    wait(engine, jobs[0], lambda view: view.step > 30)
    engine.play(jobs[2], until=50)
    old, new = records[0].link, records[1].link
    engine.jobs._on_ready(new)  # a worker that comes does not get what another still has to hand over
    placed()
    assert records[2].leaving is old
    if dies in ("old", "both"):
        engine.jobs.fleet.kill(old)
    if dies in ("new", "both"):
        turn(engine)
        engine.jobs.fleet.kill(new)
    finished(engine, settled, jobs[2], fresh(50, TINY.with_(seed=2)))
    finished(engine, settled, jobs[1], fresh(30, TINY.with_(seed=1)))
    finished(engine, settled, jobs[0], fresh(300, TINY.with_(seed=0)))


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0, -1.0, float("nan"), float("inf")])
def test_a_pace_that_is_none_is_refused(bench, rate):
    with pytest.raises(ConfigError, match="steps a second; expected a number above 0"):
        bench.pace(bench.create(Spec(TINY)), rate)


def test_a_file_whose_run_has_grown_on_the_way_is_refused(bench, monkeypatch):
    content = fresh(3).changed(batch_size=512).to_bytes()
    monkeypatch.setattr(bench, "limits", Limits(max_states=5000))
    with pytest.raises(LimitError, match="One batch"):
        bench.open_file(content, "tab", ADA)
    monkeypatch.setattr(bench, "limits", Limits(max_runs=1))
    bench.create(Spec(TINY), "tab", ADA)
    with pytest.raises(LimitError, match="1 runs"):
        bench.open_file(content, "tab", ADA)
    assert bench.runs(ADA) == []  # what was refused leaves nothing in the store
