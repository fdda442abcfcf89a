"""Changes on the way, and going back: what a run was at any step equals a fresh run stopped there, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_runs import arrays, assert_equal, go, small

from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ConfigError
from rnnviz.registry import UnknownName
from rnnviz.run import CHANGEABLE, Change, Run
from rnnviz.training import advance, observe, start, towards

CONFIG = small(num_layers=2, dropout=0.3, learning_rate=0.03)
PLAN = (
    (0, {"clip_at": 0.5}),
    (3, {"learning_rate": 0.02}),
    (7, {"optimiser": "rmsprop", "clip": "off"}),
    (12, {"batch_size": 6}),
    (12, {"loss": "mae"}),
    (16, {"momentum": 0.3}),
    (21, {"loss": "task", "learning_rate": 1e-3}),
)
ARMED = (Breakpoint("grad_norm_above", 0.5), Breakpoint("saturation", 0.01), Breakpoint("plateau", 20))
END = 34


def fresh(stop, breakpoints=(), **options):
    """A run that took the changes of the plan before `stop`, and was stopped there."""
    run = start(CONFIG)
    for step, changes in PLAN:
        if step < stop:
            run = go(run, step, breakpoints, **options).changed(**changes)
    return go(run, stop, breakpoints, **options)


@cache
def stopped(step):
    return fresh(step, ARMED)


@pytest.fixture
def whole():
    return stopped(END)


def assert_same_moment(one, two):
    """Everything but the snapshots on the way, which a longer run keeps fewer of."""
    assert_equal(replace(one, snapshots=()), replace(two, snapshots=()))
    seen, as_seen = observe(one), observe(two)
    assert (seen.step, seen.loss) == (as_seen.step, as_seen.loss)
    assert_same_arrays(seen, as_seen)


def assert_same_arrays(one, two):
    a, b = dict(arrays(one)), dict(arrays(two))
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].shape == b[name].shape and a[name].tobytes() == b[name].tobytes(), name


@pytest.mark.parametrize("step", range(0, END + 1))
def test_every_step_recomputed_equals_a_fresh_run(whole, step):
    past = towards(whole.nearest(step), whole, step)
    assert_same_moment(past, stopped(step))
    assert_same_arrays(whole.history.until(step), stopped(step).history.until(step))


@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(1, END - 1), max_size=5), store=st.booleans())
def test_slices_and_restarts_do_not_matter(cuts, store):
    run = start(CONFIG)
    for step, changes in PLAN:
        run = go(run, step, ARMED, [cut for cut in cuts if cut < step], store).changed(**changes)
    assert_equal(go(run, END, ARMED, [cut for cut in cuts if cut > run.step], store), stopped(END))


@settings(max_examples=10, deadline=None)
@given(step=st.integers(0, END), stored=st.booleans())
def test_from_the_past_the_same_future(step, stored):
    whole = stopped(END)
    past = towards(whole.nearest(step), whole, step)
    past = Run.from_bytes(past.to_bytes()) if stored else past
    for at, changes in PLAN:
        if at >= step:
            past = go(past, at, ARMED).changed(**changes)
    assert_equal(go(past, END, ARMED), whole)


def test_towards_in_slices_and_beyond_the_end(whole):
    past, calls = whole.nearest(23), 0
    begin = past.step
    while past.step < 23:
        past, calls = towards(past, whole, 23, seconds=0.0), calls + 1
    assert calls == 23 - begin and past.step == 23
    assert_same_moment(past, stopped(23))
    further = towards(whole, whole, END + 5)
    assert_equal(replace(further, hits=(), snapshots=()), replace(advance(whole, 5), hits=(), snapshots=()))
    assert whole.nearest(END) is whole


def test_nearest_is_the_last_snapshot_before(whole):
    kept = [snapshot.step for snapshot in whole.snapshots]
    assert len(kept) > 3
    for step in range(END):
        assert whole.nearest(step).step == max(k for k in kept if k <= step)
    for bad in (-1, END + 1):
        with pytest.raises(ValueError, match=f"step is {bad}; this run has steps 0 to {END}"):
            whole.nearest(bad)
    with pytest.raises(ValueError, match="No snapshot"):
        replace(whole, snapshots=()).nearest(5)


def test_back_to_undoes_what_came_after(whole):
    step = next(s.step for s in whole.snapshots if s.step > 12)
    earlier = whole.back_to(step)
    assert earlier.changes == tuple(change for change in whole.changes if change.step < step) != whole.changes
    assert earlier.hits == tuple(hit for hit in whole.hits if hit.step <= step) != whole.hits
    assert (earlier.config.loss, earlier.config.batch_size, earlier.config.clip_at) == ("mae", 6, 0.5)
    assert earlier.original == whole.original == CONFIG
    assert earlier.history.checked.max() <= step and len(earlier.history.loss) == step
    # a hit at the snapshot's own step stays: the run had stopped there
    hit = whole.hits[-1]
    there = replace(whole, hits=(*whole.hits[:-1], replace(hit, step=step)))
    assert there.back_to(step).hits[-1].step == step


def test_changes_are_written_down():
    run = advance(start(small()), 4)
    one = run.changed(learning_rate=0.1, clip="off", batch_size=4)  # 4 is what it was
    assert one.changes == (Change(4, "learning_rate", 5e-3, 0.1), Change(4, "clip", "norm", "off"))
    assert one.config == run.config.with_(learning_rate=0.1, clip="off") and one.original == run.config
    assert run.changed() is run and run.changed(batch_size=4) is run
    assert one.optimiser is run.optimiser and run.changed(momentum=0.5).optimiser == {}
    # the same setting again at the same step is one change; back where it was is none
    two = one.changed(learning_rate=0.2)
    assert two.changes == (Change(4, "learning_rate", 5e-3, 0.2), Change(4, "clip", "norm", "off"))
    assert two.changed(learning_rate=5e-3, clip="norm").changes == ()
    assert advance(two, 1).changed(clip="norm").changes[-1] == Change(5, "clip", "off", "norm")


def test_an_optimiser_tried_and_left_has_lost_its_state():
    run = advance(start(small()), 4)
    there_and_back = run.changed(optimiser="sgd").changed(optimiser="adam")
    assert there_and_back.config == run.config and there_and_back.optimiser == {} and len(there_and_back.changes) == 2
    later = advance(there_and_back, 3)
    assert not np.array_equal(later.weights["readout.weight"], advance(run, 3).weights["readout.weight"])
    assert_equal(towards(there_and_back, there_and_back, 7), later)
    past = towards(later.nearest(5), later, 6)
    assert_equal(replace(past, snapshots=()), replace(advance(there_and_back, 2), snapshots=()))


@pytest.mark.parametrize("settings, error, words", [
    ({"hidden_size": 6}, ValueError, "hidden_size cannot change while a run goes on; what can: learning_rate, clip"),
    ({"learning_rate": 0.1, "seed": 2}, ValueError, "seed cannot change"),
    ({"nonsense": 1}, ValueError, "nonsense cannot change"),
    ({"learning_rate": -1.0}, ConfigError, "learning_rate is -1.0; expected a number from 0"),
    ({"batch_size": 10**6}, ConfigError, "batch_size"),
    ({"optimiser": "newton"}, UnknownName, "newton.*sgd, rmsprop, adam"),
])  # fmt: skip
def test_what_may_not_change(settings, error, words):
    with pytest.raises(error, match=words):
        start(small()).changed(**settings)


def test_everything_changeable_changes_what_follows():
    run = advance(start(small()), 3)
    settings = {
        "learning_rate": 0.1, "clip": "value", "clip_at": 1e-3, "batch_size": 7, "optimiser": "sgd", "loss": "mae",
        "weight_decay": 0.1,
    }  # fmt: skip
    assert {*settings, "momentum", "patience"} == set(CHANGEABLE)  # patience changes no number
    plain = advance(run, 4)
    for name, value in settings.items():
        other = advance(run.changed(**{name: value}), 4)
        assert not np.array_equal(other.weights["readout.weight"], plain.weights["readout.weight"]), name


def test_a_diverged_run_goes_on_from_earlier_weights():
    config = small(cell="rnn_relu", init="orthogonal", spectral_radius=2.0, optimiser="sgd", clip="off")
    run = advance(start(config.with_(learning_rate=3.0)), 500)
    assert run.diverged is not None
    same_weights = run.changed(learning_rate=1e-6, clip="norm")
    assert same_weights.diverged is None and advance(same_weights, 3).diverged == run.diverged
    before = run.nearest(run.step - 1).changed(learning_rate=1e-6, clip="norm")
    assert advance(before, 20).step == before.step + 20
