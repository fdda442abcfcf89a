"""Which column of a data set plays which part, by name: so that new data may hold them in another order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import FILE, Column, Dataset
from rnnviz.data.decoding import shown
from rnnviz.data.errors import DataError

GOALS = {"uploaded": "next", "uploaded_class": "class", "uploaded_steps": "steps"}
KINDS = {"number": "numbers", "category": "words", "time": "times", "text": "texts"}
WHOLE = 5  # sequences from which on whole ones train or are held out
FEW = 20  # different whole numbers that may be classes without being called so


@dataclass(frozen=True)
class Roles:
    """goal: "next" (a forecast), "class" (one of each sequence) or "steps" (a label of each time step).

    reads: what a time step is: "rows" of the columns `inputs`; "texts", where each row of one column of texts is
    a sequence of tokens; "cells", where each row of it is one token; "wide", where each row is a sequence and its
    columns are the time steps.
    inputs, targets, label, sequence, time: names of columns, "" where there is none.
    """

    goal: str
    reads: str
    inputs: tuple[str, ...]
    targets: tuple[str, ...] = ()
    label: str = ""
    sequence: str = ""
    time: str = ""

    @classmethod
    def of(cls, config: ExperimentConfig, data: Dataset) -> Roles:
        """As the configuration says, by number, or as suggests itself. Raises DataError, naming the column."""
        goal = GOALS[config.task]
        sequence = _named(data, config.sequence_column, "the one that tells sequences apart")
        time = _named(data, config.time_column, "the time index")
        if time and data.table[config.time_column].kind not in ("time", "number"):
            raise DataError(f"Column '{shown(time)}' holds no times: choose another time index, or none.")
        label = "" if goal == "next" else _label(config, data)
        taken = {sequence, time, label} - {""}
        columns = () if data.kind == "text" else config.columns  # there is nothing to choose
        chosen = [_column(data, number, "one that goes in") for number in dict.fromkeys(columns)]
        free = [column for column in data.table if column.name not in taken and column.name != FILE]
        inputs = chosen or _usual(goal, free, rows_are_sequences=not sequence and data.sequences == 1)
        if goal != "next" and label in {column.name for column in inputs}:
            raise DataError(f"Column '{shown(label)}' is the label, and cannot go in too: choose other columns.")
        targets = _targets(config, data, free) if goal == "next" and not _texts(inputs) else ()
        reads = _reads(goal, inputs, not sequence and data.sequences == 1)
        return cls(goal, reads, tuple(column.name for column in inputs), targets, label, sequence, time)

    def whole(self, sequences: int) -> bool:
        """Whether sequences are not cut: each has one class, or there are enough of them. A forecast's always are."""
        several = sequences >= WHOLE and (self.goal == "steps" or self.reads == "texts")
        return self.goal == "class" or several

    def columns(self) -> Iterator[str]:
        """All columns that are read."""
        yield from dict.fromkeys(
            name for name in (*self.inputs, *self.targets, self.label, self.sequence, self.time) if name
        )

    def numbers_in(self, data: Dataset) -> dict[str, Any]:
        """The fields of a configuration that say so of `data`. Raises DataError where a column is missing there."""
        places = {name: k for k, name in enumerate(data.columns)}
        for name in self.columns():
            if name not in places:
                raise DataError(
                    f"Column '{shown(name)}' is not in {shown(data.name)}, whose columns are "
                    f"{', '.join(shown(column) for column in data.columns[:20])}: bring a file that has it, or prepare "
                    "these data anew."
                )
        single = {"label_column": self.label, "sequence_column": self.sequence, "time_column": self.time}
        return {
            "columns": tuple(places[name] for name in self.inputs),
            "targets": tuple(places[name] for name in self.targets),
            **{field: places[name] if name else -1 for field, name in single.items()},
        }


def _column(data: Dataset, number: object, what: str) -> Column:
    count = len(data.table)
    if not (isinstance(number, int) and 0 <= number < count):
        raise DataError(
            f"Column number {number!r} is chosen as {what}, but the table has {count} columns "
            f"(0 to {count - 1}): choose again."
        )
    return data.table[number]


def _named(data: Dataset, number: int, what: str) -> str:
    return "" if number == -1 else _column(data, number, what).name


def _label(config: ExperimentConfig, data: Dataset) -> str:
    if config.label_column != -1:
        return _column(data, config.label_column, "the label").name
    table = data.table[::-1]
    spoken = (column for column in table if column.kind == "category" and column.name != FILE)
    few = (column for column in table if column.kind == "number" and _whole_and_few(column.values))
    label = next(chain(spoken, few), None)
    if label is None:
        raise DataError("No column suggests itself as the label, one of few words or numbers: choose one.")
    return label.name


def _whole_and_few(values: np.ndarray) -> bool:
    known = values[~np.isnan(values)]
    return bool(len(known)) and bool((known == np.rint(known)).all()) and len(np.unique(known)) <= FEW


def _usual(goal: str, free: list[Column], rows_are_sequences: bool) -> list[Column]:
    """Columns that go in where none is chosen: of numbers and categories; texts where there is nothing else."""
    texts = sorted((column for column in free if column.kind == "text"), key=_mean_length)
    table = [column for column in free if column.kind in ("number", "category")]
    numbers = [column for column in free if column.kind == "number"]
    if texts and (goal == "class" and rows_are_sequences or not (numbers if goal == "next" else table)):
        return texts[-1:]
    if not table:
        raise DataError("The table has no column that could go in: bring one with numbers, words or a text.")
    return table


def _mean_length(column: Column) -> float:
    return float(np.mean([len(level) for level in column.levels])) if column.levels else 0.0


def _texts(inputs: list[Column]) -> bool:
    texts = [column for column in inputs if column.kind == "text"]
    for column in inputs:
        if column.kind == "time":
            raise DataError(f"Column '{shown(column.name)}' holds times: choose it as time index, not as input.")
    if texts and len(inputs) > 1:
        raise DataError(f"Column '{shown(texts[0].name)}' holds texts, which go in alone: choose it or the others.")
    return bool(texts)


def _targets(config: ExperimentConfig, data: Dataset, free: list[Column]) -> tuple[str, ...]:
    chosen = [_column(data, number, "a target") for number in dict.fromkeys(config.targets)]
    numbers = [column for column in reversed(free) if column.kind == "number"]
    targets = chosen or list(islice(filter(_moves, numbers), 1)) or numbers[:1]
    for column in targets:
        if column.kind != "number":
            raise DataError(
                f"Column '{shown(column.name)}' holds {KINDS[column.kind]}: only numbers can be forecast; choose "
                "another target, or make it the label of a class."
            )
    if not targets:
        raise DataError("The table has no column of numbers to forecast: choose a label of a class instead.")
    return tuple(column.name for column in targets)


def _moves(column: Column) -> bool:
    known = column.values[~np.isnan(column.values)]
    return bool(len(known)) and bool((known != known[0]).any())


def _reads(goal: str, inputs: list[Column], rows_are_sequences: bool) -> str:
    if _texts(inputs):
        return "cells" if goal == "steps" or not rows_are_sequences and goal == "class" else "texts"
    if goal == "class" and rows_are_sequences:
        if any(column.kind != "number" for column in inputs):
            raise DataError(
                "Each row is one sequence here, and its columns are the time steps, so they must all be numbers: "
                "choose those, or the column that tells sequences of several rows apart."
            )
        return "wide"
    return "rows"
