"""What a Run is kept as: one file, or parts of which most never change, all safetensors.

The head holds what every step changes: weights, optimiser state, history. Data, the start and snapshots are parts
of their own. A file is all the parts' arrays under the head's words. Everything read is checked: a file may come
from anywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, astuple, replace
from functools import reduce
from typing import Any

import numpy as np

from rnnviz.breakpoints import gate_names
from rnnviz.cells import CELLS
from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.run import (
    MAX_CHANGES,
    MAX_HITS,
    MAX_SNAPSHOTS,
    Arrays,
    Change,
    Divergence,
    History,
    Hit,
    Run,
    Snapshot,
)
from rnnviz.shapes import SHAPES
from rnnviz.start import Start
from rnnviz.tasks import TASKS, Task
from rnnviz.tensorfile import pack, unpack

FORMAT = "rnnviz-run-2"
MOST = {"snapshots": MAX_SNAPSHOTS, "changes": MAX_CHANGES, "hits": MAX_HITS}
WORDS = 300  # of what is wrong, in characters: what a file says may be of any length
DAMAGE = (LookupError, TypeError, AttributeError, ValueError, OverflowError)


def to_bytes(run: Run) -> bytes:
    arrays = _head_arrays(run)
    for name in run.part_names()[1:]:
        arrays |= _part_arrays(run, name)
    return pack(arrays, _words(run), FORMAT)


def from_bytes(content: bytes) -> Run:
    return _rebuilt(*unpack(content, FORMAT, "run"))


def to_parts(run: Run, known: Collection[str] = ()) -> dict[str, bytes]:
    parts = {"head": pack(_head_arrays(run), _words(run), FORMAT)}
    wanted = [name for name in run.part_names()[1:] if name not in known]
    # a part's words are its name, so that one cannot pass for another
    return parts | {name: pack(_part_arrays(run, name), name, FORMAT) for name in wanted}


def from_parts(parts: Mapping[str, bytes]) -> Run:
    if "head" not in parts:
        raise ValueError("This saved run is damaged: its part 'head' is missing.")
    words, arrays = unpack(parts["head"], FORMAT, "run")
    for name in parts:
        if name != "head":
            label, more = unpack(parts[name], FORMAT, "part of a run")
            if label != name:
                raise ValueError(f"This saved run is damaged: its part {name!r} holds {label!r}.")
            arrays |= more
    return _rebuilt(words, arrays)


def _words(run: Run) -> dict[str, Any]:
    return {
        "config": asdict(run.config),
        "step": run.step,
        "changes": [astuple(change) for change in run.changes],
        "hits": [astuple(hit) for hit in run.hits],
        "snapshots": [snapshot.step for snapshot in run.snapshots],
        # the value may be NaN or infinite, which JSON has no words for
        "diverged": run.diverged and [run.diverged.step, run.diverged.what, repr(run.diverged.value)],
        "data": run.data and run.data.to_parts()[0],
        "start": run.start and run.start.to_parts()[0],
    }


def _head_arrays(run: Run) -> dict[str, np.ndarray]:
    """Every array of the head with its full name: `weights/rnn.weight_hh_l0`, `history/loss`."""
    return _held("", run) | {f"history/{name}": array for name, array in vars(run.history).items()}


def _part_arrays(run: Run, part: str) -> dict[str, np.ndarray]:
    """The same of another part: `data/0`, `start/weights/embed.weight`, `snapshot-100/weights/rnn.weight_hh_l0`."""
    for name, held in (("data", run.data), ("start", run.start)):
        if part == name and held is not None:
            return {f"{name}/{array}": values for array, values in held.to_parts()[1].items()}
    return next(_held(part + "/", s) for s in run.snapshots if part == f"snapshot-{s.step}")


def _held(prefix: str, holder: Run | Snapshot) -> dict[str, np.ndarray]:
    weights = {f"{prefix}weights/{name}": array for name, array in holder.weights.items()}
    return weights | {f"{prefix}optimiser/{name}": array for name, array in holder.optimiser.items()}


def _rebuilt(words: Any, arrays: Arrays) -> Run:
    try:
        return _built(words, arrays)
    except DAMAGE as error:
        raise ValueError(f"This saved run is damaged: {type(error).__name__}: {str(error)[:WORDS]}") from None


def _grouped(arrays: Arrays) -> dict[str, dict[str, np.ndarray]]:
    """The arrays by what holds them, in one pass: "weights", "history", "snapshot-100/weights", ..."""
    groups: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    for full, array in arrays.items():
        holder, _, name = full.partition("/")
        if holder.startswith("snapshot-"):
            kind, _, name = name.partition("/")
            holder += f"/{kind}"
        groups[holder][name] = array
    return groups


def _built(words: dict[str, Any], arrays: Arrays) -> Run:
    step = words["step"]
    _expect(type(step) is int and step >= 0, f"step is {step!r}; expected 0 or more.")
    for name, most in MOST.items():
        if not isinstance(words[name], list):
            raise ValueError(f"{name} is {words[name]!r}; expected a list.")
        _expect(len(words[name]) <= most, f"it has {len(words[name])} {name}; expected at most {most}.")
    diverged = None
    if words["diverged"] is not None:
        at, what, value = words["diverged"]
        diverged = Divergence(at, what, float(value))
        _expect(at == step and isinstance(what, str), f"diverged is {words['diverged']!r}.")
    groups = _grouped(arrays)
    snapshots = tuple(
        Snapshot(at, groups[f"snapshot-{at}/weights"], groups[f"snapshot-{at}/optimiser"]) for at in words["snapshots"]
    )
    run = Run(
        config=ExperimentConfig.from_plain(words["config"]),
        step=step,
        weights=groups["weights"],
        optimiser=groups["optimiser"],
        history=History(**groups["history"]),
        snapshots=snapshots,
        diverged=diverged,
        data=None if words["data"] is None else Dataset.from_parts(words["data"], groups["data"]),
        changes=tuple(Change(*change) for change in words["changes"]),
        hits=tuple(Hit(*hit) for hit in words["hits"]),
        # runs were kept before there was such a thing
        start=None if words.get("start") is None else Start.from_parts(words["start"], groups["start"]),
    )
    _check_start(run)
    _check_history(run.history, step)
    _check_axes(run.history, run.config)
    _check_snapshots(run)
    _check_events(run)
    return run


def _expect(fact: bool, words: str) -> None:
    if not fact:
        raise ValueError(words)


def _check_history(h: History, step: int) -> None:
    """Rows, axes and kinds of numbers; steps in order. Numbers of steps taken are finite: others end a run."""
    checks, looks = len(h.checked), len(h.watched)
    rows = {"loss": step, "grad_norm": step, "heldout_loss": checks, "metric": checks}
    rows |= {"flow": len(h.recorded), "saturation": looks}
    for name, count in rows.items():
        array, axes = getattr(h, name), 3 if name in ("flow", "saturation") else 1
        _expect(array.ndim == axes and array.dtype == np.float64, f"history.{name} is {array.dtype} {array.shape}.")
        _expect(len(array) == count, f"history.{name} has {len(array)} rows; expected {count}.")
    for name in ("checked", "recorded", "watched"):
        steps = getattr(h, name)
        _expect(steps.ndim == 1 and steps.dtype == np.int64, f"history.{name} is {steps.dtype} {steps.shape}.")
        ordered = not len(steps) or steps[0] >= 0 and steps[-1] <= step and bool((steps[1:] > steps[:-1]).all())
        _expect(ordered, f"history.{name} does not hold steps from 0 to {step} in order.")
    for name in ("loss", "grad_norm"):
        _expect(bool(np.isfinite(getattr(h, name)).all()), f"history.{name} holds numbers that are not finite.")


def _check_axes(h: History, config: ExperimentConfig) -> None:
    """Where there are rows, they are of the layers that the configuration has, its time steps and its gates."""
    shape = TASKS[config.task].shape if config.task in TASKS else Task.shape  # a task may be registered later
    layers = config.num_layers * SHAPES[shape].directions(config.bidirectional)
    for name in ("flow", "saturation"):
        rows, seen, _ = getattr(h, name).shape
        _expect(not rows or seen == layers, f"history.{name} is of {seen} layers; expected {layers}.")
    _expect(not len(h.flow) or h.flow.shape[2] > 0, "history.flow is of no time step; expected one or more.")
    if len(h.saturation) and config.cell in CELLS:  # a cell may be registered after its runs are read
        gates, seen = len(gate_names(config.cell)), h.saturation.shape[2]
        _expect(seen == gates, f"history.saturation is of {seen} gates; expected {gates}.")


def _check_start(run: Run) -> None:
    given = "" if run.start is None else run.start.fingerprint
    _expect(run.config.start == given, f"its settings name the start {run.config.start!r}; it has {given!r}.")


def _check_snapshots(run: Run) -> None:
    before = -1
    for step in (snapshot.step for snapshot in run.snapshots):
        fits = type(step) is int and before < step <= run.step
        _expect(fits, f"snapshots holds {step!r} after {before}, up to {run.step}.")
        before = step
    shapes = {name: (array.shape, array.dtype) for name, array in run.weights.items()}
    for snapshot in run.snapshots:
        own = {name: (array.shape, array.dtype) for name, array in snapshot.weights.items()}
        _expect(own == shapes, f"snapshot {snapshot.step} is missing, or holds other weights than the run.")


def _check_events(run: Run) -> None:
    """Changes lead from the original configuration to the present one, and are as `changed` writes them."""
    for hit in run.hits:
        _expect(isinstance(hit.kind, str) and isinstance(hit.message, str), f"hits holds {hit!r}.")
    for name, events in (("hits", run.hits), ("changes", run.changes)):
        steps = [event.step for event in events]
        _expect(all(type(step) is int for step in steps), f"{name} have steps {steps}.")
        _expect(steps == sorted(steps) and all(0 <= step <= run.step for step in steps), f"{name} have steps {steps}.")
    begin = Run(run.original, 0, {}, {}, run.history)

    def follow(so_far: Run, change: Change) -> Run:
        return replace(so_far, step=change.step).changed(**{change.field: change.after})

    end = reduce(follow, run.changes, begin)
    _expect((end.config, end.changes) == (run.config, run.changes), "its changes do not lead to its settings.")
