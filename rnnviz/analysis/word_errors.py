"""How wrong a written text is: word error rate and exact match.

The edit distance d(r, h) of a reference r and a hypothesis h is the least number of substitutions, insertions
and deletions that turn one into the other (Levenshtein 1966):

    d_00 = 0        d_i0 = i        d_0j = j
    d_ij = min(d_i-1,j + 1, d_i,j-1 + 1, d_i-1,j-1 + [r_i ≠ h_j])

The word error rate is the sum of d over all pairs, counted in words, over the number of words of all references;
it exceeds 1 where too much is written. Words are what white space or hyphens part: "quarante-deux" is two,
"zweiundvierzig" one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def edits(reference: Sequence[Any], hypothesis: Sequence[Any]) -> int:
    """The edit distance of two sequences of words, characters or tokens."""
    row = list(range(len(hypothesis) + 1))
    for i, wanted in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, given in enumerate(hypothesis, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted != given))
    return row[-1]


def words(text: str) -> list[str]:
    return text.replace("-", " ").split()


def word_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Of texts, pair by pair. Raises ValueError where the numbers of texts differ or no reference has a word."""
    pairs = [(words(r), words(h)) for r, h in zip(references, hypotheses, strict=True)]
    total = sum(len(reference) for reference, _ in pairs)
    if not total:
        raise ValueError("The references hold no words, so a word error rate has no meaning.")
    return sum(edits(*pair) for pair in pairs) / total


def exact_match(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """The share of texts that are the same, character by character. NaN of none."""
    same = [r == h for r, h in zip(references, hypotheses, strict=True)]
    return float(np.mean(same)) if same else float("nan")
