"""Texts of a data set, a row each: taken apart into tokens and cut into parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from rnnviz.data.arranging import Step, cut
from rnnviz.data.characters import UNKNOWN
from rnnviz.data.dataset import Column, Dataset
from rnnviz.data.errors import DataError
from rnnviz.data.prepared import Part
from rnnviz.data.roles import Roles
from rnnviz.data.tokens import Units, Vocabulary, stand_apart, units


@dataclass(frozen=True, eq=False)
class Taken:
    """S texts as units (`rnnviz.data.tokens`); bounds (S + 1,): which units are whose, one text after the other."""

    texts: Sequence[Units]
    unit: str
    apart: bool
    label: Column | None

    @classmethod
    def of(cls, data: Dataset, roles: Roles, unit: str, known: Vocabulary | None = None) -> Taken:
        """known: the vocabulary that says whether symbols stand apart; without, the first texts do."""
        column = next(column for column in data.table if column.name == roles.inputs[0])
        label = next((column for column in data.table if column.name == roles.label), None)
        texts = column.words()
        separated = known.apart if known else any(map(stand_apart, texts[:20]))
        return cls([units(text, unit, separated) for text in texts], unit, separated, label)

    @cached_property
    def bounds(self) -> np.ndarray:
        return np.append(0, np.cumsum([len(text) for text in self.texts], dtype=np.int64))

    def cut(self, roles: Roles, settings: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], str]:
        """As `rnnviz.data.arranging.cut`, in units."""
        if not self.bounds[-1]:
            raise DataError(f"The text holds no {self.unit}: bring one that does, or choose other tokens.")
        whole = roles.whole(len(self.texts))
        found, words = cut(self.bounds, whole, settings["train_fraction"], settings["test_fraction"])
        return found, words.replace("rows", self.unit)

    def pieces(self, stretches: np.ndarray) -> list[Units]:
        """The units of stretches (P, 2)."""
        kept, rows = self._kept(stretches)
        inside = kept - self.bounds[rows, None]
        return [self.texts[row][first:last] for row, (first, last) in zip(rows, inside, strict=True)]

    def labelled(self, stretches: np.ndarray) -> Column | None:
        """The labels of stretches that are whole texts."""
        if self.label is None:
            return None
        _, rows = self._kept(stretches)
        return Column(self.label.name, self.label.kind, self.label.values[rows], self.label.levels)

    def _kept(self, stretches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(P', 2) the stretches that are not empty, and (P',) the texts in which they lie."""
        kept = stretches[stretches[:, 1] > stretches[:, 0]]
        return kept, np.searchsorted(self.bounds, kept[:, 0], side="right") - 1


def part_of(pieces: Sequence[Units], vocabulary: Vocabulary, classes: np.ndarray | None) -> Part:
    """classes: (P,) of the pieces; None where the next token is the target."""
    in_row: Units = "".join(map(str, pieces)) if vocabulary.unit == "characters" else [*chain.from_iterable(pieces)]
    tokens = vocabulary.encode(in_row)
    tokens.flags.writeable = False
    bounds = np.append(0, np.cumsum([len(piece) for piece in pieces], dtype=np.int64))
    targets = tokens if classes is None else classes
    return Part(tokens, targets, bounds, np.zeros((len(tokens), 0), bool))


def step_of(part: Part, vocabulary: Vocabulary, rows: int) -> Step:
    """What became tokens. part: the one that trains."""
    unknown = float(np.mean(part.inputs == len(vocabulary.symbols))) if len(part.inputs) else 0.0
    words = f"{vocabulary.words.capitalize()}: {len(vocabulary.symbols):,} different ones in the training part"
    words += f", and {unknown:.1%} of it are rarer ones" if unknown else ""
    words += f". One more token, {UNKNOWN}, stands for all others."
    return Step("Tokens", words, rows, len(vocabulary.symbols) + 1, ("token", "different one"))
