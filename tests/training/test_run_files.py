"""Runs on disk: loaded back equal, and anything else refused in a sentence."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save
from small_runs import assert_equal, small

from rnnviz.data.dataset import Dataset
from rnnviz.run import Divergence, Run
from rnnviz.runfile import FORMAT
from rnnviz.training import advance, start


def table():
    values = np.sin(np.arange(300.0))[:, None] * [1.0, 2.0]
    return Dataset("wave.csv", ("a", "b"), values, notes=("2 gaps were filled.",))


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
    from dataclasses import replace

    run = replace(trained(), diverged=Divergence(9, "the loss is not a finite number", value))
    loaded = Run.from_bytes(run.to_bytes()).diverged
    assert (loaded.step, loaded.what, repr(loaded.value)) == (9, run.diverged.what, repr(value))


@pytest.mark.parametrize("data", [table(), Dataset("t.txt", text="Größe ≠ 0\n" * 40)], ids=["table", "text"])
def test_data_round_trip(data):
    from dataclasses import replace

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
    config = small(task="uploaded", data=data.fingerprint, columns=(0, 1), target_column=1)
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


def test_weights_that_do_not_fit_are_refused_where_they_are_used():
    run = Run.from_bytes(tampered(config={"columns": [], "hidden_size": 6, "length": 8, "batch_size": 4}))
    with pytest.raises(ValueError, match="do not fit the configuration"):
        advance(run, steps=1)
