"""A run is a value: resumed equals uninterrupted, slices do not matter, and training is torch's."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch
from small_runs import arrays, assert_equal, small

from rnnviz import training
from rnnviz.model import Model
from rnnviz.run import Run, spacing
from rnnviz.tasks import make_task
from rnnviz.trainer import Trainer
from rnnviz.training import advance, evaluate, observe, start

OPTIMISERS = [
    {"optimiser": "sgd", "momentum": 0.9, "learning_rate": 0.1},
    {"optimiser": "sgd", "clip": "off", "learning_rate": 0.1},
    {"optimiser": "rmsprop", "momentum": 0.5},
    {"optimiser": "adam", "clip": "value", "clip_at": 0.1},
]
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def stored(run):
    """The same run with nothing alive behind it, as after a restart."""
    return Run.from_bytes(run.to_bytes())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("settings", OPTIMISERS, ids=lambda s: f"{s['optimiser']}-{s.get('clip', 'norm')}")
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn_tanh"])
def test_resumed_equals_uninterrupted(settings, cell, device):
    config = small(cell=cell, num_layers=2, dropout=0.3, bidirectional=cell == "gru", **settings)
    whole = advance(start(config, device=device), steps=23, device=device)
    assert whole.step == 23 and whole.diverged is None and len(whole.snapshots) > 1
    sliced = start(config, device=device)
    for steps in (1, 4, 0, 7, 11):
        torch.rand(5)  # the caller draws random numbers in between
        sliced = advance(stored(sliced), steps=steps, device=device)
    assert_equal(whole, sliced)
    live = start(config, device=device)
    while live.step < 23:
        live = advance(live, steps=1, device=device)
    assert_equal(whole, live)


def test_an_older_run_can_be_advanced_again_and_is_never_changed():
    begin = start(small(num_layers=2, dropout=0.3))
    before = {name: array.copy() for name, array in arrays(begin)}
    one, two = advance(begin, steps=9), advance(begin, steps=9)
    assert_equal(one, two)
    for name, array in arrays(begin):
        assert np.array_equal(array, before[name]), name
        assert not array.flags.writeable, name


def test_a_snapshot_is_the_run_as_it_was():
    config = small(optimiser="rmsprop")
    whole = advance(start(config), steps=20)
    steps = [s.step for s in whole.snapshots]
    earlier = whole.back_to(steps[1])
    direct = advance(start(config), steps=steps[1])
    assert earlier.step == steps[1] and [s.step for s in earlier.snapshots] == steps[:2]
    for name in direct.weights:
        assert np.array_equal(earlier.weights[name], direct.weights[name]), name
    for name in direct.optimiser:
        assert np.array_equal(earlier.optimiser[name], direct.optimiser[name]), name
    again = advance(earlier, steps=20 - steps[1])
    for name in whole.weights:
        assert np.array_equal(again.weights[name], whole.weights[name])
    assert np.array_equal(again.history.loss, whole.history.loss)
    with pytest.raises(ValueError, match="snapshots at steps 0"):
        whole.back_to(1)


@pytest.mark.parametrize("changes", [
    {"optimiser": "rmsprop"},
    {"momentum": 0.5},
    {"optimiser": "rmsprop", "momentum": 0.5},
    {"learning_rate": 1e-3, "clip": "off"},
])  # fmt: skip
@pytest.mark.parametrize("optimiser", ["adam", "sgd", "rmsprop"])
def test_a_fork_goes_on_under_other_settings(optimiser, changes):
    run = advance(start(small(optimiser=optimiser)), steps=4)
    fork = run.changed(**changes)
    later = advance(fork, steps=3)
    assert later.step == 7 and later.diverged is None and run.config.momentum == 0
    assert np.array_equal(later.history.loss[:4], run.history.loss)
    # the first loss of the fork is what the run would have seen: same weights, same batch
    assert later.history.loss[4] == advance(run, steps=1).history.loss[4]


def test_budgets():
    begin = start(small())
    assert advance(begin, steps=0) is begin
    assert advance(begin, seconds=0.0).step == 1
    assert advance(begin, steps=2, seconds=60.0).step == 2
    for bad in ({}, {"steps": -1}):
        with pytest.raises(ValueError, match="budget|steps is -1"):
            advance(begin, **bad)
    with pytest.raises(ValueError, match="device is 'tpu'"):
        advance(begin, steps=1, device="tpu")


def test_live_trainers_go_with_their_runs():
    run = advance(start(small()), steps=1)
    assert run in training._LIVE
    later = advance(run, steps=1)
    assert run not in training._LIVE and later in training._LIVE
    gone = weakref.ref(later)
    del later
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("context", [torch.no_grad, torch.enable_grad])
def test_the_callers_world_stays_as_it_was(context):
    torch.manual_seed(0)
    run = start(small(num_layers=2, dropout=0.5))
    before = torch.get_rng_state()
    with context():
        mode = torch.is_grad_enabled()
        run = advance(run, steps=3)
        observe(run)
        evaluate(run, 10)
        assert torch.is_grad_enabled() == mode
    assert run.step == 3 and torch.equal(torch.get_rng_state(), before)


def test_dropout_noise_depends_on_the_seed_and_the_step_alone():
    def noise(seed, step):
        run = advance(start(small(num_layers=2, dropout=0.5, seed=seed)), steps=step)
        with Trainer(run, torch.device("cpu"))._noise(step):
            return torch.rand(4).tolist()

    drawn = [noise(0, 1), noise(0, 2), noise(1, 1)]
    assert drawn[0] == noise(0, 1)
    assert drawn[0] != drawn[1] and drawn[0] != drawn[2] and drawn[1] != drawn[2]


def by_hand(config, steps, make_optimiser):
    """Plain torch: the same batches, weights and rule, with torch's own clipping. Dropout is off."""
    task = make_task(config)
    model = Model(config, task)
    optimiser = make_optimiser(model.parameters())
    losses, norms = [], []
    for k in range(steps):
        batch = task.batch(k)
        x, y = torch.tensor(batch.inputs).double(), torch.tensor(batch.targets).double()
        output, _ = model.rnn(x)
        loss = ((model.readout(output[:, -1]) - y) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        grads = torch.cat([p.grad.flatten() for p in model.parameters()])
        norms.append(grads.norm().item())
        if config.clip == "norm":
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_at)
        elif config.clip == "value":
            torch.nn.utils.clip_grad_value_(model.parameters(), config.clip_at)
        optimiser.step()
        losses.append(loss.item())
    return losses, norms, model.arrays()


@pytest.mark.parametrize("clip", ["off", "norm", "value"])
@pytest.mark.parametrize("optimiser", ["sgd", "rmsprop", "adam"])
def test_training_is_torchs(clip, optimiser):
    config = small(precision="float64", clip=clip, clip_at=0.05, optimiser=optimiser, learning_rate=0.02, momentum=0.5)
    rules = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.5),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.02, momentum=0.5),
        "adam": lambda p: torch.optim.Adam(p, lr=0.02),
    }
    losses, norms, weights = by_hand(config, 12, rules[optimiser])
    run = advance(start(config), steps=12)
    np.testing.assert_allclose(run.history.loss, losses, rtol=1e-10)
    np.testing.assert_allclose(run.history.grad_norm, norms, rtol=1e-10)
    assert max(norms) > 0.05  # the clip is at work; the norm is what it was before
    for name in weights:
        np.testing.assert_allclose(run.weights[name], weights[name], rtol=1e-8, atol=1e-10)


def test_records_depend_on_the_step_alone():
    run = advance(start(small()), steps=30)
    h = run.history
    assert len(h.loss) == len(h.grad_norm) == 30
    # spacing 2 to step 12, then 4 to step 24, then 8; 3 to step 18, then 6 to step 36
    assert h.checked.tolist() == [0, 2, 4, 6, 8, 10, 12, 16, 20, 24]
    assert h.recorded.tolist() == [0, 3, 6, 9, 12, 15, 18, 24, 30]
    assert h.heldout_loss.shape == h.metric.shape == (10,) and h.flow.shape == (9, 1, 8)
    # what is shown: at most six rows after row 0
    assert h.until(30).checked.tolist() == [0, 8, 16, 24] and h.until(30).recorded.tolist() == [0, 6, 12, 18, 24, 30]
    assert h.until(12).checked.tolist() == [0, 2, 4, 6, 8, 10, 12] and len(h.until(12).loss) == 12
    # four, where five snapshots are allowed: spacing 2 to step 8, 4 to step 16, 8 to step 32
    assert [s.step for s in run.snapshots] == [0, 8, 16, 24]
    at_24 = advance(start(small()), steps=24)
    assert np.array_equal(h.heldout_loss, at_24.history.heldout_loss)
    assert h.heldout_loss[-1] == evaluate(at_24, 8)[0]
    grads = observe(at_24).state_grads["h"].astype(np.float64)
    np.testing.assert_allclose(h.flow[7], np.sqrt((grads**2).sum((1, 3))), rtol=1e-12)


def test_recorded_gradient_norms_do_not_underflow():
    """From one down to 1e-300 in float64, where squares have long become zero; long doubles hold them."""
    settings = {"cell": "rnn_tanh", "init": "orthogonal", "spectral_radius": 1e-3}
    run = start(small(**settings, length=100, precision="float64"))
    grads = observe(run).state_grads["h"].astype(np.longdouble)
    expected = np.sqrt((grads**2).sum((1, 3)))
    assert expected[0, 0] < 1e-200
    np.testing.assert_allclose(run.history.flow[0], expected.astype(float), rtol=1e-12)


@pytest.mark.parametrize("base, keep", [(25, 128), (100, 31), (7, 1)])
def test_records_are_bounded(base, keep):
    kept: list[int] = []
    for step in range(0, 60_000, base):
        gap = spacing(step, base, keep)
        if step % gap == 0:
            kept = [s for s in kept if s % gap == 0] + [step]
        assert len(kept) <= keep + 1
    assert kept[0] == 0


def test_observe_shows_the_probe_batch():
    config = small(num_layers=2, dropout=0.5, task="temporal_order", length=20)
    run = advance(start(config), steps=4)
    trace, task = observe(run), make_task(config)
    batch = task.probe()
    assert trace.step == 4 and trace.size == (2, 8, 20, 5) and trace.labels == tuple(task.labels)
    assert np.array_equal(trace.targets, batch.targets)
    assert all(mask is None for mask in trace.dropout_masks)
    model = Model(config, task, run.weights)
    model.eval()
    outputs = model(torch.tensor(batch.inputs))
    loss = torch.nn.functional.cross_entropy(outputs, torch.tensor(batch.targets).long())
    np.testing.assert_allclose(trace.outputs, outputs.detach().numpy(), atol=1e-6)
    assert trace.loss == pytest.approx(loss.item(), rel=1e-5)
    assert trace.has_grads and np.array_equal(trace.weights["weight_hh_l1"], run.weights["rnn.weight_hh_l1"])
    # with the weights outside the stack, the outputs follow from the Trace alone
    assert list(trace.model_weights) == ["readout.weight", "readout.bias"]
    again = trace.states["h"][1, :, -1] @ trace.model_weights["readout.weight"].T + trace.model_weights["readout.bias"]
    np.testing.assert_allclose(trace.outputs, again, atol=1e-6)
    assert_equal(advance(run, steps=3), advance(start(config), steps=7))
