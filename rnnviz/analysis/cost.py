"""What a network costs: parameters, and multiply-adds per time step of one sequence.

A layer with K = chunks * H rows and D inputs has K (D + H) weights and 2 K biases; every weight is used in
one multiply-add per time step. Elementwise operations (about ten per unit) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnviz.cells import CELLS


@dataclass(frozen=True)
class Network:
    """The sizes that decide what a network costs.

    cell: registry name. input_size: features, or how many tokens there are. outputs: size of the readout
    (0: none). embedding_size: 0 for none; else an embedding table (tokens) or a linear projection with bias
    (vectors). bias: whether the recurrent layers have torch's two bias vectors.
    """

    cell: str
    input_size: int
    hidden_size: int
    layers: int = 1
    directions: int = 1
    outputs: int = 0
    embedding_size: int = 0
    tokens: bool = False
    bias: bool = True

    @property
    def matrices(self) -> list[tuple[int, int]]:
        """(rows, columns) of [W_ih W_hh] of every layer and direction."""
        rows = len(CELLS[self.cell].chunks) * self.hidden_size
        inputs = [self.embedding_size or self.input_size] + [self.hidden_size * self.directions] * (self.layers - 1)
        return [(rows, size + self.hidden_size) for size in inputs for _ in range(self.directions)]

    @property
    def parameters(self) -> int:
        """Trainable numbers of embedding, recurrent stack and readout."""
        recurrent = sum(rows * (columns + 2 * self.bias) for rows, columns in self.matrices)
        embedding = self.embedding_size * (self.input_size + (not self.tokens))
        return recurrent + embedding + self.outputs * (self.hidden_size * self.directions + 1)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of all matrix products per time step of one sequence.

        The readout is counted as if applied at every time step; looking a token up in an embedding costs
        none, one-hot tokens are multiplied as any vector.
        """
        recurrent = sum(rows * columns for rows, columns in self.matrices)
        embedding = 0 if self.tokens else self.embedding_size * self.input_size
        return recurrent + embedding + self.outputs * self.hidden_size * self.directions

    def matched(self, cell: str) -> Network:
        """The same network of another cell, with the hidden size whose parameter count is nearest to this one's."""

        def sized(hidden_size: int) -> Network:
            return replace(self, cell=cell, hidden_size=hidden_size)

        hidden = 1
        while sized(hidden).parameters < self.parameters:
            hidden += 1
        return min((sized(max(hidden - 1, 1)), sized(hidden)), key=lambda n: abs(n.parameters - self.parameters))
