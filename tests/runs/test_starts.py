"""Runs that begin with weights that were given, and runs that stop by themselves, on every engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from runs_oracle import TINY, MortalFleet, fresh, kept, same_run, same_trace

from rnnviz import training
from rnnviz.runs import NotYours, Spec
from rnnviz.runs.inline import InlineFleet
from rnnviz.runs.job import Job
from rnnviz.runs.messages import pack_parts, pack_spec, unpack, unpack_spec
from rnnviz.start import Start

ADA, BOB = "a" * 32, "b" * 32
CONFIG = TINY.with_(freeze="recurrent", readout="new", weight_decay=0.01, seed=8)


@pytest.fixture(scope="module")
def given():
    return Start.of(fresh(5), "what was learned")


def spec(given):
    return Spec(CONFIG.with_(start=given.fingerprint), start=given)


def expected(given, steps):
    return training.advance(training.start(CONFIG, start=given, device="cpu"), steps, device="cpu")


def test_it_trains_looks_back_forks_and_begins_again_from_the_same_weights(engine, settled, wait, given):
    job = engine.create(spec(given), "tab", ADA)
    same_trace(settled(engine, job).trace, training.observe(expected(given, 0), device="cpu"))
    engine.step(job, 120)
    settled(engine, job)
    same_run(kept(engine, job, ADA), expected(given, 120))
    engine.look(job, 30)
    past = wait(engine, job, lambda view: view.past is not None).past
    same_trace(past.trace, training.observe(expected(given, 30), device="cpu"))
    child = engine.fork(job, 110, {"weight_decay": 0.5}, "tab", ADA)
    assert settled(engine, child).step == 110
    engine.step(child, 5)
    settled(engine, child)
    same_run(
        kept(engine, child, ADA), training.advance(expected(given, 110).changed(weight_decay=0.5), 5, device="cpu")
    )
    engine.reset(job)
    view = wait(engine, job, lambda view: view.step == 0)
    same_trace(view.trace, training.observe(expected(given, 0), device="cpu"))
    assert engine.spec(job).start.fingerprint == given.fingerprint


def test_it_is_kept_with_its_start_which_is_the_owners_alone(make_engine, settled, tmp_path, given):
    first = make_engine(InlineFleet, store=tmp_path)
    job = first.create(spec(given), "tab", ADA)
    first.step(job, 20)
    settled(first, job)
    first.close()
    second = make_engine(InlineFleet, store=tmp_path)
    with pytest.raises(NotYours, match="weights, which are not shown to others"):
        second.open(job, "other", BOB)
    assert second.open(job, "tab 2", ADA) == job
    second.step(job, 10)
    settled(second, job)
    same_run(kept(second, job, ADA), expected(given, 30))
    assert second.spec(job).start.name == "what was learned"
    copy = second.open_file(second.export(job, ADA), "other", BOB)
    second.reset(copy)
    second.step(copy, 4)
    settled(second, copy)
    same_run(kept(second, copy, BOB), expected(given, 4))


@pytest.mark.parametrize("steps", [0, 12])
def test_another_worker_goes_on_with_it_when_one_dies(make_engine, settled, given, steps):
    engine = make_engine(MortalFleet)
    job = engine.create(spec(given), "tab", ADA)
    engine.step(job, steps)
    settled(engine, job)
    engine.jobs.fleet.kill()
    engine.step(job, 5)
    assert settled(engine, job).step == steps + 5
    same_run(kept(engine, job, ADA), expected(given, steps + 5))


def test_weights_that_do_not_fit_end_the_job_with_a_sentence(engine, settled, given):
    for change, words in (({"hidden_size": 7}, "have hidden_size 6; the settings ask for 7"), ({"start": ""}, "")):
        view = settled(engine, engine.create(replace(spec(given), config=spec(given).config.with_(**change))))
        assert words in view.message and (view.status == "failed") == bool(words)
    view = settled(engine, engine.create(Spec(spec(given).config)))
    assert view.status == "failed" and f"{given.fingerprint}, which are not here" in view.message


def test_equal_starts_of_one_process_are_one_object(given):
    def arrived(start):
        return unpack_spec(*unpack(pack_spec({"verb": "create", "job": "j"}, Spec(CONFIG, None, start))))[0].start

    first, again = arrived(given), arrived(Start.from_parts(*given.to_parts()))
    assert first is again and first.fingerprint == given.fingerprint
    for name, array in given.weights.items():
        np.testing.assert_array_equal(first.weights[name], array)
    assert arrived(replace(given, name="another")) is not first


def test_a_run_that_is_restored_keeps_the_name_of_its_own_start(given):
    def restored(start):
        run = training.start(CONFIG, start=start, device="cpu")
        return unpack_spec(*unpack(pack_parts({"verb": "create", "job": "j"}, run.to_parts())))[1].start

    first, again = restored(given), restored(given)
    assert first is again
    other = restored(replace(given, name="somebody else's"))
    assert other is not first and other.name == "somebody else's"


def test_early_stopping_pauses_says_why_and_lets_one_look_at_the_best(engine, settled, wait):
    config = TINY.with_(learning_rate=0.5, batch_size=1, patience=1)
    job = engine.create(Spec(config), "tab", ADA)
    engine.play(job)
    view = settled(engine, job)
    run = training.start(config, device="cpu")
    while not run.hits:
        run = training.advance(run, 1000, device="cpu")
    assert view.status == "paused" and view.message == run.hits[-1].message and view.step == run.step
    best = int(run.history.checked[run.history.heldout_loss.argmin()])
    assert f"which it had at step {best:,}." in view.message
    engine.look(job, best)
    past = wait(engine, job, lambda view: view.past is not None).past
    assert past.step == best
    engine.play(job, until=view.step + 1)
    assert settled(engine, job).step == view.step + 1


def test_step_0_is_made_again_from_the_start_where_no_snapshot_is_left(given):
    job = Job("job", spec(given), 100, replace(expected(given, 5), snapshots=()))
    job.untrained()
    same_trace(job.view().untrained, training.observe(expected(given, 0), device="cpu"))
