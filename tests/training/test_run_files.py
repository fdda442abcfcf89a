"""Runs on disk: loaded back equal, and anything else refused in a sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save
from small_runs import assert_equal, small

from rnnviz.breakpoints import Breakpoint
from rnnviz.config import ConfigError
from rnnviz.data.dataset import Dataset
from rnnviz.run import MAX_CHANGES, MAX_HITS, MAX_SNAPSHOTS, Divergence, Hit, Run
from rnnviz.runfile import FORMAT
from rnnviz.tensorfile import ARRAYS
from rnnviz.training import advance, start


def table():
    values = np.sin(np.arange(300.0))[:, None] * [1.0, 2.0]
    return Dataset.of_numbers("wave.csv", ("a", "b"), values, notes=("2 gaps were filled.",))


def trained(steps=9, **settings):
    return advance(start(small(**settings)), steps=steps)


def test_round_trip(tmp_path):
    run = trained(num_layers=2, dropout=0.2, bidirectional=True, forget_bias=1.0)
    run.save(tmp_path / "run.safetensors")
    assert_equal(run, Run.load(tmp_path / "run.safetensors"))
    fresh = start(small(optimiser="sgd"))
    assert_equal(fresh, Run.from_bytes(fresh.to_bytes()))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 3.5])
def test_divergence_round_trip(value):
    run = replace(trained(), diverged=Divergence(9, "the loss is not a finite number", value))
    loaded = Run.from_bytes(run.to_bytes()).diverged
    assert (loaded.step, loaded.what, repr(loaded.value)) == (9, run.diverged.what, repr(value))


@pytest.mark.parametrize("data", [table(), Dataset.of_text("t.txt", "Größe ≠ 0\n" * 40)], ids=["table", "text"])
def test_data_round_trip(data):
    run = replace(trained(), data=data)
    loaded = Run.from_bytes(run.to_bytes()).data
    assert (loaded.name, loaded.columns, loaded.text, loaded.notes) == (
        data.name,
        data.columns,
        data.text,
        data.notes,
    )
    assert loaded.fingerprint == data.fingerprint


def test_an_uploaded_table_trains_on_after_loading():
    data = table()
    config = small(task="uploaded", data=data.fingerprint, columns=(0, 1), targets=(1,))
    whole = advance(start(config, data), steps=6)
    half = Run.from_bytes(advance(start(config, data), steps=3).to_bytes())
    assert_equal(whole, advance(half, steps=3))


def tampered(**changes):
    """A saved run whose header says something else."""
    content = trained(3).to_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    plain = json.loads(header["__metadata__"]["plain"])
    header["__metadata__"]["plain"] = json.dumps({**plain, **changes})
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + size :]


@pytest.mark.parametrize("content, words", [
    (b"", "not a saved run"),
    (b"\x80\x04\x95 a pickle", "not a saved run"),
    (b"\xff" * 64, "not a saved run"),
    (trained, "not a saved run"),
    (save({"x": np.zeros(2)}), "its format is None"),
    (save({"x": np.zeros(2)}, {"format": "rnnviz-trace-1"}), "its format is 'rnnviz-trace-1'"),
    (save({"x": np.zeros(2)}, {"format": FORMAT}), "damaged"),
    (save({"x": np.zeros(2)}, {"format": FORMAT, "plain": "[1", "order": "[]"}), "damaged"),
    (save({"x": np.zeros(2)}, {"format": FORMAT, "plain": "[]", "order": "[]"}), "damaged"),
    (lambda: tampered(config={"columns": [], "hidden_size": 10**9}), "damaged.*hidden_size"),
    (lambda: tampered(config={"columns": [], "shell": "rm"}), "damaged"),
    (lambda: tampered(step=4), "damaged.*history.loss has 3 rows; expected 4"),
    (lambda: tampered(diverged=[1]), "damaged"),
])  # fmt: skip
def test_anything_else_is_refused(content, words):
    if content is trained:
        content = trained().to_bytes()[:-5]
    content = content() if callable(content) else content
    with pytest.raises(ValueError, match=words):
        Run.from_bytes(content)


@pytest.mark.parametrize("name, most, one", [
    ("snapshots", MAX_SNAPSHOTS, 0),
    ("changes", MAX_CHANGES, [1, "learning_rate", 0.005, 0.1]),
    ("hits", MAX_HITS, [1, "grad_norm_above", "It rose."]),
])  # fmt: skip
def test_more_than_a_run_can_hold_is_refused_before_any_work(name, most, one):
    with pytest.raises(ValueError, match=f"damaged.*it has {most + 1} {name}; expected at most {most}"):
        Run.from_bytes(tampered(**{name: [one] * (most + 1)}))


def test_a_run_with_as_much_as_it_can_hold_is_read():
    run = trained(3)
    for k in range(MAX_CHANGES):
        run = run.changed(optimiser=("sgd", "adam")[k % 2])
    hits = tuple(Hit(3, "grad_norm_above", f"The gradient norm rose above 1 at step {k}.") for k in range(MAX_HITS))
    norms = np.array([*run.history.grad_norm[:-1], 0.0])  # the next is larger
    run = replace(run, hits=hits, history=replace(run.history, grad_norm=norms))
    assert_equal(run, Run.from_bytes(run.to_bytes()))
    with pytest.raises(ConfigError, match=f"have changed {MAX_CHANGES} times"):
        run.changed(optimiser="sgd")
    after = advance(run, 1, breakpoints=[Breakpoint("grad_norm_above", 0.0)])
    other = advance(run.changed(), 1)
    assert other.hits == hits  # nothing fires: nothing goes
    assert len(after.hits) == MAX_HITS and after.hits[:-1] == hits[1:] and after.hits[-1].step == 4


@pytest.mark.parametrize("content, words", [
    (lambda: save({f"nonsense-{k}": np.zeros(0) for k in range(ARRAYS + 1)}, {"format": FORMAT}), "holds 20001 arrays"),
    (lambda: (50_000_000).to_bytes(8, "little") + b" " * 50_000_000, "header would have 50000000 bytes"),
])  # fmt: skip
def test_nonsense_of_any_size_is_refused_before_any_array_is_made(content, words, monkeypatch):
    monkeypatch.setattr("safetensors.numpy.load", lambda content: pytest.fail("arrays were made"))
    with pytest.raises(ValueError, match=f"not a saved run.*{words}"):
        Run.from_bytes(content())


def test_what_is_wrong_is_said_shortly():
    with pytest.raises(ValueError) as refused:
        Run.from_bytes(tampered(hits=[[1, "x" * 100_000, 3]]))
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("changes, words", [
    ({"flow": np.zeros((2, 2, 8))}, "history.flow is of 2 layers; expected 1"),
    ({"flow": np.zeros((2, 1, 0))}, "history.flow is of no time step"),
    ({"watched": np.array([1]), "saturation": np.zeros((1, 2, 4))}, "history.saturation is of 2 layers; expected 1"),
    ({"watched": np.array([1]), "saturation": np.zeros((1, 1, 0))}, "history.saturation is of 0 gates; expected"),
    ({"saturation": np.zeros((0, 0, 0))}, ""),
])  # fmt: skip
def test_the_axes_of_the_history_are_those_of_the_model(changes, words):
    run = trained(3)
    content = replace(run, history=replace(run.history, **changes)).to_bytes()
    if not words:
        assert Run.from_bytes(content).step == 3
        return
    with pytest.raises(ValueError, match=words):
        Run.from_bytes(content)


def test_weights_that_do_not_fit_are_refused_where_they_are_used():
    run = Run.from_bytes(tampered(config={"columns": [], "hidden_size": 6, "length": 8, "batch_size": 4}))
    with pytest.raises(ValueError, match="do not fit the configuration"):
        advance(run, steps=1)
