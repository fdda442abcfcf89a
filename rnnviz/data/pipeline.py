"""A Pipeline: how data are prepared, learned from the training part of some, and applied to those or to others.

In order: columns play their roles; rows stand in sequences, in the order of time, evenly spaced; parts are cut, by
counting rows alone; only then is anything looked at and fitted, in the training part. So no held-out number can
change what training sees.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
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
    def fit(cls, data: Dataset, config: ExperimentConfig) -> tuple[Pipeline, Prepared]:
        """Learn from the training part of `data`, prepared as the configuration says; and what that makes of all
        of them. Raises DataError."""
        fresh = cls(Roles.of(config, data), {name: getattr(config, name) for name in SETTINGS})
        learned, prepared = fresh._prepared(data, None)
        return replace(fresh, learned=learned), prepared

    def apply(self, data: Dataset) -> Prepared:
        """Prepare data that have the columns which this was fitted on. Raises DataError."""
        self.roles.numbers_in(data)
        return self._prepared(data, self.learned)[1]

    def _prepared(self, data: Dataset, learned: Learned | None) -> tuple[Learned, Prepared]:
        """learned: None where it is to be learned of the training part."""
        return (self._texts if self.roles.reads == "texts" else self._table)(data, learned)

    def _table(self, data: Dataset, learned: Learned | None) -> tuple[Learned, Prepared]:
        roles, missing = self.roles, self.settings["missing"]
        arranged = arrange(data, roles, self.settings["resample"])
        parts, steps, dropped = self._parts(arranged)
        learned = learned or tables.learn(parts["train"], roles, self.settings["scaling"])
        tokens = learned.vocabulary
        columns = () if tokens else tables.inputs_of(roles, learned)
        embedded = self.settings["categories"] == "embedding"
        return learned, Prepared(
            parts={name: tables.part_of(part, roles, learned, missing) for name, part in parts.items()},
            input_labels=tokens.labels if tokens else tables.input_labels(arranged, roles, learned, missing),
            labels=learned.classes or self._target_labels(),
            vocabulary=tokens,
            numbers=tuple(each.first for each in columns if each.number is not None),
            blocks=tuple((each.first, each.size) for each in columns if each.number is None and embedded),
            whole=roles.whole(len(arranged.bounds) - 1),
            steps=(*steps, *tables.said(parts, dropped, roles, learned, self.settings)),
        )

    def _texts(self, data: Dataset, learned: Learned | None) -> tuple[Learned, Prepared]:
        taken = Taken.of(data, self.roles, self.settings["unit"], learned.vocabulary if learned else None)
        stretches, words = taken.cut(self.roles, self.settings)
        pieces = {name: taken.pieces(each) for name, each in stretches.items()}
        label = {name: taken.labelled(each) for name, each in stretches.items()}
        if learned is None:
            found = Vocabulary.fit(pieces["train"], taken.unit, taken.apart)
            classes = fitting.classes(label["train"]) if label["train"] else ()
            learned = Learned(vocabulary=found, classes=classes)
        vocabulary = learned.vocabulary
        assert vocabulary is not None
        parts = {
            name: texts.part_of(each, vocabulary, fitting.places(own, learned.classes) if own else None)
            for (name, each), own in zip(pieces.items(), label.values(), strict=True)
        }
        count = len(taken.texts)
        begin = "One text." if count == 1 else f"Each of {count:,} rows is a text of its own."
        size, what = int(taken.bounds[-1]), (vocabulary.unit.removesuffix("s"), "column")
        steps = (Step("Sequences", begin, count, 1, ("text", "column")), Step("Parts", words, size, 1, what))
        return learned, Prepared(
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
