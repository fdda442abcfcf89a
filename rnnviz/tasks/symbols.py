"""Vocabularies of symbols (characters or words), and what a decoder reads and writes in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

import numpy as np

from rnnviz.tasks.characters import SHOWN

START, END = "⟨", "⟩"  # of what a decoder writes: classes 0 and 1 of its vocabulary
HELD_BACK = 10  # one sentence in ten is held out, and another tests


class Symbols:
    """A vocabulary: token k is symbol k.

    symbols: in the order of their tokens. what: what one is called ("character", "word"), in plural `what`s.
    joined: what stands between two symbols in a text.
    """

    def __init__(self, symbols: Iterable[str], what: str, joined: str = "") -> None:
        self.symbols, self.what, self.joined = tuple(symbols), what, joined
        self.tokens = {symbol: token for token, symbol in enumerate(self.symbols)}
        self.labels = tuple(SHOWN.get(symbol, symbol) for symbol in self.symbols)

    def encode(self, symbols: Sequence[str]) -> np.ndarray:
        """(N,) tokens. Raises ValueError, naming the symbol and all there are, for one that is not there."""
        for symbol in symbols:
            if symbol not in self.tokens:
                known = " ".join(self.labels)
                raise ValueError(f"The {self.what} “{symbol}” is not in the vocabulary. What there is: {known}.")
        return np.array([self.tokens[symbol] for symbol in symbols], np.int64)

    @property
    def listed(self) -> str:
        """Those of the symbols that are words or letters, as a list to be read."""
        return ", ".join(filter(str.isalpha, self.symbols))

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens, up to an end symbol; start symbols are left out."""
        found = []
        for token in tokens:
            if self.symbols[token] == END:
                break
            found.append(self.symbols[token])
        return self.joined.join(symbol for symbol in found if symbol != START)


def split_of(words: Sequence[str]) -> str:
    """The split that a generated sentence is in, by a checksum of its words: no two have one in common."""
    return {0: "heldout", HELD_BACK // 2: "test"}.get(crc32(" ".join(words).encode()) % HELD_BACK, "train")


def padded(rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of tokens as one array (N, longest), padded with 0, and their lengths (N,)."""
    lengths = np.array([len(row) for row in rows])
    table = np.zeros((len(rows), lengths.max(initial=0)), np.int64)
    for row, tokens in zip(table, rows, strict=True):
        row[: len(tokens)] = tokens
    return table, lengths


def cut(table: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """A copy of padded sequences without the columns that none of them reaches."""
    return table[:, : lengths.max(initial=1)].copy()


def to_write(table: np.ndarray, lengths: np.ndarray) -> dict[str, Any]:
    """What a Batch holds of sequences to write, given padded and with their end symbols: targets, previous, lengths."""
    targets = cut(table, lengths)
    start = np.zeros((len(targets), 1), np.int64)
    return {
        "targets": targets,
        "previous": np.concatenate([start, targets[:, :-1]], axis=1),
        "target_lengths": lengths.copy(),
    }
