"""Text as tokens: one character, one number."""

from __future__ import annotations

import numpy as np

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
SHOWN = {"\n": "↵", "\t": "⇥", " ": "␣"}  # characters that would be invisible as labels
CHUNK = 1 << 20


def encode(text: str, vocabulary: str) -> np.ndarray:
    """(N,) tokens: the place of each character in `vocabulary`, or len(vocabulary) where it is unknown."""
    table = np.full(0x110000, len(vocabulary), dtype=np.uint16)
    table[codes(vocabulary)] = np.arange(len(vocabulary))
    tokens = np.empty(len(text), dtype=np.uint16)
    for k in range(0, len(text), CHUNK):
        tokens[k : k + CHUNK] = table[codes(text[k : k + CHUNK])]
    tokens.flags.writeable = False
    return tokens


def most_frequent(text: str, count: int) -> str:
    """The at most `count` most frequent characters, in the order of their code points."""
    frequency = np.zeros(0x110000, dtype=np.int64)
    for k in range(0, len(text), CHUNK):
        seen = np.bincount(codes(text[k : k + CHUNK]))
        frequency[: len(seen)] += seen
    present = np.flatnonzero(frequency)
    kept = present[np.argsort(-frequency[present], kind="stable")[:count]]
    return "".join(map(chr, sorted(kept)))


def labels(vocabulary: str) -> tuple[str, ...]:
    """A visible name for every token; the last is the unknown one."""
    return (*(SHOWN.get(c, c if c.isprintable() else f"U+{ord(c):04X}") for c in vocabulary), UNKNOWN)


def codes(text: str) -> np.ndarray:
    """(N,) code points."""
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
