"""Looking back, forking, changing settings, pacing and breakpoints, on every engine, against `advance` called here."""

from __future__ import annotations

import time

import numpy as np
import pytest
from runs_oracle import TINY, fresh, kept, same_run, same_trace, stepped

from rnnviz import training
from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ConfigError
from rnnviz.runs import LimitError, Limits, Spec


@pytest.mark.parametrize("step", [0, 100, 137, 249])
def test_what_is_shown_of_an_earlier_step_equals_a_fresh_run_stopped_there(engine, settled, wait, step):
    job = stepped(engine, settled, 250)
    engine.look(job, step)
    view = wait(engine, job, lambda view: view.past is not None)
    assert (view.step, view.shown_step, view.seeking) == (250, step, None)
    expected = fresh(step)
    same_trace(view.shown_trace, training.observe(expected, device="cpu"))
    for name, rows in vars(expected.history.until(step)).items():
        np.testing.assert_array_equal(getattr(view.history.until(step), name), rows, err_msg=name)
    engine.look(job, None)
    view = wait(engine, job, lambda view: view.past is None)
    assert view.shown_trace.step == 250


def test_step_0_can_be_shown_beside_what_is_looked_at(engine, settled, wait):
    start = training.observe(fresh(0), device="cpu")
    job = stepped(engine, settled, 130)
    engine.look(job, 50)
    engine.untrained(job)
    view = wait(engine, job, lambda view: view.untrained is not None and view.past is not None)
    same_trace(view.untrained, start)
    assert (view.step, view.trace.step, view.shown_step, view.untrained.step) == (130, 130, 50, 0)
    engine.step(job, 5)
    settled(engine, job)
    same_run(kept(engine, job), fresh(135))  # the run never noticed
    assert engine.latest(job).untrained is view.untrained  # computed and sent once
    child = engine.fork(job, 100, {"learning_rate": 1e-4})
    engine.untrained(child)
    same_trace(wait(engine, child, lambda view: view.untrained is not None).untrained, start)


def test_one_can_look_back_while_training_goes_on(engine, wait, settled):
    job = stepped(engine, settled, 120)
    engine.play(job)
    engine.look(job, 50)
    view = wait(engine, job, lambda view: view.past is not None and view.step > 130)
    assert (view.status, view.shown_step) == ("playing", 50)
    same_trace(view.shown_trace, training.observe(fresh(50), device="cpu"))
    engine.pause(job)


def test_a_change_on_the_way_counts_from_there_and_is_marked(engine, settled):
    job = stepped(engine, settled, 30)
    engine.change(job, learning_rate=1e-3, clip="off", batch_size=8)
    engine.step(job, 20)
    view = settled(engine, job)
    expected = training.advance(fresh(30).changed(learning_rate=1e-3, clip="off", batch_size=8), 20, device="cpu")
    assert {(c.step, c.field, c.before, c.after) for c in view.changes} == {
        (30, "learning_rate", 5e-3, 1e-3),
        (30, "clip", "norm", "off"),
        (30, "batch_size", 4, 8),
    }
    assert view.config == expected.config
    same_run(kept(engine, job), expected)
    engine.look(job, 45)
    settled(engine, job)
    engine.reset(job)
    engine.step(job, 5)
    assert settled(engine, job).changes == ()
    same_run(kept(engine, job), fresh(5))


def test_a_change_that_cannot_be_leaves_the_run_alone(engine, settled, wait, monkeypatch):
    job = stepped(engine, settled, 5)
    with pytest.raises(ConfigError, match="learning_rate"):
        engine.change(job, learning_rate=-1.0)
    monkeypatch.setattr(engine, "limits", Limits(max_states=5000))
    with pytest.raises(LimitError, match="One batch"):
        engine.change(job, batch_size=512)
    engine.change(job, hidden_size=8)
    view = wait(engine, job, lambda view: view.message)
    assert "hidden_size" in view.message and view.status == "paused" and view.step == 5
    engine.change(job, loss="cross_entropy")
    view = wait(engine, job, lambda view: "cross_entropy" in view.message)
    engine.step(job, 5)
    settled(engine, job)
    same_run(kept(engine, job), fresh(10))


@pytest.mark.parametrize("step", [100, 130, None])
def test_a_fork_is_its_parent_up_to_there_and_then_its_own(engine, settled, step):
    job = stepped(engine, settled, 150)
    child = engine.fork(job, step, {"learning_rate": 1e-4})
    at = 150 if step is None else step
    view = settled(engine, child)
    assert (view.step, view.parent, view.parent_step, view.status) == (at, job, at, "paused")
    engine.step(child, 20)
    settled(engine, child)
    expected = training.advance(fresh(at).changed(learning_rate=1e-4), 20, device="cpu")
    same_run(kept(engine, child), expected)
    engine.step(job, 20)
    settled(engine, job)
    same_run(kept(engine, job), fresh(170))  # the parent never noticed


def test_there_is_nothing_to_fork_at_step_0_or_of_an_unknown_job(engine, settled):
    job = engine.create(Spec(TINY))
    settled(engine, job)
    assert engine.fork(job, None, {}) is None
    assert engine.fork("no such job", None, {}) is None


def test_a_breakpoint_pauses_and_says_why(engine, settled):
    run = fresh(200)
    norms = run.history.grad_norm
    value = float(np.sort(norms[1:])[-3] * 0.999)
    first = next(k for k in range(1, 200) if norms[k - 1] <= value < norms[k]) + 1
    job = engine.create(Spec(TINY))
    engine.arm(job, [Breakpoint("grad_norm_above", value)])
    engine.play(job)
    view = settled(engine, job)
    assert (view.status, view.step) == ("paused", first)
    assert f"{first}" in view.message and view.hits[-1].step == first
    engine.arm(job, [])
    engine.play(job, until=200)
    assert settled(engine, job).step == 200


def test_a_paced_job_keeps_its_rate_and_others_do_not_wait(engine, settled, wait):
    slow, fast = engine.create(Spec(TINY)), engine.create(Spec(TINY.with_(seed=4)))
    settled(engine, slow)
    settled(engine, fast)
    engine.pace(slow, 5.0)
    engine.play(slow)
    engine.play(fast)
    begin, end = time.monotonic(), time.monotonic() + 2.0
    while time.monotonic() < end:
        time.sleep(0.02)
        views = [engine.latest(slow), engine.latest(fast)]
    took = time.monotonic() - begin
    assert 0.7 * 5 * took <= views[0].step <= 5 * took + 2
    assert views[1].step > 3 * views[0].step
    engine.pace(slow, None)
    at = engine.latest(slow).step
    wait(engine, slow, lambda view: view.step > at + 100)
    engine.pause(slow)
    engine.pause(fast)
