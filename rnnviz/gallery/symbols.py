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
    look="Where the gradient is large: more at the eight bases of the box than at the other 32.",
)
