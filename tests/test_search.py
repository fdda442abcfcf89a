"""The search: what is tried, when runs are begun and let go, and which is best."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from rnnviz.config import ExperimentConfig
from rnnviz.run import Hit
from rnnviz.runs import Limits, Spec
from rnnviz.runs.engine import Engine
from rnnviz.runs.inline import InlineFleet
from rnnviz.runs.view import DIVERGED, FAILED, PAUSED, PLAYING, STARTING, View, empty_history
from rnnviz.search import AT_ONCE, Outcome, Plan, Search, Spot, Trial, best, over, rivals, spots
from rnnviz.training import advance, start

SETTINGS = ExperimentConfig(task="sine", length=10, batch_size=4, hidden_size=4)
PLAN = Plan(("lstm", "gru"), (2, 4), (1e-2, 1e-1), steps=50)


def test_a_grid_is_every_combination_once():
    tried = PLAN.experiments(SETTINGS)
    seen = {(each.cell, each.hidden_size, each.learning_rate) for each in tried}
    assert len(tried) == len(seen) == 2 * 2 * 2
    assert {replace(each, cell="lstm", hidden_size=4, learning_rate=5e-3) for each in tried} == {SETTINGS}
    assert replace(PLAN, cells=()).experiments(SETTINGS) == []


def test_seeds_are_neighbours_and_every_experiment_comes_once_before_any_comes_twice():
    plan = replace(PLAN, seeds=3)
    tried = plan.experiments(SETTINGS)
    trials = plan.trials(tried)
    assert len(set(trials)) == 24 and {trial.steps for trial in trials} == {50}
    for k in range(3):
        assert {trial.settings for trial in trials[8 * k : 8 * (k + 1)]} == {each.with_(seed=k) for each in tried}
    last = plan.trials([SETTINGS.with_(seed=2**31 - 1)])
    assert [trial.settings.seed for trial in last] == [2**31 - 1, 0, 1]


def test_random_ones_lie_between_evenly_on_logarithmic_scales_and_follow_the_seed():
    plan = Plan(("lstm", "gru"), (4, 64), (1e-4, 1e-1), draws=400)
    tried = plan.experiments(SETTINGS)
    rates, sizes = np.log10([each.learning_rate for each in tried]), np.log2([each.hidden_size for each in tried])
    assert rates.min() >= -4 and rates.max() <= -1 and sizes.min() >= 2 and sizes.max() <= 6
    assert np.histogram(rates, 3, (-4, -1))[0] == pytest.approx(len(tried) / 3, rel=0.25)
    assert np.histogram(sizes, 4, (2, 6))[0] == pytest.approx(len(tried) / 4, rel=0.3)
    assert {each.cell for each in tried} == {"lstm", "gru"}
    assert plan.experiments(SETTINGS) == tried != plan.experiments(SETTINGS.with_(seed=1))
    few = Plan(("gru",), (4, 5), (0.01, 0.01), draws=12).experiments(SETTINGS)
    assert [each.hidden_size for each in few] in ([4, 5], [5, 4])  # no more than there are
    assert all(float(f"{each.learning_rate:.2g}") == each.learning_rate for each in tried)  # short in a link


def view(status=PAUSED, step=50, losses=(0.5, 0.25), **more):
    history = replace(empty_history(), heldout_loss=np.array(losses), metric=np.array(losses) / 2)
    return View("job", status, step, history, steps_per_second=10.0, parameters=7, **more)


def test_what_came_of_a_run():
    assert Outcome.of(view()) == Outcome(50, 0.25, 0.125, 7, 5.0)
    lost = Outcome.of(view(DIVERGED, 20, message="the loss is over"))
    assert math.isnan(lost.loss) and math.isnan(lost.metric) and lost.words == "the loss is over"
    assert math.isnan(Outcome.of(view(FAILED, 0, ())).loss)
    stopped = view(step=30, hits=(Hit(30, "patience", "it stopped by itself"),))
    assert Outcome.of(stopped).words == "it stopped by itself" and Outcome.of(stopped).loss == 0.25
    assert Outcome.of(view()).measure("heldout_loss") == 0.25 and Outcome.of(view()).measure("mse") == 0.125


@pytest.mark.parametrize(
    ("seen", "done"),
    [
        (view(PLAYING, 49), False),
        (view(STARTING, 0, ()), False),
        (view(PAUSED, 0, ()), False),
        (view(PAUSED, 49), False),
        (view(PAUSED, 50), True),
        (view(PLAYING, 50), False),
        (view(DIVERGED, 10), True),
        (view(FAILED, 0, ()), True),
        (view(PAUSED, 10, hits=(Hit(10, "patience", "it stopped"),)), True),
    ],
)
def test_when_a_run_is_over(seen, done):
    assert over(seen, 50) == done


@pytest.fixture
def engine():
    found = Engine(InlineFleet, Limits(max_runs=AT_ONCE + 1))
    yield found
    found.close()
    found.keeper.close()


def job_of(engine, settings):
    return engine.create(Spec(settings), "me", keep=False)


def searched(engine, plan):
    """A search on a real engine, until it is over; the most runs that were there at a time."""
    search, trials, most = Search(going=True), plan.trials(plan.experiments(SETTINGS)), 0
    while search.going:
        search.turn(trials, engine, partial(job_of, engine), lambda job: engine.drop(job, "me"))
        most = max(most, engine.status()["jobs"])
    return search, trials, most


def test_every_run_is_what_it_is_alone_and_is_let_go(engine):
    """More runs than a visitor may have at a time, each equal to one that was trained by itself."""
    search, trials, most = searched(engine, PLAN)
    assert len(trials) == 8 > AT_ONCE == most
    assert set(search.known) == set(trials) and not search.running and not search.going
    assert engine.status()["jobs"] == 0
    for trial in trials[:3]:
        alone = advance(start(trial.settings), steps=50)
        assert search.known[trial].loss == alone.history.heldout_loss[-1] and search.known[trial].step == 50
        assert search.known[trial].parameters == sum(array.size for array in alone.weights.values())


def test_a_wider_search_trains_only_what_is_new(engine):
    small = replace(PLAN, cells=("gru",), rates=(1e-2,))
    search, first, _ = searched(engine, small)
    known = dict(search.known)
    made = []
    wide = replace(small, rates=(1e-2, 1e-1))
    trials = wide.trials(wide.experiments(SETTINGS))
    search.going = True

    def make(settings):
        made.append(settings)
        return job_of(engine, settings)

    while search.going:
        search.turn(trials, engine, make, lambda job: engine.drop(job, "me"))
    assert [each.learning_rate for each in made] == [1e-1, 1e-1]
    assert known.items() <= search.known.items()
    search.forget(first)
    assert search.waiting(trials) == [trial for trial in trials if trial in first]


class Told:
    """An engine that only listens; views: by job."""

    def __init__(self, **views):
        self.views, self.played, self.gone = views, [], []

    def latest(self, job):
        return self.views.get(job)

    def play(self, job, until):
        self.played.append((job, until))

    def turn(self, search, trials, make=lambda settings: None):
        search.turn(trials, self, make, self.gone.append)


def trials_of(count):
    return [Trial(SETTINGS.with_(seed=k), 50) for k in range(count)]


def test_paused_it_lets_go_of_what_trains_and_begins_that_again():
    trials, told = trials_of(2), Told(a=view(PLAYING, 20))
    search = Search(running={trials[0]: "a"}, going=False)
    told.turn(search, trials)
    assert told.gone == ["a"] and not search.running and search.waiting(trials) == trials


def test_what_is_not_wanted_any_more_is_let_go_but_what_is_done_counts():
    trials, told = trials_of(3), Told(a=view(PLAYING, 20), b=view(), c=view(PLAYING, 3))
    search = Search(running=dict(zip(trials, "abc", strict=True)), going=True)
    told.turn(search, trials[2:])
    assert told.gone == ["a", "b"] and list(search.known) == [trials[1]] and search.running == {trials[2]: "c"}


def test_what_paused_by_itself_plays_on_and_what_is_gone_begins_again():
    trials, told = trials_of(2), Told(a=view(PAUSED, 20))
    search = Search(running=dict(zip(trials, "ab", strict=True)), going=True)
    told.turn(search, trials, lambda settings: "again")
    assert told.played == [("a", 50), ("again", 50)] and search.running == {trials[0]: "a", trials[1]: "again"}


def test_beyond_a_limit_it_waits():
    trials, told = trials_of(2), Told(a=view(PLAYING, 20))
    search = Search(running={trials[0]: "a"}, going=True)
    told.turn(search, trials)
    assert search.going and not told.played and search.waiting(trials) == trials[1:]


def outcome(loss):
    return Outcome(50, loss, 1 - loss, 10, 1.0)


def spot(*losses, seeds=None, quantity="heldout_loss"):
    outcomes = tuple(map(outcome, losses))
    return Spot(SETTINGS, outcomes, tuple(each.measure(quantity) for each in outcomes), seeds or len(losses))


def test_the_best_has_the_best_median_of_those_that_are_whole():
    found = [spot(0.3, 0.1, 0.2), spot(0.15, 0.9, 0.16), spot(0.01, seeds=3), spot(0.01, 0.01, math.nan)]
    assert [each.middle for each in found[:3]] == [0.2, 0.16, 0.01] and math.isnan(found[3].middle)
    assert best(found, "heldout_loss") is found[1]
    assert rivals(found, found[1], "heldout_loss") == [found[0]]  # .2 is no worse than its worst seed, .9
    assert rivals(found, found[0], "heldout_loss") == [found[1]]
    assert best(found[2:], "heldout_loss") is None


def test_of_an_accuracy_more_is_better():
    found = [spot(loss, quantity="accuracy") for loss in (0.3, 0.1, 0.2)]
    assert best(found, "accuracy") is found[1] and rivals(found, found[1], "accuracy") == []
    assert rivals(found, found[0], "accuracy") == found[1:]


def test_spots_gather_the_seeds_of_each_experiment():
    plan = replace(PLAN, cells=("gru",), sizes=(2,), rates=(1e-3, 1e-2, 1e-1), seeds=2)
    tried = plan.experiments(SETTINGS)
    known = {Trial(tried[0].with_(seed=k), 50): outcome(0.1 * (k + 1)) for k in range(2)}
    known[Trial(tried[1].with_(seed=1), 50)] = outcome(0.4)
    known[Trial(tried[1].with_(seed=0), 100)] = outcome(0.0)  # of another search
    found = spots(tried, plan, known, "heldout_loss")
    assert [each.values for each in found] == [(0.1, 0.2), (0.4,), ()]
    assert [each.whole for each in found] == [True, False, False] and [each.begun for each in found] == [
        True,
        True,
        False,
    ]
