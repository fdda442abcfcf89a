"""The columns of a table as numbers for a network: what is learned of the training part, and what it is used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from rnnviz.data import fitting
from rnnviz.data.arranging import PARTS, WIDE, Arranged, Step, stretch_of
from rnnviz.data.dataset import Column
from rnnviz.data.filling import filled, held
from rnnviz.data.prepared import Part
from rnnviz.data.roles import Roles
from rnnviz.data.tokens import Vocabulary


@dataclass(frozen=True, eq=False)
class Learned:
    """numbers: keys of K columns of numbers. offset, scale (K,): (x - offset) / scale goes in; middle (K,): mean
    of the training part, for a stretch that knows nothing; gaps (K,) bool: columns that miss values there.
    levels: the words of each column of categories. classes: labels. vocabulary: of cells that are tokens.
    """

    numbers: tuple[str, ...] = ()
    offset: np.ndarray = field(default_factory=lambda: np.zeros(0))
    scale: np.ndarray = field(default_factory=lambda: np.zeros(0))
    middle: np.ndarray = field(default_factory=lambda: np.zeros(0))
    gaps: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    vocabulary: Vocabulary | None = None


class Input(NamedTuple):
    """A column that goes in: inputs first:first + size. number: its place in `Learned.numbers`; None: one-hot words."""

    key: str
    first: int
    size: int
    number: int | None


def input_keys(roles: Roles) -> tuple[str, ...]:
    return (WIDE,) if roles.reads == "wide" else roles.inputs


def inputs_of(roles: Roles, learned: Learned) -> tuple[Input, ...]:
    """The columns in the order of the inputs that they become; behind them all stand the indicators of gaps."""
    number = {key: k for k, key in enumerate(learned.numbers)}
    found, first = [], 0
    for key in input_keys(roles):
        size = 1 if key in number else len(learned.levels[key])
        found.append(Input(key, first, size, number.get(key)))
        first += size
    return tuple(found)


def learn(train: Arranged, roles: Roles, scaling: str) -> Learned:
    """From the training part. Raises DataError, naming the column that nothing can be learned of."""
    keys = dict.fromkeys((*input_keys(roles), *roles.targets))
    columns = {key: train.columns[key] for key in keys}
    classes = fitting.classes(_per_target(train, roles)) if roles.label else ()
    if roles.reads == "cells":
        ((_, cells),) = columns.items()
        return Learned(classes=classes, vocabulary=Vocabulary.fit([[w for w in cells.words() if w]], "cells"))
    numbers = tuple(key for key, column in columns.items() if column.kind == "number")
    values = matrix(train, numbers)
    offset, scale = fitting.scale(values, scaling, [train.columns[key].name for key in numbers])
    known = ~np.isnan(values)
    return Learned(
        numbers=numbers,
        offset=offset,
        scale=scale,
        middle=np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1),
        gaps=~known.all(axis=0),
        levels={key: fitting.levels(column) for key, column in columns.items() if column.kind == "category"},
        classes=classes,
    )


def matrix(part: Arranged, keys: Sequence[str]) -> np.ndarray:
    """(N, K) numbers of columns."""
    return np.stack([part.columns[key].values for key in keys], axis=1) if keys else np.zeros((part.rows, 0))


def without_gaps(part: Arranged, roles: Roles) -> Arranged:
    """The rows in which nothing that goes in or is predicted is missing."""
    keys = (*input_keys(roles), *roles.targets)
    kept = ~np.any([part.columns[key].gaps for key in keys], axis=0)
    stretch = stretch_of(part.bounds)
    size = np.bincount(stretch[kept], minlength=len(part.bounds) - 1)
    return part.take(np.flatnonzero(kept), np.append(0, np.cumsum(size[size > 0])))


def part_of(part: Arranged, roles: Roles, learned: Learned, missing: str) -> Part:
    """A part as a network gets it: numbers, one-hot words, and indicators of gaps, in this order of the inputs."""
    targets = _targets(part, roles, learned)
    if learned.vocabulary is not None:
        cells = part.columns[roles.inputs[0]]
        tokens = learned.vocabulary.encode(cells.words())
        return Part(tokens, targets, part.bounds, np.zeros((part.rows, 0), bool))
    values = matrix(part, learned.numbers)
    gaps = np.isnan(values)
    if missing == "mask":
        scaled = np.where(gaps, 0.0, _scaled(values, learned))
    else:
        fill = held if roles.goal == "next" else filled  # on a line, a gap would tell what comes
        scaled = _scaled(fill(values, part.bounds, learned.middle), learned)
    columns = inputs_of(roles, learned)
    blocks = [
        one_hot(part.columns[each.key], learned.levels[each.key]) if each.number is None else scaled[:, [each.number]]
        for each in columns
    ]
    inside = [each.number for each in columns if each.number is not None]
    if missing == "mask":
        blocks.append(gaps[:, [k for k in inside if learned.gaps[k]]].astype(float))
    inputs = np.concatenate(blocks, axis=1)
    inputs.flags.writeable = False
    return Part(inputs, targets, part.bounds, gaps[:, inside])


def one_hot(column: Column, levels: Sequence[str]) -> np.ndarray:
    """(N, len(levels)): 1 at the row's word; all 0 where it is missing, or was not in the training part."""
    place = fitting.places(column, levels)
    return (place[:, None] == np.arange(len(levels))).astype(float)


def input_labels(part: Arranged, roles: Roles, learned: Learned, missing: str) -> tuple[str, ...]:
    names: list[str] = []
    masked: list[str] = []
    for each in inputs_of(roles, learned):
        name = part.columns[each.key].name
        if each.number is None:
            names += [f"{name} = {level}" for level in learned.levels[each.key]]
        else:
            names.append(name)
            masked += [f"{name} missing"] * bool(learned.gaps[each.number])
    return (*names, *(masked if missing == "mask" else ()))


def _scaled(values: np.ndarray, learned: Learned) -> np.ndarray:
    return np.clip((values - learned.offset) / learned.scale, -fitting.LIMIT, fitting.LIMIT)


def _targets(part: Arranged, roles: Roles, learned: Learned) -> np.ndarray:
    """Scaled numbers (N, O), NaN where missing; or classes, of rows or of stretches, -1 where missing."""
    if roles.label:
        return fitting.places(_per_target(part, roles), learned.classes)
    places = [learned.numbers.index(key) for key in roles.targets]
    return _scaled(matrix(part, learned.numbers), learned)[:, places]


def _per_target(part: Arranged, roles: Roles) -> Column:
    """The labels: of every row, or for a class per sequence the last that each stretch knows."""
    label = part.columns[roles.label]
    if roles.goal != "class":
        return label
    stretch = stretch_of(part.bounds)
    missing = np.nan if label.values.dtype.kind == "f" else -1
    last = np.full(len(part.bounds) - 1, missing, label.values.dtype)
    known = ~label.gaps
    last[stretch[known]] = label.values[known]  # of several, the last stays
    return Column(label.name, label.kind, last, label.levels)


def said(
    parts: Mapping[str, Arranged], dropped: int, roles: Roles, learned: Learned, how: Mapping[str, Any]
) -> list[Step]:
    """What was done to gaps, numbers and words. parts: after rows were dropped."""
    rows = sum(part.rows for part in parts.values())
    if learned.vocabulary is not None:
        words = f"{len(learned.vocabulary.symbols):,} different cells of the training part are tokens, one a row."
        return [Step("Tokens", words, rows, len(learned.vocabulary.symbols) + 1, ("token", "different one"))]
    numbers = {each.key: each.number for each in inputs_of(roles, learned) if each.number is not None}
    gaps = sum(int(np.isnan(matrix(part, tuple(numbers))).sum()) for part in parts.values())
    count, masked = len(numbers), int(learned.gaps[list(numbers.values())].sum())
    forecast = "with the value before it (a line to the next would tell what comes)"
    filling = forecast if roles.goal == "next" else "on the line between its neighbours"
    words = {
        "drop": f"{dropped:,} rows with a gap are left out.",
        "interpolate": f"{gaps:,} gaps of numbers filled, each {filling} in the same part.",
        "mask": f"{gaps:,} gaps of numbers are 0; {masked} more inputs say where.",
    }[how["missing"]]
    if not gaps and not dropped:
        words = "No gaps."
    count += masked if how["missing"] == "mask" else 0
    steps = [Step("Missing values", words, rows, count + len(learned.levels))]
    words = {
        "standard": "Each column of numbers has mean 0 and deviation 1",
        "minmax": "Each column of numbers lies between 0 and 1",
        "robust": "Each column of numbers has median 0, and its middle half is 1 wide",
        "none": "Numbers go in as they are",
    }[how["scaling"]]
    words += "." if how["scaling"] == "none" else f" in the {PARTS['train']} part."
    steps.append(Step("Scaling", words, rows, count + len(learned.levels)))
    if learned.levels:
        size = sum(map(len, learned.levels.values()))
        new = "a learned vector each" if how["categories"] == "embedding" else "an input each (one-hot)"
        columns = "1 column" if len(learned.levels) == 1 else f"{len(learned.levels)} columns"
        words = f"{columns} with {size} different word{'s' * (size != 1)}: {new}."
        steps.append(Step("Categories", words, rows, count + size))
    return steps
