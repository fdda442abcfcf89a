"""A Pipeline: how data are prepared, learned from the training part of some, and applied to those or to others.

In order: columns play their roles; rows stand in sequences, in the order of time, evenly spaced; parts are cut, by
counting rows alone; only then is anything looked at and fitted, in the training part. So no held-out number can
change what training sees.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data import fitting, tables, texts
from rnnviz.data.arranging import Arranged, Step, arrange, cut, rows_of
from rnnviz.data.dataset import Dataset
from rnnviz.data.prepared import Prepared
from rnnviz.data.roles import GOALS, Roles
from rnnviz.data.tables import Learned
from rnnviz.data.texts import Taken
from rnnviz.data.tokens import Vocabulary

SETTINGS = ("train_fraction", "test_fraction", "missing", "scaling", "categories", "resample", "unit")
_ARRAYS = {"offset": np.float64, "scale": np.float64, "middle": np.float64, "gaps": np.bool_}


@dataclass(frozen=True, eq=False)
class Pipeline:
    """roles: which column plays which part. settings: fields of the configuration that say how. learned: from data."""

    roles: Roles
    settings: Mapping[str, Any]
    learned: Learned = field(default_factory=Learned)

    @classmethod
    def fit(cls, data: Dataset, config: ExperimentConfig) -> Pipeline:
        """Learn from the training part of `data`, prepared as the configuration says. Raises DataError."""
        roles = Roles.of(config, data)
        settings = {name: getattr(config, name) for name in SETTINGS}
        fresh = cls(roles, settings)
        if roles.reads == "texts":
            taken = Taken.of(data, roles, settings["unit"])
            train = taken.cut(roles, settings)[0]["train"]
            vocabulary = Vocabulary.fit(taken.pieces(train), taken.unit, taken.apart)
            label = taken.labelled(train)
            return cls(roles, settings, Learned(vocabulary=vocabulary, classes=fitting.classes(label) if label else ()))
        train_rows = fresh._parts(arrange(data, roles, settings["resample"]))[0]["train"]
        return cls(roles, settings, tables.learn(train_rows, roles, settings["scaling"]))

    def apply(self, data: Dataset) -> Prepared:
        """Prepare data that have the columns which this was fitted on. Raises DataError."""
        self.roles.numbers_in(data)
        if self.roles.reads == "texts":
            return self._apply_to_texts(data)
        arranged = arrange(data, self.roles, self.settings["resample"])
        parts, steps, dropped = self._parts(arranged)
        missing, learned, roles = self.settings["missing"], self.learned, self.roles
        tokens = learned.vocabulary
        one_hot = () if tokens else tables.blocks(roles, learned)
        return Prepared(
            parts={name: tables.part_of(part, roles, learned, missing) for name, part in parts.items()},
            input_labels=tokens.labels if tokens else tables.input_labels(arranged, roles, learned, missing),
            labels=learned.classes or self._target_labels(),
            vocabulary=tokens,
            numbers=() if tokens else tables.number_inputs(roles, learned),
            blocks=one_hot if self.settings["categories"] == "embedding" else (),
            whole=roles.whole(len(arranged.bounds) - 1),
            steps=(*steps, *tables.said(parts, dropped, roles, learned, self.settings)),
        )

    def _apply_to_texts(self, data: Dataset) -> Prepared:
        vocabulary, learned = self.learned.vocabulary, self.learned
        assert vocabulary is not None
        taken = Taken.of(data, self.roles, self.settings["unit"], vocabulary)
        stretches, words = taken.cut(self.roles, self.settings)
        parts = {}
        for name, each in stretches.items():
            label = taken.labelled(each)
            classes = fitting.places(label, learned.classes) if label else None
            parts[name] = texts.part_of(taken.pieces(each), vocabulary, classes)
        count = len(taken.texts)
        begin = "One text." if count == 1 else f"Each of {count:,} rows is a text of its own."
        size, what = int(taken.bounds[-1]), (vocabulary.unit.removesuffix("s"), "column")
        steps = (Step("Sequences", begin, count, 1, ("text", "column")), Step("Parts", words, size, 1, what))
        return Prepared(
            parts=parts,
            input_labels=vocabulary.labels,
            labels=learned.classes or vocabulary.labels,
            vocabulary=vocabulary,
            numbers=(),
            blocks=(),
            whole=self.roles.whole(count),
            steps=(*steps, texts.step_of(parts["train"], vocabulary, size)),
        )

    def _parts(self, arranged: Arranged) -> tuple[dict[str, Arranged], tuple[Step, ...], int]:
        """The rows of each part, the steps so far, and how many rows with gaps were dropped."""
        settings, whole = self.settings, self.roles.whole(len(arranged.bounds) - 1)
        stretches, words = cut(arranged.bounds, whole, settings["train_fraction"], settings["test_fraction"])
        parts = {name: arranged.take(*rows_of(each)) for name, each in stretches.items()}
        dropped = 0
        if settings["missing"] == "drop" and self.roles.reads != "cells":
            parts = {name: tables.without_gaps(part, self.roles) for name, part in parts.items()}
            dropped = arranged.rows - sum(part.rows for part in parts.values())
        return parts, arranged.noted("Parts", words).steps, dropped

    def _target_labels(self) -> tuple[str, ...]:
        scaled = fitting.SCALED[self.settings["scaling"]]
        return tuple(f"{name} ({scaled})" if scaled else name for name in self.roles.targets)

    def fields(self, data: Dataset) -> dict[str, Any]:
        """The fields of a configuration for data that are prepared by this. Raises DataError for unfit data."""
        task = next(task for task, goal in GOALS.items() if goal == self.roles.goal)
        return {"task": task, **self.settings, **self.roles.numbers_in(data)}

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits of the SHA-256 of all of it."""
        words, arrays = self.to_parts()
        digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
        for name in sorted(arrays):
            digest.update(name.encode() + arrays[name].tobytes())
        return digest.hexdigest()[:16]

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """(words that JSON can hold, arrays): what a file or a message carries, for `from_parts`."""
        learned = self.learned
        words = {
            "roles": asdict(self.roles),
            "settings": dict(self.settings),
            "numbers": learned.numbers,
            "levels": dict(learned.levels),
            "classes": learned.classes,
            "vocabulary": asdict(learned.vocabulary) if learned.vocabulary else None,
        }
        return words, {name: getattr(learned, name) for name in _ARRAYS}

    @classmethod
    def from_parts(cls, words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Pipeline:
        """What `to_parts` took apart. Raises LookupError, TypeError or ValueError where it is damaged."""
        numbers, levels = _strings(words["numbers"]), {k: _strings(v) for k, v in words["levels"].items()}
        for name, kind in _ARRAYS.items():
            if arrays[name].dtype != kind or arrays[name].shape != (len(numbers),):
                raise ValueError(f"the pipeline's {name} is {arrays[name].dtype} {arrays[name].shape}.")
        if not all(np.isfinite(arrays[name]).all() for name in _ARRAYS) or (arrays["scale"] == 0).any():
            raise ValueError("the pipeline scales by numbers that cannot scale.")
        spoken = words["vocabulary"]
        vocabulary = spoken and Vocabulary(spoken["unit"], _strings(spoken["symbols"]), spoken["apart"])
        given: dict[str, Any] = {
            name: _strings(value) if isinstance(value, (list, tuple)) else value
            for name, value in words["roles"].items()
        }
        settings = {name: words["settings"][name] for name in SETTINGS}
        ExperimentConfig(**settings)  # which checks them
        found: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
        learned = Learned(numbers, **found, levels=levels, classes=_strings(words["classes"]), vocabulary=vocabulary)
        pipeline = cls(Roles(**given), settings, learned)
        pipeline._check()
        return pipeline

    def _check(self) -> None:
        """Raise ValueError where what was learned is not what the roles need."""
        roles, learned = self.roles, self.learned
        words = (*vars(roles).values(), *roles.inputs, *roles.targets)
        if not all(isinstance(word, (str, tuple)) for word in words) or roles.goal not in GOALS.values():
            raise ValueError("the pipeline's roles are no names of columns.")
        fits = set(roles.targets) <= set(learned.numbers)
        if roles.reads in ("texts", "cells"):
            fits = learned.vocabulary is not None and len(roles.inputs) == 1
        elif roles.reads in ("rows", "wide"):
            fits = fits and set(tables.input_keys(roles)) <= {*learned.numbers, *learned.levels}
        if not fits or bool(roles.label) != bool(learned.classes) or bool(roles.label) == (roles.goal == "next"):
            raise ValueError("the pipeline did not learn what its columns need.")


def _strings(values: Any) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
        raise ValueError("the pipeline has names that are no text.")
    return tuple(values)
