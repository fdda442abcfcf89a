"""Runs in parts, and hostile bytes: a whole Run or a ValueError, whatever is read."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from safetensors.numpy import load, save
from small_runs import assert_equal, go, small

from rnnviz.breakpoints import Breakpoint
from rnnviz.data.dataset import Dataset
from rnnviz.run import Run
from rnnviz.training import advance, start


@cache
def travelled(text=False):
    """A run with data, snapshots, changes and hits, so that there is something of everything to damage."""
    table = Dataset.of_numbers(
        "wave.csv", ("a", "b"), np.sin(np.arange(300.0))[:, None] * [1.0, 2.0], notes=("2 gaps.",)
    )
    data = Dataset.of_text("t.txt", "Größe ≠ 0\n" * 90) if text else table
    columns = {} if text else {"columns": (0, 1), "targets": (1,)}
    config = small(task="uploaded", data=data.fingerprint, **columns)
    run = go(start(config, data), 9, [Breakpoint("grad_norm_above", 0.0), Breakpoint("saturation", 0.01)])
    return advance(run.changed(learning_rate=0.1).changed(optimiser="sgd"), 4)


@pytest.mark.parametrize("text", [False, True])
def test_parts_make_the_run_again(text):
    run = travelled(text)
    parts = run.to_parts()
    assert tuple(parts) == run.part_names() == ("head", "data", *(f"snapshot-{s.step}" for s in run.snapshots))
    assert len(run.snapshots) > 2 and run.changes and run.hits
    for again in (Run.from_parts(parts), Run.from_bytes(run.to_bytes())):
        assert_equal(run, again)
        assert again.data.fingerprint == run.data.fingerprint and again.original == run.original
        assert_equal(advance(again, 3), advance(run, 3))


def test_known_parts_need_not_be_written_again():
    run, later = travelled(), advance(travelled(), 6)
    kept = run.to_parts()
    new = later.to_parts(known=set(kept))
    assert "head" in new and "data" not in new and new.keys() | kept.keys() >= set(later.part_names())
    assert 0 < len(new) - 1 < len(later.snapshots)
    everything = {**kept, **new}
    assert_equal(later, Run.from_parts({name: everything[name] for name in later.part_names()}))
    assert small().data == "" and start(small()).part_names() == ("head", "snapshot-0")


@pytest.mark.parametrize("spoil, words", [
    (lambda parts: parts.pop("head"), "its part 'head' is missing"),
    (lambda parts: parts.pop("data"), "damaged"),
    (lambda parts: parts.pop("snapshot-0"), "snapshot 0 is missing"),
    (lambda parts: parts.update(data=parts["snapshot-0"]), "its part 'data' holds 'snapshot-0'"),
    (lambda parts: parts.update({"snapshot-0": parts["head"]}), "its part 'snapshot-0' holds"),
    (lambda parts: parts.update(head=parts["data"]), "damaged"),
    (lambda parts: parts.update(head=b""), "not a saved run"),
    (lambda parts: parts.update(data=b"PK\3\4"), "not a saved part of a run"),
    (lambda parts: parts.update({"snapshot-0": advance(start(small(hidden_size=6)), 1).to_parts()["snapshot-0"]}),
     "snapshot 0 is missing, or holds other weights"),
])  # fmt: skip
def test_parts_that_do_not_belong_together_are_refused(spoil, words):
    parts = dict(travelled().to_parts())
    spoil(parts)
    with pytest.raises(ValueError, match=words):
        Run.from_parts(parts)


def taken_apart():
    """(header, words, arrays as bytes) of a saved run."""
    content = travelled().to_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    return header, json.loads(header["__metadata__"]["plain"]), content[end:]


def rewritten(words):
    """The saved run with other words, given as JSON."""
    header, _, arrays = taken_apart()
    header["__metadata__"]["plain"] = words
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + arrays


def refused(content):
    try:
        Run.from_bytes(content)
    except ValueError as error:
        assert "saved run" in str(error)
        return True
    return False


def test_every_truncation_is_refused():
    content = travelled().to_bytes()
    rng = random.Random(1)
    cuts = [*range(0, 64), *(rng.randrange(len(content)) for _ in range(150)), len(content) - 1]
    assert all(refused(content[:cut]) for cut in cuts)
    assert not refused(content)


def test_flipped_bytes_are_refused_or_harmless():
    content = travelled().to_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    rng = random.Random(2)
    outcomes = []
    for _ in range(400):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 1, 4])):
            damaged[rng.randrange(end if rng.random() < 0.8 else len(content))] = rng.randrange(256)
        outcomes.append(refused(bytes(damaged)))
    assert sum(outcomes) > 200


WRONG = (
    None, True, -1, 1.5, 10**400, float("nan"), float("inf"), "x", [], {}, [None], [[]], [10**30], [float("nan")],
    [["a", "b", "c", "d"]], [[1, 2, 3]], [[1.5, "a", "b"]], [[10**30, "a", "b"]], [[0, "hidden_size", 1, 2]],
    [13, "x", 10**400],
    [[1, "learning_rate", 1, 2]], [[1, "loss", [], {}]], [[3, "learning_rate", 0.005, 0.1], [2, "clip", "norm", "off"]],
)  # fmt: skip
# such a run there could be, or it is found out where it is used
HARMLESS = {("changes", "[]"), ("hits", "[]"), ("diverged", "null"), ("snapshots", "[]"), ("data", "null")}


@pytest.mark.parametrize("key", ["config", "step", "changes", "hits", "snapshots", "diverged", "data"])
def test_wrong_json_types_are_refused(key):
    _, words, _ = taken_apart()
    for wrong in WRONG:
        accepted = (key, json.dumps(wrong)) in HARMLESS
        assert refused(rewritten(json.dumps({**words, key: wrong}))) != accepted, wrong
    del words[key]
    assert refused(rewritten(json.dumps(words)))


@pytest.mark.parametrize("changes", [
    [[9, "learning_rate", 0.005, 0.1], [9, "optimiser", "adam", "rmsprop"]],
    [[3, "learning_rate", 0.005, 0.2], [9, "learning_rate", 0.3, 0.1], [9, "optimiser", "adam", "sgd"]],
    [[9, "optimiser", "adam", "sgd"], [9, "learning_rate", 0.005, 0.1], [9, "clip", "norm", "norm"]],
    [[14, "learning_rate", 0.005, 0.1], [14, "optimiser", "adam", "sgd"]],
    [[-1, "learning_rate", 0.005, 0.1], [9, "optimiser", "adam", "sgd"]],
    [[9, "optimiser", "adam", "sgd"], [8, "learning_rate", 0.005, 0.1]],
])  # fmt: skip
def test_changes_that_do_not_lead_to_the_settings_are_refused(changes):
    _, words, _ = taken_apart()
    assert refused(rewritten(json.dumps({**words, "changes": changes})))


@pytest.mark.parametrize("key", ["learning_rate", "hidden_size", "task", "columns", "optimiser", "loss", "seed"])
def test_wrong_settings_are_refused(key):
    _, words, _ = taken_apart()
    for wrong in (None, True, [1.5], {}, float("nan"), -1, 10**400):
        assert refused(rewritten(json.dumps({**words, "config": {**words["config"], key: wrong}}))) or key == "columns"


@pytest.mark.parametrize("words", ["[" * 100_000, '{"a":' * 20_000, "9" * 6000, "null", "3", '"x"', "[]", "{}", "{"])
def test_words_that_are_no_words_are_refused(words):
    assert refused(rewritten(words))


def with_arrays(**changes):
    """The saved run with other arrays (name -> array, or None: without it)."""
    content = travelled().to_bytes()
    header, _, _ = taken_apart()
    arrays = {**load(content), **{name.replace("__", "/"): array for name, array in changes.items()}}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    meta = {**header["__metadata__"], "order": json.dumps(list(arrays))}
    return save(arrays, meta)


@pytest.mark.parametrize("changes", [
    {"history__loss": None},
    {"history__loss": np.zeros(12)},
    {"history__loss": np.zeros(13, np.float32)},
    {"history__loss": np.zeros((13, 1))},
    {"history__loss": np.full(13, np.nan)},
    {"history__grad_norm": np.full(13, np.inf)},
    {"history__checked": np.arange(3)},
    {"history__checked": np.array(5)},
    {"history__recorded": np.array([0, 6, 3, 9, 12])},
    {"history__recorded": np.array([0, 3, 6, 9, 14])},
    {"history__recorded": np.array([0, 3, 3, 9, 12])},
    {"history__watched": np.array([0.0, 4.0])},
    {"history__saturation": np.zeros((2, 4))},
    {"history__flow": np.zeros((1, 1, 8))},
    {"history__more": np.zeros(3)},
    {"data__values": None},
    {"data__values": np.zeros((300, 3))},
    {"data__values": np.full((300, 2), np.inf)},
    {"data__values": np.zeros((300, 2), np.int8)},
    {"data__text": np.frombuffer(b"both", np.uint8)},
], ids=lambda changes: next(iter(changes)))  # fmt: skip
def test_wrong_arrays_are_refused(changes):
    assert refused(with_arrays(**changes)) and not refused(with_arrays())


@pytest.mark.parametrize("content", [
    save({"x": np.zeros(2, np.float16)}),
    # a kind of number that numpy has no name for
    (lambda text: len(text).to_bytes(8, "little") + text + b"\0\0")(
        b'{"x":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
    ),
    (2**63).to_bytes(8, "little") + b"{}",
])  # fmt: skip
def test_foreign_safetensors_are_refused(content):
    assert refused(content)


@pytest.mark.parametrize("damage", [
    lambda optimiser: {k: v for k, v in optimiser.items() if not k.endswith("exp_avg")},
    lambda optimiser: {**optimiser, "0.exp_avg": np.zeros((3, 3), np.float32)},
    lambda optimiser: {**optimiser, "99.step": np.zeros((), np.float32)},
    lambda optimiser: {**optimiser, "zero.step": np.zeros((), np.float32)},
    lambda optimiser: {**optimiser, "0.more": np.zeros((), np.float32)},
])  # fmt: skip
def test_an_optimisers_state_that_does_not_fit_is_refused_where_it_is_used(damage):
    run = advance(start(small()), 3)
    spoilt = Run.from_bytes(replace(run, optimiser=damage(dict(run.optimiser))).to_bytes())
    with pytest.raises(ValueError, match="does not fit|invalid literal"):
        advance(spoilt, 1)
