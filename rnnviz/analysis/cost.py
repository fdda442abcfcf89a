"""What a network costs: parameters, and multiply-adds per time step of one sequence.

A layer with K = chunks * H rows and D inputs has K (D + H) weights and 2 K biases; every weight is used in
one multiply-add per time step. Elementwise operations (about ten per unit) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from rnnviz.cells import CELLS
from rnnviz.embedding import Embedding, Tokens


class Matched:
    """Of networks with a cell and a hidden size, whose parameters can be counted."""

    def matched(self, cell: str) -> Self:
        """The same network of another cell, with the hidden size whose parameter count is nearest to this one's."""
        own: Any = self

        def sized(hidden_size: int) -> Any:
            return replace(own, cell=cell, hidden_size=hidden_size)

        hidden = 1
        while sized(hidden).parameters < own.parameters:
            hidden += 1
        return min((sized(max(hidden - 1, 1)), sized(hidden)), key=lambda n: abs(n.parameters - own.parameters))


@dataclass(frozen=True)
class Network(Matched):
    """The sizes that decide what a network costs.

    cell: registry name. input_size: features that enter the recurrent stack. outputs: size of the readout (0:
    none). embedding: what makes those features, if anything. bias: whether the recurrent layers have torch's two
    bias vectors.
    """

    cell: str
    input_size: int
    hidden_size: int
    layers: int = 1
    directions: int = 1
    outputs: int = 0
    embedding: Embedding | None = None
    bias: bool = True

    @property
    def matrices(self) -> list[tuple[int, int]]:
        """(rows, columns) of [W_ih W_hh] of every layer and direction."""
        rows = len(CELLS[self.cell].chunks) * self.hidden_size
        inputs = [self.input_size] + [self.hidden_size * self.directions] * (self.layers - 1)
        return [(rows, size + self.hidden_size) for size in inputs for _ in range(self.directions)]

    @property
    def parameters(self) -> int:
        """Trainable numbers of embedding, recurrent stack and readout."""
        recurrent = sum(rows * (columns + 2 * self.bias) for rows, columns in self.matrices)
        embedding = self.embedding.parameters if self.embedding else 0
        return recurrent + embedding + self.outputs * (self.hidden_size * self.directions + 1)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of all matrix products per time step of one sequence.

        The readout is counted as if applied at every time step; looking a token up in an embedding costs none,
        one-hot tokens are multiplied as any vector.
        """
        recurrent = sum(rows * columns for rows, columns in self.matrices)
        embedding = self.embedding.multiply_adds if self.embedding else 0
        return recurrent + embedding + self.outputs * self.hidden_size * self.directions


@dataclass(frozen=True)
class DecoderNetwork(Matched):
    """The sizes of a network with a decoder (`rnnviz.seq2seq`).

    outputs: classes that are written and read again. embedding_size: of what is written; 0 for one-hot.
    vector_size: of the vector it starts from; or, with an encoder, source: what stands before that, and directions,
    which it has. attention: "off", "additive" or "dot". Other fields as of `Network`.
    """

    cell: str
    hidden_size: int
    layers: int
    outputs: int
    embedding_size: int = 0
    vector_size: int = 0
    source: Embedding | None = None
    directions: int = 1
    attention: str = "off"

    @property
    def stacks(self) -> list[Network]:
        """The decoder with its embedding and, where there is one, the encoder with its own."""
        size, deep, written = self.hidden_size, self.layers, Tokens(self.outputs, self.embedding_size)
        decoder = Network(self.cell, written.size, size, deep, 1, 0, written)
        if self.source is None:
            return [decoder]
        return [decoder, Network(self.cell, self.source.size, size, deep, self.directions, 0, self.source)]

    @property
    def once(self) -> list[tuple[int, int, bool]]:
        """(rows, columns, whether there is a bias) of what makes the initial states, once a sequence."""
        size, states = self.hidden_size, len(CELLS[self.cell].states)
        if self.source is None:
            return [(self.layers * size, self.vector_size, True)] * states
        return [(size, 2 * size, True)] * states * (self.directions == 2)

    @property
    def each(self) -> list[tuple[int, int, bool]]:
        """The same of what is done at every time step: W_q, W_k, v and W_c of the attention, and the readout."""
        size = self.hidden_size
        score = [(size, size, False)] * 2 + [(1, size, False)] if self.attention == "additive" else []
        combine = [(size, 2 * size, True)] if self.attention != "off" else []
        return [*score, *combine, (self.outputs, size, True)]

    @property
    def parameters(self) -> int:
        own = sum(rows * (columns + bias) for rows, columns, bias in self.once + self.each)
        return own + sum(stack.parameters for stack in self.stacks)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of the matrix products for one time step read and one written.

        Left out are what is done once a sequence, and scores and contexts, which grow with the source's length.
        """
        own = sum(rows * columns for rows, columns, _ in self.each)
        return own + sum(stack.multiply_adds for stack in self.stacks)
