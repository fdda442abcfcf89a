"""The four sequence shapes, by name: what each reads and writes, and which class is its model. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from rnnviz.registry import Registry


@dataclass(frozen=True)
class Shape:
    """label: the name a reader sees; words: one sentence. model: the class of its model, by its dotted name.

    writes: whether a decoder writes the output symbol by symbol, each with the one before it as its input, from
    the task's start symbol to its end symbol. encodes: whether it reads the states of an encoder.
    """

    label: str
    words: str
    model: str
    writes: bool = False
    encodes: bool = False

    def directions(self, bidirectional: bool) -> int:
        """Of the stack that is observed: a decoder has one, since it writes its own input as it goes."""
        return 2 if bidirectional and not self.writes else 1


SHAPES: Registry[Shape] = Registry(
    "shape",
    {
        "seq→vec": Shape("sequence to vector", "A whole sequence, one answer.", "rnnviz.model.Model"),
        "seq→seq": Shape("sequence to sequence", "An answer at every time step.", "rnnviz.model.Model"),
        "vec→seq": Shape(
            "vector to sequence",
            "A decoder starts from a vector and writes a sequence.",
            "rnnviz.seq2seq.VectorToSequence",
            writes=True,
        ),
        "encoder–decoder": Shape(
            "encoder–decoder",
            "An encoder reads a whole sequence, then a decoder writes another, of another length.",
            "rnnviz.seq2seq.EncoderDecoder",
            writes=True,
            encodes=True,
        ),
    },
)
