"""FASTA: named sequences of letters (DNA, RNA, proteins)."""

from __future__ import annotations

import re

import numpy as np

from rnnviz.data.bounds import MOST_ROWS
from rnnviz.data.columns import coded, worded
from rnnviz.data.dataset import Column
from rnnviz.data.decoding import shown
from rnnviz.data.errors import DataError

ENDINGS = (".fasta", ".fa", ".fna", ".faa", ".ffn", ".frn")
_ODD = re.compile(r"[^A-Za-z*.\- \t]")


def read_fasta(name: str, text: str) -> list[Column]:
    """Columns id (category), description (where there is one) and sequence (text), a row for each sequence."""
    heads: list[tuple[str, str]] = []
    letters: list[list[str]] = []
    starts: list[int] = []
    for place, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line.startswith(">"):
            first, _, rest = line[1:].strip().partition(" ")
            heads.append((first or f"sequence {len(heads) + 1}", rest.strip()))
            letters.append([])
            starts.append(place)
        elif line and not line.startswith(";"):
            if not heads:
                raise DataError(f"{name} has letters on line {place:,} before a line that begins with '>': add one.")
            if odd := _ODD.search(line):
                raise DataError(
                    f"{name} has '{shown(odd.group())}' on line {place:,}; sequences hold letters, '-', '.' and '*' "
                    "only: correct the line."
                )
            letters[-1].append("".join(line.split()))
    if not heads:
        raise DataError(f"{name} has no line that begins with '>': put one with a name above every sequence.")
    if len(heads) > MOST_ROWS:
        raise DataError(f"{name} has {len(heads):,} sequences, at most {MOST_ROWS:,} can be read: upload fewer.")
    sequences = ["".join(pieces) for pieces in letters]
    if "" in sequences:
        place = starts[sequences.index("")]
        raise DataError(f"{name} names a sequence on line {place:,}, but no letters follow it: add them.")
    codes, levels = coded([first for first, _ in heads])
    columns = [worded("id", codes, levels, np.zeros(len(levels), bool), few=True)]
    codes, levels = coded([rest for _, rest in heads])
    if any(levels):
        columns.append(worded("description", codes, levels, np.array([not level for level in levels])))
    codes, levels = coded(sequences)
    return [*columns, Column("sequence", "text", codes, tuple(levels))]
