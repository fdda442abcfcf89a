"""Every verb, on every engine. What a job computes is compared with `advance` called here."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from rnnviz import training
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Column, Dataset
from rnnviz.runs import ENGINES, LimitError, Limits, Spec, get_engine
from rnnviz.runs.view import STATUSES

TINY = ExperimentConfig(length=8, batch_size=4, hidden_size=6, seed=3)


def same_numbers(view, run):
    """Weights (in the trace), history and states equal those of a run advanced in this process, bit for bit."""
    trace = training.observe(run, device="cpu")
    assert view.step == view.trace.step == run.step
    for name, array in vars(run.history).items():
        np.testing.assert_array_equal(getattr(view.history, name), array, err_msg=name)
    for field in ("weights", "states", "gates", "state_grads"):
        given, expected = getattr(view.trace, field), getattr(trace, field)
        assert list(given) == list(expected), field
        for name in expected:
            np.testing.assert_array_equal(given[name], expected[name], err_msg=f"{field} {name}")
    assert view.trace.loss == trace.loss


def test_create_shows_step_0_at_once(engine, settled):
    view = settled(engine, engine.create(Spec(TINY)))
    assert (view.status, view.step, view.message) == ("paused", 0, "")
    assert view.parameters == 4 * 6 * (2 + 6 + 2) + 6 + 1  # an LSTM on 2 inputs, and one output
    assert math.isnan(view.seconds_per_step)
    same_numbers(view, training.start(TINY, device="cpu"))


def test_play_until_equals_one_advance(engine, settled):
    job = engine.create(Spec(TINY))
    engine.play(job, until=75)
    view = settled(engine, job)
    assert (view.status, view.step) == ("paused", 75)
    same_numbers(view, training.advance(training.start(TINY, device="cpu"), steps=75, device="cpu"))
    assert view.seconds_per_step == pytest.approx(1 / view.steps_per_second)
    assert 0 < view.seconds_per_step < 1


def test_play_until_a_step_already_taken_stays_paused(engine, settled):
    job = engine.create(Spec(TINY))
    engine.step(job, 5)
    settled(engine, job)
    engine.play(job, until=3)
    view = settled(engine, job)
    assert (view.status, view.step) == ("paused", 5)


def test_pause_stops_and_shows_the_last_step(engine, settled, wait):
    job = engine.create(Spec(TINY))
    engine.play(job)
    wait(engine, job, lambda view: view.step > 0)
    assert engine.latest(job).status == "playing"
    engine.pause(job)
    assert engine.latest(job).status == "paused"  # what was clicked, before the worker has answered
    time.sleep(0.5)
    first = engine.latest(job)
    time.sleep(0.3)
    second = engine.latest(job)
    assert first.step == second.step == second.trace.step == len(second.history.loss)
    assert first.revision == second.revision
    engine.play(job)
    assert engine.latest(job).status == "playing"
    wait(engine, job, lambda view: view.step > second.step)
    engine.pause(job)


def test_step_takes_exactly_that_many(engine, settled):
    job = engine.create(Spec(TINY))
    engine.step(job)
    assert settled(engine, job).step == 1
    engine.step(job, 30)
    view = settled(engine, job)
    same_numbers(view, training.advance(training.start(TINY, device="cpu"), steps=31, device="cpu"))


def test_reset_goes_back_to_the_same_beginning(engine, settled, wait):
    job = engine.create(Spec(TINY))
    engine.play(job)
    wait(engine, job, lambda view: view.step > 0)
    engine.reset(job)
    view = wait(engine, job, lambda view: view.step == 0)
    assert view.status == "paused"
    same_numbers(view, training.start(TINY, device="cpu"))
    engine.step(job, 10)
    same_numbers(settled(engine, job), training.advance(training.start(TINY, device="cpu"), 10, device="cpu"))


def test_revision_grows_with_every_change_and_only_then(engine, settled):
    job = engine.create(Spec(TINY))
    revisions = [settled(engine, job).revision]
    assert engine.latest(job).revision == revisions[0] > 0
    for _ in range(3):
        engine.step(job)
        revisions.append(settled(engine, job).revision)
    assert revisions == sorted(set(revisions))


def test_jobs_do_not_touch_each_other(engine, settled):
    other = TINY.with_(seed=4, cell="gru")
    jobs = [engine.create(Spec(config)) for config in (TINY, other, TINY)]
    assert len(set(jobs)) == 3
    for job in jobs:
        assert len(job) >= 20  # 16 random bytes
        engine.play(job, until=40)
    views = [settled(engine, job) for job in jobs]
    same_numbers(views[0], training.advance(training.start(TINY, device="cpu"), 40, device="cpu"))
    same_numbers(views[1], training.advance(training.start(other, device="cpu"), 40, device="cpu"))
    np.testing.assert_array_equal(views[0].history.loss, views[2].history.loss)
    assert [view.job for view in views] == jobs


@pytest.mark.parametrize("data", ["table", "text"])
def test_uploaded_data_arrives_as_it_was(engine, settled, data):
    rng = np.random.default_rng(0)
    if data == "table":
        dataset = Dataset.of_numbers(
            "größe.csv", ("Größe", "b"), rng.normal(size=(200, 2)), notes=("Two gaps were filled.",)
        )
        config = TINY.with_(task="uploaded", columns=(0, 1), targets=(1,), data=dataset.fingerprint)
    else:
        dataset = Dataset.of_text("text.txt", "".join(rng.choice(list("aé€𝄞 \n"), 400)))
        config = TINY.with_(task="uploaded", data=dataset.fingerprint)
    job = engine.create(Spec(config, dataset))
    engine.step(job, 3)
    view = settled(engine, job)
    assert view.message == ""
    same_numbers(view, training.advance(training.start(config, dataset, device="cpu"), 3, device="cpu"))


def test_a_diverging_run_is_explained(engine, settled, wait):
    wild = TINY.with_(optimiser="sgd", learning_rate=1e6, clip="off")
    job = engine.create(Spec(wild))
    engine.play(job)
    view = settled(engine, job)
    run = training.advance(training.start(wild, device="cpu"), steps=1000, device="cpu")
    assert view.status == "diverged"
    assert (view.step, run.diverged is not None) == (run.step, True)
    for words in (f"at step {run.diverged.step}", run.diverged.what, "smaller learning rate", "clip the gradient"):
        assert words in view.message
    engine.play(job)  # nothing to go on with
    time.sleep(0.2)
    assert engine.latest(job).status == "diverged"
    engine.reset(job)
    view = wait(engine, job, lambda view: view.step == 0)
    assert (view.status, view.message) == ("paused", "")


@pytest.mark.parametrize("field", ["task", "cell", "init", "optimiser"])
def test_an_unknown_name_fails_in_a_sentence(engine, settled, field):
    job = engine.create(Spec(TINY.with_(**{field: "nonesuch"})))
    engine.play(job)
    view = settled(engine, job)
    assert view.status == "failed"
    assert "'nonesuch'" in view.message and "Valid names:" in view.message


def test_data_that_cannot_be_end_one_job_alone(engine, settled):
    broken = Dataset("broken", (Column("a", "number", np.full(50, np.inf)),), np.array([0, 50]))
    good = engine.create(Spec(TINY))
    bad = engine.create(Spec(TINY.with_(task="uploaded", columns=(0,)), broken))
    view = settled(engine, bad)
    assert view.status == "failed" and "a column holds infinity" in view.message
    engine.step(good, 2)
    assert settled(engine, good).step == 2


def test_a_forgotten_or_unknown_job_is_ignored(engine):
    for verb in (engine.play, engine.pause, engine.step, engine.reset, engine.orphan, engine.drop):
        verb("no such job")
    assert engine.latest("no such job") is None
    assert engine.attach("no such job") is False


def test_an_orphan_pauses_and_is_forgotten(engine, wait):
    job = engine.create(Spec(TINY))
    engine.play(job)
    wait(engine, job, lambda view: view.step > 0)
    engine.orphan(job)
    assert engine.latest(job).status == "paused"
    end = time.monotonic() + 10
    while engine.latest(job) is not None:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert engine.attach(job) is False


def test_an_orphan_that_is_attached_stays_and_can_go_on(engine, wait, settled):
    job = engine.create(Spec(TINY))
    settled(engine, job)
    engine.orphan(job)
    assert engine.attach(job) is True
    time.sleep(1.5)  # the fixture forgets after 1 s
    assert engine.latest(job).status == "paused"
    engine.step(job)
    assert settled(engine, job).step == 1


def test_an_orphan_that_was_playing_plays_on_when_attached(engine, settled, wait):
    job = engine.create(Spec(TINY))
    engine.play(job, until=400)
    wait(engine, job, lambda view: view.step > 0)
    for _ in range(2):  # a second sign of leaving must not forget the first
        engine.orphan(job)
    view = engine.latest(job)
    assert (view.status, view.step < 400) == ("paused", True)
    assert engine.attach(job) is True
    assert engine.latest(job).status == "playing"  # what it leads to, before the worker has answered
    view = settled(engine, job)
    assert (view.status, view.step) == ("paused", 400)
    same_numbers(view, training.advance(training.start(TINY, device="cpu"), 400, device="cpu"))
    engine.orphan(job)
    engine.attach(job)  # it was not playing this time
    time.sleep(0.3)
    assert (engine.latest(job).status, engine.latest(job).step) == ("paused", 400)


@pytest.mark.parametrize("verb", ["pause", "reset", "step"])
def test_an_orphan_given_another_command_does_not_play_on(engine, settled, wait, verb):
    job = engine.create(Spec(TINY))
    engine.play(job)
    wait(engine, job, lambda view: view.step > 0)
    engine.orphan(job)
    getattr(engine, verb)(job)
    settled(engine, job)
    engine.attach(job)
    for _ in range(2):  # what the click leads to, then what the worker made of it
        assert engine.latest(job).status == "paused"
        time.sleep(0.3)


def test_the_limit_on_steps_ends_the_run_with_a_sentence(engine, settled, monkeypatch):
    monkeypatch.setattr(engine, "limits", Limits(max_steps=20))
    job = engine.create(Spec(TINY))
    for act in (lambda: engine.play(job), lambda: engine.step(job, 5), lambda: engine.play(job, until=50)):
        act()
        view = settled(engine, job)
        assert (view.status, view.step) == ("paused", 20)
        assert "20 steps" in view.message


def test_limits_refuse_before_any_work(engine, monkeypatch):
    monkeypatch.setattr(engine, "limits", Limits(max_runs=2))
    kept = [engine.create(Spec(TINY), visitor="ada") for _ in range(2)]
    with pytest.raises(LimitError, match="2 runs"):
        engine.create(Spec(TINY), visitor="ada")
    engine.create(Spec(TINY), visitor="bob")
    engine.drop(kept[0], "ada")
    assert engine.latest(kept[0]) is None
    job = engine.create(Spec(TINY), visitor="ada")
    engine.orphan(job, "ada")
    engine.create(Spec(TINY), visitor="ada")
    monkeypatch.setattr(engine, "limits", Limits(max_hidden=5))
    with pytest.raises(LimitError, match="hidden_size is 6; this server allows at most 5"):
        engine.create(Spec(TINY))


def test_statuses_are_the_ones_announced(engine, settled):
    assert settled(engine, engine.create(Spec(TINY))).status in STATUSES


def test_get_engine_keeps_one_of_each_kind(monkeypatch):
    assert list(ENGINES) == ["pool", "dask", "inline"]
    monkeypatch.setenv("RNNVIZ_ENGINE", "inline")
    assert get_engine() is get_engine("inline")
    assert type(get_engine().jobs.fleet).__name__ == "InlineFleet"
    with pytest.raises(KeyError, match="Valid names: pool, dask, inline"):
        get_engine("cluster")
