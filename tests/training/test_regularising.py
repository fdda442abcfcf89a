"""Weight decay as torch's optimisers do it, and early stopping, which goes by the held-out checks alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_runs import assert_equal, go, small

from rnnviz.breakpoints import PATIENCE, Breakpoint, Seen, best_check, hit_label, stopped_early
from rnnviz.model import build
from rnnviz.objective import TensorBatch, loss_of
from rnnviz.run import History, Run
from rnnviz.tasks import make_task
from rnnviz.training import advance, start, towards

TORCHS = {
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01, weight_decay=0.3),
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=0.3),
    "rmsprop": lambda parameters: torch.optim.RMSprop(parameters, lr=0.01, momentum=0.9, weight_decay=0.3),
}


@pytest.mark.parametrize("optimiser", TORCHS)
def test_weight_decay_is_torchs(optimiser):
    config = small(optimiser=optimiser, learning_rate=0.01, momentum=0.9, weight_decay=0.3, clip="off")
    run = advance(start(config), 6)
    task = make_task(config)
    model = build(config, task)
    torchs = TORCHS[optimiser](model.parameters())
    for step in range(6):
        batch = TensorBatch.of(task.batch(step), task, torch.device("cpu"))
        torchs.zero_grad()
        loss_of(task, model.outputs(batch), batch).backward()
        torchs.step()
    for name, weight in model.state_dict().items():
        np.testing.assert_allclose(run.weights[name], weight.numpy(), rtol=1e-5, atol=1e-6, err_msg=name)
    without = advance(start(config.with_(weight_decay=0.0)), 6)
    assert sum((array**2).sum() for array in run.weights.values()) < sum(
        (array**2).sum() for array in without.weights.values()
    )


def test_weight_decay_that_explodes_ends_the_run_and_no_more():
    run = start(small(optimiser="sgd", learning_rate=1e6, weight_decay=10.0, task="temporal_order", clip="value"))
    run = advance(run, 50)
    assert run.diverged is not None and Run.from_bytes(run.to_bytes()).diverged is not None


def seen(losses, checked=None, since=-1, step=None):
    """What early stopping looks at: one check every 2 steps."""
    checked = np.arange(len(losses)) * 2 if checked is None else np.array(checked)
    none = np.zeros(0)
    step = int(checked[-1]) if step is None else step
    history = History(np.zeros(step), none, checked, np.array(losses, float), none, none, np.zeros((0, 0, 0)))
    return Seen(history, [], [], since, ((), ()))


@pytest.mark.parametrize("losses, patience, fires", [
    ([3, 2, 1], 1, False),
    ([3, 2, 2.5], 1, True),
    ([3, 2, 2], 1, True),  # no better
    ([3, 2, 2.5], 2, False),
    ([3, 2, 2.5, 2.1], 2, True),
    ([3, 2, 2.5, 2.1, 2.2], 2, False),  # played on
    ([3, 2, 2.5, 2.1, 2.2, 2.3], 2, True),  # as long again
    ([1, 2, 3], 2, True),  # the start was best
    ([2, float("nan"), float("inf")], 2, True),
    ([float("nan"), float("nan")], 1, False),
    ([3, 2, 2.5], 0, False),
    ([3], 1, False),
])  # fmt: skip
def test_when_it_stops(losses, patience, fires):
    assert len(list(stopped_early(patience, seen(losses)))) == fires


def test_it_stops_at_checks_alone_and_forgets_another_loss():
    assert not list(stopped_early(1, seen([3, 2, 2.5], step=5)))
    assert list(stopped_early(1, seen([3, 2, 2.5], step=4)))
    assert not list(stopped_early(1, seen([1, 9, 8], since=0)))  # the 1 was of another loss
    assert list(stopped_early(2, seen([1, 9, 8], since=-1)))
    assert not list(stopped_early(1, seen([1, 9, 8], since=4)))
    (hit,) = stopped_early(2, seen([9, 5, 7, 6]))
    assert hit.step == 6 and hit.kind == PATIENCE and hit_label(hit.kind) == "early stopping"
    assert hit.message == (
        "Early stopping at step 6: in 2 checks the held-out loss has not come under 5, which it had at step 2."
    )


OVERFIT = small(learning_rate=0.3, batch_size=1, patience=3, seed=2)


def expected_stops(run, patience=3):
    """Counted one check after the other, from the held-out losses alone."""
    best, waited, stops = float("inf"), 0, []
    for step, loss in zip(run.history.checked, run.history.heldout_loss, strict=True):
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited and waited % patience == 0:
            stops.append(int(step))
    return stops


@pytest.mark.parametrize("store", [False, True])
@pytest.mark.parametrize("cuts", [(), (1, 5, 12, 13, 30)])
def test_a_run_stops_where_its_checks_say_however_it_was_cut(cuts, store):
    whole = go(start(OVERFIT), 60)
    stops = [hit.step for hit in whole.hits]
    assert stops == expected_stops(whole) and len(stops) == 2
    assert_equal(whole, go(start(OVERFIT), 60, cuts=cuts, store=store))
    assert advance(start(OVERFIT), 60).step == stops[0]
    # it changes no number
    free = advance(start(OVERFIT.with_(patience=0)), 60)
    assert_equal(replace(free, config=OVERFIT), replace(whole, hits=()))


def test_with_breakpoints_and_looking_back():
    armed = [Breakpoint("grad_norm_above", 0.5)]
    run = go(start(OVERFIT), 40, armed)
    kinds = {hit.kind for hit in run.hits}
    assert kinds == {PATIENCE, "grad_norm_above"}
    best = int(run.history.checked[best_check(run.history)])
    assert run.history.heldout_loss.min() == run.history.heldout_loss[run.history.checked == best][0]
    past = towards(run.nearest(best), run, best)
    assert_equal(replace(past, snapshots=()), replace(go(start(OVERFIT), best, armed), snapshots=()))
    late = towards(run.nearest(39), run, 39)
    assert late.hits == tuple(hit for hit in run.hits if hit.step <= 39)


def test_patience_may_change_on_the_way():
    run = go(start(OVERFIT.with_(patience=0)), 30)
    assert run.hits == ()
    later = go(run.changed(patience=1), 40)
    assert later.hits and all(hit.step > 30 for hit in later.hits)
    assert later.original.patience == 0
