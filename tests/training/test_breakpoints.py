"""Breakpoints: each condition counted again with numpy, at the same steps however the run was cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from small_runs import assert_equal, go, small

import rnnviz
from rnnviz.breakpoints import BREAKPOINTS, Breakpoint, Seen, fired, gate_names, saturation
from rnnviz.config import ConfigError
from rnnviz.run import History
from rnnviz.trainer import Trainer, device_named
from rnnviz.training import advance, observe, start

NONE = np.zeros(0)


def seen_at(step, cut, loss, norm, since=0):
    """What is seen after `step` of a series, in a slice that began at step `cut`."""
    history = History(loss[:cut], norm[:cut], NONE, NONE, NONE, NONE, NONE)
    return Seen(history, loss[cut:step].tolist(), norm[cut:step].tolist(), since, ((), ()))


def becomes_true(condition):
    """Steps (counted from 1) at which a condition, given per step, becomes true."""
    return (np.flatnonzero(condition & ~np.append(False, condition[:-1])) + 1).tolist()


def expected_above(norm, value):
    return becomes_true(norm > value)


def expected_below(norm, value):
    return becomes_true(norm < value)


def expected_target(loss, value, since=0):
    """Steps whose mean over 20 losses is at or under the value, while the 20 means before are all over it."""
    loss = loss[since:]
    means = sliding_window_view(loss, 20).mean(axis=1) if len(loss) >= 20 else NONE
    return [
        since + 20 + k for k in range(len(means)) if means[k] <= value and (means[max(k - 20, 0) : k] > value).all()
    ]


def expected_plateau(loss, value, since=0):
    half = value // 2

    def flat(step):
        if step - 2 * half < since:
            return False
        before, now = loss[step - 2 * half : step - half].mean(), loss[step - half : step].mean()
        return now >= before or now > 0.99 * before

    return [k for k in range(half, len(loss) + 1, half) if flat(k) and not flat(k - half)]


# Multiples of 1/8 have exact sums, so that no order of adding them matters.
eighths = st.integers(0, 24).map(lambda k: k / 8)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_conditions_on_series(data):
    steps = data.draw(st.integers(1, 130))
    kinds = st.one_of(st.lists(eighths, min_size=steps, max_size=steps), st.just(np.linspace(3, 0, steps).tolist()))
    loss, norm = (np.round(8 * np.array(data.draw(kinds))) / 8 for _ in range(2))
    value, window = data.draw(eighths), data.draw(st.sampled_from([20, 21, 40]))
    since, cut = data.draw(st.integers(0, steps)), data.draw(st.integers(0, steps))
    for kind, amount, expected in (
        ("grad_norm_above", value, expected_above(norm, value)),
        ("grad_norm_below", value, expected_below(norm, value)),
        ("loss_target", value, expected_target(loss, value, since)),
        ("plateau", window, expected_plateau(loss, window, since)),
    ):
        armed = Breakpoint(kind, amount)
        stops = [
            hit.step
            for step in range(1, steps + 1)
            for hit in fired([armed], seen_at(step, min(cut, step), loss, norm, min(since, step)))
        ]
        assert stops == [step for step in expected if kind.startswith("grad") or step > since], kind


@pytest.mark.parametrize("later, flat", [(0.988, False), (0.99, False), (0.991, True), (1.0, True), (2.0, True)])
def test_flat_is_less_than_one_percent_down(later, flat):
    loss = np.append(np.full(10, 0.5), np.full(10, 0.5 * later))
    assert bool(list(fired([Breakpoint("plateau", 20)], seen_at(20, 5, loss, loss)))) == flat


def test_a_loss_of_zero_is_flat():
    assert list(fired([Breakpoint("plateau", 20)], seen_at(20, 5, np.zeros(20), np.zeros(20))))


FIVE = (
    Breakpoint("grad_norm_above", 0.6),
    Breakpoint("grad_norm_below", 0.1),
    Breakpoint("saturation", 0.05),
    Breakpoint("loss_target", 0.17),
    Breakpoint("plateau", 20),
)


@pytest.fixture(scope="module")
def config():
    return small(cell="lstm", learning_rate=0.05, seed=3)


def test_a_run_stops_where_the_series_says(config):
    run = go(start(config), 120, FIVE)
    hits = {kind: [hit.step for hit in run.hits if hit.kind == kind] for kind in BREAKPOINTS}
    h = run.history
    assert hits["grad_norm_above"] == expected_above(h.grad_norm, 0.6)
    assert hits["grad_norm_below"] == expected_below(h.grad_norm, 0.1)
    assert hits["loss_target"] == expected_target(h.loss, 0.17)
    assert hits["plateau"] == expected_plateau(h.loss, 20)
    assert h.watched.tolist() == list(range(4, 121, 4)) and h.saturation.shape == (30, 1, 4)
    beyond = h.saturation >= 0.05
    new = beyond & ~np.concatenate([np.zeros((1, 1, 4), bool), beyond[:-1]])
    assert hits["saturation"] == h.watched[new.any(axis=(1, 2))].tolist()
    assert all(len(hits[kind]) > 0 for kind in BREAKPOINTS)
    assert [hit.step for hit in run.hits] == sorted(hit.step for hit in run.hits)


@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(1, 59), max_size=6), store=st.booleans())
def test_slices_and_restarts_do_not_matter(config, cuts, store):
    whole, cut = go(start(config), 60, FIVE), go(start(config), 60, FIVE, cuts, store)
    assert len(whole.hits) > 5
    assert_equal(whole, cut)


def test_breakpoints_change_no_number(config):
    armed, free = go(start(config), 30, FIVE), advance(start(config), 30)
    for name in free.weights:
        assert np.array_equal(armed.weights[name], free.weights[name])
    for name in ("loss", "grad_norm", "heldout_loss", "flow"):
        assert np.array_equal(getattr(armed.history, name), getattr(free.history, name))
    assert free.hits == () and len(free.history.watched) == 0


def test_advance_stops_there_and_goes_on_after_it(config):
    armed = (Breakpoint("grad_norm_above", 0.6),)
    first, second = expected_above(advance(start(config), 200).history.grad_norm, 0.6)[:2]
    one = advance(start(config), 200, breakpoints=armed)
    two = advance(one, 200, breakpoints=armed)
    assert (one.step, two.step) == (first, second) and [hit.step for hit in two.hits] == [first, second]
    assert advance(one, 3).step == first + 3  # disarmed
    assert advance(one, 200, seconds=0.0, breakpoints=armed).step == first + 1


def ends(trace):
    """Share of values near an end of their range, over everything: name -> (L,)."""
    ranges = {"i": (0.1, 0.9), "f": (0.1, 0.9), "o": (0.1, 0.9), "r": (0.1, 0.9), "z": (0.1, 0.9)}
    values = dict(trace.gates) if trace.gates else {"h": trace.states["h"]}
    shares = {}
    for name, array in values.items():
        low, high = ranges.get(name, (-0.9, 0.9))
        shares[name] = [((a < low) | (a > high))[trace.mask].mean() for a in array.astype(np.float64)]
    return shares


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn_tanh"])
def test_saturation_is_the_share_of_values(cell):
    run = start(small(cell=cell, init="gaussian", spectral_radius=9.0, num_layers=2, bidirectional=True, length=12))
    trace = observe(run)
    found, counted = saturation(trace), ends(trace)
    assert list(counted) == list(gate_names(cell)) and found.shape == (4, len(counted)) and found.max() > 0.05
    np.testing.assert_allclose(found, np.transpose(list(counted.values())), rtol=1e-5)
    armed = advance(run, 50, breakpoints=[Breakpoint("saturation", 0.05)])
    assert armed.hits[0].step == 4
    assert Trainer(armed, device_named("cpu")).names == (trace.layer_names, gate_names(cell))
    assert advance(armed, 9).history.watched.tolist() == [4]  # disarmed, nobody looks


def test_padding_does_not_count_as_saturated_or_not():
    torch.manual_seed(0)
    lstm = torch.nn.LSTM(3, 4)
    with torch.no_grad():
        lstm.weight_hh_l0 *= 8
    packed = torch.nn.utils.rnn.pack_padded_sequence(4 * torch.randn(9, 3, 3), [2, 9, 5], enforce_sorted=False)
    with rnnviz.record(lstm) as recording:
        lstm(packed)
    trace = recording[""]
    np.testing.assert_allclose(saturation(trace), np.transpose(list(ends(trace).values())), rtol=1e-5)


def test_nothing_saturates_in_a_relu_rnn():
    run = advance(start(small(cell="rnn_relu")), 9, breakpoints=[Breakpoint("saturation", 0.01)])
    assert run.step == 9 and run.hits == () and run.history.saturation.shape == (2, 1, 0)


def test_the_sentence_says_which_where_and_why(config):
    run = go(start(config), 120, FIVE)
    first = {hit.kind: hit for hit in reversed(run.hits)}
    h = run.history

    def number(kind, value):
        assert f"{value:.4g}" in first[kind].message, first[kind].message

    for kind, words in (("grad_norm_above", "rose above 0.6"), ("grad_norm_below", "fell below 0.1")):
        step = first[kind].step
        assert words in first[kind].message and f"at step {step}" in first[kind].message
        number(kind, h.grad_norm[step - 1])
    step = first["loss_target"].step
    number("loss_target", h.loss[step - 20 : step].mean())
    number("loss_target", h.loss[step - 21 : step - 1].mean())
    step = first["plateau"].step
    number("plateau", h.loss[step - 10 : step].mean())
    number("plateau", h.loss[step - 20 : step - 10].mean())
    hit = first["saturation"]
    row = h.watched.tolist().index(hit.step)
    gate = int(h.saturation[row, 0].argmax())
    assert f"{'ifgo'[gate]} of layer l0" in hit.message and f"{h.saturation[row, 0, gate]:.1%}" in hit.message
    assert all(hit.message.endswith(".") and "nan" not in hit.message for hit in run.hits)


@pytest.mark.parametrize("kind", BREAKPOINTS)
def test_values_are_bounded(kind):
    entry = BREAKPOINTS[kind]
    Breakpoint(kind, entry.default), Breakpoint(kind, entry.low), Breakpoint(kind, entry.high)
    assert entry.label and entry.help.endswith(".")
    for bad in (entry.high * 2, entry.low - 1, float("nan"), float("inf"), "5", None, True, [1]):
        with pytest.raises(ConfigError, match=f"{kind} is .*expected a"):
            Breakpoint(kind, bad)
    if entry.whole:
        with pytest.raises(ConfigError, match="whole number"):
            Breakpoint(kind, entry.default + 0.5)


@pytest.mark.parametrize("kind", ["saturated", "", 3, None])
def test_unknown_kinds_are_refused(kind):
    with pytest.raises(ConfigError, match="expected one of grad_norm_above, grad_norm_below, saturation"):
        Breakpoint(kind, 1.0)


def test_losses_of_before_another_loss_are_not_compared():
    run = advance(start(small(learning_rate=1e-4)), 15).changed(loss="mae")
    trainer = Trainer(advance(run, 19), device_named("cpu"))
    assert trainer.loss_since == 15
    again = advance(run, 2).changed(loss="huber").changed(clip="off")
    assert Trainer(again, device_named("cpu")).loss_since == 17
    armed = [Breakpoint("loss_target", 100.0), Breakpoint("plateau", 20)]
    later = go(run, 120, armed)
    hits = {kind: [hit.step for hit in later.hits if hit.kind == kind] for kind in BREAKPOINTS}
    assert hits["loss_target"] == [35]  # twenty losses after the change
    flat = expected_plateau(later.history.loss, 20, since=15)
    assert hits["plateau"] == flat and flat[0] >= 40 and flat != expected_plateau(later.history.loss, 20)
