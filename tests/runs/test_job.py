"""What a job measures and remembers, with nothing between it and the test."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from runs_oracle import fresh, same_run, same_trace

from rnnviz import training
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.run import Run
from rnnviz.runs import Spec
from rnnviz.runs.job import Job
from rnnviz.trainer import Trainer

TINY = ExperimentConfig(length=4, batch_size=2, hidden_size=3)


def test_speed_is_that_of_the_optimiser_steps_alone(monkeypatch):
    """Steps of 2 ms between checks of 20 ms: 500 a second at most, and far more than 45."""
    noise, look = Trainer._noise, Trainer.look
    monkeypatch.setattr(Trainer, "_noise", lambda self, step: time.sleep(0.002) or noise(self, step))
    monkeypatch.setattr(Trainer, "look", lambda self: time.sleep(0.02) or look(self))
    job = Job("j", Spec(TINY), max_steps=100)
    job.step(10)
    job.slice(60.0)
    view = job.view()
    assert view.step == 10
    assert 60 < view.steps_per_second < 500


def test_before_the_first_step_there_is_no_speed():
    job = Job("j", Spec(TINY), max_steps=100)
    for _ in range(2):
        assert job.view().steps_per_second == 0
        job.step(3)
        job.slice(60.0)
        assert job.view().steps_per_second > 0
        job.reset()


def test_time_in_steps_belongs_to_the_model_behind_the_run():
    run = training.start(TINY, device="cpu")
    assert training.seconds_stepping(run) == 0
    later = training.advance(run, steps=5, device="cpu")
    first = training.seconds_stepping(later)
    assert first > 0 and training.seconds_stepping(run) == 0
    assert training.seconds_stepping(training.advance(later, steps=5, device="cpu")) > first
    assert training.seconds_stepping(type(run).from_bytes(later.to_bytes())) == 0


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), ConfigError("a sentence.")])
def test_an_error_ends_this_job_alone_and_all_that_it_was_at(monkeypatch, error):
    """In a step, on the way to an earlier one, or while a fork begins: it asks for no more slices."""

    def broken(*args, **kwargs):
        raise error

    words = "a sentence." if isinstance(error, ConfigError) else "unexpected error: RuntimeError: out of memory"
    for begin in (lambda job: job.play(), lambda job: job.look(3), lambda job: job.arrive(3, {})):
        job = Job("j", Spec(TINY), max_steps=100)
        job.step(10)
        job.slice(60.0)
        begin(job)
        assert job.working
        with monkeypatch.context() as patch:
            patch.setattr(training, "advance", broken)
            job.slice(60.0)
        assert job.status == "failed" and words in job.message
        assert not job.working and not job.has_to_arrive


def test_time_inside_time_is_counted_once():
    job = Job("j", Spec(TINY), max_steps=100)
    begin, before = time.perf_counter(), job.busy
    with job.alone():
        time.sleep(0.05)
        with job.alone():
            time.sleep(0.05)
        time.sleep(0.05)
    assert 0.15 <= job.busy - before <= time.perf_counter() - begin


def test_without_snapshots_an_earlier_step_is_recomputed_from_the_start():
    """So it is with a run that is not kept, once it was taken up again."""
    run = training.advance(training.start(TINY, device="cpu"), 5, device="cpu").changed(learning_rate=0.1)
    run = replace(training.advance(run, 5, device="cpu"), snapshots=())
    job = Job("j", Spec(TINY), 100, Run.from_bytes(run.to_bytes()))
    job.look(7)
    job.slice(60.0)
    assert job.view().past.step == 7
    same_trace(job.view().past.trace, training.observe(training.towards(run_at(5), run, 7, device="cpu"), device="cpu"))
    job.arrive(3, {})
    job.slice(60.0)
    assert job.status == "paused"
    same_run(job.run, run_at(3))


def run_at(step: int) -> Run:
    return fresh(step, TINY)


def test_a_life_that_is_taken_up_again_takes_the_steps_again_that_were_shown():
    whole = training.advance(training.start(TINY, device="cpu"), 5, device="cpu")
    first = Job("j", Spec(TINY), 100, whole)
    first.arm([("grad_norm_above", 1e9)])
    first.pace(1000.0)
    first.play(until=50)
    for _ in range(4):
        first.slice(0.0)
    state = first.state
    assert state["step"] == 9 and state["playing"]
    second = Job("j", Spec(TINY), 100, whole)
    second.take_up(state)
    assert second.playing and second.has_to_arrive and (second.rate, second.until) == (1000.0, 50)
    assert second.breakpoints == first.breakpoints
    second.slice(0.0)
    assert second.state["step"] == 9  # a third life would not stop short of it either
    for _ in range(3):
        assert second.has_to_arrive
        second.slice(0.0)
    assert second.run.step == 9 and not second.has_to_arrive
    second.reset()
    assert second.state["step"] == 0


def test_a_paused_life_keeps_its_message_and_what_it_was_suspended_from():
    whole = training.advance(training.start(TINY, device="cpu"), 5, device="cpu")
    first = Job("j", Spec(TINY), 5, whole)
    first.play()
    assert "5 steps" in first.message
    second = Job("j", Spec(TINY), 5, whole)
    second.take_up(first.state)
    assert (second.status, second.message) == ("paused", first.message)
    first = Job("j", Spec(TINY), 100, whole)
    first.play(until=20)
    first.suspend()
    second = Job("j", Spec(TINY), 100, whole)
    second.take_up(first.state)
    assert second.status == "paused"
    second.resume()
    assert second.status == "playing" and second.until == 20


def test_a_save_that_was_lost_is_made_up_for():
    """The state says step 9, the run that was kept is at 5: it goes there, and is paused again."""
    whole = training.advance(training.start(TINY, device="cpu"), 5, device="cpu")
    job = Job("j", Spec(TINY), 100, whole)
    job.take_up({**job.state, "step": 9})
    while job.has_to_arrive:
        job.slice(0.0)
    assert (job.status, job.run.step) == ("paused", 9)
