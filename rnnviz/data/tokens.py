"""Texts as tokens: characters, words or symbols, the most frequent of the training part."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from rnnviz.data.characters import UNKNOWN, encode, labels, most_frequent

MOST = {"characters": 256, "words": 1000, "symbols": 256, "cells": 1000}
_WORDS = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_APART = re.compile(r"[^\s,;]+")  # symbols that stand apart
_SEPARATOR = re.compile(r"[^\S\n]|[,;]")

Units = str | list[str]


@dataclass(frozen=True)
class Vocabulary:
    """Token k is symbols[k]; one more stands for everything else.

    unit: "characters", "words" (in lower case, punctuation marks by themselves), "symbols" (of a notation: what
    stands between spaces, commas and semicolons, or else every single letter) or "cells" (of a table, each whole).
    apart: whether symbols stand apart.
    """

    unit: str
    symbols: tuple[str, ...]
    apart: bool = True

    @classmethod
    def fit(cls, texts: Sequence[Units], unit: str, apart: bool = True) -> Vocabulary:
        """The most frequent units of texts that `units` took apart, in the order of their code points."""
        if unit == "characters":
            return cls(unit, tuple(most_frequent("".join(map(str, texts)), MOST[unit])))
        seen = Counter(chain.from_iterable(texts))
        kept = sorted(seen, key=lambda symbol: (-seen[symbol], symbol))[: MOST[unit]]
        return cls(unit, tuple(sorted(kept)), apart)

    def encode(self, text: Units) -> np.ndarray:
        """(N,) tokens of a text that `units` took apart; len(symbols) for what is not in the vocabulary."""
        if isinstance(text, str):
            return encode(text, "".join(self.symbols))
        tokens = {symbol: token for token, symbol in enumerate(self.symbols)}
        unknown = len(self.symbols)
        return np.fromiter((tokens.get(unit, unknown) for unit in text), np.uint16, len(text))

    def decode(self, tokens: Iterable[int]) -> str:
        """The text that tokens stand for."""
        joined = " " if self.unit in ("words", "cells") or self.unit == "symbols" and self.apart else ""
        return joined.join(self.symbols[token] if token < len(self.symbols) else UNKNOWN for token in tokens)

    @property
    def labels(self) -> tuple[str, ...]:
        """A visible name for every token, the last for what is not in the vocabulary."""
        return labels("".join(self.symbols)) if self.unit == "characters" else (*self.symbols, UNKNOWN)

    @property
    def words(self) -> str:
        """What a token is, for a sentence."""
        apart = "what stands between spaces, commas and semicolons" if self.apart else "every single letter"
        return {"symbols": f"symbols ({apart})", "words": "words (in lower case) and punctuation marks"}.get(
            self.unit, self.unit
        )


def stand_apart(text: str) -> bool:
    """Whether the symbols of a notation are separated within a line, as in `C4 D4 E4`, or not, as in `ACGT`."""
    return _SEPARATOR.search(text.strip()) is not None


def units(text: str, unit: str, apart: bool = True) -> Units:
    """A text taken apart: as it is for characters, which a string is already, else a list of its units."""
    if unit == "characters":
        return text
    if unit == "cells":
        return [text]
    if unit == "words":
        found = (match.group() for match in _WORDS.finditer(text.lower()))
    elif apart:
        found = (match.group() for match in _APART.finditer(text))
    else:
        found = (letter for letter in text if not letter.isspace())
    known: dict[str, str] = {}  # the same word is held once, however often it occurs
    return [known.setdefault(each, each) for each in found]
