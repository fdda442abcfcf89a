"""The border between processes: what goes in comes out, and it is JSON and arrays, never pickle."""

from __future__ import annotations

import gc
import weakref
from dataclasses import fields, replace

import numpy as np
import pytest

from rnnviz.config import ConfigError, ExperimentConfig
from rnnviz.data.dataset import Column, Dataset
from rnnviz.environment import whole_number
from rnnviz.run import History
from rnnviz.runs import LimitError, Limits, Spec, View
from rnnviz.runs.messages import pack, pack_spec, pack_view, unpack, unpack_spec, unpack_view
from rnnviz.tasks import TASKS
from rnnviz.trace import Trace


@pytest.mark.parametrize("blobs", [(), (b"",), (b"abc", b"", bytes(range(256)))])
def test_blobs_come_back_whole(blobs):
    header, back = unpack(pack({"verb": "play", "job": "é", "until": None}, *blobs))
    assert header == {"verb": "play", "job": "é", "until": None}
    assert tuple(back) == blobs


@pytest.mark.parametrize(
    "data",
    [
        None,
        Dataset.of_numbers("a.csv", ("x", "<b>"), np.arange(6.0).reshape(3, 2)[:, ::-1], notes=("one",)),
        Dataset.of_text("a.txt", "äöü\n\0𝄞"),
        Dataset.of_text("empty.txt", ""),
    ],
)
def test_an_experiment_comes_back_equal(data):
    config = ExperimentConfig(task="uploaded", columns=(2, 0), learning_rate=0.1 + 0.2, forget_bias=1, data="ff")
    back, run = unpack_spec(*unpack(pack_spec({"verb": "create", "job": "j"}, Spec(config, data))))
    assert run is None
    assert back.config == config
    assert (back.data is None) == (data is None)
    if data is not None:
        assert (back.data.name, back.data.columns, back.data.text, back.data.notes) == (
            data.name,
            data.columns,
            data.text,
            data.notes,
        )
        assert back.data.fingerprint == data.fingerprint


def test_equal_data_sets_of_one_process_are_one_object():
    """Compare trains many jobs on one upload: its rows are in memory once, and again only when all have gone."""

    def arrived(**changes):
        fields = {"name": "a.csv", "columns": ("x", "y"), "values": np.arange(8.0).reshape(4, 2)} | changes
        spec = Spec(ExperimentConfig(task="uploaded"), Dataset.of_numbers(**fields))
        return unpack_spec(*unpack(pack_spec({"verb": "create", "job": "j"}, spec)))[0].data

    first = arrived()
    assert arrived() is first
    for changes in ({"name": "b.csv"}, {"notes": ("a gap",)}, {"columns": ("x", "z")}, {"values": np.ones((4, 2))}):
        other = arrived(**changes)
        assert other is not first and other.name == changes.get("name", "a.csv")
    gone = weakref.ref(first)
    del first, other
    gc.collect()
    assert gone() is None


def history(steps: int) -> History:
    rng = np.random.default_rng(steps)
    loss = rng.normal(size=steps)
    loss[:1] = np.nan
    return History(loss, loss**2, np.array([0, 25]), loss[:2], loss[:2], np.array([0]), rng.normal(size=(1, 2, 3)))


def example_trace(step: int) -> Trace:
    states = {"h": np.full((1, 2, 3, 4), step, np.float32)}
    x, mask = np.zeros((2, 3, 1)), np.ones((2, 3), bool)
    return Trace("rnn_tanh", ("l0",), x, mask, states, {"h": np.zeros((1, 2, 4))}, {}, {}, (x,), step=step)


def test_a_view_comes_back_equal():
    view = View("j", "playing", 5, history(5), example_trace(5), 12.5, 99, "a “message”")
    header, blobs = unpack(pack_view(view, None, acknowledged=3))
    got = unpack_view(header, blobs, View("j", revision=7))
    assert header["acknowledged"] == 3
    assert got.revision == 7  # the receiver counts
    for f in fields(View):
        if f.name not in ("history", "trace", "revision"):
            assert getattr(got, f.name) == getattr(view, f.name)
    for name, array in vars(view.history).items():
        np.testing.assert_array_equal(getattr(got.history, name), array)
    np.testing.assert_array_equal(got.trace.states["h"], view.trace.states["h"])


@pytest.mark.parametrize("part", ["history", "trace", "neither"])
def test_only_the_parts_that_changed_travel(part):
    old = View("j", "playing", 5, history(5), example_trace(5))
    new = replace(old, status="paused", step=6)
    if part != "neither":
        new = replace(new, **{part: {"history": history(6), "trace": example_trace(6)}[part]})
    header, blobs = unpack(pack_view(new, old, acknowledged=4))
    got = unpack_view(header, blobs, old)
    assert (got.status, got.step) == ("paused", 6)
    assert header["parts"] == ([] if part == "neither" else [part])
    assert (got.history is old.history) == (part != "history")
    assert (got.trace is old.trace) == (part != "trace")
    assert len(got.history.loss) == len(new.history.loss) and got.trace.step == new.trace.step


def test_limits_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("RNNVIZ_MAX_STEPS", "7")
    assert Limits.from_environment() == Limits(max_steps=7)
    for bad in ("-1", "0", "many", "1e3", "²"):
        monkeypatch.setenv("RNNVIZ_MAX_STEPS", bad)
        with pytest.raises(ConfigError, match="RNNVIZ_MAX_STEPS is .* expected a whole number above 0"):
            Limits.from_environment()
    monkeypatch.setenv("RNNVIZ_MAX_STEPS", "")
    assert whole_number("RNNVIZ_MAX_STEPS", 5) == 5


@pytest.mark.parametrize(
    ("changes", "limits", "words"),
    [
        ({"hidden_size": 65}, {"max_hidden": 64}, "hidden_size is 65; this server allows at most 64"),
        ({"length": 101}, {"max_length": 100}, "length is 101; this server allows at most 100"),
        (
            {"num_layers": 2, "bidirectional": True},
            {"max_states": 32 * 50 * (2 + 4 * 32) - 1},
            r"One batch would hold 208,000 numbers \(32 sequences × 50 time steps × \(2 inputs \+ 128 hidden states "
            r"\+ 0 outputs\)\); this server allows at most 207,999. Make batch_size, length, hidden_size",
        ),
        # the delay of copy memory is not all of its length; symbols go in one-hot and come out as logits
        (
            {"task": "copy_memory", "batch_size": 1},
            {"max_recorded": 8 * 60 * (6 + 32 + 5) - 1},
            r"Every picture would hold 20,640 numbers \(8 sequences × 60 time steps",
        ),
        ({"embedding_size": 3}, {"max_states": 32 * 50 * (2 + 3 + 32) - 1}, "One batch would hold 59,200"),
        (
            {"task": "digits_rows", "batch_size": 1, "hidden_size": 1},
            {"max_states": 256 * 8 * 8 - 1},
            "held-out data would hold 16,384 numbers .*Make length or the number of columns",
        ),
        (
            {"cell": "rnn_tanh", "hidden_size": 4},
            {"max_parameters": 4 * (2 + 4 + 2) + 4 + 1 - 1},
            "The model would have 37 parameters; this server allows at most 36. Make hidden_size, num_layers",
        ),
    ],
)
def test_limits_say_what_is_too_large(changes, limits, words):
    """One below what the experiment needs refuses it, what it needs does not."""
    config = ExperimentConfig(**changes)
    with pytest.raises(LimitError, match=words):
        Limits(**limits).check(config)
    Limits(**{name: value + 1 for name, value in limits.items()}).check(config)


def test_the_default_limits_refuse_what_a_server_cannot_carry():
    wide = Dataset.of_numbers(
        "wide.csv", tuple(map(str, range(1000))), np.random.default_rng(0).normal(size=(3000, 1000))
    )
    uploaded = ExperimentConfig(task="uploaded", length=500, batch_size=1, hidden_size=4)
    for config, data, words in (
        (ExperimentConfig(hidden_size=512, num_layers=4), None, "parameters"),
        (ExperimentConfig(hidden_size=512, length=1000, num_layers=2, cell="rnn_tanh", batch_size=1), None, "picture"),
        (ExperimentConfig(task="text", length=1000, batch_size=512), None, "One batch"),
        (uploaded.with_(columns=tuple(range(1000))), wide, "held-out data"),
    ):
        with pytest.raises(LimitError, match=words):
            Limits().check(config, data)
    Limits().check(uploaded, Dataset.of_numbers("narrow.csv", ("a",), wide.table[0].values[:, None]))
    for name, task in TASKS.items():
        Limits().check(ExperimentConfig(task=name, **task.defaults))


def test_what_is_wrong_with_an_experiment_is_left_to_its_job():
    flat = Dataset("broken", (Column("a", "number", np.zeros(50)),), np.array([0, 40]))
    for config, data in (
        (ExperimentConfig(task="nonesuch"), None),
        (ExperimentConfig(cell="nonesuch"), None),
        (ExperimentConfig(task="uploaded"), None),
        (ExperimentConfig(task="uploaded", columns=(0,)), flat),
    ):
        Limits().check(config, data)
