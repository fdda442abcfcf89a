"""Examples on strings of symbols."""

from __future__ import annotations

from rnnviz.gallery.example import Example

DNA = Example(
    name="dna",
    title="DNA motif finding",
    task="dna",
    lesson="Eight bases in forty, never twice the same, forwards or backwards: a matter of order alone.",
    steps=600,
    measure="accuracy",
    reach=0.85,
    seconds=10,
    picture="bases",
    page="unrolled.py",
    look="The edges up from the bases: more gradient goes down to the eight of the box than to the other 32.",
)
