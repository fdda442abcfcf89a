"""Runs that are kept: found again by their owner after everything else has gone, and by nobody else."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from runs_oracle import TINY, fresh, kept, same_run, stepped

from rnnviz import training
from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.run import Run
from rnnviz.runs import LimitError, Limits, NotYours, Spec
from rnnviz.runs.inline import InlineFleet

ADA, BOB = "a" * 32, "b" * 32


def served(settled, engine, run, steps):
    """What becomes of a run that goes on."""
    engine.step(run, steps)
    return settled(engine, run)


def test_a_run_is_found_again_after_a_restart(make_engine, settled, tmp_path):
    first = make_engine(InlineFleet, store=tmp_path)
    job = stepped(first, settled, 120, visitor="tab", owner=ADA)
    first.change(job, learning_rate=1e-3)
    first.step(job, 30)
    settled(first, job)
    first.rename(job, "  the\none <b> ", ADA)
    first.close()
    second = make_engine(InlineFleet, store=tmp_path)
    assert second.latest(job) is None
    assert second.open(job, "tab 2", ADA) == job
    view = settled(second, job)
    assert (view.step, view.status, view.name) == (150, "paused", "theone <b>")
    served(settled, second, job, 20)
    expected = training.advance(fresh(120).changed(learning_rate=1e-3), 50, device="cpu")
    same_run(kept(second, job, ADA), expected)


def test_an_owner_lists_renames_exports_and_deletes_their_own_runs_alone(engine, settled):
    mine = stepped(engine, settled, 3, visitor="1", owner=ADA)
    theirs = stepped(engine, settled, 4, visitor="2", owner=BOB)
    for owner, own, other in ((ADA, mine, theirs), (BOB, theirs, mine)):
        listed = [about.id for about in engine.runs(owner)]
        assert own in listed and other not in listed
        engine.rename(other, "mine now", owner)
        engine.delete(other, owner)
        assert engine.export(other, owner) is None
    assert engine.latest(mine).name == "" and kept(engine, theirs, BOB).step == 4
    engine.delete(mine, ADA)
    assert engine.latest(mine) is None and engine.open(mine, "1", ADA) is None
    assert mine not in [about.id for about in engine.runs(ADA)]


def test_the_link_of_someone_elses_run_opens_a_copy(engine, settled):
    run = stepped(engine, settled, 40, visitor="1", owner=ADA)
    engine.rename(run, "a name of Ada's", ADA)
    copy = engine.open(run, "2", BOB)
    assert copy != run
    view = settled(engine, copy)
    assert (view.name, view.parent) == ("", "")  # nothing of the other owner's
    assert view.step == 40
    served(settled, engine, copy, 10)
    same_run(kept(engine, copy, BOB), fresh(50))
    same_run(kept(engine, run, ADA), fresh(40))
    assert engine.open(run, "3", ADA) == run  # a second tab of the owner's
    assert engine.open("x" * 22, "1", ADA) is None
    for hostile in ("../../etc/passwd", "", "a/b", "ü" * 22, "x" * 10_000):
        assert engine.open(hostile, "1", ADA) is None


def test_uploaded_data_are_the_owners_alone_and_come_back_with_the_run(engine, settled):
    data = Dataset.of_numbers("secret.csv", ("a", "b"), np.random.default_rng(0).normal(size=(300, 2)))
    config = TINY.with_(task="uploaded", columns=(0, 1), data=data.fingerprint)
    job = engine.create(Spec(config, data), "1", ADA)
    engine.step(job, 5)
    settled(engine, job)
    with pytest.raises(NotYours, match="file of its owner's"):
        engine.open(job, "2", BOB)
    engine.drop(job, "1")
    end = time.monotonic() + 20
    while engine.jobs.records.get(job) is not None and time.monotonic() < end:
        engine.jobs.fleet.turn()
    assert engine.open(job, "1", ADA) == job
    assert engine.spec(job).data.fingerprint == data.fingerprint
    served(settled, engine, job, 5)
    expected = training.advance(training.start(config, data, device="cpu"), 10, device="cpu")
    same_run(kept(engine, job, ADA), expected)


def test_a_file_opens_as_a_run_of_ones_own(engine, settled):
    content = fresh(60).to_bytes()
    job = engine.open_file(content, "1", ADA)
    assert settled(engine, job).step == 60
    served(settled, engine, job, 10)
    same_run(kept(engine, job, ADA), fresh(70))
    for bad in (b"", b"PK\x03\x04", content[:-5], content[:200], b"\0" * 5000):
        with pytest.raises(ConfigError, match="saved run"):
            engine.open_file(bad, "1", ADA)


@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (lambda run: replace(run, config=run.config.with_(task="nonesuch")), "nonesuch"),
        (lambda run: replace(run, config=run.config.with_(cell="nonesuch")), "nonesuch"),
        (lambda run: replace(run, config=run.config.with_(optimiser="nonesuch")), "nonesuch"),
        (lambda run: replace(run, config=run.config.with_(hidden_size=7)), "247 weights; its settings call for"),
        (lambda run: replace(run, config=run.config.with_(loss="cross_entropy")), "cross_entropy"),
    ],
)
def test_a_file_of_what_cannot_be_trained_here_is_refused_before_anything_shows_it(inline, forge, words):
    with pytest.raises(ConfigError, match=words):
        inline.open_file(forge(fresh(3)).to_bytes(), "1", ADA)
    assert inline.runs(ADA) == [] or all(about.step != 3 for about in inline.runs(ADA))


def test_a_file_does_not_pass_the_limit_on_steps(inline, monkeypatch):
    monkeypatch.setattr(inline, "limits", Limits(max_steps=50))
    with pytest.raises(LimitError, match="60 steps; this server allows at most 50"):
        inline.open_file(fresh(60).to_bytes(), "1", ADA)


def test_two_tabs_on_one_run_share_it_and_the_last_to_leave_stops_it(engine, settled, wait):
    job = engine.create(Spec(TINY), "tab 1", ADA)
    settled(engine, job)
    assert engine.open(job, "tab 2", ADA) == job
    engine.play(job)
    wait(engine, job, lambda view: view.step > 0)
    engine.orphan(job, "tab 1")
    engine.drop(job, "tab 1")
    assert engine.latest(job).status == "playing"
    engine.orphan(job, "tab 2")
    assert engine.latest(job).status == "paused"
    assert engine.attach(job, "tab 1")
    assert engine.latest(job).status == "playing"
    engine.pause(job)


def test_what_is_not_to_be_kept_is_not(engine, settled):
    job = engine.create(Spec(TINY), "1", ADA, keep=False)
    engine.step(job, 5)
    assert settled(engine, job).step == 5
    assert engine.latest(job).saved == -1
    assert job not in [about.id for about in engine.runs(ADA)]
    same_weights = Run.from_bytes(engine.export(job, ADA))
    assert same_weights.step == 5 and same_weights.snapshots == ()


def test_a_run_that_took_no_step_leaves_nothing(engine, settled):
    job = engine.create(Spec(TINY), "1", ADA)
    settled(engine, job)
    assert engine.latest(job).saved == -1 and engine.export(job, ADA) is None
    assert job not in [about.id for about in engine.runs(ADA)]


def test_the_view_says_how_far_the_run_is_saved(engine, settled, wait):
    job = stepped(engine, settled, 25, config=ExperimentConfig(length=5, batch_size=2, hidden_size=4), owner=ADA)
    assert wait(engine, job, lambda view: view.saved == 25).trouble == ""
