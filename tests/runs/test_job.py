"""What a job measures and remembers, with nothing between it and the test."""

from __future__ import annotations

import time

from rnnviz import training
from rnnviz.config import ExperimentConfig
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
